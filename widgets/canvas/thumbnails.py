"""A tensor as a small picture: signed numbers around 0, others by magnitude; NaN and infinity have their own mark."""

from __future__ import annotations

from typing import Final

import numpy as np
from PySide6.QtGui import QImage

from explorer.capture.record import THUMBNAIL_SIDE, Cell, Summary
from widgets.tensors.colours import Scale
from widgets.theme import Theme

HATCH: Final = (0x17, 0x1B, 0x24), (0xFF, 0xFF, 0xFF)  # not a number: black and white in turn, on any map


def picture_of(cell: Cell, theme: Theme) -> QImage | None:
    """One pixel per entry, at most 48 x 48; None for a scalar, an empty array or one that holds no numbers."""
    plane = _plane(cell)
    if plane is None or plane.size < 2:
        return None
    finite = np.isfinite(plane)
    most = float(np.abs(plane[finite]).max()) if finite.any() else 0.0
    signed = bool((plane[finite] < 0).any())
    pixels = Scale(most, signed).pixels(plane, theme)
    rows, columns = np.nonzero(~finite)
    pixels[rows, columns] = np.array(HATCH, np.uint8)[(rows + columns) % 2]
    height, width = plane.shape
    return QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def _plane(cell: Cell) -> np.ndarray | None:
    """The entries in two dimensions: leading dimensions are stacked, and large arrays are strided."""
    array = cell.thumbnail if isinstance(cell, Summary) else cell
    if array.dtype.kind == "c" or array.ndim == 0 or not array.size:
        return None
    plane = array.astype(np.float64).reshape(-1, array.shape[-1])
    return plane[:: -(-plane.shape[0] // THUMBNAIL_SIDE), :: -(-plane.shape[1] // THUMBNAIL_SIDE)]
