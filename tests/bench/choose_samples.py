"""
Is it worth choosing what to solve? Of 3,000 inputs of Darcy flow on 16 x 16 cells the first 50 are solved, and three
networks trained on them with other seeds. Of the other 2,950 those 50 are chosen, one after the other, at which the
spread of the three predictions times the distance to the nearest input that is taken already is largest. Networks that
are trained on these 100 samples are compared with networks trained on the first 100, that is on random ones.

    KITINET=build/release/kitinet venv/bin/python tests/bench/choose_samples.py DATA WORK

with numpy and h5py. DATA holds darcy-train.h5 (3,000 samples) and darcy-test.h5, made as configs/study-symmetry.yaml
says, whose recipe for residual transport and 100 samples is the one here. WORK takes the runs; what is there is not
done again. Prints a CSV: samples, seed, test error of predictions averaged over eight symmetries; then the rank
correlation of spread and error, and the mean of the paired differences.
"""
import csv
import os
import subprocess
import sys

import h5py
import numpy as np

KITINET = os.environ.get("KITINET", "build/release/kitinet")
RECIPE = (
    "-model_width 16 -model_modes 6 -model_residual transport -collision_dimension 8 -train_lr 0.016 -train_batch 20 "
    "-train_schedule onecycle -train_test_every 1000000 -checkpoint_every 1000000"
).split()
BASE, CHOSEN, SEEDS = 50, 50, (1, 2, 3)
data, work = sys.argv[1:3]
source, test = os.path.join(data, "darcy-train.h5"), os.path.join(data, "darcy-test.h5")
os.makedirs(work, exist_ok=True)


def kitinet(*arguments):
    subprocess.run([KITINET, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def copy_rows(path, rows):
    """The dataset of some rows: all that belongs to samples is cut, the rest is copied."""
    with h5py.File(source) as whole, h5py.File(path, "w") as part:
        part.attrs.update(whole.attrs)
        for name, array in whole.items():
            values = array[...][rows] if name in ("x", "y", "sample", "checksum") else array[...]
            part.create_dataset(name, data=values, chunks=array.chunks).attrs.update(array.attrs)


def train(run, dataset, seed, epochs, decay, *options):
    kitinet("train", "-dataset", dataset, "-run", run, "-seed", seed, "-train_epochs", epochs,
            "-train_weight_decay", decay, *RECIPE, *options)


def predictions(run):
    with h5py.File(run + ".h5") as file:
        return file["y"][...]


def relative(difference, whole):
    return np.sqrt((difference**2).sum(axis=1) / (whole**2).sum(axis=1))


base, candidates = os.path.join(work, "base.h5"), os.path.join(work, "candidates.h5")
copy_rows(base, np.arange(BASE))
copy_rows(candidates, np.arange(BASE, 3000))
spread = []
for seed in SEEDS:
    run = os.path.join(work, f"base-{seed}")
    if not os.path.exists(run + ".h5"):
        train(run, base, seed, 1000, 2e-3)
        kitinet("predict", "-checkpoint", run + "/checkpoint.h5", "-input", candidates, "-output", run + ".h5")
    spread.append(predictions(run).reshape(3000 - BASE, -1))
mean = np.mean(spread, axis=0)
with h5py.File(source) as file:
    x, y = (file[name][...].reshape(3000, -1).astype(float) for name in ("x", "y"))
error = relative(mean - y[BASE:], y[BASE:])
spread = np.sqrt(np.mean([relative(member - mean, mean) ** 2 for member in spread], axis=0))

taken = list(range(BASE))
distance = np.min([np.linalg.norm(x - x[i], axis=1) for i in taken], axis=0)
for _ in range(CHOSEN):
    score = np.concatenate([np.zeros(BASE), distance[BASE:] * spread])
    taken.append(int(score.argmax()))
    distance = np.minimum(distance, np.linalg.norm(x - x[taken[-1]], axis=1))
chosen = os.path.join(work, "chosen.h5")
copy_rows(chosen, np.sort(taken))

print("samples,seed,test")
found = {}
for name, dataset in ("random", source), ("chosen", chosen):
    for seed in SEEDS:
        run = os.path.join(work, f"{name}-{seed}")
        if not os.path.exists(run + ".csv"):
            train(run, dataset, seed, 600, 1e-3, "-train_samples", BASE + CHOSEN)
            kitinet("evaluate", "-run", run, "-dataset", test, "-symmetry_average", 8, "-picture", "false",
                    "-output", run + ".csv")
        with open(run + ".csv") as file:
            row = next(csv.DictReader(file))
        found[name, seed] = float(next(value for key, value in row.items() if key.endswith("_mean")))
        print(f"{name},{seed},{found[name, seed]:.6f}", flush=True)
rank = [values.argsort().argsort() for values in (spread, error)]
differences = [found["chosen", seed] / found["random", seed] - 1 for seed in SEEDS]
print(f"rank correlation of spread and error {np.corrcoef(*rank)[0, 1]:.2f}; chosen against random "
      f"{100 * np.mean(differences):+.1f} %, seeds {100 * np.std(differences, ddof=1):.1f} %", file=sys.stderr)
