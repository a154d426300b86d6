"""What stands where in the training panel, and in which colours. Knows no worker: `training.py` drives it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from explorer.training.config import Fit, Initial, RunConfig
from explorer.training.datasets import task
from explorer.training.record import RunBuilder, RunRecord
from widgets.panels.pieces import Elided, button, heading, label
from widgets.panels.training_banner import Banner
from widgets.panels.training_form import TrainForm
from widgets.panels.training_moments import MomentsBar
from widgets.panels.training_numbers import NumbersTable
from widgets.panels.training_runs import RunsTable
from widgets.plots.boundary import BoundaryPlot, class_colours
from widgets.plots.confusion import NO_COUNTS, ConfusionPlot
from widgets.plots.curves import TRAINING_COLOUR, VALIDATION_COLOUR, LivePlot
from widgets.plots.digits import DigitsPlot
from widgets.plots.fit import FitPlot
from widgets.theme import Theme


class TrainView(QWidget):
    """The form on the left; the banner, the losses, the fit and the runs on the right."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.form = TrainForm(theme)
        self.banner = Banner(theme)
        self.curves = LivePlot(theme)
        self.fit = FitPlot(theme)
        self.boundary = BoundaryPlot(theme)
        self.digits, self.confusion = DigitsPlot(theme), ConfusionPlot(theme)
        self.numbers = NumbersTable(theme)
        self.moments_bar = MomentsBar(theme, self.curves.place_of)
        self.curves.drawn.connect(self.moments_bar.update)
        self.curves.chosen.connect(self.moments_bar.go_near)
        self.runs = RunsTable(theme)
        self._lay_out()
        self.set_theme(theme)

    def add_run(self, record: RunRecord) -> None:
        """List a finished run."""
        self.runs.add(record)
        self.runs.show()
        self._no_runs.hide()

    def show_data(self, config: RunConfig, initial: Initial | None) -> None:
        """The points of a run, in the plot that suits its task, and no fit yet. A text has no points."""
        self._kind = task(config.task).kind
        plots = {"curve": self.fit, "plane": self.boundary, "digits": self._digits, "typed": self.numbers}
        for kind, plot in plots.items():
            plot.setVisible(kind == self._kind)
        digits = self._kind == "digits"  # forty pictures want room
        self._below.setStretch(0, 15 if digits else 10)
        self._rows.setStretch(1, 9 if digits else 11)
        self._legend.setVisible(self._kind in ("curve", "plane"))
        self._legend.set_classes(self._kind == "plane")
        if self._kind == "curve":
            self.fit.set_task(initial)
        elif self._kind == "plane":
            self.boundary.set_task(initial)
        elif self._kind == "digits":
            self.digits.set_task(initial, shares=config.loss != "perceptron")
            self.confusion.set_counts(NO_COUNTS)
        else:
            self.numbers.show_numbers(())
        self._loss_name.setText(self.form.choices.loss_names().get(config.loss, config.loss))
        self._accuracy.setVisible(self._kind in ("plane", "digits"))
        self._accuracy.setText("")

    def show_fit(self, fit: Fit) -> None:
        """What the model makes of the task, in the plot of that task."""
        if len(fit.curve):
            self.fit.set_fit(fit.curve)
        if fit.picture.size:
            self.boundary.set_picture(fit.picture)
        if fit.predicted.size:
            self.digits.set_guesses(fit)
            self.confusion.set_counts(fit.confusion)
        if fit.parameters:
            self.numbers.show_numbers(fit.parameters)

    def show_accuracy(self, run: RunBuilder, step: int) -> None:
        """Shares of points whose class is right at `step`, where the task has classes."""
        if len(run.train_accuracy) <= step:
            return
        train, validation = run.train_accuracy.values[step], run.validation_accuracy.values[step]
        text = self.tr("right: {train}, validation {validation}")
        self._accuracy.setText(text.format(train=f"{train:.1%}", validation=f"{validation:.1%}"))

    def fit_title(self, step: str | None) -> str:
        """Over the plot of the task: at which step, or None before there is one."""
        match self._kind:
            case "typed":
                text = self.tr("Parameters") if step is None else self.tr("Parameters at step {step}")
            case "digits":
                text = self.tr("Validation digits") if step is None else self.tr("Validation digits at step {step}")
            case _:
                text = self.tr("Points") if step is None else self.tr("Fit at step {step}")
        return text.format(step=step).upper()

    def set_theme(self, theme: Theme) -> None:
        """Put on a theme."""
        plots = (self.curves, self.fit, self.boundary, self.digits, self.confusion, self.numbers)
        for part in (self.form, self.banner, *plots, self.moments_bar, self.runs):
            part.set_theme(theme)
        self._legend.set_theme(theme)
        palette = self._area.palette()
        palette.setColor(self._area.backgroundRole(), theme.colour("surface.canvas"))
        self._area.setPalette(palette)
        self._line.setStyleSheet(f"background: {theme.colour('border.hairline').name()};")
        for part in (self._column, self.form.drive):
            part.setFixedWidth(round(theme.pixels("body") * 19.5))

    def _lay_out(self) -> None:
        self._column = QScrollArea()
        self._column.setWidget(self.form)
        self._column.setWidgetResizable(True)
        self._column.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._column.setFrameShape(QFrame.Shape.NoFrame)
        self._column.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        line = QFrame()
        line.setFixedWidth(1)
        self._line = line
        self._area = QWidget()
        self._area.setAutoFillBackground(True)
        rows = self._rows = QVBoxLayout(self._area)
        rows.setContentsMargins(16, 16, 16, 16)
        rows.setSpacing(12)
        rows.addWidget(self.banner)
        rows.addWidget(self._loss_card(), 11)
        below = self._below = QHBoxLayout()
        below.setSpacing(12)
        below.addWidget(self._fit_card(), 10)
        below.addWidget(self._runs_card(), 11)
        rows.addLayout(below, 10)
        everything = QHBoxLayout(self)
        everything.setContentsMargins(0, 0, 0, 0)
        everything.setSpacing(0)
        left = QVBoxLayout()
        left.setSpacing(0)
        left.addWidget(self._column, 1)
        left.addWidget(self.form.drive)
        everything.addLayout(left)
        everything.addWidget(line)
        everything.addWidget(self._area, 1)

    def _loss_card(self) -> QFrame:
        self._readout = label("", "small")
        self._log = button("pill", checkable=True)
        self._log.setText(self.tr("log–log"))
        self._log.setToolTip(self.tr("Logarithmic axes for steps and losses"))
        self._log.setChecked(True)
        card, column = _card()
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(heading(self.tr("Loss")))
        self._loss_name = Elided("", "small")
        head.addWidget(self._loss_name, 1)
        head.addWidget(self._readout)
        head.addSpacing(8)
        head.addWidget(self._log)
        column.addLayout(head)
        column.addWidget(self.curves, 1)
        column.addWidget(self.moments_bar)
        return card

    def _fit_card(self) -> QFrame:
        self._fit_heading = heading("")
        self._legend = Legend()
        self._accuracy = Elided("", "small")
        self._digits = QWidget()
        beside = QHBoxLayout(self._digits)
        beside.setContentsMargins(0, 4, 0, 0)
        beside.setSpacing(16)
        beside.addWidget(self.digits, 1)
        beside.addWidget(self.confusion)
        card, column = _card()
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._fit_heading)
        head.addStretch(1)
        column.addLayout(head)
        column.addWidget(self._accuracy)
        for part in (self.fit, self.boundary, self._digits, self.numbers):
            column.addWidget(part, 1)
        column.addWidget(self._legend)
        return card

    def _runs_card(self) -> QFrame:
        self._no_runs = label(self.tr("Finished runs stand here, side by side."), "small", wrap=True)
        self.runs.hide()
        card, column = _card()
        column.addWidget(heading(self.tr("Runs")))
        column.addWidget(self.runs, 1)
        column.addWidget(self._no_runs)
        column.addStretch(0)
        return card


