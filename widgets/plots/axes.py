"""Axes as the plots of this application have them: no frame, hairlines across, quiet figures at given places."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import QRectF

from widgets.theme import Theme


class GivenTicks(pg.AxisItem):
    """An axis whose ticks are given, not computed: their places do not move while a curve grows."""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        self._ticks: tuple[tuple[float, str], ...] = ()
        self.enableAutoSIPrefix(False)

    def set_ticks(self, ticks: Sequence[tuple[float, str]]) -> None:
        """Places on the axis and their labels."""
        if tuple(ticks) != self._ticks:
            self._ticks = tuple(ticks)
            self.picture = None  # pyqtgraph's cached drawing
            self.update()

    def boundingRect(self) -> QRectF:
        """A little more than the axis: the outermost figures stand across its ends."""
        return super().boundingRect().adjusted(-30, -10, 30, 10)

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, list[float]]]:  # noqa: ARG002, N803
        low, high = sorted((minVal, maxVal))
        return [(1.0, [place for place, _ in self._ticks if low <= place <= high])]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:  # noqa: ARG002
        labels = dict(self._ticks)
        return [labels.get(value, "") for value in values]

    def dress(self, theme: Theme, *, across: bool) -> None:
        """Put on the theme; `across` draws hairlines through the plot at the ticks."""
        self.setPen(pg.mkPen(None))
        self.setTickPen(pg.mkPen(theme.colour("border.hairline"), width=1))
        self.setTextPen(theme.colour("text.quiet"))
        self.setTickFont(theme.font("sans", "small"))
        self.setStyle(tickLength=0, tickTextOffset=8, tickAlpha=255, maxTickLevel=0, hideOverlappingLabels=False)
        self.setGrid(255 if across else False)
        self.setZValue(-1)  # hairlines go under the curves


def furnish(widget: pg.PlotWidget) -> None:
    """Take away pyqtgraph's own mouse handling, buttons and frame."""
    plot = widget.getPlotItem()
    plot.setMenuEnabled(False)
    plot.hideButtons()
    plot.setMouseEnabled(x=False, y=False)
    plot.vb.disableAutoRange()
    plot.vb.setDefaultPadding(0.0)


def leave_room(widget: pg.PlotWidget, *, left: float, right: float) -> None:
    """Pixels for the figures on the left and for the labels at the ends of curves on the right."""
    plot = widget.getPlotItem()
    plot.getAxis("left").setWidth(left)
    plot.layout.setContentsMargins(0, 4, right, 0)
