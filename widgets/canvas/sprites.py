"""Rounded boxes and category signs from small kept pictures, many per call: a fraction of the time of curved fills.

Only for pixels that are not turned or sheared. A box is four corners from a picture and straight parts as plain
rectangles, all on whole device pixels, so that nothing is blended twice where the painter is translucent.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPaintEngine, QPainter, QPixmap, QTransform

from widgets.canvas.glyphs import sign_image
from widgets.canvas.primitives import draw_fragments, draw_rects

UPRIGHT: Final = (
    QTransform.TransformationType.TxNone,
    QTransform.TransformationType.TxTranslate,
    QTransform.TransformationType.TxScale,
)


def has_pixels(painter: QPainter) -> bool:
    """Whether the painter ends in pixels of a picture or window, and not in a file of curves."""
    upright = painter.transform().type() in UPRIGHT
    return upright and painter.paintEngine().type() == QPaintEngine.Type.Raster


def draw_boxes(
    painter: QPainter, rects: np.ndarray, radius: float, border: float, edge: QColor, ground: QColor
) -> None:
    """Rounded boxes (k, 4) in the painter's own units, filled with `ground`, with a border of `edge`."""
    if not len(rects):
        return
    ratio, scale = painter.device().devicePixelRatioF(), painter.transform().m11()
    line = max(1, round(border * scale * ratio))
    corner = max(line + 1, round(radius * scale * ratio))
    x, y, width, height = _on_device(painter, rects, ratio).T
    corner = int(min(corner, width.min() // 2, height.min() // 2))
    right, bottom, wide, high = x + width, y + height, width - 2 * corner, height - 2 * corner
    full, inner = np.full_like(x, line), np.full_like(x, corner - line)
    painter.save()
    painter.setTransform(QTransform())
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    middle = (x + corner, y + line, wide, height - 2 * line)
    sides = (x + line, y + corner, inner, high), (right - corner, y + corner, inner, high)
    draw_rects(painter, _parts(ratio, middle, *sides))
    painter.setBrush(edge)
    flat = (x + corner, y, wide, full), (x + corner, bottom - line, wide, full)
    upright = (x, y + corner, full, high), (right - line, y + corner, full, high)
    draw_rects(painter, _parts(ratio, *flat, *upright))
    corners = _corners(corner, line, edge.rgba(), ground.rgba())
    places = [(x, y, 0, 0), (right - corner, y, corner, 0), (x, bottom - corner, 0, corner),
              (right - corner, bottom - corner, corner, corner)]  # fmt: skip
    _draw(painter, corners, corner, ratio, places)
    painter.restore()


def draw_signs(painter: QPainter, category: int, colour: QColor, corners: np.ndarray, side: float) -> None:
    """The sign of a category at each of `corners` (k, 2), `side` large, on whole device pixels."""
    ratio = painter.device().devicePixelRatioF()
    pixels = max(1, round(side * painter.transform().m11() * ratio))
    sprite = _sign(category, colour.name(), pixels)
    x, y, _, _ = _on_device(painter, np.concatenate([corners, np.zeros_like(corners)], axis=1), ratio).T
    painter.save()
    painter.setTransform(QTransform())
    _draw(painter, sprite, pixels, ratio, [(x, y, 0, 0)])
    painter.restore()


def draw_bars(painter: QPainter, rects: np.ndarray, colour: QColor) -> None:
    """Plain rectangles (k, 4) with edges on whole device pixels."""
    ratio = painter.device().devicePixelRatioF()
    device = _on_device(painter, rects, ratio)
    painter.save()
    painter.setTransform(QTransform())
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    draw_rects(painter, device / ratio)
    painter.restore()


def _on_device(painter: QPainter, rects: np.ndarray, ratio: float) -> np.ndarray:
    """x, y, width, height in whole device pixels, (k, 4)."""
    transform = painter.transform()
    scale, shift = np.array([transform.m11(), transform.m22()]), np.array([transform.dx(), transform.dy()])
    low = np.round((rects[:, :2] * scale + shift) * ratio)
    high = np.round(((rects[:, :2] + rects[:, 2:]) * scale + shift) * ratio)
    return np.concatenate([low, high - low], axis=1)


def _parts(ratio: float, *parts: tuple[np.ndarray, ...]) -> np.ndarray:
    return np.concatenate([np.stack(part, axis=1) for part in parts]) / ratio


def _draw(
    painter: QPainter, sprite: QPixmap, side: int, ratio: float, places: list[tuple[np.ndarray, np.ndarray, int, int]]
) -> None:
    """Squares of `side` device pixels from the sprite: (x, y) on the device, and where in the sprite."""
    parts = []
    for x, y, left, top in places:
        part = np.empty((len(x), 10))
        part[:, 0], part[:, 1] = (x + side / 2) / ratio, (y + side / 2) / ratio
        part[:, 2:] = (left, top, side, side, 1 / ratio, 1 / ratio, 0.0, 1.0)
        parts.append(part)
    draw_fragments(painter, np.concatenate(parts), sprite)


@lru_cache(maxsize=64)
def _corners(corner: int, line: int, edge: int, ground: int) -> QPixmap:
    """A rounded box that is all corners."""
    side = 2 * corner
    sprite = QPixmap(side, side)
    sprite.fill(Qt.GlobalColor.transparent)
    painter = QPainter(sprite)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor.fromRgba(edge))
    painter.drawRoundedRect(QRectF(0, 0, side, side), corner, corner)
    painter.setBrush(QColor.fromRgba(ground))
    inner = QRectF(line, line, side - 2 * line, side - 2 * line)
    painter.drawRoundedRect(inner, corner - line, corner - line)
    painter.end()
    return sprite


@lru_cache(maxsize=256)
def _sign(category: int, colour: str, side: int) -> QPixmap:
    return QPixmap.fromImage(sign_image(category, colour, side))
