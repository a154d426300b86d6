"""Groups: an open one is a frame with a header line, a closed one a card on top of others, with a chevron to open it.

From far away a frame keeps its name, as large as it is near by, like the names on a map.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from explorer.picture import card as geometry
from explorer.picture.fonts import elide, text_width
from explorer.picture.labels import number_text
from widgets.canvas.camera import Box, Camera, Size
from widgets.canvas.index import HEADER, SceneIndex
from widgets.theme import Theme, scene_font

RADIUS: Final = 12.0  # of a frame's corners
TINT: Final = 0.06  # how much of its colour a frame lays over what is around it
SHEETS: Final = (2, 1)  # cards that a closed group lies on, the lowest first
SHEET_DOWN, SHEET_IN = 4.0, 5.0
SHEET_SEEN: Final = 2.6  # pixels on screen of a sheet, at least
ARROW_LEFT, ARROW = 4.0, 8.0  # where the chevron begins, and its length
GAP: Final = 8.0
NAME_SIZE: Final = 12.0  # pixels on screen, of a frame's name seen from far away
NAME_LEAST: Final = 96.0  # pixels on screen that a name may take, also where its frame is narrower
SMALLEST_NAMED: Final = 48.0  # pixels on screen: a smaller frame has no name
READABLE: Final = 6.5
MOST_NAMED: Final = 80


class GroupPen:
    """Draws what groups have and other cards have not, in one theme and text scale."""

    def __init__(self, theme: Theme, text_scale: float) -> None:
        self.theme, self.scale = theme, text_scale
        self._title = scene_font("mono", geometry.TITLE.size * text_scale, bold=True)
        self._word = scene_font("sans", geometry.WORD.size * text_scale)

    # frames

    def paint_frames(self, painter: QPainter, index: SceneIndex, view: Box, scale: float, dimmed: np.ndarray) -> None:
        """Every frame in view, outermost first. `dimmed` bool (k,): frames without a card of the selection."""
        painter.save()
        for frame in self._seen(index, view).tolist():
            painter.setOpacity(0.4 if dimmed[frame] else 1.0)
            self._frame(painter, index, frame, scale)
        painter.restore()

    def _seen(self, index: SceneIndex, view: Box) -> np.ndarray:
        rect = index.scene.frames.rect
        return np.flatnonzero(
            (rect[:, 0] < view[2]) & (rect[:, 0] + rect[:, 2] > view[0])
            & (rect[:, 1] < view[3]) & (rect[:, 1] + rect[:, 3] > view[1])
        )  # fmt: skip

    def _frame(self, painter: QPainter, index: SceneIndex, frame: int, scale: float) -> None:
        frames = index.scene.frames
        backward = bool(frames.backward[frame])
        x, y, width, height = frames.rect[frame].tolist()
        tint = self.theme.colour("cotangent.wire" if backward else "group.tint")
        tint.setAlphaF(TINT)
        painter.setPen(QPen(self.theme.colour("cotangent.border" if backward else "group.border"),
                            max(self.theme.line, 1.0) / scale))  # fmt: skip
        painter.setBrush(tint)
        radius = RADIUS * self.scale
        painter.drawRoundedRect(QRectF(x, y, width, height), radius, radius)
        if geometry.TITLE.size * self.scale * scale >= READABLE:
            self._header(painter, index, frame, x, y, width)

    def _header(self, painter: QPainter, index: SceneIndex, frame: int, x: float, y: float, width: float) -> None:
        frames, scale = index.scene.frames, self.scale
        middle = y + HEADER * scale / 2
        self.chevron(painter, x, middle, is_open=True)
        room = width / scale - geometry.PAD_LEFT - geometry.PAD_RIGHT
        baseline = middle + geometry.ASCENT * geometry.TITLE.size * scale
        left = x + geometry.PAD_LEFT * scale
        title = elide(frames.title[frame], geometry.TITLE.font, geometry.TITLE.size, room)
        painter.setFont(self._title)
        painter.setPen(self.theme.colour("text.normal"))
        painter.drawText(QPointF(left, baseline), title)
        used = text_width(title, geometry.TITLE.font, geometry.TITLE.size) + GAP
        painter.setFont(self._word)
        painter.setPen(self.theme.colour("text.quiet"))
        count = number_text(int(frames.count[frame]))
        for text in (frames.word[frame], count):
            wide = text_width(text, geometry.WORD.font, geometry.WORD.size)
            if text and used + wide <= room:
                painter.drawText(QPointF(left + used * scale, baseline), text)
                used += wide + GAP

    def paint_names(self, painter: QPainter, index: SceneIndex, view: Box, camera: Camera, size: Size) -> None:
        """Names of frames whose header cannot be read, in pixels of the view; none over another."""
        if geometry.TITLE.size * self.scale * camera.scale >= READABLE:
            return
        font = scene_font("mono", NAME_SIZE * self.scale, bold=True)
        metrics = QFontMetricsF(font)
        taken: list[QRectF] = []
        painter.save()
        painter.setFont(font)
        for frame in self._seen(index, view).tolist():
            x, y, width, height = index.scene.frames.rect[frame].tolist()
            (left, top), wide = camera.to_screen((x, y), size), width * camera.scale - 2 * GAP
            if wide < SMALLEST_NAMED or height * camera.scale < SMALLEST_NAMED or len(taken) >= MOST_NAMED:
                continue
            title, room = index.scene.frames.title[frame], max(wide, NAME_LEAST)
            text = metrics.elidedText(title, Qt.TextElideMode.ElideRight, room)
            long, high = metrics.horizontalAdvance(text) + GAP, metrics.height()
            x = min(max(left, 0.0), max(left + wide + GAP - long, left)) + GAP / 2  # in view as long as the frame is
            y = min(max(top - high - 2, 3.0), top + height * camera.scale - high - 3)  # above it, and always in view
            place = QRectF(x, y, long, high)
            if not any(map(place.intersects, taken)):
                taken.append(place)
                self._pill(painter, place, text)
        painter.restore()

    def _pill(self, painter: QPainter, place: QRectF, text: str) -> None:
        ground = self.theme.colour("surface.canvas")
        ground.setAlphaF(0.85)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(place, 4, 4)
        painter.setPen(self.theme.colour("text.normal"))
        painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), text)

    # closed groups

    def sheets(self, rects: np.ndarray, scale: float) -> list[np.ndarray]:
        """What the cards `rects` of closed groups lie on, the lowest first: one sheet where two would run together."""
        least = SHEET_SEEN * self.theme.line / scale
        down, inward = max(SHEET_DOWN * self.scale, least), max(SHEET_IN * self.scale, least)
        seen = SHEETS if SHEET_DOWN * self.scale >= least else SHEETS[1:]
        return [rects + np.array([inward, down, -2 * inward, 0.0]) * number for number in seen]

    def chevrons(self, painter: QPainter, rects: np.ndarray, colour: QColor) -> None:
        """The sign of a closed group, where other cards have that of their category."""
        top = (geometry.PAD_Y + geometry.TITLE.row / 2) * self.scale
        for x, y, _, _ in rects.tolist():
            self.chevron(painter, x, y + top, is_open=False, colour=colour)

    def chevron(
        self, painter: QPainter, x: float, middle: float, *, is_open: bool, colour: QColor | None = None
    ) -> None:
        """It points to the right where there is something to open, down where it is open."""
        side, left = ARROW * self.scale, x + ARROW_LEFT * self.scale
        points = [(0.25, 0.0), (0.75, 0.5), (0.25, 1.0)]
        if is_open:
            points = [(across, along) for along, across in points]
        line = QPolygonF([QPointF(left + a * side, middle + (b - 0.5) * side) for a, b in points])
        pen = QPen(colour or self.theme.colour("text.quiet"), 2.0 * self.scale)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(line)


def group_text(index: SceneIndex, item: int) -> str:
    """A group in words, for who hears it or rests the mouse on it: `group, closed, 14 nodes`."""
    is_open = index.is_frame(item)
    count = int(index.scene.frames.count[item - index.count] if is_open else index.scene.inside[item])
    repeats = 1 if is_open else int(index.repeats[item])
    said = [QCoreApplication.translate("groups", "group, open")]
    if not is_open:
        said = [QCoreApplication.translate("groups", "group, closed")]
    if repeats > 1:
        said.append(QCoreApplication.translate("groups", "%1 alike blocks").replace("%1", str(repeats)))
    one, many = QCoreApplication.translate("groups", "1 node"), QCoreApplication.translate("groups", "%1 nodes")
    said.append(one if count == 1 else many.replace("%1", number_text(count)))
    return ", ".join(said)
