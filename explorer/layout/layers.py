"""A layered drawing in the making: cards and bends in rows, and the segments that lead from one row to the next.

A wire that passes rows on its way has a bend in each of them. Wires of one value share their bends: one value, one
trunk. "Upper" and "lower" are places on the page; in the backward half of a folded drawing the source is the lower end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Segment:
    """From an item of one row to an item of the next. Offsets: where it meets the item, in pixels from its centre."""

    upper: int
    lower: int
    upper_offset: float
    lower_offset: float


@dataclass(slots=True)
class LayeredWire:
    """One wire inside a half. `source_below`: it flows up."""

    edge: int
    upper: int
    lower: int
    value: int
    port: float  # where it meets the target, from the target's centre
    source_below: bool = False
    items: list[int] = field(default_factory=list)  # from the upper card through bends to the lower card
    segments: list[int] = field(default_factory=list)  # between them


class Layers:
    """Items 0..n-1 are cards, the others bends. `rank[i]` is the row of item i, `width[i]` its width (0 for a bend)."""

    def __init__(self, rank: Sequence[int], width: Sequence[float], wires: list[LayeredWire], *, rows: int) -> None:
        self.n = len(rank)
        self.rank = list(rank)
        self.width = list(width)
        self.rows = rows
        self.wires = wires
        self.segments: list[Segment] = []
        self.bends: dict[tuple[int, int], int] = {}  # (value, row) -> the item
        joined: dict[tuple[int, int], int] = {}
        for wire in wires:
            self._lay(wire, self.bends, joined)

    def __len__(self) -> int:
        return len(self.rank)

    def _lay(self, wire: LayeredWire, bends: dict[tuple[int, int], int], joined: dict[tuple[int, int], int]) -> None:
        wire.items = [wire.upper]
        for row in range(self.rank[wire.upper] + 1, self.rank[wire.lower]):
            bend = bends.get((wire.value, row))
            if bend is None:
                bend = bends[wire.value, row] = len(self.rank)
                self.rank.append(row)
                self.width.append(0.0)
            wire.items.append(bend)
        wire.items.append(wire.lower)
        target = wire.upper if wire.source_below else wire.lower
        for upper, lower in zip(wire.items, wire.items[1:], strict=False):
            meets = target in (upper, lower)
            number = None if meets else joined.get((upper, lower))
            if number is None:
                number = len(self.segments)
                joined[upper, lower] = number
                upper_offset = wire.port if meets and wire.source_below else 0.0
                lower_offset = wire.port if meets and not wire.source_below else 0.0
                self.segments.append(Segment(upper, lower, upper_offset, lower_offset))
            wire.segments.append(number)

    def fraction(self, item: int, offset: float) -> float:
        """An offset as a share of the item's width, kept inside the item."""
        width = self.width[item]
        return max(-0.49, min(0.49, offset / width)) if width else 0.0


def spread_departures(layers: Layers, position: Sequence[int], *, spacing: float) -> None:
    """Give the wires that leave one card their own places on its edge, in the order of where they go.

    `position` of an item is its place in its row. Wires of one value that share a first segment share the place.
    """
    leaving: dict[int, dict[int, bool]] = {}
    for wire in layers.wires:
        source = wire.lower if wire.source_below else wire.upper
        first = wire.segments[-1] if wire.source_below else wire.segments[0]
        leaving.setdefault(source, {})[first] = wire.source_below
    for card, firsts in leaving.items():

        def goes_to(number: int, upward: bool) -> float:
            segment = layers.segments[number]
            item, offset = (segment.upper, segment.upper_offset) if upward else (segment.lower, segment.lower_offset)
            return position[item] + layers.fraction(item, offset)

        order = sorted(firsts, key=lambda number: (goes_to(number, firsts[number]), number))
        step = min(spacing, 0.6 * layers.width[card] / max(1, len(order) - 1))
        for place, number in enumerate(order):
            offset = (place - (len(order) - 1) / 2) * step
            if firsts[number]:
                layers.segments[number].lower_offset = offset
            else:
                layers.segments[number].upper_offset = offset
