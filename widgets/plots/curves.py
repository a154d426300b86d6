"""The two loss curves of a run while it goes on: named at their ends, the best step marked, the gap after it shaded."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetricsF, QHideEvent, QMouseEvent, QPolygonF, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QGraphicsPolygonItem, QSizePolicy, QWidget

from explorer.training.overfitting import best_index
from explorer.training.series import Series
from widgets.plots.axes import GivenTicks, furnish, leave_room
from widgets.plots.decimation import Thinned
from widgets.plots.overlay import GAP, Dot, EndLabel, Overlay, Rule
from widgets.plots.scales import LossScale, StepScale, figure, grouped, small
from widgets.theme import Theme

REDRAW_MS = 33  # at most 30 pictures a second
TRAINING_COLOUR = "text.strong"
VALIDATION_COLOUR = "border.focus"  # the theme's blue in its most readable tone; vermilion belongs to cotangents
# A thick antialiased path is cheap and clean while smooth (2 ms), but takes 160 ms over 500 points of noise; drawn as
# single segments that is 35 ms, with small beads at the joints that noise hides.
CALM_TURNS = 40
SHADE = 22  # of 255: the gap between the curves


class LivePlot(pg.PlotWidget):
    """Training and validation loss over steps. Losses are float64, one per step from step 0, appended in frames.

    Nothing is painted more often than 30 times a second, nothing while hidden, and nothing at all when nothing comes.
    """

    pointed = Signal(object)  # the step under the crosshair, None when there is none
    chosen = Signal(int)  # a step that was clicked or dragged to
    drawn = Signal()  # steps may have moved to other places

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        self._left, self._bottom = GivenTicks("left"), GivenTicks("bottom")
        super().__init__(parent, axisItems={"left": self._left, "bottom": self._bottom})
        furnish(self)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumSize(200, 140)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._theme = theme
        self._gap = QGraphicsPolygonItem()
        self._train_curve, self._validation_curve = pg.PlotCurveItem(), pg.PlotCurveItem()
        for item in (self._gap, self._validation_curve, self._train_curve):
            self.addItem(item, ignoreBounds=True)
        self._overlay = Overlay(self.getPlotItem(), theme)
        self._redraw = QTimer(self, singleShot=True, interval=REDRAW_MS)
        self._redraw.timeout.connect(self._draw)
        self._hovered: int | None = None
        self._pinned: int | None = None
        self._log = True
        self.scene().sigMouseMoved.connect(self._mouse_moved)
        self.begin(2)
        self.set_theme(theme)

    # ---- what is shown ----

    def begin(self, steps: int) -> None:
        """Forget the curves; the next run evaluates `steps` times, and the axis is laid out for that."""
        self.train, self.validation = Series(), Series()
        self.is_overfitting = False
        self._planned = steps
        self._hovered = self._pinned = None
        self._start_thinning()
        self._draw()

    def extend(self, train: np.ndarray, validation: np.ndarray) -> None:
        """Append the losses of the next steps."""
        first = len(self.train)
        self._thin_train.extend(first, train)
        self._thin_validation.extend(first, validation)
        self.train.extend(train)
        self.validation.extend(validation)
        self._changed()

    def set_overfitting(self, overfits: bool) -> None:
        """Whether the gap after the best step is shaded."""
        if overfits != self.is_overfitting:
            self.is_overfitting = overfits
            self._changed()

    @property
    def is_log(self) -> bool:
        return self._log

    def set_log(self, log: bool) -> None:
        """Both axes logarithmic, or both linear."""
        if log != self._log:
            self._log = log
            self._start_thinning()
            self._thin_train.extend(0, self.train.values)
            self._thin_validation.extend(0, self.validation.values)
            self._draw()

    def pin(self, step: int | None) -> None:
        """Keep the crosshair at a step while the mouse is elsewhere."""
        self._pinned = step
        self._mark()

    @property
    def is_alone(self) -> bool:
        """There is one curve only: a text has no validation points."""
        return self._thin_validation.is_empty and not self._thin_train.is_empty

    @property
    def best_step(self) -> int | None:
        """The step of least validation loss so far (training loss where that is alone); None before there is one."""
        values = self.train.values if self.is_alone else self.validation.values
        return best_index(values) if np.isfinite(values).any() else None

    def place_of(self, step: int) -> float:
        """Pixels from the left of this widget at which a step stands."""
        view = self.getPlotItem().vb
        point = view.mapViewToScene(QPointF(float(self._steps.to_plot(step)), 0.0))
        return float(self.mapFromScene(point).x())

    @property
    def crosshair(self) -> int | None:
        """The step the crosshair stands at."""
        step = self._hovered if self._hovered is not None else self._pinned
        return step if step is not None and step < len(self.train) else None

    def readout(self, step: int) -> str:
        """What the curves say at one step, in four significant figures."""
        train, validation = float(self.train.values[step]), float(self.validation.values[step])
        if self.is_alone:
            return self.tr("step {step}   loss {train}").format(step=grouped(step), train=f"{train:.4g}")
        return self.tr("step {step}   training {train}   validation {validation}").format(
            step=grouped(step), train=f"{train:.4g}", validation=f"{validation:.4g}"
        )

    def set_theme(self, theme: Theme) -> None:
        """Put on a theme."""
        self._theme = theme
        self.setBackground(theme.colour("surface.card"))
        self._left.dress(theme, across=True)
        self._bottom.dress(theme, across=False)
        for curve, colour in ((self._train_curve, TRAINING_COLOUR), (self._validation_curve, VALIDATION_COLOUR)):
            curve.setPen(pg.mkPen(theme.colour(colour), width=2.2 * theme.line))
            curve.opts["antialias"] = True
        shade = theme.colour(VALIDATION_COLOUR)
        shade.setAlpha(SHADE)
        self._gap.setBrush(shade)
        self._gap.setPen(pg.mkPen(None))
        metrics = QFontMetricsF(theme.font("sans", "small"))
        longest = max(self.tr("training"), self.tr("validation"), key=len)
        leave_room(
            self,
            left=metrics.horizontalAdvance("≤ 0.0001") + 2 * GAP,
            right=metrics.horizontalAdvance(f"{longest} 20.00") + 2 * GAP,
        )
        self._bottom.setHeight(metrics.height() + 2 * GAP)
        self._overlay.set_theme(theme)
        self._draw()

    def close(self) -> bool:
        """pyqtgraph takes its plot apart here: nothing may be drawn afterwards."""
        self._redraw.stop()
        closed = super().close()
        self._redraw.stop()
        return bool(closed)

    # ---- drawing ----

    def _start_thinning(self) -> None:
        self._steps = StepScale(self._log)
        self._thin_train, self._thin_validation = Thinned(self._steps), Thinned(self._steps)

    def _changed(self) -> None:
        if self.isVisible() and not self._redraw.isActive():
            self._redraw.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._draw()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._redraw.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "_losses"):  # pyqtgraph resizes before it has been set up
            self._changed()

    def _draw(self) -> None:
        train, validation = self._thin_train.points(), self._thin_validation.points()
        self._losses = self._loss_scale(train[1], validation[1])
        last = max(self._planned, len(self.train), 2) - 1
        right = float(self._steps.to_plot(last))
        self.setXRange(-0.005 * right, right, padding=0)
        self.setYRange(*self._losses.range, padding=0)
        self._bottom.set_ticks(self._steps.ticks(last))
        self._left.set_ticks(self._losses.ticks())
        for curve, (steps, losses) in ((self._train_curve, train), (self._validation_curve, validation)):
            heights = self._losses.to_plot(losses)
            curve.setSegmentedLineMode("on" if self._turns(heights) > CALM_TURNS else "off")
            curve.setData(self._steps.to_plot(steps), heights)
        self._shade(train, validation)
        self._mark()
        self.drawn.emit()

    def _loss_scale(self, train: np.ndarray, validation: np.ndarray) -> LossScale:
        words = QFontMetricsF(self._theme.font("sans", "small")).height() + GAP
        head = min(0.4, words / max(1.0, self.getPlotItem().vb.height()))
        if not train.size:
            return LossScale(self._log, least=0.01, greatest=90.0, best=10.0, head=head)
        if not validation.size:
            validation = train
        both = np.concatenate([train, validation])
        return LossScale(
            self._log, least=float(both.min()), greatest=float(both.max()), best=float(validation.min()), head=head
        )

    def _shade(self, train: tuple[np.ndarray, np.ndarray], validation: tuple[np.ndarray, np.ndarray]) -> None:
        """Fill between the curves after the best step, where validation is the higher one."""
        best = self.best_step
        if not self.is_overfitting or best is None:
            self._gap.setPolygon(QPolygonF())
            return
        steps = np.union1d(train[0], validation[0])
        steps = steps[steps >= best]
        lower, upper = (self._losses.to_plot(np.interp(steps, *curve)) for curve in (train, validation))
        x = self._steps.to_plot(steps)
        outline = np.c_[np.r_[x, x[::-1]], np.r_[np.maximum(lower, upper), lower[::-1]]]
        self._gap.setPolygon(QPolygonF([QPointF(*point) for point in outline.tolist()]))

    def _turns(self, heights: np.ndarray) -> int:
        """How often a curve changes direction by more than a pixel or so."""
        low, high = self._losses.range
        moves = np.diff(np.round(500 * heights / (high - low)))
        return int(np.count_nonzero(np.diff(np.sign(moves[moves != 0]))))

    def _mark(self) -> None:
        """Everything that is words or follows the mouse."""
        ink, blue = self._theme.colour(TRAINING_COLOUR), self._theme.colour(VALIDATION_COLOUR)
        labels, rules, dots = [], [], []
        if len(self.train):
            name, form = (self.tr("loss"), small) if self.is_alone else (self.tr("training"), figure)
            names = ((name, self.train, ink), (self.tr("validation"), self.validation, blue))
            last = len(self.train) - 1
            labels = [
                EndLabel(*self._place(last, series), f"{name} {form(series.values[-1])}", colour)
                for name, series, colour in names
                if np.isfinite(series.values[-1])
            ]
        if (best := self.best_step) is not None:
            rules.append(Rule(float(self._steps.to_plot(best)), self._best_text(best), self._quiet, dashed=True))
        if (step := self.crosshair) is not None:
            rules.append(Rule(float(self._steps.to_plot(step)), "", self._quiet, dashed=False))
            pairs = ((self.validation, blue), (self.train, ink))
            dots = [Dot(*self._place(step, each), colour) for each, colour in pairs if np.isfinite(each.values[step])]
        self._overlay.show_marks(labels=labels, rules=rules, dots=dots)

    @property
    def _quiet(self) -> pg.QtGui.QColor:
        return self._theme.colour("text.quiet")

    def _best_text(self, best: int) -> str:
        if self.is_alone:
            loss = small(float(self.train.values[best]))
            return self.tr("least loss {loss} · step {step}").format(loss=loss, step=grouped(best))
        loss = figure(float(self.validation.values[best]), 2)
        return self.tr("best validation {loss} · step {step}").format(loss=loss, step=grouped(best))

    def _place(self, step: int, series: Series) -> tuple[float, float]:
        return float(self._steps.to_plot(step)), float(self._losses.to_plot(series.values[step]))

    # ---- the mouse ----

    def _mouse_moved(self, position: QPointF) -> None:
        view = self.getPlotItem().vb
        inside = len(self.train) > 0 and view.sceneBoundingRect().contains(position)
        step = self._steps.to_step(view.mapSceneToView(position).x()) if inside else None
        self._hover(None if step is None else min(step, len(self.train) - 1))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self._choose_at(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._choose_at(event)

    def _choose_at(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and len(self.train):
            place = self.getPlotItem().vb.mapSceneToView(self.mapToScene(event.position().toPoint())).x()
            self.chosen.emit(min(self._steps.to_step(place), len(self.train) - 1))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover(None)

    def _hover(self, step: int | None) -> None:
        if step != self._hovered:
            self._hovered = step
            self._mark()
            self.pointed.emit(self.crosshair)
