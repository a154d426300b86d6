"""Digits of the validation set with what the model takes them for; wrong guesses have a thick frame and a cross."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QHelpEvent, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from explorer.training.config import Fit, Initial
from explorer.training.datasets import DIGITS_SHOWN
from widgets.theme import Theme

GAP = 8.0
SIDE = 8  # pixels of a digit along either side
LEAST_SIDE = 34.0


class DigitsPlot(QWidget):
    """As many of the first validation digits as there is room for, always the same ones in the same places."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.setMinimumSize(120, 100)
        self.predicted = np.empty(0, np.int64)
        self.labels = np.empty(0, np.int64)
        self._confidence = np.empty(0, np.float32)
        self._pixels = np.empty((0, SIDE, SIDE))
        self._images: list[QImage] = []
        self._shares = True  # confidences are shares, not margins
        self.set_theme(theme)

    def set_task(self, initial: Initial, *, shares: bool) -> None:
        """Show these digits and no guesses yet; `shares` says whether a confidence is a share or a margin."""
        self._pixels = initial.validation_x.reshape(-1, SIDE, SIDE)
        self.labels, self._shares = initial.validation_labels, shares
        self._make_images()
        self.set_guesses(Fit(0))

    def set_guesses(self, fit: Fit) -> None:
        """What the model takes the first digits for."""
        self.predicted, self._confidence = fit.predicted, fit.confidence
        self.update()

    @property
    def wrong(self) -> np.ndarray:
        """Which of the guesses are wrong, bool (m,)."""
        return np.asarray(self.predicted != self.labels[: len(self.predicted)])

    def caption(self, index: int) -> str:
        """`7 98 %`, or `7 ≠ 1 98 %` where a 1 is taken for a 7; empty where nothing is predicted yet."""
        if index >= len(self.predicted):
            return ""
        guess, sure = int(self.predicted[index]), float(self._confidence[index])
        number = f"{sure:.0%}" if self._shares else f"{sure:+.1f}"
        return f"{guess} ≠ {int(self.labels[index])} {number}" if self.wrong[index] else f"{guess} {number}"

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._make_images()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(300, 200)

    # ---- drawing ----

    def _make_images(self) -> None:
        paper, ink = self._theme.colour("surface.card"), self._theme.colour("text.strong")
        table = [_between(paper, ink, level / 255).rgb() for level in range(256)]
        self._images = []
        for pixels in self._pixels[:DIGITS_SHOWN]:
            levels = np.ascontiguousarray(np.clip(pixels * 255, 0, 255).astype(np.uint8))
            image = QImage(levels.data, SIDE, SIDE, SIDE, QImage.Format.Format_Indexed8).copy()
            image.setColorTable(table)
            self._images.append(image.convertToFormat(QImage.Format.Format_RGB32))

    def _places(self) -> list[QRectF]:
        """Of the pictures, row by row; the caption stands under each. As large as still shows all of them, or least."""
        metrics = QFontMetricsF(self._theme.font("sans", "small"))
        caption, count = metrics.height() + GAP, len(self._images)
        most = max(1, int((self.width() + GAP) // (metrics.horizontalAdvance("7 ≠ 1 100%") + GAP)))
        sides = {columns: self._side(columns, -(-count // columns), caption) for columns in range(1, most + 1)}
        columns = max(sides, key=lambda each: sides[each])
        side = sides[columns]
        if side < LEAST_SIDE:
            columns, rows = most, max(1, int((self.height() + GAP) // (LEAST_SIDE + caption)))
            side = self._side(columns, rows, caption)
            count = min(count, rows * columns)
        across, down = (self.width() + GAP) / columns, side + caption
        return [QRectF(k % columns * across, k // columns * down, side, side) for k in range(count)]

    def _side(self, columns: int, rows: int, caption: float) -> float:
        """Of the largest pictures that fit so many times."""
        return min((self.width() + GAP) / columns - GAP, (self.height() + GAP) / max(1, rows) - caption)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, place in enumerate(self._places()):
            self._paint(painter, index, place)

    def _paint(self, painter: QPainter, index: int, place: QRectF) -> None:
        theme = self._theme
        is_wrong = index < len(self.predicted) and bool(self.wrong[index])
        painter.drawImage(place, self._images[index])
        width = 2.5 * theme.line if is_wrong else 1.0
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.colour("text.strong" if is_wrong else "border.hairline"), width))
        painter.drawRect(place.adjusted(width / 2, width / 2, -width / 2, -width / 2))
        if is_wrong:
            _cross(painter, place, theme)
        font = theme.font("sans", "small")
        font.setWeight(QFont.Weight.DemiBold if is_wrong else QFont.Weight.Normal)
        painter.setFont(font)
        painter.setPen(theme.colour("text.strong" if is_wrong else "text.normal"))
        below = QRectF(place.left(), place.bottom(), self.width(), painter.fontMetrics().height())
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self.caption(index))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            at = next((k for k, place in enumerate(self._places()) if place.contains(QPointF(event.pos()))), None)
            text = self._words(at) if at is not None and at < len(self.predicted) else ""
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def _words(self, index: int) -> str:
        guess, label, sure = int(self.predicted[index]), int(self.labels[index]), float(self._confidence[index])
        number = f"{sure:.2%}" if self._shares else f"{sure:.4g}"
        return self.tr("A {label}, taken for a {guess}; {number}").format(label=label, guess=guess, number=number)


def _cross(painter: QPainter, place: QRectF, theme: Theme) -> None:
    """In the upper right corner."""
    side = min(place.width() / 3, 1.1 * theme.pixels("small"))
    box = QRectF(place.right() - side, place.top(), side, side)
    painter.fillRect(box, theme.colour("text.strong"))
    painter.setPen(QPen(theme.colour("surface.card"), 1.6 * theme.line))
    inner = box.adjusted(side / 4, side / 4, -side / 4, -side / 4)
    painter.drawLine(inner.topLeft(), inner.bottomRight())
    painter.drawLine(inner.topRight(), inner.bottomLeft())


def _between(one: QColor, other: QColor, share: float) -> QColor:
    parts = zip(one.getRgb()[:3], other.getRgb()[:3], strict=True)
    return QColor(*(round(a + share * (b - a)) for a, b in parts))
