"""Networks of attention in plain PyTorch: timed beside kitinet bench, and with weights that go there and back.

    python attention_pytorch.py -weights -kitinet build/release/kitinet
    python attention_pytorch.py -time train|inference [-form eager|compiled] [-train_precision bf16] [-model_type
    transformer|transolver|oformer]

-weights trains small networks for a moment on fields of one and two axes and on texts, loads what `convert -format
pytorch` writes into the modules here, by their own names, and compares predictions; then random weights of PyTorch's
go into a copy of the checkpoint. The largest difference, relative to the largest output (of texts: logarithm of a
probability), must be at most 1e-5. Exit code 0 if all agree, 1 if not. -time prints the median milliseconds of a step
of the whole batch, and the MiB that the process held at most beyond those after its start; attention_pytorch.sh calls
it in turn with kitinet bench. A training step: forward, loss, backward, AdamW. Needs torch, -weights h5py and numpy,
-form compiled a C++ compiler. bf16: what PyTorch does in bfloat16 by itself (autocast).

The networks are those of src/model/{transolver,oformer,transformer,textcnn}.c with -model_residual plain. Fields:
(B, C, n1, ..), inside (B, points, C).
"""

import argparse
import os
import subprocess
import sys
import tempfile

import torch
from torch import nn
from torch.nn.functional import cross_entropy, gelu, instance_norm, scaled_dot_product_attention

from pytorch_comparison import held, median_milliseconds

TOLERANCE = 1e-5
SEPARATOR, RESERVED = 2, 4  # words of every vocabulary


class Tree(nn.Module):
    """Modules under names with dots, as state_dict() writes them."""

    def put(self, name, module):
        first, _, rest = name.partition(".")
        if not rest:
            self.add_module(first, module)
        else:
            if not hasattr(self, first):
                self.add_module(first, Tree())
            getattr(self, first).put(rest, module)
        return module


class FeedForward(nn.Module):
    def __init__(self, width, hidden, outputs=None, gated=False):
        super().__init__()
        self.gated = gated
        self.hidden = nn.Linear(width, hidden * (1 + gated))
        self.output = nn.Linear(hidden, outputs or width)

    def forward(self, x):
        h = self.hidden(x)
        if self.gated:
            a, g = h.chunk(2, dim=-1)
            return self.output(a * gelu(g))
        return self.output(gelu(h))


def split(x, heads):
    """(B, N, C) to (B, heads, N, C / heads)"""
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def join(x):
    return x.transpose(1, 2).flatten(2)


class Slices(nn.Module):
    """Attention among slices of a field (Transolver); x chooses them, f is what they hold."""

    def __init__(self, width, heads, slices):
        super().__init__()
        d = width // heads
        self.heads = heads
        self.in_project_slice = nn.Linear(d, slices)
        self.temperature = nn.Parameter(0.5 * torch.ones(heads))
        self.to_q, self.to_k, self.to_v = (nn.Linear(d, d, bias=False) for _ in range(3))

    def forward(self, x, f):
        x, f = split(x, self.heads), split(f, self.heads)
        temperature = self.temperature.clamp(0.1, 5)[:, None, None]
        w = (self.in_project_slice(x) / temperature).softmax(-1)  # (B, heads, N, slices)
        tokens = torch.einsum("bhng,bhnd->bhgd", w, f) / (w.sum(2)[..., None] + 1e-5)
        tokens = scaled_dot_product_attention(self.to_q(tokens), self.to_k(tokens), self.to_v(tokens))
        return join(torch.einsum("bhng,bhgd->bhnd", w, tokens))


