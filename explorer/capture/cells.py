"""From a framework's array to the cell of a column: the array itself where it is small, else a Summary."""

from __future__ import annotations

import numpy as np

from explorer.capture.record import FULL_CELL_LIMIT, THUMBNAIL_SIDE, Cell, Summary


def cell(array: np.ndarray) -> Cell:
    """A copy of `array` (any shape and dtype) up to FULL_CELL_LIMIT entries, else its Summary."""
    array = np.asarray(array)
    return array.copy() if array.size <= FULL_CELL_LIMIT else summary(array)


def summary(array: np.ndarray) -> Summary:
    """Statistics of the finite entries, counts of the others, and a picture by striding. Computed in float64."""
    wide = array.astype(np.float64)
    finite = wide[np.isfinite(wide)]
    empty = finite.size == 0
    return Summary(
        dtype=array.dtype.name,
        shape=array.shape,
        minimum=float("nan") if empty else float(finite.min()),
        maximum=float("nan") if empty else float(finite.max()),
        mean=float("nan") if empty else float(finite.mean()),
        norm=float(np.sqrt((finite * finite).sum())),
        zeros=int((wide == 0).sum()),
        nans=int(np.isnan(wide).sum()),
        infinities=int(np.isinf(wide).sum()),
        thumbnail=_thumbnail(wide),
    )


def _thumbnail(wide: np.ndarray) -> np.ndarray:
    """float32, at most 48 x 48: the array as a matrix (leading axes joined), every k-th row and column."""
    matrix = wide.reshape(-1, wide.shape[-1]) if wide.ndim > 1 else wide.reshape(1, -1)
    steps = [-(-side // THUMBNAIL_SIDE) for side in matrix.shape]
    return matrix[:: steps[0], :: steps[1]].astype(np.float32)
