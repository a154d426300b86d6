"""What can be asked of a Scene: what is in view, what is under a point, what is next, what belongs to a card. No Qt.

Numpy masks over all cards and curves; at 50 000 cards a query takes a fraction of a millisecond, so no tree is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from functools import cached_property
from typing import Final

import numpy as np

from explorer.graph.ir import use_key
from explorer.picture.scene import Scene
from widgets.canvas.camera import Box, Point

AHEAD: Final = 0.35  # cosine: how far aside of an arrow's direction a card may lie


class SceneIndex:
    """One scene and what is derived from it, each made when first asked for."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.count = len(scene.nodes)
        self.number = {node: index for index, node in enumerate(scene.nodes)}
        self.use = tuple(
            use_key(scene.nodes[user], int(operand))
            for user, operand in zip(scene.wire_ends[:, 1].tolist(), scene.wire_operand.tolist(), strict=True)
        )
        self._set_curves()

    def moved(self, scene: Scene) -> SceneIndex:
        """The index of `scene`, which differs from this one in places only; what does not depend on them is shared."""
        index = copy(self)
        index.__dict__.pop("bounds", None)
        index.scene = scene
        index._set_curves()
        return index

    def _set_curves(self) -> None:
        curves = self.scene.curves
        self.curve_low = curves.min(axis=1) if len(curves) else np.zeros((0, 2))
        self.curve_high = curves.max(axis=1) if len(curves) else np.zeros((0, 2))

    @cached_property
    def bounds(self) -> Box:
        """Around all cards and wires."""
        if not self.count:
            return 0.0, 0.0, 1.0, 1.0
        rect = self.scene.rect
        low, high = rect[:, :2].min(axis=0), (rect[:, :2] + rect[:, 2:]).max(axis=0)
        if len(self.curve_low):
            low, high = np.minimum(low, self.curve_low.min(axis=0)), np.maximum(high, self.curve_high.max(axis=0))
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    @cached_property
    def backward(self) -> np.ndarray:
        """bool (n,): `Scene.backward`, kept."""
        return self.scene.backward

    def box(self, card: int) -> Box:
        """Left, top, right, bottom of a card."""
        x, y, width, height = self.scene.rect[card].tolist()
        return x, y, x + width, y + height

    def cards_in(self, box: Box) -> np.ndarray:
        """Cards that touch `box`."""
        rect = self.scene.rect
        return np.flatnonzero(
            (rect[:, 0] < box[2]) & (rect[:, 0] + rect[:, 2] > box[0])
            & (rect[:, 1] < box[3]) & (rect[:, 1] + rect[:, 3] > box[1])
        )  # fmt: skip

    def curves_in(self, box: Box) -> np.ndarray:
        """Curves whose control points' box touches `box`."""
        low, high = self.curve_low, self.curve_high
        return np.flatnonzero(
            (low[:, 0] < box[2]) & (high[:, 0] > box[0]) & (low[:, 1] < box[3]) & (high[:, 1] > box[1])
        )

    def card_at(self, point: Point) -> int:
        """The card under a point, the topmost; -1 for none."""
        found = self.cards_in((*point, *point))
        return int(found[-1]) if len(found) else -1

    def wire_at(self, point: Point, reach: float) -> int:
        """The wire nearest to a point, if nearer than `reach`; -1 for none."""
        near = self.curves_in((point[0] - reach, point[1] - reach, point[0] + reach, point[1] + reach))
        if not len(near):
            return -1
        away = _distance(flatten(self.scene.curves[near], 16), np.array(point))
        best = int(away.argmin())
        return int(self.scene.curve_wire[near[best]]) if away[best] <= reach else -1

    def curves_of(self, wire: int) -> np.ndarray:
        """Numbers of the curves that make a wire, in the direction of flow."""
        first, last = np.searchsorted(self.scene.curve_wire, [wire, wire + 1])
        return np.arange(first, last)

    def moved_curves(self, seen: np.ndarray, away: np.ndarray) -> np.ndarray:
        """The curves `seen` beside themselves, to the right of a wire that runs down and below one that runs right."""
        curves = self.scene.curves[seen]
        leaves = np.abs(curves[:, 1] - curves[:, 0])
        upright = leaves[:, 1] >= leaves[:, 0]
        return curves + np.where(upright[:, None], [1.0, 0.0], [0.0, 1.0])[:, None] * away[:, None, None]

    def wires_of(self, card: int) -> np.ndarray:
        """Wires that start or end at a card."""
        return np.flatnonzero((self.scene.wire_ends == card).any(axis=1))

    @cached_property
    def _next(self) -> tuple[list[list[int]], list[list[int]]]:
        """Per card, the cards it feeds and the cards that feed it."""
        down: list[list[int]] = [[] for _ in range(self.count)]
        up: list[list[int]] = [[] for _ in range(self.count)]
        for producer, user in self.scene.wire_ends.tolist():
            down[producer].append(user)
            up[user].append(producer)
        return down, up

    def related(self, card: int) -> np.ndarray:
        """bool (2, n): the card and all that is made from it; the card and all that it is made from."""
        mask = np.zeros((2, self.count), bool)
        for side, neighbours in enumerate(self._next):
            mask[side, list(_reachable(card, neighbours))] = True
        return mask

    def neighbour(self, card: int, dx: int, dy: int) -> int:
        """The card to go to from `card` in an arrow's direction: along a wire, else the nearest; -1 for none."""
        down, up = self._next
        wired = self._best(card, np.array(sorted({*down[card], *up[card]} - {card}), int), (dx, dy))
        return wired if wired >= 0 else self._best(card, np.arange(self.count), (dx, dy))

    def _best(self, card: int, others: np.ndarray, direction: tuple[int, int]) -> int:
        if not len(others):
            return -1
        centre = self.scene.rect[:, :2] + self.scene.rect[:, 2:] / 2
        away = centre[others] - centre[card]
        length = np.hypot(away[:, 0], away[:, 1])
        cosine = away @ np.array(direction) / np.maximum(length, 1e-9)
        cost = np.where((cosine > AHEAD) & (length > 0), length * (2 - cosine), np.inf)
        best = int(cost.argmin())
        return int(others[best]) if np.isfinite(cost[best]) else -1


def flatten(curves: np.ndarray, segments: int) -> np.ndarray:
    """Points on cubic curves: float64 (c, 4, 2) -> (c, segments + 1, 2)."""
    t = np.linspace(0.0, 1.0, segments + 1)[:, None]
    weights = np.concatenate([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3], axis=1)
    return np.einsum("sk,ckd->csd", weights, curves)


def _distance(lines: np.ndarray, point: np.ndarray) -> np.ndarray:
    """From a point to each polyline: (c, s, 2) -> (c,)."""
    start, along = lines[:, :-1], np.diff(lines, axis=1)
    square = np.maximum((along**2).sum(axis=2), 1e-12)
    t = np.clip(((point - start) * along).sum(axis=2) / square, 0, 1)[..., None]
    return np.hypot(*np.moveaxis(start + t * along - point, 2, 0)).min(axis=1)


def _reachable(start: int, neighbours: list[list[int]]) -> Iterator[int]:
    seen, open_ = {start}, [start]
    while open_:
        card = open_.pop()
        yield card
        fresh = [other for other in neighbours[card] if other not in seen]
        seen.update(fresh)
        open_ += fresh
