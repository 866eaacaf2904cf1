"""
Semilinear equations on one core against exponax (JAX, ETDRK of order 4, jitted, vmapped): seconds of the processor for
a sample, over the error at the end.

    KITINET=build/release/kitinet taskset -c 0 venv/bin/python tests/bench/semilinear_exponax.py

with numpy, h5py, jax, exponax; names of equations choose some of the problems. Both march from the same states in
64-bit numbers, kitinet with several tolerances, exponax with several steps and after compilation, as many states at
once as suit it; kitinet marches more of them, so that its start, which is subtracted, matters little; of both the
fastest of three times. The truth is kitinet's with a tolerance of 1e-11 or 1e-10. Errors are relative, root mean
squares over all samples. At equal error: seconds between those of the runs, on a line in both logarithms.

Writes a CSV: problem, program, setting, error, seconds for a sample; then how many times kitinet is as fast.
"""
import os
import resource
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
import exponax
import h5py
import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)
kitinet = os.environ.get("KITINET", "build/release/kitinet")
TOLERANCES = ["1e-2", "1e-3", "1e-4", "1e-5", "1e-6", "1e-7"]
PROBLEMS = {
    "kuramoto_sivashinsky 192; t = 20": dict(
        pde="kuramoto_sivashinsky", samples=5000, at_once=500, time=20.0, steps=[100, 200, 400, 800],
        options="-kuramoto_sivashinsky_grid 192 -kuramoto_sivashinsky_length 64",
        stepper=lambda dt: exponax.stepper.KuramotoSivashinskyConservative(1, 64.0, 192, dt, order=4)),
    "gray_scott 160 x 160; t = 200": dict(
        pde="gray_scott", samples=16, at_once=4, time=200.0, steps=[25, 50, 100, 200],
        options="-gray_scott_grid 160 -gray_scott_unresolved 1e-2",
        stepper=lambda dt: exponax.stepper.reaction.GrayScott(
            2, 1.0, 160, dt, diffusivity_1=2e-5, diffusivity_2=1e-5, feed_rate=0.04, kill_rate=0.06, order=4)),
    "burgers 512; viscosity 0.01; t = 1": dict(
        pde="burgers", samples=5000, at_once=500, time=1.0, steps=[12, 25, 50, 100, 200, 400],
        options="-burgers_grid 512 -burgers_viscosity 0.01 -burgers_unresolved 1e-3",
        stepper=lambda dt: exponax.stepper.Burgers(1, 1.0, 512, dt, diffusivity=0.01, order=4)),
    "navier_stokes 64 x 64; viscosity 1e-3; t = 10": dict(
        pde="navier_stokes", samples=400, at_once=200, time=10.0, steps=[5, 10, 20, 40, 80], tolerance="rtol",
        exact="1e-10",
        options="-navier_stokes_grid 64 -navier_stokes_forcing none",
        stepper=lambda dt: exponax.stepper.NavierStokesVorticity(
            2, 1.0, 64, dt, diffusivity=1e-3, vorticity_convection_scale=-1.0, order=4)),
}


def generate(problem, output, more, times=3):
    """The first and the last frame of all samples, and the seconds of the processor, those of the start included."""
    pde = problem["pde"]
    command = [kitinet, "generate", "-pde", pde, f"-{pde}_frames", "2", f"-{pde}_final_time", str(problem["time"]),
               "-output", output, "-overwrite"]
    seconds = []
    for _ in range(times):
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        subprocess.run(command + problem["options"].split() + more, check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        seconds.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before)
    with h5py.File(output) as file:
        return file["u"][:, 0].astype(np.float64), file["u"][:, 1].astype(np.float64), min(seconds)


def march(problem, states, steps):
    """The last frame by exponax, and the seconds without compilation."""
    run = jax.jit(jax.vmap(exponax.repeat(problem["stepper"](problem["time"] / steps), steps)))
    run(jnp.asarray(states)).block_until_ready()
    seconds = []
    for _ in range(3):
        begin = time.process_time()
        last = run(jnp.asarray(states)).block_until_ready()
        seconds.append(time.process_time() - begin)
    return np.asarray(last), min(seconds)


def at(error, runs):
    """Seconds for an error, by (error, seconds) of the runs; above all of them those of the fastest that is stable."""
    errors, seconds = zip(*sorted((run[0], run[1]) for run in runs if np.isfinite(run[0]) and run[0] < 0.1))
    return np.exp(np.interp(np.log(error), np.log(errors), np.log(seconds), left=np.nan))


def compare(name, problem, folder):
    pde, samples, at_once = problem["pde"], problem["samples"], problem["at_once"]
    tolerance = f"-{pde}_{problem.get('tolerance', 'tolerance')}"
    base, output = os.path.join(folder, "base.h5"), os.path.join(folder, "output.h5")
    generate(problem, base, ["-samples", str(samples)], times=1)
    states, exact, _ = generate(problem, output, ["-from", base, tolerance, problem.get("exact", "1e-11")], times=1)
    start = generate(problem, output, ["-from", base, "-samples", "1", tolerance, "1e-3"])[2]
    runs = {"kitinet": [], "exponax": []}
    for value in TOLERANCES:
        _, last, seconds = generate(problem, output, ["-from", base, tolerance, value])
        error = np.linalg.norm(last - exact) / np.linalg.norm(exact)
        runs["kitinet"].append((error, (seconds - start) / (samples - 1), "tolerance " + value))
    for steps in problem["steps"]:
        last, seconds = march(problem, states[:at_once], steps)
        error = np.linalg.norm(last - exact[:at_once]) / np.linalg.norm(exact[:at_once])
        runs["exponax"].append((error, seconds / at_once, f"dt {problem['time'] / steps:g}"))
    for program, of_program in runs.items():
        for error, seconds, setting in of_program:
            print(f"{name},{program},{setting},{error:.3g},{seconds:.4g}")
    for error in (1e-3, 1e-4, 1e-5):
        print(f"{name},ratio,equal error,{error:g},{at(error, runs['exponax']) / at(error, runs['kitinet']):.2f}")
    sys.stdout.flush()


print("problem,program,setting,error,seconds")
for name, problem in PROBLEMS.items():
    if len(sys.argv) > 1 and problem["pde"] not in sys.argv[1:]:
        continue
    with tempfile.TemporaryDirectory() as folder:
        compare(name, problem, folder)
