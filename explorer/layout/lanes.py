"""Wires between the two halves of a folded drawing, most of them values saved for the backward pass.

They leave a forward card at its right side, cross the channel between the halves and reach a backward card at its left
side (or the other way round). A card at the end of its row is reached straight along the row. The others are reached
through the gap above or below their row, where each value has a lane, and through the space beside the card. Inside an
open group such a wire has one end only: it goes on to the side of the group's frame.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from explorer.layout.routing import STRAIGHT, Curve, Point, line, reversed_curves

Key = tuple[int, int, int]  # a side port: card, value that leaves there or -1, edge that arrives there or -1
LANE = 8.0  # pixels between two lanes at 100 %


@dataclass(frozen=True, slots=True)
class SideEnd:
    """One end of a wire between the halves. `forward`: the card is of the forward half. `far`: row of the other end."""

    edge: int
    card: int
    value: int
    forward: bool
    leaves: bool
    far: int

    @property
    def port(self) -> Key:
        """All wires of a value leave at one place, each arrives at its own."""
        return (self.card, self.value, -1) if self.leaves else (self.card, -1, self.edge)


@dataclass(slots=True)
class SidePort:
    """Where wires meet the side of a card. `offset`: from the card's middle. `corridor`: how far out they turn."""

    card: int
    far: int  # the nearest row of the other ends
    fixed: float | None
    lean: float = 0.0
    offset: float = 0.0
    corridor: float = 0.0


