"""The order of items in each row, with few crossings: layer sweeps by barycenter and median, then swaps of neighbours.

Sugiyama, Tagawa, Toda (1981); the swaps are the "transpose" step of Gansner et al. (1993).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from explorer.layout.layers import LayeredWire, Layers

Link = tuple[int, float, float]  # the item at the other end, where the wire meets it, where it meets this item
Rows = list[list[int]]

CROSSING = 4  # what one crossing costs, against one card between a side port and the channel of a folded drawing


class Sorter:
    """Holds the rows of one half while they are sorted. `pulled` cards like to stand at the end of their row next to
    the channel (`toward` 1: at the right, -1: at the left)."""

    def __init__(self, layers: Layers, *, pulled: Sequence[bool] = (), toward: int = 0) -> None:
        self.layers = layers
        self.toward = toward
        self.pulled = [*pulled, *[False] * (len(layers) - len(pulled))]
        self.above: list[list[Link]] = [[] for _ in range(len(layers))]
        self.below: list[list[Link]] = [[] for _ in range(len(layers))]
        for segment in layers.segments:
            at_upper = layers.fraction(segment.upper, segment.upper_offset)
            at_lower = layers.fraction(segment.lower, segment.lower_offset)
            self.below[segment.upper].append((segment.lower, at_lower, at_upper))
            self.above[segment.lower].append((segment.upper, at_upper, at_lower))
        self.position = [0] * len(layers)
        self._count = _Counter(layers)

    def start(self, *, from_below: bool) -> Rows:
        """Rows filled in the order of a depth-first walk: what is joined stands together."""
        rank, n = self.layers.rank, self.layers.n
        first, second = (self.above, self.below) if from_below else (self.below, self.above)
        rows: Rows = [[] for _ in range(self.layers.rows)]
        seen = bytearray(len(self.layers))
        for root in sorted(range(n), key=lambda i: (-rank[i] if from_below else rank[i], i)):
            stack = [] if seen[root] else [root]
            seen[root] = 1
            while stack:
                item = stack.pop()
                rows[rank[item]].append(item)
                for other, _, _ in reversed(first[item] + second[item]):
                    if not seen[other]:
                        seen[other] = 1
                        stack.append(other)
        return rows

    def number(self, rows: Rows) -> None:
        """Note each item's place in its row."""
        for row in rows:
            for place, item in enumerate(row):
                self.position[item] = place

    def cost(self, rows: Rows) -> int:
        """Crossings between neighbouring rows, and cards in the way of side ports."""
        crossings = self._count(self.position)
        return CROSSING * crossings + (sum(self._in_the_way(row) for row in rows) if self.toward else 0)

    def _in_the_way(self, row: list[int]) -> int:
        between = cost = 0
        for item in reversed(row) if self.toward > 0 else row:
            if item < self.layers.n:
                cost += between if self.pulled[item] else 0
                between += 1
        return cost

    def sweep(self, rows: Rows, *, down: bool, median: bool, ties_last: bool) -> None:
        """Sort each row by where its wires come from, row after row."""
        links = self.above if down else self.below
        span = range(1, len(rows)) if down else range(len(rows) - 2, -1, -1)
        for number in span:
            if len(rows[number]) > 1:
                rows[number] = self._sorted(rows[number], links, median=median, ties_last=ties_last)
                for place, item in enumerate(rows[number]):
                    self.position[item] = place

    def _sorted(self, row: list[int], links: list[list[Link]], *, median: bool, ties_last: bool) -> list[int]:
        position = self.position
        keyed: list[tuple[float, int, int]] = []
        for place, item in enumerate(row):
            ends = [position[other] + theirs for other, theirs, _ in links[item]]
            if len(ends) == 1:
                middle = ends[0]
            elif not ends:
                continue
            elif median and len(ends) > 2:
                middle = sorted(ends)[len(ends) // 2]
            else:
                middle = sum(ends) / len(ends)
            keyed.append((middle, -place if ties_last else place, item))
        if len(keyed) == len(row):
            return [item for _, _, item in sorted(keyed)]
        moving = iter(sorted(keyed))
        return [next(moving)[2] if links[item] else item for item in row]  # an item with no wires keeps its place

    def swap_neighbours(self, rows: Rows, *, passes: int) -> None:
        """Swap two neighbours wherever that costs less, until nothing improves or `passes` are done."""
        stale = [True] * (len(rows) + 2)  # row i is looked at again when it or a row beside it has changed: entry i + 1
        for _ in range(passes):
            changed = [False] * len(stale)
            for number, row in enumerate(rows):
                if len(row) > 1 and stale[number + 1] and self._swap_in(row):
                    changed[number] = changed[number + 1] = changed[number + 2] = True
                    stale[number + 2] = True
            if not any(changed):
                return
            stale = changed

    def _swap_in(self, row: list[int]) -> bool:
        position = self.position
        above = [[position[other] + at for other, at, _ in self.above[item]] for item in row]
        below = [[position[other] + at for other, at, _ in self.below[item]] for item in row]
        improved = False
        for place in range(len(row) - 1):
            after = place + 1
            gain = CROSSING * (_fewer(above[place], above[after]) + _fewer(below[place], below[after]))
            if self.toward:
                gain += self._pull_gain(row[place], row[after])
            if gain > 0:
                row[place], row[after] = row[after], row[place]
                above[place], above[after] = above[after], above[place]
                below[place], below[after] = below[after], below[place]
                improved = True
        if improved:
            for place, item in enumerate(row):
                position[item] = place
        return improved

    def _pull_gain(self, left: int, right: int) -> int:
        both_cards = left < self.layers.n and right < self.layers.n
        return self.toward * (self.pulled[left] - self.pulled[right]) if both_cards else 0


def _fewer(left: list[float], right: list[float]) -> int:
    """How many crossings fewer there are when two neighbours with these ends swap places."""
    fewer = 0
    for mine in left:
        for theirs in right:
            if mine > theirs:
                fewer += 1
            elif mine < theirs:
                fewer -= 1
    return fewer


class _Counter:
    """Counts crossings. Pairs of segments that lie between the same two rows are listed once, then only compared."""

    def __init__(self, layers: Layers, *, most_pairs: int = 4_000_000) -> None:
        self.upper = np.array([s.upper for s in layers.segments], dtype=np.int64)
        self.lower = np.array([s.lower for s in layers.segments], dtype=np.int64)
        self.at_upper = np.array([layers.fraction(s.upper, s.upper_offset) for s in layers.segments])
        self.at_lower = np.array([layers.fraction(s.lower, s.lower_offset) for s in layers.segments])
        rank = np.array(layers.rank, dtype=np.int64)
        gap = rank[self.upper]
        self.groups = _grouped(gap) if len(gap) else []
        pairs = sum(len(group) * (len(group) - 1) // 2 for group in self.groups)
        self.first = self.second = None
        if pairs <= most_pairs and self.groups:
            indices = [np.triu_indices(len(group), 1) for group in self.groups]
            self.first = np.concatenate([g[i] for g, (i, _) in zip(self.groups, indices, strict=True)])
            self.second = np.concatenate([g[j] for g, (_, j) in zip(self.groups, indices, strict=True)])

    def __call__(self, position: list[int]) -> int:
        place = np.array(position, dtype=np.float64)
        upper = place[self.upper] + self.at_upper
        lower = place[self.lower] + self.at_lower
        if self.first is not None and self.second is not None:
            apart = (upper[self.first] - upper[self.second]) * (lower[self.first] - lower[self.second])
            return int(np.count_nonzero(apart < 0))
        return sum(_inversions(upper[group], lower[group]) for group in self.groups)


def _grouped(gap: np.ndarray) -> list[np.ndarray]:
    order = np.argsort(gap, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(gap[order])) + 1)


def _inversions(upper: np.ndarray, lower: np.ndarray) -> int:
    """Pairs whose order above and below differs."""
    crossings = 0
    passed: list[float] = []
    for end in upper[np.lexsort((upper, lower))].tolist():
        place = bisect_right(passed, end)
        crossings += len(passed) - place
        passed.insert(place, end)
    return crossings


Structure = tuple[tuple[int, int, int, float, bool], ...]  # upper, lower, value, port as a share of width, flows up
Item = int | tuple[int, int]  # a card; a bend as (value, row)


@lru_cache(maxsize=1024)
def order_of(
    rank: tuple[int, ...], rows: int, wires: Structure, pulled: tuple[bool, ...], toward: int
) -> tuple[tuple[Item, ...], ...]:
    """The items of each row from left to right. It depends on what is joined alone, not on any size, and is remembered:
    a group that opens or closes leaves the order of its siblings as it was."""
    laid = [LayeredWire(k, upper, lower, value, port, up) for k, (upper, lower, value, port, up) in enumerate(wires)]
    layers = Layers(rank, [1.0] * len(rank), laid, rows=rows)
    bend = {item: key for key, item in layers.bends.items()}
    found = ordered_rows(layers, pulled=pulled, toward=toward)
    return tuple(tuple(bend.get(item, item) for item in row) for row in found)


def ordered_rows(layers: Layers, *, pulled: Sequence[bool] = (), toward: int = 0) -> Rows:
    """The items of each row from left to right. Same input, same order."""
    sorter = Sorter(layers, pulled=pulled, toward=toward)
    size = len(layers)
    sweeps = 24 if size < 3000 else 10 if size < 40000 else 4
    best: tuple[int, Rows] | None = None
    for from_below in (False, True) if size < 4000 else (False,):
        found = _improve(sorter, sorter.start(from_below=from_below), sweeps=sweeps, beat=best[0] if best else None)
        if best is None or found[0] < best[0]:
            best = found
        if best[0] == 0:
            break
    return best[1] if best else []


def _improve(
    sorter: Sorter, rows: Rows, *, sweeps: int, beat: int | None, patience: int = 4
) -> tuple[int, Rows]:  # fmt: skip
    """The best of `sweeps` sweeps, each with one pass of swaps; then as many passes on it as still help.

    A start that is still far from the cost to `beat` after `patience` sweeps is given up.
    """
    swap = len(sorter.layers) < 6000
    sorter.number(rows)
    best, best_rows, stalled = sorter.cost(rows), [list(row) for row in rows], 0
    for turn in range(sweeps):
        hopeless = beat is not None and turn >= patience and best > 1.25 * beat
        if best == 0 or stalled >= patience or hopeless:
            break
        sorter.sweep(rows, down=turn % 2 == 0, median=turn // 2 % 2 == 1, ties_last=turn % 4 >= 2)
        if swap:
            sorter.swap_neighbours(rows, passes=1)
        cost = sorter.cost(rows)
        stalled = 0 if cost < best else stalled + 1
        if cost < best:
            best, best_rows = cost, [list(row) for row in rows]
    if best and swap:
        sorter.number(best_rows)
        sorter.swap_neighbours(best_rows, passes=8)
        best = sorter.cost(best_rows)
    return best, best_rows
