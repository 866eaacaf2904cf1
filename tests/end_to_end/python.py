"""Checks of the Python package, called by python.sh in a folder with its files: python.py GOLDEN"""

import pickle
import subprocess
import sys
import os

import numpy as np

import kitinet

golden = sys.argv[1]


def refused(code, phrase, function, *arguments):
    try:
        function(*arguments)
    except kitinet.Error as error:
        assert error.code == code and phrase in str(error), (error.code, str(error))
    else:
        raise AssertionError(f"not refused: {phrase}")


def wrong(kind, phrase, function, *arguments):
    try:
        function(*arguments)
    except kind as error:
        assert phrase in str(error), str(error)
    else:
        raise AssertionError(f"not refused: {phrase}")


# Steady: the predictions of kitinet predict, on another grid than that of the training
network = kitinet.load("run/best.h5")
fine, predicted = kitinet.Dataset("fine.h5"), kitinet.Dataset("predicted.h5")
assert len(fine) == len(predicted) == 6
x = np.stack([sample[0] for sample in fine])
y = network(x)
assert y.shape == (6, 1, 32, 32) and y.dtype == np.float32
assert np.array_equal(y, np.stack([sample[1] for sample in predicted]))
assert np.array_equal(network(x[2]), network(x[2:3])[0])
# Over all symmetries predictions are as symmetric as Darcy's equation
network.average_symmetries()
averaged = network(x)
assert np.allclose(network(x[..., ::-1]), averaged[..., ::-1], atol=1e-5 * np.abs(y).max())
assert not np.allclose(averaged, y, atol=1e-5 * np.abs(y).max())
network.average_symmetries(1)
assert np.array_equal(network(x), y)
# Any layout and type of x
assert np.array_equal(network(np.asfortranarray(x.astype(np.float64))), y)
assert network.history == 0 and network.pde == "darcy"
assert [field.name for field in network.inputs.fields] == ["a"] and network.inputs.grid == (16, 16)
assert fine.inputs.grid == (32, 32) and fine.inputs.points == "cells" and fine.outputs.fields[0].name == "u"
assert np.allclose(fine.inputs.coordinates(0), (np.arange(32) + 0.5) / 32)
assert kitinet.library_version() == kitinet.__version__

# An ensemble: mean and spread
ensemble = kitinet.load(["run/best.h5", "other/best.h5"])
mean, spread = ensemble.predict(x)
both = np.stack([member(x).astype(np.float64) for member in ensemble.members])
assert np.allclose(mean, both.mean(0), rtol=1e-6) and np.allclose(spread, both.std(0, ddof=1), rtol=1e-4, atol=1e-9)
assert np.array_equal(ensemble(x), mean) and spread.max() > 0
assert kitinet.load(["run/best.h5"]).predict(x)[1].max() == 0

# Parameters of each sample: given as numbers, the predictions of kitinet predict
sees = kitinet.load("ranged/best.h5")
ranged, of_ranged = kitinet.Dataset("ranged.h5"), kitinet.Dataset("ranged_predicted.h5")
assert [(p.name, p.unit) for p in sees.parameters] == [("nu", "1")] and network.parameters == () and sees.still is None
u0 = np.stack([sample[0] for sample in ranged])
u1 = sees(u0, parameters=ranged.parameters)
assert np.array_equal(u1, np.stack([sample[1] for sample in of_ranged]))
assert np.array_equal(of_ranged.parameters, ranged.parameters)
assert np.array_equal(sees(u0[3], parameters=ranged.parameters[3]), sees(u0[3:4], parameters=ranged.parameters[3:4])[0])
assert not np.array_equal(sees(u0, parameters=2 * ranged.parameters), u1)
assert np.array_equal(kitinet.load(["ranged/best.h5"])(u0, parameters=ranged.parameters), u1)
wrong(ValueError, "parameters: the network sees 1 of each sample: give them", sees, u0)
wrong(ValueError, "parameters is (5, 1): expected (6, 1)", lambda: sees(u0, parameters=ranged.parameters[:5]))
wrong(ValueError, "parameters: the network sees none", lambda: network(fine[0][0], parameters=[1.0]))

