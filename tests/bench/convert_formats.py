"""kitinet convert against the tools of other formats: files as they write them come in, what comes out opens with them,
every float32 the same.

    KITINET=build/release/kitinet python3 convert_formats.py [FOLDER]

Needs numpy, h5py, scipy; with torch and neuraloperator or the_well installed their own loaders are called, too. Works
in FOLDER, by default a new one.
"""
import importlib.util
import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np
import scipy.io

kitinet = os.path.abspath(os.environ.get("KITINET", "build/release/kitinet"))
random = np.random.default_rng(1)


def field(*shape):
    """Values of an asymmetric array: no two alike, so that no exchange of axes goes unnoticed."""
    return random.standard_normal(shape).astype(np.float32)


def convert(*words):
    done = subprocess.run([kitinet, "convert", "-overwrite", *words], capture_output=True, text=True)
    assert done.returncode == 0, " ".join(words) + "\n" + done.stderr


def same(name, a, b):
    alike = a.dtype == b.dtype == np.float32 and a.shape == b.shape
    assert alike and np.array_equal(a.view(np.uint32), b.view(np.uint32)), \
        f"{name}: {a.dtype} {a.shape}, {b.dtype} {b.shape}"
    print("same bits:", name)


def native(name):
    return h5py.File(name)


def as_mat_reader(path):
    """The FNO benchmark's reader: scipy, and where that cannot, HDF5 with all axes reversed."""
    try:
        return scipy.io.loadmat(path)
    except NotImplementedError:
        with h5py.File(path) as f:
            return {k: np.transpose(f[k][()]) for k in f}


def matlab():
    a, u, w0, w, t = field(7, 9, 13), field(7, 9, 13), field(7, 8, 6), field(7, 8, 6, 5), np.arange(1.0, 6.0)
    steady, flow = {"coeff": a, "sol": u, "Kcoeff": a.astype(np.float64)}, {"a": w0, "u": w, "t": t.reshape(1, -1)}
    for name, pressed in (("v5.mat", False), ("v5_packed.mat", True)):
        scipy.io.savemat(name, steady, do_compression=pressed)
        scipy.io.savemat("flow_" + name, flow, do_compression=pressed)
    for name, variables in (("v73.mat", steady), ("flow_v73.mat", flow)):
        with h5py.File(name, "w", userblock_size=512) as f:
            for k, v in variables.items():
                f.create_dataset(k, data=np.transpose(v), chunks=True, compression="gzip", shuffle=True)
        with open(name, "r+b") as f:
            f.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\0\2IM")
    for name in ("v5.mat", "v5_packed.mat", "v73.mat"):
        convert("-input", name, "-x", "a=coeff", "-y", "u=sol", "-points", "nodes", "-output", "n.h5")
        same(name + " coeff", native("n.h5")["x"][:, 0], a)
        same(name + " sol", native("n.h5")["y"][:, 0], u)
        convert("-input", name, "-x", "coeff", "-y", "sol", "-points", "nodes",
                "-stride", "4", "-first", "2", "-samples", "3", "-output", "n.h5")
        same(name + ", every fourth point", native("n.h5")["y"][:, 0], u[2:5, ::4, ::4])
        convert("-input", "flow_" + name, "-u", "w=u", "-initial", "w=a", "-points", "periodic", "-output", "n.h5")
        same("flow_" + name, native("n.h5")["u"][:, :, 0],
             np.concatenate([w0[:, None], w.transpose(0, 3, 1, 2)], axis=1))
        assert np.array_equal(native("n.h5")["t"][:], np.arange(6.0))
    for form in ("mat", "mat5"):
        convert("-input", "n.h5", "-format", form, "-output", "out.mat")
        same("our " + form, as_mat_reader("out.mat")["w"].transpose(0, 3, 1, 2), native("n.h5")["u"][:, :, 0])


def numpy_arrays():
    x, y = field(5, 7, 4), field(5, 7, 4)
    for name, save in (("float32", x), ("big-endian", x.astype(">f4")), ("Fortran order", np.asfortranarray(x)),
                       ("float64", x.astype(np.float64)), ("part of Fortran order", np.asfortranarray(x))):
        np.save("x.npy", save)
        np.save("y.npy", y)
        convert("-input", "x.npy,y.npy", "-x", "a=x:nxy", "-y", "u=y:nxy", "-points", "cells", "-output", "n.h5")
        same(".npy of " + name, native("n.h5")["x"][:, 0], x)
    convert("-input", "n.h5", "-format", "npy", "-output", "x2.npy,y2.npy")
    same("our .npy", np.load("y2.npy")[:, 0], y)


