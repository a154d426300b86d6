"""What is drawn, as columns, without Qt. Built in the layout worker; the window only paints it.

Units are pixels at 100 %. Numbers (values, adjoints) are not in here: they change with a slider, the Scene does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.graph import roles

BACKWARD_ROLE = np.array([roles.is_backward(role) for role in roles.ROLES])
NAMES_RESULT = np.array([role in (roles.OUTPUT, roles.UPDATE) for role in roles.ROLES])

FORWARD, BACKWARD, SAVED = 0, 1, 2  # kinds of wire: a value down, a cotangent up, a value kept for the backward pass


@dataclass(frozen=True, slots=True)
class Scene:
    """n cards and m wires; a wire is drawn as one or more cubic curves that join.

    `rect` float64 (n, 4): x, y, width, height. `category` uint8 (n,): index into `explorer.capture.ops.CATEGORIES`.
    `role` uint8 (n,): index into `explorer.graph.roles.ROLES`. `title`, `word`, `type_text`: card rows 1 and 2, already
    elided to the card. `shown` (n): value id whose number the card shows, "" for none.
    `wire_ends` int32 (m, 2): card indices, from producer to user. `wire_operand` int32 (m,): operand at the user.
    `wire_value` (m): value id. `wire_kind` uint8 (m,). `curves` float64 (c, 4, 2): control points in the direction of
    flow; `curve_wire` int32 (c,): the wire each belongs to, ascending.
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
        corners = np.concatenate([self.rect[:, :2], self.rect[:, :2] + self.rect[:, 2:], self.curves.reshape(-1, 2)])
        return (*corners.min(axis=0).tolist(), *corners.max(axis=0).tolist())
