"""How thick a wire is: by the magnitude of what flows through it. Shared by every pen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from explorer.capture.record import Cell, Summary

HAIRLINE = 0.75  # pixels at 100 %: zero, NaN, or not computed
PLAIN = 1.5  # where no numbers are shown
THINNEST, THICKEST = 1.0, 6.0
LOW, HIGH = 5.0, 95.0  # percentiles of log10 magnitude that span the range
NARROW = 2.0  # decades; a smaller range than this is not stretched over all widths


def magnitude(cell: Cell) -> float:
    """Root mean square of the finite entries; 0 where there are none."""
    if isinstance(cell, Summary):
        finite = int(np.prod(cell.shape)) - cell.nans - cell.infinities
        return float(cell.norm / np.sqrt(finite)) if finite > 0 else 0.0
    numbers = np.abs(np.asarray(cell)).astype(np.float64)
    finite_numbers = numbers[np.isfinite(numbers)]
    return float(np.sqrt(np.mean(finite_numbers**2))) if finite_numbers.size else 0.0


def widths(keys: Sequence[str], cells: Mapping[str, Cell] | None) -> np.ndarray:
    """Width in pixels at 100 % for each key (the value or use a wire carries), float64 (len(keys),).

    The 5 to 95 % range of log10 magnitude maps to 1 to 6 px. A key with no cell, and zero, is a hairline; without any
    cells all wires are plain.
    """
    if cells is None:
        return np.full(len(keys), PLAIN)
    size = {key: magnitude(cells[key]) for key in dict.fromkeys(keys) if key in cells}
    sizes = np.array([size.get(key, 0.0) for key in keys], dtype=np.float64)
    found = np.full(len(keys), HAIRLINE)
    shown = sizes > 0
    if not shown.any():
        return found
    logs = np.log10(sizes[shown])
    low, high = np.percentile(logs, [LOW, HIGH])
    if high - low < NARROW:
        low, high = (low + high - NARROW) / 2, (low + high + NARROW) / 2
    found[shown] = THINNEST + np.clip((logs - low) / (high - low), 0.0, 1.0) * (THICKEST - THINNEST)
    return found
