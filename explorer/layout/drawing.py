"""One connected drawing, from ranks to curves. Everything here goes down; `placement` turns it for other directions.

It is the whole picture, or the inside of an open group. Inside a group, wires go on to ports at the frame: items of no
size in the first and last row, and places at the side where the other half is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from explorer.layout.coordinates import Ordered
from explorer.layout.lanes import LANE, Lanes, SideEnd
from explorer.layout.layers import LayeredWire, Layers, spread_departures
from explorer.layout.order import Item, order_of
from explorer.layout.order import Rows as Order
from explorer.layout.routing import Curve, Router, Rows

# Pixels at 100 %.
CARD_GAP = 32.0  # between two cards of a row
BEND_GAP = 14.0  # between two wires that pass a row
ROW_GAP = (52.0, 100.0)  # least and greatest between two rows; it grows with the slope of the wires in it
SLOPE = 0.22
DEPARTURES = 26.0  # between wires that leave one card
CLEARANCE = 12.0  # of a long curve from the cards it passes
HEADER = 28.0  # of a frame
FRAME_GAP = 28.0  # between a frame's header, or its lower edge, and what is in it


@dataclass(frozen=True, slots=True)
class Wire:
    """One use of a value: `edge` is its number, `value` the value's."""

    edge: int
    source: int
    target: int
    value: int


