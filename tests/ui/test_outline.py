"""The outline tree and the minimap: two more ways to see where one is in a large graph, and to go elsewhere."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtTest import QTest

from tests.ui.canvas_groups import blocks, replays
from tests.ui.story import WAIT, Story

Key, Left = Qt.Key, Qt.MouseButton.LeftButton
GRAPH = blocks(6, steps=3)


@pytest.fixture(autouse=True)
def _picture(story: Story) -> None:
    story.workers.replays = replays(GRAPH, most=8)
    story.open_text("x + x", framework="jax")
    story.do("outline")


def written(story: Story) -> list[str]:
    """What can be read in the tree, with a dash per level."""
    tree = story.window.outline.tree
    lines: list[str] = []
    index = tree.model().index(0, 0)
    while index.isValid():
        lines.append("-" * depth(index) + index.data())
        index = tree.indexBelow(index)
    return lines


def depth(index: QModelIndex) -> int:
    return 1 + depth(index.parent()) if index.parent().isValid() else 0


def index_of(story: Story, item: str) -> QModelIndex:
    return story.window.outline._shown(item)


def click(story: Story, item: str, *, twice: bool = False) -> None:
    tree = story.window.outline.tree
    at = tree.visualRect(index_of(story, item)).center()
    QTest.mouseClick(tree.viewport(), Left, pos=at)
    if twice:
        QTest.mouseDClick(tree.viewport(), Left, pos=at)


def wait_for_cards(story: Story, *cards: str) -> None:
    story.qtbot.waitUntil(lambda: {*cards} <= {*story.cards}, timeout=WAIT)


def test_the_outline_is_open_where_the_canvas_is(story: Story) -> None:
    assert written(story) == ["x", *(f"block{k}" for k in range(6)), "sum"]
    story.document.grouping.set_open("block1", True)
    wait_for_cards(story, "relu_1")
    assert written(story)[:6] == ["x", "block0", "block1", "-linear", "-relu", "block2"]
    story.do("groups_close")
    wait_for_cards(story, "block1")
    assert written(story) == ["x", *(f"block{k}" for k in range(6)), "sum"]


def test_a_click_selects_and_brings_into_view(story: Story) -> None:
    story.canvas.zoom(3.0)
    click(story, "block5")
    assert story.document.selected == "block5"
    assert story.canvas.rect().contains(story.canvas.card_rect("block5").center())
    story.canvas.select("")
    story.document.select("block0")
    assert story.window.outline.tree.currentIndex().data() == "block0"


def test_a_double_click_and_the_arrow_key_open_and_close_on_the_canvas(story: Story) -> None:
    click(story, "block2", twice=True)
    wait_for_cards(story, "relu_2")
    tree = story.window.outline.tree
    tree.setFocus()
    QTest.keyClick(tree, Key.Key_Left)
    wait_for_cards(story, "block2")
    QTest.keyClick(tree, Key.Key_Right)
    wait_for_cards(story, "relu_2")
    assert story.document.selected == "block2"


def test_the_filter_finds_groups_in_closed_ones_and_a_click_opens_the_way(story: Story) -> None:
    QTest.keyClicks(story.window.outline.field, "block3/lin")
    assert written(story) == ["block3", "-linear"]
    assert story.document.session.state.open == {}
    click(story, "block3/linear")
    wait_for_cards(story, "block3/linear")
    assert story.canvas.selected_nodes() == ("block3/linear",)
    QTest.keyClick(story.window.outline.field, Key.Key_Escape)
    assert "block0" in written(story)


def test_the_outline_stands_where_the_text_is_and_goes_again(story: Story) -> None:
    assert story.window.outline.isVisible()
    assert not story.editor.isVisible()
    story.do("edit_source")
    assert story.editor.isVisible()
    assert not story.window.actions_by_name["outline"].isChecked()
    story.do("outline")
    story.click(story.window.outline.cross)
    assert story.editor.isVisible()


# the minimap


def test_the_minimap_is_there_while_not_everything_is_seen(story: Story) -> None:
    minimap = story.window.graph.minimap
    story.canvas.fit()
    assert not minimap.isVisible()
    story.canvas.zoom(4.0)
    assert minimap.isVisible()
    assert story.canvas.rect().contains(minimap.geometry())
    story.do("minimap")
    assert not minimap.isVisible()
    story.do("minimap")
    assert minimap.isVisible()


def test_dragging_the_box_moves_the_view_and_a_click_flies_there(story: Story) -> None:
    minimap = story.window.graph.minimap
    story.canvas.fit()
    story.canvas.zoom(6.0)
    before, scale = story.canvas.camera, story.canvas.camera.scale
    held = minimap.box().center().toPoint()
    moved = held + QPoint(0, 20)
    QTest.mousePress(minimap, Left, pos=held)
    QTest.mouseMove(minimap, moved)
    QTest.mouseRelease(minimap, Left, pos=moved)
    assert story.canvas.camera.y > before.y
    assert (minimap.box().center().toPoint() - moved).manhattanLength() <= 2
    QTest.mouseClick(minimap, Left, pos=QPoint(minimap.width() // 2, minimap.height() - 8))
    assert story.canvas.rect().contains(story.canvas.card_rect("sum").center())
    assert story.canvas.camera.scale == scale


def test_a_view_that_moves_paints_no_card_of_the_minimap_again(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    minimap = story.window.graph.minimap
    story.canvas.zoom(4.0)
    minimap.grab()
    painted = []
    monkeypatch.setattr(minimap, "_paint_graph", lambda *given: painted.append(given))
    story.canvas.zoom(1.1)
    minimap.grab()
    assert not painted
    story.document.grouping.set_open("block1", True)
    wait_for_cards(story, "relu_1")
    minimap.grab()
    assert painted
