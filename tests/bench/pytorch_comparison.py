"""One phase of the FNO of pytorch_fno.py on random fields, timed; pytorch_comparison.sh calls it in turn with kitinet
bench.

    python pytorch_comparison.py -phase train|inference [-compile] -seconds 5 [shape of the network,
    options as of kitinet bench]

Prints the median milliseconds of a step of the whole batch, and the MiB that the process held at most beyond those
after its start. A training step: forward, relative L2 loss, backward, Adam. Needs torch, and h5py and numpy for
pytorch_fno.py; -compile needs a C++ compiler.

Shapes: x (B, C_in, n1, n2), y (B, C_out, n1, n2); on one axis x (B, C_in, n), y (B, C_out, n).
"""

import argparse
import statistics
import time

import torch
from torch import nn
from torch.nn.functional import gelu

from pytorch_fno import FNO, Spectral, relative_l2


class SpectralOnce(Spectral):
    """As Spectral, with one product for both corner blocks: the compiler of PyTorch 2.13 fails on the sum of two
    complex gradients."""

    def forward(self, x):
        m = self.modes
        X = torch.fft.rfft2(x)
        rows = torch.cat([torch.arange(m), torch.arange(X.shape[2] - m, X.shape[2])])
        corners = X[:, :, rows, :m]
        Z = torch.einsum("bixy,ioxy->boxy", corners, torch.cat([self.upper, self.lower], dim=2))
        middle = Z.new_zeros(*Z.shape[:2], X.shape[2] - 2 * m, m)
        Y = torch.cat([Z[:, :, :m], middle, Z[:, :, m:]], dim=2)
        return torch.fft.irfft2(torch.nn.functional.pad(Y, (0, X.shape[3] - m)), s=x.shape[-2:])


class Spectral1(nn.Module):
    """y = irfft(W . rfft(x)) on the modes k = 0..m-1."""

    def __init__(self, width, modes):
        super().__init__()
        self.modes = modes
        self.weight = nn.Parameter(torch.rand((width, width, modes), dtype=torch.cfloat) / width**2)

    def forward(self, x):
        X = torch.fft.rfft(x)
        Y = torch.zeros_like(X)
        Y[:, :, : self.modes] = torch.einsum("bik,iok->bok", X[:, :, : self.modes], self.weight)
        return torch.fft.irfft(Y, n=x.shape[-1])


class FNO1(nn.Module):
    """As FNO, on one axis, without padding; q: (1, n)."""

    def __init__(self, inputs, outputs, width, modes, layers=4, head=128):
        super().__init__()
        self.lift = nn.Conv1d(inputs + 1, width, 1)
        self.linear = nn.ModuleList(nn.Conv1d(width, width, 1) for _ in range(layers))
        self.spectral = nn.ModuleList(Spectral1(width, modes) for _ in range(layers))
        self.hidden = nn.Conv1d(width, head, 1)
        self.output = nn.Conv1d(head, outputs, 1)

    def forward(self, x, q):
        x = self.lift(torch.cat([x, q.expand(len(x), -1, -1)], dim=1))
        for l, (linear, spectral) in enumerate(zip(self.linear, self.spectral)):
            x = linear(x) + spectral(x)
            if l < len(self.linear) - 1:
                x = gelu(x)
        return self.output(gelu(self.hidden(x)))


def held():
    """The most bytes this process has held in memory so far (Linux), in MiB."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:")) / 1024


def training_step(network, options, x, target, q):
    adam = torch.optim.Adam(network.parameters(), lr=1e-3, weight_decay=1e-4)

    def loss_of(x, q, target):
        return relative_l2(network(x, q), target).sum()

    if options.compile:
        loss_of = torch.compile(loss_of)

    def step():
        adam.zero_grad()
        loss_of(x, q, target).backward()
        adam.step()

    return step


def inference_step(network, options, x, q):
    network.eval()
    if options.compile:
        network = torch.compile(network)

    @torch.no_grad()
    def step():
        network(x, q)

    return step


def median_milliseconds(step, seconds):
    """Of one call, after two that are not counted; three calls at least."""
    times = []
    for call in range(2):
        step()
    while len(times) < 3 or sum(times) < seconds:
        began = time.perf_counter()
        step()
        times.append(time.perf_counter() - began)
    return 1e3 * statistics.median(times)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("-phase", choices=("train", "inference"), required=True)
    parser.add_argument("-compile", action="store_true", help="with torch.compile")
    parser.add_argument("-seconds", type=float, default=5)
    parser.add_argument("-threads", type=int, default=2)
    parser.add_argument("-bench_axes", type=int, default=2)
    parser.add_argument("-bench_grid", type=int, default=64)
    parser.add_argument("-bench_channels_in", type=int, default=1)
    parser.add_argument("-bench_channels_out", type=int, default=1)
    parser.add_argument("-train_batch", type=int, default=20)
    parser.add_argument("-model_width", type=int, default=32)
    parser.add_argument("-model_modes", type=int, default=12)
    parser.add_argument("-model_padding", type=float, default=0.0)
    return parser.parse_args()


def main():
    options = parse_options()
    if options.bench_axes == 1 and options.model_padding:
        raise SystemExit("FNO1 has no padding")
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    before = held()

    shape = [options.bench_grid] * options.bench_axes
    x, target = (torch.rand(options.train_batch, channels, *shape)
                 for channels in (options.bench_channels_in, options.bench_channels_out))
    q = torch.stack(torch.meshgrid(*(torch.linspace(0, 1, n) for n in shape), indexing="ij"))
    sizes = options.bench_channels_in, options.bench_channels_out, options.model_width, options.model_modes
    network = FNO1(*sizes) if options.bench_axes == 1 else FNO(*sizes, padding=options.model_padding)
    if options.compile:
        for spectral in (module for module in network.modules() if isinstance(module, Spectral)):
            spectral.__class__ = SpectralOnce
    train = options.phase == "train"
    step = training_step(network, options, x, target, q) if train else inference_step(network, options, x, q)
    print(f"{median_milliseconds(step, options.seconds):.4f} {held() - before:.1f}")


if __name__ == "__main__":
    main()
