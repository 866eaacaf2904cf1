"""
Compressible viscous flow on one core against the same scheme in vectorised numpy, and in JAX (jitted) where there is
one: MUSCL with the limiter mc in primitive values, HLLC, viscous stress by central differences, SSP Runge-Kutta of
order 2, the same steps in time, periodic, 64-bit numbers.

    KITINET=build/release/kitinet taskset -c 0 venv/bin/python tests/bench/compressible_numpy.py [CELLS [SAMPLES]]

with numpy, h5py; jax if it is to be compared. All march from the same states; the last frames must agree to 1e-5, what
32-bit files hold. Seconds are those of the processor, kitinet's without its start, JAX's without compilation.

Writes a CSV: program, cells a side, steps, seconds, million cell updates a second (a cell in one step of two stages),
times kitinet's seconds a step, difference of the last frame.
"""
import os
import re
import resource
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
import h5py
import numpy as np

kitinet = os.environ.get("KITINET", "build/release/kitinet")
n = int(sys.argv[1]) if len(sys.argv) > 1 else 128
samples = int(sys.argv[2]) if len(sys.argv) > 2 else 2
GAMMA, ETA, ZETA, CFL, DIFFUSION = 5 / 3, 1e-3, 1e-3, 0.5, 0.9
FINAL = 0.2


def primitive(u):
    rho, mx, my, energy = u
    vx, vy = mx / rho, my / rho
    return rho, vx, vy, (GAMMA - 1) * (energy - 0.5 * rho * (vx * vx + vy * vy))


def conserved(w):
    rho, vx, vy, p = w
    return rho, rho * vx, rho * vy, p / (GAMMA - 1) + 0.5 * rho * (vx * vx + vy * vy)


def make(np_):
    """The functions of one step, over numpy or jax.numpy."""
    xp = np_

    def at(a, shift, axis):
        return xp.roll(a, -shift, axis)

    def faces(w, axis):
        """Values at the two sides of the face between a cell and the next one."""
        before, after = w - at(w, -1, axis), at(w, 1, axis) - w
        least = xp.where(xp.abs(before) < xp.abs(after), before, after)
        mean = 0.25 * (before + after)
        slope = xp.where(before * after > 0, xp.where(xp.abs(mean) < xp.abs(least), mean, least), 0.0)
        return w + slope, at(w - slope, 1, axis)

    def hllc(left, right):
        """States with the normal velocity second."""
        (rl, ul, vl, pl), (rr, ur, vr, pr) = left, right
        cl, cr = xp.sqrt(GAMMA * pl / rl), xp.sqrt(GAMMA * pr / rr)
        a, b = xp.minimum(ul - cl, ur - cr), xp.maximum(ul + cl, ur + cr)
        fl, fr = rl * (a - ul), rr * (b - ur)
        middle = (pr - pl + ul * fl - ur * fr) / (fl - fr)
        first = middle >= 0
        rho, u, v, p = (xp.where(first, x, y) for x, y in ((rl, rr), (ul, ur), (vl, vr), (pl, pr)))
        s = xp.where(first, a, b)
        wave = xp.where(xp.where(first, a < 0, b > 0), s, 0.0)
        energy = p / (GAMMA - 1) + 0.5 * rho * (u * u + v * v)
        star = rho * (s - u) / (s - middle)
        mass = rho * u + wave * (star - rho)
        momentum = rho * u * u + p + wave * (star * middle - rho * u)
        rise = (star - rho) * energy / rho + (middle - u) * (star * middle + p / (s - middle))
        return mass, momentum, v * mass, u * (energy + p) + wave * rise

    def viscous(w, axis, per):
        """Stress and its work through the upper faces of an axis, (normal, tangential, work)."""
        normal, across = (w[1], w[2]) if axis == 0 else (w[2], w[1])
        other = 1 - axis

        def along(v):
            central = at(v, 1, other) - at(v, -1, other)
            return 0.25 * per * (central + at(central, 1, axis))

        def change(v):
            return per * (at(v, 1, axis) - v)

        def mean(v):
            return 0.5 * (v + at(v, 1, axis))

        squeeze = change(normal)
        stress = 2 * ETA * squeeze + (ZETA - 2 / 3 * ETA) * (squeeze + along(across))
        shear = ETA * (change(across) + along(normal))
        return stress, shear, stress * mean(normal) + shear * mean(across)

    def rate(u, per):
        w = primitive(u)
        total = [0.0, 0.0, 0.0, 0.0]
        for axis in (0, 1):
            order = (0, 1, 2, 3) if axis == 0 else (0, 2, 1, 3)
            sides = [faces(w[i], axis) for i in order]
            flux = list(hllc([side[0] for side in sides], [side[1] for side in sides]))
            stress, shear, work = viscous(w, axis, per)
            flux[1], flux[2], flux[3] = flux[1] - stress, flux[2] - shear, flux[3] - work
            for place, i in enumerate(order):
                total[i] = total[i] - per * (flux[place] - at(flux[place], -1, axis))
        return total

    def speed(u, per):
        rho, vx, vy, p = primitive(u)
        diffusion = 4 * per * CFL / DIFFUSION * (ZETA + 4 / 3 * ETA) / rho
        return xp.max(2 * xp.sqrt(GAMMA * p / rho) + xp.abs(vx) + xp.abs(vy) + diffusion)

    def step(u, dt, per):
        first = [x + dt * r for x, r in zip(u, rate(u, per))]
        last = [0.5 * x + 0.5 * (y + dt * r) for x, y, r in zip(u, first, rate(first, per))]
        return last, speed(last, per)

    return step, speed


