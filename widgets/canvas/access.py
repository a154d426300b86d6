"""The canvas for screen readers: one child per card or open group, in execution order, in the words of its tooltip.

Qt asks for children only where something reads the screen, so nothing is made for anybody else (QAccessibleInterface).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, QPoint, QRect
from PySide6.QtGui import QAccessible, QAccessibleEvent, QAccessibleInterface, QColor, QWindow
from PySide6.QtWidgets import QAccessibleWidget

from widgets.canvas.tooltips import card_text

if TYPE_CHECKING:
    from widgets.canvas.canvas import GraphCanvas


class AccessibleCard(QAccessibleInterface):
    """Card or frame number `card`."""

    def __init__(self, canvas: GraphCanvas, card: int) -> None:
        super().__init__()
        self._canvas, self.card = canvas, card

    def isValid(self) -> bool:
        return self._canvas.index is not None and self.card < len(self._canvas.index.ids)

    def object(self) -> QObject | None:
        return None

    def window(self) -> QWindow | None:
        return self._canvas.window().windowHandle()

    def parent(self) -> QAccessibleInterface:
        return QAccessible.queryAccessibleInterface(self._canvas)

    def child(self, _index: int) -> QAccessibleInterface | None:
        return None

    def childCount(self) -> int:
        return 0

    def childAt(self, _x: int, _y: int) -> QAccessibleInterface | None:
        return None

    def indexOfChild(self, _child: QAccessibleInterface) -> int:
        return -1

    def rect(self) -> QRect:
        """The part in view, on the screen; empty for a card that is out of view."""
        if self._canvas.index is None or not self.isValid():
            return QRect()
        place = self._canvas.card_rect(self._canvas.index.ids[self.card]) & self._canvas.rect()
        return QRect() if place.isEmpty() else QRect(self._canvas.mapToGlobal(place.topLeft()), place.size())

    def role(self) -> QAccessible.Role:
        return QAccessible.Role.ListItem

    def state(self) -> QAccessible.State:
        state = QAccessible.State()
        state.focusable = state.selectable = True
        state.selected = self.card in self._canvas.selected_cards
        state.focused = self.card == self._canvas.focused_card and self._canvas.hasFocus()
        state.offscreen = self.rect().isEmpty()
        if self.isValid() and self._canvas.is_group(self.card):
            state.expandable = True
            state.expanded = self._canvas.index is not None and self._canvas.index.is_frame(self.card)
            state.collapsed = not state.expanded
        return state

    def text(self, kind: QAccessible.Text) -> str:
        """Name: op and plain word. Description and value: type, value and adjoint."""
        if not self.isValid() or self._canvas.facts is None:
            return ""
        first, *rest = card_text(self._canvas.facts, self.card)
        described = kind in (QAccessible.Text.Description, QAccessible.Text.Value)
        return first if kind == QAccessible.Text.Name else ", ".join(rest) if described else ""

    def setText(self, _kind: QAccessible.Text, _text: str) -> None:
        """Cards are not edited."""

    def foregroundColor(self) -> QColor:
        return self._canvas.theme.colour("text.strong")

    def backgroundColor(self) -> QColor:
        return self._canvas.theme.colour("surface.card")


class AccessibleCanvas(QAccessibleWidget):
    """The canvas as a list of its cards. Kept by the canvas, for Qt keeps no reference that Python knows of."""

    def __init__(self, canvas: GraphCanvas) -> None:
        super().__init__(canvas, QAccessible.Role.List, canvas.accessibleName())
        self._canvas = canvas
        self._cards: dict[int, AccessibleCard] = {}

    def forget(self) -> None:
        """The scene is another one."""
        self._cards.clear()

    def childCount(self) -> int:
        return len(self._canvas.index.order) if self._canvas.index else 0

    def child(self, index: int) -> QAccessibleInterface | None:
        if self._canvas.index is None or not 0 <= index < self.childCount():
            return None
        return self._of_item(self._canvas.index.order[index])

    def _of_item(self, item: int) -> QAccessibleInterface | None:
        return self._cards.setdefault(item, AccessibleCard(self._canvas, item)) if item >= 0 else None

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:
        """The card at a point of the screen, or the frame whose header is there."""
        return self._of_item(self._canvas.item_at(self._canvas.mapFromGlobal(QPoint(x, y))))

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        return child_number(self._canvas, child.card) if isinstance(child, AccessibleCard) else -1

    def focusChild(self) -> QAccessibleInterface | None:
        return self._of_item(self._canvas.focused_card) if self._canvas.hasFocus() else None


_installed: list[bool] = []


def install() -> None:
    """Make Qt ask here for a canvas's interface; once per process."""
    if not _installed:
        _installed.append(True)
        QAccessible.installFactory(_factory)


def _factory(name: str, made_for: QObject | None) -> QAccessibleInterface | None:
    if name != "GraphCanvas" or made_for is None:
        return None
    canvas = cast("GraphCanvas", made_for)
    canvas.accessible = AccessibleCanvas(canvas)
    return canvas.accessible


def child_number(canvas: GraphCanvas, item: int) -> int:
    """Which child of the canvas a card or frame is."""
    return canvas.index.place_in_order.get(item, -1) if canvas.index is not None else -1


def changed(canvas: GraphCanvas) -> None:
    """The cards are others."""
    if canvas.accessible is not None:
        canvas.accessible.forget()
        QAccessible.updateAccessibility(QAccessibleEvent(canvas, QAccessible.Event.ObjectReorder))


def focus_moved(canvas: GraphCanvas) -> None:
    """Another card is focused: say so to whatever reads the screen."""
    if canvas.accessible is not None and canvas.hasFocus() and canvas.focused_card >= 0:
        event = QAccessibleEvent(canvas, QAccessible.Event.Focus)
        event.setChild(child_number(canvas, canvas.focused_card))
        QAccessible.updateAccessibility(event)
