"""ResNet-20 for CIFAR's images in plain PyTorch: timed beside kitinet bench, and with weights that go there and back.

    python resnet_pytorch.py -time train|inference [-form eager|channels_last|compiled|compiled_channels_last]
    [-train_precision bf16]
    python resnet_pytorch.py -weights -kitinet build/release/kitinet

-time prints the median milliseconds of a step of the whole batch, and the MiB that the process held at most beyond
those after its start; resnet_pytorch.sh calls it in turn with kitinet bench. A training step: forward, cross-entropy,
backward, SGD with Nesterov's momentum. -weights trains small networks on random images, loads what
`convert -format pytorch` writes into this network, by its own names, and compares the logits of 16 images; then
random weights of PyTorch's go into a copy of the checkpoint. The largest difference, relative to the largest logit,
must be at most 1e-5. Exit code 0 if all agree, 1 if not. Needs torch; -weights numpy and h5py; compiled forms a C++
compiler. bf16: what PyTorch does in bfloat16 by itself (autocast).

The network is that of src/model/resnet.c with -model_residual plain: pre-activation, projections by convolutions of
one point and stride 2. x: (B, C, n, n).
"""

import argparse
import os
import subprocess
import sys
import tempfile

import torch
from torch import nn
from torch.nn.functional import cross_entropy, relu

from pytorch_comparison import held, median_milliseconds

TOLERANCE = 1e-5
IMAGES = 16


class Block(nn.Module):
    """x -> x + conv2(relu(bn2(conv1(h)))), h = relu(bn1(x)); with a shortcut of h where the grid is halved."""

    def __init__(self, inputs, outputs, stride, norm):
        super().__init__()
        self.bn1 = norm(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn2 = norm(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        if stride > 1:
            self.shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x):
        h = relu(self.bn1(x))
        v = self.conv2(relu(self.bn2(self.conv1(h))))
        return (self.shortcut(h) if hasattr(self, "shortcut") else x) + v


class ResNet(nn.Module):
    def __init__(self, channels=3, classes=10, depth=20, width=16, norm=nn.BatchNorm2d):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, 1, 1, bias=False)
        inputs = width
        for stage in range(3):
            outputs, blocks = width << stage, []
            for n in range((depth - 2) // 6):
                blocks.append(Block(inputs, outputs, 2 if stage and not n else 1, norm))
                inputs = outputs
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.bn = norm(inputs)
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(self.conv1(x))))
        return self.fc(relu(self.bn(x)).mean(dim=(2, 3)))


def training_step(network, options, x, labels):
    sgd = torch.optim.SGD(network.parameters(), lr=1e-3, momentum=0.9, nesterov=True, weight_decay=5e-4)

    def loss_of(x, labels):
        with torch.autocast("cpu", torch.bfloat16, enabled=options.train_precision == "bf16"):
            return cross_entropy(network(x), labels)

    if options.form.startswith("compiled"):
        loss_of = torch.compile(loss_of)

    def step():
        sgd.zero_grad()
        loss_of(x, labels).backward()
        sgd.step()

    return step


def inference_step(network, options, x):
    network.eval()
    if options.form.startswith("compiled"):
        network = torch.compile(network)

    @torch.no_grad()
    def step():
        network(x)

    return step


def run_timing(options):
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    before = held()
    network = ResNet(depth=options.model_depth, width=options.model_width)
    x, labels = torch.rand(options.train_batch, 3, 32, 32), torch.arange(options.train_batch) % 10
    if options.form.endswith("channels_last"):
        network = network.to(memory_format=torch.channels_last)
        x = x.to(memory_format=torch.channels_last)
    train = options.time == "train"
    step = training_step(network, options, x, labels) if train else inference_step(network, options, x)
    print(f"{median_milliseconds(step, options.seconds):.4f} {held() - before:.1f}")


