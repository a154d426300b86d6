"""Lecture mode: large type, nothing but the graph, a remote with two keys, a blank screen, and back."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from explorer.worker.requests import LayoutRequest
from tests.ui.story import Story
from widgets.theme import LECTURE_SCALE

Key = Qt.Key


@pytest.fixture(autouse=True)
def _picture(story: Story) -> None:
    story.open_text("a * (a + b)", {"a": "2.0", "b": "3.0"}, framework="jax")
    story.canvas.setFocus()


def begin(story: Story) -> None:
    story.press(Key.Key_F5)
    story.qtbot.waitUntil(lambda: story.canvas.index.scene.text_scale == LECTURE_SCALE)


def test_type_is_half_as_large_again_in_graph_and_panels(story: Story) -> None:
    before = story.window.graph.player.where.fontMetrics().height()
    begin(story)
    assert LECTURE_SCALE == 1.5
    assert story.workers.requests(LayoutRequest)[-1].options.text_scale == LECTURE_SCALE
    assert story.window.graph.player.where.fontMetrics().height() >= 1.4 * before


def test_panels_step_aside_and_come_back(story: Story) -> None:
    window = story.window
    panels = (window.left, window.inspector, window.bottom, window.menuBar())
    begin(story)
    assert not any(panel.isVisible() for panel in panels)
    assert window.graph.canvas.isVisible()
    assert window.graph.player.isVisible()
    story.press(Key.Key_Escape)
    assert all(panel.isVisible() for panel in panels)
    story.qtbot.waitUntil(lambda: story.canvas.index.scene.text_scale == 1.0)


def test_f5_leaves_as_well(story: Story) -> None:
    begin(story)
    story.press(Key.Key_F5)
    assert not story.window.lecture.is_on
    assert story.window.themes.current.scale == 1.0


def test_the_remote_steps_and_goes_on_to_the_next_stage(story: Story) -> None:
    begin(story)
    story.do("player_first")
    for index in range(1, 7):
        story.press(Key.Key_PageDown)
        assert story.document.session.state.cursor == (index if index < 6 else None)
    story.press(Key.Key_PageDown)
    story.qtbot.waitUntil(lambda: story.document.stage == "gradient")
    assert story.document.session.state.cursor == 0
    story.press(Key.Key_PageUp)
    story.qtbot.waitUntil(lambda: story.document.stage == "jaxpr")
    assert story.document.session.state.cursor is None


def test_at_the_very_end_the_remote_does_nothing(story: Story) -> None:
    story.show_stage("gradient")
    begin(story)
    story.do("player_last")
    story.press(Key.Key_PageDown)
    assert story.document.stage == "gradient"
    assert story.document.session.state.cursor is None


def test_b_makes_the_screen_black_and_brings_it_back(story: Story) -> None:
    begin(story)
    story.press(Key.Key_B)
    image = story.window.grab().toImage()
    corners = [(5, 5), (image.width() - 5, image.height() - 5), (image.width() // 2, image.height() // 2)]
    assert all(image.pixelColor(x, y).lightness() == 0 for x, y in corners)
    story.press(Key.Key_B)
    image = story.window.grab().toImage()
    assert image.pixelColor(image.width() // 2, 5).lightness() > 0


def test_leaving_from_a_blank_screen_shows_the_window(story: Story) -> None:
    begin(story)
    story.press(Key.Key_B)
    story.press(Key.Key_Escape)
    assert not story.window.lecture.blank.isVisible()
    assert story.window.menuBar().isVisible()


def test_outside_of_a_lecture_its_keys_are_letters(story: Story) -> None:
    story.editor.setFocus()
    story.type("b")
    assert story.editor.toPlainText().count("b") == 2
    assert not story.window.lecture.blank.isVisible()


def test_the_keys_of_window_and_canvas_go_on_working(story: Story) -> None:
    begin(story)
    story.document.select("add")
    story.press(Key.Key_Space)
    assert story.canvas.camera.scale > 0
    story.press(Key.Key_Right, held=Qt.KeyboardModifier.NoModifier)
    assert story.window.lecture.is_on
