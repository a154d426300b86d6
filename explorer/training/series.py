"""A loss curve that grows while a run goes on."""

from __future__ import annotations

import numpy as np


class Series:
    """float64 numbers, one per step from step 0, appended a frame at a time in amortized constant time each."""

    def __init__(self) -> None:
        self._buffer = np.empty(1024)
        self._length = 0

    def __len__(self) -> int:
        return self._length

    @property
    def values(self) -> np.ndarray:
        """A view of all numbers so far, shape (n,)."""
        return self._buffer[: self._length]

    def extend(self, values: np.ndarray) -> None:
        needed = self._length + len(values)
        if needed > len(self._buffer):
            larger = np.empty(max(needed, 2 * len(self._buffer)))
            larger[: self._length] = self.values
            self._buffer = larger
        self._buffer[self._length : needed] = values
        self._length = needed