def run(command, *options):
    done = subprocess.run([*command, *map(str, options)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} {options[0]} failed:\n{done.stdout}")


def load(weights, depth, norm):
    """Network and normaliser of an exported file; the counters of batches, which nothing reads, stay as they are."""
    import h5py

    with h5py.File(weights) as f:
        state = {name: torch.from_numpy(a[()]) for name, a in f.items() if isinstance(a, h5py.Dataset)}
        normalizer = {name: torch.from_numpy(a[()]) for name, a in f["normalizer"].items()}
    network = ResNet(state["conv1.weight"].shape[1], len(state["fc.bias"]), depth, len(state["conv1.weight"]), norm)
    missing, unexpected = network.load_state_dict(state, strict=False)
    assert not unexpected and all(name.endswith("num_batches_tracked") for name in missing), (missing, unexpected)
    return network.eval(), normalizer


def random_state(network):
    """Of general weights, also of norms and their statistics."""
    return {name: 0.5 + torch.rand(value.shape) if value.dim() == 1 and "fc" not in name
            else torch.randn(value.shape) / max(value[0].numel(), 1) ** 0.5
            for name, value in network.state_dict().items() if not name.endswith("num_batches_tracked")}


def run_weights(options):
    import h5py
    import numpy as np

    command, agreed = options.kitinet.split(), True
    torch.manual_seed(1)
    norms = {"batch": nn.BatchNorm2d, "group": lambda channels: nn.GroupNorm(8, channels)}
    with tempfile.TemporaryDirectory() as work:
        path = {file: os.path.join(work, file) for file in
                ("x.npy", "y.npy", "data.h5", "weights.h5", "back.h5", "new.h5", "p.h5")}
        images = np.random.default_rng(1).integers(0, 256, (IMAGES, 3, 16, 16), dtype=np.uint8)
        np.save(path["x.npy"], images)
        np.save(path["y.npy"], np.arange(IMAGES) % 5)
        run(command, "convert", "-input", path["x.npy"] + "," + path["y.npy"], "-x", "x:ncxy", "-points", "cells",
            "-classes", "a,b,c,d,e", "-output", path["data.h5"])
        for depth, norm in ((8, "batch"), (20, "batch"), (14, "group")):
            folder = os.path.join(work, f"run{depth}")
            run(command, "train", "-dataset", path["data.h5"], "-run", folder, "-train_epochs", 3, "-train_batch", 8,
                "-train_microbatch", 8, "-model_type", "resnet", "-model_residual", "plain", "-model_depth", depth,
                "-model_width", 16, "-model_norm", norm)
            checkpoint = os.path.join(folder, "best.h5")
            run(command, "convert", "-input", checkpoint, "-output", path["weights.h5"], "-format", "pytorch",
                "-overwrite")
            network, normalizer = load(path["weights.h5"], depth, norms[norm])
            for direction in ("exported", "imported"):
                if direction == "imported":
                    state = random_state(network)
                    network.load_state_dict(state, strict=False)
                    with h5py.File(path["back.h5"], "w") as f:
                        for name, value in state.items():
                            f[name] = value.numpy()
                    run(command, "convert", "-input", path["back.h5"], "-like", checkpoint, "-output", path["new.h5"],
                        "-overwrite")
                run(command, "predict", "-checkpoint", checkpoint if direction == "exported" else path["new.h5"],
                    "-input", path["data.h5"], "-output", path["p.h5"], "-overwrite")
                with torch.no_grad():
                    x = torch.from_numpy(images).float()
                    logits = network((x - normalizer["x_mean"]) / normalizer["x_std"])
                with h5py.File(path["p.h5"]) as f:  # of probabilities the logarithms are the logits but for a constant
                    ours = torch.from_numpy(f["probability"][()]).double().log()
                theirs = logits.double().log_softmax(1)
                difference = ((ours - theirs).abs().amax(1) / theirs.abs().amax())
                right = int((difference <= TOLERANCE).sum())  # NaN is not
                agreed = agreed and right == IMAGES
                print(f"{'ok  ' if right == IMAGES else 'FAIL'}  depth {depth:2} {norm:5} {direction}  "
                      f"{right} of {IMAGES}  {difference.max().item():.1e}  (at most {TOLERANCE:.0e})", flush=True)
    sys.exit(not agreed)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("-time", choices=("train", "inference"))
    parser.add_argument("-weights", action="store_true")
    parser.add_argument("-form", default="eager",
                        choices=("eager", "channels_last", "compiled", "compiled_channels_last"))
    parser.add_argument("-train_precision", choices=("float32", "bf16"), default="float32")
    parser.add_argument("-seconds", type=float, default=5)
    parser.add_argument("-threads", type=int, default=2)
    parser.add_argument("-train_batch", type=int, default=128)
    parser.add_argument("-model_depth", type=int, default=20)
    parser.add_argument("-model_width", type=int, default=16)
    parser.add_argument("-kitinet", default="kitinet", help="the program, with a launcher before it if it needs one")
    options = parser.parse_args()
    if options.weights:
        run_weights(options)
    elif options.time:
        run_timing(options)
    else:
        parser.error("give -time or -weights")


if __name__ == "__main__":
    main()
