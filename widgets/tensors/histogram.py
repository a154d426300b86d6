"""How the numbers of a tensor are spread: a bar per bin, with the least and the greatest under it."""

from __future__ import annotations

from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from explorer.capture.record import Histogram
from explorer.picture.labels import number_text
from widgets.theme import Theme

HEIGHT: Final = 56  # of the bars
GAP: Final = 1.0
LEAST: Final = 1.5  # height of a bar that is not empty


class HistogramChart(QWidget):
    """Bars are slate for a value and vermilion for an adjoint."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = Histogram()
        self._theme: Theme | None = None
        self._colour = "wire.forward"
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("histogram"))

    def show_histogram(self, shown: Histogram, theme: Theme, *, adjoint: bool) -> None:
        """Draw another one."""
        self._shown, self._theme = shown, theme
        self._colour = "cotangent.wire" if adjoint else "wire.forward"
        self.setVisible(bool(shown.counts.size))
        self.setAccessibleDescription(self._in_words())
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        scale = self._theme.scale if self._theme else 1.0
        return QSize(160, round((HEIGHT + 18) * scale))

    def minimumSizeHint(self) -> QSize:
        return QSize(40, self.sizeHint().height())

    def _in_words(self) -> str:
        edges, counts = self._shown.edges, self._shown.counts
        if not counts.size:
            return ""
        most = int(np.argmax(counts))
        text = self.tr("%1 numbers from %2 to %3, most of them, %4, between %5 and %6")
        parts = [
            number_text(int(counts.sum())), *map(number_text, (float(edges[0]), float(edges[-1]))),
            number_text(int(counts[most])), *map(number_text, (float(edges[most]), float(edges[most + 1]))),
        ]  # fmt: skip
        for place, part in enumerate(parts, 1):
            text = text.replace(f"%{place}", part)
        return text

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._theme is None or not self._shown.counts.size:
            return
        theme, counts, edges = self._theme, self._shown.counts, self._shown.edges
        painter = QPainter(self)
        painter.setFont(theme.font("mono", "small"))
        metrics = QFontMetricsF(painter.font())
        floor = self.height() - metrics.height() - 2
        painter.fillRect(QRectF(0, floor, self.width(), 1), theme.colour("border.field"))
        step, room = self.width() / len(counts), floor - 1
        most = int(counts.max())
        for number in np.flatnonzero(counts).tolist():
            tall = max(counts[number] / most * room, LEAST)
            width = max(step - GAP, 1.0) if len(counts) > 1 else min(step, 12.0)
            left = number * step + (step - width) / 2
            painter.fillRect(QRectF(left, floor - tall, width, tall), theme.colour(self._colour))
        self._labels(painter, floor, float(edges[0]), float(edges[-1]), theme)

    def _labels(self, painter: QPainter, floor: float, low: float, high: float, theme: Theme) -> None:
        """The ends, and a line where 0 is."""
        area = QRectF(0, floor + 2, self.width(), self.height() - floor - 2)
        painter.setPen(theme.colour("text.quiet"))
        if low == high:
            painter.drawText(area, Qt.AlignmentFlag.AlignHCenter, number_text(low))
            return
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft, number_text(low))
        painter.drawText(area, Qt.AlignmentFlag.AlignRight, number_text(high))
        if low < 0 < high:
            place = -low / (high - low) * self.width()
            painter.setPen(QPen(theme.colour("text.quiet"), 1.0, Qt.PenStyle.DotLine))
            painter.drawLine(round(place), 0, round(place), round(floor))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and self._shown.counts.size:
            QToolTip.showText(event.globalPos(), self.text_at(event.pos().x()), self)
            return True
        return super().event(event)

    def text_at(self, x: float) -> str:
        """The bin under a place, in words."""
        counts, edges = self._shown.counts, self._shown.edges
        number = max(0, min(int(x / max(self.width(), 1) * len(counts)), len(counts) - 1))
        ends = f"{number_text(float(edges[number]))} … {number_text(float(edges[number + 1]))}"
        return f"{ends}: {number_text(int(counts[number]))}"
