"""The framework's own printout of the stage. A click on a line selects its node, and the other way round."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent, QTextCharFormat, QTextCursor, QTextFormat
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from explorer.graph.roles import is_backward
from widgets.documents import Document
from widgets.theme import Theme, Themes


class TextPanel(QPlainTextEdit):
    """Read only; the line of what is hovered or selected is lit."""

    def __init__(self, document: Document, themes: Themes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "plain")
        self.setReadOnly(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.setAccessibleName(self.tr("text of the stage"))
        self._document = document
        self._themes = themes
        self._nodes: dict[int, str] = {}
        self._hovered = ""
        document.results_changed.connect(self.refresh)
        document.session_changed.connect(self._session_changed)
        document.hovered.connect(self._hover)
        themes.changed.connect(self._theme_changed)
        self._theme_changed(themes.current)
        self.refresh()

    def refresh(self) -> None:
        shown = self._document.shown
        stage = shown.stages.get(self._document.stage) if shown else None
        text = stage.text if stage else ""
        self._nodes = {line: node for node, line in stage.lines.items()} if stage else {}
        if text != self.toPlainText():
            self.setPlainText(text)
        self._light()

    def _session_changed(self, changed: frozenset[str]) -> None:
        if "selection" in changed:
            self._light(follow=True)

    def _hover(self, node: str) -> None:
        self._hovered = node
        self._light()

    def _theme_changed(self, theme: Theme) -> None:
        self.document().setDefaultFont(theme.font("mono", "body"))
        self._light()

    def _light(self, *, follow: bool = False) -> None:
        shown = self._document.shown
        stage = shown.stages.get(self._document.stage) if shown else None
        lit = []
        for node in dict.fromkeys((self._document.selected, self._hovered)):
            if stage and node in stage.lines and node in stage.graph.node_by_id:
                backward = is_backward(stage.graph.node_by_id[node].role)
                lit.append(self._line(stage.lines[node], backward=backward))
        self.setExtraSelections(lit)
        if follow and stage and self._document.selected in stage.lines:
            self._scroll_to(stage.lines[self._document.selected])

    def _line(self, line: int, *, backward: bool) -> QTextEdit.ExtraSelection:
        made = QTextEdit.ExtraSelection()
        look = QTextCharFormat()
        look.setBackground(self._themes.current.colour("cotangent.tint" if backward else "surface.chosen"))
        look.setProperty(QTextFormat.Property.FullWidthSelection, True)
        made.cursor = QTextCursor(self.document().findBlockByNumber(line - 1))
        made.format = look
        return made

    def _scroll_to(self, line: int) -> None:
        self.setTextCursor(QTextCursor(self.document().findBlockByNumber(line - 1)))
        self.ensureCursorVisible()

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
