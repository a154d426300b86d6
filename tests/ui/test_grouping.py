"""Groups in the window: a choice that is kept, found hits, other stages, the session file."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from explorer.session import State
from explorer.session_files import load
from explorer.worker.requests import CaptureRequest, LayoutRequest
from tests.ui.canvas_groups import blocks, group_ids, replays
from tests.ui.story import WAIT, Story

Key = Qt.Key
GRAPH = blocks()
TEXT = "x + x"  # what is drawn of it is a recording


@pytest.fixture(autouse=True)
def _picture(story: Story) -> None:
    story.workers.replays = replays(GRAPH, most=5)
    story.open_text(TEXT, framework="jax")


def double_click(story: Story, card: str, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    at = story.canvas.card_rect(card).center()
    QTest.mouseClick(story.canvas, Qt.MouseButton.LeftButton, held, at)
    QTest.mouseDClick(story.canvas, Qt.MouseButton.LeftButton, held, at)


def wait_for_cards(story: Story, *cards: str) -> None:
    story.qtbot.waitUntil(lambda: {*cards} <= {*story.cards}, timeout=WAIT)


def test_a_double_click_opens_a_group_in_place_and_nothing_is_traced_again(story: Story) -> None:
    at = story.canvas.card_rect("block1").center()
    double_click(story, "block1")
    assert "block1" in story.cards  # the old picture stays until the new one is there
    assert not story.document.is_stale
    wait_for_cards(story, "relu_1")
    assert story.canvas.index.ids[story.canvas.item_at(at)] == "block1"
    assert story.document.session.state.open == {"jax:jaxpr": ("block1",)}
    assert len(story.workers.requests(CaptureRequest)) == 1
    assert not story.document.session.can_undo


def test_what_was_laid_out_before_is_there_at_once(story: Story) -> None:
    double_click(story, "block1")
    wait_for_cards(story, "relu_1")
    asked = len(story.workers.requests(LayoutRequest))
    story.do("groups_close")
    wait_for_cards(story, "block1")
    assert len(story.workers.requests(LayoutRequest)) == asked + 1
    story.canvas.setFocus()
    QTest.keyClick(story.canvas, Key.Key_Backspace)
    story.document.grouping.back()
    story.document.grouping.set_open("block1", True)
    wait_for_cards(story, "relu_1")
    assert len(story.workers.requests(LayoutRequest)) == asked + 1


def test_open_all_close_all_and_as_many_as_fit(story: Story) -> None:
    story.do("groups_open")
    wait_for_cards(story, *(node.id for node in GRAPH.nodes))
    story.do("groups_close")
    wait_for_cards(story, "block0", "block1", "block2")
    assert story.document.session.state.open == {"jax:jaxpr": ()}
    story.do("groups_automatic")
    assert story.document.session.state.open == {}


def test_backspace_closes_what_was_opened_last(story: Story) -> None:
    story.canvas.setFocus()
    before = story.canvas.camera
    double_click(story, "block1", Qt.KeyboardModifier.AltModifier)
    wait_for_cards(story, "add_1_0")
    QTest.keyClick(story.canvas, Key.Key_Backspace)
    wait_for_cards(story, "block1")
    assert story.document.session.state.open == {}
    assert story.canvas.camera == before


def test_find_opens_the_groups_that_lead_to_a_hit(story: Story) -> None:
    story.do("find")
    bar = story.window.graph.find
    QTest.keyClicks(bar.field, "add_1_1")
    assert bar.hits == ["add_1_1"]
    story.do("find_next")
    wait_for_cards(story, "add_1_1")
    assert story.canvas.selected_nodes() == ("add_1_1",)
    assert "block0" in story.cards  # and no others


def test_a_selection_from_elsewhere_lights_the_closed_group_and_opens_nothing(story: Story) -> None:
    story.document.select("add_2_0")
    assert story.canvas.selected_nodes() == ("block2",)
    assert story.document.selected == "add_2_0"
    double_click(story, "block2")
    wait_for_cards(story, "relu_2")
    assert story.document.selected == "block2"


def test_the_session_keeps_what_is_open(story: Story, tmp_path: Path) -> None:
    double_click(story, "block1")
    wait_for_cards(story, "relu_1")
    file = tmp_path / "kept.backflow"
    assert story.window.files.save(file)
    assert load(file).open == {"jax:jaxpr": ("block1",)}
    story.window.files.show(State())
    story.qtbot.waitUntil(lambda: not story.cards)
    story.window.files.open(file)
    wait_for_cards(story, "relu_1", "block0")


def test_another_program_begins_with_what_fits(story: Story) -> None:
    story.do("groups_close")
    wait_for_cards(story, "block0")
    other = blocks(1, name="layer")
    story.workers.replays = replays(other, most=60)
    story.editor.setPlainText("x * x")
    wait_for_cards(story, *(node.id for node in other.nodes))
    assert story.document.session.state.open == {}
    assert group_ids(other)[0] in story.canvas.index.ids


def test_the_menu_of_a_card_has_what_can_be_done_with_it(story: Story) -> None:
    story.canvas.select("block1")
    names = lambda: {action.text() for action in menu.actions() if not action.isSeparator()}  # noqa: E731
    story.window.menus.show_canvas_menu(story.canvas, story.canvas.mapToGlobal(story.canvas.rect().center()))
    menu = story.window.menus.canvas_menu
    assert {"Open or close", "Open or close with all inside", "What leads here"} <= names()
    menu.close()
    story.canvas.select("sum")
    story.window.menus.show_canvas_menu(story.canvas, story.canvas.mapToGlobal(story.canvas.rect().center()))
    menu = story.window.menus.canvas_menu
    assert "Open or close" not in names()
    menu.close()


def test_the_inspector_says_what_a_group_holds(story: Story) -> None:
    inspector = story.window.inspector
    story.document.select("block1")
    assert inspector.rows["nodes"].text() == "3"
    assert inspector.rows["groups"].text() == "1"
    assert inspector.rows["into"].text() == "x, block0"
    assert "Enter" in " ".join(story.texts(inspector))
    double_click(story, "block1")
    wait_for_cards(story, "relu_1")
    assert "closes" in " ".join(story.texts(inspector))


def test_a_hit_is_shown_also_where_every_picture_on_the_way_is_kept(story: Story) -> None:
    story.document.grouping.reveal("add_1_1")
    wait_for_cards(story, "add_1_1")
    story.do("groups_automatic")
    wait_for_cards(story, "block1")
    story.document.grouping.reveal("add_1_1")
    wait_for_cards(story, "add_1_1")
    assert story.canvas.selected_nodes() == ("add_1_1",)