class Transolver(Tree):
    def __init__(self, inputs, outputs, dim, width, layers, heads, slices, ratio, convolution,
                 mode="zeros"):
        super().__init__()
        self.layers, self.convolution = layers, convolution
        kind = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[dim - 1]
        self.put("lift.hidden", nn.Linear(inputs + dim, 2 * width))
        self.put("lift.output", nn.Linear(2 * width, width))
        for l in range(layers):
            self.put(f"block{l}.attention.norm", nn.LayerNorm(width))
            for part in ("place", "field"):
                self.put(f"block{l}.attention.{part}",
                         kind(width, width, 3, padding=1, padding_mode=mode) if convolution
                         else nn.Linear(width, width))
            self.put(f"block{l}.attention.slices", Slices(width, heads, slices))
            self.put(f"block{l}.attention.output", nn.Linear(width, width))
            self.put(f"block{l}.feed.norm", nn.LayerNorm(width))
            self.put(f"block{l}.feed.units", FeedForward(width, ratio * width))
        self.put("norm", nn.LayerNorm(width))
        self.put("head", nn.Linear(width, outputs))

    def forward(self, x, coordinates):
        shape = x.shape[2:]
        x = torch.cat([x, coordinates.expand(len(x), *coordinates.shape)], dim=1).flatten(2).transpose(1, 2)
        x = self.lift.output(gelu(self.lift.hidden(x)))
        for l in range(self.layers):
            block = getattr(self, f"block{l}")
            n = block.attention.norm(x)
            if self.convolution:
                n = n.transpose(1, 2).unflatten(2, shape)
                place, field = (part(n).flatten(2).transpose(1, 2)
                                for part in (block.attention.place, block.attention.field))
            else:
                place, field = block.attention.place(n), block.attention.field(n)
            x = x + block.attention.output(block.attention.slices(place, field))
            x = x + block.feed.units(block.feed.norm(x))
        return self.head(self.norm(x)).transpose(1, 2).unflatten(2, shape)


def rotate(x, place):
    """Pairs of channels that lie half of a part apart turned by their places. x: (B, heads, N, d), place: (axes, N)."""
    parts, pairs = [], x.shape[-1] // (2 * len(place))
    frequency = 10000.0 ** (-torch.arange(pairs, dtype=torch.float64) / max(pairs, 1))
    for a, p in enumerate(place):
        angle = p.double()[:, None] * frequency
        cosine, sine = angle.cos().float(), angle.sin().float()
        u, v = x[..., 2 * a * pairs:(2 * a + 1) * pairs], x[..., (2 * a + 1) * pairs:2 * (a + 1) * pairs]
        parts += [u * cosine - v * sine, v * cosine + u * sine]
    return torch.cat(parts + [x[..., 2 * len(place) * pairs:]], dim=-1)


def over_points(x):
    """Each channel of a sample to mean 0 and variance 1 over the points; x: (B, N, C)."""
    return instance_norm(x.transpose(1, 2)).transpose(1, 2)


class Features(nn.Module):
    def __init__(self, pairs, dim):
        super().__init__()
        self.frequencies = nn.Parameter(8 * torch.randn(pairs, dim))

    def forward(self, coordinates):
        turns = 2 * torch.pi * (coordinates.T.double() @ self.frequencies.T.double())
        return torch.cat([turns.cos(), turns.sin()], dim=-1).float()


