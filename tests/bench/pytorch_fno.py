"""The original Fourier neural operator (Li et al. 2020, arXiv 2010.08895) in PyTorch, trained on KITINet's datasets.

    coordinates -> lift -> pad -> L times  x = GELU(W x + b + K x), none after the last
                -> crop -> hidden, GELU -> output

The other side of `kitinet train -model_residual fno`: same network, initial distributions, normaliser, loss, Adam,
schedule and defaults, with options of the same names; written from the paper and PyTorch's own layers, not from
KITINet's.

    python pytorch_fno.py -dataset train.h5 -dataset_test test_32.h5,test_64.h5 -seed 1 -output errors.csv

tests every epoch on the first of the test sets and in the end appends a row to the output: program, seed, epochs, mean
relative L2 error on the training set and on each test set, seconds of training (tests included). Needs torch, numpy,
h5py.

Shapes: x (B, C_in, n1, n2), y (B, C_out, n1, n2), both on the physical scale.
"""

import argparse
import math
import os
import time

import h5py
import numpy as np
import torch
from torch import nn
from torch.nn.functional import gelu, pad


class Spectral(nn.Module):
    """y = irfft2(W . rfft2(x)) on two corner blocks of modes, k1 = 0..m-1 and k1 = -m..-1, both with k2 = 0..m-1."""

    def __init__(self, width, modes):
        super().__init__()
        self.modes = modes
        shape = (width, width, modes, modes)  # in, out, k1, k2
        self.upper = nn.Parameter(torch.rand(shape, dtype=torch.cfloat) / width**2)
        self.lower = nn.Parameter(torch.rand(shape, dtype=torch.cfloat) / width**2)

    def forward(self, x):
        m = self.modes
        X = torch.fft.rfft2(x)
        Y = torch.zeros_like(X)
        Y[:, :, :m, :m] = torch.einsum("bixy,ioxy->boxy", X[:, :, :m, :m], self.upper)
        Y[:, :, -m:, :m] = torch.einsum("bixy,ioxy->boxy", X[:, :, -m:, :m], self.lower)
        return torch.fft.irfft2(Y, s=x.shape[-2:])


class FNO(nn.Module):
    """Maps normalised inputs to normalised outputs; q: (2, n1, n2), the coordinates of the grid."""

    def __init__(self, inputs, outputs, width=32, modes=12, layers=4, head=128, padding=0.0):
        super().__init__()
        self.padding = padding
        self.lift = nn.Conv2d(inputs + 2, width, 1)
        self.linear = nn.ModuleList(nn.Conv2d(width, width, 1) for _ in range(layers))
        self.spectral = nn.ModuleList(Spectral(width, modes) for _ in range(layers))
        self.hidden = nn.Conv2d(width, head, 1)
        self.output = nn.Conv2d(head, outputs, 1)

    def forward(self, x, q):
        n1, n2 = x.shape[-2:]
        more = [math.floor(self.padding * n + 0.5) for n in (n1, n2)]
        x = self.lift(torch.cat([x, q.expand(len(x), -1, -1, -1)], dim=1))
        x = pad(x, (0, more[1], 0, more[0]))
        for l, (linear, spectral) in enumerate(zip(self.linear, self.spectral)):
            x = linear(x) + spectral(x)
            if l < len(self.linear) - 1:
                x = gelu(x)
        x = x[:, :, :n1, :n2]
        return self.output(gelu(self.hidden(x)))


class Normalizer:
    """z = (x - mean) / (std + eps) of each channel over samples and points, eps = 1e-5 std."""

    def __init__(self, mean, std):
        self.mean = mean.reshape(-1, 1, 1)
        self.scale = std.reshape(-1, 1, 1) * (1 + 1e-5)

    @classmethod
    def fit(cls, x):
        x = x.double()
        return cls(x.mean((0, 2, 3)).float(), x.std((0, 2, 3), correction=0).float())

    def encode(self, x):
        return (x - self.mean) / self.scale

    def decode(self, z):
        return z * self.scale + self.mean


class Operator(nn.Module):
    """Everything between a PDE's input fields and its solution, on the physical scale."""

    def __init__(self, network, normalizer_x, normalizer_y):
        super().__init__()
        self.network = network
        self.normalizer_x, self.normalizer_y = normalizer_x, normalizer_y

    def forward(self, x, q):
        return self.normalizer_y.decode(self.network(self.normalizer_x.encode(x), q))


