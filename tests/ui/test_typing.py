"""Type and see: what is typed is captured after a pause, numbers follow the sliders, a mistake keeps the picture."""

from __future__ import annotations

from PySide6.QtCore import Qt

from explorer.worker.events import StageEvent
from explorer.worker.requests import CaptureRequest, EvaluateRequest, LayoutRequest
from tests.ui.story import Story
from widgets.typed import PAUSE_MS

PRODUCT = "a * (a + b)"
NUMBERS = {"a": "2.0", "b": "3.0"}


def test_typing_is_captured_once_after_the_pause(story: Story) -> None:
    story.type(PRODUCT)
    assert not story.captures
    story.wait_for_picture()
    assert [request.source.text for request in story.captures] == [PRODUCT]
    assert set(story.cards) >= {"a", "b"}
    assert PAUSE_MS == 250


def test_a_pause_in_typing_shows_the_graph_so_far_and_the_next_one_replaces_it(story: Story) -> None:
    story.type("a * b")
    story.wait_for_picture()
    first = story.cards
    story.type(" + a")
    story.wait_for_picture()
    assert len(story.captures) == 2
    assert len(story.cards) == len(first) + 1


def test_free_names_become_inputs_with_values_that_are_shown(story: Story) -> None:
    story.type(PRODUCT)
    story.wait_for_picture()
    assert list(story.window.inputs.rows) == ["a", "b"]
    assert story.card_text("a") == "1.0"


def test_a_slider_changes_numbers_without_a_new_trace_or_layout(story: Story) -> None:
    story.open_text(PRODUCT, NUMBERS)
    captures, layouts = len(story.captures), len(story.workers.requests(LayoutRequest))
    traced = len(story.workers.said(StageEvent))
    slider = story.window.inputs.rows["a"].slider
    assert slider is not None
    slider.setValue(slider.maximum())
    story.qtbot.waitUntil(lambda: "40.0" in story.window.result.value.text())
    assert story.workers.requests(EvaluateRequest)[-1].inputs == {"a": "5.0", "b": "3.0"}
    assert story.card_text("a") == "5.0"
    assert len(story.workers.said(StageEvent)) == traced
    assert (len(story.captures), len(story.workers.requests(LayoutRequest))) == (captures, layouts)


def test_a_number_typed_into_the_table_is_evaluated(story: Story) -> None:
    story.open_text(PRODUCT, NUMBERS)
    field = story.window.inputs.rows["b"].field
    field.setText("4.5")
    field.editingFinished.emit()
    story.qtbot.waitUntil(lambda: "13.0" in story.window.result.value.text())


def test_another_shape_is_captured_anew(story: Story) -> None:
    story.open_text(PRODUCT, NUMBERS)
    captures = len(story.captures)
    story.document.set_input("b", "[1.0, 2.0]")
    story.qtbot.waitUntil(lambda: len(story.captures) == captures + 1)
    story.wait_for_picture()
    assert story.document.shown.stages[story.document.stage].graph.value_by_id["b"].type.shape == (2,)


def test_a_mistake_in_the_text_keeps_the_picture_marks_it_old_and_underlines_the_place(story: Story) -> None:
    story.open_text(PRODUCT, NUMBERS)
    before = story.cards
    story.editor.setPlainText("a * tanhh(b)")
    story.qtbot.waitUntil(lambda: bool(story.document.problems))
    assert story.cards == before
    assert story.document.is_stale
    assert story.underlined() == ["tanhh"]
    (problem,) = story.document.problems
    assert "tanh" in problem.text + problem.hint
    assert story.window.bottom.tabs["problems"].isChecked()
    assert any(problem.text in text for text in story.texts(story.window.bottom.problems))


def test_a_mistake_that_only_the_framework_finds_does_the_same(story: Story) -> None:
    story.open_text("a * (a + b)", {"a": "[1.0, 2.0]", "b": "[1.0, 2.0]"})
    before = story.cards
    story.document.set_input("b", "[1.0, 2.0, 3.0]")
    story.qtbot.waitUntil(lambda: bool(story.document.problems))
    assert story.cards == before
    assert story.document.is_stale
    assert story.underlined() == ["a + b"]
    assert "[2] and [3]" in story.document.problems[0].text


def test_a_corrected_mistake_leaves_no_trace(story: Story) -> None:
    story.open_text(PRODUCT, NUMBERS)
    story.editor.setPlainText("a * (a + ")
    story.qtbot.waitUntil(lambda: bool(story.document.problems))
    story.editor.setPlainText("a * b")
    story.wait_for_picture()
    assert not story.document.problems
    assert not story.underlined()
    assert not story.document.is_stale
    assert story.window.bottom.tabs["text"].isChecked()


def test_without_a_text_there_is_something_to_click_instead_of_empty_panels(story: Story) -> None:
    window = story.window
    assert window.graph.empty.isVisible()
    assert not window.inspector.isVisible()
    assert not window.bottom.isVisible()
    story.click(window.graph.empty.choices[0])
    story.wait_for_picture()
    assert window.graph.canvas.isVisible()
    assert window.inspector.isVisible()
    assert story.document.session.state.text.replace(" ", "") == "a*(a+b)"


def test_clearing_the_text_brings_the_beginning_back(story: Story) -> None:
    story.open_text(PRODUCT, NUMBERS)
    story.editor.setPlainText("")
    story.qtbot.waitUntil(story.window.graph.empty.isVisible)
    story.qtbot.waitUntil(lambda: story.document.shown is None)
    assert not story.document.problems


def test_undo_takes_a_pause_of_typing_back_and_redo_brings_it_again(story: Story) -> None:
    story.type("a * b")
    story.wait_for_picture()
    story.type(" + b")
    story.wait_for_picture()
    story.press(Qt.Key.Key_Z, held=Qt.KeyboardModifier.ControlModifier)
    assert story.editor.toPlainText() == "a * b"
    story.wait_for_picture()
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    story.press(Qt.Key.Key_Z, held=both)
    assert story.editor.toPlainText() == "a * b + b"


def test_undo_takes_a_slider_back(story: Story) -> None:
    story.open_text(PRODUCT, NUMBERS)
    slider = story.window.inputs.rows["a"].slider
    assert slider is not None
    for position in (100, 200, 300):
        slider.setValue(position)
    slider.sliderReleased.emit()
    story.do("undo")
    assert story.document.session.state.inputs["a"] == "2.0"
    story.qtbot.waitUntil(lambda: "10.0" in story.window.result.value.text())


def test_run_captures_without_waiting(story: Story) -> None:
    story.workers.holds = True
    story.type(PRODUCT)
    story.press(Qt.Key.Key_Return, held=Qt.KeyboardModifier.ControlModifier)
    assert [request.source.text for request in story.workers.requests(CaptureRequest)] == [PRODUCT]
    assert story.editor.toPlainText() == PRODUCT
