"""The whole graph in a corner of the canvas, with the part that is in view as a box to drag. There only where it helps.

The cards are painted once per scene, theme and size; what follows the camera is one rectangle.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QWheelEvent
from PySide6.QtWidgets import QWidget

from explorer.capture.ops import CATEGORIES
from widgets.canvas.canvas import GraphCanvas
from widgets.canvas.groups import TINT
from widgets.canvas.index import SceneIndex
from widgets.canvas.input import NOTCH, PER_NOTCH
from widgets.canvas.primitives import draw_rects

WIDEST, HIGHEST = 184.0, 132.0
SHARE: Final = 0.28  # of the canvas, where that is less
MARGIN: Final = 12  # from the canvas's corner
PAD: Final = 6.0
SLACK: Final = 1.02  # a graph that is a little larger than the view is as good as seen


class Minimap(QWidget):
    """Lies over `canvas`. `is_wanted` is what was chosen; it hides by itself while the whole graph is in view."""

    def __init__(self, canvas: GraphCanvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.is_wanted = True
        self._kept: QPixmap | None = None
        self._kept_for: tuple[object, ...] = ()
        self._grip: QPointF | None = None  # from the middle of the box to where it is held
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setAccessibleName(self.tr("Minimap"))
        self.setToolTip("")
        canvas.scene_shown.connect(self._follow)
        canvas.camera_changed.connect(self._follow)
        canvas.installEventFilter(self)
        self.hide()

    def set_wanted(self, wanted: bool) -> None:
        self.is_wanted = wanted
        self._follow()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self._follow()
        return super().eventFilter(watched, event)

    # where what is

    def _follow(self) -> None:
        """The view is another one, or the graph: be there if it helps."""
        index = self._canvas.index
        there = self.is_wanted and index is not None and bool(index.count) and self._is_more_than_seen(index)
        self.setVisible(there)
        if there and index is not None:
            self._place(index)
            self.update()

    def _is_more_than_seen(self, index: SceneIndex) -> bool:
        if self._grip is not None:
            return True
        left, top, right, bottom = index.bounds
        view = self.view_in_scene()
        return not view.adjusted(
            -view.width() * (SLACK - 1), -view.height() * (SLACK - 1), view.width() * (SLACK - 1),
            view.height() * (SLACK - 1),
        ).contains(QRectF(left, top, right - left, bottom - top))  # fmt: skip

    def _place(self, index: SceneIndex) -> None:
        left, top, right, bottom = index.bounds
        room = min(WIDEST, self._canvas.width() * SHARE), min(HIGHEST, self._canvas.height() * SHARE)
        scale = min((room[0] - 2 * PAD) / max(right - left, 1.0), (room[1] - 2 * PAD) / max(bottom - top, 1.0))
        width = max((right - left) * scale + 2 * PAD, 3 * MARGIN)
        height = max((bottom - top) * scale + 2 * PAD, 3 * MARGIN)
        self.setGeometry(
            round(self._canvas.width() - width) - MARGIN, round(self._canvas.height() - height) - MARGIN,
            round(width), round(height),
        )  # fmt: skip

    def view_in_scene(self) -> QRectF:
        """The part of the graph that is in view, in scene units."""
        low_x, low_y, high_x, high_y = self._canvas.camera.view((self._canvas.width(), self._canvas.height()))
        return QRectF(QPointF(low_x, low_y), QPointF(high_x, high_y))

    def _scale_and_shift(self) -> tuple[float, QPointF]:
        """From scene units to pixels of the map."""
        left, top, right, bottom = self._canvas.index.bounds if self._canvas.index else (0.0, 0.0, 1.0, 1.0)
        wide, high = self.width() - 2 * PAD, self.height() - 2 * PAD
        scale = min(wide / max(right - left, 1.0), high / max(bottom - top, 1.0))
        across, along = (wide - (right - left) * scale) / 2, (high - (bottom - top) * scale) / 2
        return scale, QPointF(PAD + across - left * scale, PAD + along - top * scale)

    def to_map(self, scene: QRectF) -> QRectF:
        scale, shift = self._scale_and_shift()
        return QRectF(scene.topLeft() * scale + shift, QSizeF(scene.size()) * scale)

    def to_scene(self, point: QPointF) -> QPointF:
        scale, shift = self._scale_and_shift()
        return (point - shift) / scale

    def box(self) -> QRectF:
        """The box of what is in view, on the map; never too small to hold."""
        box = self.to_map(self.view_in_scene()) & QRectF(self.rect())
        return box.united(QRectF(box.center() - QPointF(4, 4), box.center() + QPointF(4, 4)))

    # mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Inside the box: hold it. Elsewhere: fly there, and hold it there."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        middle = self.to_map(self.view_in_scene()).center()
        if self.box().contains(event.position()):
            self._grip = event.position() - middle
        else:
            self._grip = QPointF(0, 0)
            self._go(event.position(), flying=True)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip is not None:
            self._go(event.position() - self._grip, flying=False)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self._grip = None
        self._follow()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()
        self._canvas.zoom(PER_NOTCH ** (event.angleDelta().y() / NOTCH))

    def _go(self, point: QPointF, *, flying: bool) -> None:
        place = self.to_scene(point)
        self._canvas.centre_on((place.x(), place.y()), flying=flying)

    # painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme = self._canvas.theme
        painter.drawPixmap(0, 0, self._picture())
        box = self.box().adjusted(0.5, 0.5, -0.5, -0.5)
        inside = theme.colour("border.focus")
        inside.setAlphaF(0.08)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("border.focus"), 1.5 * theme.line))
        painter.setBrush(inside)
        painter.drawRoundedRect(box, 3, 3)
        painter.end()

    def _picture(self) -> QPixmap:
        index, theme, ratio = self._canvas.index, self._canvas.theme, self.devicePixelRatioF()
        wanted = (index, theme.name, self.size(), ratio)
        if self._kept is None or self._kept_for != wanted:
            self._kept, self._kept_for = QPixmap(self.size() * ratio), wanted
            self._kept.setDevicePixelRatio(ratio)
            self._kept.fill(Qt.GlobalColor.transparent)
            painter = QPainter(self._kept)
            self._paint_ground(painter)
            if index is not None:
                self._paint_graph(painter, index)
            painter.end()
        return self._kept

    def _paint_ground(self, painter: QPainter) -> None:
        theme = self._canvas.theme
        ground = theme.colour("surface.card")
        ground.setAlphaF(0.94)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("border.card"), theme.line))
        painter.setBrush(ground)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)

    def _paint_graph(self, painter: QPainter, index: SceneIndex) -> None:
        """Frames as a tint, each card in the colour of its bar and at least a pixel large."""
        theme, scene = self._canvas.theme, index.scene
        scale, shift = self._scale_and_shift()
        move = np.array([shift.x(), shift.y(), 0.0, 0.0])
        tint = theme.colour("group.tint")
        tint.setAlphaF(2 * TINT)
        painter.setBrush(tint)
        draw_rects(painter, scene.frames.rect * scale + move)
        rects = scene.rect * scale + move
        rects[:, 2:] = np.maximum(rects[:, 2:], 1.0)
        looks = np.where(index.backward, len(CATEGORIES), scene.category)
        for look in np.unique(looks).tolist():
            name = "cotangent.wire" if look == len(CATEGORIES) else f"category.{CATEGORIES[look]}"
            painter.setBrush(theme.colour(name))
            draw_rects(painter, rects[looks == look])
