"""Where the canvas looks: fit, zoom, fly there, and back again. A mixin, so that the canvas itself stays readable."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Been:
    """Where Backspace goes back to: a view and what was selected; `group` if one was opened or closed there."""

    camera: Camera
    chosen: tuple[str, ...]
    group: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A group and the point in it, from its upper left corner in scene units, that stays where it is on the screen.

    `camera` is where to look instead, on the way back.
    """

    group: str
    x: float = 0.0
    y: float = 0.0
    camera: Camera | None = None


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
        rect = self.index.rect[list(self._marks.selected)]
        low, high = rect[:, :2].min(axis=0), (rect[:, :2] + rect[:, 2:]).max(axis=0)
        return self._fly(Camera.fit((*low.tolist(), *high.tolist()), self._size(), largest=2.0, margin=96))

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Larger by `factor`, around a point of the widget, or its middle."""
        point = (at.x(), at.y()) if at is not None else (self.width() / 2, self.height() / 2)
        self._whole = False
        self._look(self.camera.zoomed_at(point, factor, self._size()))

    def centre_on(self, point: tuple[float, float], *, flying: bool) -> None:
        """Look at a point of the scene from as near as now."""
        self._whole = False
        camera = Camera(*point, self.camera.scale)
        if flying:
            self._remember()
            self._fly(camera)
        else:
            self._look(camera)

    def zoom_to_100(self) -> None:
        self._whole = False
        self._fly(Camera(self.camera.x, self.camera.y, 1.0))

    def back(self) -> None:
        """To the view and selection before the last fit, zoom to a box, selection, or opened or closed group."""
        if not self._been:
            return
        to = self._been.pop()
        if to.group:
            self._held = Held(to.group, camera=to.camera)
            self.group_back_asked.emit()
            return
        self._fly(to.camera)
        before = list(self._been)
        found = {self.index.item_of(item) for item in to.chosen} if self.index else set()
        self._select(tuple(found - {-1}))
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

    def _fly(self, camera: Camera, now: float | None = None) -> None:
        """To another view; from time `now` on, so that it goes along with what starts to move then."""
        if self._still() or not self.isVisible():
            self._look(camera)
        elif camera != self.camera:
            start = motion.seconds() if now is None else now
            self._flight = Flight(Span(start, motion.MOVE_SECONDS), self.camera, camera)
            self._run()

    def _show_card(self, card: int) -> None:
        """Bring a card into view, seen from where the view is or is on its way to."""
        if self.index is not None:
            aim = self._flight.end if self._flight is not None else self.camera
            camera = aim.showing(self.index.box(card), self._size())
            if camera != aim:
                self._whole = False
                self._fly(camera)

    def _remember(self, group: str = "") -> None:
        chosen = tuple(self.index.ids[item] for item in self._marks.selected) if self.index else ()
        self._been = [*self._been[-FORGOTTEN_AFTER:], Been(self.camera, chosen, group)]

    def _view_after(self, old: SceneIndex, links: dict[str, str], view: tuple[float, float]) -> Camera:
        """The view of a new scene that continues `old`: all of it if all was seen, else one card or group stays where
        it was on screen: the one that opened or closed, under the mouse, selected, or mid-view."""
        assert self.index is not None
        held = self._held
        if held is not None and held.group in old.number and held.group in self.index.number:
            self._whole = False
            return held.camera or self._view_holding(old, held)
        if self._whole:
            return self._whole_view()
        back = {before: after for after, before in links.items()}
        centre = old.rect[:, :2] + old.rect[:, 2:] / 2
        order = [self._anchor, *np.argsort(((centre - view) ** 2).sum(axis=1)).tolist()]
        for card in order:
            now = self.index.number.get(back.get(old.ids[card], ""), -1) if card >= 0 else -1
            if now >= 0:
                rect = self.index.rect[now]
                dx, dy = (rect[:2] + rect[2:] / 2 - centre[card]).tolist()
                return Camera(self.camera.x + dx, self.camera.y + dy, self.camera.scale)
        return self._whole_view()

    def _view_holding(self, old: SceneIndex, held: Held) -> Camera:
        """What was pressed is under the mouse again: the same point of the header, or the nearest that it has."""
        assert self.index is not None
        before, item = old.rect[old.number[held.group]], self.index.number[held.group]
        x, y, width, height = self.index.rect[item].tolist()
        high = min(self.index.header, height) if self.index.is_frame(item) else height
        across, along = min(held.x, width - 1.0), min(held.y, high - 1.0)
        dx, dy = x + across - before[0] - held.x, y + along - before[1] - held.y
        return Camera(self.camera.x + float(dx), self.camera.y + float(dy), self.camera.scale)

    def _place(self, position: QPointF | QPoint) -> tuple[float, float]:
        return self.camera.to_scene((position.x(), position.y()), self._size())
