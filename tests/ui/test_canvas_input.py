"""Mouse, wheel, trackpad and keys on the canvas, as in the table of keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QHelpEvent, QInputDevice, QPointingDevice, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QToolTip, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.canvas_scenes import chain, forward_numbers, forward_scene, scene
from widgets.canvas.canvas import GraphCanvas
from widgets.theme import Theme

NONE, SHIFT, CTRL, ALT = (
    Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier,
)  # fmt: skip
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def canvas(qtbot: QtBot) -> Iterator[GraphCanvas]:
    """`a*(a+b)` in a window with something before and after it in the order of Tab."""
    window = QWidget()
    column = QVBoxLayout(window)
    before, made, after = QLineEdit(), GraphCanvas(Theme.load("light")), QLineEdit()
    for each in (before, made, after):
        column.addWidget(each)
    made.reduced_motion = True
    window.resize(900, 700)
    with qtbot.waitExposed(window):
        window.show()
    made.set_scene(forward_scene())
    numbers = forward_numbers()
    made.set_numbers(numbers.value, numbers.cotangent, numbers.shares)
    made.setFocus()
    yield made
    window.close()
    window.deleteLater()


def middle(canvas: GraphCanvas, node: str) -> QPoint:
    return canvas.card_rect(node).center()


def empty(canvas: GraphCanvas) -> QPoint:
    """A point with no card and no wire."""
    return QPoint(6, 6)


def press(canvas: GraphCanvas, *keys: Qt.Key, held: Qt.KeyboardModifier = NONE) -> None:
    for key in keys:
        QTest.keyClick(canvas, key, held)


def drag(canvas: GraphCanvas, start: QPoint, end: QPoint, held: Qt.KeyboardModifier = NONE) -> None:
    """With the button down, in three moves."""
    QTest.mousePress(canvas, LEFT, held, start)
    for third in (1, 2, 3):
        at = QPointF(start + (end - start) * third / 3)
        event = _move(canvas, at, held)
        QApplication.sendEvent(canvas, event)
    QTest.mouseRelease(canvas, LEFT, held, end)


def _move(canvas: GraphCanvas, at: QPointF, held: Qt.KeyboardModifier) -> QEvent:
    from PySide6.QtGui import QMouseEvent

    return QMouseEvent(QEvent.Type.MouseMove, at, canvas.mapToGlobal(at), Qt.MouseButton.NoButton, LEFT, held)


def wheel(
    canvas: GraphCanvas, at: QPointF, turned: int, held: Qt.KeyboardModifier = NONE, fingers: QPoint | None = None
) -> None:
    """A notch is 120; `fingers` are the pixels of a trackpad."""
    phase = Qt.ScrollPhase.ScrollUpdate if fingers is not None else Qt.ScrollPhase.NoScrollPhase
    device = QPointingDevice.primaryPointingDevice()
    if fingers is not None:
        device = QPointingDevice(
            "pad", 1, QInputDevice.DeviceType.TouchPad, QPointingDevice.PointerType.Finger,
            QInputDevice.Capability.Scroll | QInputDevice.Capability.PixelScroll, 2, 0,
        )  # fmt: skip
    event = QWheelEvent(
        at, canvas.mapToGlobal(at), fingers or QPoint(), QPoint(0, turned), Qt.MouseButton.NoButton, held, phase, False,
        Qt.MouseEventSource.MouseEventNotSynthesized, device,
    )  # fmt: skip
    QApplication.sendEvent(canvas, event)


def under(canvas: GraphCanvas, at: QPointF) -> tuple[float, float]:
    """The scene point under a point of the widget."""
    return canvas.camera.to_scene((at.x(), at.y()), (canvas.width(), canvas.height()))


# the mouse


def test_a_click_selects_a_card_and_a_click_beside_it_deselects(canvas: GraphCanvas, qtbot: QtBot) -> None:
    said: list[str] = []
    canvas.selected.connect(said.append)
    QTest.mouseClick(canvas, LEFT, NONE, middle(canvas, "add"))
    assert canvas.selected_nodes() == ("add",)
    QTest.mouseClick(canvas, LEFT, NONE, empty(canvas))
    assert canvas.selected_nodes() == ()
    assert said == ["add", ""]


def test_shift_click_adds_a_card_and_takes_it_out_again(canvas: GraphCanvas) -> None:
    QTest.mouseClick(canvas, LEFT, NONE, middle(canvas, "add"))
    QTest.mouseClick(canvas, LEFT, SHIFT, middle(canvas, "b"))
    assert canvas.selected_nodes() == ("b", "add")
    QTest.mouseClick(canvas, LEFT, SHIFT, middle(canvas, "add"))
    assert canvas.selected_nodes() == ("b",)


def test_the_card_under_the_mouse_is_told(canvas: GraphCanvas) -> None:
    said: list[str] = []
    canvas.hovered.connect(said.append)
    for at in (middle(canvas, "mul"), middle(canvas, "mul") + QPoint(3, 3), empty(canvas)):
        QTest.mouseMove(canvas, at)
        QApplication.sendEvent(canvas, _hover(canvas, at))
    assert said == ["mul", ""]


def _hover(canvas: GraphCanvas, at: QPoint) -> QEvent:
    from PySide6.QtGui import QMouseEvent

    no = Qt.MouseButton.NoButton
    return QMouseEvent(QEvent.Type.MouseMove, QPointF(at), QPointF(canvas.mapToGlobal(at)), no, no, NONE)


def test_dragging_empty_space_moves_the_picture_with_the_mouse_and_selects_nothing(canvas: GraphCanvas) -> None:
    before = canvas.card_rect("mul").topLeft()
    drag(canvas, empty(canvas), empty(canvas) + QPoint(90, 60))
    moved = canvas.card_rect("mul").topLeft() - before
    assert abs(moved.x() - 90) <= 1
    assert abs(moved.y() - 60) <= 1
    assert canvas.selected_nodes() == ()


def test_shift_drag_selects_the_cards_in_the_box(canvas: GraphCanvas) -> None:
    box = canvas.card_rect("a").united(canvas.card_rect("b")).adjusted(-4, -4, 4, 4)
    drag(canvas, box.topLeft(), box.bottomRight(), SHIFT)
    assert canvas.selected_nodes() == ("a", "b")


def test_ctrl_drag_zooms_to_the_box(canvas: GraphCanvas) -> None:
    box = canvas.card_rect("mul").adjusted(-4, -4, 4, 4)
    scale = canvas.camera.scale
    drag(canvas, box.topLeft(), box.bottomRight(), CTRL)
    assert canvas.camera.scale > 1.5 * scale
    assert (middle(canvas, "mul") - canvas.rect().center()).manhattanLength() < 12
    assert canvas.selected_nodes() == ()


def test_a_double_click_opens_a_card(canvas: GraphCanvas, qtbot: QtBot) -> None:
    with qtbot.waitSignal(canvas.activated) as opened:
        QTest.mouseDClick(canvas, LEFT, NONE, middle(canvas, "add"))
    assert opened.args == ["add"]


def test_resting_the_mouse_shows_every_digit(canvas: GraphCanvas, qtbot: QtBot) -> None:
    at = middle(canvas, "add")
    QApplication.sendEvent(canvas, QHelpEvent(QEvent.Type.ToolTip, at, canvas.mapToGlobal(at)))
    qtbot.waitUntil(QToolTip.isVisible)
    assert "5.0" in QToolTip.text()
    assert "f32[]" in QToolTip.text()
    QToolTip.hideText()
    qtbot.waitUntil(lambda: not QToolTip.isVisible())


# wheel and trackpad


@pytest.mark.parametrize("turned", [120, -120, 30, 960])
def test_what_is_under_the_cursor_stays_there_while_the_wheel_zooms(canvas: GraphCanvas, turned: int) -> None:
    at = QPointF(700, 90)
    point, scale = under(canvas, at), canvas.camera.scale
    wheel(canvas, at, turned)
    assert under(canvas, at) == pytest.approx(point)
    assert (canvas.camera.scale > scale) == (turned > 0)


def test_two_fingers_move_the_picture_and_do_not_zoom(canvas: GraphCanvas) -> None:
    before, scale = middle(canvas, "a"), canvas.camera.scale
    wheel(canvas, QPointF(200, 200), 0, fingers=QPoint(20, -30))
    assert canvas.camera.scale == scale
    assert middle(canvas, "a") - before == QPoint(20, -30)


def test_ctrl_and_wheel_zooms_also_with_two_fingers_and_also_when_the_wheel_scrolls(canvas: GraphCanvas) -> None:
    scale = canvas.camera.scale
    wheel(canvas, QPointF(200, 200), 120, CTRL, fingers=QPoint(0, 20))
    assert canvas.camera.scale > scale
    canvas.wheel_pans = True
    scale = canvas.camera.scale
    wheel(canvas, QPointF(200, 200), 120)
    assert canvas.camera.scale == scale
    wheel(canvas, QPointF(200, 200), 120, CTRL)
    assert canvas.camera.scale > scale


def test_zoom_has_limits(canvas: GraphCanvas) -> None:
    for turned in (12000, -60000):
        for _ in range(4):
            wheel(canvas, QPointF(300, 300), turned)
        assert 0.004 < canvas.camera.scale < 9


# keys


def test_arrows_walk_along_wires_and_select(canvas: GraphCanvas) -> None:
    walked = []
    press(canvas, Qt.Key.Key_Down)  # the first card, for none was focused
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up):
        walked.append(canvas.selected_nodes())
        press(canvas, key)
    assert walked[0] == ("a",)
    assert walked[1][0] in ("add", "mul")
    assert {("mul",)} & {*walked}


def test_alt_and_arrows_move_the_focus_and_leave_the_selection(canvas: GraphCanvas) -> None:
    canvas.select("a")
    press(canvas, Qt.Key.Key_Down, held=ALT)
    assert canvas.selected_nodes() == ("a",)
    assert canvas.focused_card in (2, 3)


def test_tab_goes_in_execution_order_and_leaves_at_the_end(canvas: GraphCanvas) -> None:
    canvas.select("a")
    order = []
    while canvas.hasFocus() and len(order) < 9:
        order.append(canvas.selected_nodes()[0])
        press(canvas, Qt.Key.Key_Tab)
    assert order == ["a", "b", "add", "mul"]
    assert isinstance(QApplication.focusWidget(), QLineEdit)


def test_shift_tab_goes_back(canvas: GraphCanvas) -> None:
    canvas.select("mul")
    press(canvas, Qt.Key.Key_Backtab)
    assert canvas.selected_nodes() == ("add",)


def test_escape_deselects_and_then_tab_leaves_the_canvas(canvas: GraphCanvas) -> None:
    canvas.select("add")
    press(canvas, Qt.Key.Key_Escape)
    assert canvas.selected_nodes() == ()
    press(canvas, Qt.Key.Key_Tab)
    assert not canvas.hasFocus()


def test_enter_opens_the_focused_card(canvas: GraphCanvas, qtbot: QtBot) -> None:
    canvas.select("add")
    with qtbot.waitSignal(canvas.activated) as opened:
        press(canvas, Qt.Key.Key_Return)
    assert opened.args == ["add"]


@pytest.mark.parametrize("key", [Qt.Key.Key_F, Qt.Key.Key_Home])
def test_fit_shows_everything(canvas: GraphCanvas, key: Qt.Key) -> None:
    wheel(canvas, QPointF(5, 5), 1200)
    assert not canvas.rect().contains(canvas.card_rect("mul"))
    press(canvas, key)
    assert all(canvas.rect().contains(canvas.card_rect(node)) for node in ("a", "b", "add", "mul"))


def test_a_fitted_graph_stays_fitted_when_the_window_changes(canvas: GraphCanvas) -> None:
    press(canvas, Qt.Key.Key_F)
    canvas.window().resize(500, 420)
    assert all(canvas.rect().contains(canvas.card_rect(node)) for node in ("a", "b", "add", "mul"))


def test_space_fits_the_selection_and_backspace_goes_back(canvas: GraphCanvas) -> None:
    canvas.select("b")
    before = canvas.camera
    press(canvas, Qt.Key.Key_Space)
    assert canvas.camera.scale > before.scale
    assert (middle(canvas, "b") - canvas.rect().center()).manhattanLength() < 12
    press(canvas, Qt.Key.Key_Backspace)
    assert canvas.camera == before


def test_plus_minus_and_ctrl_0(canvas: GraphCanvas) -> None:
    scale = canvas.camera.scale
    press(canvas, Qt.Key.Key_Plus)
    assert canvas.camera.scale > scale
    press(canvas, Qt.Key.Key_Minus)
    assert canvas.camera.scale == pytest.approx(scale)
    press(canvas, Qt.Key.Key_0, held=CTRL)
    assert canvas.camera.scale == 1.0


def test_a_digit_goes_back_to_the_view_that_shift_and_the_digit_kept(canvas: GraphCanvas) -> None:
    press(canvas, Qt.Key.Key_3)  # nothing is kept yet: nothing happens
    wheel(canvas, QPointF(100, 100), 240)
    kept = canvas.camera
    press(canvas, Qt.Key.Key_3, held=SHIFT)
    press(canvas, Qt.Key.Key_F)
    assert canvas.camera != kept
    press(canvas, Qt.Key.Key_3)
    assert canvas.camera == kept


def test_copy_gives_the_numbers_of_the_selection_in_full(canvas: GraphCanvas) -> None:
    QGuiApplication.clipboard().clear()
    canvas.select("mul")
    press(canvas, Qt.Key.Key_C, held=CTRL)
    assert "10.0" in QGuiApplication.clipboard().text()


def test_a_card_that_is_walked_to_comes_into_view(canvas: GraphCanvas) -> None:
    canvas.set_scene(scene(chain(60)))
    canvas.zoom_to_100()
    canvas.select("n0")
    for _ in range(59):
        press(canvas, Qt.Key.Key_Tab)
        assert canvas.rect().contains(canvas.card_rect(canvas.selected_nodes()[0]))
    assert canvas.selected_nodes() == ("n59",)


def test_keys_the_canvas_does_not_know_go_on_to_the_window(canvas: GraphCanvas) -> None:
    class Parent(QWidget):
        def keyPressEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
            heard.append(event.key())

    heard: list[int] = []
    parent = Parent()
    canvas.setParent(parent)
    parent.show()
    canvas.show()
    press(canvas, Qt.Key.Key_G)
    assert heard == [Qt.Key.Key_G]
    canvas.setParent(None)
    parent.close()
    canvas.close()
    canvas.deleteLater()


def test_an_empty_canvas_takes_every_input(canvas: GraphCanvas) -> None:
    canvas.set_scene(None)
    press(canvas, Qt.Key.Key_Down, Qt.Key.Key_F, Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Backspace)
    QTest.mouseClick(canvas, LEFT, NONE, QPoint(50, 50))
    drag(canvas, QPoint(20, 20), QPoint(90, 90), SHIFT)
    wheel(canvas, QPointF(50, 50), 120)
    assert canvas.selected_nodes() == ()
