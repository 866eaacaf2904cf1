"""Weights from KITINet to PyTorch and back: the same input gives the same output.

    python weights_pytorch.py -kitinet build/release/kitinet

Makes small datasets and networks on one and two axes, and on three (two in space, and time). Exported weights go into
the original network, written here with the original's names from torch.fft; then random weights of PyTorch's go into a
copy of the checkpoint, and kitinet predicts with them. The largest difference of an output, relative to the largest
output, must be at most 1e-5. Exit code 0 if all agree, 1 if not. Needs torch, h5py.
"""

import argparse
import os
import subprocess
import sys
import tempfile

import h5py
import torch
from torch import nn
from torch.nn.functional import gelu

TOLERANCE = 1e-5


class Spectral(nn.Module):
    """The original code's SpectralConv1d to 3d: weights{i} (in, out, m, .., m), i counting the corners of the spectrum,
    the sign of k1 first."""

    def __init__(self, width, modes, dim):
        super().__init__()
        self.modes, self.dim = modes, dim
        for corner in range(2 ** (dim - 1)):
            weights = torch.rand((width, width) + dim * (modes,), dtype=torch.cfloat) / width**2
            self.register_parameter(f"weights{corner + 1}", nn.Parameter(weights))

    def forward(self, x):
        axes = tuple(range(2, 2 + self.dim))
        X = torch.fft.rfftn(x, dim=axes)
        Y = torch.zeros_like(X)
        for corner in range(2 ** (self.dim - 1)):
            signs = [corner >> a & 1 for a in range(self.dim - 1)] + [0]
            at = (...,) + tuple(slice(-self.modes, None) if s else slice(self.modes) for s in signs)
            Y[at] = torch.einsum("bi...,io...->bo...", X[at], getattr(self, f"weights{corner + 1}"))
        return torch.fft.irfftn(Y, s=x.shape[2:], dim=axes)


class FNO(nn.Module):
    """The original network, its state_dict as its authors' code has it. x: (B, C_in, n1, ..) with coordinates (dim, n1,
    ..) after the fields."""

    def __init__(self, inputs, outputs, width, modes, layers, head, dim, residual):
        super().__init__()
        convolution = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[dim - 1]
        self.layers, self.residual = layers, residual
        self.fc0, self.fc1, self.fc2 = nn.Linear(inputs + dim, width), nn.Linear(width, head), nn.Linear(head, outputs)
        for l in range(layers):
            self.add_module(f"conv{l}", Spectral(width, modes, dim))
            self.add_module(f"w{l}", convolution(width, width, 1))

    def forward(self, x, coordinates):
        x = torch.cat([x, coordinates.expand(len(x), *coordinates.shape)], dim=1)
        x = self.fc0(x.movedim(1, -1)).movedim(-1, 1)
        for l in range(self.layers):
            z = getattr(self, f"conv{l}")(x) + getattr(self, f"w{l}")(x)
            if self.residual == "fno":
                x = gelu(z) if l < self.layers - 1 else z
            else:
                x = x + gelu(z)
        return self.fc2(gelu(self.fc1(x.movedim(1, -1)))).movedim(-1, 1)


