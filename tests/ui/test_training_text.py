"""What is typed in the Graph tab, trained in the training tab."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.capture.record import Diagnostic
from explorer.session import State
from explorer.training.config import Fit, Parameter
from explorer.worker.events import DiagnosticEvent, Failed, Metrics
from tests.ui.story import Story
from tests.ui.test_training_boundary import choose, offered
from tests.ui.test_training_panel import PlayedWorkers, actions, click, words
from widgets.panels.training import TrainPanel
from widgets.panels.training_numbers import NAME, VALUE
from widgets.theme import Theme

LINE = State("sum((w*x + b - y)**2)", {"x": "[1,2,3]", "y": "[3,5,7]", "w": "0.5"})
MODEL = "import torch\n\nmodel = torch.nn.Linear(3, 1)\nexample_inputs = (torch.ones(2, 3),)\n"


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
    choose(made.form.task, "typed")
    return made


def numbers(panel: TrainPanel) -> dict[str, str]:
    table = panel.numbers
    return {table.item(row, NAME).text(): table.item(row, VALUE).text() for row in range(table.rowCount())}


def frame(workers: PlayedWorkers, steps: range, *parameters: Parameter) -> None:
    losses = 9.0 / (1 + np.array(steps))
    alone = np.full(len(losses), np.nan)
    view = Fit(steps.stop, parameters=parameters)
    none = np.empty((0, 2))
    workers.say(
        Metrics(workers.number, 1, np.array(steps), losses, alone, none, 0.05, "running", "cpu", 50.0, view=view)
    )


def test_the_worker_is_asked_for_the_text_with_its_inputs(panel: TrainPanel, workers: PlayedWorkers) -> None:
    panel.set_text(LINE)
    panel.set_framework("pytorch")
    click(panel, "play")
    (framework, request) = workers.sent[0]
    assert framework == "pytorch"
    assert (request.config.task, request.config.model, request.config.parameters) == ("typed", "text", ())
    assert request.source.text == LINE.text
    assert request.source.inputs == {"w": "0.5", "x": "[1,2,3]", "b": "1.0", "y": "[3,5,7]"}
    assert request.source.framework == "pytorch"


def test_what_trains_is_said_and_can_be_chosen(panel: TrainPanel, workers: PlayedWorkers) -> None:
    panel.set_text(LINE)
    assert "trains w, b" in panel.banner.text
    assert panel.form.choices.trained.placeholderText() == "w, b"
    assert panel.form.excerpt.text() == LINE.text
    assert numbers(panel) == {"w": "–", "b": "–"}
    assert not any(field.isVisible() for field in (panel.form.model, panel.form.choices.mode, panel.form.choices.batch))
    assert "keras-adam" not in offered(panel.form.choices.optimizer)
    panel.form.choices.trained.setText("b")
    QTest.keyClick(panel.form.choices.trained, Qt.Key.Key_Return)
    assert "trains b" in panel.banner.text
    click(panel, "play")
    assert workers.config.parameters == ("b",)


def test_its_numbers_and_its_one_curve_are_live(panel: TrainPanel, workers: PlayedWorkers) -> None:
    panel.set_text(LINE)
    click(panel, "play")
    frame(workers, range(3), Parameter("w", (), 0.125), Parameter("b", (), -2.0))
    assert numbers(panel) == {"w": "0.125", "b": "-2"}
    assert panel._fit_heading.text() == "PARAMETERS AT STEP 2"
    frame(workers, range(3, 5), Parameter("w", (), 0.25), Parameter("b", (), -2.5))
    assert numbers(panel) == {"w": "0.25", "b": "-2.5"}
    panel.curves._draw()
    assert [label.text for label in panel.curves._overlay.labels] == ["loss 1.80"]
    assert panel.curves.readout(4) == "step 4   loss 1.8"


def test_a_finished_run_is_listed_and_any_kept_step_can_be_looked_at(panel: TrainPanel, workers: PlayedWorkers) -> None:
    panel.set_text(LINE)
    click(panel, "play")
    workers.whole_run()
    assert "Without validation points" in panel.banner.text
    assert actions(panel) == []
    assert [panel.runs.item(0, column).text() for column in (0, 2, 4)] == [LINE.text, "2", "–"]
    at_end = numbers(panel)
    panel.look_at(0)
    assert numbers(panel) == {"w": "0", "b": "0"}
    assert panel._readout.text() == "step 0   loss 83"
    panel.look_at(None)
    assert numbers(panel) == at_end


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "no text to train"), ("a +", "syntax"), ("sin(2)", "nothing to train"), ("w.x", "w.x reaches into")],
)
def test_what_cannot_train_is_said_in_one_sentence(
    panel: TrainPanel, workers: PlayedWorkers, text: str, said: str
) -> None:
    panel.set_text(State(text))
    click(panel, "play")
    assert not workers.sent
    assert said in panel.banner.text
    panel.set_text(LINE)
    assert "Not trained yet" in panel.banner.text


def test_what_the_worker_says_of_the_text_is_shown(panel: TrainPanel, workers: PlayedWorkers) -> None:
    panel.set_text(LINE)
    click(panel, "play")
    workers.say(DiagnosticEvent(1, Diagnostic("notice", "output_summed", {"shape": "[3]"})))
    assert "sum" in panel.form.note.text()
    workers.say(Failed(1, Diagnostic("error", "training_no_gradient", {"names": "w, b"})))
    assert panel.banner.text.startswith("Nothing can be learned")
    assert panel.state == "idle"


def test_a_model_trains_in_the_framework_it_is_written_for(panel: TrainPanel, workers: PlayedWorkers) -> None:
    panel.set_framework("jax")
    panel.set_text(State(MODEL, {".example_inputs": "ones(2, 3)", "x": "3.0"}, entry="model"))
    assert panel.form.where.text() == "PyTorch · cpu"
    assert "written for PyTorch" in words(panel)
    assert "parameters of your model" in panel.banner.text
    assert panel.form.excerpt.text().startswith("model = ")
    click(panel, "play")
    (framework, request) = workers.sent[0]
    assert (framework, request.config.framework, request.source.framework) == ("pytorch",) * 3
    assert (request.source.entry, request.source.inputs) == ("model", {"example_inputs": "ones(2, 3)"})
    choose(panel.form.task, "moons")
    assert panel.form.where.text() == "JAX · cpu"


def test_the_window_hands_over_what_is_typed(story: Story) -> None:
    window = story.window
    window.document.session.edit_text("(w*2 - 3)**2")
    window.show_tab("train")
    choose(window.train.form.task, "typed")
    assert window.train.form.excerpt.text() == "(w*2 - 3)**2"
    window.document.session.edit_text("(v*2 - 3)**2")
    assert "trains v" in window.train.banner.text