class OFormer(Tree):
    def __init__(self, inputs, outputs, dim, width, layers, heads, ratio, head, galerkin, norm):
        super().__init__()
        self.layers, self.heads, self.galerkin = layers, heads, galerkin
        make_norm = (lambda: nn.LayerNorm(width)) if norm else nn.Identity
        self.put("lift", nn.Linear(inputs + dim, width))
        for block in [f"block{l}" for l in range(layers)] + ["decoder"]:
            self.put(f"{block}.attention.norm", make_norm())
            for part in ("query", "key", "value", "output"):
                self.put(f"{block}.attention.{part}", nn.Linear(width, width))
            self.put(f"{block}.feed.norm", make_norm())
            self.put(f"{block}.feed.units", FeedForward(width, ratio * width, gated=True))
        self.put("decoder.attention.keys", make_norm())
        self.put("decoder.features", Features((width + 1) // 2, dim))
        self.put("decoder.hidden", nn.Linear(2 * ((width + 1) // 2), width))
        self.put("decoder.lift", nn.Linear(width, width))
        self.put("head", FeedForward(width, head, outputs))

    def attend(self, block, x, keys, place):
        q, k, v = block.query(x), block.key(keys), block.value(keys)
        k = over_points(k)
        q, v = (q, over_points(v)) if self.galerkin else (over_points(q), v)
        q, k, v = (split(t, self.heads) for t in (q, k, v))
        q, k = rotate(q, place), rotate(k, place)
        return block.output(join(q @ (k.transpose(-1, -2) @ v)) / keys.shape[1])

    def forward(self, x, coordinates):
        shape = x.shape[2:]
        place = 64 * coordinates.flatten(1)
        x = torch.cat([x, coordinates.expand(len(x), *coordinates.shape)], dim=1).flatten(2).transpose(1, 2)
        x = self.lift(x)
        for l in range(self.layers):
            block = getattr(self, f"block{l}")
            n = block.attention.norm(x)
            x = x + self.attend(block.attention, n, n, place)
            x = x + block.feed.units(block.feed.norm(x))
        decoder = self.decoder
        p = decoder.lift(gelu(decoder.hidden(decoder.features(coordinates.flatten(1)))))[None].expand(len(x), -1, -1)
        p = p + self.attend(decoder.attention, decoder.attention.norm(p), decoder.attention.keys(x), place)
        p = p + decoder.feed.units(decoder.feed.norm(p))
        return self.head(p).transpose(1, 2).unflatten(2, shape)


class Embedding(nn.Module):
    """shared: words that both texts of a pair have get a vector of their own. pairs: rows of weight for words together
    with the next one; sparse: gradients for the rows that occur alone."""

    def __init__(self, words, width, longest, learned, shared, pairs=0, sparse=False):
        super().__init__()
        self.words, self.pairs, self.sparse = words, pairs, sparse
        self.weight = nn.Parameter(torch.cat([torch.randn(words, width) / width**0.5, torch.zeros(pairs, width)]))
        self.second = nn.Parameter(torch.zeros(width))
        if shared:
            self.shared = nn.Parameter(torch.zeros(width))
        if learned:
            self.positions = nn.Parameter(torch.randn(longest, width) / width**0.5)

    def forward(self, token, length):
        x = nn.functional.embedding(token, self.weight, sparse=self.sparse)
        if self.pairs:
            h = ((token[:, :-1] << 20 | token[:, 1:]) * -0x61C8864680B583EB >> 32 & 0xFFFFFFFF) % self.pairs
            has_next = torch.arange(1, token.shape[1]) < length[:, None]
            with_next = nn.functional.embedding(self.words + h, self.weight, sparse=self.sparse) * has_next[..., None]
            x = x + nn.functional.pad(with_next, (0, 0, 0, 1))
        if hasattr(self, "positions"):
            x = x + self.positions[: token.shape[1]]
        behind = (token == SEPARATOR).cumsum(1) > 0
        if hasattr(self, "shared"):
            known = token >= RESERVED
            same = (token[:, :, None] == token[:, None, :]) & (behind[:, :, None] != behind[:, None, :])
            x = x + (same.any(2) & known)[..., None] * self.shared
        return x + behind[..., None] * self.second


class Transformer(Tree):
    """token: (B, L) words, length: (B); L may be any number from the longest on."""

    def __init__(self, words, classes, width, layers, heads, ratio, longest, learned, shared=False,
                 convolution=0, pairs=0, sparse=False):
        super().__init__()
        self.layers, self.heads, self.learned = layers, heads, learned
        self.put("embedding", Embedding(words, width, longest, learned, shared, pairs, sparse))
        self.convolution = convolution
        if convolution:
            self.put("stem.convolution", nn.Conv1d(width, width, convolution, padding=convolution // 2))
            self.put("stem.gelu", nn.GELU())
        for l in range(layers):
            self.put(f"block{l}.attention.norm", nn.LayerNorm(width))
            for part in ("query", "key", "value", "output"):
                self.put(f"block{l}.attention.{part}", nn.Linear(width, width))
            self.put(f"block{l}.feed.norm", nn.LayerNorm(width))
            self.put(f"block{l}.feed.units", FeedForward(width, ratio * width))
        self.put("norm", nn.LayerNorm(width))
        self.put("head", nn.Linear(width, classes))

    def forward(self, token, length):
        x = self.embedding(token, length)
        place = torch.arange(token.shape[1])[None]
        valid = place < length[:, None]
        if self.convolution:
            x = x * valid[..., None]
            x = x + self.stem.gelu(self.stem.convolution(x.transpose(1, 2)).transpose(1, 2))
        for l in range(self.layers):
            block = getattr(self, f"block{l}")
            n = block.attention.norm(x)
            q, k, v = (split(part(n), self.heads)
                       for part in (block.attention.query, block.attention.key, block.attention.value))
            if not self.learned:
                q, k = rotate(q, place), rotate(k, place)
            y = scaled_dot_product_attention(q, k, v, attn_mask=valid[:, None, None, :])
            x = x + block.attention.output(join(y))
            x = x + block.feed.units(block.feed.norm(x))
        return self.head((self.norm(x) * valid[..., None]).sum(1) / length[:, None])


class TextCNN(Tree):
    """token: (B, L) words, length: (B); L may be any number from the longest on. drop: probability of dropout."""

    def __init__(self, words, classes, width, longest, learned, convolution, shared=False, pairs=0, sparse=False,
                 drop=0.0):
        super().__init__()
        self.put("embedding", Embedding(words, width, longest, learned, shared, pairs, sparse))
        self.put("convolution", nn.Conv1d(width, width, convolution, padding=convolution // 2))
        self.put("head", nn.Linear(2 * width, classes))
        self.drop = nn.Dropout(drop)

    def forward(self, token, length):
        valid = (torch.arange(token.shape[1])[None] < length[:, None])[..., None]
        x = self.drop(self.embedding(token, length)) * valid
        x = self.convolution(x.transpose(1, 2)).relu().transpose(1, 2) * valid  # at least 0, as what is left out
        return self.head(self.drop(torch.cat([x.sum(1) / length[:, None], x.amax(1)], 1)))


def run(command, *options):
    done = subprocess.run([*command, *map(str, options)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} {options[0]} failed:\n{done.stdout}")


def load(weights):
    """Arrays, normalisers and facts of an exported file."""
    import h5py

    with h5py.File(weights) as f:
        state = {name: torch.from_numpy(a[()]) for name, a in f.items() if isinstance(a, h5py.Dataset)}
        normalizer = {name: torch.from_numpy(a[()]) for name, a in f.get("normalizer", {}).items()}
        facts = {name: value.decode() if isinstance(value, bytes) else value for name, value in f.attrs.items()}
    facts["options"] = dict(line.split(": ", 1) for line in facts["model_options"].splitlines() if ": " in line)
    return state, normalizer, facts


def count_layers(state):
    return len({name.split(".")[0] for name in state if name.startswith("block")})


def network_of(state, facts, dim):
    """The modules that an exported file belongs to."""
    option = facts["options"]
    if "embedding.weight" in state:
        rows, width = state["embedding.weight"].shape
        pairs = int(option.get("model_word_pairs", 0))
        positions = state.get("embedding.positions")
        if "convolution.weight" in state:
            return TextCNN(rows - pairs, len(state["head.bias"]), width, 0 if positions is None else len(positions),
                           positions is not None, state["convolution.weight"].shape[2], "embedding.shared" in state,
                           pairs)
        return Transformer(rows - pairs, len(state["head.bias"]), width, count_layers(state),
                           int(option["model_heads"]), int(option["model_feed_forward"]),
                           0 if positions is None else len(positions), positions is not None,
                           "embedding.shared" in state, int(option.get("model_convolution", 0)), pairs)
    if "lift.output.weight" in state:
        return Transolver(state["lift.hidden.weight"].shape[1] - dim, len(state["head.bias"]), dim,
                          len(state["norm.weight"]), count_layers(state), int(option["model_heads"]),
                          int(option["model_slices"]), int(option["model_feed_forward"]),
                          option["model_projection"] == "convolution",
                          "circular" if facts["points"] == "periodic" else "zeros")
    return OFormer(state["lift.weight"].shape[1] - dim, len(state["head.output.bias"]), dim, len(state["lift.bias"]),
                   count_layers(state), int(option["model_heads"]), int(option["model_feed_forward"]),
                   len(state["head.hidden.bias"]), option["model_attention"] == "galerkin",
                   option["model_norm"] == "layer")


def random_state(network):
    """Of general weights, also of norms; temperatures between their bounds, frequencies of a few waves."""
    return {name: 0.5 + torch.rand(value.shape) if value.dim() == 1 and ("norm" in name or "temperature" in name)
            else torch.randn(value.shape) if "frequencies" in name
            else torch.randn(value.shape) / max(value[0].numel(), 1) ** 0.5
            for name, value in network.state_dict().items()}


def coordinates(shape, points):
    axes = [{"cells": (torch.arange(n) + 0.5) / n, "nodes": torch.arange(n) / max(n - 1, 1),
             "periodic": torch.arange(n) / n}[points] for n in shape]
    return torch.stack(torch.meshgrid(*axes, indexing="ij"))


def both(command, network, normalizer, facts, data, checkpoint, work):
    """Predictions of PyTorch and of kitinet for a dataset; of texts, logarithms of probabilities."""
    import h5py

    path = os.path.join(work, "predicted.h5")
    run(command, "predict", "-checkpoint", checkpoint, "-input", data, "-output", path, "-overwrite")
    with h5py.File(data) as f, h5py.File(path) as g, torch.no_grad():
        if isinstance(network, (Transformer, TextCNN)):
            token, length = torch.from_numpy(f["x"][()]).long(), torch.from_numpy(f["length"][()]).long()
            return (network(token, length).double().log_softmax(1),
                    torch.from_numpy(g["probability"][()]).double().log())
        x = (torch.from_numpy(f["x"][()]) - normalizer["x_mean"]) / normalizer["x_std"]
        y = network(x, coordinates(x.shape[2:], facts["points"])) * normalizer["y_std"] + normalizer["y_mean"]
        return y, torch.from_numpy(g["y"][()])


def make_texts(path, work, command):
    """Reviews of random words, single and in pairs."""
    import random

    random.seed(1)
    words = [f"w{i}" for i in range(60)]
    with open(os.path.join(work, "texts.tsv"), "w") as f:
        f.write("label\tfirst\tsecond\n")
        for i in range(24):
            texts = [" ".join(random.choices(words, k=random.randint(1, 30))) for _ in range(2)]
            f.write(f"{'ab'[i % 2]}\t{texts[0]}\t{texts[1]}\n")
    run(command, "convert", "-input", os.path.join(work, "texts.tsv"), "-text_columns",
        "text=first,pair=second,label=label", "-output", path, "-overwrite")


def run_weights(options):
    import h5py

    command, agreed = options.kitinet.split(), True
    torch.manual_seed(1)
    small = ("-model_width", 16, "-train_epochs", 2, "-train_batch", 4)
    blocks = ("-model_layers", 2, "-model_heads", 4, "-model_feed_forward", 2)
    fields = {"transolver": ("-model_slices", 6), "transolver convolution": ("-model_projection", "convolution"),
              "oformer": (), "oformer fourier": ("-model_attention", "fourier", "-model_norm", "none")}
    texts = {"transformer": (), "transformer rotary": ("-model_positions", "rotary"),
             "transformer shared": ("-model_shared_words", "true"),
             "transformer convolution": ("-model_convolution", 3),
             "transformer word pairs": ("-model_word_pairs", 50),
             "textcnn": ("-model_word_pairs", 50, "-model_shared_words", "true")}
    datasets = {"1 axis": ("-pde", "burgers", "-burgers_grid", 33), "2 axes": ("-pde", "darcy", "-darcy_grid", 12),
                "texts": None}
    with tempfile.TemporaryDirectory() as work:
        path = {file: os.path.join(work, file) for file in ("data.h5", "weights.h5", "back.h5", "new.h5")}
        for data, made in datasets.items():
            if made:
                run(command, "generate", *made, "-samples", 8, "-output", path["data.h5"], "-overwrite")
            else:
                make_texts(path["data.h5"], work, command)
            for name, more in (fields if made else texts).items():
                folder = os.path.join(work, f"run {data} {name}")
                run(command, "train", "-dataset", path["data.h5"], "-run", folder, "-model_type", name.split()[0],
                    *small, *(() if name == "textcnn" else blocks), *more)
                checkpoint = os.path.join(folder, "best.h5")
                run(command, "convert", "-input", checkpoint, "-output", path["weights.h5"], "-format", "pytorch",
                    "-overwrite")
                state, normalizer, facts = load(path["weights.h5"])
                network = network_of(state, facts, int(data[0]) if made else 1).eval()
                network.load_state_dict(state)  # strict: no name missing, none too many, all shapes
                for direction in ("exported", "imported"):
                    if direction == "imported":
                        network.load_state_dict(random_state(network))
                        with h5py.File(path["back.h5"], "w") as f:
                            for array, value in network.state_dict().items():
                                f[array] = value.numpy()
                        run(command, "convert", "-input", path["back.h5"], "-like", checkpoint, "-output",
                            path["new.h5"], "-overwrite")
                        checkpoint = path["new.h5"]
                    theirs, ours = both(command, network, normalizer, facts, path["data.h5"], checkpoint, work)
                    difference = ((ours - theirs).abs().max() / theirs.abs().max()).item()
                    agree = difference <= TOLERANCE  # False for NaN
                    agreed = agreed and agree
                    print(f"{'ok  ' if agree else 'FAIL'}  {data:7} {name:23} {direction}  {difference:.1e}  "
                          f"(at most {TOLERANCE:.0e})", flush=True)
    sys.exit(not agreed)


def timed(options):
    """A network and its input, with the shapes of kitinet bench."""
    width, layers, heads, ratio = (options.model_width, options.model_layers, options.model_heads,
                                   options.model_feed_forward)
    B, n = options.train_batch, options.bench_grid
    if options.model_type == "transformer":
        network = Transformer(options.words, 2, width, layers, heads, ratio, n, True)
        return network, (torch.randint(4, options.words, (B, n)), torch.full((B,), n))
    where = coordinates((n, n), "cells")
    if options.model_type == "transolver":
        network = Transolver(1, 1, 2, width, layers, heads, options.model_slices, ratio, options.convolution)
    else:
        network = OFormer(1, 1, 2, width, layers, heads, ratio, 128, True, True)
    return network, (torch.rand(B, 1, n, n), where)


def run_timing(options):
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    before = held()
    network, x = timed(options)
    target = torch.arange(options.train_batch) % 2
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)

    def loss_of(*x):
        with torch.autocast("cpu", torch.bfloat16, enabled=options.train_precision == "bf16"):
            y = network(*x)
            return cross_entropy(y, target) if options.model_type == "transformer" else y.square().mean()

    forward = network
    if options.form == "compiled":
        loss_of, forward = torch.compile(loss_of), torch.compile(network)

    def train():
        optimizer.zero_grad()
        loss_of(*x).backward()
        optimizer.step()

    @torch.no_grad()
    def inference():
        forward(*x)

    step = train if options.time == "train" else inference
    print(f"{median_milliseconds(step, options.seconds):.4f} {held() - before:.1f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("-time", choices=("train", "inference"))
    parser.add_argument("-weights", action="store_true")
    parser.add_argument("-form", default="eager", choices=("eager", "compiled"))
    parser.add_argument("-train_precision", choices=("float32", "bf16"), default="float32")
    parser.add_argument("-seconds", type=float, default=5)
    parser.add_argument("-threads", type=int, default=2)
    parser.add_argument("-model_type", default="transformer", choices=("transformer", "transolver", "oformer"))
    for name, value in (("train_batch", 32), ("bench_grid", 256), ("model_width", 128), ("model_layers", 4),
                        ("model_heads", 4), ("model_feed_forward", 4), ("model_slices", 64), ("words", 20000)):
        parser.add_argument(f"-{name}", type=int, default=value)
    parser.add_argument("-convolution", action="store_true")
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
