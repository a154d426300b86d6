"""An array in a few numbers, a histogram and a small picture, whatever its size and dtype.

Computed in float64, block by block: a gigabyte takes no second gigabyte. Complex entries count by their magnitude.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from explorer.capture.record import THUMBNAIL_SIDE, Cell, Histogram, Summary

MOST_BINS: Final = 32
BLOCK: Final = 1 << 15  # entries: fits into the processor's cache
TINY, HUGE = 1e-140, 1e140  # beyond them squares would leave float64, so entries are scaled first
NAN: Final = float("nan")


def statistics_of(cell: Cell) -> Summary:
    """What is known of a cell in a few numbers; computed here where its entries were kept."""
    return cell if isinstance(cell, Summary) else summary(cell)


def summary(array: np.ndarray, *, side: int = THUMBNAIL_SIDE) -> Summary:
    """Statistics of the finite entries, counts of the others, and a picture of at most `side` x `side` by striding."""
    array = np.asarray(array)
    census = _census(array)
    moments = _moments(array, census)
    return Summary(
        dtype=array.dtype.name,
        shape=array.shape,
        minimum=census.low,
        maximum=census.high,
        mean=moments.mean,
        norm=moments.norm,
        zeros=census.zeros,
        nans=census.nans,
        infinities=census.infinities,
        thumbnail=_thumbnail(array, side),
        deviation=moments.deviation,
        histogram=Histogram(_edges(array, census), moments.counts),
    )


@dataclass(slots=True)
class _Census:
    """What one look at every entry tells: `low` and `high` are of the finite ones, NaN where there are none."""

    finite: int = 0
    low: float = NAN
    high: float = NAN
    zeros: int = 0
    nans: int = 0
    infinities: int = 0

    @property
    def scale(self) -> float:
        """Entries divided by this can be squared."""
        most = max(abs(self.low), abs(self.high)) if self.finite else 0.0
        return most if most and not TINY < most < HUGE else 1.0


@dataclass(slots=True)
class _Moments:
    mean: float
    norm: float
    deviation: float
    counts: np.ndarray


def _blocks(array: np.ndarray) -> Iterator[np.ndarray]:
    """All entries as float64, in the order of memory."""
    entries = array.ravel(order="K")
    for start in range(0, entries.size, BLOCK):
        block = entries[start : start + BLOCK]
        yield (np.abs(block) if block.dtype.kind == "c" else block).astype(np.float64)


def _census(array: np.ndarray) -> _Census:
    found = _Census()
    for block in _blocks(array):
        finite = np.isfinite(block)
        if not finite.all():
            found.nans += int(np.isnan(block).sum())
            found.infinities += int(np.isinf(block).sum())
            block = block[finite]
        if block.size:
            found.finite += block.size
            found.low = float(np.fmin(found.low, block.min()))
            found.high = float(np.fmax(found.high, block.max()))
            found.zeros += block.size - int(np.count_nonzero(block))
    return found


def _moments(array: np.ndarray, census: _Census) -> _Moments:
    """Mean, norm and deviation of the finite entries, merged from blocks (Chan, Golub and LeVeque 1979), and how many
    fall into each bin."""
    scale, bins = census.scale, _Bins(_edges(array, census) / census.scale)
    counts = np.zeros(bins.count, np.int64)
    seen, mean, spread, squares = 0, 0.0, 0.0, 0.0
    for block in _blocks(array):
        if census.nans or census.infinities:
            block = block[np.isfinite(block)]
        if not block.size:
            continue
        if scale != 1.0:
            block = block / scale
        own = float(block.mean())
        step, both = own - mean, seen + block.size
        apart = block - own
        spread += float(np.dot(apart, apart)) + step * step * seen * block.size / both
        mean += step * block.size / both
        squares += float(np.dot(block, block))
        counts += bins.counts(block)
        seen = both
    if not seen:
        return _Moments(NAN, 0.0, NAN, counts)
    return _Moments(mean * scale, math.sqrt(squares) * scale, math.sqrt(spread / seen) * scale, counts)


def _edges(array: np.ndarray, census: _Census) -> np.ndarray:
    """Ends of the bins, float64 (bins + 1,), all of one width: one per number where there are few whole numbers, else
    twice the root of how many entries there are, up to 32."""
    low, high = census.low, census.high
    if not low < high:
        return np.array([low, high] if census.finite else [0.0])
    if array.dtype.kind in "biu" and high - low < MOST_BINS:
        return np.arange(low - 0.5, high + 1.0)
    scale = census.scale
    bins = min(MOST_BINS, math.ceil(2 * math.sqrt(census.finite)))
    edges = np.linspace(low / scale, high / scale, bins + 1) * scale
    edges[0], edges[-1] = low, high
    return np.unique(edges)  # between neighbouring floats there is room for fewer


class _Bins:
    """Places of numbers between `edges`, float64 (bins + 1,)."""

    def __init__(self, edges: np.ndarray) -> None:
        self.edges, self.count = edges, len(edges) - 1
        self.width = float(edges[-1] - edges[0]) / max(self.count, 1)
        self.even = bool(np.allclose(np.diff(edges), self.width, rtol=1e-6, atol=0))  # not between neighbouring floats

    def counts(self, block: np.ndarray) -> np.ndarray:
        """How many of `block`, all between the first and the last edge, fall into each bin."""
        if self.count == 1:
            return np.array([block.size])
        if self.even:
            places = ((block - self.edges[0]) * (1 / self.width)).astype(np.intp)
        else:
            places = np.searchsorted(self.edges, block, side="right") - 1
        return np.bincount(np.clip(places, 0, self.count - 1), minlength=self.count)


def _thumbnail(array: np.ndarray, side: int) -> np.ndarray:
    """float32: the array as a matrix (leading axes joined), every k-th row and column."""
    if not array.size:
        return np.empty((0, 0), np.float32)
    matrix = array.reshape(-1, array.shape[-1]) if array.ndim > 1 else array.reshape(1, -1)
    rows, columns = (-(-length // side) for length in matrix.shape)
    picked = matrix[::rows, ::columns]
    with np.errstate(over="ignore"):  # beyond float32 is infinity in the picture
        return (np.abs(picked) if picked.dtype.kind == "c" else picked).astype(np.float64).astype(np.float32)
