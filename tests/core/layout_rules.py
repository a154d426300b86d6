"""What every drawing has to keep, as functions that name the cards and wires that do not."""

from __future__ import annotations

import numpy as np

from explorer.layout.placement import Placement

STEPS = np.linspace(0.0, 1.0, 33)


def overlaps(placement: Placement) -> list[tuple[int, int]]:
    """Pairs of cards that share more than an edge."""
    low, high = placement.rect[:, :2], placement.rect[:, :2] + placement.rect[:, 2:]
    shared = np.minimum(high[:, None], high[None]) - np.maximum(low[:, None], low[None])
    found = np.argwhere((shared > 1e-6).all(axis=2))
    return [(int(a), int(b)) for a, b in found if a < b]


def flattened(curves: np.ndarray) -> np.ndarray:
    """float64 (c, 33, 2): points on cubic curves."""
    t = STEPS[:, None]
    basis = np.concatenate([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3], axis=1)
    return np.einsum("ti,cid->ctd", basis, curves)


def passes_through(placement: Placement, edges: np.ndarray, *, margin: float = 1.0) -> list[tuple[int, int]]:
    """(wire, card) where a wire comes nearer than `margin` to a card that is not its end."""
    found = []
    points = flattened(placement.curves)
    low, high = placement.rect[:, :2] - margin, placement.rect[:, :2] + placement.rect[:, 2:] + margin
    for curve, wire in zip(points, placement.curve_wire, strict=True):
        for card in np.flatnonzero(_touches(curve, low, high)):
            if card not in edges[wire]:
                found.append((int(wire), int(card)))
    return found


def _touches(points: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """bool (n,): boxes that the polyline enters (Liang-Barsky clipping of each piece)."""
    start, step = points[:-1, None], np.diff(points, axis=0)[:, None]
    step = np.where(np.abs(step) < 1e-12, 1e-12, step)
    first, second = (low[None] - start) / step, (high[None] - start) / step
    enter = np.minimum(first, second).max(axis=2).clip(min=0.0)
    leave = np.maximum(first, second).min(axis=2).clip(max=1.0)
    return (enter < leave - 1e-9).any(axis=0)


def wire_ends(placement: Placement, wire: int) -> tuple[np.ndarray, np.ndarray]:
    """First and last point of one wire."""
    curves = placement.curves[placement.curve_wire == wire]
    return curves[0, 0], curves[-1, 3]


def on_border(rect: np.ndarray, point: np.ndarray) -> bool:
    """True where `point` lies on the border of the card, at most a hundredth of a pixel away."""
    low, high = rect[:2], rect[:2] + rect[2:]
    inside = ((point >= low - 0.01) & (point <= high + 0.01)).all()
    return bool(inside and (np.abs(point - low).min() < 0.01 or np.abs(point - high).min() < 0.01))


def broken(placement: Placement) -> list[int]:
    """Wires whose curves do not join."""
    same = placement.curve_wire[1:] == placement.curve_wire[:-1]
    gap = np.abs(placement.curves[1:, 0] - placement.curves[:-1, 3]).max(axis=1)
    return [int(w) for w in placement.curve_wire[1:][same & (gap > 0.01)]]
