"""Where the canvas looks: fit, zoom, fly there, and back again. A mixin, so that the canvas itself stays readable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import QPoint, QPointF

from widgets.canvas import motion
from widgets.canvas.camera import Box, Camera, Size
from widgets.canvas.index import SceneIndex
from widgets.canvas.motion import Flight, Span

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget as _Base
else:
    _Base = object

LARGEST_FIT: Final = 1.25
FORGOTTEN_AFTER: Final = 50  # places that Backspace can go back to


class CanvasView(_Base):
    """Expects a `GraphCanvas`: its index, marks and motion."""

    index: SceneIndex | None
    camera: Camera

    def fit(self) -> None:
        """Show the whole graph, and keep showing it when the window changes."""
        self._remember()
        self._whole = True
        if self.index is not None:
            self._fly(self._whole_view())

    def fit_selection(self) -> None:
        """Show the selected cards as large as they go; the whole graph when none is selected."""
        if self.index is None or not self._marks.selected:
            return self.fit()
        self._remember()
        self._whole = False
        rect = self.index.scene.rect[list(self._marks.selected)]
        low, high = rect[:, :2].min(axis=0), (rect[:, :2] + rect[:, 2:]).max(axis=0)
        return self._fly(Camera.fit((*low.tolist(), *high.tolist()), self._size(), largest=2.0, margin=96))

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Larger by `factor`, around a point of the widget, or its middle."""
        point = (at.x(), at.y()) if at is not None else (self.width() / 2, self.height() / 2)
        self._whole = False
        self._look(self.camera.zoomed_at(point, factor, self._size()))

    def zoom_to_100(self) -> None:
        self._whole = False
        self._fly(Camera(self.camera.x, self.camera.y, 1.0))

    def back(self) -> None:
        """To the view and selection before the last fit, zoom to a box or selection."""
        if self._been:
            camera, cards = self._been.pop()
            self._fly(camera)
            before = list(self._been)
            self._select(cards)
            self._been = before

    def _size(self) -> Size:
        return float(self.width()), float(self.height())

    def _whole_view(self) -> Camera:
        bounds: Box = self.index.bounds if self.index else (0.0, 0.0, 1.0, 1.0)
        return Camera.fit(bounds, self._size(), largest=LARGEST_FIT)

    def _look(self, camera: Camera) -> None:
        self._flight = None
        if camera != self.camera:
            self.camera = camera
            self._refresh()
            self.camera_changed.emit()

    def _fly(self, camera: Camera) -> None:
        if self._still() or not self.isVisible():
            self._look(camera)
        elif camera != self.camera:
            self._flight = Flight(Span(motion.seconds(), motion.MOVE_SECONDS), self.camera, camera)
            self._run()

    def _show_card(self, card: int) -> None:
        """Bring a card into view, seen from where the view is or is on its way to."""
        if self.index is not None:
            aim = self._flight.end if self._flight is not None else self.camera
            camera = aim.showing(self.index.box(card), self._size())
            if camera != aim:
                self._whole = False
                self._fly(camera)

    def _remember(self) -> None:
        self._been = [*self._been[-FORGOTTEN_AFTER:], (self.camera, self._marks.selected)]

    def _keep_in_place(self, old: SceneIndex, links: dict[str, str], view: tuple[float, float]) -> None:
        """Move the camera so that one card stays where it was on screen: under the mouse, selected, or mid-view."""
        assert self.index is not None
        back = {before: after for after, before in links.items()}
        centre = old.scene.rect[:, :2] + old.scene.rect[:, 2:] / 2
        order = [self._anchor, *np.argsort(((centre - view) ** 2).sum(axis=1)).tolist()]
        for card in order:
            now = self.index.number.get(back.get(old.scene.nodes[card], ""), -1) if card >= 0 else -1
            if now >= 0:
                rect = self.index.scene.rect[now]
                dx, dy = (rect[:2] + rect[2:] / 2 - centre[card]).tolist()
                return self._look(Camera(self.camera.x + dx, self.camera.y + dy, self.camera.scale))
        return self._look(self._whole_view())

    def _place(self, position: QPointF | QPoint) -> tuple[float, float]:
        return self.camera.to_scene((position.x(), position.y()), self._size())
