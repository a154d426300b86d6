"""What changes while the picture below stays: hover, focus, selection, search hits, a step on its way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QPainter, QPen, QPolygonF

from widgets.canvas.camera import Camera, Point, Size
from widgets.canvas.groups import RADIUS as FRAME_RADIUS
from widgets.canvas.motion import Step
from widgets.canvas.painter import ScenePainter

RING: Final = 3.0  # pixels between a card and the ring around it
HEAD: Final = 5.0  # radius of what runs along a wire


@dataclass(frozen=True, slots=True)
class Marks:
    """Which cards and wires are marked, by number; -1 and empty for none. `box` is a dragged box on screen."""

    hovered: int = -1
    hovered_wire: int = -1
    focused: int = -1
    selected: tuple[int, ...] = ()
    hits: frozenset[int] = frozenset()
    box: tuple[Point, Point] | None = None


class Overlay:
    """Paints marks over what a ScenePainter painted through the same camera."""

    def __init__(self, scene_painter: ScenePainter) -> None:
        self.pen = scene_painter

    def paint(self, painter: QPainter, size: Size, camera: Camera, marks: Marks) -> None:
        """All marks, from the quietest to the loudest."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = self.pen.theme
        for card in marks.hits:
            self._ring(painter, size, camera, card, "border.focus", 2.0, gap=0.0)
        if marks.hovered >= 0 and marks.hovered not in marks.selected:
            self._ring(painter, size, camera, marks.hovered, "text.quiet", 1.5, gap=0.0)
        for card in marks.selected:
            self._ring(painter, size, camera, card, "border.strong", 2.0, gap=0.0)
        if marks.focused >= 0 and marks.focused not in marks.selected:
            self._ring(painter, size, camera, marks.focused, "border.focus", 2.0, gap=RING)
        if marks.hovered_wire >= 0:
            self.pen.paint_wire_label(painter, size, camera, marks.hovered_wire)
        if marks.box is not None:
            painter.setPen(QPen(theme.colour("border.focus"), 1, Qt.PenStyle.DashLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(QPointF(*marks.box[0]), QPointF(*marks.box[1])))

    def paint_working(self, painter: QPainter, size: Size, camera: Camera) -> None:
        """A ring around the closed group that the step just taken worked in, for its cards are not there to show it."""
        facts = self.pen.facts
        card = facts.receiving()
        step = facts.playback
        if card < 0 or step is None or step.index == step.total or not facts.index.is_group[card]:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        back = step.phase == "backward"
        self._ring(painter, size, camera, card, "cotangent.wire" if back else "wire.forward", 2.5, gap=RING)

    def paint_step(self, painter: QPainter, size: Size, camera: Camera, step: Step, t: float) -> None:
        """The wires of a step filled up to `t`, and the receiving card with its number on the way."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ends = []
        for wire, against in zip(step.wires.tolist(), step.against.tolist(), strict=True):
            line = self.pen.wire_points(wire, camera.scale, back=against)
            line = (line - [camera.x, camera.y]) * camera.scale + [size[0] / 2, size[1] / 2]
            part = _up_to(line, min(t / 0.85, 1.0))
            colour, width = self.pen.wire_style(wire, camera.scale, back=against)
            round_ = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
            painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, *round_))
            painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in part.tolist()]))
            ends.append((part[-1], colour))
        if step.card >= 0:
            self.pen.paint_card(painter, size, camera, step.card, counted=t)
        if t < 0.85:
            painter.setPen(Qt.PenStyle.NoPen)
            head = HEAD * min(max(camera.scale, 0.6), 1.25)
            for (x, y), colour in ends:
                painter.setBrush(QBrush(colour))
                painter.drawEllipse(QPointF(x, y), head, head)

    def _ring(
        self, painter: QPainter, size: Size, camera: Camera, card: int, role: str, width: float, *, gap: float
    ) -> None:
        rect = self.pen.card_on_screen(card, size, camera).adjusted(-gap, -gap, gap, gap)
        corner = FRAME_RADIUS * self.pen.text_scale if self.pen.facts.index.is_frame(card) else self.pen.radius
        radius = corner * camera.scale + gap
        painter.setPen(QPen(self.pen.theme.colour(role), width * self.pen.theme.line))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(rect, radius, radius)


def _up_to(line: np.ndarray, t: float) -> np.ndarray:
    """The first part of a polyline, `t` of its length."""
    length = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    goal = length[-1] * t
    full = int(np.searchsorted(length, goal, side="right"))
    if full >= len(line):
        return line
    end = [np.interp(goal, length, line[:, 0]), np.interp(goal, length, line[:, 1])]
    return np.concatenate([line[:full], [end]])
