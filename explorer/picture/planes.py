"""The part of a tensor that can be drawn: its last two dimensions, at one place of the others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.capture.record import Cell, Summary


@dataclass(frozen=True, slots=True)
class Plane:
    """`matrix` (rows, columns), a view in the tensor's own dtype, and where its entries stand in the whole tensor.

    `place` are the indices of the leading dimensions; None where rows run over all of them, as in the picture that a
    Summary has kept. `steps` are rows and columns of the tensor from one of the matrix to the next.
    """

    matrix: np.ndarray
    shape: tuple[int, ...]
    place: tuple[int, ...] | None
    steps: tuple[int, int] = (1, 1)

    def index(self, row: int, column: int) -> tuple[int, ...]:
        """Where the entry at `row`, `column` of the matrix stands in the tensor."""
        row, column = row * self.steps[0], column * self.steps[1]
        if len(self.shape) == 1:
            return (column,)
        if self.place is None:
            return (*(int(at) for at in np.unravel_index(row, self.shape[:-1])), column)
        return (*self.place, row, column)

    @property
    def text(self) -> str:
        """`[3, 0, :, :]`, or `[:]` of a vector."""
        free = [":"] * (len(self.shape) if self.place is None else min(len(self.shape), 2))
        return f"[{', '.join([*map(str, self.place or ()), *free])}]"


def plane_of(cell: Cell, place: Sequence[int] = ()) -> Plane | None:
    """The plane of `cell` at `place`, which is cut or filled with zeros to fit. None of a scalar or an empty array."""
    if not cell.shape or not math.prod(cell.shape):
        return None
    if isinstance(cell, Summary):
        rows, columns = math.prod(cell.shape[:-1]), cell.shape[-1]
        height, width = cell.thumbnail.shape
        return Plane(cell.thumbnail, cell.shape, None, (-(-rows // height), -(-columns // width)))
    if cell.ndim == 1:
        return Plane(_real(cell.reshape(1, -1)), cell.shape, ())
    leading = cell.shape[:-2]
    wanted = [*place, *([0] * len(leading))][: len(leading)]
    fitting = tuple(max(0, min(at, side - 1)) for at, side in zip(wanted, leading, strict=True))
    return Plane(_real(cell[fitting]), cell.shape, fitting)


def _real(matrix: np.ndarray) -> np.ndarray:
    """Complex numbers are drawn by their magnitude."""
    return np.abs(matrix) if matrix.dtype.kind == "c" else matrix
