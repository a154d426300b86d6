"""The steps of a run that can be looked at again, and the bar under the curves that goes through them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QWidget

from explorer.training.config import Fit, RunConfig
from explorer.training.history import planned_steps
from explorer.training.record import RunRecord
from widgets.panels.pieces import button
from widgets.theme import Theme, icon


class Moments:
    """The kept steps of one run and those fits that have come. While it goes on the worker answers with the step that
    it has kept nearest to the one asked for; once it has ended all fits are here.
    """

    def __init__(self, config: RunConfig) -> None:
        self._planned = list(planned_steps(config.steps))
        self._fits: dict[int, Fit] = {}

    def steps(self, last: int) -> list[int]:
        """Those that can be shown when `last` is the newest step."""
        return self._planned[: bisect_right(self._planned, last)]

    def at(self, step: int) -> Fit | None:
        """The fit at a kept step, None where it has not come yet."""
        return self._fits.get(step)

    def nearest(self, step: int) -> int:
        """The step nearest to `step` that can be shown."""
        return min(self._planned, key=lambda kept: abs(kept - step))

    def put(self, asked: int, fit: Fit) -> None:
        """What came for the step that was asked for: another one where that one was not kept."""
        self._fits[fit.step] = fit
        if fit.step != asked:
            self._planned = sorted({*self._planned, fit.step} - {asked})

    def end(self, record: RunRecord) -> None:
        """Every kept step of a run that has ended, its best and its last."""
        found = {fit.step: fit for fit in (*record.history, record.best_view, record.view)}
        self._fits, self._planned = found, sorted(found)

    def lose(self) -> None:
        """The worker is gone: what has come is all there is."""
        self._planned = sorted(self._fits)


class MomentsBar(QAbstractSlider):
    """One mark per kept step, under its place on the curve; the last position is the newest step, whichever that is.

    `chosen` carries the step that a person went to, None for the newest. `place` gives pixels from the left for a step.
    """

    chosen = Signal(object)

    def __init__(self, theme: Theme, place: Callable[[int], float], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._place = place
        self._steps: list[int] = []
        self._last = 0
        self._best: int | None = None
        self._since: int | None = None
        self.live = button("pill", checkable=True)
        self.live.setParent(self)
        self.live.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.live.setToolTip(self.tr("Follow the newest step (End)"))
        self.live.clicked.connect(lambda: self.setValue(self.maximum()))
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Steps that were kept"))
        self.setToolTip(self.tr("Kept steps: drag, or Left and Right; ◆ is the best one"))
        self.setPageStep(8)
        self.valueChanged.connect(lambda _: self._changed())
        self.set_theme(theme)
        self.show_steps([], 0, None)

    @property
    def step(self) -> int | None:
        """The kept step that is chosen, None for the newest."""
        return self._steps[self.value()] if self.value() < len(self._steps) else None

    def show_steps(self, steps: list[int], last: int, shown: int | None, *, ended: bool = False) -> None:
        """The kept `steps` of a run whose newest is `last`; `shown` is the chosen one, None for the newest."""
        with QSignalBlocker(self):
            self._steps, self._last = [step for step in steps if step != last], last
            self.setRange(0, len(self._steps))
            self.setValue(self._steps.index(shown) if shown in self._steps else len(self._steps))
        self.live.setText(self.tr("End") if ended else self.tr("Live"))
        self._show_live()

    def mark(self, best: int | None, since: int | None) -> None:
        """The best step, and the one since when the run overfits."""
        if (best, since) != (self._best, self._since):
            self._best, self._since = best, since
            self.update()

    def go_near(self, step: int) -> None:
        """Choose the kept step whose place is nearest to that of `step`."""
        self._go_to(self._place(step))

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.live.setIcon(icon("last", theme))
        self.setFixedHeight(round(1.9 * theme.pixels("body")))
        self._seat()

    def sizeHint(self) -> QSize:
        return QSize(200, self.height())

    # ---- details ----

    def _changed(self) -> None:
        self._show_live()
        self.chosen.emit(self.step)

    def _show_live(self) -> None:
        self.live.setVisible(bool(self._steps))
        self.live.setChecked(self.step is None)
        self._seat()
        self.update()

    def _seat(self) -> None:
        self.live.adjustSize()
        size = self.live.sizeHint()
        self.live.setGeometry(
            self.width() - size.width(), (self.height() - size.height()) // 2, size.width(), size.height()
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._seat()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._go_to(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go_to(event.position().x())

    def _go_to(self, x: float) -> None:
        places = [abs(self._place(step) - x) for step in (*self._steps, self._last)]
        self.setValue(places.index(min(places)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space and the like belong to the panel."""
        super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            event.accept()  # also at an end: Right must not make a step of the run

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._steps:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, middle = self._theme, self.height() / 2
        left, right = self._place(0), self._place(self._last)
        painter.setPen(QPen(theme.colour("border.field"), 1.5 * theme.line))
        painter.drawLine(QPointF(left, middle), QPointF(right, middle))
        if self._since is not None:
            painter.setPen(QPen(theme.colour("border.focus"), 4 * theme.line))
            painter.drawLine(QPointF(self._place(self._since), middle), QPointF(right, middle))
        painter.setPen(QPen(theme.colour("text.quiet"), 1.0 * theme.line))
        for step in self._steps:
            x = self._place(step)
            painter.drawLine(QPointF(x, middle - 4), QPointF(x, middle + 4))
        if self._best is not None:
            self._paint_best(painter, self._place(self._best), middle)
        self._paint_handle(painter, self._place(self._last if self.step is None else self.step), middle)

    def _paint_best(self, painter: QPainter, x: float, y: float) -> None:
        half = 5.5 * self._theme.line
        painter.setPen(QPen(self._theme.colour("surface.card"), 1.0))
        painter.setBrush(self._theme.colour("border.focus"))
        corners = [QPointF(x, y - half), QPointF(x + half, y), QPointF(x, y + half), QPointF(x - half, y)]
        painter.drawPolygon(QPolygonF(corners))

    def _paint_handle(self, painter: QPainter, x: float, y: float) -> None:
        radius = 6.0 * self._theme.line
        edge = "border.focus" if self.hasFocus() else "text.strong"
        painter.setPen(QPen(self._theme.colour(edge), 2.0 * self._theme.line))
        painter.setBrush(self._theme.colour("surface.chosen" if self.hasFocus() else "surface.card"))
        painter.drawEllipse(QRectF(x - radius, y - radius, 2 * radius, 2 * radius))
