"""What PDEBench's own loaders do with its files, retyped: which arrays and groups they open, how they turn the axes.

Reads the files that pdebench.sh made, and compares them bit for bit with the datasets that they came from.
"""
import sys

import h5py
import numpy as np


def native(path):
    """u (samples, frames, fields, n..), or x and y, as the dataset has them."""
    with h5py.File(path, "r") as file:
        return {name: np.array(file[name]) for name in ("u", "t", "x", "y") if name in file}


def same(a, b):
    assert a.dtype == b.dtype == np.float32 and a.shape == b.shape, (a.dtype, a.shape, b.dtype, b.shape)
    assert np.array_equal(a.view(np.uint32), b.view(np.uint32))


def load_arrays(path):
    """Its loader for names that do not end in .h5: (samples, x.., t, fields), and the grid."""
    with h5py.File(path, "r") as file:
        keys = sorted(file.keys())
        if "tensor" in keys:
            data = np.array(file["tensor"], dtype=np.float32)
            if data.ndim == 3:  # samples, t, x
                return np.transpose(data, (0, 2, 1))[..., None], np.array(file["x-coordinate"], dtype=np.float32)
            u = np.transpose(data, (0, 2, 3, 1))[..., None]  # Darcy: samples, 1, x, y
            nu = np.transpose(np.array(file["nu"], dtype=np.float32)[:, None], (0, 2, 3, 1))[..., None]
            grid = np.meshgrid(np.array(file["x-coordinate"]), np.array(file["y-coordinate"]), indexing="ij")
            return np.concatenate([nu, u], axis=-1), np.stack(grid, axis=-1)
        shape = file["density"].shape
        axes = len(shape) - 2
        names = ["density", "pressure", "Vx", "Vy", "Vz"][:2 + axes]
        turn = (0,) + tuple(range(2, 2 + axes)) + (1,)
        data = np.stack([np.transpose(np.array(file[name], dtype=np.float32), turn) for name in names], axis=-1)
        grid = [np.array(file[name + "-coordinate"], dtype=np.float32) for name in "xyz"[:axes]]
        assert file["t-coordinate"].shape == (shape[1] + 1,)
        return data, np.stack(np.meshgrid(*grid, indexing="ij"), axis=-1)


def load_groups(path):
    """Its loader for names that end in .h5: every name of the root is a sample; (samples, x.., t, fields)."""
    with h5py.File(path, "r") as file:
        samples = sorted(file.keys())
        data = np.stack([np.array(file[sample]["data"], dtype="f") for sample in samples])
        axes = data.ndim - 3
        grid = [np.array(file["0023"]["grid"][name], dtype="f") for name in "xyz"[:axes]]
        times = [np.array(file[sample]["grid"]["t"]) for sample in samples]
        assert all("config" in file[sample].attrs for sample in samples)
    assert all(len(t) == data.shape[1] for t in times)
    assert [len(x) for x in grid] == list(data.shape[2:-1])
    return np.moveaxis(data, 1, -2), grid, times[0]


def attributes(path):
    with h5py.File(path, "r") as file:
        return dict(file.attrs)


def spans(x, low, high):
    """Cell centres or periodic points of [low, high]."""
    x = np.asarray(x, np.float64)
    step = np.diff(x)
    assert np.allclose(step, (high - low) / len(x), rtol=1e-4)
    assert abs(x[0] - low) <= step[0] and x[-1] < high


# One field in time; its name of the speed
data, x = load_arrays("advection.hdf5")
same(np.moveaxis(data, 2, 1)[..., 0], native("advection.h5")["u"][:, :, 0])
spans(x, 0, 1)
assert attributes("advection.hdf5")["beta"] == 0.4
with h5py.File("advection.hdf5", "r") as file:
    t = np.array(file["t-coordinate"])
assert np.array_equal(t[:-1], native("advection.h5")["t"]) and len(t) == data.shape[2] + 1
assert np.isclose(attributes("burgers.hdf5")["Nu"], 0.01)
assert attributes("reaction.hdf5")["Nu"] == 0.5 and attributes("reaction.hdf5")["rho"] == 1
for name in ("burgers", "reaction"):
    data, x = load_arrays(name + ".hdf5")
    same(np.moveaxis(data, 2, 1)[..., 0], native(name + ".h5")["u"][:, :, 0])

# Gases in 1 and 2 axes: fields by name, in its order
for axes, low, high in ((1, -1, 1), (2, 0, 1)):
    data, grid = load_arrays(f"gas{axes}.hdf5")
    u = native(f"gas{axes}.h5")["u"]  # density, Vx, .., pressure
    order = [0, u.shape[2] - 1] + list(range(1, u.shape[2] - 1))
    same(np.moveaxis(data, (-2, -1), (1, 2)), np.ascontiguousarray(u[:, :, order]))
    spans(grid.reshape(-1, axes)[:: grid.shape[-2] if axes > 1 else 1, 0], low, high)
    kept = attributes(f"gas{axes}.hdf5")
    assert {"eta", "zeta", "M"} <= set(kept) and kept["eta"] == 1e-2 and kept["zeta"] == 2e-2

# Darcy
data, grid = load_arrays("darcy.hdf5")
both = native("darcy.h5")
same(data[..., 0, 0], both["x"][:, 0])
same(data[..., 0, 1], both["y"][:, 0])
assert attributes("darcy.hdf5")["beta"] == 2

# Incompressible flow: vectors last, a force that stands still, the times of each sample
with h5py.File("flow.hdf5", "r") as file:
    velocity, particles = np.array(file["velocity"]), np.array(file["particles"])
    force, t = np.array(file["force"]), np.array(file["t"])
both = native("flow.h5")
same(np.ascontiguousarray(np.moveaxis(velocity, -1, 2)), np.ascontiguousarray(both["u"][:, :, :2]))
same(np.ascontiguousarray(np.moveaxis(particles, -1, 2)), np.ascontiguousarray(both["u"][:, :, 2:3]))
same(np.ascontiguousarray(np.moveaxis(force, -1, 1)), np.ascontiguousarray(both["u"][:, 0, 3:]))
assert t.shape == (len(velocity), velocity.shape[1]) and np.array_equal(t[1], both["t"])

# Groups: the depth alone; both fields of the reaction; one axis
for name, low, high, fields in (("water", -2.5, 2.5, 1), ("inhibitor", -1, 1, 2), ("sorption", 0, 1, 1)):
    data, grid, t = load_groups(f"groups/{name}.h5")
    both = native(f"{name}.h5")
    assert data.shape[0] == 24 and data.shape[-1] == fields
    same(np.moveaxis(data, (-2, -1), (1, 2)), np.ascontiguousarray(both["u"][:, :, :fields]))
    assert np.array_equal(t, both["t"])
    for x in grid:
        spans(x, low, high)

print("all of", sys.argv[0], "holds")
