"""What the canvas says about itself: nothing to show yet, out of date, busy."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from widgets.theme import Theme

LINE: Final = 3.0  # pixels
ROUND_SECONDS: Final = 1.4  # from one edge to the other


def paint_hint(painter: QPainter, rect: QRect, theme: Theme, text: str) -> None:
    """Quiet text in the middle of an empty canvas, broken into lines where it is long."""
    painter.setPen(theme.colour("text.quiet"))
    painter.setFont(theme.font("sans", "large"))
    painter.drawText(rect.adjusted(32, 32, -32, -32), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)


def paint_stale(painter: QPainter, rect: QRect, theme: Theme, text: str) -> None:
    """A veil over the picture, and a tag that says why."""
    veil = theme.colour("surface.canvas")
    veil.setAlphaF(0.5)
    painter.fillRect(rect, veil)
    paint_tag(painter, theme, text)


def paint_tag(painter: QPainter, theme: Theme, text: str) -> None:
    """A few words in the upper left corner."""
    painter.setFont(theme.font("sans", "small", bold=True))
    width = painter.fontMetrics().horizontalAdvance(text)
    height = painter.fontMetrics().height()
    tag = QRectF(12, 12, width + 20, height + 8)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.colour("text.quiet"), theme.line))
    painter.setBrush(theme.colour("surface.card"))
    painter.drawRoundedRect(tag, tag.height() / 2, tag.height() / 2)
    painter.setPen(theme.colour("text.normal"))
    painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, text)


def paint_busy(painter: QPainter, width: int, theme: Theme, now: float | None) -> None:
    """A line at the top edge that runs to the right; without a time it stands over the whole width."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour("border.focus"))
    if now is None:
        painter.drawRect(QRectF(0, 0, width, LINE * theme.line))
        return
    piece = width * 0.3
    left = (now / ROUND_SECONDS % 1.0) * (width + piece) - piece
    painter.drawRect(QRectF(left, 0, piece, LINE * theme.line))