@dataclass(frozen=True, slots=True)
class Fixed:
    """Where wires meet boxes whose inside is drawn: (card, value) -> offset from the middle.

    `side`: (card, value, True) and (card, edge, False) -> the same where they leave and arrive at the side that faces
    the other half."""

    meet: Mapping[tuple[int, int], float] = field(default_factory=dict)
    leave: Mapping[tuple[int, int], float] = field(default_factory=dict)
    side: Mapping[tuple[int, int, bool], float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Inside:
    """That a drawing is the inside of a group. Its last `ports` cards are ports, in row 0 or the last of `rows` rows;
    `ends` are the wires that go on at the side. The frame's header takes `header` above, or `margin` at the left."""

    rows: int
    ports: int
    ends: tuple[SideEnd, ...]
    header: float
    margin: float


@dataclass(slots=True)
class Half:
    """Cards that flow one way. `cards` are their numbers in the drawing, `order` the rows of `layers`' items."""

    cards: list[int]
    layers: Layers
    order: Order
    x: np.ndarray


class Drawing:
    """n cards and their wires, each card in the row `rank` says. After `plan`, `horizontal` over `ordered`, `finish`:
    `rect` float64 (n, 4) and `curves`, edge number -> curves in flow order.

    `unused` wires count when the order is chosen and are not drawn: they stand for what an open group would show."""

    def __init__(
        self, size: np.ndarray, wires: Sequence[Wire], rank: Sequence[int], *, backward: Sequence[bool] | None = None,
        scale: float = 1.0, fixed: Fixed | None = None, unused: frozenset[int] = frozenset(),
        inside: Inside | None = None,
    ) -> None:  # fmt: skip
        self.size, self.wires, self.scale = size, wires, scale
        self.n = len(size)
        self.backward = list(backward) if backward is not None else [False] * self.n
        self.fixed, self.unused, self.inside = fixed or Fixed(), unused, inside
        self.solid = self.n - (inside.ports if inside else 0)  # cards from here on are ports
        used = sorted({*rank, 0, inside.rows - 1} if inside else set(rank))
        self.row_of = {row: place for place, row in enumerate(used)}
        self.rank = [self.row_of[row] for row in rank]
        self.rows = len(used)
        # Inside a group the order is that of all rows there could be, those of its partner included.
        self.full_rank, self.full_rows = (list(rank), inside.rows) if inside else (self.rank, self.rows)
        self.rect = np.zeros((self.n, 4))
        self.rect[:, 2:] = size
        self.curves: dict[int, list[Curve]] = {}

    def plan(self) -> None:
        """The order of cards in their rows, and the ports at their sides."""
        self.ends = list(self.inside.ends) if self.inside else self._ends()
        drawn = [end for end in self.ends if end.edge not in self.unused]
        members = [[i for i in range(self.n) if self.backward[i] == side] for side in (False, True)]
        self.halves = [self._half(cards, back=bool(side)) for side, cards in enumerate(members)]
        self.lanes = Lanes(
            drawn, self.rank, self.size[:, 1].tolist(), self._outermost(self.halves),
            scale=self.scale, fixed=self.fixed.side,
        )  # fmt: skip
        self.ordered = [self._ordered(half, back=back) for half, back in zip(self.halves, (False, True), strict=True)]

    def finish(self, x: Sequence[np.ndarray]) -> None:
        """Fill `rect` and `curves`. `x`: the items' centres in the forward half and in the backward half."""
        for half, own in zip(self.halves, x, strict=True):
            half.x = own
        self.channel = self._join(self.halves)
        inner = {end.card: self._inner(end.card) for end in self.lanes.ends}
        self.lanes.assign(inner)
        rows = self._set_y(self.halves)
        for half in self.halves:
            router = Router(half.layers, rows, half.x, half.cards, self.rect)
            for wire in half.layers.wires:
                self.curves[wire.edge] = router.curves(wire, margin=CLEARANCE * self.scale)
        middle = {i: float(self.rect[i, 1] + self.rect[i, 3] / 2) for i in inner}
        for edge in self.lanes.of_edge:
            self.curves[edge] = self.lanes.curves(
                edge, inner=inner, middle=middle, gap_middle=self.gap_middle, channel=self.channel
            )

    def _ends(self) -> list[SideEnd]:
        found = []
        for w in self.wires:
            if self.backward[w.source] != self.backward[w.target]:
                outward = self.backward[w.target]
                forward, backward = (w.source, w.target) if outward else (w.target, w.source)
                found.append(SideEnd(w.edge, forward, w.value, True, outward, self.rank[backward]))
                found.append(SideEnd(w.edge, backward, w.value, False, not outward, self.rank[forward]))
        return found

    def _half(self, cards: list[int], *, back: bool) -> Half:
        """Ports, bends and the order of rows of one half."""
        local = {card: place for place, card in enumerate(cards)}
        within = [w for w in self.wires if w.source in local and w.target in local]
        structure = tuple(
            (local[w.target], local[w.source], w.value, share, True) if back
            else (local[w.source], local[w.target], w.value, share, False)
            for w, share in zip(within, self._shares(within), strict=True)
        )  # fmt: skip
        crossing = {end.card for end in self.ends}
        toward = (-1 if back else 1) if self.ends else 0
        pulled = tuple(i in crossing for i in cards)
        full = order_of(tuple(self.full_rank[i] for i in cards), self.full_rows, structure, pulled, toward)
        drawn = [w for w in within if w.edge not in self.unused]
        layers = Layers(
            [self.rank[i] for i in cards], self.size[cards, 0].tolist(),
            [self._layered(w, share, local, back=back) for w, share in zip(drawn, self._shares(drawn), strict=True)],
            rows=self.rows,
        )  # fmt: skip
        order = self._drawn_order(full, layers)
        position = [0] * len(layers)
        for row in order:
            for place, item in enumerate(row):
                position[item] = place
        spread_departures(layers, position, spacing=DEPARTURES * self.scale)
        self._set_departures(layers, cards, back=back)
        return Half(cards, layers, order, np.zeros(0))

    def _shares(self, wires: Sequence[Wire]) -> list[float]:
        """Where each wire meets its target, as a share of its width from the middle: in operand order, evenly."""
        operands: dict[int, int] = {}
        places = []
        for w in wires:
            places.append(operands.get(w.target, 0))
            operands[w.target] = places[-1] + 1
        return [
            0.0 if w.target >= self.solid else (place + 1) / (operands[w.target] + 1) - 0.5
            for w, place in zip(wires, places, strict=True)
        ]

    def _layered(self, w: Wire, share: float, local: Mapping[int, int], *, back: bool) -> LayeredWire:
        port = self.fixed.meet.get((w.target, w.value), float(self.size[w.target, 0]) * share)
        source, target = local[w.source], local[w.target]
        upper, lower = (target, source) if back else (source, target)
        return LayeredWire(w.edge, upper, lower, w.value, port, source_below=back)

    def _drawn_order(self, full: Sequence[Sequence[Item]], layers: Layers) -> Order:
        """The order of the items that are there, out of that of all there could be."""
        order: Order = [[] for _ in range(self.rows)]
        for number, row in enumerate(full):
            place = self.row_of.get(number) if self.inside else number
            if place is None:
                continue
            for item in row:
                drawn = item if isinstance(item, int) else layers.bends.get((item[0], place))
                if drawn is not None:
                    order[place].append(drawn)
        return order

    def _set_departures(self, layers: Layers, cards: list[int], *, back: bool) -> None:
        """Wires leave an open group where its inside has led them to."""
        for wire in layers.wires if self.fixed.leave else ():
            source = wire.lower if back else wire.upper
            offset = self.fixed.leave.get((cards[source], wire.value))
            if offset is not None:
                first = layers.segments[wire.segments[-1] if back else wire.segments[0]]
                if back:
                    first.lower_offset = offset
                else:
                    first.upper_offset = offset

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
        cards = [i < layers.n and half.cards[i] < self.solid for i in range(len(layers))]
        side = [width / 2 + (CARD_GAP / 2 if is_card else BEND_GAP / 2) * self.scale
                for width, is_card in zip(layers.width, cards, strict=True)]  # fmt: skip
        inner = list(side)
        for place, card in enumerate(half.cards):
            inner[place] += self.lanes.room_beside(card, CARD_GAP * self.scale)
        return Ordered(layers, half.order, *((inner, side) if back else (side, inner)))

    def _join(self, halves: list[Half]) -> tuple[float, float]:
        """Put the backward half to the right of the forward half; the left and right edge of the channel between."""
        forward, backward = halves
        margin = self.inside.margin if self.inside else 0.0
        forward.x = forward.x + margin
        left = self._right_edge(forward)
        apart = not self.inside and len(forward.x) and len(backward.x)
        right = left + (self.lanes.channel_width() if apart else 0.0)
        backward.x = backward.x + right + margin
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

    @property
    def right(self) -> float:
        """Where the backward half ends."""
        return max(self._right_edge(self.halves[1]), self.channel[1])

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
        above = np.zeros(self.rows + 1)  # kept free of lanes: a frame's header
        if self.inside:
            frame = FRAME_GAP * self.scale
            gap[[0, self.rows - 2]] = np.maximum(gap[[0, self.rows - 2]] - least * self.scale + frame, frame)
            above[0] = self.inside.header
        top, self.gap_middle, y = [], {}, 0.0
        if self.lanes.count(-1):
            outer = (24 + LANE * self.lanes.count(-1)) * self.scale
            self.gap_middle[-1], y = outer / 2, outer
        for row in range(self.rows):
            top.append(y)
            space = float(gap[row]) + LANE * self.scale * max(0, self.lanes.count(row) - 1)
            self.gap_middle[row] = y + height[row] + above[row] + space / 2
            y += height[row] + above[row] + space
        bottom = [t + h for t, h in zip(top, height, strict=True)]
        middle = (np.asarray(top) + height / 2)[self.rank] if self.n else np.zeros(0)
        self.rect[:, 1] = middle - self.size[:, 1] / 2
        self.bottom = bottom[-1] if bottom else 0.0
        return Rows(top, bottom, self.rank[: self.solid], self.rect[: self.solid])
