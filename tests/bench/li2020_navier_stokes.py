"""Li et al. 2020's Navier-Stokes scheme in numpy, written from its description: the reference of
tests/verification/navier_stokes_li2020.c.

    w_t + u . grad w = viscosity Laplace w + f on the unit torus, f = 0.1 (sin(2 pi (x + y)) + cos(2 pi (x + y)))

Pseudo-spectral: psi = w/(4 pi^2 |k|^2), u w_x + v w_y at the points, cut to |k_i| <= 2/3 n/2; explicit Euler for it and
f, Crank-Nicolson for viscosity.

    python3 li2020_navier_stokes.py reference > ../verification/li2020_reference.txt
    python3 li2020_navier_stokes.py time N STEPS        seconds a step on an N x N grid
"""
import sys
import time

import numpy as np

VISCOSITY, DT = 1e-3, 1e-4


def initial_field(n, highest=31):
    """Every mode up to |k_i| = 31 with the benchmark's amplitudes and fixed phases; y is the last axis."""
    x = np.arange(n) / n
    w = np.zeros((n, n))
    for k1 in range(-highest, highest + 1):
        for k2 in range(highest + 1):
            if k2 > 0 or k1 > 0:
                amplitude = 2 * 7**1.5 * (4 * np.pi**2 * (k1**2 + k2**2) + 49) ** -1.25
                phase = 7 * k1 * k1 + 13 * k2 + 5 * k1 * k2
                w += amplitude * np.cos(2 * np.pi * (k1 * x[:, None] + k2 * x[None, :]) + phase)
    return w


def march(w, steps, dt=DT, viscosity=VISCOSITY):
    n = w.shape[0]
    x = np.arange(n) / n
    phase = 2 * np.pi * (x[:, None] + x[None, :])
    f = np.fft.rfft2(0.1 * (np.sin(phase) + np.cos(phase)))
    k1 = np.fft.fftfreq(n, 1 / n)[:, None]
    k2 = np.fft.rfftfreq(n, 1 / n)[None, :]
    laplace = 4 * np.pi**2 * (k1**2 + k2**2)
    divisor = laplace.copy()
    divisor[0, 0] = 1
    kept = (np.abs(k1) <= 2 / 3 * (n // 2)) & (k2 <= 2 / 3 * (n // 2))
    d1, d2 = 2j * np.pi * k1, 2j * np.pi * k2
    half = 0.5 * dt * viscosity * laplace
    w = np.fft.rfft2(w)
    for _ in range(steps):
        psi = w / divisor
        u, v = np.fft.irfft2(d2 * psi, (n, n)), np.fft.irfft2(-d1 * psi, (n, n))
        product = u * np.fft.irfft2(d1 * w, (n, n)) + v * np.fft.irfft2(d2 * w, (n, n))
        w = ((1 - half) * w + dt * (f - kept * np.fft.rfft2(product))) / (1 + half)
    return np.fft.irfft2(w, (n, n))


if __name__ == "__main__":
    if sys.argv[1] == "reference":
        w = march(initial_field(64), 10000)
        for row in w[::4, ::4]:
            print(*(f"{value:.16e}" for value in row))
    else:
        n, steps = int(sys.argv[2]), int(sys.argv[3])
        w = initial_field(n)
        start = time.perf_counter()
        march(w, steps)
        print(f"{(time.perf_counter() - start) / steps:.3e} s a step on {n} x {n}")
