"""Trained operators: one network, or several as an ensemble."""

import os
import weakref
from ctypes import POINTER, byref, c_float, c_int, c_void_p
from typing import List, Sequence, Tuple, Union

import numpy as np

from ._library import SurrogateShape, call, library, texts
from .spaces import Field, Space

PathLike = Union[str, "os.PathLike[str]"]


def _destroy(handle: c_void_p, process: int) -> None:
    if process == os.getpid():  # a child of fork() has the handle, but not what is behind it
        library().KNSurrogateDestroy(byref(handle))


class Surrogate:
    """A trained operator: input fields -> output fields or probabilities of classes, or `history` frames -> the
    frames after them.

    inputs, outputs  Space: names, units, and the grid that it was trained on; others work too
    history          frames that it is given; 0: steady
    pde              name of the equation
    """

    def __init__(self, path: PathLike):
        self._handle = c_void_p()
        call("KNSurrogateLoad", os.fspath(path).encode(), byref(self._handle))
        self._finalizer = weakref.finalize(self, _destroy, self._handle, os.getpid())
        shape = SurrogateShape()
        call("KNSurrogateGetShape", self._handle, byref(shape))
        self.path = os.fspath(path)
        self.history = shape.history
        self.pde = shape.pde.decode()
        self._dim = shape.dim
        classes = c_int()
        call("KNSurrogateGetClasses", self._handle, byref(classes))
        self.outputs = self._classes(classes.value) if classes.value else self._space(shape, 1, shape.outputs)
        self.inputs = self._space(shape, 0, shape.inputs) if not self.history else self.outputs

    def _space(self, shape: SurrogateShape, output: int, fields: int) -> Space:
        named = tuple(Field(*texts("KNSurrogateGetField", self._handle, output, i)) for i in range(fields))
        return Space("field", named, tuple(shape.n[:shape.dim]), shape.points.decode())

    def _classes(self, count: int) -> Space:
        return Space("class", names=tuple(texts("KNSurrogateGetField", self._handle, 1, i)[0] for i in range(count)))

    def __repr__(self) -> str:
        names = [", ".join(space.names or (field.name for field in space.fields))
                 for space in (self.inputs, self.outputs)]
        return f"<kitinet.Surrogate {self.path}: {self.pde}, {names[0]} -> {names[1]}>"

    def average_symmetries(self, elements: int = 0) -> None:
        """From now on predictions are means over so many symmetries of the problem; 0: over all, 1: as before."""
        call("KNSurrogateSetSymmetryAverage", self._handle, elements)

    def __call__(self, x: np.ndarray, steps: int = 0) -> np.ndarray:
        """Predicts on the physical scale, on the grid of x.

        Steady:          x (samples, inputs, n..) -> (samples, outputs, n..), float32; steps is 0.
        Classes:         x (samples, inputs, n..) -> (samples, classes), probabilities; pictures have values 0 to 255.
        Time-dependent:  x (samples, history, outputs, n..) -> (samples, steps, outputs, n..); steps >= 1.
        One sample may come without the axis of samples, and is returned so.
        """
        axes = self._dim + (2 if self.history else 1)
        x = np.asarray(x)
        if x.ndim not in (axes, axes + 1):
            expected = "(samples, history, fields, n..)" if self.history else "(samples, fields, n..)"
            raise ValueError(f"x has {x.ndim} axes, expected {axes + 1}, {expected}, or {axes} of one sample")
        single = x.ndim == axes
        x = np.ascontiguousarray(x[np.newaxis] if single else x, dtype=np.float32)
        fields = len(self.outputs.fields) if self.history else len(self.inputs.fields)
        given = (self.history, fields) if self.history else (fields,)
        if x.shape[1:1 + len(given)] != given:
            raise ValueError(f"x is {x.shape}: expected {given} after the axis of samples")
        if bool(self.history) != (steps > 0):
            raise ValueError(f"steps is {steps}: a time-dependent network predicts 1 or more, a steady one takes 0")
        grid = x.shape[-self._dim:]
        of_sample = (len(self.outputs.names),) if self.outputs.kind == "class" else (len(self.outputs.fields),) + grid
        y = np.empty(x.shape[:1] + ((steps,) if self.history else ()) + of_sample, np.float32)
        call("KNSurrogatePredict", self._handle, x.shape[0], (c_int * 3)(*grid), steps,
             x.ctypes.data_as(POINTER(c_float)), y.ctypes.data_as(POINTER(c_float)))
        return y[0] if single else y


class Ensemble:
    """Several networks of one problem: the mean of their predictions, and how far they spread.

    members          the networks
    inputs, outputs, history, pde  as those of the members
    """

    def __init__(self, members: Sequence[Surrogate]):
        if not members:
            raise ValueError("an ensemble has one member or more")
        first = members[0]
        for member in members[1:]:
            if (member.history, member.inputs.fields, member.outputs.fields, member.outputs.names) != (
                    first.history, first.inputs.fields, first.outputs.fields, first.outputs.names):
                raise ValueError(f"{member.path} and {first.path} are networks of different problems")
        self.members: List[Surrogate] = list(members)
        self.inputs, self.outputs, self.history, self.pde = first.inputs, first.outputs, first.history, first.pde

    def __len__(self) -> int:
        return len(self.members)

    def __call__(self, x: np.ndarray, steps: int = 0) -> np.ndarray:
        """The mean of the members' predictions; x, steps and the result as those of Surrogate."""
        return self.predict(x, steps)[0]

    def predict(self, x: np.ndarray, steps: int = 0) -> Tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation (over K members, with K - 1; 0 for one) of the predictions, float32."""
        mean = np.zeros((), np.float64)
        square = np.zeros((), np.float64)
        for k, member in enumerate(self.members):  # Welford's recurrence: no more than three arrays at a time
            y = member(x, steps).astype(np.float64)
            difference = y - mean
            mean = mean + difference / (k + 1)
            square = square + difference * (y - mean)
        spread = np.sqrt(square / max(len(self.members) - 1, 1))
        return mean.astype(np.float32), spread.astype(np.float32)


def load(path: Union[PathLike, Sequence[PathLike]]) -> Union[Surrogate, Ensemble]:
    """Loads a checkpoint (best.h5 or checkpoint.h5 of a run, or a condensed one); a list of them is an Ensemble."""
    if isinstance(path, (list, tuple)):
        return Ensemble([Surrogate(member) for member in path])
    return Surrogate(path)
