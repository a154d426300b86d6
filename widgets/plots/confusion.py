"""Which class is taken for which: a small table of counts, darker the more of its class."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from widgets.theme import Theme

NO_COUNTS = np.empty((0, 0), np.int64)


class ConfusionPlot(QWidget):
    """Rows are the classes, columns what they were taken for; the diagonal, outlined, is right."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.counts = NO_COUNTS
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.set_theme(theme)

    def set_counts(self, counts: np.ndarray) -> None:
        """int64 (classes, classes), by class and the one predicted; empty for none yet."""
        self.counts = counts
        self.setAccessibleDescription(self._worst())
        self.update()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.setFixedWidth(round(9 * theme.pixels("body")))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self.width(), self.width() + 2 * self._theme.pixels("body"))

    # ---- drawing ----

    def _cell(self) -> float:
        line = 1.4 * self._theme.pixels("small")
        classes = max(1, len(self.counts))
        return max(4.0, min(self.width() - 1.2 * line, self.height() - 2.4 * line) / classes)

    def _corner(self) -> tuple[float, float]:
        line = 1.4 * self._theme.pixels("small")
        return line, 2 * line

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self._theme.font("sans", "small"))
        cell, (left, top) = self._cell(), self._corner()
        painter.setPen(self._theme.colour("text.quiet"))
        line = top / 2
        painter.drawText(QRectF(left, 0, self.width() - left, line), Qt.AlignmentFlag.AlignLeft, self.tr("taken for"))
        for index, row in enumerate(self.counts):
            across = QRectF(left + index * cell, line, cell, line)
            painter.setPen(self._theme.colour("text.quiet"))
            painter.drawText(across, Qt.AlignmentFlag.AlignCenter, str(index))
            down = QRectF(0, top + index * cell, left - 4, cell)
            painter.drawText(down, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(index))
            self._paint_row(painter, index, row, cell)

    def _paint_row(self, painter: QPainter, index: int, row: np.ndarray, cell: float) -> None:
        left, top = self._corner()
        ink, total = self._theme.colour("text.strong"), max(1, int(row.sum()))
        for column, count in enumerate(row.tolist()):
            box = QRectF(left + column * cell, top + index * cell, cell - 1, cell - 1)
            shade = QColor(ink)
            # One mistake among fifty must be seen: the root brings small shares forward.
            shade.setAlphaF(0.04 + 0.86 * (count / total) ** 0.5)
            painter.fillRect(box, shade)
            if column == index:
                painter.setPen(QPen(self._theme.colour("border.focus"), 1.2 * self._theme.line))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(box.adjusted(0.6, 0.6, -0.6, -0.6))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            left, top = self._corner()
            column, row = int((event.pos().x() - left) // self._cell()), int((event.pos().y() - top) // self._cell())
            inside = 0 <= row < len(self.counts) and 0 <= column < len(self.counts)
            QToolTip.showText(event.globalPos(), self._words(row, column) if inside else "", self)
            return True
        return super().event(event)

    def _words(self, row: int, column: int) -> str:
        text = self.tr("{label} taken for {guess}: {count} of {total}")
        count, total = int(self.counts[row, column]), int(self.counts[row].sum())
        return text.format(label=row, guess=column, count=count, total=total)

    def _worst(self) -> str:
        """The commonest mistake, in words."""
        if not self.counts.size:
            return ""
        wrong = self.counts - np.diag(np.diag(self.counts))
        row, column = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
        return self._words(int(row), int(column))
