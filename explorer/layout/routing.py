"""Wires inside one half as cubic curves: S-curves with vertical tangents that keep clear of every card.

Between two rows there is no card, so an S-curve there is safe whatever its slope; beside the cards of a row a bend has
its own column. That drawing always exists. Where there is room a longer and calmer curve takes the place of several.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from explorer.layout.layers import LayeredWire, Layers

Point = tuple[float, float]
Curve = tuple[Point, Point, Point, Point]

STRAIGHT = 0.5  # pixels; ends nearer than this to one line are joined by one
_T = np.linspace(0.0, 1.0, 33)
_ACROSS = 3 * _T**2 - 2 * _T**3  # of the way from x0 to x1 along an S-curve
_DOWN = 1.5 * _T - 1.5 * _T**2 + _T**3  # of the way from y0 to y1


def line(start: Point, end: Point) -> Curve:
    """A straight line as a cubic curve."""
    (x0, y0), (x1, y1) = start, end
    return start, (x0 + (x1 - x0) / 3, y0 + (y1 - y0) / 3), (x1 - (x1 - x0) / 3, y1 - (y1 - y0) / 3), end


def s_curve(start: Point, end: Point) -> Curve:
    """From `start` to `end` with vertical tangents."""
    (x0, y0), (x1, y1) = start, end
    if abs(x0 - x1) < STRAIGHT:
        return line(start, end)
    middle = (y0 + y1) / 2
    return start, (x0, middle), (x1, middle), end


def reversed_curves(curves: Iterable[Curve]) -> list[Curve]:
    """The same drawing in the other direction."""
    return [(d, c, b, a) for a, b, c, d in reversed(list(curves))]


class Rows:
    """Where the rows are: `top[i]` to `bottom[i]`, and the cards in each as (left, top, right, bottom)."""

    def __init__(self, top: Sequence[float], bottom: Sequence[float], rank: Sequence[int], rect: np.ndarray) -> None:
        self.top, self.bottom = list(top), list(bottom)
        order = np.argsort(np.asarray(rank), kind="stable")
        self.cards = order
        self.first = np.searchsorted(np.asarray(rank)[order], np.arange(len(self.top) + 1))
        boxes = np.column_stack([rect[:, :2], rect[:, :2] + rect[:, 2:]])
        self.boxes = boxes[order]

    def is_free(self, start: Point, end: Point, span: tuple[int, int], ends: Sequence[int], *, margin: float) -> bool:
        """True where the S-curve from `start` down to `end` keeps `margin` from all cards of the rows but `ends`."""
        low, high = self.first[span[0]], self.first[span[1] + 1]
        boxes = self.boxes[low:high]
        x = start[0] + (end[0] - start[0]) * _ACROSS
        y = start[1] + (end[1] - start[1]) * _DOWN
        left, right = np.minimum(x[:-1], x[1:])[:, None], np.maximum(x[:-1], x[1:])[:, None]
        touched = (left < boxes[:, 2] + margin) & (right > boxes[:, 0] - margin)
        touched &= (y[:-1, None] < boxes[:, 3] + margin) & (y[1:, None] > boxes[:, 1] - margin)
        hit = touched.any(axis=0)
        return not any(int(card) not in ends for card in self.cards[low:high][hit])


class Router:
    """Draws the wires of one half. `x` are the centres of its items, `card` maps its cards to those of `rows`."""

    def __init__(self, layers: Layers, rows: Rows, x: np.ndarray, card: Sequence[int], rect: np.ndarray) -> None:
        self.layers, self.rows, self.x, self.card, self.rect = layers, rows, x, card, rect

    def curves(self, wire: LayeredWire, *, margin: float) -> list[Curve]:
        """The wire from its source to its target."""
        points = self._points(wire)
        if len(points) == 2 and self._between_rows(points, wire):
            straight = [s_curve(*points)]
            return reversed_curves(straight) if wire.source_below else straight
        rank = [self.layers.rank[item] for item in wire.items]
        ends = (self.card[wire.upper], self.card[wire.lower])
        drawn: list[Curve] = []
        at, last = 0, len(points) - 1
        while at < last:
            reach = self._reach(points, rank, ends, at, margin)
            if reach > at:
                drawn.append(s_curve(points[at], points[reach]))
            else:
                reach = at + 1
                drawn += self._safe(points[at], points[reach], rank[at], rank[reach])
            at = reach
        joined = _joined(drawn)
        return reversed_curves(joined) if wire.source_below else joined

    def _between_rows(self, points: list[Point], wire: LayeredWire) -> bool:
        """True where both cards are as tall as their rows: the curve then keeps to the gap and is safe as it is."""
        upper, lower = self.layers.rank[wire.upper], self.layers.rank[wire.lower]
        return points[0][1] >= self.rows.bottom[upper] - STRAIGHT and points[1][1] <= self.rows.top[lower] + STRAIGHT

    def _points(self, wire: LayeredWire) -> list[Point]:
        first, last = self.layers.segments[wire.segments[0]], self.layers.segments[wire.segments[-1]]
        upper, lower = self.rect[self.card[wire.upper]], self.rect[self.card[wire.lower]]
        bends = [(float(self.x[item]), self._middle(item)) for item in wire.items[1:-1]]
        return [
            (float(self.x[wire.upper]) + first.upper_offset, float(upper[1] + upper[3])),
            *bends,
            (float(self.x[wire.lower]) + last.lower_offset, float(lower[1])),
        ]

    def _middle(self, item: int) -> float:
        row = self.layers.rank[item]
        return (self.rows.top[row] + self.rows.bottom[row]) / 2

    def _reach(self, points: list[Point], rank: list[int], ends: Sequence[int], at: int, margin: float) -> int:
        """The furthest point one free S-curve gets to, trying the whole way, then half of it, and so on."""
        step = len(points) - 1 - at
        while step:
            span = (rank[at], rank[at + step])
            if self.rows.is_free(points[at], points[at + step], span, ends, margin=margin):
                return at + step
            step //= 2
        return at

    def _safe(self, start: Point, end: Point, upper: int, lower: int) -> list[Curve]:
        """Straight to the edge of the row, across between the rows, straight on."""
        leave, enter = (start[0], self.rows.bottom[upper]), (end[0], self.rows.top[lower])
        return [line(start, leave), s_curve(leave, enter), line(enter, end)]


def _joined(curves: list[Curve]) -> list[Curve]:
    """Neighbouring vertical lines made one; lines of no length left out."""
    joined: list[Curve] = []
    for curve in curves:
        (x0, y0), (x1, y1) = curve[0], curve[3]
        if x0 == x1 and y0 == y1:
            continue
        before = joined[-1] if joined else None
        if before and before[0][0] == before[3][0] == x0 == x1:
            joined[-1] = line(before[0], curve[3])
        else:
            joined.append(curve)
    return joined
