"""Text and graph, and two stages, side by side: one selection, one search, texts of any length."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from explorer.capture.record import Absence
from explorer.messages import sentence
from explorer.session import State
from explorer.worker.requests import StagesRequest
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


# ---- two stages ----


def two(story: Story, stage: str = "gradient") -> None:
    """A second pane with `stage`."""
    story.do("two_stages")
    if story.document.session.state.beside != stage:
        story.window.graph.second.show_stage(stage)
    story.qtbot.waitUntil(lambda: story.window.graph.second.stage == stage, timeout=WAIT)


def second_cards(story: Story) -> set[str]:
    index = story.window.graph.beside.canvas.index
    return set(index.scene.nodes) if index else set()


def click_second(story: Story, node: str) -> None:
    canvas = story.window.graph.beside.canvas
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=canvas.card_rect(node).center())


def test_a_key_shows_the_next_stage_beside_the_first_and_back(story: Story) -> None:
    QTest.keyClick(story.window, Key.Key_T, Held.ControlModifier | Held.ShiftModifier)
    pane = story.window.graph.beside
    story.qtbot.waitUntil(lambda: "seed" in second_cards(story), timeout=WAIT)
    assert pane.isVisible()
    assert story.document.stage == "jaxpr"
    assert "seed" not in story.cards, "the first pane keeps its own"
    assert abs(pane.canvas.width() - story.canvas.width()) < 40
    assert pane.stages.pills["gradient"].isChecked()
    story.click(pane.bar.cross)
    assert not pane.isVisible()
    assert story.document.session.state.beside == ""


def test_a_selection_lights_what_belongs_to_it_in_the_other_pane(story: Story) -> None:
    two(story)
    pane = story.window.graph.beside
    click_first = story.canvas.card_rect("add").center()
    QTest.mouseClick(story.canvas, Qt.MouseButton.LeftButton, pos=click_first)
    shown = story.document.shown
    holder = shown.cotangent_id("gradient", "add")
    assert set(pane.canvas.selected_nodes()) == {"add", holder}
    assert pane.line.text().startswith("add → gradient: add, the same · ")
    click_second(story, "mul")
    assert story.document.selected == "mul"
    assert story.canvas.selected_nodes() == ("mul",)
    assert pane.canvas.selected_nodes() == ("mul",)
    click_second(story, holder)
    assert story.canvas.selected_nodes() == ("add",), "whose cotangent it is"
    assert "its cotangent" in pane.line.text()


def test_what_has_no_counterpart_says_so_or_why(story: Story) -> None:
    story.open_text("a * b", {"a": "2.0", "b": "3.0"}, framework="jax")
    two(story)
    pane, shown = story.window.graph.beside, story.document.shown
    linked = {node for node in second_cards(story) if shown.linked("gradient", node, "jaxpr")}
    alone = next(iter(sorted(second_cards(story) - linked)), "")
    provenance = shown.provenance["gradient"]
    if alone:
        click_second(story, alone)
        assert story.document.selected == ""
        assert "no evidence of a counterpart in jaxpr" in pane.line.text()
    links = tuple(link for link in provenance.links if "a" not in (*link.source, *link.target))
    absent = {"a": Absence("output_summed", {"shape": "[2]"})}
    shown.provenance["gradient"] = replace(provenance, links=links, absent=absent)
    QTest.mouseClick(story.canvas, Qt.MouseButton.LeftButton, pos=story.canvas.card_rect("a").center())
    assert pane.line.text() == "a: " + sentence("output_summed", {"shape": "[2]"})
    assert pane.canvas.selected_nodes() == ()


def test_a_stage_on_demand_comes_in_the_second_pane_too_and_with_the_next_text(story: Story) -> None:
    two(story, "optimized_hlo")
    assert story.document.stage == "jaxpr"
    assert [request.stages for request in story.workers.requests(StagesRequest)] == [("optimized_hlo",)]
    story.show_stage("hlo")
    assert story.window.graph.second.stage == "optimized_hlo"
    story.editor.setPlainText("a * b + a")
    story.wait_for_picture()
    second = story.window.graph.second
    story.qtbot.waitUntil(lambda: second.is_current and second.stage == "optimized_hlo", timeout=WAIT)
    assert story.document.stage == "hlo"
    assert set(story.captures[-1].stages) >= {"hlo", "optimized_hlo"}


def test_no_answer_lands_in_the_wrong_pane_whatever_comes_first(story: Story) -> None:
    two(story)
    story.workers.holds = True
    story.do("direction")  # both are laid out anew
    story.document.show_stage("gradient")
    story.window.graph.second.show_stage("jaxpr")
    story.workers.holds = False
    story.workers.answer()
    second = story.window.graph.second
    story.qtbot.waitUntil(lambda: (story.document.stage, second.stage) == ("gradient", "jaxpr"), timeout=WAIT)
    story.qtbot.waitUntil(lambda: not story.document.capturing.is_busy, timeout=WAIT)
    assert "seed" in story.cards
    assert "seed" not in second_cards(story)
    for canvas in (story.canvas, story.window.graph.beside.canvas):
        assert canvas.card_rect("mul").left() > canvas.card_rect("a").right(), "both are turned"


def test_keys_and_search_are_for_the_pane_that_had_the_keyboard_last(story: Story) -> None:
    two(story)
    pane, bar = story.window.graph.beside, story.window.graph.find
    before, first = pane.canvas.camera.scale, story.canvas.camera.scale
    pane.canvas.setFocus()
    QTest.keyClick(pane.canvas, Key.Key_Plus)
    assert pane.canvas.camera.scale > before
    assert story.canvas.camera.scale == first
    story.do("find")
    QTest.keyClicks(bar.field, "mul")
    assert bar.hits == ["mul", "mul_1", "mul_2"]
    story.do("find_next")
    story.do("find_next")
    assert story.window.graph.second.selected == "mul_1"
    assert bar.count.text() == "2 of 3"
    story.canvas.setFocus()
    assert bar.hits == ["mul"]
    story.do("focus_canvas")
    assert story.window.graph.active is pane.canvas, "from one graph to the other"


def test_only_the_first_pane_plays(story: Story) -> None:
    two(story)
    story.document.seek(0)
    facts = story.window.graph.beside.canvas.facts
    assert not facts.pending.any()
    assert facts.entries(facts.index.number["mul"])[0].texts[0] == "10.0"


def test_two_stages_are_part_of_the_session_and_a_lecture_shows_one(story: Story, tmp_path: Path) -> None:
    two(story)
    story.window.files.save(tmp_path / "two.backflow")
    story.do("lecture")
    assert not story.window.graph.beside.isVisible()
    story.do("lecture")
    story.qtbot.waitUntil(lambda: "seed" in second_cards(story), timeout=WAIT)
    story.do("two_stages")
    story.window.files.open(tmp_path / "two.backflow")
    story.wait_for_picture()
    story.qtbot.waitUntil(lambda: "seed" in second_cards(story), timeout=WAIT)
    story.click(story.window.header.frameworks["pytorch"])
    story.wait_for_picture()
    story.qtbot.waitUntil(lambda: story.window.graph.second.stage == "joint", timeout=WAIT)