class Lanes:
    """Plans the ports, corridors and lanes of all wires across. Gap g is the one below row g; -1 is above row 0.

    `fixed`: (card, value, True) where a value leaves, (card, edge, False) where an edge arrives -> the offset of a port
    that the inside of an open group has set."""

    def __init__(
        self, ends: Sequence[SideEnd], rank: Sequence[int], height: Sequence[float], outermost: Sequence[bool],
        *, scale: float, fixed: Mapping[tuple[int, int, bool], float],
    ) -> None:  # fmt: skip
        self.ends, self.rank, self.outermost, self.scale = ends, rank, outermost, scale
        self.ports: dict[Key, SidePort] = {}
        self.of_edge: dict[int, list[SideEnd]] = {}
        for end in ends:
            offset = fixed.get((end.card, end.value if end.leaves else end.edge, end.leaves))
            port = self.ports.setdefault(end.port, SidePort(end.card, end.far, offset))
            port.far = min(port.far, end.far)
            self.of_edge.setdefault(end.edge, []).append(end)
        self._by_card: dict[int, list[SidePort]] = {}
        for port in self.ports.values():
            self._by_card.setdefault(port.card, []).append(port)
        for first, *rest in self.of_edge.values():  # ports that lead to one row stand as their other ends do
            for last in rest:
                here, there = self.ports[first.port], self.ports[last.port]
                here.lean, there.lean = there.fixed or 0.0, here.fixed or 0.0
        for card, ports in self._by_card.items():
            self._set_ports(card, ports, height[card])
        self.lane: dict[tuple[bool, Key, int], int] = {}
        self.lanes_in: dict[tuple[bool, int], int] = {}

    def _set_ports(self, card: int, ports: list[SidePort], height: float) -> None:
        ports.sort(key=lambda port: (port.far, port.lean))  # stable: else they keep their operand order
        for place, port in enumerate(ports):
            even = height * ((place + 1) / (len(ports) + 1) - 0.5)
            port.offset = even if port.fixed is None else port.fixed
        ports.sort(key=lambda port: port.offset)
        ups = [port for port in ports if port.far < self.rank[card]]
        downs = [port for port in reversed(ports) if port.far >= self.rank[card]]
        for group in (ups, downs):
            for place, port in enumerate(group):
                port.corridor = (12 + 7 * place) * self.scale

    def room_beside(self, card: int, gap: float) -> float:
        """What the corridors of a card need in addition to the usual gap between two cards."""
        widest = max((port.corridor for port in self._by_card.get(card, ())), default=0.0)
        return 0.0 if self.outermost[card] or not widest else max(0.0, widest + 10 * self.scale - gap)

    def gap(self, end: SideEnd) -> int | None:
        """The gap through which this end is reached; None where the row itself is free."""
        if self.outermost[end.card]:
            return None
        return self.rank[end.card] - 1 if end.far < self.rank[end.card] else self.rank[end.card]

    def assign(self, inner: Mapping[int, float]) -> None:
        """Number the lanes of each gap from the top. `inner` is the x of each card's side towards the channel.

        The corridor nearest the channel gets the lane nearest its row: then no corridor crosses a lane beside it.
        """
        used: dict[tuple[bool, int], set[Key]] = {}
        for end in self.ends:
            gap = self.gap(end)
            if gap is not None:
                used.setdefault((end.forward, gap), set()).add(end.port)
        for (forward, gap), keys in used.items():

            def from_channel(key: Key, sign: float = 1.0 if forward else -1.0) -> float:
                return -sign * inner[key[0]] - self.ports[key].corridor

            above = sorted((k for k in keys if self.rank[k[0]] == gap), key=lambda k: (from_channel(k), k))
            below = sorted((k for k in keys if self.rank[k[0]] > gap), key=lambda k: (-from_channel(k), k))
            for place, key in enumerate([*above, *below]):
                self.lane[forward, key, gap] = place
            self.lanes_in[forward, gap] = len(keys)

    def count(self, gap: int) -> int:
        """Lanes side by side in one gap."""
        return max(self.lanes_in.get((True, gap), 0), self.lanes_in.get((False, gap), 0))

    def channel_width(self) -> float:
        """Room for the wires that change height between the halves."""
        changing = {end.port for end in self.ends if end.forward and end.far != self.rank[end.card]}
        return min(160.0, 72.0 + 5.0 * len(changing)) * self.scale

    def curves(
        self, edge: int, *, inner: Mapping[int, float], middle: Mapping[int, float], gap_middle: Mapping[int, float],
        channel: tuple[float, float],
    ) -> list[Curve]:  # fmt: skip
        """The wire from its source to its target. `middle` is the y of each card's middle, `gap_middle` of each gap."""
        radius = 10 * self.scale
        ends = self.of_edge[edge]  # the one in the forward half comes first
        ways = [self._way(end, inner, middle, gap_middle, channel[0 if end.forward else 1]) for end in ends]
        curves = rounded(ways[0], radius)
        if len(ways) == 2:
            curves += [_level_s(ways[0][-1], ways[1][-1]), *reversed_curves(rounded(ways[1], radius))]
        if all(abs(point[1] - curves[0][0][1]) < STRAIGHT for curve in curves for point in curve):
            curves = [line(curves[0][0], curves[-1][3])]
        return curves if ends[0].leaves else reversed_curves(curves)

    def _way(
        self, end: SideEnd, inner: Mapping[int, float], middle: Mapping[int, float], gap_middle: Mapping[int, float],
        edge: float,
    ) -> list[Point]:  # fmt: skip
        """From the side of the card to the channel's edge, as a polyline with right angles."""
        key = end.port
        port = self.ports[key]
        x, y = inner[port.card], middle[port.card] + port.offset
        gap = self.gap(end)
        if gap is None:
            return [(x, y), (edge, y)]
        turn = x + (port.corridor if end.forward else -port.corridor)
        spread = self.lane[end.forward, key, gap] - (self.lanes_in[end.forward, gap] - 1) / 2
        level = gap_middle[gap] + spread * LANE * self.scale
        return [(x, y), (turn, y), (turn, level), (edge, level)]


def _level_s(start: Point, end: Point) -> Curve:
    """An S-curve with horizontal tangents."""
    middle = (start[0] + end[0]) / 2
    return start, (middle, start[1]), (middle, end[1]), end


def rounded(points: Sequence[Point], radius: float) -> list[Curve]:
    """A polyline with right angles as curves, its corners rounded."""
    curves: list[Curve] = []
    at = points[0]
    for corner, after in pairwise(points[1:]):
        before_length = abs(corner[0] - at[0]) + abs(corner[1] - at[1])
        after_length = abs(after[0] - corner[0]) + abs(after[1] - corner[1])
        r = min(radius, before_length, after_length / 2)
        start, end = _towards(corner, at, r), _towards(corner, after, r)
        curves.append(line(at, start))
        curves.append((start, _towards(corner, at, r * 0.45), _towards(corner, after, r * 0.45), end))
        at = end
    curves.append(line(at, points[-1]))
    return [curve for curve in curves if curve[0] != curve[3]]


def _towards(start: Point, end: Point, length: float) -> Point:
    whole = abs(end[0] - start[0]) + abs(end[1] - start[1])
    share = length / whole if whole else 0.0
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share
