"""Datasets: samples read when they are asked for, each verified by its checksum."""

import os
import weakref
from ctypes import POINTER, byref, c_double, c_float, c_int32, c_void_p
from typing import Iterator, List, Optional, Tuple, Union

import numpy as np

from ._library import SamplesShape, call, library, text, texts
from .spaces import Field, Space

Sample = Union[np.ndarray, Tuple[np.ndarray, Union[np.ndarray, int]]]


def _destroy(handle: c_void_p, process: int) -> None:
    if process == os.getpid():
        library().KNSamplesDestroy(byref(handle))


class Dataset:
    """A dataset of KITINet. It has what a PyTorch map-style Dataset has: len(data), data[i]; DataLoader takes it, also
    with workers, each of which opens the file anew.

    data[i]     steady: (x, y). x: (inputs, n..) float32, or (length,) int32 words; y: (outputs, n..) float32, or the
                class, an int. Trajectories: u, (frames, outputs, n..) float32. A slice gives a list of samples.
    inputs, outputs  Space; inputs of a trajectory are of kind "none"
    times       (frames,) float64, of trajectories; else None
    labels      (samples,) int32 where outputs are classes; else None
    lengths     (samples,) int32 where inputs are sequences; else None
    parameters  (samples, P) float64, coefficients that differ from sample to sample; else None
    parameter_names  Field of each coefficient: name and unit
    """

    def __init__(self, path: Union[str, "os.PathLike[str]"]):
        self.path = os.fspath(path)
        self._process = -1
        self._open()

    def _open(self) -> None:
        """Opens the file in this process."""
        handle = c_void_p()
        call("KNSamplesOpen", self.path.encode(), byref(handle))
        self._handle = handle
        self._process = os.getpid()
        self._finalizer = weakref.finalize(self, _destroy, handle, self._process)
        shape = SamplesShape()
        call("KNSamplesGetShape", handle, byref(shape))
        self._samples = int(shape.samples)
        self._frames = int(shape.frames)
        self.pde = shape.pde.decode()
        self.inputs = self._side(0, shape.inputs, shape.dim, shape.n, shape.points, shape.length, shape.words)
        self.outputs = self._side(1, shape.outputs, shape.output_dim, shape.output_n, shape.output_points, 0,
                                  shape.classes)
        self.times = self._times()
        label, length, parameters = POINTER(c_int32)(), POINTER(c_int32)(), POINTER(c_double)()
        call("KNSamplesGetColumns", handle, byref(label), byref(length), byref(parameters))
        self.labels = self._column(label, (self._samples,)) if shape.classes else None
        self.lengths = self._column(length, (self._samples,)) if shape.words else None
        self.parameters = self._column(parameters, (self._samples, shape.parameters)) if shape.parameters else None
        self.parameter_names: Tuple[Field, ...] = tuple(
            Field(*texts("KNSamplesGetParameter", handle, i)) for i in range(shape.parameters))

    def _side(self, output: int, fields: int, dim: int, n: "list[int]", points: bytes, length: int,
              count: int) -> Space:
        if fields:
            named = tuple(Field(*texts("KNSamplesGetField", self._handle, output, i)) for i in range(fields))
            return Space("field", named, tuple(n[:dim]), points.decode())
        if not count:
            return Space("none")
        names = [text(lambda found, i=i: call("KNSamplesGetName", self._handle, output, i, found))
                 for i in range(count)]
        return Space("class" if output else "tokens", length=length, names=tuple(names) if any(names) else ())

    def _times(self) -> Optional[np.ndarray]:
        if not self._frames:
            return None
        times = np.empty(self._frames, np.float64)
        call("KNSamplesGetTimes", self._handle, times.ctypes.data_as(POINTER(c_double)))
        return times

    @staticmethod
    def _column(pointer: "POINTER", shape: Tuple[int, ...]) -> Optional[np.ndarray]:
        return np.ctypeslib.as_array(pointer, shape).copy() if pointer else None

    def __repr__(self) -> str:
        return f"<kitinet.Dataset {self.path}: {self.pde}, {self._samples} samples>"

    def __len__(self) -> int:
        return self._samples

    def __getstate__(self) -> dict:
        return {"path": self.path}

    def __setstate__(self, state: dict) -> None:
        self.__init__(state["path"])  # type: ignore[misc]

    def __iter__(self) -> Iterator[Sample]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, row: Union[int, slice]) -> Union[Sample, List[Sample]]:
        if isinstance(row, slice):
            return [self[i] for i in range(*row.indices(len(self)))]
        i = int(row)
        if i < 0:
            i += len(self)
        if not 0 <= i < len(self):
            raise IndexError(f"row {row} of {len(self)}")
        if self._process != os.getpid():
            self._open()
        y = None
        if self.outputs.kind == "field":
            y = np.empty(((self._frames,) if self._frames else ()) + self.outputs.shape, np.float32)
        target = y.ctypes.data_as(POINTER(c_float)) if y is not None else None
        if self.inputs.kind == "tokens":
            x = np.empty(self.inputs.shape, np.int32)
            call("KNSamplesReadTokens", self._handle, i, x.ctypes.data_as(POINTER(c_int32)), target)
        elif self.inputs.kind == "field":
            x = np.empty(self.inputs.shape, np.float32)
            call("KNSamplesRead", self._handle, i, x.ctypes.data_as(POINTER(c_float)), target)
        else:
            call("KNSamplesRead", self._handle, i, None, target)
            assert y is not None
            return y
        return x, (y if y is not None else int(self.labels[i]))
