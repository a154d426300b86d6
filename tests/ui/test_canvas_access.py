"""The graph as a screen reader gets it: one child per card, in execution order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QAccessible, QAccessibleInterface
from pytestqt.qtbot import QtBot

from tests.ui.canvas_scenes import forward_numbers, forward_playback, forward_scene, gradient_scene
from widgets.canvas.canvas import GraphCanvas
from widgets.theme import Theme

NAME, ABOUT = QAccessible.Text.Name, QAccessible.Text.Description


@pytest.fixture
def canvas(qtbot: QtBot) -> Iterator[GraphCanvas]:
    made = GraphCanvas(Theme.load("light"))
    made.reduced_motion = True
    made.resize(900, 700)
    with qtbot.waitExposed(made):
        made.show()
    made.set_scene(forward_scene())
    numbers = forward_numbers()
    made.set_numbers(numbers.value, numbers.cotangent, numbers.shares)
    yield made
    made.close()
    made.deleteLater()


def interface(canvas: GraphCanvas) -> QAccessibleInterface:
    return QAccessible.queryAccessibleInterface(canvas)


def names(canvas: GraphCanvas) -> list[str]:
    cards = interface(canvas)
    return [cards.child(index).text(NAME) for index in range(cards.childCount())]


def test_each_card_is_a_child_in_execution_order(canvas: GraphCanvas) -> None:
    assert [name.partition(",")[0] for name in names(canvas)] == ["a", "b", "add", "mul"]
    assert interface(canvas).text(NAME)
    assert "plus" in names(canvas)[2]


def test_a_card_says_its_type_value_and_adjoint(canvas: GraphCanvas) -> None:
    told = interface(canvas).child(2).text(ABOUT)
    assert "f32[]" in told
    assert "5.0" in told
    assert "2.0" in told


def test_what_is_not_computed_yet_is_said_so(canvas: GraphCanvas) -> None:
    canvas.set_playback(forward_playback().at(0))
    told = interface(canvas).child(3).text(ABOUT)
    assert "not computed yet" in told
    assert "10" not in told


def test_a_child_is_where_its_card_is(canvas: GraphCanvas) -> None:
    for index, node in enumerate(canvas.index.scene.nodes):
        place = canvas.card_rect(node)
        there = interface(canvas).child(index).rect()
        assert there.topLeft() == canvas.mapToGlobal(place.topLeft())
        assert there.size() == place.size()
        middle = there.center()
        assert interface(canvas).childAt(middle.x(), middle.y()).text(NAME) == names(canvas)[index]


def test_a_card_out_of_view_is_a_child_too_and_says_it_is_off_screen(canvas: GraphCanvas) -> None:
    canvas.zoom_to_100()
    canvas.zoom(8.0)
    canvas.select("a")
    assert interface(canvas).childCount() == 4
    states = [interface(canvas).child(index).state() for index in range(4)]
    assert any(state.offscreen for state in states)
    assert not states[0].offscreen


def test_selection_and_focus_are_states_of_the_child(canvas: GraphCanvas, qtbot: QtBot) -> None:
    canvas.select("add")
    canvas.setFocus()
    qtbot.waitUntil(canvas.hasFocus)
    states = [interface(canvas).child(index).state() for index in range(4)]
    assert [bool(state.selected) for state in states] == [False, False, True, False]
    assert [bool(state.focused) for state in states] == [False, False, True, False]
    assert interface(canvas).focusChild().text(NAME) == names(canvas)[2]
    assert interface(canvas).indexOfChild(interface(canvas).child(2)) == 2


def test_another_graph_has_other_children(canvas: GraphCanvas) -> None:
    old = interface(canvas).child(3)
    canvas.set_scene(gradient_scene())
    assert interface(canvas).childCount() == 8
    assert len(names(canvas)) == 8
    canvas.set_scene(None)
    assert interface(canvas).childCount() == 0
    assert not old.isValid()
    assert old.text(NAME) == ""
