"""What can be asked of a Scene: what is in view, what is under a point, what is next, what belongs to a card. No Qt.

Cards and frames (open groups) are the items of a scene: numbers 0..n-1 are cards, the frames follow them. Numpy masks
over all cards and curves; at 50 000 cards a query takes a fraction of a millisecond, so no tree is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from functools import cached_property
from typing import Final

import numpy as np

from explorer.graph.ir import Graph, use_key
from explorer.picture.scene import Scene
from widgets.canvas.camera import Box, Point

AHEAD: Final = 0.35  # cosine: how far aside of an arrow's direction a card may lie
HEADER: Final = 28.0  # height of a frame's header line at 100 %
CHEVRON: Final = 22.0  # width of the part of a header or a closed group's first row that a click opens and closes


class SceneIndex:
    """One scene and what is derived from it, each made when first asked for."""

    def __init__(self, scene: Scene, graph: Graph | None = None) -> None:
        self.scene = scene
        self.count = len(scene.nodes)
        self.ids = scene.nodes + scene.frames.ids
        self.number = {item: number for number, item in enumerate(self.ids)}
        self.header = HEADER * scene.text_scale
        self.use = tuple(
            use_key(scene.nodes[user], int(operand))
            for user, operand in zip(scene.wire_ends[:, 1].tolist(), scene.wire_operand.tolist(), strict=True)
        )
        self.wire_of = {use: wire for wire, use in enumerate(self.use)}
        if graph is not None and len(scene.hidden):
            self._learn_uses(graph)
        self._set_curves()

    def _learn_uses(self, graph: Graph) -> None:
        """Uses inside closed groups belong to the wire between their cards; its own use becomes the first of them."""
        between = {ends: wire for wire, ends in enumerate(map(tuple, self.scene.wire_ends.tolist()))}
        own, first = list(self.use), set[int]()
        for source, _, user, operand in graph.edges():
            use = use_key(user.id, operand)
            wire = between.get((self.scene.card_of(source.id), self.scene.card_of(user.id)))
            if wire is None or use in self.wire_of:
                continue
            self.wire_of[use] = wire
            if wire not in first and self.is_group[self.scene.wire_ends[wire, 1]]:
                first.add(wire)
                own[wire] = use
        self.use = tuple(own)

    def moved(self, scene: Scene) -> SceneIndex:
        """The index of `scene`, which differs from this one in places only; what does not depend on them is shared."""
        index = copy(self)
        for name in ("bounds", "rect"):
            index.__dict__.pop(name, None)
        index.scene = scene
        index._set_curves()
        return index

    def _set_curves(self) -> None:
        curves = self.scene.curves
        self.curve_low = curves.min(axis=1) if len(curves) else np.zeros((0, 2))
        self.curve_high = curves.max(axis=1) if len(curves) else np.zeros((0, 2))

    @cached_property
    def rect(self) -> np.ndarray:
        """float64 (n + k, 4): x, y, width, height of every item."""
        return np.concatenate([self.scene.rect, self.scene.frames.rect])

    @cached_property
    def bounds(self) -> Box:
        """Around all cards, frames and wires."""
        return self.scene.bounds if self.count else (0.0, 0.0, 1.0, 1.0)

    @cached_property
    def backward(self) -> np.ndarray:
        """bool (n,): `Scene.backward`, kept."""
        return self.scene.backward

    def box(self, card: int) -> Box:
        """Left, top, right, bottom of a card or frame."""
        x, y, width, height = self.rect[card].tolist()
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

    def item_at(self, point: Point) -> int:
        """The card under a point, else the frame whose header is there; -1 for neither."""
        card = self.card_at(point)
        if card >= 0:
            return card
        rect = self.scene.frames.rect
        x, y = point
        below = (rect[:, 1] <= y) & (y < rect[:, 1] + np.minimum(self.header, rect[:, 3]))
        found = np.flatnonzero((rect[:, 0] <= x) & (x < rect[:, 0] + rect[:, 2]) & below)
        return self.count + int(found[-1]) if len(found) else -1

    def chevron_at(self, point: Point) -> int:
        """The group, open or closed, whose chevron is under a point; -1 for none."""
        item = self.item_at(point)
        if item < 0 or not (self.is_frame(item) or self.is_group[item]):
            return -1
        x, y, _, _ = self.rect[item].tolist()
        inside = point[0] - x <= CHEVRON * self.scene.text_scale and point[1] - y <= self.header
        return item if inside else -1

    def is_frame(self, item: int) -> bool:
        return item >= self.count

    @cached_property
    def is_group(self) -> np.ndarray:
        """bool (n,): cards that are closed groups."""
        inside = self.scene.inside
        return inside > 0 if len(inside) else np.zeros(self.count, bool)

    @cached_property
    def repeats(self) -> np.ndarray:
        """int (n,): how many alike blocks each card stands for."""
        return self.scene.repeats if len(self.scene.repeats) else np.ones(self.count, np.int32)

    @cached_property
    def uses(self) -> np.ndarray:
        """int (m,): how many uses of values each wire stands for."""
        uses = self.scene.wire_uses
        return uses if len(uses) else np.ones(len(self.scene.wire_ends), np.int32)

    @cached_property
    def frame_of(self) -> np.ndarray:
        """int (n,): the innermost frame that each card stands in, counted from 0; -1 for none."""
        rect, found = self.scene.rect, np.full(self.count, -1)
        middle = rect[:, :2] + rect[:, 2:] / 2
        for frame, (x, y, width, height) in enumerate(self.scene.frames.rect.tolist()):
            inside = (middle > [x, y]) & (middle < [x + width, y + height])
            found[inside.all(axis=1)] = frame  # outermost first: the last one is the innermost
        return found

    @cached_property
    def _frame_parent(self) -> list[int]:
        """Per frame the frame around it, -1 for none."""
        outline, frames = self.scene.outline, {group: k for k, group in enumerate(self.scene.frames.ids)}
        above = {
            group: outline.ids[parent] if parent >= 0 else ""
            for group, parent in zip(outline.ids, outline.parent.tolist(), strict=True)
        }
        return [frames.get(above.get(group, ""), -1) for group in self.scene.frames.ids]

    def frame_around(self, item: int) -> int:
        """The item number of the frame that a card or frame stands in; -1 for none."""
        frame = self._frame_parent[item - self.count] if self.is_frame(item) else int(self.frame_of[item])
        return self.count + frame if frame >= 0 else -1

    def cards_of(self, item: int) -> np.ndarray:
        """The card itself; all cards inside a frame."""
        if not self.is_frame(item):
            return np.array([item])
        inside, wanted = {item - self.count}, [item - self.count]
        for frame, parent in enumerate(self._frame_parent):
            if parent in inside:
                inside.add(frame)
                wanted.append(frame)
        return np.flatnonzero(np.isin(self.frame_of, wanted))

    def frames_with(self, cards: np.ndarray) -> np.ndarray:
        """bool (k,): frames that hold one of `cards` (a mask of n), at any level."""
        found = np.zeros(len(self.scene.frames.ids), bool)
        found[self.frame_of[cards & (self.frame_of >= 0)]] = True
        for frame in range(len(found) - 1, -1, -1):  # inner ones stand after outer ones
            if found[frame] and self._frame_parent[frame] >= 0:
                found[self._frame_parent[frame]] = True
        return found

    @cached_property
    def order(self) -> tuple[int, ...]:
        """All items as they are read: cards in execution order, each frame before the first card in it."""
        listed: list[int] = []
        named: set[int] = set()
        for card in range(self.count):
            around: list[int] = []
            frame = self.frame_around(card) if len(self.scene.frames.ids) else -1
            while frame >= 0 and frame not in named:
                around.append(frame)
                named.add(frame)
                frame = self.frame_around(frame)
            listed += [*around[::-1], card]
        return (*listed, *(item for item in range(self.count, len(self.ids)) if item not in named))

    @cached_property
    def place_in_order(self) -> dict[int, int]:
        return {item: place for place, item in enumerate(self.order)}

    def item_of(self, place: str) -> int:
        """The card or frame that shows `place`: a node's own card, the closed group it is in; -1 for none."""
        return self.number.get(place, self.scene.card_of(place))

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

    def related(self, item: int) -> np.ndarray:
        """bool (2, n): what the item holds and all that is made from it; that and all that it is made from."""
        mask = np.zeros((2, self.count), bool)
        start = self.cards_of(item).tolist()
        for side, neighbours in enumerate(self._next):
            mask[side, list(_reachable(start, neighbours))] = True
        return mask

    def neighbour(self, card: int, dx: int, dy: int) -> int:
        """The card to go to from `card` in an arrow's direction: along a wire, else the nearest; -1 for none.

        From a frame's header, down or right goes to the first card inside.
        """
        if self.is_frame(card):
            inside = self.cards_of(card)
            return int(inside[0]) if len(inside) and dx + dy > 0 else self._best(card, np.arange(self.count), (dx, dy))
        down, up = self._next
        wired = self._best(card, np.array(sorted({*down[card], *up[card]} - {card}), int), (dx, dy))
        return wired if wired >= 0 else self._best(card, np.arange(self.count), (dx, dy))

    def _best(self, card: int, others: np.ndarray, direction: tuple[int, int]) -> int:
        if not len(others):
            return -1
        centre = self.rect[:, :2] + self.rect[:, 2:] / 2
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


def _reachable(start: Sequence[int], neighbours: list[list[int]]) -> Iterator[int]:
    seen, open_ = set(start), list(start)
    while open_:
        card = open_.pop()
        yield card
        fresh = [other for other in neighbours[card] if other not in seen]
        seen.update(fresh)
        open_ += fresh
