"""The points, and what the model makes of them: now, at its best step, and the straight line for comparison."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.training.config import Initial
from explorer.training.models import grid, least_squares_line
from widgets.plots.axes import GivenTicks, furnish, leave_room
from widgets.plots.curves import TRAINING_COLOUR, VALIDATION_COLOUR
from widgets.plots.overlay import GAP, EndLabel, Overlay
from widgets.plots.scales import plain
from widgets.theme import Theme

NO_LINE = np.empty((0, 2))


class FitPlot(pg.PlotWidget):
    """Training points are filled dots, validation points hollow squares. Fits are float64 (g, 2): x and the output."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        self._left, self._bottom = GivenTicks("left"), GivenTicks("bottom")
        super().__init__(parent, axisItems={"left": self._left, "bottom": self._bottom})
        furnish(self)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumSize(200, 140)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._theme = theme
        self._line, self._best, self._fit = pg.PlotCurveItem(), pg.PlotCurveItem(), pg.PlotCurveItem()
        self._points, self._validation = pg.ScatterPlotItem(), pg.ScatterPlotItem()
        for item in (self._line, self._best, self._fit, self._validation, self._points):
            self.addItem(item, ignoreBounds=True)
        self._overlay = Overlay(self.getPlotItem(), theme)
        self.fit = self.best = self.line = NO_LINE
        self._best_name = ""
        self.set_theme(theme)

    def set_task(self, initial: Initial) -> None:
        """Show these points and their least-squares line, and no fit yet."""
        x = grid(initial)
        slope, intercept = least_squares_line(initial)
        self.line = np.hstack([x, slope * x + intercept])
        self.fit = self.best = NO_LINE
        self._points.setData(initial.x[:, 0], initial.y[:, 0])
        self._validation.setData(initial.validation_x[:, 0], initial.validation_y[:, 0])
        y = np.concatenate([initial.y, initial.validation_y])
        self._lay_out((float(x[0, 0]), float(x[-1, 0])), (float(y.min()), float(y.max())))
        self._draw()

    def set_fit(self, fit: np.ndarray) -> None:
        """The model's output as it is now."""
        self.fit = fit
        self._draw()

    def set_best(self, best: np.ndarray, name: str = "") -> None:
        """The output at the best step, labelled `name`; empty for none."""
        self.best, self._best_name = best, name
        self._draw()

    def set_theme(self, theme: Theme) -> None:
        """Put on a theme."""
        self._theme = theme
        card, ink = theme.colour("surface.card"), theme.colour(TRAINING_COLOUR)
        blue, quiet = theme.colour(VALIDATION_COLOUR), theme.colour("text.quiet")
        self.setBackground(card)
        self._left.dress(theme, across=True)
        self._bottom.dress(theme, across=False)
        self._fit.setPen(pg.mkPen(ink, width=2.2 * theme.line))
        self._best.setPen(pg.mkPen(blue, width=1.3 * theme.line))
        self._line.setPen(pg.mkPen(quiet, width=1.3 * theme.line, dash=[4, 4]))
        for curve in (self._fit, self._best, self._line):
            curve.opts["antialias"] = True
        size = 10 * theme.line
        for points in (self._points, self._validation):
            points.opts["antialias"] = True
            points.setSize(size)
        self._points.setSymbol("o")
        self._points.setBrush(pg.mkBrush(ink))
        self._points.setPen(pg.mkPen(card, width=1.5))
        self._validation.setSymbol("s")
        self._validation.setBrush(pg.mkBrush(card))
        self._validation.setPen(pg.mkPen(blue, width=2 * theme.line))
        metrics = QFontMetricsF(theme.font("sans", "small"))
        longest = max(self.tr("straight line"), self.tr("step {step}").format(step="0000"), key=len)
        leave_room(
            self,
            left=metrics.horizontalAdvance("−10") + 2 * GAP,
            right=metrics.horizontalAdvance(longest) + 2 * GAP,
        )
        self._bottom.setHeight(metrics.height() + 2 * GAP)
        self._overlay.set_theme(theme)
        self._draw()

    def _lay_out(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        margin = 0.2 * (y[1] - y[0])
        self.setXRange(*x, padding=0)
        self.setYRange(y[0] - margin, y[1] + margin, padding=0)
        self._bottom.set_ticks(whole_ticks(*x))
        self._left.set_ticks(whole_ticks(y[0] - margin, y[1] + margin))

    def _draw(self) -> None:
        quiet, ink = self._theme.colour("text.quiet"), self._theme.colour(TRAINING_COLOUR)
        shown = (
            (self._line, self.line, self.tr("straight line"), quiet),
            (self._best, self.best, self._best_name, self._theme.colour(VALIDATION_COLOUR)),
            (self._fit, self.fit, self.tr("model"), ink),
        )
        labels = []
        for curve, points, name, colour in shown:
            curve.setData(points[:, 0], points[:, 1])
            if len(points) and name and np.isfinite(points[-1, 1]):
                labels.append(EndLabel(float(points[-1, 0]), float(points[-1, 1]), name, colour))
        self._overlay.show_marks(labels=labels)


def whole_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Whole numbers in [low, high], about five of them."""
    unit = next((unit for unit in (1, 2, 5, 10, 20, 50) if (high - low) / unit <= 6), 100)
    numbers = range(int(np.ceil(low / unit)), int(np.floor(high / unit)) + 1)
    return [(float(unit * number), plain(unit * number).replace("-", "−")) for number in numbers]
