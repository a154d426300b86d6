"""The statistics of a tensor as two columns of names and numbers, in one widget."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from explorer.capture.record import Summary
from explorer.picture.labels import NAN, number_text
from widgets.theme import Theme

ROW: Final = 22.0  # before the text scale
GAP: Final = 8.0


class StatisticsTable(QWidget):
    """Four significant digits; all of them in the tooltip. What is not finite is counted where there is some."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.facts: dict[str, float] = {}
        self._theme: Theme | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("statistics"))

    def show_statistics(self, known: Summary, theme: Theme) -> None:
        """Show another tensor's."""
        self._theme = theme
        self.facts = {
            self.tr("min"): known.minimum, self.tr("max"): known.maximum,
            self.tr("mean"): known.mean, self.tr("std"): known.deviation,
            self.tr("norm"): known.norm, self.tr("zeros"): known.zeros,
        }  # fmt: skip
        if known.nans or known.infinities:
            self.facts |= {NAN: known.nans, self.tr("infinite"): known.infinities}
        self.setAccessibleDescription(", ".join(f"{name} {number_text(fact)}" for name, fact in self.facts.items()))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        scale = self._theme.scale if self._theme else 1.0
        return QSize(160, round(-(-len(self.facts) // 2) * ROW * scale))

    def minimumSizeHint(self) -> QSize:
        return QSize(40, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._theme is None:
            return
        painter = QPainter(self)
        names, numbers = self._theme.font("sans"), self._theme.font("mono")
        metrics = QFontMetricsF(names)
        row, half = ROW * self._theme.scale, self.width() / 2
        indent = [max(map(metrics.horizontalAdvance, list(self.facts)[start::2])) + GAP for start in (0, 1)]
        for place, (name, fact) in enumerate(self.facts.items()):
            line, side = divmod(place, 2)
            area = QRectF(side * (half + GAP), line * row, half - GAP, row)
            painter.setFont(names)
            painter.setPen(self._theme.colour("text.quiet"))
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, name)
            painter.setFont(numbers)
            painter.setPen(self._theme.colour("text.strong"))
            painter.drawText(area.adjusted(indent[side], 0, GAP, 0), Qt.AlignmentFlag.AlignVCenter, number_text(fact))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(
                event.globalPos(), "\n".join(f"{name} {fact!r}" for name, fact in self.facts.items()), self
            )
            return True
        return super().event(event)
