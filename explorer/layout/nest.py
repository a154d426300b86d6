"""Which piece of which wire is drawn in which group.

A wire between places in different groups is drawn in pieces: from its source up through the frames around it, between
two boxes of the innermost group that holds both ends, and down through frames to its target. All pieces that there
could be, were every group open, make the structure of a group: ranks and order depend on that alone. Those that are
drawn follow from which groups are open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, Literal

import numpy as np

ROOT: Final = -1
Way = Literal["within", "in", "out", "side in", "side out"]  # in the direction of flow


@dataclass(frozen=True, slots=True)
class Nest:
    """Groups around n places. `inside` int (n,): the innermost group of each, -1 for none. `parent` int (g,): the group
    around each, -1 for none. `is_open` bool (g,). `backward` bool (g,): of the half that flows back. `partner` int
    (g,): the group of the other half that likes to stand beside it, -1 for none. A group has a smaller number than the
    groups in it."""

    inside: np.ndarray
    parent: np.ndarray
    is_open: np.ndarray
    backward: np.ndarray
    partner: np.ndarray


@dataclass(frozen=True, slots=True)
class Piece:
    """`source` and `target` are boxes (a place, or n + the number of a group), -1 where the wire goes on outside.

    Pieces of one `value` between the same boxes are one; those that end at a place, and those of a wire between the
    halves from there on, stand apart by `use`, -1 for all others."""

    way: Way
    value: int
    source: int
    target: int
    use: int = -1


@dataclass(slots=True)
class Home:
    """A group, or all there is: the boxes in it, and all pieces that could be drawn in it, with their numbers."""

    boxes: list[int] = field(default_factory=list)
    pieces: dict[Piece, int] = field(default_factory=dict)
    drawn: set[int] = field(default_factory=set)

    def number(self, piece: Piece) -> int:
        return self.pieces.setdefault(piece, len(self.pieces))


class Structure:
    """Homes of an open nest, the pieces of each drawn use, and pairs of boxes that a wire between the halves joins.

    `homes`: ROOT, every group that shows what it holds, and the partner of each. `route[k]`: (home, piece) of drawn use
    k, from its source on. `pairs[home]`: boxes of the home and of its partner, joined by some use."""

    def __init__(
        self, n: int, edges: Sequence[tuple[int, int]], values: Sequence[int], sides: Sequence[bool] | None, nest: Nest,
        drawn: Sequence[int],
    ) -> None:  # fmt: skip
        self.n, self.sides, self.nest = n, sides, nest
        self.parent = nest.parent.tolist()
        self.shows = _shows(nest)
        self.homes: dict[int, Home] = {ROOT: Home()}
        for group, partner in enumerate(nest.partner.tolist()):
            if self.shows[group] or (partner >= 0 and self.shows[partner]):
                self.homes[group] = Home()
        self.ways = self._ways(nest.inside.tolist())
        self._fill()
        self.pairs: dict[int, dict[tuple[int, int], None]] = {home: {} for home in self.homes}
        self.route: list[list[tuple[int, int]]] = []
        wanted = set(drawn)
        routes: dict[int, list[tuple[int, int]]] = {}
        for use, (source, target) in enumerate(edges):
            routes[use] = self._lay(use, source, target, values[use])
            if use in wanted:
                shown = [(home, piece) for home, piece in routes[use] if home == ROOT or self.shows[home]]
                routes[use] = shown
                for home, piece in shown:
                    self.homes[home].drawn.add(piece)
        self.route = [routes[use] for use in drawn]

    def _ways(self, inside: list[int]) -> list[tuple[int, ...]]:
        """Boxes around each place from the outermost on, the place last."""
        chains: list[tuple[int, ...]] = []
        for group, outer in enumerate(self.parent):
            chains.append((*(chains[outer] if outer >= 0 else ()), self.n + group))
        return [(*(chains[group] if group >= 0 else ()), place) for place, group in enumerate(inside)]

    def _fill(self) -> None:
        """The boxes of each home, in the order of the first place in each."""
        seen: set[int] = set()
        for way in self.ways:
            home = ROOT
            for box in way:
                if box not in seen:
                    seen.add(box)
                    if home in self.homes:
                        self.homes[home].boxes.append(box)
                home = box - self.n

    def side(self, box: int) -> bool:
        """True for a box of the half that flows back."""
        return bool(self.nest.backward[box - self.n] if box >= self.n else self.sides and self.sides[box])

    def partner(self, box: int) -> int:
        """The box that likes to stand beside this one, -1 where there is none."""
        other = int(self.nest.partner[box - self.n]) if box >= self.n else -1
        return other + self.n if other >= 0 else -1

    def _lay(self, use: int, source: int, target: int, value: int) -> list[tuple[int, int]]:
        """All pieces of one use, in the homes that there are."""
        up, down = self.ways[source], self.ways[target]
        level = next(k for k, (a, b) in enumerate(zip(up, down, strict=False)) if a != b)
        home = up[level - 1] - self.n if level else ROOT
        across = self.sides is not None and self.side(up[level]) != self.side(down[level])
        pieces = []
        for k in range(len(up) - 1, level, -1):
            pieces.append((up[k - 1] - self.n, Piece("side out" if across else "out", value, up[k], -1)))
        end = use if len(down) == level + 1 else -1
        pieces.append((home, Piece("within", value, up[level], down[level], use if across else end)))
        for k in range(level + 1, len(down)):
            end = use if across or k == len(down) - 1 else -1
            pieces.append((down[k - 1] - self.n, Piece("side in" if across else "in", value, -1, down[k], end)))
        if across:
            self._join(up[level:], down[level:])
        return [(own, self.homes[own].number(piece)) for own, piece in pieces if own in self.homes]

    def _join(self, up: tuple[int, ...], down: tuple[int, ...]) -> None:
        """Note which boxes inside a group and inside its partner a wire joins."""
        for (a, inner), (b, other) in zip(pairwise(up), pairwise(down), strict=False):
            if int(self.nest.partner[a - self.n]) != b - self.n:
                return
            for home in (a - self.n, b - self.n):
                if home in self.homes:
                    self.pairs[home][inner, other] = None


def no_groups(n: int) -> Nest:
    """The nest of n places that are in no group."""
    nothing = np.zeros(0, dtype=np.int64)
    return Nest(np.full(n, -1), nothing, nothing.astype(bool), nothing.astype(bool), nothing)


def _shows(nest: Nest) -> list[bool]:
    """Groups that are open and in open groups only."""
    shows: list[bool] = []
    for outer, is_open in zip(nest.parent.tolist(), nest.is_open.tolist(), strict=True):
        shows.append(bool(is_open) and (outer < 0 or shows[outer]))
    return shows
