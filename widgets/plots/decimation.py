"""A curve of any length in at most 500 points, kept up to date as it grows: the least and greatest of each bucket."""

from __future__ import annotations

import numpy as np

from widgets.plots.scales import StepScale

BUCKETS = 248  # two points each and the curve's end: under 500, where a thick antialiased line is still cheap


class Thinned:
    """Least and greatest value per bucket of equal width on screen, with the steps at which they stand.

    Adding costs time in proportion to what is added; when the curve outgrows the buckets, neighbours are joined.
    Values that are not finite are left out.
    """

    def __init__(self, scale: StepScale) -> None:
        self._scale = scale
        self._per_unit = scale.finest
        self._least = np.full((BUCKETS, 2), np.nan)  # step, value
        self._greatest = np.full((BUCKETS, 2), np.nan)
        self._end: tuple[float, float] | None = None

    def extend(self, first: int, values: np.ndarray) -> None:
        """Take the values of steps `first`, `first + 1`, ..."""
        finite = np.flatnonzero(np.isfinite(values))
        if not finite.size:
            return
        steps, values = first + finite.astype(np.float64), values[finite]
        self._end = float(steps[-1]), float(values[-1])
        places = self._scale.to_plot(steps)
        while places[-1] * self._per_unit >= BUCKETS:
            self._join()
        buckets = (places * self._per_unit).astype(np.int64)
        order = np.lexsort((values, buckets))
        turns = np.flatnonzero(np.diff(buckets[order])) + 1
        lowest, highest = order[np.r_[0, turns]], order[np.r_[turns, len(order)] - 1]
        _put(self._least, buckets[lowest], np.c_[steps, values][lowest], np.less)
        _put(self._greatest, buckets[highest], np.c_[steps, values][highest], np.greater)

    @property
    def is_empty(self) -> bool:
        """No finite value has come."""
        return self._end is None

    def points(self) -> tuple[np.ndarray, np.ndarray]:
        """Steps and values, by step."""
        if self._end is None:
            return np.empty(0), np.empty(0)
        table = np.vstack([self._least, self._greatest, self._end])
        table = table[~np.isnan(table[:, 0])]
        steps, first = np.unique(table[:, 0], return_index=True)
        return steps, table[first, 1]

    def _join(self) -> None:
        self._per_unit /= 2
        for table, choose in ((self._least, np.fmin), (self._greatest, np.fmax)):
            pairs = table.reshape(-1, 2, 2)
            kept = choose(pairs[:, 0, 1], pairs[:, 1, 1])
            joined = np.where((pairs[:, 0, 1] == kept)[:, None], pairs[:, 0], pairs[:, 1])
            table[: BUCKETS // 2], table[BUCKETS // 2 :] = joined, np.nan


def _put(table: np.ndarray, buckets: np.ndarray, rows: np.ndarray, better: np.ufunc) -> None:
    """Put each row into its bucket where the bucket is empty or the row's value is better."""
    old = table[buckets]
    wins = np.isnan(old[:, 1]) | better(rows[:, 1], old[:, 1])
    table[buckets] = np.where(wins[:, None], rows, old)
