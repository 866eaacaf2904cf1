"""The package kitinet in PyTorch: kitinet.Dataset in a DataLoader with worker processes, surrogates on tensors.

    KITINET_LIBRARY=build/release/libkitinet.so PYTHONPATH=src/library/python \\
      python tests/bench/python_torch.py -kitinet build/release/kitinet

Makes a small steady dataset, one of trajectories, and a network for each, in a temporary folder. Every comparison is of
bits. Exit code 0 if all agree. Needs torch and numpy.
"""

import argparse
import os
import subprocess
import tempfile

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import kitinet


def same(name, a, b):
    assert a.shape == b.shape and a.dtype == b.dtype and torch.equal(a, b), f"{name}: {a.shape} {a.dtype}"


def loaders(data):
    """Batches in order, with no worker, and with two and three of them, forked and spawned, each over two epochs: the
    samples of the dataset. Shuffled with one seed: the same order with any number of workers."""
    expected = [torch.from_numpy(np.stack(part)) for part in zip(*data)]
    for workers, context in ((0, None), (2, "fork"), (3, "spawn")):
        loader = DataLoader(data, batch_size=5, num_workers=workers, multiprocessing_context=context,
                            persistent_workers=workers > 0)
        for epoch in range(2):
            for i, part in enumerate(zip(*loader)):
                same(f"{workers} workers, {context}, epoch {epoch}", torch.cat(part), expected[i])
        shuffled = [DataLoader(data, batch_size=5, shuffle=True, num_workers=count,
                               generator=torch.Generator().manual_seed(7)) for count in (0, workers)]
        for (x, y), (x_workers, y_workers) in zip(*shuffled):
            same("shuffled x", x, x_workers)
            same("shuffled y", y, y_workers)
        print(f"ok    DataLoader, {workers} workers {context or ''}")


def trajectories(path):
    data = kitinet.Dataset(path)
    for workers in (0, 2):
        u = torch.cat(list(DataLoader(data, batch_size=4, num_workers=workers)))
        same("trajectories", u, torch.from_numpy(np.stack(list(data))))
    print("ok    DataLoader, trajectories")


def training(data):
    """A convolution learns from the loader's batches: the loss falls, and is that of tensors held in memory."""
    losses = []
    held = TensorDataset(*(torch.from_numpy(np.stack(part)) for part in zip(*data)))
    for source, workers in ((data, 2), (held, 0)):
        torch.manual_seed(1)
        network = nn.Conv2d(1, 1, 3, padding=1)
        optimizer = torch.optim.Adam(network.parameters(), 1e-2)
        loader = DataLoader(source, batch_size=8, shuffle=True, num_workers=workers,
                            generator=torch.Generator().manual_seed(3))
        course = []
        for _ in range(20):
            for x, y in loader:
                optimizer.zero_grad()
                loss = torch.mean((network(x) - y) ** 2)
                loss.backward()
                optimizer.step()
                course.append(loss.item())
        assert course[-1] < 0.5 * course[0], f"loss from {course[0]} to {course[-1]}"
        losses.append(course)
    assert losses[0] == losses[1], "another course from the file than from memory"
    print(f"ok    training, loss from {losses[0][0]:.3g} to {losses[0][-1]:.3g}")


def surrogates(steady, time, data, frames):
    """Tensors as inputs, also not contiguous, of double precision, and with a gradient that is detached."""
    network = kitinet.load(steady)
    x = np.stack([data[i][0] for i in range(4)])
    y = torch.from_numpy(network(x))
    same("tensor", torch.from_numpy(network(torch.from_numpy(x))), y)
    same("double", torch.from_numpy(network(torch.from_numpy(x).double())), y)
    strided = torch.from_numpy(np.ascontiguousarray(x.transpose(0, 1, 3, 2))).transpose(2, 3)
    assert not strided.is_contiguous()
    same("strides", torch.from_numpy(network(strided)), y)
    same("detached", torch.from_numpy(network(torch.from_numpy(x).requires_grad_().detach())), y)
    network = kitinet.load(time)
    u = np.stack([frames[i] for i in range(3)])[:, :network.history]
    same("rollout", torch.from_numpy(network(torch.from_numpy(u), steps=2)), torch.from_numpy(network(u, steps=2)))
    print("ok    surrogates on tensors")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-kitinet", default="build/release/kitinet")
    program = os.path.abspath(parser.parse_args().kitinet)
    with tempfile.TemporaryDirectory() as work:
        def run(*words):
            subprocess.run([program, *words], cwd=work, check=True, stdout=subprocess.DEVNULL)
        def path(name):
            return os.path.join(work, name)
        small = "-model_modes 3 -model_width 8 -model_head 16 -train_epochs 1".split()
        run(*"generate -darcy_grid 16 -samples 24 -output steady.h5".split())
        run(*("generate -pde navier_stokes -navier_stokes_grid 16 -navier_stokes_resolution 16 -samples 6 "
              "-navier_stokes_viscosity 1e-2 -navier_stokes_final_time 4 -navier_stokes_frames 5 "
              "-output time.h5").split())
        run("train", "-dataset", "steady.h5", "-run", "steady", *small)
        run("train", "-dataset", "time.h5", "-run", "time", "-train_history", "2", *small)
        data = kitinet.Dataset(path("steady.h5"))
        loaders(data)
        trajectories(path("time.h5"))
        training(data)
        surrogates(path("steady/best.h5"), path("time/best.h5"), data, kitinet.Dataset(path("time.h5")))


if __name__ == "__main__":
    main()
