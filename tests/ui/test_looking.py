"""One selection in source, graph, text and inspector; stages, frameworks, finding."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from explorer.capture.record import Source
from explorer.worker.requests import CaptureRequest, StagesRequest
from tests.ui.story import Story

Key = Qt.Key


@pytest.fixture(autouse=True)
def _picture(story: Story) -> None:
    story.open_text("a * (a + b)", {"a": "2.0", "b": "3.0"}, framework="jax")


def click_card(story: Story, node: str) -> None:
    QTest.mouseClick(story.canvas, Qt.MouseButton.LeftButton, pos=story.canvas.card_rect(node).center())


def test_a_click_on_a_card_lights_the_source_and_the_line_of_the_text(story: Story) -> None:
    click_card(story, "add")
    assert story.document.selected == "add"
    assert story.lit() == ["a + b"]
    (lit,) = story.window.bottom.text.extraSelections()
    assert lit.cursor.block().text().startswith("add = ")
    assert "add" in story.texts(story.window.inspector)


def test_a_click_in_the_source_selects_the_innermost_operation(story: Story) -> None:
    cursor = story.editor.textCursor()
    cursor.setPosition(len("a * (a +"))
    place = story.editor.cursorRect(cursor).center()
    QTest.mouseClick(story.editor.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert story.canvas.selected_nodes() == ("add",)


def test_a_click_in_the_text_of_the_stage_selects_the_card(story: Story) -> None:
    panel = story.window.bottom.text
    block = panel.document().findBlockByNumber(3)
    assert block.text().startswith("mul")
    place = panel.blockBoundingGeometry(block).translated(panel.contentOffset()).center().toPoint()
    QTest.mouseClick(panel.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(20, place.y()))
    assert story.canvas.selected_nodes() == ("mul",)
    assert story.lit() == ["a * (a + b)"]


def test_escape_on_the_canvas_selects_nothing(story: Story) -> None:
    click_card(story, "add")
    story.canvas.setFocus()
    QTest.keyClick(story.canvas, Key.Key_Escape)
    assert story.document.selected == ""
    assert not story.lit()


def test_hovering_a_card_lights_the_source_until_it_is_left(story: Story) -> None:
    QTest.mouseMove(story.canvas, story.canvas.card_rect("add").center())
    story.qtbot.waitUntil(lambda: story.lit() == ["a + b"])
    QTest.mouseMove(story.canvas, QPoint(3, 3))
    story.qtbot.waitUntil(lambda: not story.lit())


def test_another_stage_has_what_belongs_to_the_selection_selected(story: Story) -> None:
    click_card(story, "add")
    story.show_stage("gradient")
    assert story.document.selected == "add"
    assert story.canvas.selected_nodes() == ("add",)
    assert "seed" in story.cards
    assert story.window.bottom.tabs["text"].text() == "gradient"


def test_a_link_in_the_inspector_leads_to_the_other_stage(story: Story) -> None:
    click_card(story, "a")
    links = story.window.inspector.findChildren(QPushButton)
    cotangent = next(link for link in links if "cotangent" in link.text())
    story.click(cotangent)
    story.qtbot.waitUntil(lambda: story.document.stage == "gradient")
    shown = story.document.shown
    assert shown is not None
    assert shown.cotangent_id("gradient", "a") == story.document.selected


def test_another_framework_shows_the_same_text_at_the_same_kind_of_stage(story: Story) -> None:
    story.show_stage("gradient")
    story.click(story.window.header.frameworks["pytorch"])
    story.wait_for_picture()
    story.qtbot.waitUntil(lambda: story.document.stage == "joint")
    newest = story.workers.requests(CaptureRequest)[-1]
    assert newest == CaptureRequest(Source("a * (a + b)", "pytorch", {"a": "2.0", "b": "3.0"}))
    assert list(story.window.graph.stages.pills) == ["fx", "aten", "joint"]
    assert story.window.result.value.text().startswith("10.0")


def test_the_version_of_a_framework_is_its_tooltip(story: Story) -> None:
    assert "0.toy" in story.window.header.frameworks["jax"].toolTip()


def test_a_framework_that_is_not_installed_says_how_to_get_it(story: Story) -> None:
    story.workers.failing.add("tensorflow")
    before = story.cards
    story.click(story.window.header.frameworks["tensorflow"])
    story.qtbot.waitUntil(lambda: bool(story.document.problems))
    assert "pip install" in story.document.problems[0].hint
    assert story.cards == before
    assert story.document.is_stale
    story.click(story.window.header.frameworks["jax"])
    story.wait_for_picture()
    assert not story.document.problems


def test_the_next_stage_by_key_and_no_further(story: Story) -> None:
    story.do("stage_next")
    story.qtbot.waitUntil(lambda: story.document.stage == "gradient")
    story.do("stage_next")
    on_demand = ("stablehlo", "hlo", "optimized_hlo")
    for key in on_demand:
        story.qtbot.waitUntil(lambda key=key: story.document.stage == key)
        story.do("stage_next")
    assert story.document.wanted_stage() == "optimized_hlo"
    assert [request.stages for request in story.workers.requests(StagesRequest)] == [(key,) for key in on_demand]
    for key in ("hlo", "stablehlo", "gradient", "jaxpr"):
        story.do("stage_previous")
        story.qtbot.waitUntil(lambda key=key: story.document.stage == key)


def test_a_stage_on_demand_is_traced_again_with_the_next_text(story: Story) -> None:
    story.show_stage("optimized_hlo")
    story.qtbot.waitUntil(lambda: story.document.stage == "optimized_hlo")
    story.editor.setPlainText("a * b + a")
    story.wait_for_picture()
    assert story.document.stage == "optimized_hlo"


def test_a_stage_asked_for_while_the_capture_is_under_way_comes_after_it(story: Story) -> None:
    story.workers.holds = True
    story.editor.setPlainText("a * b + a")
    story.qtbot.waitUntil(lambda: story.workers.requests(CaptureRequest)[-1].source.text == "a * b + a")
    story.document.show_stage("hlo")
    story.workers.holds = False
    story.workers.answer()
    story.qtbot.waitUntil(lambda: story.document.stage == "hlo")
    assert story.document.shown.source.text == "a * b + a"


def test_find_rings_every_hit_and_selects_one_after_the_other(story: Story) -> None:
    story.show_stage("gradient")
    story.do("find")
    bar = story.window.graph.find
    QTest.keyClicks(bar.field, "mul")
    assert bar.hits == ["mul", "mul_1", "mul_2"]
    story.do("find_next")
    assert story.canvas.selected_nodes() == ("mul",)
    assert bar.count.text() == "1 of 3 in the graph · 4 in the text"
    story.do("find_previous")
    assert story.canvas.selected_nodes() == ("mul_2",)
    QTest.keyClick(bar.field, Key.Key_Return)
    assert story.canvas.selected_nodes() == ("mul",)
    QTest.keyClick(bar.field, Key.Key_Escape)
    assert bar.isHidden()
    assert not bar.hits


def test_find_knows_a_language(story: Story) -> None:
    story.do("find")
    bar = story.window.graph.find
    QTest.keyClicks(bar.field, "op:add dtype:f32 shape:[]")
    assert len(bar.hits) == 1
    bar.field.setText("/(/")
    assert bar.hits == []
    assert bar.count.text().startswith("/(/ is no regular expression")


def test_finding_nothing_says_so(story: Story) -> None:
    story.do("find")
    QTest.keyClicks(story.window.graph.find.field, "convolution")
    assert story.window.graph.find.count.text() == "nothing found"
    story.do("find_next")
    assert story.document.selected == ""


def test_turning_the_graph_lays_it_out_from_left_to_right(story: Story) -> None:
    first, last = story.canvas.card_rect("a"), story.canvas.card_rect("mul")
    assert last.top() > first.bottom()
    story.do("direction")
    story.qtbot.waitUntil(lambda: story.canvas.card_rect("mul").left() > story.canvas.card_rect("a").right())
    assert story.window.actions_by_name["direction"].isChecked()


def test_a_theme_is_chosen_for_the_window_and_everything_in_it(story: Story) -> None:
    story.do("theme_dark")
    assert story.window.themes.current.name == "dark"
    assert story.canvas.theme.dark
    assert story.window.actions_by_name["theme_dark"].isChecked()
    story.do("theme_light")
    assert not story.canvas.theme.dark