def run(command, *options):
    done = subprocess.run([*command, *map(str, options)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} {options[0]} failed:\n{done.stdout}")


def load(weights):
    """Network, normaliser and attributes of an exported file."""
    with h5py.File(weights) as f:
        state = {name: torch.from_numpy(a[()]) for name, a in f.items() if isinstance(a, h5py.Dataset)}
        normalizer = {name: torch.from_numpy(a[()]) for name, a in f["normalizer"].items()}
        facts = {name: value.decode() if isinstance(value, bytes) else value for name, value in f.attrs.items()}
    dim = state["conv0.weights1"].ndim - 2
    network = FNO(state["fc0.weight"].shape[1] - dim, len(state["fc2.bias"]), int(facts["width"]), int(facts["modes"]),
                  sum(name.startswith("w") and name.endswith("bias") for name in state), len(state["fc1.bias"]),
                  dim, facts["residual"])
    network.load_state_dict(state)  # strict: no name missing, none too many, all shapes
    return network, normalizer, facts


def coordinates(shape, points):
    """(dim, n1, ..) of the unit cube's points."""
    axes = [{"cells": (torch.arange(n) + 0.5) / n, "nodes": torch.arange(n) / max(n - 1, 1),
             "periodic": torch.arange(n) / n}[points] for n in shape]
    return torch.stack(torch.meshgrid(*axes, indexing="ij"))


@torch.no_grad()
def predict(network, normalizer, facts, path):
    """The outputs for the samples of a dataset: (N, C_out, ..) of a steady one, the frames behind the first `history`
    (N, T - H, C, ..) of trajectories."""
    with h5py.File(path) as f:
        if "x" in f:
            x = (torch.from_numpy(f["x"][()]) - normalizer["x_mean"]) / normalizer["x_std"]
            return network(x, coordinates(x.shape[2:], facts["points"])) * normalizer["y_std"] + normalizer["y_mean"]
        u = (torch.from_numpy(f["u"][()]) - normalizer["y_mean"]) / normalizer["y_std"]
    history = int(facts["history"])
    frames = list(u[:, :history].unbind(1))
    # time is the first axis, the given frames are the same at all times
    if "train_form: spacetime" in facts["model_options"]:
        steps = u.shape[1] - history
        given = torch.cat(frames, dim=1).unsqueeze(2).expand(-1, -1, steps, *u.shape[3:])
        frames += network(given, coordinates(given.shape[2:], facts["points"])).unbind(2)
    while len(frames) < u.shape[1]:
        frames.append(network(torch.cat(frames[-history:], dim=1), coordinates(u.shape[3:], facts["points"])))
    return torch.stack(frames[history:], dim=1) * normalizer["y_std"] + normalizer["y_mean"]


def predicted(command, checkpoint, data, work, history):
    path = os.path.join(work, "predicted.h5")
    run(command, "predict", "-checkpoint", checkpoint, "-input", data, "-output", path, "-overwrite")
    with h5py.File(path) as f:
        return torch.from_numpy(f["y"][()] if "y" in f else f["u"][:, history:])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("-kitinet", default="kitinet", help="the program, with a launcher before it if it needs one")
    command = parser.parse_args().kitinet.split()
    torch.manual_seed(1)
    agreed = True
    datasets = {
        "1 axis": ("-pde", "burgers", "-burgers_grid", 64),
        "2 axes": ("-pde", "darcy", "-darcy_grid", 16),
        "1 axis rollout": ("-pde", "burgers", "-burgers_grid", 64, "-burgers_frames", 5),
        "3 axes": ("-pde", "navier_stokes", "-navier_stokes_grid", 16, "-navier_stokes_frames", 13,
                   "-navier_stokes_final_time", 3),
    }
    networks = {"fno": ("-model_residual", "fno"),
                "plain": ("-model_residual", "plain", "-train_normalizer", "pointwise")}
    with tempfile.TemporaryDirectory() as work:
        for data_name, data_options in datasets.items():
            data = os.path.join(work, "data.h5")
            run(command, "generate", *data_options, "-samples", 12, "-output", data, "-overwrite")
            for name, options in networks.items():
                path = {file: os.path.join(work, f"{data_name} {name} {file}")
                        for file in ("run", "weights.h5", "back.h5", "new.h5")}
                history = {"1 axis rollout": ("-train_history", 2),
                           "3 axes": ("-train_history", 3, "-train_form", "spacetime")}.get(data_name, ())
                run(command, "train", "-dataset", data, "-run", path["run"], "-train_epochs", 3,
                    "-train_batch", 4, "-model_width", 8, "-model_modes", 5, "-model_head", 12, *options, *history)
                checkpoint = os.path.join(path["run"], "best.h5")
                run(command, "convert", "-input", checkpoint, "-output", path["weights.h5"], "-format", "pytorch")
                network, normalizer, facts = load(path["weights.h5"])
                for direction in ("exported", "imported"):
                    if direction == "imported":
                        network = FNO(network.fc0.in_features - network.conv0.dim, network.fc2.out_features,
                                      8, 5, network.layers, 12, network.conv0.dim, facts["residual"])
                        with h5py.File(path["back.h5"], "w") as f:
                            for array, value in network.state_dict().items():
                                f[array] = value.numpy()
                        checkpoint = path["new.h5"]
                        run(command, "convert", "-input", path["back.h5"], "-like",
                            os.path.join(path["run"], "best.h5"), "-output", checkpoint)
                    theirs = predict(network, normalizer, facts, data)
                    ours = predicted(command, checkpoint, data, work, int(facts["history"]))
                    difference = ((ours - theirs).abs().max() / theirs.abs().max()).item()
                    agree = difference <= TOLERANCE  # False for NaN
                    agreed = agreed and agree
                    print(f"{'ok  ' if agree else 'FAIL'}  {data_name:16} {name:6} {direction}  "
                          f"{difference:.1e}  (at most {TOLERANCE:.0e})", flush=True)
    sys.exit(not agreed)


if __name__ == "__main__":
    main()
