"""Texts that are real Python: pasted they are live, a script and a file from outside wait, entries can be chosen."""

from __future__ import annotations

from pathlib import Path

from explorer.worker.requests import CaptureRequest, EvaluateRequest
from tests.ui.story import Story

MODEL = """
def double(x):
    return x + x

def area(x, y):
    return x * y

x = 3.0
y = 4.0
"""
SCRIPT = MODEL + "\nfor k in range(3):\n    print(k)\n"


def test_a_pasted_model_is_live_and_its_inputs_come_from_the_text(story: Story) -> None:
    story.open_text(MODEL)
    assert "x" in story.cards
    assert story.card_text("y") == "4.0"
    assert [row.field.text() for row in story.window.inputs.rows.values()] == ["3.0", "4.0"]


def test_an_input_of_a_model_can_be_changed_and_given_back_to_the_text(story: Story) -> None:
    story.open_text(MODEL)
    captures = len(story.captures)
    story.document.set_input("x", "5.0")
    story.qtbot.waitUntil(lambda: story.card_text("x") == "5.0")
    assert (len(story.captures), story.workers.requests(EvaluateRequest)[-1].inputs) == (captures, {"x": "5.0"})
    story.do("undo")
    story.qtbot.waitUntil(lambda: story.card_text("x") == "3.0")


def test_a_slider_of_an_expression_does_not_reach_a_model_of_the_same_names(story: Story) -> None:
    story.open_text("x * x", {"x": "7.0"})
    story.document.session.edit_text(MODEL)
    story.wait_for_picture()
    assert story.card_text("x") == "3.0"


def test_another_entry_is_chosen_beside_the_text(story: Story) -> None:
    story.open_text(MODEL)
    picker = story.window.source.entry
    assert [picker.itemText(row) for row in range(picker.count())] == ["double", "area"]
    assert picker.isVisible()
    assert picker.currentText() == "area"
    picker.setCurrentIndex(0)
    picker.activated.emit(0)
    story.qtbot.waitUntil(lambda: "y" not in story.cards)
    story.open_text("a + a")
    assert not picker.isVisible()


def test_a_script_waits_until_somebody_runs_it(story: Story) -> None:
    story.document.session.edit_text(SCRIPT)
    story.qtbot.waitUntil(lambda: "only when you say so" in story.strip)
    assert not story.workers.requests(CaptureRequest)
    story.do("run")
    story.wait_for_picture()
    captures = len(story.captures)
    story.document.session.edit_text(SCRIPT + "\n")
    story.qtbot.wait(400)
    assert len(story.captures) == captures
    assert story.document.is_stale


def test_nothing_in_a_file_from_outside_runs_before_somebody_says_so(story: Story, tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text(MODEL)
    story.window.files.open(path)
    assert story.editor.toPlainText() == MODEL
    story.qtbot.waitUntil(lambda: "nothing in it has been run" in story.strip)
    assert not story.captures
    story.click(story.window.strip.action)
    story.wait_for_picture()
    story.open_text("a * b")
    story.window.files.open(path)  # trust is remembered by path and content
    story.wait_for_picture()
    path.write_text(MODEL + "z = 1.0\n")
    captures = len(story.captures)
    story.window.files.open(path)
    story.qtbot.waitUntil(lambda: "nothing in it has been run" in story.strip)
    assert len(story.captures) == captures
    assert story.document.shown is None


def test_a_text_for_one_framework_switches_to_it_and_offers_no_other(story: Story) -> None:
    story.document.session.show(framework="tensorflow")
    story.document.session.edit_text("import jax\n" + MODEL)
    story.wait_for_picture()
    assert story.document.shown.source.framework == "jax"
    enabled = [key for key, made in story.window.header.frameworks.items() if made.isEnabled()]
    assert enabled == ["jax"]
    story.open_text("a * b")
    assert all(made.isEnabled() for made in story.window.header.frameworks.values())


def test_a_mistake_in_a_model_is_marked_in_the_text(story: Story) -> None:
    story.document.session.edit_text("def f(x):\n    return x\nx = 1 / 0\n")
    story.qtbot.waitUntil(lambda: story.underlined() == ["1 / 0"])


def test_the_samples_menu_has_models(story: Story) -> None:
    menus = story.window.menus
    menus.fill_samples()
    (models,) = [action.menu() for action in menus.menus["samples"].actions() if action.menu()]
    titles = [action.text() for action in models.actions()]
    assert len(titles) == 12
    assert "PyTorch: attention block" in titles


def test_what_waits_is_said_on_the_canvas_and_no_longer_once_it_runs(story: Story, tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text(MODEL)
    story.window.files.open(path)
    story.qtbot.waitUntil(lambda: "nothing in it has been run" in story.strip)
    assert "Ctrl+Enter" in story.canvas.hint
    story.do("run")
    story.wait_for_picture()
    assert (story.strip, story.canvas.hint) == ("", "")
