"""Text and graph side by side: one selection, one search, and a text of any length."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from explorer.session import State
from tests.ui.story import WAIT, Story
from tests.ui.test_workers import Turns
from widgets.main_window import MainWindow
from widgets.panels.text import TextPanel

Key, Held = Qt.Key, Qt.KeyboardModifier
MOST_TURN_SECONDS = 0.050


@pytest.fixture(autouse=True)
def _picture(story: Story) -> None:
    story.open_text("a * (a + b)", {"a": "2.0", "b": "3.0"}, framework="jax")


def text_of(story: Story) -> TextPanel:
    return story.window.text


def click_line(story: Story, number: int) -> None:
    panel = text_of(story)
    block = panel.document().findBlockByNumber(number - 1)
    place = panel.blockBoundingGeometry(block).translated(panel.contentOffset()).center().toPoint()
    QTest.mouseClick(panel.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(20, place.y()))


def beside(story: Story) -> bool:
    """Whether the text stands to the right of the graph, at the same height."""
    text, canvas = text_of(story), story.canvas
    if not (text.isVisible() and canvas.isVisible()):
        return False
    left = text.mapTo(story.window, QPoint()).x() >= canvas.mapTo(story.window, QPoint(canvas.width(), 0)).x()
    return left and abs(text.mapTo(story.window, QPoint()).y() - canvas.mapTo(story.window, QPoint()).y()) < 12


def test_a_key_puts_the_text_beside_the_graph_and_back(story: Story) -> None:
    assert not beside(story)
    QTest.keyClick(story.window, Key.Key_T, Held.ControlModifier)
    assert beside(story)
    assert story.window.bottom.tabs["text"].isHidden()
    assert story.window.actions_by_name["text_beside"].isChecked()
    assert abs(text_of(story).width() - story.canvas.width()) < 40
    story.click(story.window.graph.text.bar.cross)
    assert not beside(story)
    assert text_of(story).isVisible()
    assert story.window.bottom.tabs["text"].isChecked()


def test_selecting_goes_both_ways_at_every_stage(story: Story) -> None:
    story.do("text_beside")
    for stage in ("jaxpr", "gradient", "hlo"):
        story.show_stage(stage)
        assert text_of(story).toPlainText() == story.document.shown.stages[stage].text
        click_line(story, 4)
        assert story.canvas.selected_nodes() == ("mul",)
        QTest.mouseClick(story.canvas, Qt.MouseButton.LeftButton, pos=story.canvas.card_rect("add").center())
        (lit,) = text_of(story).extraSelections()
        assert lit.cursor.block().text().startswith("add = ")
        assert text_of(story).line == 3


def test_find_counts_in_both_and_goes_on_in_the_pane_with_the_keyboard(story: Story) -> None:
    story.do("text_beside")
    story.show_stage("gradient")
    story.canvas.setFocus()
    story.do("find")
    bar = story.window.graph.find
    QTest.keyClicks(bar.field, "add")
    lines = [number for number, line in enumerate(text_of(story).toPlainText().split("\n"), 1) if "add" in line]
    assert bar.lines == lines
    assert bar.count.text() == f"{len(bar.hits)} in the graph · {len(lines)} in the text"
    story.do("find_next")
    assert bar.count.text().startswith(f"1 of {len(bar.hits)} in the graph")
    text_of(story).setFocus()
    for place, line in enumerate(lines, 1):
        if text_of(story).line != line:
            story.do("find_next")
        assert text_of(story).line == line
        assert bar.count.text().endswith(f"{place} of {len(lines)} in the text")
    lit = {found.cursor.blockNumber() + 1 for found in text_of(story).extraSelections()}
    assert lit >= {*lines}
    QTest.keyClick(bar.field, Key.Key_Escape)
    assert len(text_of(story).extraSelections()) <= 1


def test_a_text_of_thirty_thousand_lines_blocks_nothing(story: Story) -> None:
    story.do("text_beside")
    stage = story.document.shown.stages["jaxpr"]
    lines = [f"v{number} = mul[layer=dense_{number % 7}] v{number - 1} v{number - 2}" for number in range(30_000)]
    large = replace(stage, text="\n".join(lines), lines={"add": 29_990, "mul": 10})
    story.document.shown.stages["jaxpr"] = large
    panel, bar = text_of(story), story.window.graph.find
    turns = Turns()
    try:
        story.document.results_changed.emit()
        story.document.select("add")
        story.qtbot.waitUntil(lambda: panel.blockCount() == 30_000, timeout=WAIT)
        story.do("find")
        bar.field.setText("dense_3")
        story.qtbot.waitUntil(lambda: len(bar.lines) == 30_000 // 7 + 1, timeout=WAIT)
    finally:
        turns.stop()
    assert max(turns.seconds) <= MOST_TURN_SECONDS, f"{max(turns.seconds) * 1000:.0f} ms in one turn"
    assert panel.line == 29_990, "it goes where the selection is, once that is there"
    assert panel.toPlainText() == large.text
    assert len(panel.extraSelections()) < 100, "only what is on the screen is lit"


def test_the_text_beside_is_part_of_the_session_and_its_width_of_the_window(
    story: Story, folder: Path, tmp_path: Path
) -> None:
    story.do("text_beside")
    story.window.graph.panes.setSizes([500, 200, 0])
    story.window.graph.panes.splitterMoved.emit(500, 1)
    width = text_of(story).width()
    story.window.files.save(tmp_path / "beside.backflow")
    story.do("new")
    assert not beside(story), "an empty document has nothing beside it"
    story.open_text("a + b", {})
    assert not beside(story), "another document of another State"
    story.window.files.open(tmp_path / "beside.backflow")
    story.wait_for_picture()
    assert beside(story)
    story.window.close()
    again = MainWindow(story.workers, story.window.themes, folder)
    again.files.show(State(text="a + b", text_beside=True))
    again.resize(1440, 900)
    again.show()
    assert again.text.width() == pytest.approx(width, abs=30)
    again.close()
    again.deleteLater()


def test_a_lecture_shows_the_graph_alone(story: Story) -> None:
    story.do("text_beside")
    story.do("lecture")
    assert not text_of(story).isVisible()
    story.do("lecture")
    assert beside(story)
