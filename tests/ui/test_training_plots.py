"""Curves and fit: what is drawn, where, and how little work it is."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.training.config import RunConfig
from explorer.training.models import initial
from explorer.training.record import RunBuilder, RunRecord
from tests.ui.training_shots import events
from widgets.plots.curves import LivePlot
from widgets.plots.decimation import Thinned
from widgets.plots.fit import FitPlot
from widgets.plots.overlay import spread
from widgets.plots.scales import LossScale, StepScale, figure
from widgets.theme import CHOICES, Theme


def record(**config: object) -> RunRecord:
    made = RunConfig(**config)
    builder = RunBuilder(made)
    for event in events(made):
        builder.add(event)
    return builder.record()


@pytest.fixture(scope="module")
def overfit() -> RunRecord:
    return record()


@pytest.fixture
def plot(qtbot: QtBot) -> LivePlot:
    made = LivePlot(Theme.load("light"))
    qtbot.addWidget(made)
    made.resize(800, 400)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def drawn(qtbot: QtBot) -> Callable[[LivePlot], None]:
    """Waits until what is due has been drawn."""
    return lambda plot: qtbot.waitUntil(lambda: not plot._redraw.isActive())


@pytest.fixture
def shown(plot: LivePlot, overfit: RunRecord, drawn: Callable[[LivePlot], None]) -> LivePlot:
    """The plot with a whole overfit run on it."""
    plot.begin(len(overfit.train))
    plot.extend(overfit.train, overfit.validation)
    plot.set_overfitting(True)
    drawn(plot)
    return plot


@pytest.mark.parametrize("log", [True, False])
@pytest.mark.parametrize("frame", [1, 7, 1000, 100_000])
def test_thinning_keeps_every_extreme_in_few_points(log: bool, frame: int) -> None:
    values = np.random.default_rng(0).standard_normal(20_000).cumsum()
    values[[3, 7_777, 19_990]] = 1e4, -1e4, 2e4
    thin = Thinned(StepScale(log))
    for first in range(0, len(values), frame):
        thin.extend(first, values[first : first + frame])
    steps, thinned = thin.points()
    assert len(steps) <= 500
    assert (np.diff(steps) > 0).all()
    assert np.array_equal(values[steps.astype(int)], thinned)
    assert {3, 7_777, 19_990, 19_999} <= set(steps.astype(int))


def test_thinning_does_not_depend_on_how_the_curve_came() -> None:
    values = np.random.default_rng(1).standard_normal(5_000)
    whole, pieces = Thinned(StepScale(True)), Thinned(StepScale(True))
    whole.extend(0, values)
    for first in range(0, 5_000, 13):
        pieces.extend(first, values[first : first + 13])
    for a, b in zip(whole.points(), pieces.points(), strict=True):
        assert np.array_equal(a, b)


def test_thinning_leaves_out_what_is_not_finite() -> None:
    thin = Thinned(StepScale(True))
    thin.extend(0, np.array([np.nan, 1.0, np.inf, 2.0]))
    thin.extend(4, np.array([np.nan]))
    assert thin.points()[0].tolist() == [1.0, 3.0]


def test_steps_come_back_from_their_places() -> None:
    for scale in (StepScale(True), StepScale(False)):
        for step in (0, 1, 22, 6_000, 10**6):
            assert scale.to_step(float(scale.to_plot(step))) == step
        assert scale.to_step(-5.0) == 0


def test_the_lowest_tick_says_when_the_curve_goes_on_below() -> None:
    cut = LossScale(True, least=1e-30, greatest=20.0, best=8.0, head=0.1)
    assert cut.ticks()[0][1] == "≤ 0.001"
    assert float(cut.to_plot(1e-30)) == pytest.approx(-3.0)
    whole = LossScale(True, least=5.1, greatest=20.0, best=5.1, head=0.1)
    assert not any("≤" in label for _, label in whole.ticks())


def test_losses_below_zero_are_drawn_on_a_linear_axis() -> None:
    scale = LossScale(True, least=-238.0, greatest=1.6, best=-238.0, head=0.1)
    assert float(scale.to_plot(-238.0)) == -238.0
    assert scale.range[0] <= -238.0
    assert [label for _, label in scale.ticks()] == ["−200", "−150", "−100", "−50", "0"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(19.99, "20.0"), (5.309, "5.31"), (6e-31, "0.000"), (0.01234, "0.012"), (123.4, "123"), (0, "0.000")],
)
def test_losses_read_in_three_figures(value: float, text: str) -> None:
    assert figure(value) == text


def test_end_labels_do_not_overlap_or_leave_the_plot() -> None:
    assert spread([50.0, 52.0], 14.0, 0.0, 100.0) == [50.0, 64.0]
    assert spread([99.0, 98.0], 14.0, 0.0, 100.0) == [93.0, 79.0]
    assert spread([], 14.0, 0.0, 100.0) == []


def test_curves_are_named_at_their_ends_and_the_best_step_is_marked(shown: LivePlot) -> None:
    labels = {label.text: label for label in shown._overlay.labels}
    assert set(labels) == {"training 0.000", "validation 20.0"}
    (best,) = shown._overlay.rules
    assert best.text == "best validation 8.0 · step 22"
    assert best.dashed
    assert best.x == pytest.approx(np.log10(23))


def test_the_gap_is_shaded_only_when_overfitting(shown: LivePlot, drawn: Callable[[LivePlot], None]) -> None:
    outline = shown._gap.polygon()
    assert outline.boundingRect().left() == pytest.approx(np.log10(23))
    shown.set_overfitting(False)
    drawn(shown)
    assert shown._gap.polygon().isEmpty()


def test_the_log_switch_moves_curves_and_ticks(shown: LivePlot, overfit: RunRecord) -> None:
    x, y = shown._train_curve.getData()
    assert x[-1] == pytest.approx(np.log10(6001))
    shown.set_log(False)
    x, y = shown._train_curve.getData()
    assert x[-1] == 6000
    assert y[0] == pytest.approx(overfit.train[0])
    assert shown._overlay.rules[0].x == 22


def test_the_crosshair_reads_both_curves_at_the_step_under_the_mouse(
    shown: LivePlot, overfit: RunRecord, qtbot: QtBot
) -> None:
    view = shown.getPlotItem().vb
    place = shown.mapFromScene(view.mapViewToScene(view.viewRect().center().__class__(np.log10(101), 0.0)))
    with qtbot.waitSignal(shown.pointed) as pointed:
        QTest.mouseMove(shown.viewport(), QPoint(place.x(), place.y()))
    step = pointed.args[0]
    assert abs(step - 100) <= 2
    assert shown.crosshair == step
    assert f"step {step}" in shown.readout(step)
    assert f"{overfit.validation[step]:.4g}" in shown.readout(step)
    assert [dot.y for dot in shown._overlay.dots] == pytest.approx(
        [np.log10(overfit.validation[step]), np.log10(overfit.train[step])]
    )


def test_a_pinned_crosshair_stays_until_it_is_taken_away(shown: LivePlot) -> None:
    shown.pin(22)
    assert shown.crosshair == 22
    assert len(shown._overlay.dots) == 2
    shown.pin(None)
    assert shown.crosshair is None
    assert not shown._overlay.dots


def test_a_burst_of_frames_is_one_picture_and_a_quiet_plot_wakes_nobody(
    plot: LivePlot, overfit: RunRecord, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    pictures = []
    draw = plot._draw
    monkeypatch.setattr(plot, "_draw", lambda: pictures.append(1))
    plot._redraw.timeout.disconnect()
    plot._redraw.timeout.connect(lambda: (pictures.append(1), draw()))
    for first in range(0, 600, 10):
        plot.extend(overfit.train[first : first + 10], overfit.validation[first : first + 10])
    assert not pictures
    qtbot.waitUntil(lambda: bool(pictures))
    assert len(pictures) == 1
    assert not plot._redraw.isActive()


def test_a_hidden_plot_does_not_draw_and_catches_up_when_shown(plot: LivePlot, overfit: RunRecord) -> None:
    plot.begin(6001)
    plot.hide()
    plot.extend(overfit.train, overfit.validation)
    assert not plot._redraw.isActive()
    plot.show()
    assert len(plot._train_curve.getData()[0]) > 100


def test_the_fit_shows_points_fits_and_the_straight_line(qtbot: QtBot, overfit: RunRecord) -> None:
    fit = FitPlot(Theme.load("light"))
    qtbot.addWidget(fit)
    fit.set_task(initial(overfit.config))
    assert [label.text for label in fit._overlay.labels] == ["straight line"]
    fit.set_fit(overfit.fit)
    fit.set_best(overfit.best_fit, "step 22")
    assert [label.text for label in fit._overlay.labels] == ["straight line", "step 22", "model"]
    assert fit._points.getData()[0].tolist() == [-2, -1, 0, 1, 2]
    assert fit._points.opts["symbol"] == "o"
    assert fit._validation.opts["symbol"] == "s"
    assert fit._validation.opts["brush"].color() == Theme.load("light").colour("surface.card")
    assert fit._line.opts["pen"].dashPattern()


@pytest.mark.parametrize("name", CHOICES)
def test_no_curve_has_the_cotangents_colour(qtbot: QtBot, plot: LivePlot, name: str) -> None:
    theme = Theme.load(name)
    plot.set_theme(theme)
    colours = {plot._train_curve.opts["pen"].color().name(), plot._validation_curve.opts["pen"].color().name()}
    assert len(colours) == 2
    assert not colours & {theme.colour("cotangent.wire").name(), theme.colour("cotangent.text").name()}
    assert plot.backgroundBrush().color() == theme.colour("surface.card")


def test_a_picture_of_a_record_needs_no_window(tmp_path: Path, overfit: RunRecord) -> None:
    source, target = tmp_path / "run.json", tmp_path / "run.png"
    source.write_text(overfit.to_json(), "utf-8")
    subprocess.run([sys.executable, "-m", "widgets.plots.picture", source, target], check=True, timeout=100)
    image = QImage(str(target))
    assert (image.width(), image.height()) == (1280, 720)
    colours = {image.pixelColor(x, y).name() for x in range(0, 1280, 3) for y in range(0, 720, 3)}
    blue = Theme.load("light").colour("border.focus").name()
    assert blue in colours
    assert len(colours) > 20


@pytest.mark.parametrize("content", ["", "[]", json.dumps({"epochs": []})])
def test_a_picture_of_something_else_is_refused_in_one_sentence(tmp_path: Path, content: str) -> None:
    source = tmp_path / "strange.json"
    source.write_text(content, "utf-8")
    ended = subprocess.run(
        [sys.executable, "-m", "widgets.plots.picture", source, tmp_path / "x.png"],
        capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert ended.returncode == 2
    assert "strange.json" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_keys_go_past_the_plots(plot: LivePlot) -> None:
    assert plot.focusPolicy() == Qt.FocusPolicy.NoFocus
