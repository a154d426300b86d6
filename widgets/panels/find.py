"""Find in the graph and in its text, in the language of `explorer.graph.search`: every hit is lit, one is selected.

F3 goes on in the pane that had the keyboard last, or in the other one where that has no hit.
"""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Final

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QWidget

from explorer.capture.ops import describe
from explorer.errors import UsageError
from explorer.graph import places, search
from explorer.graph.search import Query
from widgets.actions import tooltip
from widgets.beside import Beside
from widgets.documents import Document
from widgets.panels.pieces import button, label
from widgets.panels.text import TextPanel
from widgets.theme import Theme, Themes, icon

TURN_SECONDS: Final = 0.012  # of searching in one turn of the event loop
SLICE: Final = 200  # nodes that are looked at between two looks at the clock


class FindBar(QFrame):
    """`hits_changed` carries the node ids found, in execution order; `left` says that the keyboard is free again.

    `text` is searched too while it can be seen, unless the keyboard was in the second pane last: it belongs to the
    first. `in_text` says that F3 goes on there.
    """

    hits_changed = Signal(list)
    left = Signal()

    def __init__(self, document: Document, text: TextPanel, themes: Themes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "bar")
        self._document, self._text = document, text
        self._view: Document | Beside = document  # whose graph is searched
        self.hits: list[str] = []
        self.lines: list[int] = []
        self.in_text = False
        self._wrong = ""  # what is wrong with the text in the field
        self._hunt: Iterator[None] = iter(())
        self._turns = QTimer(self, interval=0, singleShot=True)
        self._turns.timeout.connect(self._go_on)
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("Find an operation or a value"))
        self.field.setAccessibleName(self.tr("find in the graph"))
        self.field.setToolTip("tanh   /^mul_/   op:add   scope:layer1   role:cotangent   dtype:f32   shape:[*,3]")
        self.count = label("", "quiet")
        self.previous, self.next, self.cross = button(), button(), button()
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 4, 8, 4)
        row.setSpacing(4)
        row.addWidget(self.field, 1)
        row.addSpacing(8)
        for part in (self.count, self.previous, self.next, self.cross):
            row.addWidget(part)
        self._connect(themes)
        self._theme_changed(themes.current)
        self.hide()

    def begin(self) -> None:
        """Show the bar and put the keyboard into it."""
        self.show()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()
        self.search()

    def step(self, by: int) -> None:
        """Select the next hit (1) or the one before (-1), round and round; open the bar where nothing is searched."""
        if not self.field.text().strip():
            self.begin()
        if self.lines and (self.in_text or not self.hits):
            at = self._text.line
            place = bisect_right(self.lines, at) if by > 0 else bisect_left(self.lines, at) - 1
            self._text.go_to(self.lines[place % len(self.lines)])
        elif self.hits:
            selected = self._view.selected
            before = -1 if by > 0 else 0
            place = (self.hits.index(selected) if selected in self.hits else before) + by
            self._view.grouping.reveal(self.hits[place % len(self.hits)])

    def go_on_in(self, view: Document | Beside, *, text: bool) -> None:
        """From now on steps go through the graph of `view`, or through the text."""
        self.in_text = text
        if view is self._view:
            self._show_count()
        else:
            self._view = view
            self.search()

    def close_bar(self) -> None:
        self.hide()
        self.search()
        self.left.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Escape:
                self.close_bar()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.step(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
            case _:
                super().keyPressEvent(event)

    def _connect(self, themes: Themes) -> None:
        self.field.textChanged.connect(self.search)
        self.previous.clicked.connect(lambda: self.step(-1))
        self.next.clicked.connect(lambda: self.step(1))
        self.cross.clicked.connect(self.close_bar)
        self._document.scene_changed.connect(lambda: self._scene_changed(self._document))
        self._document.session_changed.connect(self._session_changed)
        self._text.seen_changed.connect(self._text_seen)
        self._text.cursorPositionChanged.connect(self._show_count)
        themes.changed.connect(self._theme_changed)

    def _session_changed(self, changed: frozenset[str]) -> None:
        if "selection" in changed:
            self._show_count()

    def connect_second(self, second: Beside) -> None:
        """The second pane has pictures and selections of its own."""
        second.scene_changed.connect(lambda: self._scene_changed(second))
        second.status_changed.connect(self._show_count)

    def _scene_changed(self, view: Document | Beside) -> None:
        if view is self._view:
            self.search()

    def _text_seen(self) -> None:
        if not self.isHidden():
            self.search()

    # ---- searching ----

    def search(self, *_: object) -> None:
        """Search for what is in the field: at once where that is quick, else slice by slice."""
        shown = self._view.shown
        self._wrong, self._hunt = "", iter(())
        if self.isHidden() or not self.field.text().strip() or shown is None:
            self._show([], [])
            return
        framework = shown.source.framework
        try:
            query = search.parse(self.field.text(), lambda node: describe(framework, node).word)
        except UsageError as error:
            self._wrong = str(error)
            self._show([], [])
        else:
            self._hunt = self._look_for(query)
            self._go_on()

    def _go_on(self) -> None:
        end = time.perf_counter() + TURN_SECONDS
        for _ in self._hunt:
            if time.perf_counter() > end:
                self._turns.start()
                return

    def _look_for(self, query: Query) -> Iterator[None]:
        """Pauses between slices; shows what was found at its end."""
        shown = self._view.shown
        assert shown is not None
        hits: list[str] = []
        lines: list[int] = []
        for count, (place, node, _) in enumerate(places.walk(shown.stages[self._view.stage].graph)):
            if query.matches(node):
                hits.append(place)
            if count % SLICE == SLICE - 1:
                yield
        if self._has_text:
            for found in self._text.find(query):
                lines += found
                yield
        self._show(hits, lines)

    def _show(self, hits: list[str], lines: list[int]) -> None:
        self.hits, self.lines = hits, lines
        self.hits_changed.emit(hits)
        self._text.set_hits(lines)
        for part in (self.previous, self.next):
            part.setEnabled(bool(hits or lines))
        self._show_count()

    def _show_count(self) -> None:
        if self._wrong or not self.field.text().strip():
            self.count.setText(self._wrong)
            return
        graph = self._count(self.hits, self._view.selected)
        if not self.hits and not self.lines:
            self.count.setText(self.tr("nothing found"))
        elif self._has_text:
            text = self._count(self.lines, self._text.line if self.in_text or not self.hits else 0)
            parts = self.tr("%1 in the graph").replace("%1", graph), self.tr("%1 in the text").replace("%1", text)
            self.count.setText(" · ".join(parts))
        else:
            self.count.setText(graph if self._view.selected in self.hits else self.tr("%1 found").replace("%1", graph))

    @property
    def _has_text(self) -> bool:
        return self._text.isVisible() and self._view is self._document

    def _count(self, found: list, at: object) -> str:
        """`2 of 5` where `at` is one of them, else how many there are."""
        if at not in found:
            return str(len(found))
        return self.tr("%1 of %2").replace("%1", str(found.index(at) + 1)).replace("%2", str(len(found)))

    def _theme_changed(self, theme: Theme) -> None:
        side = round(16 * theme.scale)
        for part, name, command in (
            (self.previous, "back", "find_previous"), (self.next, "chevron-right", "find_next"),
        ):  # fmt: skip
            part.setIcon(icon(name, theme))
            part.setIconSize(QSize(side, side))
            part.setToolTip(tooltip(command))
            part.setAccessibleName(part.toolTip())
        self.cross.setIcon(icon("close", theme))
        self.cross.setIconSize(QSize(side, side))
        self.cross.setToolTip(self.tr("Close"))
        self.cross.setAccessibleName(self.tr("Close"))