# Classes: the probabilities of kitinet predict
kinds = kitinet.Dataset("kinds.h5")
judge = kitinet.load("kinds/best.h5")
p = judge(np.stack([sample[0] for sample in kinds]))
assert judge.outputs.kind == "class" and judge.outputs.names == ("kind0", "kind1", "kind2") == kinds.outputs.names
assert p.shape == (12, 3) and np.allclose(p.sum(1), 1, atol=1e-5)
with open("kinds_predicted.csv") as table:
    rows = [line.strip().split(",") for line in table][1:]
assert np.allclose(p, np.array([row[3:] for row in rows], float), atol=1e-6)
assert [judge.outputs.names[k] for k in p.argmax(1)] == [row[1] for row in rows]
assert judge(kinds[0][0]).shape == (3,) and "kind2" in repr(judge)

# Time: a rollout
rolled, frames = kitinet.Dataset("rolled.h5"), kitinet.Dataset("frames.h5")
walker = kitinet.load("time/best.h5")
assert walker.history == 2 and frames.inputs.kind == "none" and frames.times.tolist() == [0, 1, 2, 3, 4]
u = np.stack(frames[:])
assert u.shape == (6, 5, 1, 16, 16)
assert np.array_equal(walker(u[:, :2], steps=3), np.stack(rolled[:])[:, 2:])

# Every other kind of space; what /x holds as it is
images, texts = kitinet.Dataset(golden + "/images.h5"), kitinet.Dataset(golden + "/texts.h5")
assert images.outputs.kind == "class" and len(images.outputs.names) >= 2 and images.labels.shape == (len(images),)
pixels, label = images[0]
assert pixels.dtype == np.float32 and 0 <= pixels.min() and 1 < pixels.max() <= 255 and label == images.labels[0]
words, _ = texts[1]
assert texts.inputs.kind == "tokens" and words.dtype == np.int32 and words.shape == (texts.inputs.length,)
assert not words[texts.lengths[1]:].any() and words.max() < len(texts.inputs.names)
points = [kitinet.Dataset(golden + "/" + name + ".h5") for name in ("points", "videos", "cube", "periodic")]
for data in points:
    for sample in data:
        for array in sample if isinstance(sample, tuple) else (sample,):
            assert np.isfinite(array).all()
    if data.parameters is not None:
        assert data.parameters.shape == (len(data), len(data.parameter_names))
assert any(data.parameters is not None for data in points)

# As PyTorch treats a dataset: by len and index, in other processes, pickled
again = pickle.loads(pickle.dumps(fine))
assert np.array_equal(again[5][0], fine[-1][0])
reader, writer = os.pipe()
child = os.fork()
if child == 0:
    os.write(writer, b"same" if np.array_equal(fine[3][0], x[3]) else b"other")
    os._exit(0)
os.waitpid(child, 0)
assert os.read(reader, 10) == b"same"
assert np.array_equal(fine[3][0], x[3])

# What does not fit
refused(3, "nowhere.h5", kitinet.load, "nowhere.h5")
refused(3, "nowhere.h5", kitinet.Dataset, "nowhere.h5")
refused(3, "train.h5", kitinet.load, "train.h5")
refused(2, "no dataset named", kitinet.Dataset, "")
refused(3, "NaN", network, np.full((1, 16, 16), np.nan))
refused(3, "", network, np.zeros((1, 2, 2)))
damaged = kitinet.Dataset("damaged.h5")
refused(3, "checksum", lambda: [sample for sample in damaged])
wrong(ValueError, "x has 2 axes", network, np.zeros((16, 16)))
wrong(ValueError, "expected (1,)", network, np.zeros((1, 2, 16, 16)))
wrong(ValueError, "steps is 1", network, np.zeros((1, 16, 16)), 1)
wrong(ValueError, "steps is 0", walker, u[:, :2])
wrong(IndexError, "row 6 of 6", fine.__getitem__, 6)
wrong(ValueError, "different problems", kitinet.load, ["run/best.h5", "time/best.h5"])
missing = subprocess.run([sys.executable, "-c", "import kitinet; kitinet.load('run/best.h5')"], capture_output=True,
                         text=True, env={**os.environ, "KITINET_LIBRARY": "/nowhere/libkitinet.so"})
assert missing.returncode and "set KITINET_LIBRARY" in missing.stderr, missing.stderr
