"""Groups on the canvas: what a closed and an open one look like, how they open, and that the eye can follow."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.capture.record import Column
from explorer.flow.playback import first_stage
from tests.ui.canvas_groups import blocks, group_ids, grouped_scene
from tests.ui.canvas_scenes import at_scale, drawing, part, pen, pixels, texts, vermilion
from widgets.canvas import motion
from widgets.canvas.canvas import GraphCanvas
from widgets.canvas.facts import Numbers
from widgets.theme import Theme

Key, Left = Qt.Key, Qt.MouseButton.LeftButton
ALT, SHIFT = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ShiftModifier
GRAPH = blocks()
HALF_OPEN = ("block0", "block0/linear", "block1")


class Groups(GraphCanvas):
    """A canvas that opens and closes what is asked for, as the window has it done by the layout worker."""

    def __init__(self) -> None:
        super().__init__(Theme.load("light"))
        self.open: set[str] = set()
        self.asked: list[tuple[str, bool, bool]] = []
        self.group_asked.connect(self._asked)

    def show_open(self, *groups: str) -> None:
        self.open = set(groups)
        self.set_scene(grouped_scene(GRAPH, groups), graph=GRAPH)

    def _asked(self, group: str, is_open: bool, below: bool) -> None:
        self.asked.append((group, is_open, below))
        these = {one for one in group_ids(GRAPH) if one == group or (below and one.startswith(f"{group}/"))}
        self.show_open(*(self.open | these if is_open else self.open - these))


@pytest.fixture
def canvas(qtbot: QtBot) -> Iterator[Groups]:
    made = Groups()
    made.reduced_motion = True
    made.resize(900, 900)
    with qtbot.waitExposed(made):
        made.show()
    made.show_open()
    yield made
    made.close()
    made.deleteLater()


def header(canvas: GraphCanvas, group: str) -> QPoint:
    """A point on the title of a card or frame."""
    return canvas.card_rect(group).topLeft() + QPoint(40, 14)


def double_click(canvas: GraphCanvas, at: QPoint, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.mouseClick(canvas, Left, held, at)
    QTest.mouseDClick(canvas, Left, held, at)


def test_a_closed_group_says_how_much_it_holds_and_an_open_one_keeps_its_name() -> None:
    shown = grouped_scene(GRAPH, HALF_OPEN)
    written = texts(drawing(pen(shown, Numbers()), at_scale(shown, 1.0)))
    assert written.count("3") == 2  # in the headers of block0 and block1
    assert {"block0", "block1", "block2", "linear", "2 nodes", "3 nodes"} <= {*written}


def test_wires_that_stand_for_several_uses_say_how_many() -> None:
    shown = grouped_scene(GRAPH, HALF_OPEN)
    twice = int((shown.wire_uses == 2).sum())
    assert twice
    assert "2" in texts(drawing(pen(shown, Numbers()), at_scale(shown, 0.8)))


def test_frames_keep_their_names_where_no_card_can_be_read() -> None:
    large = blocks(3, steps=20)
    shown = grouped_scene(large, group_ids(large))
    written = texts(drawing(pen(shown, Numbers()), at_scale(shown, 0.225)))
    assert "block1" in written  # its upper edge is out of view: the name stays in view all the same
    assert "add" not in written


def test_a_double_click_opens_a_group_and_its_header_stays_under_the_mouse(canvas: Groups) -> None:
    canvas.zoom(1.3)
    at = canvas.card_rect("block1").center()
    double_click(canvas, at)
    assert canvas.asked == [("block1", True, False)]
    assert canvas.index.ids[canvas.item_at(at)] == "block1"
    assert "relu_1" in canvas.index.scene.nodes
    double_click(canvas, at)
    assert canvas.asked[1:] == [("block1", False, False)]
    assert canvas.index.ids[canvas.item_at(at)] == "block1"
    assert "relu_1" not in canvas.index.scene.nodes


def test_the_title_does_not_move_by_a_pixel(canvas: Groups) -> None:
    before = canvas.card_rect("block1").topLeft()
    double_click(canvas, header(canvas, "block1"))
    assert (canvas.card_rect("block1").topLeft() - before).manhattanLength() <= 1


def test_alt_opens_and_closes_everything_below(canvas: Groups) -> None:
    double_click(canvas, header(canvas, "block0"), ALT)
    assert canvas.open == {"block0", "block0/linear"}
    double_click(canvas, header(canvas, "block0"), ALT)
    assert canvas.open == set()


def test_one_click_on_the_chevron_opens_and_another_closes(canvas: Groups) -> None:
    at = canvas.card_rect("block2").topLeft() + QPoint(8, 18)
    QTest.mouseClick(canvas, Left, pos=at)
    assert canvas.open == {"block2"}
    assert canvas.selected_nodes() == ()
    QTest.mouseClick(canvas, Left, pos=at)
    assert canvas.open == set()


def test_enter_opens_and_closes_and_shift_enter_closes_the_group_around(canvas: Groups) -> None:
    canvas.select("block1")
    QTest.keyClick(canvas, Key.Key_Return)
    assert canvas.open == {"block1"}
    assert canvas.selected_nodes() == ("block1",)
    QTest.keyClick(canvas, Key.Key_Down)
    assert canvas.selected_nodes() == ("block1/linear",)
    QTest.keyClick(canvas, Key.Key_Down)
    assert canvas.selected_nodes() == ("relu_1",)
    QTest.keyClick(canvas, Key.Key_Return, SHIFT)
    assert canvas.open == set()
    assert canvas.selected_nodes() == ("block1",)
    QTest.keyClick(canvas, Key.Key_Return, ALT)
    assert canvas.open == {"block1", "block1/linear"}


def test_while_it_opens_the_header_stays_and_the_others_glide(canvas: Groups, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [50.0]
    monkeypatch.setattr(motion, "seconds", lambda: now[0])
    canvas.reduced_motion = False
    canvas.zoom(1.2)
    at = header(canvas, "block1")
    before, below = canvas.card_rect("block1").topLeft(), canvas.card_rect("block2").top()
    double_click(canvas, at)
    for t in (0.0, 0.07, 0.14, 0.25):
        now[0] = 50.0 + t
        canvas._tick()
        places = canvas._move.at(now[0]) if canvas._move else canvas.index
        x, y = canvas.camera.to_screen(tuple(places.rect[places.number["block1"]][:2].tolist()), canvas._size())
        assert abs(x - before.x()) + abs(y - before.y()) <= 2
    assert canvas._move is None
    assert canvas.card_rect("block2").top() > below + 100


def test_backspace_asks_for_what_was_before_and_looks_there_again(canvas: Groups, qtbot: QtBot) -> None:
    canvas.zoom(1.4)
    view = canvas.camera
    double_click(canvas, canvas.card_rect("block1").center() + QPoint(0, 12))
    assert canvas.camera != view
    with qtbot.waitSignal(canvas.group_back_asked, timeout=1000):
        QTest.keyClick(canvas, Key.Key_Backspace)
    canvas.show_open()
    assert canvas.camera == view


def test_what_is_selected_inside_a_closed_group_lights_the_group(canvas: Groups) -> None:
    canvas.select("add_1_0")
    assert canvas.selected_nodes() == ("block1",)
    canvas.show_open("block1")
    canvas.select("add_1_0")
    assert canvas.selected_nodes() == ("block1/linear",)
    canvas.set_hits(["add_2_1", "relu_1"])
    assert {canvas.index.ids[item] for item in canvas._marks.hits} == {"block2", "relu_1"}


def test_a_playback_step_inside_a_closed_group_runs_into_its_card(canvas: Groups) -> None:
    playback = first_stage(GRAPH)
    step = next(at for at in range(playback.total) if playback.at(at).node == "add_1_0")
    plain = pixels(canvas.grab().toImage())
    canvas.set_playback(playback.at(step))
    facts = canvas.facts
    assert canvas.index.scene.nodes[facts.receiving()] == "block1"
    ends = canvas.index.scene.wire_ends[facts.current]
    named = {tuple(canvas.index.ids[card] for card in pair) for pair in ends.tolist()}
    assert named == {("x", "block1"), ("block0", "block1")}
    ringed = (pixels(canvas.grab().toImage()) != plain).any(axis=2)
    box = canvas.card_rect("block1").adjusted(-5, -5, 5, 5)
    assert part(ringed, box.getRect()).any()


def test_a_group_is_hollow_until_something_comes_out_of_it(canvas: Groups) -> None:
    values = {one.id: np.array(1.0, np.float32) for one in GRAPH.nodes}
    canvas.set_numbers(Column("value", "fx", "value", values), None, None)
    playback = first_stage(GRAPH)
    hollow = []
    for at in range(playback.forward + 1):
        canvas.set_playback(playback.at(at))
        hollow.append(bool(canvas.facts.pending[canvas.index.number["block0"]]))
    assert hollow == sorted(hollow, reverse=True)
    assert hollow[0]
    assert not hollow[3]
    assert not vermilion(canvas.grab().toImage()).any()


def test_up_and_downstream_dim_the_rest_until_escape(canvas: Groups) -> None:
    canvas.show_open(*group_ids(GRAPH))
    canvas.select("relu_1")
    lit = lambda: {canvas.index.scene.nodes[card] for card in np.flatnonzero(canvas._lit().any(axis=0)).tolist()}  # noqa: E731
    QTest.keyClick(canvas, Key.Key_D)
    assert lit() == {"relu_1", "add_2_0", "add_2_1", "relu_2", "sum"}
    assert "relu" in canvas.cone_text()
    canvas.select("x")  # others can be looked at meanwhile
    assert lit() == {"relu_1", "add_2_0", "add_2_1", "relu_2", "sum"}
    canvas.select("relu_1")
    QTest.keyClick(canvas, Key.Key_U)
    assert lit() == {*canvas.index.scene.nodes}
    QTest.keyClick(canvas, Key.Key_D)
    assert lit() == {one for one in canvas.index.scene.nodes if "_2" not in one} - {"sum"}
    canvas.show_open()  # the way to a node leads to the group that it is in
    assert lit() == {"x", "block0", "block1"}
    QTest.keyClick(canvas, Key.Key_Escape)
    assert not canvas.cone
    assert canvas.selected_nodes() == ("block1",)


def test_a_screen_reader_hears_groups_and_frames_in_execution_order(canvas: Groups) -> None:
    canvas.show_open("block1")
    cards = QAccessible.queryAccessibleInterface(canvas)
    heard = [cards.child(place).text(QAccessible.Text.Name).split(",")[0] for place in range(cards.childCount())]
    assert heard == ["x", "block0", "block1", "linear", "relu", "block2", "sum"]
    closed, opened = cards.child(1), cards.child(2)
    assert closed.text(QAccessible.Text.Description).startswith("group, closed, 3 nodes")
    assert opened.text(QAccessible.Text.Description) == "group, open, 3 nodes"
    assert (closed.state().expandable, closed.state().collapsed, opened.state().expanded) == (1, 1, 1)
    assert opened.rect().size() == canvas.card_rect("block1").size()
    canvas.setFocus()
    canvas.select("x")
    for _ in range(2):
        QTest.keyClick(canvas, Key.Key_Tab)
    assert canvas.selected_nodes() == ("block1",)


@pytest.mark.parametrize("theme", ["light", "dark", "projector"])
def test_a_frame_stands_out_from_the_canvas_in_every_theme(canvas: Groups, theme: str) -> None:
    canvas.set_theme(Theme.load(theme))
    canvas.show_open("block1")
    box = canvas.card_rect("block1")
    picture = canvas.grab().toImage()
    inside, outside = picture.pixelColor(box.right() - 12, box.center().y()), picture.pixelColor(4, 4)
    assert inside != outside
