"""One small sign per category of operations, so that colour is never alone. Drawn in a square of side 1."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPolygonF

from explorer.capture.ops import CATEGORIES


def _ring() -> QPainterPath:
    made = _disc()
    made.addEllipse(QRectF(0.25, 0.25, 0.5, 0.5))
    return made


def _disc() -> QPainterPath:
    made = QPainterPath()
    made.addEllipse(QRectF(0, 0, 1, 1))
    return made


def _grid() -> QPainterPath:
    made = QPainterPath()
    for x in (0.0, 0.56):
        for y in (0.0, 0.56):
            made.addRect(QRectF(x, y, 0.44, 0.44))
    return made


def _funnel() -> QPainterPath:
    return _polygon((0, 0.05), (1, 0.05), (0.5, 1))


def _frame() -> QPainterPath:
    made = QPainterPath()
    made.addRect(QRectF(0, 0, 1, 1))
    made.addRect(QRectF(0.24, 0.24, 0.52, 0.52))
    return made


def _bell() -> QPainterPath:
    made = QPainterPath(QPointF(0, 1))
    made.cubicTo(0.4, 1, 0.25, 0, 0.5, 0)
    made.cubicTo(0.75, 0, 0.6, 1, 1, 1)
    made.closeSubpath()
    return made


def _die() -> QPainterPath:
    made = QPainterPath()
    for x, y in ((0.0, 0.0), (0.66, 0.0), (0.33, 0.33), (0.0, 0.66), (0.66, 0.66)):
        made.addEllipse(QRectF(x, y, 0.34, 0.34))
    return made


def _diamond() -> QPainterPath:
    return _polygon((0.5, 0), (1, 0.5), (0.5, 1), (0, 0.5))


def _star() -> QPainterPath:
    made = _polygon((0.4, 0), (0.6, 0), (0.6, 1), (0.4, 1))
    made.addPath(_polygon((0, 0.4), (1, 0.4), (1, 0.6), (0, 0.6)))
    made.setFillRule(Qt.FillRule.WindingFill)
    return made


def _polygon(*points: tuple[float, float]) -> QPainterPath:
    made = QPainterPath()
    made.addPolygon(QPolygonF([QPointF(*point) for point in points]))
    made.closeSubpath()
    return made


SIGNS: Final[dict[str, Callable[[], QPainterPath]]] = {
    "neutral": _ring,
    "elementwise": _disc,
    "linear": _grid,
    "reduction": _funnel,
    "shape": _frame,
    "normalisation": _bell,
    "random": _die,
    "control": _diamond,
    "collective": _star,
}


@cache
def sign(category: int) -> QPainterPath:
    """The sign of category number `category` of `explorer.capture.ops.CATEGORIES`."""
    return SIGNS[CATEGORIES[category]]()


def draw_sign(painter: QPainter, category: int, colour: QColor, x: float, y: float, side: float) -> None:
    """The sign with its top left corner at x, y."""
    painter.save()
    painter.translate(x, y)
    painter.scale(side, side)
    painter.fillPath(sign(category), colour)
    painter.restore()


@cache
def sign_image(category: int, colour: str, side: int) -> QImage:
    """The sign as a picture of `side` device pixels."""
    image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    draw_sign(painter, category, QColor(colour), 0.0, 0.0, float(side))
    painter.end()
    return image
