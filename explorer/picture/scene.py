"""What is drawn, as columns, without Qt. Built in the layout worker; the window only paints it.

Units are pixels at 100 %. Numbers (values, adjoints) are not in here: they change with a slider, the Scene does not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from explorer.graph import roles

BACKWARD_ROLE = np.array([roles.is_backward(role) for role in roles.ROLES])
NAMES_RESULT = np.array([role in (roles.OUTPUT, roles.UPDATE) for role in roles.ROLES])

FORWARD, BACKWARD, SAVED = 0, 1, 2  # kinds of wire: a value down, a cotangent up, a value kept for the backward pass


@dataclass(frozen=True, slots=True)
class Frames:
    """k open groups, outermost first: each is a frame around what it holds, with a header line that closes it.

    `rect` float64 (k, 4): x, y, width, height, the header included. `title` is the group's own name, `word` its kind in
    plain words. `count` int32 (k,): nodes inside, at every level. `depth` int32 (k,): 0 for an outermost one.
    `backward` bool (k,): of the half that flows back.
    """

    ids: tuple[str, ...] = ()
    rect: np.ndarray = field(default_factory=lambda: np.empty((0, 4)))
    title: tuple[str, ...] = ()
    word: tuple[str, ...] = ()
    count: np.ndarray = field(default_factory=lambda: np.empty(0, np.int32))
    depth: np.ndarray = field(default_factory=lambda: np.empty(0, np.int32))
    backward: np.ndarray = field(default_factory=lambda: np.empty(0, bool))


@dataclass(frozen=True, slots=True)
class Outline:
    """Every group there is, open or closed, as a tree written from the top: a group's inner ones follow it.

    `parent` int32 (g,): row of the group around it, -1 for an outermost one. `count` int32 (g,): nodes inside, at every
    level. `is_open` bool (g,).
    """

    ids: tuple[str, ...] = ()
    title: tuple[str, ...] = ()
    word: tuple[str, ...] = ()
    parent: np.ndarray = field(default_factory=lambda: np.empty(0, np.int32))
    count: np.ndarray = field(default_factory=lambda: np.empty(0, np.int32))
    is_open: np.ndarray = field(default_factory=lambda: np.empty(0, bool))


@dataclass(frozen=True)
class Scene:
    """n cards and m wires; a wire is drawn as one or more cubic curves that join.

    `rect` float64 (n, 4): x, y, width, height. `category` uint8 (n,): index into `explorer.capture.ops.CATEGORIES`.
    `role` uint8 (n,): index into `explorer.graph.roles.ROLES`. `title`, `word`, `type_text`: card rows 1 and 2, already
    elided to the card. `shown` (n): value id whose number the card shows, "" for none.
    `wire_ends` int32 (m, 2): card indices, from producer to user. `wire_operand` int32 (m,): operand at the user.
    `wire_value` (m): value id. `wire_kind` uint8 (m,). `curves` float64 (c, 4, 2): control points in the direction of
    flow; `curve_wire` int32 (c,): the wire each belongs to, ascending.

    A card is a node or a closed group. `nodes` (n): place of the node (`explorer.graph.places`) or id of the group.
    `inside` int32 (n,): nodes that a closed group holds, at every level; 0 for a node. `repeats` int32 (n,): how many
    alike blocks a card stands for, 1 for all others. `hidden` are the places of the nodes that closed groups hold and
    `hidden_card` int32 the card each is in. A wire between two cards stands for every use that runs between them;
    `wire_uses` int32 (m,) says how many, and its operand and value are those of the first.
    """

    stage: str
    framework: str
    nodes: tuple[str, ...]
    rect: np.ndarray
    category: np.ndarray
    role: np.ndarray
    title: tuple[str, ...]
    word: tuple[str, ...]
    type_text: tuple[str, ...]
    shown: tuple[str, ...]
    wire_ends: np.ndarray
    wire_operand: np.ndarray
    wire_value: tuple[str, ...]
    wire_kind: np.ndarray
    curves: np.ndarray
    curve_wire: np.ndarray
    text_scale: float = 1.0
    inside: np.ndarray = field(default_factory=lambda: np.empty(0, np.int32))
    repeats: np.ndarray = field(default_factory=lambda: np.empty(0, np.int32))
    wire_uses: np.ndarray = field(default_factory=lambda: np.empty(0, np.int32))
    hidden: tuple[str, ...] = ()
    hidden_card: np.ndarray = field(default_factory=lambda: np.empty(0, np.int32))
    frames: Frames = field(default_factory=Frames)
    outline: Outline = field(default_factory=Outline)

    def card_of(self, place: str) -> int:
        """The card that shows `place`: its own, or that of the closed group it is in; -1 where there is none."""
        return self._cards.get(place, -1)

    @cached_property
    def _cards(self) -> dict[str, int]:
        found = dict(zip(self.hidden, self.hidden_card.tolist(), strict=True))
        return found | {place: card for card, place in enumerate(self.nodes)}

    @property
    def backward(self) -> np.ndarray:
        """bool (n,): cards of the backward pass, and results that a cotangent wire ends in."""
        fed = np.zeros(len(self.nodes), bool)
        fed[self.wire_ends[self.wire_kind == BACKWARD, 1]] = True
        return np.asarray(BACKWARD_ROLE[self.role] | (NAMES_RESULT[self.role] & fed))

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of everything there is; zeros for an empty scene."""
        if not len(self.rect):
            return 0.0, 0.0, 0.0, 0.0
        rect = np.concatenate([self.rect, self.frames.rect])
        corners = np.concatenate([rect[:, :2], rect[:, :2] + rect[:, 2:], self.curves.reshape(-1, 2)])
        return (*corners.min(axis=0).tolist(), *corners.max(axis=0).tolist())
