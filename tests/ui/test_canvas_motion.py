"""What moves, how it ends, and that nothing moves or paints when nothing happens."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QPaintEvent
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.graph.ir import Graph
from tests.ui.canvas_scenes import (
    chain,
    forward_graph,
    forward_numbers,
    forward_playback,
    forward_scene,
    gradient_numbers,
    gradient_playback,
    gradient_scene,
    node,
    pixels,
    scene,
    vermilion,
)
from widgets.canvas import motion
from widgets.canvas.canvas import GraphCanvas
from widgets.canvas.painter import ScenePainter
from widgets.theme import CHOICES, Theme


class Counting(GraphCanvas):
    """Counts how often it is painted."""

    paints = 0

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        self.paints += 1
        super().paintEvent(event)


class Clock:
    """Time that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(motion, "seconds", made)
    return made


@pytest.fixture
def canvas(qtbot: QtBot) -> Iterator[Counting]:
    made = Counting(Theme.load("light"))
    made.reduced_motion = False
    made.resize(900, 700)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made.close()
    made.deleteLater()


def moving(canvas: GraphCanvas) -> bool:
    return canvas._timer.isActive()


def show(canvas: GraphCanvas) -> None:
    canvas.set_scene(forward_scene())
    numbers = forward_numbers()
    canvas.set_numbers(numbers.value, numbers.cotangent, numbers.shares)


def seen(canvas: GraphCanvas) -> QImage:
    return canvas.grab().toImage()


def test_an_idle_canvas_has_no_running_timer_and_paints_nothing(canvas: Counting, qtbot: QtBot) -> None:
    show(canvas)
    qtbot.waitUntil(lambda: canvas.paints > 0 and not moving(canvas))
    QTest.qWait(0)
    before = canvas.paints
    with qtbot.assertNotEmitted(canvas.camera_changed, wait=80):
        pass
    assert canvas.paints == before
    assert not moving(canvas)


