"""The trainings of images and texts in plain PyTorch, with the recipe of kitinet train, for the accuracy alone.

    python train_pytorch.py -dataset train.h5 -dataset_test test.h5 [-seed 1] [-train_epochs 60] ..

The dataset is kitinet's, of pictures or of texts with classes; it decides the network, that of resnet_pytorch.py or the
encoder of attention_pytorch.py. Options have the names and meanings of kitinet's: -train_epochs, -train_batch,
-train_microbatch, -train_lr, -train_weight_decay, -train_shift, -train_word_dropout, -task_smoothing, -model_depth,
-model_type (of texts: transformer, textcnn), -model_width, -model_layers, -model_heads, -model_positions (of textcnn),
-model_shared_words, -model_convolution, -model_word_pairs, -model_dropout (of elements), -train_precision (bf16: what
PyTorch does in bfloat16 by itself).
Pictures: SGD with Nesterov's momentum 0.9, mirrored at random, batch norm by micro-batches, tested once and as the mean
over each picture and its mirror image. Texts: Adam, in batches of like length, in which words lack at random. The
schedule is one cycle.

Prints loss, test loss and accuracy of each epoch, and writes them to -output FILE.csv. Needs torch, numpy and h5py.
"""

import argparse
import math
import sys
import time

import h5py
import numpy as np
import torch
from torch.nn.functional import cross_entropy, dropout

from attention_pytorch import RESERVED, TextCNN, Transformer
from resnet_pytorch import ResNet

UNKNOWN = 1  # of every vocabulary
SORTED = 16  # batches of texts that are sorted by length together


class Images:
    """Pictures (B, C, n, n), normalised by the channels' mean and deviation over the training set."""

    def __init__(self, options):
        self.options = options
        self.train, self.test = (self.read(path) for path in (options.dataset, options.dataset_test))
        mean, deviation = self.train[0].mean((0, 2, 3)), self.train[0].std((0, 2, 3))
        for x, _ in (self.train, self.test):
            x.sub_(mean[:, None, None]).div_(deviation[:, None, None])

    @staticmethod
    def read(path):
        with h5py.File(path) as f:
            return torch.from_numpy(f["x"][()]).float(), torch.from_numpy(f["label"][()]).long()

    def network(self):
        classes = int(self.train[1].max()) + 1
        network = ResNet(self.train[0].shape[1], classes, self.options.model_depth, self.options.model_width)
        return network.to(memory_format=torch.channels_last)  # the fastest form

    def optimizers(self, network):
        return [torch.optim.SGD(network.parameters(), lr=self.options.train_lr, momentum=0.9, nesterov=True,
                                weight_decay=self.options.train_weight_decay)]

    def order(self, random):
        return random.permutation(len(self.train[1]))

    def batch(self, index, random):
        x, p = self.train[0][index], self.options.train_shift
        padded = torch.nn.functional.pad(x, (p, p, p, p))
        n = x.shape[-1]
        for b in range(len(x)):
            i, j = random.integers(0, 2 * p + 1, 2)
            x[b] = padded[b, :, i:i + n, j:j + n]
            if random.integers(2):
                x[b] = x[b].flip(-1)
        return (x.contiguous(memory_format=torch.channels_last),), self.train[1][index]

    def tests(self, network):
        x, label = self.test
        once, mirrored = [], []
        for piece in x.split(500):
            p, q = network(piece).softmax(1), network(piece.flip(-1)).softmax(1)
            once.append(p)
            mirrored.append((p + q) / 2)
        return label, {"": torch.cat(once), "_mirrored": torch.cat(mirrored)}


