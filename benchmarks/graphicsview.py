"""The canvas that we did not build, to compare with: a QGraphicsView, an item per card and one item for all wires."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen, QStaticText, QTransform
from PySide6.QtWidgets import QFrame, QGraphicsItem, QGraphicsScene, QGraphicsView, QStyleOptionGraphicsItem, QWidget

from explorer.capture.record import Column
from explorer.picture import card as geometry
from explorer.picture.card import Style
from explorer.picture.labels import value_text
from explorer.picture.scene import Scene
from explorer.picture.widths import widths
from widgets.canvas.glyphs import sign
from widgets.canvas.painter import Level
from widgets.canvas.primitives import draw_lines
from widgets.canvas.wires import short_lines
from widgets.theme import Theme, scene_font

SIGN = 9.0
LABEL = Style("mono-bold", 21.0, 0.0)  # title and number, seen from further away
LABEL_NUMBER = Style("mono", 21.0, 0.0)


class Text:
    """A laid out text, its font and where it goes."""

    def __init__(self, text: str, style: Style, x: float, baseline: float, *, end: bool = False) -> None:
        kind, _, weight = style.font.partition("-")
        self.font = scene_font(kind, style.size, bold=weight == "bold")
        self.text = QStaticText(text)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
        self.text.prepare(font=self.font)
        left = x - self.text.size().width() if end else x
        self.at = QPointF(left, baseline - QFontMetricsF(self.font).ascent())

    def draw(self, painter: QPainter, pen: QPen) -> None:
        painter.setFont(self.font)
        painter.setPen(pen)
        painter.drawStaticText(self.at, self.text)


class Card(QGraphicsItem):
    """One card; draws as much as its size on screen allows."""

    def __init__(self, scene: Scene, card: int, theme: Theme, column: Column) -> None:
        super().__init__()
        x, y, width, height = scene.rect[card].tolist()
        self.setPos(x, y)
        self._rect = QRectF(0, 0, width, height)
        self._bounds = self._rect.adjusted(-1, -1, 1, 1)
        self._fill, self._colour = theme.colour("surface.card"), theme.category(int(scene.category[card]))
        self._border = QPen(theme.colour("border.card"), 1)
        self._strong, self._quiet = QPen(theme.colour("text.strong")), QPen(theme.colour("text.quiet"))
        top = geometry.PAD_Y + (geometry.TITLE.row - SIGN) / 2
        self._sign = _placed(sign(int(scene.category[card])), 3.5, top)
        bar_top = top + SIGN + 3
        self._bar = QRectF(geometry.BAR, bar_top, geometry.BAR, height - bar_top - geometry.RADIUS)
        rows, left = geometry.baselines(scene, card), geometry.PAD_LEFT
        right = width - geometry.PAD_RIGHT
        drop = geometry.ASCENT * LABEL.size
        self._label = Text(scene.title[card], LABEL, left, 0.3 * height + drop)
        self._title = Text(scene.title[card], geometry.TITLE, left, rows.title)
        self._head = [Text(scene.word[card], geometry.WORD, right, rows.title, end=True)]
        if rows.type is not None:
            self._head.append(Text(scene.type_text[card], geometry.TYPE, left, rows.type))
        number = value_text(column.cells[scene.shown[card]])
        self._label_number = Text(number, LABEL_NUMBER, left, 0.7 * height + drop)
        self._number = Text(number, geometry.VALUE, left, rows.value or 0.0)

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        return self._bounds

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        level = Level.at(option.levelOfDetailFromTransform(painter.worldTransform()))
        if level is Level.FAR:
            return painter.fillRect(self._rect, self._colour)
        painter.setPen(self._border)
        painter.setBrush(self._fill)
        painter.drawRoundedRect(self._rect, geometry.RADIUS, geometry.RADIUS)
        painter.fillPath(self._sign, self._colour)
        painter.fillRect(self._bar, self._colour)
        if level is Level.LABEL:
            self._label.draw(painter, self._strong)
            return self._label_number.draw(painter, self._strong)
        self._title.draw(painter, self._strong)
        for text in self._head:
            text.draw(painter, self._quiet)
        if level is Level.DETAIL:
            self._number.draw(painter, self._strong)
        return None


class Wires(QGraphicsItem):
    """All wires: what is in view, flattened, one call per width."""

    def __init__(self, scene: Scene, theme: Theme, column: Column) -> None:
        super().__init__()
        self._curves, self._line = scene.curves, theme.line
        self._low, self._high = scene.curves.min(axis=1), scene.curves.max(axis=1)
        self._width = np.round(widths(scene.wire_value, column.cells)[scene.curve_wire] * 2)
        self._colour = QColor(theme.colour("wire.forward"))
        low, high = self._low.min(axis=0), self._high.max(axis=0)
        self._bounds = QRectF(*low, *(high - low)).adjusted(-8, -8, 8, 8)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self.setZValue(-1)

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        return self._bounds

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        scale, view = option.levelOfDetailFromTransform(painter.worldTransform()), option.exposedRect
        seen = np.flatnonzero(
            (self._low[:, 0] < view.right()) & (self._high[:, 0] > view.left())
            & (self._low[:, 1] < view.bottom()) & (self._high[:, 1] > view.top())
        )  # fmt: skip
        if Level.at(scale) is Level.FAR:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(QPen(self._colour, 0))
            return draw_lines(painter, self._curves[seen][:, [0, 3]].reshape(-1, 4))
        lines, curve_of = short_lines(self._curves[seen], scale, 0.0)
        width = self._width[seen][curve_of]
        for each in np.unique(width).tolist():
            pen = QPen(self._colour, max(each / 2 * min(scale, 1.5) * self._line, 0.75), c=Qt.PenCapStyle.FlatCap)
            pen.setCosmetic(True)
            painter.setPen(pen)
            draw_lines(painter, lines[width == each])
        return None


class GraphView(QGraphicsView):
    """The whole graph, with every switch set that makes a QGraphicsView faster."""

    def __init__(self, scene: Scene, theme: Theme, column: Column) -> None:
        super().__init__()
        self._items = QGraphicsScene(self)
        self.setScene(self._items)
        for card in range(len(scene.nodes)):
            self._items.addItem(Card(scene, card, theme, column))
        self._items.addItem(Wires(scene, theme, column))
        self._items.setSceneRect(self._items.itemsBoundingRect().adjusted(-9999, -9999, 9999, 9999))
        self.setBackgroundBrush(theme.colour("surface.canvas"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        for bar in (self.setHorizontalScrollBarPolicy, self.setVerticalScrollBarPolicy):
            bar(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontSavePainterState)

    def look(self, x: float, y: float, scale: float) -> None:
        """Show the scene point in the middle, and paint now."""
        if self.transform().m11() != scale:
            self.setTransform(QTransform.fromScale(scale, scale))
        self.centerOn(x, y)
        self.viewport().repaint()


def _placed(path: QPainterPath, x: float, y: float) -> QPainterPath:
    return QTransform(SIGN, 0, 0, SIGN, x, y).map(path)
