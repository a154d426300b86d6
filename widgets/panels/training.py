"""Training, live: asks a worker for runs, steers them, and shows what comes back."""

from __future__ import annotations

import math
from dataclasses import replace

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QWidget

from explorer.adapters import framework
from explorer.capture.record import Diagnostic
from explorer.errors import ExplorerError
from explorer.messages import hint, sentence
from explorer.session import State
from explorer.training.config import Fit, Parameter
from explorer.training.datasets import task, usual_loss
from explorer.training.models import facts, initial
from explorer.training.overfitting import Diagnosis
from explorer.training.record import RunBuilder, RunRecord
from explorer.worker.events import DiagnosticEvent, Died, Failed, FitEvent, Metrics, Silent, TrainDone
from explorer.worker.requests import TrainControl, TrainRequest
from widgets.panels.training_banner import Action
from widgets.panels.training_moments import Moments
from widgets.panels.training_view import TrainView
from widgets.plots.fit import NO_LINE
from widgets.plots.scales import grouped
from widgets.theme import Theme

JUDGE_MS = 100  # a sentence that changes more often cannot be read


class TrainPanel(TrainView):
    """`workers` is `widgets.workers.Workers`. Focused, Space trains and pauses, Right makes one step.

    Metrics are acknowledged by `workers` after the slots here have returned.
    """

    def __init__(self, theme: Theme, workers: QObject, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._workers = workers
        self._run: RunBuilder | None = None  # the run on screen, also after it has ended
        self._request: int | None = None  # of the run in progress
        self._where = ""  # the framework it runs in
        self._state = "idle"  # idle, starting, running, paused
        self._step_on_start = False
        self._failure = ""
        self._moments: Moments | None = None  # the steps of the run on screen that can be looked at again
        self._shown: int | None = None  # the one that is looked at, None for the newest
        self._asked: int | None = None  # the one whose fit the worker was asked for and has not given yet
        self._judge = QTimer(self, singleShot=True, interval=JUDGE_MS)
        self._judge.timeout.connect(self._say)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._connect()
        self.curves.begin(self.form.config().steps)
        self._show_task()
        self._say()

    # ---- what others may ask ----

    @property
    def state(self) -> str:
        """idle, starting, running or paused."""
        return self._state

    def set_framework(self, key: str) -> None:
        """The framework of the next run."""
        self.form.set_framework(key)

    def set_device(self, device: str) -> None:
        """The device of the next run."""
        self.form.set_device(device)

    def set_text(self, state: State) -> None:
        """What is typed in the Graph tab, with its inputs: the task `your text` trains it."""
        self.form.set_text(state)
        if self.form.choices.is_text:
            self._edited()

    # ---- driving a run ----

    def toggle(self) -> None:
        """Train, pause or go on."""
        match self._state:
            case "running":
                self._control("pause")
            case "paused":
                self._control("resume")
            case "idle":
                self._start(paused=False)

    def step(self) -> None:
        """One step; pauses a run that goes on, begins one where there is none."""
        match self._state:
            case "running":
                self._control("pause")
            case "paused":
                self._control("step")
            case "idle":
                self._step_on_start = self._start(paused=True)

    def stop(self) -> None:
        """End the run in progress; it keeps its place among the runs."""
        if self._state == "starting" and self._request is not None:
            self._workers.cancel(self._where, self._request)
        elif self._state != "idle":
            self._control("stop")

    def _start(self, *, paused: bool) -> bool:
        try:
            text, config = self.form.text(), self.form.config()
        except ExplorerError as error:
            self._failure = str(error)
            self._say()
            return False
        self._failure, self._step_on_start = "", False
        source = text.source(config) if text else None
        self._run = RunBuilder(config, source=source.text if source else "")
        self._begin_moments()
        self._where, self._state = config.framework, "starting"
        if self.form.isAncestorOf(QApplication.focusWidget() or self):
            self.setFocus()  # not into the next field that stays enabled
        self.curves.begin(config.steps)
        self._show_task()
        self.form.show_starting()
        self._request = self._workers.send(config.framework, TrainRequest(config, paused=paused, source=source))
        self._say()
        return True

    def _control(self, operation: str, value: float = 0.0) -> None:
        self._workers.send(self._where, TrainControl(operation, value))

    def _try_model(self, key: str) -> None:
        self.form.choose_model(key)
        self._start(paused=False)

    def _try_rate(self, rate: float) -> None:
        self.form.rate.setText(f"{rate:g}")
        self._start(paused=False)

    def _rate_given(self, rate: float) -> None:
        if self._state in ("running", "paused"):
            self._control("rate", rate)

    # ---- what the worker says ----

    def _event(self, key: str, event: object) -> None:
        if isinstance(event, Silent):
            if key == self._where and self._state != "idle" and event.seconds:
                self.form.speed.setText(self.tr("no answer for {seconds} s").format(seconds=round(event.seconds)))
            return
        if self._request is None or getattr(event, "request", None) != self._request:
            return
        match event:
            case Metrics():
                self._progress(event)
            case TrainDone():
                self._ended(event)
            case FitEvent(fit=fit):
                self._answered(fit)
            case DiagnosticEvent(diagnostic=Diagnostic(code="training_rate", params=params)):
                self.form.say_about_rate(sentence("training_rate", params))
            case DiagnosticEvent(diagnostic=diagnostic):
                self.form.add_note(sentence(diagnostic.code, diagnostic.params))
            case Failed(diagnostic=diagnostic) | Died(diagnostic=diagnostic):
                self._failed(diagnostic)

    def _progress(self, metrics: Metrics) -> None:
        assert self._run is not None  # there is a request
        self._run.add(metrics)
        self.curves.extend(metrics.train, metrics.validation)
        if self._shown is None:
            self.show_fit(replace(metrics.view, curve=metrics.fit))
        if metrics.state != "done":
            self._state = metrics.state
            self.form.show_running(paused=metrics.state == "paused")
        self._show_step()
        self.form.show_progress(metrics, self._last_step)
        if self._step_on_start and metrics.state == "paused":
            self._step_on_start = False
            self._control("step")
        if not self._judge.isActive():
            self._judge.start()

    def _ended(self, done: TrainDone) -> None:
        assert self._run is not None  # there is a request
        self._run.add(done)
        self._request, self._state = None, "idle"
        self.form.show_idle()
        record = self._run.record()
        self.add_run(record)
        self._end_moments(record)
        self._say()

    def _failed(self, diagnostic: Diagnostic) -> None:
        """The run is gone; what has arrived of it stays."""
        self._request, self._state = None, "idle"
        advice = hint(diagnostic.code, diagnostic.params)
        self._failure = f"{sentence(diagnostic.code, diagnostic.params)} {advice}".strip()
        self.form.show_idle()
        if self._moments is not None:
            self._moments.lose()
            self._show_step()
        self._say()

    # ---- looking back ----

    def look_at(self, step: int | None) -> None:
        """Show what the model was at a kept step: its fit, and its losses on the curve. None follows the newest."""
        if self._run is None or self._moments is None:
            return
        self._shown = step
        self.curves.pin(step)
        if step is not None:
            self._show_moment(step)
        elif self._run.last is not None:
            self.show_fit(self._run.view)
        self._show_best_fit()
        self._show_readout(self.curves.crosshair)
        self._show_step()
        self._say()

    def go_to_best(self) -> None:
        """Show the step of least validation loss of a run that has ended."""
        if self._run is not None and self._run.done is not None:
            self.look_at(self._run.done.best_step)

    def go_to_end(self) -> None:
        """Show the end of the run again."""
        self.look_at(None)

    def _begin_moments(self) -> None:
        assert self._run is not None
        self._moments, self._shown, self._asked = Moments(self._run.config), None, None
        self.moments_bar.show_steps([], 0, None)
        self.moments_bar.mark(None, None)

    def _end_moments(self, record: RunRecord) -> None:
        """All fits are here: one that was asked for last is not waited for."""
        assert self._moments is not None
        self._moments.end(record)
        self._asked = None
        if self._shown is not None:
            self.look_at(self._moments.nearest(self._shown))
        self._show_best_fit()
        self._show_step()

    def _show_moment(self, step: int) -> None:
        """The fit of a kept step, from here or from the worker, which is asked one at a time."""
        assert self._moments is not None
        fit = self._moments.at(step)
        if fit is not None:
            self.show_fit(fit)
        elif self._asked is None and self._state in ("running", "paused"):
            self._asked = step
            self._control("show", float(step))

    def _answered(self, fit: Fit) -> None:
        asked, self._asked = self._asked, None
        if self._moments is None or asked is None:
            return
        self._moments.put(asked, fit)
        if self._shown is not None:
            self.look_at(fit.step if self._shown == asked else self._shown)

    def _show_best_fit(self) -> None:
        """The curve of the best step beside that of the last."""
        done = self._run.done if self._run else None
        if done is None or self._shown is not None:
            self.fit.set_best(NO_LINE)
        else:
            self.fit.set_best(done.best_fit, self._step_text(done.best_step))

    # ---- what is shown ----

    @property
    def _last_step(self) -> int:
        return max(0, len(self._run.train) - 1) if self._run else 0

    def _step_text(self, step: int) -> str:
        return self.tr("step {step}").format(step=grouped(step))

    def _show_step(self) -> None:
        assert self._run is not None  # called while there is one
        assert self._moments is not None
        last, ended = self._last_step, self._run.done is not None
        step = last if self._shown is None else self._shown
        self.moments_bar.show_steps(self._moments.steps(last), last, self._shown, ended=ended)
        self._fit_heading.setText(self.fit_title(grouped(step)))
        self.show_accuracy(self._run, step)

    def _show_task(self) -> None:
        try:
            config = self._run.config if self._run else self.form.config()
            text = self.form.text() if self._run is None else None
            self.show_data(config, None if config.task == "typed" else initial(config))
            if text is not None:
                names = config.parameters or text.usual
                self.numbers.show_numbers([Parameter(name, (), math.nan) for name in names])
        except ExplorerError:
            return  # what was shown stays; the banner says why
        self._fit_heading.setText(self.fit_title(None))

    def _task_chosen(self) -> None:
        """Another task: its points, no run. The runs stay in the table."""
        self._run, self._moments, self._failure, self._shown = None, None, "", None
        self.moments_bar.show_steps([], 0, None)
        self.form.show_nothing()
        self._show_readout(None)
        self.curves.begin(int(self.form.steps.text()))
        self._edited()

    def _edited(self) -> None:
        if self._run is None:
            self._failure = ""
            self._show_task()
            self._say()

    def _show_readout(self, step: int | None) -> None:
        self._readout.setText("" if step is None else self.curves.readout(step))

    def _say(self) -> None:
        """The sentence and the actions that fit the state."""
        self._judge.stop()
        if self._failure:
            self.banner.say(self._failure)
        elif self._run is None:
            self._say_what_to_do()
        elif self._state == "starting" and not len(self._run.train):
            title = framework(self._where).title
            self.banner.say(self.tr("Starting {framework} …").format(framework=title))
        else:
            diagnosis = self._run.diagnosis()
            self.curves.set_overfitting(diagnosis.overfits)
            self.moments_bar.mark(self.curves.best_step, diagnosis.since)
            self.banner.say(diagnosis.text(), self._actions(diagnosis))

    def _say_what_to_do(self) -> None:
        """There is no run yet."""
        try:
            text, config = self.form.text(), self.form.config()
            known = None if text else facts(config)
        except ExplorerError as error:
            self.banner.say(f"{error} {hint(error.code, error.params)}".strip())
            return
        if known is not None:
            words = self.tr(
                "Not trained yet. Press the round button, or Space: {parameters} parameters, {points} points."
            ).format(parameters=known.parameters, points=known.points)
        else:
            assert text is not None
            names = ", ".join(config.parameters or text.usual) or self.tr("the parameters of your model")
            words = self.tr("Not trained yet. Press the round button, or Space: it trains {names}.").format(names=names)
        self.banner.say(words, [(self.tr("Train"), self.toggle)])

    def _actions(self, diagnosis: Diagnosis) -> list[Action]:
        assert self._run is not None  # there is a diagnosis
        actions: list[Action] = []
        if self._shown is not None:
            text = self.tr("Back to step {step}").format(step=grouped(self._last_step))
            actions.append((text, self.go_to_end))
        elif self._run.done is not None and self._run.best_step < self._last_step:
            text = self.tr("Go to step {step}").format(step=grouped(self._run.best_step))
            actions.append((text, self.go_to_best))
        config = self._run.config
        if (diagnosis.overfits or self._run.done is not None) and config.task != "typed":
            other = next(key for key in task(config.task).models if key != config.model)
            count = facts(replace(config, model=other, loss=usual_loss(config.task, other))).parameters
            text = self.tr("Try {count} parameters").format(count=count)
            actions.append((text, lambda: self._try_model(other)))
        if diagnosis.code == "training_diverges" and self._run.last is not None and self._run.last.rate:
            rate = self._run.last.rate / 10
            text = self.tr("Try a learning rate of {rate}").format(rate=f"{rate:g}")
            actions.append((text, lambda: self._try_rate(rate)))
        return actions

    # ---- making it ----

    def _connect(self) -> None:
        self._workers.event.connect(self._event)
        self.form.play_button.clicked.connect(self.toggle)
        self.form.step_button.clicked.connect(self.step)
        self.form.stop_button.clicked.connect(self.stop)
        self.form.rate_given.connect(self._rate_given)
        self.form.task_chosen.connect(self._task_chosen)
        self.form.edited.connect(self._edited)
        self.curves.pointed.connect(self._show_readout)
        self.moments_bar.chosen.connect(self.look_at)
        self._log.toggled.connect(self.curves.set_log)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous() and not self.isAncestorOf(QApplication.focusWidget() or self):
            self.setFocus()  # so that Space trains at once

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that no field wanted."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.toggle()
        elif event.key() == Qt.Key.Key_Right:
            self.step()
        else:
            super().keyPressEvent(event)
