"""What one side of a sample is."""

from dataclasses import dataclass
from typing import Tuple

import numpy as np


@dataclass(frozen=True)
class Field:
    """A scalar field: its name, and its unit ("1" where the problem is dimensionless)."""

    name: str
    unit: str


@dataclass(frozen=True)
class Space:
    """Fields on a grid, or a sequence of words, or a label.

    kind    "field", "tokens", "class", or "none": there is nothing on this side
    fields  the fields; () in the other kinds
    grid    points along each axis; () in the other kinds
    points  where they lie: "cells" (i + 1/2)/n, "nodes" i/(n - 1), "periodic" i/n; "" without a grid
    length  of the longest sequence; 0 in the other kinds
    names   words of the vocabulary, or classes; () where they have no names
    """

    kind: str
    fields: Tuple[Field, ...] = ()
    grid: Tuple[int, ...] = ()
    points: str = ""
    length: int = 0
    names: Tuple[str, ...] = ()

    @property
    def shape(self) -> Tuple[int, ...]:
        """Of one sample's array: (fields, n1, ..), (length,) or ()."""
        if self.kind == "field":
            return (len(self.fields),) + self.grid
        return (self.length,) if self.kind == "tokens" else ()

    def coordinates(self, axis: int) -> np.ndarray:
        """The points along an axis on the unit interval: (n,), float64."""
        n = self.grid[axis]
        i = np.arange(n, dtype=np.float64)
        if self.points == "cells":
            return (i + 0.5) / n
        return i / (n - 1) if self.points == "nodes" else i / n
