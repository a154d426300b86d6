"""One array in full, on request: a window holds summaries of large arrays, and asks for the one that is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from explorer.adapters.base import Adapter, Program
from explorer.capture.record import Column, Summary
from explorer.capture.recording import Recording
from explorer.capture.statistics import summary
from explorer.errors import UsageError
from explorer.picture.labels import size_text
from explorer.worker.requests import ArrayRequest

CLOSE: Final = 1e-3  # threads may add up in another order from one run to the next

Summaries = Mapping[str, Summary]


def whole_array(
    adapter: Adapter, program: Program, inputs: Mapping[str, np.ndarray], request: ArrayRequest
) -> np.ndarray:
    """Evaluate once more, keep nothing but the array that is asked for.

    Raises UsageError `array_absent` for one that was not computed, `array_too_large` above the request's limit.
    """
    with Recording(only=request.id).open():
        for column in adapter.evaluate(program, request.stage, inputs):
            if column.key == request.key:
                found = column.cells.get(request.id)
                break
        else:
            found = None
    if not isinstance(found, np.ndarray):
        raise UsageError("array_absent", id=request.id, key=request.key, stage=request.stage)
    if found.nbytes > request.most_bytes:
        size, most = size_text(found.nbytes), size_text(request.most_bytes)
        raise UsageError("array_too_large", id=request.id, count=found.size, size=size, most=most)
    return found


def summaries_of(column: Column) -> Summaries:
    """What was sent of the large arrays of a column."""
    return {key: cell for key, cell in column.cells.items() if isinstance(cell, Summary)}


def agrees(array: np.ndarray, sent: Summary) -> bool:
    """The array is the one that `sent` was made of. A program that draws random numbers gives another every time."""
    mine = summary(array)
    if (mine.shape, mine.dtype, mine.nans, mine.infinities) != (sent.shape, sent.dtype, sent.nans, sent.infinities):
        return False
    numbers, wanted = ([each.minimum, each.maximum, each.mean, each.norm] for each in (mine, sent))
    reach = float(np.nan_to_num(max(abs(sent.minimum), abs(sent.maximum))))
    return bool(np.allclose(numbers, wanted, rtol=CLOSE, atol=CLOSE * reach, equal_nan=True))
