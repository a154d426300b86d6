"""What to train and how: the left column of the training panel, with the buttons that drive a run."""

from __future__ import annotations

from dataclasses import asdict, replace

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from explorer.adapters import framework
from explorer.errors import ExplorerError, UsageError
from explorer.messages import sentence
from explorer.session import State
from explorer.training.config import RunConfig, Schedule
from explorer.training.datasets import defaults
from explorer.training.models import facts, initial, is_rate
from explorer.training.trained_text import TrainedText, read
from explorer.training.typed import check
from explorer.worker.events import Metrics
from widgets.panels.pieces import Elided, button, heading, label, restyle
from widgets.panels.training_choices import RunChoices, number
from widgets.plots.scales import grouped
from widgets.theme import Theme, icon

DEFAULTS = RunConfig()
MOST_SHOWN = 200  # characters of a text that does not read


class TrainForm(QFrame):
    """Fields of a run. While one goes on only the learning rate can be edited, and acts at once.

    `drive` holds the buttons; whoever places the form places it below.
    """

    rate_given = Signal(float)  # a valid learning rate, typed while a run goes on
    task_chosen = Signal()
    edited = Signal()  # something else than the task

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self._theme = theme
        self._framework, self._device = DEFAULTS.framework, DEFAULTS.device
        self._running = False
        self._used_device = ""
        self._state = State()  # what is typed in the Graph tab
        self.drive = QFrame()
        self.drive.setProperty("role", "foot")
        self._make_fields()
        self._make_buttons()
        self._lay_out()
        self._lay_out_drive()
        self._show_choices()
        self._show_where()
        self.set_theme(theme)
        self.show_idle()

    # ---- what it says ----

    def config(self) -> RunConfig:
        """The run as typed. UsageError with a sentence for a field that does not read."""
        rate = number(self.rate, self.tr("learning rate"))
        usual = self.choices.schedule
        config = replace(
            defaults(self.choices.about.key), **self.choices.fields(), framework=self.framework, device=self._device,
            schedule=usual if rate == usual.initial else Schedule(rate, rate),
            steps=int(number(self.steps, self.tr("steps"), whole=True)),
            seed=int(number(self.seed, self.tr("seed"), whole=True)),
        )  # fmt: skip
        check(config) if self.choices.is_text else initial(config)  # says what cannot be, before a worker does
        return config

    def text(self) -> TrainedText | None:
        """What the task `your text` trains, None for any other task. ProgramError where the text cannot be."""
        return read(self._state) if self.choices.is_text else None

    @property
    def framework(self) -> str:
        """Where the next run is made: the chosen one, but for a text that is written for another."""
        try:
            text = self.text()
        except ExplorerError:
            text = None
        return text.framework(self._framework) if text else self._framework

    def set_text(self, state: State) -> None:
        """Another text in the Graph tab, or other inputs."""
        self._state = state
        if self.choices.is_text:
            self._show_choices()
            self._show_where()

    def choose_model(self, key: str) -> None:
        self.model.setCurrentIndex(self.model.findData(key))

    def set_framework(self, key: str) -> None:
        self._framework, self._used_device = key, ""
        self.choices.set_framework(key)
        self._show_where()

    def set_device(self, device: str) -> None:
        self._device = device
        self._used_device = ""
        self._show_where()

    # ---- a run goes on ----

    def show_idle(self) -> None:
        """No run: everything can be edited."""
        self._running = False
        self._enable(True)
        self.step_button.setEnabled(True)
        self.stop_button.setEnabled(False)
        self._show_play("play")
        self._show_rate_hint()

    def show_starting(self) -> None:
        self._running = True
        self._enable(False)
        self.play_button.setEnabled(False)
        self.step_button.setEnabled(False)
        self.stop_button.setEnabled(True)
        self.progress.setText(self.tr("starting …"))
        self.speed.setText("")

    def show_running(self, *, paused: bool) -> None:
        self._running = True
        self._enable(False)
        self.play_button.setEnabled(True)
        self.step_button.setEnabled(paused)
        self.stop_button.setEnabled(True)
        self._show_play("play" if paused else "pause")

    def show_progress(self, metrics: Metrics, step: int) -> None:
        """`step` is the last one evaluated."""
        self.show_step(step)
        self.speed.setText(speed_text(metrics.steps_per_second) if metrics.steps_per_second else "")
        if metrics.device != self._used_device:
            self._used_device = metrics.device
            self._show_where()
        self._show_rate_hint(metrics.rate)

    def show_nothing(self) -> None:
        """There is no run of what is chosen."""
        self.progress.setText("")
        self.speed.setText("")

    def show_step(self, step: int) -> None:
        self.progress.setText(self.tr("step {step}").format(step=grouped(step)))

    def add_note(self, text: str) -> None:
        """Something that the run had to say."""
        if text not in self.note.text():
            self.note.setText(f"{self.note.text()} {text}".strip())

    def say_about_rate(self, text: str) -> None:
        """Something is wrong with the learning rate."""
        self.rate_hint.setText(text)
        restyle(self.rate_hint, "role", "error")

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        side = theme.pixels("body") * 3 // 2
        for made, name in ((self.step_button, "step-forward"), (self.stop_button, "stop")):
            made.setIcon(icon(name, theme))
        for made in (self.play_button, self.step_button, self.stop_button):
            made.setIconSize(QSize(side, side))
            made.setFixedSize(2 * side, 2 * side)
        round_shape = f"border-radius: {side}px;"
        self.play_button.setStyleSheet(f"QToolButton {{ {round_shape} }}")
        edge, focus = theme.colour("border.field").name(), theme.colour("border.focus").name()
        outlined = (
            f"QToolButton {{ {round_shape} border: 1px solid {edge}; }}"
            f"QToolButton:focus {{ border: 2px solid {focus}; }}"
        )
        self.step_button.setStyleSheet(outlined)
        self.stop_button.setStyleSheet(outlined)
        self._show_play(self._play_icon)

    # ---- making it ----

    def _make_fields(self) -> None:
        self.choices = RunChoices(self._framework, self)
        self.task, self.model = self.choices.task, self.choices.model
        self.parameters = label("", "mono")
        self.rate = QLineEdit(f"{DEFAULTS.schedule.initial:g}")
        self.steps, self.seed = QLineEdit(str(DEFAULTS.steps)), QLineEdit(str(DEFAULTS.seed))
        self.rate_hint = label("", "small", wrap=True)
        self.where = Elided("", "mono")
        self.excerpt = label("", "code", wrap=True)
        self.where_hint = label("", "small", wrap=True)
        self.device_hint = label("", "error", wrap=True)
        self.device_hint.hide()
        self.note = label("", "small", wrap=True)
        self._names: dict[QWidget, QLabel] = {}
        self.choices.task_chosen.connect(self._load_task)
        self.choices.model_chosen.connect(self._edited)
        self.choices.optimizer_chosen.connect(self._load_rate)
        self.choices.edited.connect(self._edited)
        self.seed.editingFinished.connect(self._edited)
        self.rate.editingFinished.connect(self._rate_edited)
        self.rate.setToolTip(self.tr("Can be changed while it trains; the new rate then holds to the end."))
        self.steps.setToolTip(self.tr("Evaluations: 6001 means losses at weights after 0, 1, …, 6000 updates."))
        self.seed.setToolTip(self.tr("Chooses the starting weights, the same in every framework."))

    def _make_buttons(self) -> None:
        self._play_icon = "play"
        self.play_button, self.step_button, self.stop_button = button("round"), button(), button()
        self.play_button.setToolTip(self.tr("Train or pause (Space)"))
        self.step_button.setToolTip(self.tr("One step (Right)"))
        self.stop_button.setToolTip(self.tr("Stop"))
        self.step_button.setAccessibleName(self.tr("One step"))
        self.stop_button.setAccessibleName(self.tr("Stop"))
        self.progress, self.speed = label("", "mono"), label("", "small")

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        of_run = self.choices
        sections = (
            (self.tr("Task"), ((self.tr("data"), self.task), ("", self.excerpt), *of_run.data_rows,
                               (self.tr("model"), self.model),
                               *of_run.model_rows, (self.tr("parameters"), self.parameters))),
            (self.tr("Training"), ((self.tr("loss"), of_run.loss), (self.tr("optimizer"), of_run.optimizer),
                                   (self.tr("learning rate"), self.rate), ("", self.rate_hint),
                                   (self.tr("batch"), of_run.batch), *of_run.regular_rows,
                                   (self.tr("steps"), self.steps), (self.tr("seed"), self.seed))),
            (self.tr("Where"), ((self.tr("runs on"), self.where), ("", self.where_hint), ("", self.device_hint))),
        )  # fmt: skip
        names = [name for _, rows in sections for name, _ in rows]
        self._widest = max(self.fontMetrics().horizontalAdvance(name) for name in names)
        for title, rows in sections:
            column.addWidget(heading(title))
            column.addLayout(_grid(rows, self._names, widest=self._widest))
            column.addSpacing(4)
        column.addStretch(1)
        column.addWidget(self.note)

    def _lay_out_drive(self) -> None:
        """The buttons stand outside what scrolls: a run can be stopped whatever the window's height. So does the mode,
        over the steps per second that it brings.
        """
        column = QVBoxLayout(self.drive)
        column.setContentsMargins(16, 8, 16, 8)
        column.setSpacing(8)
        column.addLayout(_grid(((self.tr("mode"), self.choices.mode),), self._names, widest=self._widest))
        row = QHBoxLayout()
        row.setSpacing(10)
        column.addLayout(row)
        for made in (self.play_button, self.step_button, self.stop_button):
            row.addWidget(made)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch(1)
        words.addWidget(self.progress)
        words.addWidget(self.speed)
        words.addStretch(1)
        row.addLayout(words, 1)

    # ---- details ----

    def _enable(self, enabled: bool) -> None:
        for field in (*self.choices.all, self.steps, self.seed):
            field.setEnabled(enabled)
        self.play_button.setEnabled(True)

    def _show_play(self, name: str) -> None:
        self._play_icon = name
        self.play_button.setIcon(icon(name, self._theme, role="text.on_strong"))
        self.play_button.setAccessibleName(self.tr("Train") if name == "play" else self.tr("Pause"))

    def _load_task(self) -> None:
        """The usual run of the task that was chosen."""
        usual = defaults(self.choices.about.key)
        self.steps.setText(str(usual.steps))
        self.rate.setText(f"{self.choices.schedule.initial:g}")
        self._show_rate_hint()
        self._show_choices()
        self._show_where()
        self.task_chosen.emit()

    def _load_rate(self) -> None:
        """A rate that suits the optimizer that was chosen."""
        self.rate.setText(f"{self.choices.schedule.initial:g}")
        self._show_rate_hint()
        self._edited()

    def _edited(self) -> None:
        self._show_choices()
        self.edited.emit()

    def _show_choices(self) -> None:
        """The rows that mean something now, and what follows from them."""
        for widget in self.choices.all:
            self._show_row(widget, self.choices.has(widget))
        self._show_row(self.parameters, not self.choices.is_text)
        self.excerpt.setVisible(self.choices.is_text)
        try:
            text = self.text()
            config = self.config()
            self._show_text(text)
            self.parameters.setText("" if text else str(facts(config).parameters))
        except ExplorerError:
            self.parameters.setText("–")  # the banner says why
            self._show_text(None)
            return
        self.note.setText(sentence(self.choices.about.note, asdict(config)))

    def _show_row(self, widget: QWidget, there: bool) -> None:
        widget.setVisible(there)
        self._names[widget].setVisible(there)

    def _show_text(self, text: TrainedText | None) -> None:
        self.excerpt.setText(text.excerpt if text else self._state.text.strip()[:MOST_SHOWN])
        self.excerpt.setVisible(self.choices.is_text and bool(self.excerpt.text()))
        usual = ", ".join(text.usual) if text else ""
        self.choices.trained.setPlaceholderText(usual or self.tr("all parameters"))

    def _show_where(self) -> None:
        title = framework(self.framework).title
        self.where.setText(f"{title} · {self._used_device or self._device}")
        self.where_hint.setVisible(self.framework != self._framework)
        self.where_hint.setText(self.tr("The text is written for {framework}.").format(framework=title))
        elsewhere = bool(self._used_device) and not self._used_device.startswith(self._device)
        self.device_hint.setVisible(elsewhere)
        self.device_hint.setText(
            self.tr("Asked for {asked}, runs on {used}.").format(asked=self._device, used=self._used_device)
        )

    def _show_rate_hint(self, now: float | None = None) -> None:
        restyle(self.rate_hint, "role", "small")
        schedule = self.choices.schedule
        texts = []
        if now is not None:
            texts.append(self.tr("now {rate}").format(rate=f"{now:g}"))
        untouched = self.rate.text().strip() == f"{schedule.initial:g}" and now in (None, schedule.initial)
        if untouched and schedule.later != schedule.initial:
            later = self.tr("{rate} from step {step} on").format(
                rate=f"{schedule.later:g}", step=grouped(schedule.since)
            )
            texts.append(later)
        self.rate_hint.setText(", ".join(texts))

    def _rate_edited(self) -> None:
        try:
            rate = number(self.rate, self.tr("learning rate"))
        except UsageError as error:
            self.say_about_rate(str(error))
            return
        if not is_rate(rate):
            self.say_about_rate(sentence("training_rate", {"rate": rate}))
        elif self._running and self.rate.isModified():
            self.rate.setModified(False)
            self.rate_given.emit(rate)
        else:
            self._show_rate_hint()


def _grid(rows: tuple[tuple[str, QWidget], ...], names: dict[QWidget, QLabel], *, widest: int) -> QGridLayout:
    """One row per field, its name before it; `names` keeps the names by field."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(6)
    grid.setColumnStretch(1, 1)
    grid.setColumnMinimumWidth(0, widest)
    for row, (name, widget) in enumerate(rows):
        if not name:
            grid.addWidget(widget, row, 0, 1, 2)
            continue
        names[widget] = label(name, "quiet")
        grid.addWidget(names[widget], row, 0)
        grid.addWidget(widget, row, 1)
        widget.setAccessibleName(name)
        if isinstance(widget, QComboBox):
            widget.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        else:
            widget.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return grid


def speed_text(steps_per_second: float) -> str:
    return f"{grouped(round(steps_per_second))} steps/s" if steps_per_second else "–"
