"""Other tasks than five points: what is offered for them, and the plane as the model divides it."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from explorer.training.config import Fit, Schedule
from explorer.training.datasets import TASKS, defaults
from explorer.training.models import initial
from explorer.worker.events import Metrics
from tests.ui.test_training_panel import PlayedWorkers, click
from widgets.panels.training import TrainPanel
from widgets.plots.boundary import BoundaryPlot
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


def choose(box: QComboBox, key: str) -> None:
    assert box.findData(key) >= 0
    box.setCurrentIndex(box.findData(key))


def offered(box: QComboBox) -> list[str]:
    return [box.itemData(index) for index in range(box.count())]


def ramp() -> np.ndarray:
    """Confidence rising from left to right."""
    return np.tile(np.linspace(0.0, 1.0, 64, dtype=np.float32), (64, 1))


def frame(workers: PlayedWorkers, view: Fit) -> None:
    steps = np.arange(3)
    losses, shares = 1.0 / (1 + steps), np.array([0.5, 0.75, 0.875])
    workers.say(
        Metrics(
            workers.number,
            1,
            steps,
            losses,
            losses,
            np.empty((0, 2)),
            0.02,
            "running",
            "cpu",
            100.0,
            shares,
            shares - 0.25,
            view,
        )
    )


def test_moons_show_the_streamed_picture_and_five_points_the_fit_again(
    panel: TrainPanel, workers: PlayedWorkers
) -> None:
    assert panel.fit.isVisible()
    assert not panel.boundary.isVisible()
    choose(panel.form.task, "moons")
    assert panel.boundary.isVisible()
    assert not panel.fit.isVisible()
    assert not panel.boundary.picture.size
    click(panel, "play")
    assert workers.config == defaults("moons")
    frame(workers, Fit(2, picture=ramp()))
    assert np.array_equal(panel.boundary._image.image, ramp())
    assert panel._accuracy.text() == "right: 87.5%, validation 62.5%"
    workers.whole_run()
    assert panel.runs.records[-1].config.task == "moons"
    choose(panel.form.task, "five-points")
    assert panel.fit.isVisible()
    assert not panel.boundary.isVisible()
    assert panel._accuracy.text() == panel._readout.text() == panel.form.speed.text() == ""
    click(panel, "play")
    workers.metrics(range(3))
    assert panel.fit.fit.shape == (161, 2)


def test_classes_differ_in_shape_and_colour_and_the_edge_runs_where_the_model_is_undecided(qtbot: QtBot) -> None:
    plot = BoundaryPlot(Theme.load("light"))
    qtbot.addWidget(plot)
    start = initial(defaults("moons"))
    plot.set_task(start)
    zero, one = plot.training
    assert zero.opts["symbol"] != one.opts["symbol"]
    assert zero.opts["brush"].color() != one.opts["brush"].color()
    assert plot.validation[0].opts["brush"].color() != zero.opts["brush"].color()
    assert sum(len(points.data) for points in (*plot.training, *plot.validation)) == 300
    plot.set_picture(ramp())
    plot._edge.generatePath()
    edge = plot._edge.path.boundingRect()
    assert edge.center().x() == pytest.approx(32.0, abs=0.6)
    assert edge.height() > 60


def test_every_task_is_offered_with_what_suits_it(panel: TrainPanel) -> None:
    assert offered(panel.form.task) == list(TASKS)
    for key in offered(panel.form.task)[:-1]:
        choose(panel.form.task, key)
        assert panel.form.config() == defaults(key)
        assert tuple(offered(panel.form.model)) == TASKS[key].models
        assert panel.form.choices.points.isVisible() == ("points" in TASKS[key].options)
        assert panel.form.parameters.text().isdigit()


def test_choices_follow_each_other(panel: TrainPanel) -> None:
    form = panel.form
    choose(form.task, "moons")
    assert form.choices.widths.isVisible()
    choose(form.model, "perceptron")
    assert form.config().loss == "perceptron"
    assert not form.choices.widths.isVisible()
    choose(form.choices.optimizer, "sgd")
    assert form.config().schedule == Schedule(0.1, 0.1, 0)
    choose(form.choices.optimizer, "adam")
    assert form.config().schedule == defaults("moons").schedule
    panel.set_framework("tensorflow")
    choose(form.choices.optimizer, "keras-adam")
    choose(form.choices.mode, "eager")
    assert form.config().mode == "eager"
    panel.set_framework("jax")
    assert (form.config().optimizer, form.config().mode) == ("adam", "")
    form.choices.points.setText("lots")
    click(panel, "play")
    assert "lots" in panel.banner.text


def test_digits_tell_the_shares_that_are_right(panel: TrainPanel, workers: PlayedWorkers) -> None:
    choose(panel.form.task, "digits")
    click(panel, "play")
    frame(workers, Fit(2))
    assert panel._accuracy.isVisible()
    assert "validation 62.5%" in panel._accuracy.text()


def test_what_holds_a_model_back_can_be_chosen(panel: TrainPanel) -> None:
    form, choices = panel.form, panel.form.choices
    choose(form.task, "digits")
    for field, text in (
        (choices.wrong, "0.2"), (choices.batch, "32"), (choices.l2, "0.005"), (choices.dropout, "0.5"),
        (choices.patience, "5"),
    ):  # fmt: skip
        assert field.isVisible()
        field.setText(text)
    config = form.config()
    assert (config.label_noise, config.batch, config.l2, config.dropout) == (0.2, 32, 0.005, 0.5)
    assert config.early_stopping == 5
    choices.dropout.setText("2")
    click(panel, "play")
    assert "ropout" in panel.banner.text
    choose(form.task, "five-points")
    assert not any(field.isVisible() for field in (choices.wrong, choices.batch, choices.l2, choices.patience))
    assert form.config() == defaults("five-points")
