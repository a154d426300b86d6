"""What the colours of a heat map stand for: a bar with its ends, and with 0 where there are negative numbers."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.picture.labels import MINUS, number_text
from widgets.tensors.colours import Scale
from widgets.theme import Theme

BAR: Final = 8.0


class Legend(QWidget):
    """One line: the map, and its numbers under it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scale = Scale(0.0, signed=False)
        self._theme: Theme | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("scale of the colours"))

    def show_scale(self, scale: Scale, theme: Theme) -> None:
        self._scale, self._theme = scale, theme
        self.setAccessibleDescription(" … ".join(self._ends()))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        scale = self._theme.scale if self._theme else 1.0
        return QSize(160, round((BAR + 18) * scale))

    def minimumSizeHint(self) -> QSize:
        return QSize(40, self.sizeHint().height())

    def _ends(self) -> tuple[str, str]:
        most = number_text(self._scale.most)
        return (MINUS + most if self._scale.signed else "0"), most

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._theme is None:
            return
        painter = QPainter(self)
        painter.setFont(self._theme.font("mono", "small"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        stops = self._scale.stops(self._theme)
        gradient = QLinearGradient(0, 0, self.width(), 0)
        for number, stop in enumerate(stops):
            gradient.setColorAt(number / (len(stops) - 1), QColor(stop))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(gradient)
        painter.drawRoundedRect(QRectF(0, 0, self.width(), BAR), 2, 2)
        painter.setPen(self._theme.colour("text.quiet"))
        area = QRectF(0, BAR + 2, self.width(), self.height() - BAR - 2)
        low, high = self._ends()
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft, low)
        painter.drawText(area, Qt.AlignmentFlag.AlignRight, high)
        if self._scale.signed:
            painter.drawText(area, Qt.AlignmentFlag.AlignHCenter, "0")