def pdebench():
    nu, u, more = field(6, 16, 16), field(6, 1, 16, 16), {"compression": "gzip", "shuffle": True}
    cells = ((np.arange(16) + 0.5) / 16).astype(np.float32)
    with h5py.File("darcy.hdf5", "w") as f:
        f.create_dataset("nu", data=nu, **more)
        f.create_dataset("tensor", data=u, **more)
        f["x-coordinate"], f["y-coordinate"], f["t-coordinate"] = cells, cells, np.zeros(1, np.float32)
        f.attrs["beta"] = np.float32(1)
    convert("-input", "darcy.hdf5", "-output", "n.h5")
    same("PDEBench Darcy nu", native("n.h5")["x"][:, 0], nu)
    same("PDEBench Darcy tensor", native("n.h5")["y"][:], u)
    assert native("n.h5").attrs["parameter.beta"] == 1 and native("n.h5").attrs["points"] == b"cells"
    convert("-input", "n.h5", "-format", "pdebench", "-output", "out.hdf5")
    same("our PDEBench", h5py.File("out.hdf5")["nu"][:], nu)
    tensor = field(6, 5, 32)
    with h5py.File("burgers.hdf5", "w") as f:
        f["tensor"], f["x-coordinate"] = tensor, ((np.arange(32) + 0.5) / 32).astype(np.float32)
        f["t-coordinate"] = np.linspace(0, 2, 6, dtype=np.float32)
        f.attrs["Nu"] = 0.01
    convert("-input", "burgers.hdf5", "-output", "n.h5")
    same("PDEBench Burgers", native("n.h5")["u"][:, :, 0], tensor)
    gas = {k: field(4, 3, 16, 16) for k in ("Vx", "Vy", "density", "pressure")}
    with h5py.File("cfd.hdf5", "w") as f:
        for k, v in gas.items():
            f[k] = v
        f["x-coordinate"], f["y-coordinate"], f["t-coordinate"] = cells, cells, np.arange(4, dtype=np.float32)
    convert("-input", "cfd.hdf5", "-output", "n.h5")
    same("PDEBench compressible flow", native("n.h5")["u"][:], np.stack(list(gas.values()), axis=2))
    velocity, particles = field(2, 3, 8, 6, 2), field(2, 3, 8, 6, 1)
    with h5py.File("incompressible.h5", "w") as f:
        f["velocity"], f["particles"], f["t"] = velocity, particles, np.tile(np.arange(3, dtype=np.float32), (2, 1))
        f["force"] = field(2, 8, 6, 2)
    convert("-input", "incompressible.h5", "-points", "cells", "-output", "n.h5")
    same("PDEBench incompressible flow", native("n.h5")["u"][:],
         np.concatenate([velocity, particles], axis=-1).transpose(0, 1, 4, 2, 3))


def the_well():
    density, velocity, stress, constant = field(3, 4, 8, 6), field(3, 4, 8, 6, 2), field(3, 4, 8, 6, 2, 2), field(8, 6)
    with h5py.File("well.hdf5", "w") as f:
        f.attrs.update({"dataset_name": "made", "grid_type": "cartesian", "n_spatial_dims": 2,
                        "n_trajectories": 3, "nu": 0.5, "simulation_parameters": ["nu"]})
        d = f.create_group("dimensions")
        d.attrs["spatial_dims"] = ["x", "y"]
        d["time"], d["x"], d["y"] = np.arange(4.0), np.arange(8) / 8, np.arange(6) / 6
        for order, fields in enumerate(({"density": density, "mask": constant}, {"velocity": velocity},
                                        {"stress": stress})):
            g = f.create_group(f"t{order}_fields")
            g.attrs["field_names"] = list(fields)
            for k, v in fields.items():
                g[k] = v
                g[k].attrs.update({"sample_varying": k != "mask", "time_varying": k != "mask",
                                   "dim_varying": [True, True]})
        b = f.create_group("boundary_conditions/x_periodic")
        b.attrs.update({"bc_type": "PERIODIC", "associated_dims": ["x"], "associated_fields": []})
    convert("-input", "well.hdf5", "-output", "n.h5")
    u = native("n.h5")["u"]
    same("The Well, scalars", u[:, :, 0], density)
    same("The Well, a constant", u[:, :, 1], np.broadcast_to(constant, density.shape).copy())
    same("The Well, vectors", u[:, :, 2:4].transpose(0, 1, 3, 4, 2), velocity)
    same("The Well, tensors", u[:, :, 4:8].transpose(0, 1, 3, 4, 2).reshape(stress.shape), stress)
    os.makedirs("well/made/data/train", exist_ok=True)
    convert("-input", "n.h5", "-format", "the_well", "-output", "well/made/data/train/made.hdf5")
    try:
        import yaml
        from the_well.data import WellDataset
    except ImportError as missing:
        return print("not called: the_well's loader:", missing)
    item = WellDataset(path="well/made", well_split_name="train")[0]
    same("our file in the_well's loader", np.asarray(item["input_fields"])[0].transpose(2, 0, 1), u[0, 0])
    statistics = yaml.safe_load(open("well/made/stats.yaml"))
    change = np.diff(density.astype(np.float64), axis=1)
    for kind, value in (("mean", density.mean(dtype=np.float64)), ("std", density.std(dtype=np.float64)),
                        ("mean_delta", change.mean()), ("rms_delta", np.sqrt((change**2).mean()))):
        assert abs(statistics[kind]["density"] - value) < 1e-6, kind
    print("stats.yaml agrees with numpy")


def neuraloperator():
    x, y = field(4, 16, 16), field(4, 16, 16)
    with h5py.File("no.h5", "w") as f:
        f["x"], f["y"] = x, y
    convert("-input", "no.h5", "-x", "x:nxy", "-y", "y:nxy", "-points", "periodic", "-output", "n.h5")
    same("x of neuraloperator's file", native("n.h5")["x"][:, 0], x)
    convert("-input", "n.h5", "-format", "xy", "-output", "out.h5")
    package = importlib.util.find_spec("neuralop")
    if not package:
        return print("not called: neuraloperator's loader: not installed")
    # This file alone, without the many packages that all of it wants.
    path = os.path.join(package.submodule_search_locations[0], "data", "datasets", "hdf5_dataset.py")
    spec = importlib.util.spec_from_file_location("hdf5_dataset", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    same("our file in neuraloperator's loader", module.H5pyDataset("out.h5", resolution=1024)[3]["y"].numpy(), y[3])


if __name__ == "__main__":
    os.chdir(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp())
    for part in (matlab, numpy_arrays, pdebench, the_well, neuraloperator):
        part()
    print("all the same")