class Texts:
    """Words (B, L) and lengths (B)."""

    def __init__(self, options):
        self.options = options
        self.train, self.test = (self.read(path) for path in (options.dataset, options.dataset_test))

    def read(self, path):
        with h5py.File(path) as f:
            self.words = len(f["vocabulary"])
            return tuple(torch.from_numpy(f[name][()]).long() for name in ("x", "length", "label"))

    def network(self):
        o, classes = self.options, int(self.train[2].max()) + 1
        if o.model_type == "textcnn":
            return TextCNN(self.words, classes, o.model_width, self.train[0].shape[1], o.model_positions == "learned",
                           o.model_convolution, o.model_shared_words == "true", o.model_word_pairs,
                           o.model_word_pairs > 0, o.model_dropout)
        network = Transformer(self.words, classes, o.model_width, o.model_layers, o.model_heads, 4,
                              self.train[0].shape[1], True, o.model_shared_words == "true", o.model_convolution,
                              o.model_word_pairs, o.model_word_pairs > 0)
        for name, module in network.named_modules():
            if name.endswith(("attention.output", "feed.units", "stem.gelu")):
                module.register_forward_hook(lambda module, _, y: dropout(y, o.model_dropout, module.training))
        return network

    def optimizers(self, network):
        """Of a large table the rows that occur in a batch are moved alone, as kitinet does always."""
        table = [network.embedding.weight] if network.embedding.sparse else []
        others = [p for p in network.parameters() if not any(p is t for t in table)]
        return [torch.optim.Adam(others, lr=self.options.train_lr, weight_decay=self.options.train_weight_decay)] + [
            torch.optim.SparseAdam(table, lr=self.options.train_lr) for _ in table]

    def order(self, random):
        order, group = random.permutation(len(self.train[2])), SORTED * self.options.train_batch
        length, batch = self.train[1].numpy(), self.options.train_batch
        pieces = []
        for first in range(0, len(order), group):
            part = order[first:first + group]
            part = part[np.argsort(length[part], kind="stable")]
            pieces += [part[i:i + batch] for i in range(0, len(part), batch)]
        random.shuffle(pieces)
        return np.concatenate(pieces)

    def batch(self, index, random):
        token, length = self.train[0][index], self.train[1][index]
        token = token[:, :int(length.max())].clone()
        gone = torch.from_numpy(random.random(token.shape)) < self.options.train_word_dropout
        token[gone & (token >= RESERVED)] = UNKNOWN
        return (token, length), self.train[2][index]

    def tests(self, network):
        token, length, label = self.test
        order = length.argsort()
        result = torch.empty(len(label), int(label.max()) + 1)
        for part in order.split(250):
            result[part] = network(token[part, :int(length[part].max())], length[part]).softmax(1)
        return label, {"": result}


def train(task, options):
    random = np.random.default_rng(options.seed)
    network = task.network()
    optimizers = task.optimizers(network)
    samples = len(task.train[-1])
    steps = options.train_epochs * math.ceil(samples / options.train_batch)
    schedules = [torch.optim.lr_scheduler.OneCycleLR(o, options.train_lr, total_steps=steps, cycle_momentum=False)
                 for o in optimizers]
    rows = []
    for epoch in range(1, options.train_epochs + 1):
        began, total, order = time.time(), 0.0, task.order(random)
        network.train()
        for first in range(0, samples, options.train_batch):
            index = torch.from_numpy(order[first:first + options.train_batch])
            network.zero_grad()
            for part in index.split(options.train_microbatch or len(index)):
                inputs, label = task.batch(part, random)
                with torch.autocast("cpu", torch.bfloat16, enabled=options.train_precision == "bf16"):
                    logits = network(*inputs)
                loss = cross_entropy(logits.float(), label, label_smoothing=options.task_smoothing, reduction="sum")
                (loss / len(index)).backward()
                total += loss.item()
            for moved in optimizers + schedules:
                moved.step()
        seconds = time.time() - began
        row = {"epoch": epoch, "train": total / samples}
        if epoch % options.train_test_every == 0 or epoch == options.train_epochs:
            network.eval()
            with torch.no_grad():
                label, results = task.tests(network)
            for name, p in results.items():
                row["test" + name] = cross_entropy(p.clamp_min(1e-30).log(), label).item()
                row["accuracy" + name] = (p.argmax(1) == label).double().mean().item()
        row["seconds"] = seconds
        rows.append(row)
        print("  ".join(f"{name} {value:.5g}" for name, value in row.items()), flush=True)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    for name in ("dataset", "dataset_test"):
        parser.add_argument(f"-{name}", required=True)
    parser.add_argument("-output")
    parser.add_argument("-model_shared_words", choices=("false", "true"), default="false")
    parser.add_argument("-model_type", choices=("transformer", "textcnn"), default="transformer")
    parser.add_argument("-model_positions", choices=("learned", "none"), default="learned")
    parser.add_argument("-train_precision", choices=("float32", "bf16"), default="float32")
    for name, default in dict(seed=1, threads=1, train_epochs=60, train_batch=128, train_microbatch=0, train_shift=4,
                              train_test_every=1, model_depth=20, model_width=16, model_layers=4,
                              model_heads=4, model_convolution=0, model_word_pairs=0).items():
        parser.add_argument(f"-{name}", type=int, default=default)
    for name, default in dict(train_lr=0.2, train_weight_decay=5e-4, task_smoothing=0.1, train_word_dropout=0.0,
                              model_dropout=0.0).items():
        parser.add_argument(f"-{name}", type=float, default=default)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    with h5py.File(options.dataset) as f:
        if "label" not in f:
            sys.exit(f"train_pytorch.py: {options.dataset} has no classes")
        task = (Texts if "vocabulary" in f else Images)(options)
    rows = train(task, options)
    if options.output:
        names = list(rows[-1])
        with open(options.output, "w") as f:
            f.write(",".join(names) + "\n")
            f.writelines(",".join(f"{row[n]:.6g}" if n in row else "" for n in names) + "\n" for row in rows)


if __name__ == "__main__":
    main()
