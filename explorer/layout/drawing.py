"""One connected drawing, from ranks to curves. Everything here goes down; `placement` turns it for other directions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.layout.coordinates import Ordered
from explorer.layout.lanes import LANE, Across, Lanes
from explorer.layout.layers import LayeredWire, Layers, spread_departures
from explorer.layout.order import Rows as Order
from explorer.layout.order import ordered_rows
from explorer.layout.routing import Curve, Router, Rows

# Pixels at 100 %.
CARD_GAP = 32.0  # between two cards of a row
BEND_GAP = 14.0  # between two wires that pass a row
ROW_GAP = (52.0, 100.0)  # least and greatest between two rows; it grows with the slope of the wires in it
SLOPE = 0.22
DEPARTURES = 26.0  # between wires that leave one card
CLEARANCE = 12.0  # of a long curve from the cards it passes


@dataclass(frozen=True, slots=True)
class Wire:
    """One use of a value: `edge` is its number, `value` the value's."""

    edge: int
    source: int
    target: int
    value: int


@dataclass(slots=True)
class Half:
    """Cards that flow one way. `cards` are their numbers in the drawing, `order` the rows of `layers`' items."""

    cards: list[int]
    layers: Layers
    order: Order
    x: np.ndarray


class Drawing:
    """n cards and their wires, each card in the row `rank` says. After `plan`, `horizontal` over `ordered`, `finish`:
    `rect` float64 (n, 4) and `curves`, edge number -> curves in flow order."""

    def __init__(
        self, size: np.ndarray, wires: Sequence[Wire], rank: Sequence[int], *, backward: Sequence[bool] | None = None,
        scale: float = 1.0,
    ) -> None:  # fmt: skip
        self.size, self.wires, self.scale = size, wires, scale
        self.n = len(size)
        self.backward = list(backward) if backward is not None else [False] * self.n
        used = {row: place for place, row in enumerate(sorted(set(rank)))}
        self.rank = [used[row] for row in rank]
        self.rows = len(used)
        self.rect = np.zeros((self.n, 4))
        self.rect[:, 2:] = size
        self.curves: dict[int, list[Curve]] = {}

    def plan(self) -> None:
        """The order of cards in their rows, and the ports at their sides."""
        self.across = self._across()
        members = [[i for i in range(self.n) if self.backward[i] == side] for side in (False, True)]
        self.halves = [self._half(cards, back=bool(side)) for side, cards in enumerate(members)]
        self.lanes = Lanes(
            self.across, self.rank, self.size[:, 1].tolist(), self._outermost(self.halves), scale=self.scale
        )
        self.ordered = [self._ordered(half, back=back) for half, back in zip(self.halves, (False, True), strict=True)]

    def finish(self, x: Sequence[np.ndarray]) -> None:
        """Fill `rect` and `curves`. `x`: the items' centres in the forward half and in the backward half."""
        for half, own in zip(self.halves, x, strict=True):
            half.x = own
        channel = self._join(self.halves)
        inner = {i: self._inner(i) for wire in self.across for i in (wire.forward, wire.backward)}
        self.lanes.assign(inner)
        rows = self._set_y(self.halves)
        for half in self.halves:
            router = Router(half.layers, rows, half.x, half.cards, self.rect)
            for wire in half.layers.wires:
                self.curves[wire.edge] = router.curves(wire, margin=CLEARANCE * self.scale)
        middle = {i: float(self.rect[i, 1] + self.rect[i, 3] / 2) for i in inner}
        for passing in self.across:
            self.curves[passing.edge] = self.lanes.curves(
                passing, inner=inner, middle=middle, gap_middle=self.gap_middle, channel=channel
            )

    def _across(self) -> list[Across]:
        found = []
        for w in self.wires:
            if self.backward[w.source] != self.backward[w.target]:
                outward = self.backward[w.target]
                forward, backward = (w.source, w.target) if outward else (w.target, w.source)
                found.append(Across(w.edge, forward, backward, w.value, outward))
        return found

    def _half(self, cards: list[int], *, back: bool) -> Half:
        """Ports, bends and the order of rows of one half."""
        local = {card: place for place, card in enumerate(cards)}
        inside = [w for w in self.wires if w.source in local and w.target in local]
        operands: dict[int, list[Wire]] = {}
        for w in inside:
            operands.setdefault(w.target, []).append(w)
        wires = []
        for w in inside:
            group = operands[w.target]
            port = float(self.size[w.target, 0]) * ((group.index(w) + 1) / (len(group) + 1) - 0.5)
            source, target = local[w.source], local[w.target]
            upper, lower = (target, source) if back else (source, target)
            wires.append(LayeredWire(w.edge, upper, lower, w.value, port, source_below=back))
        layers = Layers([self.rank[i] for i in cards], self.size[cards, 0].tolist(), wires, rows=self.rows)
        crossing = {i for wire in self.across for i in (wire.forward, wire.backward)}
        toward = (-1 if back else 1) if self.across else 0
        order = ordered_rows(layers, pulled=[i in crossing for i in cards], toward=toward)
        position = [0] * len(layers)
        for row in order:
            for place, item in enumerate(row):
                position[item] = place
        spread_departures(layers, position, spacing=DEPARTURES * self.scale)
        return Half(cards, layers, order, np.zeros(0))

    def _outermost(self, halves: list[Half]) -> list[bool]:
        """True for cards with no other card between them and the channel."""
        outermost = [False] * self.n
        for half, back in zip(halves, (False, True), strict=True):
            for row in half.order:
                cards = [half.cards[item] for item in row if item < half.layers.n]
                if cards:
                    outermost[cards[0 if back else -1]] = True
        return outermost

    def _ordered(self, half: Half, *, back: bool) -> Ordered:
        layers = half.layers
        side = [width / 2 + (CARD_GAP / 2 if i < layers.n else BEND_GAP / 2) * self.scale
                for i, width in enumerate(layers.width)]  # fmt: skip
        inner = list(side)
        for place, card in enumerate(half.cards):
            inner[place] += self.lanes.room_beside(card, CARD_GAP * self.scale)
        return Ordered(layers, half.order, *((inner, side) if back else (side, inner)))

    def _join(self, halves: list[Half]) -> tuple[float, float]:
        """Put the backward half to the right of the forward half; the left and right edge of the channel between."""
        forward, backward = halves
        left = self._right_edge(forward)
        right = left + (self.lanes.channel_width() if len(forward.x) and len(backward.x) else 0.0)
        backward.x = backward.x + right
        for half in halves:
            self.rect[half.cards, 0] = half.x[: half.layers.n] - self.size[half.cards, 0] / 2
        return left, right

    def _right_edge(self, half: Half) -> float:
        if not len(half.x):
            return 0.0
        reach = [card + 0.0 for card in half.x + np.asarray(half.layers.width) / 2]
        beside = [0.0] * len(reach)
        for place, card in enumerate(half.cards):
            beside[place] = self.lanes.room_beside(card, CARD_GAP * self.scale)
        return float(np.max(np.asarray(reach) + np.asarray(beside))) + CARD_GAP * self.scale / 2

    def _inner(self, card: int) -> float:
        """x of the side of a card that faces the channel."""
        return float(self.rect[card, 0] + (0.0 if self.backward[card] else self.rect[card, 2]))

    def _set_y(self, halves: list[Half]) -> Rows:
        height = np.zeros(self.rows)
        np.maximum.at(height, self.rank, self.size[:, 1])
        slant = np.zeros(self.rows + 1)
        for half in halves:
            for s in half.layers.segments:
                run = abs(half.x[s.upper] + s.upper_offset - half.x[s.lower] - s.lower_offset)
                slant[half.layers.rank[s.upper]] = max(slant[half.layers.rank[s.upper]], run)
        least, most = ROW_GAP
        gap = np.clip(least + SLOPE * (slant / self.scale - 40), least, most) * self.scale
        top, self.gap_middle, y = [], {}, 0.0
        if self.lanes.count(-1):
            outer = (24 + LANE * self.lanes.count(-1)) * self.scale
            self.gap_middle[-1], y = outer / 2, outer
        for row in range(self.rows):
            top.append(y)
            space = float(gap[row]) + LANE * self.scale * max(0, self.lanes.count(row) - 1)
            self.gap_middle[row] = y + height[row] + space / 2
            y += height[row] + space
        bottom = [t + h for t, h in zip(top, height, strict=True)]
        middle = (np.asarray(top) + height / 2)[self.rank] if self.n else np.zeros(0)
        self.rect[:, 1] = middle - self.size[:, 1] / 2
        return Rows(top, bottom, self.rank, self.rect)
