"""Trained neural operators and PDE datasets of KITINet in numpy.

    import kitinet
    network = kitinet.load("runs/first/best.h5")
    y = network(x)                        # x: (samples, fields, n1, n2), float32

    data = kitinet.Dataset("test.h5")     # lazy, every sample verified by its checksum
    x, y = data[0]

The package calls libkitinet by ctypes and needs nothing else but numpy. The environment variable KITINET_LIBRARY names
the library where it is in no usual place. Arrays have the axes (fields, n1[, n2[, n3]]), the last one fastest.
"""

from ._library import Error, library_version
from ._version import VERSION as __version__
from .dataset import Dataset
from .spaces import Field, Space
from .surrogate import Ensemble, Surrogate, load

__all__ = ["Dataset", "Ensemble", "Error", "Field", "Space", "Surrogate", "library_version", "load"]
