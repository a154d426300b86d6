"""Digits and what they are taken for."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from explorer.training.config import Fit, Initial
from explorer.training.datasets import DIGITS_SHOWN, defaults
from explorer.training.models import initial
from tests.ui.test_training_boundary import choose, frame
from tests.ui.test_training_panel import PlayedWorkers, click
from widgets.panels.training import TrainPanel
from widgets.plots.confusion import ConfusionPlot
from widgets.plots.digits import DigitsPlot
from widgets.theme import CHOICES, Theme


@pytest.fixture(scope="module")
def start() -> Initial:
    return initial(defaults("digits"))


def guesses(start: Initial, *, wrong: tuple[int, ...] = (2,)) -> Fit:
    predicted = start.validation_labels[:DIGITS_SHOWN].copy()
    predicted[list(wrong)] = (predicted[list(wrong)] + 1) % 10
    counts = np.diag(np.bincount(start.validation_labels, minlength=10))
    return Fit(5, predicted=predicted, confidence=np.full(DIGITS_SHOWN, 0.75, np.float32), confusion=counts)


@pytest.fixture
def plot(qtbot: QtBot, start: Initial) -> DigitsPlot:
    made = DigitsPlot(Theme.load("light"))
    qtbot.addWidget(made)
    made.resize(700, 300)
    made.set_task(start, shares=True)
    return made


def test_a_caption_says_the_guess_how_sure_and_what_is_wrong(plot: DigitsPlot, start: Initial) -> None:
    assert plot.caption(0) == ""
    plot.set_guesses(guesses(start))
    right, label = int(start.validation_labels[0]), int(start.validation_labels[2])
    assert plot.caption(0) == f"{right} 75%"
    assert plot.caption(2) == f"{(label + 1) % 10} ≠ {label} 75%"
    plot.set_task(start, shares=False)
    plot.set_guesses(guesses(start))
    assert plot.caption(0) == f"{right} +0.8"


def test_a_wrong_one_is_marked_by_shape(plot: DigitsPlot, start: Initial) -> None:
    plot.set_guesses(guesses(start, wrong=()))
    before = plot.grab().toImage()
    plot.set_guesses(guesses(start))
    after = plot.grab().toImage()
    place = plot._places()[2]
    x, y = place.topRight().toPoint().toTuple()
    marked, plain = (
        [image.pixelColor(x - across, y + down).lightness() for across in range(2, 12) for down in range(2, 12)]
        for image in (after, before)
    )
    assert marked != plain
    assert min(marked) < 40 < 170 < max(marked)  # a light cross in a dark corner


@pytest.mark.parametrize("size", [(214, 180), (400, 200), (760, 280), (1200, 500)])
@pytest.mark.parametrize("theme", CHOICES)
def test_pictures_stand_inside_and_apart(plot: DigitsPlot, size: tuple[int, int], theme: str) -> None:
    plot.set_theme(Theme.load(theme))
    plot.resize(*size)
    places = plot._places()
    assert 4 <= len(places) <= DIGITS_SHOWN
    captions = [place.adjusted(0, 0, 0, 14) for place in places]
    assert all(plot.rect().contains(each.toAlignedRect().adjusted(1, 1, -1, -1)) for each in captions)
    assert not any(a.intersects(b) for index, a in enumerate(captions) for b in captions[:index])


def test_the_matrix_counts_by_class_and_guess(qtbot: QtBot) -> None:
    plot = ConfusionPlot(Theme.load("light"))
    qtbot.addWidget(plot)
    counts = np.diag(np.full(10, 5))
    counts[3, 8] = 2
    plot.set_counts(counts)
    assert plot.accessibleDescription() == "3 taken for 8: 2 of 7"
    assert plot._cell() >= 10


def test_a_run_shows_its_guesses_live(qtbot: QtBot, start: Initial) -> None:
    workers = PlayedWorkers()
    panel = TrainPanel(Theme.load("light"), workers)
    qtbot.addWidget(panel)
    panel.resize(1200, 800)
    panel.show()
    choose(panel.form.task, "digits")
    assert panel.digits.isVisible()
    assert not panel.fit.isVisible()
    assert panel._fit_heading.text() == "VALIDATION DIGITS"
    click(panel, "play")
    fit = guesses(start)
    frame(workers, fit)
    assert np.array_equal(panel.digits.predicted, fit.predicted)
    assert panel.digits.wrong.sum() == 1
    assert np.array_equal(panel.confusion.counts, fit.confusion)
    assert panel._fit_heading.text() == "VALIDATION DIGITS AT STEP 2"
