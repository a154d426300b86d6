"""Looking back: the kept steps under the curve, while a run goes on and after it."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.capture.record import Diagnostic
from explorer.training.config import Fit
from explorer.training.history import planned_steps
from explorer.training.models import grid, initial
from explorer.worker.events import Died, FitEvent
from tests.ui.test_training_boundary import choose
from tests.ui.test_training_panel import PlayedWorkers, actions, click
from tests.ui.training_shots import events
from widgets.panels.training import TrainPanel
from widgets.theme import Theme


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


def running(panel: TrainPanel, workers: PlayedWorkers, last: int = 400) -> None:
    click(panel, "play")
    workers.metrics(range(last + 1))


def shows(workers: PlayedWorkers) -> list[float]:
    return [control.value for control in workers.controls if control.operation == "show"]


def answer(workers: PlayedWorkers, step: int, height: float) -> None:
    x = grid(initial(workers.config))
    workers.say(FitEvent(workers.number, Fit(step, np.hstack([x, np.full_like(x, height)]))))


def test_going_back_while_it_runs_asks_the_worker_and_stays_while_the_curve_grows(
    panel: TrainPanel, workers: PlayedWorkers
) -> None:
    running(panel, workers)
    panel.moments_bar.setFocus()
    QTest.keyClick(panel.moments_bar, Qt.Key.Key_Left)
    step = panel.moments_bar.step
    assert step in planned_steps(6001)
    assert shows(workers) == [step]
    assert panel.curves.crosshair == step
    answer(workers, step, 3.0)
    assert (panel.fit.fit[:, 1] == 3.0).all()
    assert panel._fit_heading.text() == f"FIT AT STEP {step}"
    workers.metrics(range(401, 500))
    assert (panel.fit.fit[:, 1] == 3.0).all()
    assert len(panel.curves.train) == 500
    assert f"step {step} " in panel._readout.text()
    QTest.mouseClick(panel.moments_bar.live, Qt.MouseButton.LeftButton)
    assert panel.curves.crosshair is None
    assert (panel.fit.fit[:, 1] == 0.0).all()
    assert panel._fit_heading.text() == "FIT AT STEP 499"


def test_one_question_at_a_time_and_the_newest_wins(panel: TrainPanel, workers: PlayedWorkers) -> None:
    running(panel, workers)
    for step in (22, 10, 4):
        panel.moments_bar.go_near(step)
    asked = shows(workers)
    assert len(asked) == 1
    answer(workers, int(asked[0]), 1.0)
    assert len(shows(workers)) == 2
    assert shows(workers)[1] == panel.moments_bar.step
    answer(workers, panel.moments_bar.step, 2.0)
    assert (panel.fit.fit[:, 1] == 2.0).all()
    panel.moments_bar.go_near(int(asked[0]))  # known already
    assert len(shows(workers)) == 2
    assert (panel.fit.fit[:, 1] == 1.0).all()


def test_a_step_that_was_not_kept_gives_way_to_the_nearest(panel: TrainPanel, workers: PlayedWorkers) -> None:
    running(panel, workers)
    panel.moments_bar.go_near(100)
    answer(workers, 97, 5.0)
    assert panel.moments_bar.step == 97
    assert panel.curves.crosshair == 97
    assert panel._fit_heading.text() == "FIT AT STEP 97"


def test_dragging_on_the_curve_goes_to_the_kept_steps(panel: TrainPanel, workers: PlayedWorkers) -> None:
    click(panel, "play")
    workers.whole_run()
    panel.curves._draw()
    view = panel.curves.viewport()
    for step in (3, 22):
        place = QPoint(round(panel.curves.place_of(step)), view.height() // 2)
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=place)
        assert panel.moments_bar.step == step
    assert panel._fit_heading.text() == "FIT AT STEP 22"


def test_marks_stand_under_their_places_and_a_click_goes_there(panel: TrainPanel, workers: PlayedWorkers) -> None:
    click(panel, "play")
    workers.whole_run()
    panel.curves._draw()
    bar = panel.moments_bar
    assert len(bar._steps) <= 64
    assert (bar._best, bar._since) == (22, 22)
    QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=QPoint(round(panel.curves.place_of(0)), bar.height() // 2))
    assert bar.step == 0
    assert actions(panel)[0] == "Back to step 6000"
    for _ in range(3):
        QTest.keyClick(bar, Qt.Key.Key_Right)
    assert bar.step == bar._steps[3]
    QTest.keyClick(bar, Qt.Key.Key_End)
    assert bar.step is None
    assert not [control for control in workers.controls if control.operation == "step"]


def test_every_kept_step_of_a_finished_run_has_its_picture_without_asking(
    panel: TrainPanel, workers: PlayedWorkers
) -> None:
    choose(panel.form.task, "moons")
    click(panel, "play")
    workers.whole_run()
    pictures = []
    for step in panel.moments_bar._steps[:3]:
        panel.moments_bar.go_near(step)
        pictures.append(panel.boundary.picture)
    assert not shows(workers)
    assert not np.array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[1], pictures[2])


def test_what_was_asked_last_is_shown_from_the_history_when_the_run_ends_first(
    panel: TrainPanel, workers: PlayedWorkers
) -> None:
    running(panel, workers, 30)
    panel.moments_bar.go_near(10)
    step = panel.moments_bar.step
    end = list(events(workers.config, workers.number))[-1]
    workers.metrics(range(31, 6001), state="done")
    workers.say(end)
    assert panel.moments_bar.step == step
    fit = next(fit for fit in end.history if fit.step == step)
    assert np.array_equal(panel.fit.fit, fit.curve)


def test_of_a_lost_run_what_has_come_can_be_seen(panel: TrainPanel, workers: PlayedWorkers) -> None:
    running(panel, workers)
    panel.moments_bar.go_near(22)
    step = panel.moments_bar.step
    answer(workers, step, 3.0)
    workers.say(Died(workers.number, Diagnostic("error", "worker_lost", {"framework": "JAX"})))
    assert panel.moments_bar._steps == [step]
    click(panel, "play")
    assert panel.moments_bar._steps == []
