"""Trained operators: one network, or several as an ensemble."""

import os
import weakref
from ctypes import POINTER, byref, c_double, c_float, c_int, c_void_p
from typing import List, Optional, Sequence, Tuple, Union

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
    still            Space of the fields that stand still beside the frames; None: there are none
    parameters       Field of each number of a sample that it sees: name and unit
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
        own = self._space(shape, 0, shape.inputs)
        self.inputs = own if not self.history else self.outputs
        self.still = own if self.history and shape.inputs else None
        parameters = c_int()
        call("KNSurrogateGetParameters", self._handle, byref(parameters))
        self.parameters = tuple(Field(*texts("KNSurrogateGetParameter", self._handle, i))
                                for i in range(parameters.value))

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

    def _beside(self, x: np.ndarray, single: bool, parameters: Optional[np.ndarray],
                fields: Optional[np.ndarray]) -> Tuple[Optional[np.ndarray], Optional[np.ndarray]]:
        """What is given beside x, checked, with an axis of samples."""
        shapes = ((len(self.parameters),), (len(self.still.fields) if self.still else 0,) + x.shape[-self._dim:])
        checked: List[Optional[np.ndarray]] = []
        for name, given, shape, kind in (("parameters", parameters, shapes[0], np.float64),
                                         ("fields", fields, shapes[1], np.float32)):
            if (given is None) != (shape[0] == 0):
                raise ValueError(f"{name}: " + (f"the network sees {shape[0]} of each sample: give them"
                                                if given is None else "the network sees none: leave them out"))
            if given is not None:
                given = np.ascontiguousarray(np.asarray(given)[np.newaxis] if single else given, dtype=kind)
                if given.shape != x.shape[:1] + shape:
                    raise ValueError(f"{name} is {given.shape}: expected {x.shape[:1] + shape}")
            checked.append(given)
        return checked[0], checked[1]

    def __call__(self, x: np.ndarray, steps: int = 0, parameters: Optional[np.ndarray] = None,
                 fields: Optional[np.ndarray] = None) -> np.ndarray:
        """Predicts on the physical scale, on the grid of x.

        Steady:          x (samples, inputs, n..) -> (samples, outputs, n..), float32; steps is 0.
        Classes:         x (samples, inputs, n..) -> (samples, classes), probabilities; pictures have values 0 to 255.
        Time-dependent:  x (samples, history, outputs, n..) -> (samples, steps, outputs, n..); steps >= 1.
        parameters (samples, P): the numbers of each sample, where the network sees any.
        fields (samples, fields, n..): what stands still beside the frames, where there is anything.
        One sample may come without the axis of samples, and is returned so.
        """
        axes = self._dim + (2 if self.history else 1)
        x = np.asarray(x)
        if x.ndim not in (axes, axes + 1):
            expected = "(samples, history, fields, n..)" if self.history else "(samples, fields, n..)"
            raise ValueError(f"x has {x.ndim} axes, expected {axes + 1}, {expected}, or {axes} of one sample")
        single = x.ndim == axes
        x = np.ascontiguousarray(x[np.newaxis] if single else x, dtype=np.float32)
        channels = len(self.outputs.fields) if self.history else len(self.inputs.fields)
        given = (self.history, channels) if self.history else (channels,)
        if x.shape[1:1 + len(given)] != given:
            raise ValueError(f"x is {x.shape}: expected {given} after the axis of samples")
        if bool(self.history) != (steps > 0):
            raise ValueError(f"steps is {steps}: a time-dependent network predicts 1 or more, a steady one takes 0")
        grid = x.shape[-self._dim:]
        of_sample = (len(self.outputs.names),) if self.outputs.kind == "class" else (len(self.outputs.fields),) + grid
        y = np.empty(x.shape[:1] + ((steps,) if self.history else ()) + of_sample, np.float32)
        numbers, still = self._beside(x, single, parameters, fields)
        call("KNSurrogatePredictWith", self._handle, x.shape[0], (c_int * 3)(*grid), steps,
             x.ctypes.data_as(POINTER(c_float)), None if still is None else still.ctypes.data_as(POINTER(c_float)),
             None if numbers is None else numbers.ctypes.data_as(POINTER(c_double)),
             y.ctypes.data_as(POINTER(c_float)))
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
            if (member.history, member.inputs.fields, member.outputs.fields, member.outputs.names, member.parameters,
                    member.still) != (first.history, first.inputs.fields, first.outputs.fields, first.outputs.names,
                                      first.parameters, first.still):
                raise ValueError(f"{member.path} and {first.path} are networks of different problems")
        self.members: List[Surrogate] = list(members)
        self.inputs, self.outputs, self.history, self.pde = first.inputs, first.outputs, first.history, first.pde
        self.parameters, self.still = first.parameters, first.still

    def __len__(self) -> int:
        return len(self.members)

    def __call__(self, x: np.ndarray, steps: int = 0, parameters: Optional[np.ndarray] = None,
                 fields: Optional[np.ndarray] = None) -> np.ndarray:
        """The mean of the members' predictions; arguments and result as those of Surrogate."""
        return self.predict(x, steps, parameters, fields)[0]

    def predict(self, x: np.ndarray, steps: int = 0, parameters: Optional[np.ndarray] = None,
                fields: Optional[np.ndarray] = None) -> Tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation (over K members, with K - 1; 0 for one) of the predictions, float32."""
        mean = np.zeros((), np.float64)
        square = np.zeros((), np.float64)
        for k, member in enumerate(self.members):  # Welford's recurrence: no more than three arrays at a time
            y = member(x, steps, parameters, fields).astype(np.float64)
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