def read_dataset(path):
    """x, y and the coordinates q (2, n1, n2) of a dataset, float32."""
    with h5py.File(path) as file:
        q = np.stack(np.meshgrid(file["x1"], file["x2"], indexing="ij")).astype(np.float32)
        return tuple(map(torch.from_numpy, (file["x"][:], file["y"][:], q)))


def relative_l2(y, target):
    """|y - target| / |target| of each sample: (B)"""
    return (y - target).flatten(1).norm(dim=1) / target.flatten(1).norm(dim=1)


def optimizer_and_schedule(parameters, lr, weight_decay, steps):
    """Adam with the decay in the gradient; the learning rate follows one cycle, a step at a time."""
    adam = torch.optim.Adam(parameters, lr=lr, weight_decay=weight_decay)
    return adam, torch.optim.lr_scheduler.OneCycleLR(adam, max_lr=lr, total_steps=steps, cycle_momentum=False)


@torch.no_grad()
def evaluate(operator, x, y, q, batch):
    """Mean relative L2 error of a dataset."""
    return torch.cat([relative_l2(operator(xb, q), yb) for xb, yb in zip(x.split(batch), y.split(batch))]).mean().item()


def train(operator, options, x, y, q, test):
    adam, schedule = optimizer_and_schedule(operator.parameters(), options.train_lr, options.train_weight_decay,
                                            options.train_epochs * math.ceil(len(x) / options.train_batch))
    for epoch in range(options.train_epochs):
        total = 0.0
        for rows in torch.randperm(len(x)).split(options.train_batch):
            loss = relative_l2(operator(x[rows], q), y[rows]).sum()
            adam.zero_grad()
            loss.backward()
            adam.step()
            rate = schedule.get_last_lr()[0]
            schedule.step()
            total += loss.item()
        error = evaluate(operator, *test, options.train_batch)
        print(f"epoch {epoch + 1:3}/{options.train_epochs}  train {total / len(x):.5f}  test {error:.5f}  "
              f"lr {rate:.2e}", flush=True)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("-dataset", required=True)
    parser.add_argument("-dataset_test", required=True, help="one or more files, separated by commas; any resolution")
    parser.add_argument("-output", required=True, help="CSV file to append a row to")
    parser.add_argument("-seed", type=int, default=1)
    parser.add_argument("-threads", type=int, default=2)
    parser.add_argument("-train_epochs", type=int, default=50)
    parser.add_argument("-train_batch", type=int, default=20)
    parser.add_argument("-train_lr", type=float, default=4e-3)
    parser.add_argument("-train_weight_decay", type=float, default=1e-4)
    parser.add_argument("-model_width", type=int, default=32)
    parser.add_argument("-model_modes", type=int, default=12)
    parser.add_argument("-model_layers", type=int, default=4)
    parser.add_argument("-model_head", type=int, default=128)
    parser.add_argument("-model_padding", type=float, default=0.0)
    return parser.parse_args()


def main():
    options = parse_options()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    x, y, q = read_dataset(options.dataset)
    tests = [read_dataset(path) for path in options.dataset_test.split(",")]
    network = FNO(x.shape[1], y.shape[1], options.model_width, options.model_modes, options.model_layers,
                  options.model_head, options.model_padding)
    operator = Operator(network, Normalizer.fit(x), Normalizer.fit(y))

    began = time.monotonic()
    train(operator, options, x, y, q, tests[0])
    seconds = time.monotonic() - began

    names = [os.path.splitext(os.path.basename(path))[0] for path in options.dataset_test.split(",")]
    errors = [evaluate(operator, *data, options.train_batch) for data in [(x, y, q), *tests]]
    new = not os.path.exists(options.output)
    with open(options.output, "a") as file:
        if new:
            print("program", "seed", "epochs", "train", *names, "seconds", sep=",", file=file)
        print("pytorch", options.seed, options.train_epochs, *(f"{e:.8g}" for e in errors),
              f"{seconds:.1f}", sep=",", file=file)


if __name__ == "__main__":
    main()
