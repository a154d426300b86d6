"""Words and marks on a plot, drawn in screen pixels over it: labels at the ends of curves, rules with a label, dots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from widgets.theme import Theme

GAP = 8.0  # pixels between a mark and its words


@dataclass(frozen=True, slots=True)
class EndLabel:
    """Words to the right of the end of a curve, at (x, y) of the plot."""

    x: float
    y: float
    text: str
    colour: QColor


@dataclass(frozen=True, slots=True)
class Rule:
    """A vertical line at x of the plot, with words at its top where there is something to say."""

    x: float
    text: str
    colour: QColor
    dashed: bool


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    colour: QColor


class Overlay(QGraphicsObject):
    """Drawn over a whole plot, margins included: an end label may reach into the margin on the right."""

    def __init__(self, plot: pg.PlotItem, theme: Theme) -> None:
        super().__init__(plot)
        self._plot = plot
        self._theme = theme
        self._labels: tuple[EndLabel, ...] = ()
        self._rules: tuple[Rule, ...] = ()
        self._dots: tuple[Dot, ...] = ()
        self.setZValue(1000)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        plot.geometryChanged.connect(self._moved)
        plot.vb.sigRangeChanged.connect(lambda *_: self.update())

    @property
    def labels(self) -> tuple[EndLabel, ...]:
        return self._labels

    @property
    def rules(self) -> tuple[Rule, ...]:
        return self._rules

    @property
    def dots(self) -> tuple[Dot, ...]:
        return self._dots

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def show_marks(
        self, *, labels: Sequence[EndLabel] = (), rules: Sequence[Rule] = (), dots: Sequence[Dot] = ()
    ) -> None:
        """Replace everything that is drawn."""
        self._labels, self._rules, self._dots = tuple(labels), tuple(rules), tuple(dots)
        self.update()

    def boundingRect(self) -> QRectF:
        return self._plot.boundingRect()

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._theme.font("sans", "small"))
        for rule in self._rules:
            self._paint_rule(painter, rule)
        for rule in self._rules:  # over all lines: one may run where another one's words stand
            self._name_rule(painter, rule)
        for dot in self._dots:
            painter.setPen(QPen(self._theme.colour("surface.card"), 2.0))
            painter.setBrush(dot.colour)
            radius = 4.5 * self._theme.line
            painter.drawEllipse(self._pixel(dot.x, dot.y), radius, radius)
        self._paint_labels(painter)

    def _moved(self) -> None:
        self.prepareGeometryChange()
        self.update()

    def _pixel(self, x: float, y: float) -> QPointF:
        view = self._plot.vb
        return self.mapFromItem(view, view.mapFromView(QPointF(x, y)))

    def _area(self) -> QRectF:
        return self.mapRectFromItem(self._plot.vb, self._plot.vb.rect())

    def _paint_rule(self, painter: QPainter, rule: Rule) -> None:
        area = self._area()
        x = self._pixel(rule.x, 0.0).x()
        style = Qt.PenStyle.CustomDashLine if rule.dashed else Qt.PenStyle.SolidLine
        pen = QPen(rule.colour, 1.2 * self._theme.line, style)
        if rule.dashed:
            pen.setDashPattern([3.0, 3.0])
        painter.setPen(pen)
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))

    def _name_rule(self, painter: QPainter, rule: Rule) -> None:
        if rule.text:
            area, x = self._area(), self._pixel(rule.x, 0.0).x()
            metrics = QFontMetricsF(painter.font())
            width = metrics.horizontalAdvance(rule.text)
            left = x + GAP if x + GAP + width <= area.right() else x - GAP - width
            self._paint_text(painter, QRectF(left, area.top(), width, metrics.height()), rule.text, rule.colour)

    def _paint_labels(self, painter: QPainter) -> None:
        metrics = QFontMetricsF(painter.font())
        area = self._area()
        places = [self._pixel(label.x, label.y) for label in self._labels]
        centres = spread([place.y() for place in places], metrics.height(), area.top(), area.bottom())
        for label, place, centre in zip(self._labels, places, centres, strict=True):
            width = metrics.horizontalAdvance(label.text)
            left = min(place.x() + GAP, self.boundingRect().right() - width)
            box = QRectF(left, centre - metrics.height() / 2, width, metrics.height())
            self._paint_text(painter, box, label.text, label.colour)

    def _paint_text(self, painter: QPainter, box: QRectF, text: str, colour: QColor) -> None:
        """Words on a veil of the card's colour, so that a grid line or a curve behind them does not hurt."""
        veil = self._theme.colour("surface.card")
        veil.setAlpha(210)
        painter.fillRect(box.adjusted(-2, 0, 2, 0), veil)
        painter.setPen(colour)
        painter.drawText(box.adjusted(0, 0, 2, 0), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)


def spread(centres: Sequence[float], height: float, top: float, bottom: float) -> list[float]:
    """Move centres apart so that boxes of `height` around them neither overlap nor leave [top, bottom], order kept."""
    order = sorted(range(len(centres)), key=lambda index: centres[index])
    moved = list(centres)
    below = top - height / 2
    for index in order:
        moved[index] = below = max(moved[index], below + height)
    above = bottom + height / 2
    for index in reversed(order):
        moved[index] = above = min(moved[index], above - height)
    return moved
