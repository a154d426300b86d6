"""The plane as the model divides it: its confidence in class 1 as a picture, where it is undecided, and the points."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.training.config import Initial
from explorer.training.datasets import box
from widgets.plots.axes import GivenTicks, furnish, leave_room
from widgets.plots.fit import whole_ticks
from widgets.plots.overlay import GAP
from widgets.theme import Theme

SYMBOLS = ("o", "t1")  # of class 0 and class 1: not by colour alone
NO_PICTURE = np.empty((0, 0), np.float32)


class BoundaryPlot(pg.PlotWidget):
    """Circles are class 0, triangles class 1; filled points train, hollow ones validate."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        self._left, self._bottom = GivenTicks("left"), GivenTicks("bottom")
        super().__init__(parent, axisItems={"left": self._left, "bottom": self._bottom})
        furnish(self)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumSize(200, 140)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.picture = NO_PICTURE
        self._area = QRectF()
        self._image = pg.ImageItem(axisOrder="row-major")
        self._edge = pg.IsocurveItem(level=0.5)
        self._edge.setParentItem(self._image)
        self.training = [pg.ScatterPlotItem(symbol=symbol) for symbol in SYMBOLS]
        self.validation = [pg.ScatterPlotItem(symbol=symbol) for symbol in SYMBOLS]
        for item in (self._image, *self.validation, *self.training):
            self.addItem(item, ignoreBounds=True)
        self.set_theme(theme)

    def set_task(self, initial: Initial) -> None:
        """Show these points, x (n, 2) of two classes, and no picture yet."""
        left, right, bottom, top = box(initial)
        self._area = QRectF(left, bottom, right - left, top - bottom)
        for label in range(2):
            self.training[label].setData(*initial.x[initial.labels == label].T)
            self.validation[label].setData(*initial.validation_x[initial.validation_labels == label].T)
        self.setXRange(left, right, padding=0)
        self.setYRange(bottom, top, padding=0)
        self._bottom.set_ticks(whole_ticks(left, right))
        self._left.set_ticks(whole_ticks(bottom, top))
        self.set_picture(NO_PICTURE)

    def set_picture(self, picture: np.ndarray) -> None:
        """Confidence in class 1 from 0 to 1, float32 (h, w), row 0 at the bottom; empty for none yet."""
        self.picture = picture
        shown = bool(picture.size)
        self._image.setVisible(shown)
        if shown:
            self._image.setImage(picture, levels=(0.0, 1.0))
            self._image.setRect(self._area)
            self._edge.setData(np.ascontiguousarray(picture.T))

    def set_theme(self, theme: Theme) -> None:
        """Put on a theme."""
        card = theme.colour("surface.card")
        self.setBackground(card)
        self._left.dress(theme, across=False)
        self._bottom.dress(theme, across=False)
        signed = [QColor(name) for name in theme.values["map"]["signed"]]
        self._image.setColorMap(pg.ColorMap(np.linspace(0.0, 1.0, len(signed)), signed))
        # The picture is light in every theme, so what stands on it is dark in every theme.
        self._edge.setPen(pg.mkPen(QColor(Qt.GlobalColor.black), width=1.6 * theme.line, cosmetic=True))
        middle = signed[len(signed) // 2]
        for label, colour in enumerate(class_colours(theme)):
            for points, filled in ((self.training[label], True), (self.validation[label], False)):
                points.opts["antialias"] = True
                points.setSize((9 if filled else 8) * theme.line)
                points.setBrush(pg.mkBrush(colour if filled else middle))
                points.setPen(pg.mkPen(middle, width=1) if filled else pg.mkPen(colour, width=1.5 * theme.line))
        metrics = QFontMetricsF(theme.font("sans", "small"))
        leave_room(self, left=metrics.horizontalAdvance("−10") + 2 * GAP, right=2 * GAP)
        self._bottom.setHeight(metrics.height() + 2 * GAP)


def class_colours(theme: Theme, *, over_picture: bool = True) -> tuple[QColor, QColor]:
    """Of the points of class 0 and 1: the ends of the picture's colours, darker where they stand on it."""
    signed = theme.values["map"]["signed"]
    darker = over_picture or not theme.dark
    zero, one = (QColor(end).darker(190) if darker else QColor(end) for end in (signed[0], signed[-1]))
    return zero, one
