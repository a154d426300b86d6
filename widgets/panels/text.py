"""The framework's own printout of the stage. A click on a line selects its node, and the other way round.

A printout may have tens of thousands of lines: it is put in slice by slice, a few milliseconds in each turn of the
event loop, and only the lines on the screen are lit.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent, QResizeEvent, QTextCharFormat, QTextCursor, QTextFormat
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from explorer.capture.record import Stage
from explorer.graph import places
from explorer.graph.ir import Node
from explorer.graph.roles import is_backward
from explorer.graph.search import Query
from widgets.documents import Document
from widgets.theme import Theme, Themes

SLICE: Final = 1500  # lines put in, or looked at, in one turn


class TextPanel(QPlainTextEdit):
    """Read only; the lines of what is hovered, selected or found are lit. `seen_changed`: it is shown, or hidden."""

    seen_changed = Signal()

    def __init__(self, document: Document, themes: Themes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "plain")
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.setAccessibleName(self.tr("text of the stage"))
        self._document = document
        self._themes = themes
        self._stage: Stage | None = None
        self._lines: list[str] = []
        self._there = 0  # lines that are in the widget
        self._aim = 0  # the line to be shown once it is there, 0 for none
        self._nodes: dict[int, str] = {}
        self._hits: list[int] = []
        self._hovered = ""
        self._filling = QTimer(self, interval=0)
        self._filling.timeout.connect(self._fill)
        document.results_changed.connect(self.refresh)
        document.session_changed.connect(self._session_changed)
        document.hovered.connect(self._hover)
        self.verticalScrollBar().valueChanged.connect(self._light)
        themes.changed.connect(self._theme_changed)
        self._theme_changed(themes.current)
        self.refresh()

    def refresh(self) -> None:
        """The text of the stage on the canvas."""
        shown = self._document.shown
        stage = shown.stages.get(self._document.stage) if shown else None
        if stage is not self._stage:
            self._show(stage)
        self._light()

    # ---- what is found ----

    def find(self, query: Query) -> Iterator[list[int]]:
        """Numbers (from 1) of the lines that match, in pieces that each take a few milliseconds."""
        for start in range(0, len(self._lines), SLICE):
            end = min(start + SLICE, len(self._lines))
            nodes: dict[int, Node] = {}
            for line in range(start + 1, end + 1):
                if (node := self._node(self._nodes.get(line, ""))) is not None:
                    nodes[line - start] = node
            yield [start + line for line in query.find_lines(self._lines[start:end], nodes)]

    def set_hits(self, lines: list[int]) -> None:
        """Light lines that a search has found, in ascending order."""
        self._hits = lines
        self._light()

    @property
    def line(self) -> int:
        """The line that the text cursor is in, from 1."""
        return self.textCursor().blockNumber() + 1

    def go_to(self, line: int) -> None:
        """Show a line, and select its node where it has one."""
        node = self._nodes.get(line)
        if node:
            self._document.select(node)
        self._scroll_to(line)

    # ---- filling ----

    def _show(self, stage: Stage | None) -> None:
        """Another stage: its first slice at once, the rest in the turns to come."""
        same = stage is not None and self._stage is not None and stage.text == self._stage.text
        self._stage = stage
        self._nodes = {line: node for node, line in stage.lines.items()} if stage else {}
        if same:
            return
        self._lines = stage.text.split("\n") if stage and stage.text else []
        self._there, self._aim, self._hits = 0, 0, []
        self._filling.start()
        self._fill()

    def _fill(self) -> None:
        """One more slice, and what has waited for it."""
        piece = self._lines[self._there : self._there + SLICE]
        if not self._there:
            self.setPlainText("\n".join(piece))
        else:
            end = QTextCursor(self.document())
            end.movePosition(QTextCursor.MoveOperation.End)
            end.insertText("\n".join(["", *piece]))
        self._there += len(piece)
        if self._there >= len(self._lines):
            self._filling.stop()
        if 0 < self._aim <= self._there:
            self._scroll_to(self._aim)
        self._light()

    # ---- lighting ----

    def _session_changed(self, changed: frozenset[str]) -> None:
        if "selection" in changed:
            self._light()
            line = self._line_of(self._document.selected)
            if line:
                self._scroll_to(line)

    def _hover(self, node: str) -> None:
        self._hovered = node
        self._light()

    def _theme_changed(self, theme: Theme) -> None:
        self.document().setDefaultFont(theme.font("mono", "body"))
        self._light()

    def _light(self) -> None:
        """Mark the hits on the screen, and over them what is hovered or selected."""
        first, last = self._on_screen()
        hits = self._hits[bisect_left(self._hits, first) : bisect_left(self._hits, last + 1)]
        lit = [self._marked(line, "surface.pressed") for line in hits]
        for node in dict.fromkeys((self._document.selected, self._hovered)):
            line, found = self._line_of(node), self._node(node)
            if 0 < line <= self._there and found is not None:
                backward = is_backward(found.role)
                lit.append(self._marked(line, "cotangent.tint" if backward else "surface.chosen"))
        self.setExtraSelections(lit)

    def _line_of(self, node: str) -> int:
        """The line of a node, 0 for none."""
        return self._stage.lines.get(node, 0) if self._stage else 0

    def _node(self, place: str) -> Node | None:
        """The node at a place of the stage's graph; None where there is none."""
        try:
            return places.find(self._stage.graph, place)[0] if self._stage and place else None
        except KeyError:
            return None

    def _on_screen(self) -> tuple[int, int]:
        """First and last line on the screen, from 1."""
        first = self.firstVisibleBlock().blockNumber() + 1
        return first, first + self.viewport().height() // max(1, self.fontMetrics().lineSpacing()) + 2

    def _marked(self, line: int, colour: str) -> QTextEdit.ExtraSelection:
        made = QTextEdit.ExtraSelection()
        look = QTextCharFormat()
        look.setBackground(self._themes.current.colour(colour))
        look.setProperty(QTextFormat.Property.FullWidthSelection, True)
        made.cursor = QTextCursor(self.document().findBlockByNumber(line - 1))
        made.format = look
        return made

    def _scroll_to(self, line: int) -> None:
        self._aim = line if line > self._there else 0
        if self._aim:
            return
        self.setTextCursor(QTextCursor(self.document().findBlockByNumber(line - 1)))
        self.ensureCursorVisible()

    # ---- the mouse ----

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        node = self._nodes.get(self._line_at(event), "")
        if node != self._hovered:
            self._document.hovered.emit(node)

    def leaveEvent(self, event) -> None:
        super().leaveEvent(event)
        self._document.hovered.emit("")

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        node = self._nodes.get(self._line_at(event))
        if node and not self.textCursor().hasSelection():
            self._document.select(node)

    def _line_at(self, event: QMouseEvent) -> int:
        return self.cursorForPosition(event.position().toPoint()).blockNumber() + 1

    # ---- Qt ----

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._light()

    def showEvent(self, event) -> None:
        super().showEvent(event)
        self.seen_changed.emit()

    def hideEvent(self, event) -> None:
        super().hideEvent(event)
        self.seen_changed.emit()
