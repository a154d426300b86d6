"""What mouse, wheel, fingers and keys do on the canvas. A mixin, so that the canvas itself stays readable.

Keys: arrows walk along wires and select (with Alt: without selecting), Tab and Shift+Tab go in execution order, Enter
opens or closes a group (with Alt: and all below; with Shift: closes the one around), Backspace goes back, F or Home
fits, Space fits the selection, + and - zoom, Ctrl+0 is 100 %, 1..9 go to a kept view (with Shift: keep it), U and D
light what leads to a card and what it leads to, Ctrl+C copies the selected cards' numbers in full, Esc deselects. The
wheel zooms at the cursor, two fingers pan, Ctrl+wheel always zooms. Drag pans, Shift+drag selects, Ctrl+drag zooms to
the box. A click on a group's chevron, or a double click on a group, opens or closes it; with Alt all below it too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QGuiApplication,
    QHelpEvent,
    QInputDevice,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QNativeGestureEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QToolTip

from widgets.canvas import access
from widgets.canvas.camera import Camera
from widgets.canvas.digits import digit
from widgets.canvas.overlay import Marks
from widgets.canvas.tooltips import card_text, card_tooltip, wire_tooltip
from widgets.canvas.view import Held

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget as _Base

    from widgets.canvas.facts import Facts
    from widgets.canvas.index import SceneIndex
else:
    _Base = object

NOTCH: Final = 120.0  # angle units of one step of a wheel
PER_NOTCH: Final = 1.2
PER_KEY: Final = 1.25
WIRE_REACH: Final = 6.0  # pixels
ARROWS: Final = {
    Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1),
}  # fmt: skip
ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
SHIFT, CONTROL, ALT = (
    Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier,
)  # fmt: skip


class CanvasInput(_Base):
    """Expects a `GraphCanvas`: its camera, index, marks and verbs."""

    index: SceneIndex | None
    facts: Facts | None
    camera: Camera

    def _start_input(self) -> None:
        self._pressed: QPointF | None = None
        self._dragging = ""  # pan, zoom or choose once the mouse has moved far enough
        self._anchor = -1  # the card that stays where it is when the scene changes
        self.views: dict[int, Camera] = {}  # by digit; kept in a session by whoever owns the canvas
        self.wheel_pans = False  # for people used to a wheel that scrolls

    # mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._flight = None
            self._pressed, self._dragging = event.position(), ""
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            return self._hover(event.position())
        if not self._dragging:
            far = (event.position() - self._pressed).manhattanLength() >= QApplication.startDragDistance()
            if not far:
                return None
            self._dragging = _kind_of_drag(event)
            self.setCursor(Qt.CursorShape.ClosedHandCursor if self._dragging == "pan" else Qt.CursorShape.CrossCursor)
        if self._dragging == "pan":
            moved, self._pressed = event.position() - self._pressed, event.position()
            self._whole = False
            return self._look(self.camera.panned(moved.x(), moved.y()))
        ends = (self._pressed.x(), self._pressed.y()), (event.position().x(), event.position().y())
        return self._mark(self._with(box=ends))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with the item under the mouse, which is selected, or with the selection."""
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            item = self.item_at(event.pos())
            if item >= 0 and item not in self._marks.selected:
                self._select((item,))
        self.menu_asked.emit(event.globalPos())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            return
        if not self._dragging and event.button() == Qt.MouseButton.LeftButton:
            self._clicked(event)
        elif self._dragging in ("zoom", "choose"):
            self._end_box(QRectF(self._pressed, event.position()).normalized())
        self._pressed, self._dragging = None, ""
        self.unsetCursor()

    def _clicked(self, event: QMouseEvent) -> None:
        """On a chevron: open or close. Elsewhere: select."""
        group = self.index.chevron_at(self._place(event.position())) if self.index is not None else -1
        if group >= 0 and not event.modifiers() & (SHIFT | CONTROL):
            self.toggle_group(group, event.position(), below=bool(event.modifiers() & ALT))
        else:
            self._click(self.item_at(event.position()), more=bool(event.modifiers() & (SHIFT | CONTROL)))

    def _click(self, card: int, *, more: bool) -> None:
        """Select a card, or nothing; with Shift or Ctrl add it to the selection, or take it out."""
        if not more:
            self._select((card,) if card >= 0 else ())
        elif card >= 0:
            self._select(tuple({*self._marks.selected} ^ {card}), focus=card)

    def _end_box(self, box: QRectF) -> None:
        self._mark(self._with(box=None))
        if self.index is None or box.width() < 2 or box.height() < 2:
            return
        inside = *self._place(box.topLeft()), *self._place(box.bottomRight())
        if self._dragging == "choose":
            self._select(tuple(self.index.cards_in(inside).tolist()))
        else:
            self._remember()
            self._whole = False
            self._fly(Camera.fit(inside, self._size(), largest=4.0, margin=0.0))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        item = self.item_at(event.position())
        if item < 0 or self.index is None or event.button() != Qt.MouseButton.LeftButton:
            return
        if self.is_group(item):
            if self.index.chevron_at(self._place(event.position())) < 0:  # there the first click has done it
                self.toggle_group(item, event.position(), below=bool(event.modifiers() & ALT))
        else:
            self.activated.emit(self.index.ids[item])

    def is_group(self, item: int) -> bool:
        """Whether a card or frame is a group that can be opened or closed."""
        return self.index is not None and item >= 0 and (self.index.is_frame(item) or bool(self.index.is_group[item]))

    def toggle_group(self, item: int, at: QPointF | None = None, *, below: bool = False) -> None:
        """Ask for the group to be opened or closed; what is under `at` (else its corner) stays where it is."""
        if self.index is None or not self.is_group(item):
            return
        x, y, _, _ = self.index.rect[item].tolist()
        point = self._place(at) if at is not None else (x, y)
        self._held = Held(self.index.ids[item], point[0] - x, point[1] - y)
        self._remember(self.index.ids[item])
        self.group_asked.emit(self.index.ids[item], not self.index.is_frame(item), below)

    def close_group_around(self) -> None:
        """Close the innermost open group around the card that the keyboard is at."""
        item = self._here()
        around = self.index.frame_around(item) if self.index is not None and item >= 0 else -1
        if around >= 0:
            self._select((around,))
            self.toggle_group(around)

    def _here(self) -> int:
        """The item that the keyboard is at: focused, else selected; -1 for none."""
        return self._marks.focused if self._marks.focused >= 0 else next(iter(self._marks.selected), -1)

    def enter(self, *, below: bool = False) -> None:
        """Open or close the group that the keyboard is at; a node's card is activated instead."""
        item = self._here()
        if self.is_group(item):
            self.toggle_group(item, below=below)
        elif item >= 0 and self.index is not None and not below:
            self.activated.emit(self.index.ids[item])

    def leaveEvent(self, event: QEvent) -> None:
        self._mark(self._with(hovered=-1, hovered_wire=-1))
        super().leaveEvent(event)

    def card_at(self, position: QPointF | QPoint) -> int:
        """Number of the card at a point of the widget; -1 for none."""
        return self.index.card_at(self._place(position)) if self.index is not None else -1

    def item_at(self, position: QPointF | QPoint) -> int:
        """Number of the card at a point of the widget, or of the frame whose header is there; -1 for none."""
        return self.index.item_at(self._place(position)) if self.index is not None else -1

    def _hover(self, position: QPointF) -> None:
        card = self.item_at(position)
        reach = WIRE_REACH / self.camera.scale
        wire = self.index.wire_at(self._place(position), reach) if self.index is not None and card < 0 else -1
        self._mark(self._with(hovered=card, hovered_wire=wire))

    # wheel and fingers

    def wheelEvent(self, event: QWheelEvent) -> None:
        """A mouse's wheel zooms at the cursor, two fingers move the picture; with Ctrl both zoom."""
        event.accept()
        fingers = _is_touch(event)
        zooms = bool(event.modifiers() & CONTROL) or (not fingers and not self.wheel_pans)
        if zooms:
            self.zoom(PER_NOTCH ** ((event.angleDelta().y() or event.angleDelta().x()) / NOTCH), event.position())
            return
        moved = event.pixelDelta() if fingers else event.angleDelta()
        sideways = bool(event.modifiers() & SHIFT) and not moved.x()
        dx, dy = (moved.y(), moved.x()) if sideways else (moved.x(), moved.y())
        self._whole = False
        self._look(self.camera.panned(dx, dy))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self.zoom(1.0 + event.value(), event.position())
            return True
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            self._show_tooltip(event)
            return True
        return super().event(event)

    def _show_tooltip(self, event: QHelpEvent) -> None:
        card = self.item_at(event.pos())
        text = ""
        if self.facts is not None:
            wire = self._marks.hovered_wire
            text = card_tooltip(self.facts, card) if card >= 0 else wire_tooltip(self.facts, wire) if wire >= 0 else ""
        QToolTip.showText(event.globalPos(), text, self)

    # keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, held = Qt.Key(event.key()), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        number = digit(event)
        if key in ARROWS and not held & ~ALT:
            self._walk(*ARROWS[key], selecting=not held & ALT)
        elif event.matches(QKeySequence.StandardKey.Copy):
            self._copy()
        elif number and not held & ~SHIFT:
            self._view(number, keep=bool(held))
        elif key in ENTER and not held & CONTROL:
            if held & SHIFT:
                self.close_group_around()
            else:
                self.enter(below=bool(held & ALT))
        elif held & ALT or not self._plain_key(key, held):
            super().keyPressEvent(event)

    def _plain_key(self, key: Qt.Key, held: Qt.KeyboardModifier) -> bool:
        """Keys with one meaning each; False for one that the canvas does not know."""
        control = bool(held & CONTROL)
        match key:
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self.zoom(PER_KEY)
            case Qt.Key.Key_Minus:
                self.zoom(1 / PER_KEY)
            case Qt.Key.Key_0 if control:
                self.zoom_to_100()
            case Qt.Key.Key_F | Qt.Key.Key_Home if not control:
                self.fit()
            case Qt.Key.Key_Space:
                self.fit_selection()
            case Qt.Key.Key_Escape if self._cone:
                self.clear_cone()
            case Qt.Key.Key_U if not control:
                self.toggle_upstream()
            case Qt.Key.Key_D if not control:
                self.toggle_downstream()
            case Qt.Key.Key_Escape if self._marks.selected or self._marks.focused >= 0:
                self._select((), focus=-1)
            case Qt.Key.Key_Backspace:
                self.back()
            case _:
                return False
        return True

    def _view(self, number: int, *, keep: bool) -> None:
        """Keep what is seen now as view `number`, or go to it."""
        if keep:
            self.views[number] = self.camera
        elif number in self.views:
            self._remember()
            self._whole = False
            self._fly(self.views[number])

    def _copy(self) -> None:
        """The selected cards with every digit, as text."""
        if self._marks.selected and self.facts is not None:
            cards = ["\n".join(card_text(self.facts, card)) for card in self._marks.selected]
            QGuiApplication.clipboard().setText("\n\n".join(cards))

    def _walk(self, dx: int, dy: int, *, selecting: bool) -> None:
        """Along a wire to the next card in the arrow's direction; the first card when none has been reached yet."""
        if self.index is None or not self.index.count:
            return
        here = self._marks.focused
        self._go_to(self.index.neighbour(here, dx, dy) if here >= 0 else 0, selecting=selecting)

    def _go_to(self, card: int, *, selecting: bool) -> None:
        if card < 0:
            return
        if selecting:
            self._select((card,))
        else:
            self._mark(self._with(focused=card))
            access.focus_moved(self)
        self._show_card(card)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes through cards and frames in execution order, once one is focused; after Esc it leaves the canvas."""
        if self.index is None or self._marks.focused < 0:
            return super().focusNextPrevChild(forward)
        place = self.index.place_in_order[self._marks.focused] + (1 if forward else -1)
        if not 0 <= place < len(self.index.order):
            return super().focusNextPrevChild(forward)
        self._go_to(self.index.order[place], selecting=True)
        return True

    def focusInEvent(self, event: QFocusEvent) -> None:
        tabbed = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        if tabbed and self.index is not None and self.index.count and self._marks.focused < 0:
            last = event.reason() == Qt.FocusReason.BacktabFocusReason
            self._mark(self._with(focused=self.index.order[-1 if last else 0]))
        access.focus_moved(self)
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusOutEvent(event)

    # marks

    def _with(self, **changes: Any) -> Marks:
        return replace(self._marks, **changes)

    def _mark(self, marks: Marks) -> None:
        if marks == self._marks:
            return
        before, self._marks = self._marks, marks
        self.update()
        if marks.hovered != before.hovered:
            self.hovered.emit(self.index.ids[marks.hovered] if self.index and marks.hovered >= 0 else "")

    def _marks_after(self, chosen: list[str], links: dict[str, str]) -> Marks:
        """Marks for a new scene: what was selected stays so where it is continued. Until then the marks are those of
        the old scene, and say which of its cards should stay where it is: the one under the mouse, or selected.
        """
        marks = self._marks
        self._anchor = marks.hovered if marks.hovered >= 0 else next(iter(marks.selected), -1)
        if self.index is None:
            return Marks()
        after = {before: node for node, before in links.items()}
        found = {self.index.item_of(after.get(node, node if links else "")) for node in chosen}
        items = sorted(found - {-1})
        return Marks(selected=tuple(items), focused=items[0] if items else -1)


def _kind_of_drag(event: QMouseEvent) -> str:
    if event.modifiers() & CONTROL:
        return "zoom"
    return "choose" if event.modifiers() & SHIFT else "pan"


def _is_touch(event: QWheelEvent) -> bool:
    """A trackpad says so, or sends pixels in phases as no wheel does."""
    if event.device() is not None and event.device().type() == QInputDevice.DeviceType.TouchPad:
        return not event.pixelDelta().isNull()
    return not event.pixelDelta().isNull() and event.phase() != Qt.ScrollPhase.NoScrollPhase
