"""Darcy flow in Python: the same discretisation as solvers/diffusion.c on n x n cells, coefficients from a dataset.

    python3 darcy_python.py direct|amg DATASET.h5 [SAMPLES]

direct: scipy's sparse direct solver. amg: pyamg's Ruge-Stueben multigrid, conjugate gradients to 1e-10.
DATASET: made by `kitinet generate -pde darcy` with -darcy_resolution equal to -darcy_grid. Prints seconds a sample
(assembly and solution) and the largest relative difference from the dataset's solutions; exit code 1 if that exceeds
1e-5.
"""
import sys
import time

import h5py
import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spla


def assemble(a):
    """Five-point finite volumes, arithmetic means at faces, u = 0 half a cell beyond the outermost points."""
    n = a.shape[0]
    index = np.arange(n * n).reshape(n, n)
    diagonal = np.zeros((n, n))
    rows, columns, values = [], [], []
    for axis in (0, 1):
        low = (slice(None, -1), slice(None)) if axis == 0 else (slice(None), slice(None, -1))
        high = (slice(1, None), slice(None)) if axis == 0 else (slice(None), slice(1, None))
        face = 0.5 * (a[low] + a[high])
        diagonal[low] += face
        diagonal[high] += face
        rows += [index[low].ravel(), index[high].ravel()]
        columns += [index[high].ravel(), index[low].ravel()]
        values += [-face.ravel(), -face.ravel()]
        for side in (0, -1):
            edge = (side, slice(None)) if axis == 0 else (slice(None), side)
            diagonal[edge] += 2 * a[edge]
    rows.append(index.ravel())
    columns.append(index.ravel())
    values.append(diagonal.ravel())
    entries = (np.concatenate(values) * n * n, (np.concatenate(rows), np.concatenate(columns)))
    return sp.csc_matrix(entries, shape=(n * n, n * n))


def solve(method, matrix, right):
    if method == "direct":
        return spla.spsolve(matrix, right)
    return pyamg.ruge_stuben_solver(matrix.tocsr()).solve(right, tol=1e-10, accel="cg")


if __name__ == "__main__":
    method = sys.argv[1]
    if method == "amg":
        import pyamg
    elif method != "direct":
        sys.exit(__doc__)
    with h5py.File(sys.argv[2]) as f:
        samples = int(sys.argv[3]) if len(sys.argv) > 3 else f["x"].shape[0]
        x, y = f["x"][:samples, 0].astype(float), f["y"][:samples, 0].astype(float)
    seconds, difference = [], 0.0
    for a, u in zip(x, y):
        start = time.perf_counter()
        solution = solve(method, assemble(a), np.ones(a.size)).reshape(a.shape)
        seconds.append(time.perf_counter() - start)
        difference = max(difference, np.linalg.norm(solution - u) / np.linalg.norm(u))
    print(f"{np.median(seconds):.4f} {difference:.2e}")
    sys.exit(int(difference > 1e-5))