class Legend(QWidget):
    """Which points are which, with the marks as they are drawn."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme: Theme | None = None
        self._classes = False
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.setFixedHeight(round(1.5 * theme.pixels("small")))
        self.update()

    def set_classes(self, classes: bool) -> None:
        """Two classes in the plane, or points of a curve."""
        self._classes = classes
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._theme is None:
            return
        theme, side = self._theme, 0.75 * self._theme.pixels("small")
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font("sans", "small"))
        x, middle = 1.0, self.height() / 2
        for text, colour, filled, shape in self._entries(theme):
            mark = QRectF(x, middle - side / 2, side, side)
            painter.setPen(QPen(colour, 1.6 * theme.line))
            painter.setBrush(colour if filled else Qt.BrushStyle.NoBrush)
            match shape:
                case "circle":
                    painter.drawEllipse(mark)
                case "square":
                    painter.drawRect(mark)
                case _:
                    top = QPointF(mark.center().x(), mark.top())
                    painter.drawPolygon([top, mark.bottomRight(), mark.bottomLeft()])
            painter.setPen(theme.colour("text.quiet"))
            width = painter.fontMetrics().horizontalAdvance(text)
            box = QRectF(x + side + 6, 0, width + 2, self.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
            x = box.right() + 16

    def _entries(self, theme: Theme) -> tuple[tuple[str, QColor, bool, str], ...]:
        if self._classes:
            zero, one = class_colours(theme, over_picture=False)
            return (
                (self.tr("class 0"), zero, True, "circle"), (self.tr("class 1"), one, True, "triangle"),
                (self.tr("validation"), zero, False, "circle"),
            )  # fmt: skip
        return (
            (self.tr("training points"), theme.colour(TRAINING_COLOUR), True, "circle"),
            (self.tr("validation points"), theme.colour(VALIDATION_COLOUR), False, "square"),
        )


def _card() -> tuple[QFrame, QVBoxLayout]:
    card = QFrame()
    card.setProperty("role", "card")
    column = QVBoxLayout(card)
    column.setContentsMargins(14, 10, 14, 10)
    column.setSpacing(4)
    return card, column