def test_a_mark_that_moves_over_a_still_view_repaints_no_card(
    canvas: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    canvas.reduced_motion = True
    show(canvas)
    scenes: list[int] = []
    paint = ScenePainter.paint
    monkeypatch.setattr(ScenePainter, "paint", lambda *given: (scenes.append(1), paint(*given))[1])
    first = pixels(seen(canvas))
    assert (pixels(seen(canvas)) == first).all()  # the kept picture looks as the one painted straight to the screen
    before = len(scenes)
    for card in ("a", "b", "add", "mul"):
        canvas._hover(QPointF(canvas.card_rect(card).center()))
        assert (pixels(seen(canvas)) != first).any()
    assert len(scenes) == before


def test_a_step_runs_and_ends_and_then_nothing_runs(canvas: Counting, qtbot: QtBot, clock: Clock) -> None:
    show(canvas)
    playback = forward_playback()
    canvas.set_playback(playback.at(playback.forward))
    canvas.set_playback(playback.at(playback.forward + 1))
    canvas.set_playback(playback.at(playback.forward + 2), seconds=0.4)
    assert moving(canvas)
    began = vermilion(seen(canvas)).sum()
    clock.now += 0.2
    halfway = vermilion(seen(canvas)).sum()
    clock.now += 0.3
    qtbot.waitUntil(lambda: not moving(canvas))
    assert began < halfway < vermilion(seen(canvas)).sum()


def test_a_number_counts_up_while_its_step_runs_and_ends_at_its_value(canvas: Counting, clock: Clock) -> None:
    show(canvas)
    playback = forward_playback()
    canvas.set_playback(playback.at(playback.forward - 1))
    canvas.set_playback(playback.at(playback.forward), seconds=0.4)
    box = canvas.card_rect("mul")
    pictures = []
    for _ in range(3):
        pictures.append(pixels(seen(canvas).copy(box)).tobytes())
        clock.now += 0.15
    canvas._tick()
    canvas._tick()
    pictures.append(pixels(seen(canvas).copy(box)).tobytes())
    assert len({*pictures}) >= 3
    still = GraphCanvas(canvas.theme)
    still.resize(canvas.size())
    show(still)
    still.set_playback(playback.at(playback.forward))
    assert pixels(still.grab().toImage().copy(box)).tobytes() == pictures[-1]
    still.deleteLater()


def test_a_jump_in_the_playback_does_not_run(canvas: Counting) -> None:
    show(canvas)
    playback = forward_playback()
    canvas.set_playback(playback.at(0))
    canvas.set_playback(playback.at(playback.total))
    assert not moving(canvas)


def test_with_reduced_motion_everything_is_there_at_once(canvas: Counting) -> None:
    canvas.reduced_motion = True
    show(canvas)
    playback = forward_playback()
    canvas.set_playback(playback.at(playback.forward))
    canvas.set_playback(playback.at(playback.forward + 1))
    assert not moving(canvas)
    canvas.fit()
    canvas.zoom(2.0)
    canvas.fit()
    assert not moving(canvas)
    assert canvas.rect().contains(canvas.card_rect("mul"))


def test_every_playback_state_looks_different_and_ends_as_without_playback(canvas: Counting) -> None:
    canvas.reduced_motion = True
    canvas.set_scene(gradient_scene())
    canvas.set_numbers(gradient_numbers().value, None, None)
    whole = pixels(seen(canvas))
    playback = gradient_playback()
    pictures = []
    for index in range(playback.total + 1):
        canvas.set_playback(playback.at(index))
        pictures.append(pixels(seen(canvas)))
    assert len({picture.tobytes() for picture in pictures}) == playback.total + 1
    canvas.set_playback(None)
    assert (pixels(seen(canvas)) == whole).all()


def test_a_view_flies_to_its_place_and_stops(canvas: Counting, qtbot: QtBot, clock: Clock) -> None:
    show(canvas)
    whole = canvas.camera
    canvas.zoom(3.0, QPointF(40, 40))
    canvas.fit()
    assert moving(canvas)
    assert canvas.camera != whole
    clock.now += 1.0
    qtbot.waitUntil(lambda: not moving(canvas))
    assert canvas.camera == whole


def test_an_edit_keeps_the_card_under_the_mouse_where_it_is(canvas: Counting) -> None:
    canvas.reduced_motion = True
    canvas.set_scene(scene(chain(8)))
    canvas.zoom(1.6, QPointF(450, 300))
    at = canvas.card_rect("n4").center()
    QTest.mouseMove(canvas, at)
    canvas._hover(QPointF(at))
    canvas.set_scene(scene(chain(14)))
    assert (canvas.card_rect("n4").center() - at).manhattanLength() <= 2


def test_an_edit_keeps_the_selection_and_moves_cards_from_where_they_were(
    canvas: Counting, qtbot: QtBot, clock: Clock
) -> None:
    show(canvas)
    canvas.select("add")
    canvas.zoom(1.1)
    before = canvas.card_rect("add").center()
    graph = forward_graph()
    more = Graph("more", (*graph.inputs, "c"), graph.outputs, (node("c", "input"), *graph.nodes))
    canvas.set_scene(scene(more))
    assert canvas.selected_nodes() == ("add",)
    assert moving(canvas)
    first = pixels(seen(canvas))
    clock.now += 1.0
    qtbot.waitUntil(lambda: not moving(canvas))
    assert (canvas.card_rect("add").center() - before).manhattanLength() <= 2
    assert (pixels(seen(canvas)) != first).any()


def test_another_stage_begins_with_everything_in_view(canvas: Counting) -> None:
    canvas.reduced_motion = True
    show(canvas)
    canvas.zoom(4.0)
    canvas.set_scene(gradient_scene())
    assert all(canvas.rect().contains(canvas.card_rect(card)) for card in gradient_scene().nodes)


def test_busy_runs_a_line_at_the_top_and_stops_with_it(canvas: Counting, qtbot: QtBot, clock: Clock) -> None:
    show(canvas)
    quiet = pixels(seen(canvas))
    clock.now += 0.5
    canvas.set_busy(True)
    assert moving(canvas)
    assert (pixels(seen(canvas))[:2] != quiet[:2]).any()
    canvas.set_busy(False)
    qtbot.waitUntil(lambda: not moving(canvas))
    assert (pixels(seen(canvas)) == quiet).all()


def test_busy_stands_still_with_reduced_motion(canvas: Counting) -> None:
    canvas.reduced_motion = True
    show(canvas)
    canvas.set_busy(True)
    assert not moving(canvas)
    focus = canvas.theme.colour("border.focus")
    assert (pixels(seen(canvas))[0] == [focus.red(), focus.green(), focus.blue()]).all()


def test_a_stale_picture_is_paler_and_says_so(canvas: Counting) -> None:
    show(canvas)
    fresh = pixels(seen(canvas)).astype(int)
    canvas.set_stale(True)
    stale = pixels(seen(canvas)).astype(int)
    box = canvas.card_rect("mul")
    dark = [picture[box.top() : box.bottom(), box.left() : box.right()].min() for picture in (fresh, stale)]
    assert dark[1] > dark[0] + 50
    assert (stale[:50, :120] != fresh[:50, :120]).any()


@pytest.mark.parametrize("name", CHOICES)
def test_an_empty_canvas_shows_its_hint_in_a_readable_colour(canvas: Counting, name: str) -> None:
    canvas.set_theme(Theme.load(name))
    blank = pixels(seen(canvas))
    assert len(np.unique(blank.reshape(-1, 3), axis=0)) == 1
    canvas.set_hint("Type an expression, for example a*(a+b).")
    assert (pixels(seen(canvas)) != blank).any()


def test_the_rings_of_search_hits_and_of_the_hovered_card(canvas: Counting) -> None:
    show(canvas)
    plain = pixels(seen(canvas))
    canvas.set_hits(["b", "gone"])
    ringed = (pixels(seen(canvas)) != plain).any(axis=2)
    assert ringed.any()
    rows, columns = np.nonzero(ringed)
    near = canvas.card_rect("b").adjusted(-4, -4, 4, 4)
    assert all(near.contains(QPoint(int(x), int(y))) for x, y in zip(columns, rows, strict=True))
    canvas.set_hits([])
    assert (pixels(seen(canvas)) == plain).all()


def test_a_theme_changes_the_whole_picture(canvas: Counting) -> None:
    show(canvas)
    light = pixels(seen(canvas)).mean()
    canvas.set_theme(Theme.load("dark"))
    assert pixels(seen(canvas)).mean() < light / 3


def test_a_picture_for_a_file_holds_the_whole_graph_at_any_scale(canvas: Counting) -> None:
    show(canvas)
    canvas.zoom(5.0)
    once, twice = canvas.grab_image(), canvas.grab_image(scale=2.0)
    assert twice.size() == once.size() * 2
    for corner in (QPoint(0, 0), QPoint(once.width() - 1, once.height() - 1)):
        assert once.pixelColor(corner) == canvas.theme.colour("surface.canvas")
    assert once.pixelColor(QPoint(once.width() // 2, 0)) == canvas.theme.colour("surface.canvas")


def test_hovering_a_saved_wire_says_how_much_is_kept(canvas: Counting) -> None:
    canvas.reduced_motion = True
    canvas.set_scene(gradient_scene())
    canvas.set_numbers(gradient_numbers().value, None, None)
    plain = pixels(seen(canvas))
    wire = int(np.flatnonzero(gradient_scene().wire_kind == 2)[0])
    curve = gradient_scene().curves[gradient_scene().curve_wire == wire][0]
    x, y = canvas.camera.to_screen(tuple(curve.mean(axis=0)), (canvas.width(), canvas.height()))
    canvas._hover(QPointF(x, y))
    assert canvas._marks.hovered_wire == wire
    assert (pixels(seen(canvas)) != plain).any()


def test_the_focus_ring_is_there_only_while_the_canvas_has_the_focus(canvas: Counting, qtbot: QtBot) -> None:
    canvas.reduced_motion = True
    show(canvas)
    canvas.setFocus()
    QTest.keyClick(canvas, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(canvas.hasFocus)
    with_ring = pixels(seen(canvas))
    canvas.clearFocus()
    assert (pixels(seen(canvas)) != with_ring).any()
