"""libkitinet by ctypes: where it is, what its functions take, how they fail."""

import ctypes
import os
import pathlib
import threading
from ctypes import POINTER, byref, c_char, c_char_p, c_double, c_float, c_int, c_int32, c_int64, c_void_p
from typing import Callable, List, Optional, Tuple

from ._version import VERSION


class Error(Exception):
    """What libkitinet refused. code: 2 wrong argument, 3 missing, damaged or unfitting file or values, 1 anything
    else."""

    def __init__(self, code: int, message: str):
        super().__init__(message)
        self.code = code


class SurrogateShape(ctypes.Structure):
    """KNSurrogateShape of surrogate.h."""

    _fields_ = [("dim", c_int), ("n", c_int * 3), ("points", c_char * 16), ("history", c_int), ("inputs", c_int),
                ("outputs", c_int), ("pde", c_char * 64)]


class SamplesShape(ctypes.Structure):
    """KNSamplesShape of samples.h."""

    _fields_ = [("samples", c_int64), ("frames", c_int), ("inputs", c_int), ("outputs", c_int), ("dim", c_int),
                ("output_dim", c_int), ("n", c_int * 3), ("output_n", c_int * 3), ("points", c_char * 16),
                ("output_points", c_char * 16), ("length", c_int), ("words", c_int), ("classes", c_int),
                ("parameters", c_int), ("pde", c_char * 64)]


_NAME = POINTER(c_char_p)
_ARGUMENTS = {
    "KNSurrogateLoad": [c_char_p, POINTER(c_void_p)],
    "KNSurrogateDestroy": [POINTER(c_void_p)],
    "KNSurrogateGetShape": [c_void_p, POINTER(SurrogateShape)],
    "KNSurrogateGetClasses": [c_void_p, POINTER(c_int)],
    "KNSurrogateGetField": [c_void_p, c_int, c_int, _NAME, _NAME],
    "KNSurrogateSetSymmetryAverage": [c_void_p, c_int],
    "KNSurrogateGetParameters": [c_void_p, POINTER(c_int)],
    "KNSurrogateGetParameter": [c_void_p, c_int, _NAME, _NAME],
    "KNSurrogatePredictWith": [c_void_p, c_int, POINTER(c_int), c_int, POINTER(c_float), POINTER(c_float),
                               POINTER(c_double), POINTER(c_float)],
    "KNSamplesOpen": [c_char_p, POINTER(c_void_p)],
    "KNSamplesDestroy": [POINTER(c_void_p)],
    "KNSamplesGetShape": [c_void_p, POINTER(SamplesShape)],
    "KNSamplesGetField": [c_void_p, c_int, c_int, _NAME, _NAME],
    "KNSamplesGetParameter": [c_void_p, c_int, _NAME, _NAME],
    "KNSamplesGetName": [c_void_p, c_int, c_int, _NAME],
    "KNSamplesGetTimes": [c_void_p, POINTER(c_double)],
    "KNSamplesGetColumns": [c_void_p, POINTER(POINTER(c_int32)), POINTER(POINTER(c_int32)), POINTER(POINTER(c_double))],
    "KNSamplesRead": [c_void_p, c_int64, POINTER(c_float), POINTER(c_float)],
    "KNSamplesReadTokens": [c_void_p, c_int64, POINTER(c_int32), POINTER(c_float)],
}
_library: Optional[ctypes.CDLL] = None
_lock = threading.Lock()


def _candidates() -> List[str]:
    """File names of the library, the likeliest first."""
    named = os.environ.get("KITINET_LIBRARY")
    if named:
        return [named]
    soname = "libkitinet.so." + ".".join(VERSION.split(".")[:2])
    here = pathlib.Path(__file__).resolve()
    found = []
    for folder in here.parents:  # of an installed tree: share/kitinet/python beside lib
        found += sorted(str(path) for path in folder.glob("lib*/" + soname))
        found += sorted(str(path) for path in folder.glob("lib/*/" + soname))
        if found:
            break
    return found + [soname]


def library() -> ctypes.CDLL:
    """The library, loaded at the first call."""
    global _library
    with _lock:
        if _library is None:
            failures = []
            for name in _candidates():
                try:
                    loaded = ctypes.CDLL(name)
                except OSError as error:
                    failures.append(str(error))
                    continue
                for function, arguments in _ARGUMENTS.items():
                    getattr(loaded, function).argtypes = arguments
                    getattr(loaded, function).restype = c_int
                loaded.KNSurrogateVersion.restype = loaded.KNSurrogateMessage.restype = c_char_p
                version = loaded.KNSurrogateVersion().decode()
                if version.split(".")[:2] != VERSION.split(".")[:2]:
                    raise ImportError(f"{name} is version {version}, this package is {VERSION}: install both from one "
                                      "version")
                _library = loaded
                break
            else:
                raise ImportError("libkitinet cannot be loaded: set KITINET_LIBRARY to libkitinet.so of a build or an "
                                  "installation, or put its folder on LD_LIBRARY_PATH (" + "; ".join(failures) + ")")
        return _library


def library_version() -> str:
    """The version of the library that is loaded: "0.2.0"."""
    return library().KNSurrogateVersion().decode()


def call(name: str, *arguments: object) -> None:
    """Calls a function of the library; raises Error with its message."""
    code = getattr(library(), name)(*arguments)
    if code:
        raise Error(code, library().KNSurrogateMessage().decode("utf-8", "replace"))


def text(getter: Callable[..., None]) -> str:
    """The text that getter(pointer to a char *) finds."""
    found = c_char_p()
    getter(byref(found))
    return (found.value or b"").decode("utf-8", "replace")


def texts(name: str, *arguments: object) -> Tuple[str, str]:
    """The two texts, name and unit, that a function of the library finds."""
    first, second = c_char_p(), c_char_p()
    call(name, *arguments, byref(first), byref(second))
    return (first.value or b"").decode("utf-8", "replace"), (second.value or b"").decode("utf-8", "replace")
