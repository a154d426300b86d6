"""How much of one evaluation is kept: arrays as they are while there is room, then less of each; or one array alone.

The worker opens a recording around `Adapter.evaluate`. Adapters only make cells (`explorer.capture.cells`) and know
nothing of it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

import numpy as np

from explorer.capture.record import FULL_CELL_LIMIT, Cell, Summary
from explorer.capture.statistics import summary

MIB: Final = 1 << 20
MOST_MIB: Final = 128  # one evaluation of all stages; a dragged slider sends as much every time
VARIABLE: Final = "BACKFLOW_RECORDING_LIMIT_MB"
ALWAYS_WHOLE: Final = 64  # entries of an array that is kept whatever has been recorded already
SMALL_SIDE: Final = 16  # of the picture of an array that comes when the limit is reached
STATISTICS_BYTES: Final = 64  # eight numbers


def recording_limit() -> int:
    """Bytes that one evaluation may record: 128 MiB, or what the environment variable says."""
    with contextlib.suppress(ValueError):
        wanted = float(os.environ.get(VARIABLE, ""))
        if wanted >= 0:
            return int(wanted * MIB)
    return MOST_MIB * MIB


@dataclass(slots=True)
class Recording:
    """What has been kept so far. Arrays come in execution order, and the first are kept best.

    `most_bytes` None is no limit; above it an array of more than 64 entries leaves its statistics and a picture of
    16 x 16 (at most 2 KB), and `reduced` counts it. With `only`, every cell is a whole array, and `cells` makes none
    but that one.
    """

    most_bytes: int | None = None
    only: str | None = None
    bytes: int = 0
    reduced: int = 0

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """In here cells are made by this recording."""
        before = _current.set(self)
        try:
            yield
        finally:
            _current.reset(before)

    def cell(self, array: np.ndarray) -> Cell:
        """The cell that is kept of `array`: a copy, a summary, or with `only` the array itself."""
        if self.only is not None:
            return array
        made = self._made(array)
        self.bytes += kept_bytes(made)
        return made

    def _made(self, array: np.ndarray) -> Cell:
        room = self.most_bytes is None or self.bytes < self.most_bytes
        if array.size <= (FULL_CELL_LIMIT if room else ALWAYS_WHOLE):
            return array.copy()
        if room:
            return summary(array)
        self.reduced += 1
        return summary(array, side=SMALL_SIDE)


def kept_bytes(cell: Cell) -> int:
    """Bytes that a cell takes, statistics included; not those of the array it stands for."""
    if isinstance(cell, Summary):
        own = cell.thumbnail.nbytes + cell.histogram.edges.nbytes + cell.histogram.counts.nbytes
        return own + STATISTICS_BYTES
    return cell.nbytes


def current() -> Recording:
    """The recording that is open; outside any, one without a limit."""
    return _current.get() or Recording()


_current: ContextVar[Recording | None] = ContextVar("recording", default=None)
