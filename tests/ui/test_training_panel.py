"""The training panel as a person uses it, against a worker that is played."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from explorer.capture.record import Diagnostic
from explorer.training.config import RunConfig, Schedule
from explorer.training.models import grid, initial
from explorer.worker.events import DiagnosticEvent, Died, Failed, Metrics, Silent, TrainDone
from explorer.worker.requests import TrainControl, TrainRequest
from tests.ui.training_shots import events
from widgets.panels.training import TrainPanel
from widgets.theme import CHOICES, Theme


class PlayedWorkers(QObject):
    """Keeps what is sent; a test says what the worker answers."""

    event = Signal(str, object)

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, object]] = []
        self.cancelled: list[tuple[str, int]] = []

    def send(self, framework: str, request: object) -> int:
        self.sent.append((framework, request))
        return len(self.sent)

    def cancel(self, framework: str, request: int) -> None:
        self.cancelled.append((framework, request))

    @property
    def controls(self) -> list[TrainControl]:
        return [request for _, request in self.sent if isinstance(request, TrainControl)]

    @property
    def number(self) -> int:
        """Of the newest run."""
        return max(index + 1 for index, (_, request) in enumerate(self.sent) if isinstance(request, TrainRequest))

    @property
    def config(self) -> RunConfig:
        return self.sent[self.number - 1][1].config

    def say(self, event: object) -> None:
        self.event.emit(self.sent[self.number - 1][0], event)

    def metrics(self, steps: range, *, state: str = "running", rate: float = 0.05, device: str = "cpu") -> None:
        start = initial(self.config)
        numbers = np.array(steps, dtype=np.int64)
        fit = np.hstack([grid(start), np.zeros((161, 1))])
        train, validation = 9.0 / (1 + numbers), 9.0 / (1 + numbers)
        self.say(Metrics(self.number, 1, numbers, train, validation, fit, rate, state, device, 1234.0))

    def whole_run(self) -> None:
        for event in events(self.config, self.number):
            self.say(event)


@pytest.fixture
def workers() -> PlayedWorkers:
    return PlayedWorkers()


@pytest.fixture
def panel(qtbot: QtBot, workers: PlayedWorkers) -> TrainPanel:
    made = TrainPanel(Theme.load("light"), workers)
    qtbot.addWidget(made)
    made.resize(1200, 800)
    made.show()
    qtbot.waitExposed(made)
    return made


def click(panel: TrainPanel, name: str) -> None:
    QTest.mouseClick(getattr(panel.form, f"{name}_button"), Qt.MouseButton.LeftButton)


def act(panel: TrainPanel, text: str) -> None:
    """Click the link of the banner that says `text`."""
    (made,) = [made for made in panel.banner.buttons if made.text().replace("\u2009", "") == text]
    QTest.mouseClick(made, Qt.MouseButton.LeftButton)


def actions(panel: TrainPanel) -> list[str]:
    return [made.text().replace("\u2009", "") for made in panel.banner.buttons]


def words(panel: TrainPanel) -> str:
    return "\n".join(made.text() for made in panel.findChildren(QLabel) if made.isVisibleTo(panel))


def test_before_the_first_run_it_says_what_to_do_and_shows_the_points(panel: TrainPanel) -> None:
    assert "Not trained yet." in panel.banner.text
    assert "7 parameters" in panel.banner.text
    assert [label.text for label in panel.fit._overlay.labels] == ["straight line"]
    panel.form.choose_model("linear")
    assert "2 parameters" in panel.banner.text


def test_the_honest_note_is_on_screen(panel: TrainPanel) -> None:
    assert "selected to match the lecture" in words(panel)
    assert "6,000" in words(panel)


def test_play_asks_for_the_run_of_the_form(panel: TrainPanel, workers: PlayedWorkers) -> None:
    panel.set_framework("pytorch")
    panel.set_device("cuda:0")
    panel.form.steps.setText("101")
    panel.form.seed.setText("4")
    panel.form.rate.setText("0.02")
    click(panel, "play")
    (framework, request) = workers.sent[0]
    assert framework == "pytorch"
    assert request.config == RunConfig(
        framework="pytorch", steps=101, seed=4, device="cuda:0", schedule=Schedule(0.02, 0.02)
    )
    assert not request.paused
    assert "Starting PyTorch" in panel.banner.text


def test_an_untouched_rate_keeps_the_schedule_and_says_so(panel: TrainPanel, workers: PlayedWorkers) -> None:
    assert "0.01 from step 3\u2009000 on" in words(panel)
    click(panel, "play")
    assert workers.config.schedule == Schedule()


@pytest.mark.parametrize(
    ("field", "text"), [("steps", "many"), ("steps", "0"), ("seed", "1.5"), ("rate", "-1"), ("rate", "")]
)
def test_a_field_that_does_not_read_is_said_in_a_sentence(
    panel: TrainPanel, workers: PlayedWorkers, field: str, text: str
) -> None:
    getattr(panel.form, field).setText(text)
    click(panel, "play")
    assert not workers.sent
    assert text in panel.banner.text
    assert panel.state == "idle"


def test_play_then_pause_then_play(panel: TrainPanel, workers: PlayedWorkers) -> None:
    click(panel, "play")
    assert panel.state == "starting"
    workers.metrics(range(5))
    assert panel.form.play_button.accessibleName() == "Pause"
    click(panel, "play")
    assert workers.controls[-1].operation == "pause"
    workers.metrics(range(5, 6), state="paused")
    assert panel.form.play_button.accessibleName() == "Train"
    click(panel, "play")
    assert workers.controls[-1].operation == "resume"


def test_step_from_rest_begins_a_paused_run_and_makes_one_step(panel: TrainPanel, workers: PlayedWorkers) -> None:
    click(panel, "step")
    assert workers.sent[0][1].paused
    assert not workers.controls
    workers.metrics(range(0), state="paused")
    assert [control.operation for control in workers.controls] == ["step"]
    workers.metrics(range(1), state="paused")
    click(panel, "step")
    assert [control.operation for control in workers.controls] == ["step", "step"]


def test_stop_ends_a_run_and_cancels_one_that_has_not_begun(panel: TrainPanel, workers: PlayedWorkers) -> None:
    click(panel, "play")
    click(panel, "stop")
    assert workers.cancelled == [("jax", 1)]
    workers.metrics(range(5))
    click(panel, "stop")
    assert workers.controls[-1].operation == "stop"


def test_space_and_right_work_while_the_panel_has_the_focus(panel: TrainPanel, workers: PlayedWorkers) -> None:
    panel.setFocus()
    QTest.keyClick(panel, Qt.Key.Key_Space)
    workers.metrics(range(5))
    QTest.keyClick(panel, Qt.Key.Key_Space)
    assert workers.controls[-1].operation == "pause"
    workers.metrics(range(5, 6), state="paused")
    QTest.keyClick(panel, Qt.Key.Key_Right)
    assert workers.controls[-1].operation == "step"


def test_the_learning_rate_can_be_changed_while_it_trains(panel: TrainPanel, workers: PlayedWorkers) -> None:
    click(panel, "play")
    workers.metrics(range(5))
    assert panel.form.rate.isEnabled()
    assert not panel.form.steps.isEnabled()
    panel.form.rate.selectAll()
    QTest.keyClicks(panel.form.rate, "0.002")
    QTest.keyClick(panel.form.rate, Qt.Key.Key_Return)
    assert workers.controls == [TrainControl("rate", 0.002)]
    workers.metrics(range(5, 9), rate=0.002)
    assert "now 0.002" in panel.form.rate_hint.text()


def test_a_rate_that_is_none_is_not_sent(panel: TrainPanel, workers: PlayedWorkers) -> None:
    click(panel, "play")
    workers.metrics(range(5))
    panel.form.rate.selectAll()
    QTest.keyClicks(panel.form.rate, "fast")
    QTest.keyClick(panel.form.rate, Qt.Key.Key_Return)
    assert not workers.controls
    assert "fast" in panel.form.rate_hint.text()


def test_a_notice_of_the_worker_about_the_rate_is_shown(panel: TrainPanel, workers: PlayedWorkers) -> None:
    click(panel, "play")
    workers.metrics(range(5))
    workers.say(DiagnosticEvent(1, Diagnostic("warning", "training_rate", {"rate": -1.0})))
    assert "-1" in panel.form.rate_hint.text()


def test_curves_fit_and_step_follow_the_run(panel: TrainPanel, workers: PlayedWorkers) -> None:
    click(panel, "play")
    workers.metrics(range(10))
    workers.metrics(range(10, 25))
    assert len(panel.curves.train) == 25
    assert panel.form.progress.text() == "step 24"
    assert panel._fit_heading.text() == "FIT AT STEP 24"
    assert panel.fit.fit.shape == (161, 2)
    assert "steps/s" in panel.form.speed.text()


def test_the_device_really_used_is_shown_and_a_difference_is_said(panel: TrainPanel, workers: PlayedWorkers) -> None:
    panel.set_device("gpu:0")
    click(panel, "play")
    workers.metrics(range(5), device="cpu")
    assert panel.form.where.text() == "JAX · cpu"
    assert "Asked for gpu:0, runs on cpu." in words(panel)


def test_an_overfit_run_is_named_marked_and_compared(panel: TrainPanel, workers: PlayedWorkers) -> None:
    click(panel, "play")
    workers.whole_run()
    assert panel.banner.text == (
        "Overfitting since step 22. Training error keeps falling (0.000), validation error rises (8.0 → 20.0): "
        "7 parameters pass through 5 points."
    )
    assert actions(panel) == ["Go to step 22", "Try 2 parameters"]
    assert panel.curves.best_step == 22
    assert panel.curves.is_overfitting
    assert panel.state == "idle"
    rows = [[panel.runs.item(row, column).text() for column in range(6)] for row in range(panel.runs.rowCount())]
    assert rows[0][:5] == ["MLP 1-2-1", "JAX", "7", "0.000", "20.0"]
    assert [cell.strip() for cell in rows[1][:5]] == ["at step 22", "", "7", "6.01", "8.02"]


def test_go_to_the_best_step_and_back(panel: TrainPanel, workers: PlayedWorkers) -> None:
    click(panel, "play")
    workers.whole_run()
    at_end = panel.fit.fit
    act(panel, "Go to step 22")
    assert panel.curves.crosshair == 22
    assert panel._fit_heading.text() == "FIT AT STEP 22"
    assert not np.array_equal(panel.fit.fit, at_end)
    assert "validation 8.021" in panel._readout.text()
    act(panel, "Back to step 6000")
    assert panel.curves.crosshair is None
    assert np.array_equal(panel.fit.fit, at_end)


def test_try_two_parameters_trains_them_and_keeps_the_first_run(panel: TrainPanel, workers: PlayedWorkers) -> None:
    click(panel, "play")
    workers.whole_run()
    act(panel, "Try 2 parameters")
    assert workers.config.model == "linear"
    workers.whole_run()
    assert panel.banner.text.startswith("Fits.")
    assert [record.config.model for record in panel.runs.records] == ["mlp7", "linear"]
    assert not panel.curves.is_overfitting
    marked = [row for row in range(panel.runs.rowCount()) if panel.runs.item(row, 0).data(Qt.ItemDataRole.UserRole)]
    assert marked == [panel.runs.rowCount() - 1]


def test_a_diverging_run_offers_a_smaller_rate(panel: TrainPanel, workers: PlayedWorkers) -> None:
    click(panel, "play")
    workers.metrics(range(30))
    blown = np.array([np.inf])
    fit = panel.fit.fit
    workers.say(Metrics(1, 2, np.array([30]), blown, blown, fit, 0.05, "done", "cpu", 10.0))
    workers.say(TrainDone(1, 31, 29, (), (), fit, 10.0, "cpu"))
    assert panel.banner.text.startswith("Diverges.")
    act(panel, "Try a learning rate of 0.005")
    assert workers.config.schedule == Schedule(0.005, 0.005)


def test_what_an_old_run_still_says_is_not_mixed_in(panel: TrainPanel, workers: PlayedWorkers) -> None:
    click(panel, "play")
    old = workers.number
    workers.whole_run()
    click(panel, "play")
    workers.event.emit(
        "jax", Metrics(old, 9, np.arange(3), np.ones(3), np.ones(3), panel.fit.fit, 0.1, "running", "cpu", 1)
    )
    assert len(panel.curves.train) == 0


@pytest.mark.parametrize("loss", [Died, Failed])
def test_when_the_worker_fails_the_curve_stays_and_one_sentence_says_why(
    panel: TrainPanel, workers: PlayedWorkers, loss: Callable[[int, Diagnostic], object]
) -> None:
    click(panel, "play")
    workers.metrics(range(40))
    workers.say(loss(1, Diagnostic("error", "training_steps", {"steps": 0})))
    assert "at least one step" in panel.banner.text
    assert len(panel.curves.train) == 40
    assert panel.state == "idle"
    assert panel.form.steps.isEnabled()
    click(panel, "play")
    assert panel.state == "starting"


def test_a_silent_worker_is_told(panel: TrainPanel, workers: PlayedWorkers) -> None:
    click(panel, "play")
    workers.metrics(range(5))
    workers.say(Silent(6.0))
    assert "no answer for 6 s" in words(panel)


def test_the_log_switch(panel: TrainPanel) -> None:
    assert panel.curves.is_log
    QTest.mouseClick(panel._log, Qt.MouseButton.LeftButton)
    assert not panel.curves.is_log


@pytest.mark.parametrize("name", CHOICES)
@pytest.mark.parametrize(("width", "height"), [(1024, 680), (1440, 844), (1920, 1024)])
def test_nothing_is_cut_off(qtbot: QtBot, workers: PlayedWorkers, name: str, width: int, height: int) -> None:
    app = QApplication.instance()
    theme = Theme.load(name)
    app.setStyleSheet(theme.stylesheet())
    try:
        panel = TrainPanel(theme, workers)
        qtbot.addWidget(panel)
        panel.resize(width, height)
        panel.show()
        panel.toggle()
        workers.whole_run()
        qtbot.waitUntil(lambda: not panel.curves._redraw.isActive())
        app.processEvents()
        assert (panel.width(), panel.height()) == (width, height)
        for made in panel.findChildren(QLabel):
            if made.isVisibleTo(panel) and made.text():
                needed = made.heightForWidth(made.width()) if made.wordWrap() else made.minimumSizeHint().height()
                assert made.height() >= needed, made.text()
                assert made.wordWrap() or made.width() >= made.minimumSizeHint().width(), made.text()
        bar = panel._column.verticalScrollBar()
        assert bar.maximum() == 0, "the form does not fit"
        assert panel.curves.getPlotItem().vb.height() > 80
    finally:
        app.setStyleSheet("")


def test_no_turn_of_the_event_loop_takes_long_while_a_run_streams_in(
    panel: TrainPanel, workers: PlayedWorkers, qtbot: QtBot
) -> None:
    click(panel, "play")
    everything = list(events(workers.config, workers.number))
    whole, done = everything[:-1], everything[-1]
    steps, train, validation = (
        np.concatenate([getattr(event, name) for event in whole]) for name in ("steps", "train", "validation")
    )
    fit = whole[-1].fit
    frames = [
        Metrics(1, 1 + k, steps[part], train[part], validation[part], fit, 0.05, "running", "cpu", 1000.0)
        for k, part in enumerate(slice(first, first + 50) for first in range(0, 6001, 50))
    ]
    turns: list[float] = []
    began = time.thread_time()

    def turn() -> None:
        nonlocal began
        turns.append(time.thread_time() - began)
        if frames:
            workers.say(frames.pop(0))
        began = time.thread_time()

    ticker = QTimer(interval=0)
    ticker.timeout.connect(turn)
    ticker.start()
    qtbot.waitUntil(lambda: not frames and not panel.curves._redraw.isActive(), timeout=60_000)
    ticker.stop()
    workers.say(done)
    assert len(panel.curves.train) == 6001
    assert max(turns) < 0.050
