"""Where each item stands within its row, once the order is known: wires straight where they can be, all balanced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import isotonic_regression, linprog

from explorer.layout.layers import Layers
from explorer.layout.order import Rows

EXACT_LIMIT = 900  # items; beyond it the linear programme is slower than relaxation
WEIGHTS = np.array([1.0, 2.0, 8.0])  # of a segment with 0, 1, 2 bends at its ends: long wires are straight first
FAR_APART = 1e7  # keeps rows apart when several are relaxed in one regression


@dataclass(frozen=True, slots=True)
class Ordered:
    """A half whose rows are in order. `left[i]` and `right[i]` is the room that item i needs at either side of its
    centre, its share of the gap included."""

    layers: Layers
    rows: Rows
    left: Sequence[float]
    right: Sequence[float]


def horizontal(halves: Sequence[Ordered]) -> list[np.ndarray]:
    """Centre of every item of each half, float64 (items,), each half's leftmost edge at 0.

    The halves have nothing to do with each other; they are solved together because a call costs more than a small half.
    """
    if not halves:
        return []
    problem = _Problem(halves)
    x = None
    if 0 < problem.count <= EXACT_LIMIT:
        x = problem.exact(problem.columns())
        if x is None:
            x = problem.exact(np.arange(problem.count))
    if x is None:
        x = problem.relaxed()
    parts = zip(np.split(x, problem.bounds), np.split(problem.left, problem.bounds), strict=True)
    return [own - np.min(own - left) if len(own) else own for own, left in parts]


class _Problem:
    """Least weighted sum of |x of upper end - x of lower end| over segments; neighbours in a row keep apart."""

    def __init__(self, halves: Sequence[Ordered]) -> None:
        counts = [len(half.layers) for half in halves]
        self.count = sum(counts)
        self.bounds = np.cumsum(counts)[:-1]
        start = [0, *self.bounds.tolist()]
        first_row = np.cumsum([0, *(half.layers.rows for half in halves)])
        self.left = _joined([half.left for half in halves])
        self.right = _joined([half.right for half in halves])
        self.rank = _joined([np.asarray(h.layers.rank) + r for h, r in zip(halves, first_row, strict=False)]).astype(
            int
        )
        self.bend = _joined([np.arange(len(half.layers)) >= half.layers.n for half in halves]).astype(bool)
        self.sequence = np.array(
            [item + at for half, at in zip(halves, start, strict=True) for row in half.rows for item in row], dtype=int
        )
        first, second = self.sequence[:-1], self.sequence[1:]
        self.same_row = self.rank[first] == self.rank[second]
        self.distance = np.where(self.same_row, self.right[first] + self.left[second], 0.0)
        segments = [(s, at) for half, at in zip(halves, start, strict=True) for s in half.layers.segments]
        self.upper = np.array([s.upper + at for s, at in segments], dtype=int)
        self.lower = np.array([s.lower + at for s, at in segments], dtype=int)
        self.offset = np.array([s.upper_offset - s.lower_offset for s, _ in segments], dtype=float)
        self.weight = WEIGHTS[self.bend[self.upper].astype(int) + self.bend[self.lower]]

    def columns(self) -> np.ndarray:
        """int (items,): which items stand at one x from the start. The bends of a wire do, row after row, but where it
        crosses another wire's bends: that leaves a third of the unknowns, and long wires straight."""
        place = np.empty(self.count, dtype=np.int64)
        place[self.sequence] = np.arange(self.count)
        inner = np.flatnonzero(self.bend[self.upper] & self.bend[self.lower])
        inner = inner[np.argsort(place[self.upper[inner]], kind="stable")]
        # Places count on from row to row, so segments of one gap stand together, and cross where the lower ends swap.
        gap, below = self.rank[self.upper[inner]], place[self.lower[inner]]
        column = np.arange(self.count)
        for g in np.unique(gap):
            ends = below[gap == g]
            fine = (np.maximum.accumulate(ends) <= ends) & (np.minimum.accumulate(ends[::-1])[::-1] >= ends)
            chosen = inner[gap == g][fine]
            column[self.lower[chosen]] = column[self.upper[chosen]]
        return np.asarray(np.unique(column, return_inverse=True)[1])

    def exact(self, column: np.ndarray) -> np.ndarray | None:
        """The mean of the leftmost and of the rightmost optimum: it is an optimum too, and it is balanced.

        Items of one `column` share their x. Solved as the dual, a flow: one equation for each column, where the primal
        has two for each segment. The x are the prices of these equations. Both optima come out of one call, as two
        copies that know nothing of each other; the pull that makes them lean to the left and to the right is too small
        to pay for a pixel of wire. None where the columns contradict each other.
        """
        n = int(column.max()) + 1
        upper, lower = column[self.upper], column[self.lower]
        bent = upper != lower
        upper, lower, weight = upper[bent], lower[bent], self.weight[bent]
        first, second, distance = self._distances(column, n)
        m, k, edge = len(upper), len(first), self._edges(column)
        segment, pair, end = np.arange(m), m + np.arange(k), m + k + np.arange(len(edge[0]))
        one, count = np.ones, m + k + len(edge[0])
        # Equation of a column: flow along segments and separations, and along the end of its row, adds up to its pull.
        data = np.concatenate([one(m), -one(m), -one(k), one(k), -one(len(end))])
        rows = np.concatenate([upper, lower, second, first, edge[0]])
        columns = np.concatenate([segment, segment, pair, pair, end])
        mirrored = np.concatenate([data[: 2 * (m + k)], one(len(end))])
        rows_mirrored = np.concatenate([rows[: 2 * (m + k)], edge[1]])
        pull = np.full(n, 0.5 / n)
        gain = np.concatenate([self.offset[bent], distance])
        least_flow = np.concatenate([-weight, np.zeros(count - m)])
        most_flow = np.concatenate([weight, np.full(count - m, np.inf)])
        found = linprog(
            -np.concatenate([gain, self.left[edge[2]], gain, self.right[edge[3]]]),
            A_eq=sparse.csc_matrix(
                (
                    np.concatenate([data, mirrored]),
                    (np.concatenate([rows, rows_mirrored + n]), np.concatenate([columns, columns + count])),
                ),
                shape=(2 * n, 2 * count),
            ),
            b_eq=np.concatenate([-pull, pull]),
            bounds=np.column_stack([np.tile(least_flow, 2), np.tile(most_flow, 2)]),
            method="highs-ds",
        )
        if found.status != 0:
            return None
        prices = found.eqlin.marginals
        x: np.ndarray = (prices[:n] + prices[n:])[column] / 2
        return x

    def _edges(self, column: np.ndarray) -> tuple[np.ndarray, ...]:
        """Columns of the items that stand first and last in their rows, and those items."""
        starts = np.concatenate([[True], ~self.same_row])
        ends = np.concatenate([~self.same_row, [True]])
        first, last = self.sequence[starts], self.sequence[ends]
        return column[first], column[last], first, last

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
        if not self.count:
            return np.zeros(0)
        along = np.cumsum(np.concatenate([[0.0], self.distance]))
        starts = np.concatenate([[True], ~self.same_row])
        base = along[np.maximum.accumulate(np.where(starts, np.arange(self.count), 0))]
        packed = np.zeros(self.count)
        packed[self.sequence] = along - base
        widest = np.zeros(self.rank.max() + 1)
        np.maximum.at(widest, self.rank, packed)
        x: np.ndarray = packed - widest[self.rank] / 2
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
                fitted: np.ndarray = isotonic_regression(wanted - apart, weights=np.maximum(total[items], 0.1)).x
                x[items] = fitted + apart
        return x


def _joined(parts: Sequence[Sequence[float] | np.ndarray]) -> np.ndarray:
    return np.concatenate([np.zeros(0), *(np.asarray(part) for part in parts)])
