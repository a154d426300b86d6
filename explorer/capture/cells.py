"""From a framework's array to the cell of a column: the array itself where it is small, else a Summary.

How much is kept of it is for the recording that the worker has opened to say (`explorer.capture.recording`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import numpy as np

from explorer.capture.record import Cell
from explorer.capture.recording import current

Tensor = TypeVar("Tensor")


def cell(array: np.ndarray) -> Cell:
    """A copy of `array` (any shape and dtype) up to FULL_CELL_LIMIT entries, else its Summary."""
    return current().cell(np.asarray(array))


def cells(tensors: Mapping[str, Tensor], read: Callable[[Tensor], np.ndarray]) -> dict[str, Cell]:
    """The cells of a column. `read` gets a tensor's numbers from its device, one after the other."""
    only = current().only
    return {key: cell(read(tensor)) for key, tensor in tensors.items() if only is None or key == only}
