"""Where each item stands within its row, once the order is known: wires as straight as they can be, drawings balanced."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse
from scipy.optimize import isotonic_regression

from explorer.layout.layers import Layers
from explorer.layout.order import Rows
from explorer.layout.solver import least

EXACT_LIMIT = 900  # items; beyond it the linear programme is slower than relaxation
WEIGHTS = np.array([1.0, 2.0, 8.0])  # of a segment with 0, 1, 2 bends at its ends: long wires are straight first
FAR_APART = 1e7  # keeps rows apart when several are relaxed in one regression


def horizontal(layers: Layers, rows: Rows, left: Sequence[float], right: Sequence[float]) -> np.ndarray:
    """Centre of every item, float64 (items,), leftmost edge at 0.

    `left[i]` and `right[i]` is the room item i needs at either side of its centre, its share of the gap included.
    """
    count = len(layers)
    if not count:
        return np.zeros(0)
    if count == 1:
        return np.array([left[0]])
    problem = _Problem(layers, rows, np.asarray(left), np.asarray(right))
    x = None
    if count <= EXACT_LIMIT:
        x = problem.exact(problem.columns())
        if x is None:
            x = problem.exact(np.arange(count))
    if x is None:
        x = problem.relaxed()
    return np.asarray(x - np.min(x - problem.left))


class _Problem:
    """Least weighted sum of |x of upper end - x of lower end| over segments; neighbours in a row keep their distance."""

    def __init__(self, layers: Layers, rows: Rows, left: np.ndarray, right: np.ndarray) -> None:
        self.count, self.cards, self.left, self.right = len(layers), layers.n, left, right
        self.rank = np.array(layers.rank)
        self.sequence = np.array([item for row in rows for item in row], dtype=np.int64)
        first, second = self.sequence[:-1], self.sequence[1:]
        self.same_row = self.rank[first] == self.rank[second]
        self.distance = np.where(self.same_row, right[first] + left[second], 0.0)
        segments = layers.segments
        self.upper = np.array([s.upper for s in segments], dtype=np.int64)
        self.lower = np.array([s.lower for s in segments], dtype=np.int64)
        self.offset = np.array([s.upper_offset - s.lower_offset for s in segments], dtype=np.float64)
        bends = (self.upper >= layers.n).astype(int) + (self.lower >= layers.n)
        self.weight = WEIGHTS[bends]

    def columns(self) -> np.ndarray:
        """int (items,): which items stand at one x from the start. The bends of a wire do, row after row, but where it
        crosses another wire's bends: that leaves a third of the unknowns, and long wires straight."""
        place = np.empty(self.count, dtype=np.int64)
        place[self.sequence] = np.arange(self.count)
        inner = np.flatnonzero((self.upper >= self.cards) & (self.lower >= self.cards))
        inner = inner[np.argsort(place[self.upper[inner]], kind="stable")]
        # Places count on from row to row, so segments of one gap stand together, and cross where the lower ends swap.
        gap, below = self.rank[self.upper[inner]], place[self.lower[inner]]
        column = np.arange(self.count)
        for g in np.unique(gap):
            ends = below[gap == g]
            fine = (np.maximum.accumulate(ends) <= ends) & (np.minimum.accumulate(ends[::-1])[::-1] >= ends)
            chosen = inner[gap == g][fine]
            column[self.lower[chosen]] = column[self.upper[chosen]]
        return np.unique(column, return_inverse=True)[1]

    def exact(self, column: np.ndarray) -> np.ndarray | None:
        """The mean of the leftmost and of the rightmost optimum: it is an optimum too, and it is balanced.

        Items of one `column` share their x. Both optima are found in one call, as two copies that know nothing of each
        other. The pull that makes the one lean left and the other right is too small to pay for a pixel of wire.
        """
        n = int(column.max()) + 1
        upper, lower = column[self.upper], column[self.lower]
        bent = upper != lower
        upper, lower, offset, weight = upper[bent], lower[bent], self.offset[bent], self.weight[bent]
        m = len(upper)
        first, second, distance = self._distances(column, n)
        k = len(first)
        row, segment, one = np.arange(k), np.arange(m), np.ones
        data = np.concatenate([one(k), -one(k), one(m), -one(m), -one(m), -one(m), one(m), -one(m)])
        rows = np.concatenate([row, row] + [k + segment] * 3 + [k + m + segment] * 3)
        columns = np.concatenate([first, second] + [upper, lower, n + segment] * 2)
        limit = np.concatenate([-distance, -offset, offset])
        width = float(self.left.sum() + self.right.sum() + np.abs(self.offset).sum())
        left, right = np.zeros(n), np.zeros(n)
        np.maximum.at(left, column, self.left)
        np.maximum.at(right, column, self.right)
        low, high = np.concatenate([left, np.zeros(m)]), np.concatenate([width - right, np.full(m, np.inf)])
        pull = np.full(n, 0.5 / n)
        found = least(
            np.concatenate([pull, weight, -pull, weight]),
            (
                np.concatenate([data, data]),
                np.concatenate([rows, rows + len(limit)]),
                np.concatenate([columns, columns + n + m]),
            ),
            np.concatenate([limit, limit]),
            np.concatenate([low, low]),
            np.concatenate([high, high]),
        )
        return None if found is None else ((found[:n] + found[n + m : 2 * n + m]) / 2)[column]

    def _distances(self, column: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Neighbouring columns, each pair once, and how far apart they have to be."""
        pairs = np.flatnonzero(self.same_row)
        key = column[self.sequence[pairs]] * n + column[self.sequence[pairs + 1]]
        unique, which = np.unique(key, return_inverse=True)
        distance = np.zeros(len(unique))
        np.maximum.at(distance, which, self.distance[pairs])
        return unique // n, unique % n, distance

    def relaxed(self, *, passes: int = 60) -> np.ndarray:
        """Rows of even and of odd number in turn move to the mean of their neighbours, as near as the order allows."""
        along = np.cumsum(np.concatenate([[0.0], self.distance]))
        starts = np.concatenate([[True], ~self.same_row])
        base = along[np.maximum.accumulate(np.where(starts, np.arange(self.count), 0))]
        packed = np.zeros(self.count)
        packed[self.sequence] = along - base
        widest = np.zeros(self.rank.max() + 1)
        np.maximum.at(widest, self.rank, packed)
        x = packed - widest[self.rank] / 2
        ends, others = np.concatenate([self.upper, self.lower]), np.concatenate([self.lower, self.upper])
        weight = np.concatenate([self.weight, self.weight])
        pull = sparse.csr_matrix((weight, (ends, others)), shape=(self.count, self.count))
        total = np.bincount(ends, weight, minlength=self.count)
        shift = np.bincount(self.lower, self.weight * self.offset, minlength=self.count)
        shift -= np.bincount(self.upper, self.weight * self.offset, minlength=self.count)
        odd = self.rank[self.sequence] % 2 == 1
        for turn in range(passes):
            for half in (odd, ~odd) if turn % 2 else (~odd, odd):
                items = self.sequence[half]
                if not len(items):
                    continue
                wanted = np.where(total > 0, (pull @ x + shift) / np.maximum(total, 1e-9), x)[items]
                apart = packed[items] - self.rank[items] * FAR_APART
                fitted = isotonic_regression(wanted - apart, weights=np.maximum(total[items], 0.1)).x
                x[items] = fitted + apart
        return x