def march(step, speed, start, convert):
    """From primitive fields (4, n, n) to those at the end, and the steps."""
    per, u, t, steps = float(n), [convert(x) for x in conserved(start)], 0.0, 0
    fastest = float(speed(u, per))
    while t < FINAL:
        left = FINAL - t
        count = max(np.ceil(fastest * per * left / CFL * (1 - 1e-12)), 1.0)
        dt = left / count
        u, fastest = step(u, dt, per)
        fastest = float(fastest)
        t = FINAL if count == 1 else t + dt
        steps += 1
    return np.stack(primitive([np.asarray(x) for x in u])), steps


def generate(output, more):
    command = [kitinet, "generate", "-pde", "compressible", "-compressible_grid", str(n), "-compressible_frames", "2",
               "-compressible_eta", str(ETA), "-compressible_zeta", str(ZETA), "-compressible_mach", "0.5",
               "-output", output, "-overwrite"] + more
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    text = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    steps = float(re.search(r"([0-9.]+) iterations on average", text.stdout + text.stderr).group(1))
    with h5py.File(output) as file:
        return file["u"][:].astype(np.float64), steps, seconds


def row(program, steps, seconds, ours, difference):
    """ours: kitinet's seconds a step."""
    print(f"{program},{n},{steps:g},{seconds:.4g},{steps * n * n / seconds / 1e6:.3g},{seconds / steps / ours:.2f},"
          f"{difference:.2g}")
    sys.stdout.flush()


print("program,cells a side,steps,seconds,million cell updates a second,times kitinet a step,difference")
with tempfile.TemporaryDirectory() as folder:
    base, output = os.path.join(folder, "base.h5"), os.path.join(folder, "output.h5")
    generate(base, ["-samples", str(samples), "-compressible_final_time", "1e-6"])
    short = ["-from", base, "-samples", str(samples), "-compressible_final_time", "1e-6"]
    start = min(generate(output, short)[2] for _ in range(3))
    long = ["-from", base, "-samples", str(samples), "-compressible_final_time", str(FINAL)]
    runs = [generate(output, long) for _ in range(3)]
    fields, steps, _ = runs[0]
    ours = (min(run[2] for run in runs) - start) / samples
    row("kitinet", steps, ours, ours / steps, 0.0)
    ours /= steps
    first, last = fields[0, 0], fields[0, 1]

    step, speed = make(np)
    begin = time.process_time()
    field, count = march(step, speed, first, np.asarray)
    row("numpy", count, time.process_time() - begin, ours, np.abs(field - last).max())
    assert np.abs(field - last).max() < 1e-5 * np.abs(last).max(), "the schemes differ"
    try:
        import jax
    except ImportError:
        sys.exit()
    jax.config.update("jax_enable_x64", True)
    step, speed = (jax.jit(function) for function in make(jax.numpy))
    march(step, speed, first, jax.numpy.asarray)
    begin = time.process_time()
    field, count = march(step, speed, first, jax.numpy.asarray)
    row("jax", count, time.process_time() - begin, ours, np.abs(field - last).max())
