"""What flows along a wire, written beside it where neither a card nor another label is. Readable at any zoom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from PySide6.QtCore import QCoreApplication, QLocale, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter

from explorer.picture.labels import value_text
from explorer.picture.scene import BACKWARD, SAVED
from widgets.canvas.camera import Box, Camera, Size
from widgets.canvas.facts import Facts, byte_count
from widgets.canvas.index import SceneIndex, flatten
from widgets.theme import Theme, scene_font

ALONG: Final = (0.5, 0.38, 0.62, 0.26, 0.74)  # where on the wire, the best first
AWAY: Final = (10.0, 22.0, 36.0)  # pixels from the wire to the text
NEAR: Final = 6.0
NUMBER_SIZE, WORD_SIZE = 14.0, 12.0  # pixels at 100 %
COUNT_SIZE: Final = 10.5
MOST_COUNTS: Final = 200  # wires in view with a count on them
SMALLEST, LARGEST = 0.85, 1.6  # how far texts follow the zoom


class LabelPen:
    """Writes labels of wires in one theme. The painter draws in pixels of the view."""

    def __init__(self, theme: Theme, text_scale: float) -> None:
        self.theme, self.text_scale = theme, text_scale

    def paint(
        self, painter: QPainter, facts: Facts, index: SceneIndex, wires: Iterable[int], camera: Camera, size: Size
    ) -> None:
        """Labels of `wires`; one that finds no free place is left out."""
        taken: list[QRectF] = []
        for wire in wires:
            text = wire_text(facts, wire)
            if not text:
                continue
            saved = int(index.scene.wire_kind[wire]) == SAVED
            zoom = min(max(camera.scale, SMALLEST), LARGEST) * self.text_scale
            font = scene_font("sans", WORD_SIZE * zoom) if saved else scene_font("mono", NUMBER_SIZE * zoom)
            metrics = QFontMetricsF(font)
            place = _free_place(index, wire, metrics.horizontalAdvance(text) + 4, metrics.height(), taken, camera, size)
            if place is not None:
                taken.append(place)
                painter.setFont(font)
                self._write(painter, place, text, warm=not saved and _is_cotangent(facts, wire))

    def paint_counts(self, painter: QPainter, index: SceneIndex, view: Box, camera: Camera, size: Size) -> None:
        """How many uses of values a wire stands for, on its middle, where it stands for several."""
        several = np.flatnonzero(index.uses > 1)
        if not len(several):
            return
        seen = np.intersect1d(several, index.scene.curve_wire[index.curves_in(view)])[:MOST_COUNTS]
        font = scene_font("mono", COUNT_SIZE * min(max(camera.scale, SMALLEST), LARGEST) * self.text_scale)
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        for wire in seen.tolist():
            curves = index.curves_of(wire)
            middle = flatten(index.scene.curves[curves[[len(curves) // 2]]], 2)[0, len(curves) % 2]
            if index.card_at((float(middle[0]), float(middle[1]))) < 0:
                x, y = camera.to_screen((float(middle[0]), float(middle[1])), size)
                text = str(index.uses[wire])
                wide, high = metrics.horizontalAdvance(text) + 6, metrics.height()
                self._write(painter, QRectF(x - wide / 2, y - high / 2, wide, high), text, warm=False)

    def _write(self, painter: QPainter, place: QRectF, text: str, *, warm: bool) -> None:
        ground = self.theme.colour("surface.canvas")
        ground.setAlphaF(0.85)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(place, 3, 3)
        painter.setPen(self.theme.colour("cotangent.text" if warm else "text.normal"))
        painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), text)


def wire_text(facts: Facts, wire: int) -> str:
    """`5.0`, or `saved, 64 KB` for a value that is kept; empty while nothing has come along, or where no numbers do."""
    if facts.index.uses[wire] > 1:
        return ""  # its count is on it; the first of its values would stand for all
    cell = facts.flowing(wire)
    if int(facts.index.scene.wire_kind[wire]) != SAVED:
        return value_text(cell) if cell is not None else ""
    if cell is None:
        scene = facts.index.scene
        if not scene.shown[scene.wire_ends[wire, 0]]:
            return ""
        return QCoreApplication.translate("LabelPen", "saved for the way back")
    size = QLocale().formattedDataSize(byte_count(cell), 0, QLocale.DataSizeFormat.DataSizeTraditionalFormat)
    return QCoreApplication.translate("LabelPen", "saved, {size}").format(size=size)


def _is_cotangent(facts: Facts, wire: int) -> bool:
    return bool(facts.share_there[wire]) or int(facts.index.scene.wire_kind[wire]) == BACKWARD


def _free_place(
    index: SceneIndex, wire: int, width: float, height: float, taken: list[QRectF], camera: Camera, size: Size
) -> QRectF | None:
    """Beside the wire, in view, on no card and no other label, better not on another wire; None for no such place."""
    points = np.concatenate(flatten(index.scene.curves[index.curves_of(wire)], 24))
    points = (points - [camera.x, camera.y]) * camera.scale + [size[0] / 2, size[1] / 2]
    length = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    view = QRectF(0, 0, *size)
    second_best = None
    for place in _places(points, length, width, height):
        if not view.contains(place) or any(map(place.intersects, taken)) or _crosses(points, place):
            continue
        inside = _in_scene(place, camera, size)
        if not len(index.cards_in(inside)):
            if not _on_a_wire(index, inside):
                return place
            second_best = second_best or place
    return second_best


def _places(points: np.ndarray, length: np.ndarray, width: float, height: float) -> Iterator[QRectF]:
    """Right of, left of and above points of the wire, the nearest first."""
    for away in AWAY:
        for share in ALONG:
            x, y = (float(np.interp(share * length[-1], length, points[:, axis])) for axis in (0, 1))
            for left, middle in ((x + away, y), (x - away - width, y), (x - width / 2, y - away - height / 2)):
                yield QRectF(left, middle - height / 2, width, height)


def _on_a_wire(index: SceneIndex, box: Box) -> bool:
    points = flatten(index.scene.curves[index.curves_in(box)], 32).reshape(-1, 2)
    return bool(((points > box[:2]) & (points < box[2:])).all(axis=1).any())


def _crosses(points: np.ndarray, place: QRectF) -> bool:
    """Whether a line comes nearer to `place` than a thick wire and what flows back beside it need."""
    low = np.array([place.left(), place.top()]) - NEAR
    high = np.array([place.right(), place.bottom()]) + NEAR
    return bool(((points > low) & (points < high)).all(axis=1).any())


def _in_scene(place: QRectF, camera: Camera, size: Size) -> Box:
    top_left = camera.to_scene((place.left(), place.top()), size)
    return *top_left, *camera.to_scene((place.right(), place.bottom()), size)
