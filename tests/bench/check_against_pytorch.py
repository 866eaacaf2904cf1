"""KITINet against PyTorch with the same weights: outputs, gradients and the course of training must agree to rounding.

    python check_against_pytorch.py -kitinet build/release/kitinet -dataset train.h5 -dataset_test test_32.h5,test_64.h5

KITINet trains on one batch of 20 samples in single precision; its checkpoints carry the weights over to pytorch_fno.py,
which computes the same in double precision. Without and with padding:

  gradient  One step with a learning rate that moves nothing: Adam's first moment is then (1 - beta1) times the gradient
            of the batch, at the initial weights. Compared for each parameter, relative to its 2-norm.
  training  20 steps of Adam from the same initial weights, with weight decay and the one-cycle schedule: the loss of
            each step.
  outputs   Of the network so trained, on the test sets, also at resolutions other than the one of training: relative L2
            difference, the worst sample.

Exit code 0 if all agree, 1 if not. Needs torch, numpy, h5py.
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np
import torch

from pytorch_fno import FNO, Normalizer, Operator, optimizer_and_schedule, read_dataset, relative_l2

BATCH, STEPS, LR, DECAY = 20, 20, 4e-3, 1e-4
# Measured, on 1 and 2 ranks: at most 1.5e-6, 1.5e-5, 1.1e-7. Each of these breaks one of them at least: GELU by tanh,
# no eps in the normaliser, decoupled weight decay, a schedule one step longer, momentum that cycles too, coordinates
# half a cell off, corner blocks exchanged.
TOLERANCE = {"gradient": 1e-5, "training": 1e-4, "outputs": 1e-6}


def kitinet(command, *options):
    done = subprocess.run([*command, *map(str, options)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} {options[0]} failed:\n{done.stdout}")


def corner_blocks(w):
    """(2 m, m, C_in, 2, C_out) of KITINet, k1 = 0..m-1, -m..-1: the two blocks (C_in, C_out, m, m), complex."""
    w = torch.complex(w[:, :, :, 0], w[:, :, :, 1]).permute(2, 3, 0, 1)
    return w.chunk(2, dim=2)


def named_arrays(checkpoint, group):
    """The arrays of a group of a checkpoint under the names that they have in FNO, double precision."""
    arrays = {}
    with h5py.File(checkpoint) as file:
        for name, array in file[group].items():
            array = torch.from_numpy(array[:]).double()
            part = name.split(".")
            if part[0].startswith("block"):
                part = [part[1], part[0].removeprefix("block"), *part[2:]]
            elif part[0] == "head":
                part = part[1:]
            if part[0] == "spectral":
                arrays[".".join(part[:2] + ["upper"])], arrays[".".join(part[:2] + ["lower"])] = corner_blocks(array)
            else:
                arrays[".".join(part)] = array[..., None, None] if part[-1] == "weight" else array
    return arrays


def operator_of(checkpoint):
    """The trained operator of a checkpoint, in double precision."""
    with h5py.File(checkpoint) as file:
        options = dict(line.split(": ") for line in file.attrs["model_options"].decode().splitlines())
        normalizers = [Normalizer(*(torch.from_numpy(file[f"normalizer/{which}/{value}"][:]).double()
                                    for value in ("mean", "std"))) for which in ("input", "output")]
        inputs, outputs = int(file.attrs["inputs"]), int(file.attrs["outputs"])
    shape = [int(options[f"model_{name}"]) for name in ("width", "modes", "layers", "head")]
    network = FNO(inputs, outputs, *shape, padding=float(options["model_padding"]))
    network.load_state_dict(named_arrays(checkpoint, "parameters"), assign=True)
    return Operator(network, *normalizers)


def read_double(path, samples=None):
    x, y, q = read_dataset(path)
    return x[:samples].double(), y[:samples].double(), q.double()


def gradient_difference(checkpoint, x, y, q):
    """Largest relative difference of a parameter's gradient, and the parameter's name."""
    operator = operator_of(checkpoint)
    relative_l2(operator(x, q), y).sum().backward()
    share = float(np.float32(1) - np.float32(0.9))  # 1 - beta1, as single precision has it
    moments = named_arrays(checkpoint, "moment1")
    return max(((moments[name] / share - p.grad).norm().item() / p.grad.norm().item(), name)
               for name, p in operator.network.named_parameters())


def training_difference(initial, metrics, x, y, q):
    """Largest relative difference of the loss of a step, and the step."""
    operator = operator_of(initial)
    adam, schedule = optimizer_and_schedule(operator.parameters(), LR, DECAY, STEPS)
    with open(metrics) as file:
        ours = [float(row["train"]) for row in csv.DictReader(file)]
    differences = []
    for step in range(STEPS):
        loss = relative_l2(operator(x, q), y).sum()
        adam.zero_grad()
        loss.backward()
        adam.step()
        schedule.step()
        differences.append((abs(ours[step] / (loss.item() / len(x)) - 1), f"step {step}"))
    return max(differences)


@torch.no_grad()
def output_difference(checkpoint, prediction, x, q):
    """Largest relative L2 difference of a sample, and the sample."""
    reference = operator_of(checkpoint)(x, q)
    with h5py.File(prediction) as file:
        ours = torch.from_numpy(file["y"][: len(x)]).double()
    return max((d.item(), f"sample {i}") for i, d in enumerate(relative_l2(ours, reference)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("-kitinet", default="kitinet", help="the program, with a launcher before it if it needs one")
    parser.add_argument("-dataset", required=True)
    parser.add_argument("-dataset_test", required=True, help="one or more files, separated by commas")
    options = parser.parse_args()
    command = options.kitinet.split()
    x, y, q = read_double(options.dataset, BATCH)
    agreed = True

    def report(kind, what, difference, where):
        nonlocal agreed
        agree = difference <= TOLERANCE[kind]  # False for NaN
        agreed = agreed and agree
        print(f"{'ok  ' if agree else 'FAIL'}  {kind:9} {what:27} "
              f"{difference:.1e}  (at most {TOLERANCE[kind]:.0e})  {where}", flush=True)

    for padding in (0, 0.125):
        with tempfile.TemporaryDirectory() as work:
            still, moved = os.path.join(work, "still"), os.path.join(work, "moved")
            shared = ("train", "-dataset", options.dataset, "-train_samples", BATCH, "-train_batch", BATCH,
                      "-model_residual", "fno", "-model_padding", padding)
            kitinet(command, *shared, "-run", still, "-train_epochs", 1, "-train_lr", 1e-10, "-train_weight_decay", 0)
            kitinet(command, *shared, "-run", moved, "-train_epochs", STEPS, "-train_lr", LR,
                    "-train_weight_decay", DECAY)
            initial, trained = (os.path.join(run, "checkpoint.h5") for run in (still, moved))
            report("gradient", f"padding {padding}", *gradient_difference(initial, x, y, q))
            metrics = os.path.join(moved, "metrics.csv")
            report("training", f"padding {padding}", *training_difference(initial, metrics, x, y, q))
            for path in options.dataset_test.split(","):
                prediction = os.path.join(work, "prediction.h5")
                kitinet(command, "predict", "-checkpoint", trained, "-input", path, "-output", prediction, "-overwrite")
                x_test, _, q_test = read_double(path, BATCH)
                report("outputs", f"padding {padding}, {'x'.join(map(str, x_test.shape[2:]))} points",
                       *output_difference(trained, prediction, x_test, q_test))
    return 0 if agreed else 1


if __name__ == "__main__":
    sys.exit(main())
