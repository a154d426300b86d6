"""The source panel: the editor bound to the document."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from explorer.graph.roles import is_backward
from widgets.documents import Document
from widgets.panels.editor import Editor
from widgets.panels.entry import EntryPicker
from widgets.panels.pieces import heading
from widgets.theme import Theme, Themes


class SourcePanel(QFrame):
    """Typing goes to the session at once; the document waits for a pause before anything runs."""

    def __init__(self, document: Document, themes: Themes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self._document = document
        self._themes = themes
        self._highlighter = None
        self._painted = False
        self.editor = Editor(themes.current)
        self.editor.setAccessibleName(self.tr("source"))
        self.editor.setPlaceholderText(self.tr("Type an expression, such as a*(a+b), or paste a model"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 12, 0, 0)
        column.setSpacing(0)
        top = QHBoxLayout()
        top.setContentsMargins(16, 0, 16, 4)
        top.addWidget(heading(self.tr("Source")))
        top.addStretch(1)
        self.entry = EntryPicker(document, self)
        top.addWidget(self.entry)
        column.addLayout(top)
        column.addWidget(self.editor)
        self._connect()
        self._hovered = ""
        self._take_text()

    def _connect(self) -> None:
        self.editor.typed.connect(self._document.session.edit_text)
        self.editor.pointed.connect(self._document.select_at)
        self._document.session_changed.connect(self._session_changed)
        self._document.problems_changed.connect(self._show_problems)
        self._document.results_changed.connect(self._light)
        self._document.hovered.connect(self._hover)
        self._themes.changed.connect(self._theme_changed)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self, self._colour)  # pygments takes its time to import: after the first picture

    def _colour(self) -> None:
        from widgets.panels.highlighter import PythonHighlighter

        self._highlighter = PythonHighlighter(self.editor.document(), self._themes.current)

    def _theme_changed(self, theme: Theme) -> None:
        self.editor.set_theme(theme)
        if self._highlighter:
            self._highlighter.set_theme(theme)

    def _session_changed(self, changed: frozenset[str]) -> None:
        if "text" in changed:
            self._take_text()
        if changed & {"selection", "stage"}:
            self._light()

    def _take_text(self) -> None:
        self.editor.set_text(self._document.session.state.text)

    def _show_problems(self) -> None:
        wrong = [found.span for found in self._document.problems if found.span and found.severity == "error"]
        self.editor.set_problems(wrong)

    def _hover(self, node: str) -> None:
        self._hovered = node
        self._light()

    def _light(self) -> None:
        """The text of what is hovered, else of what is selected; nothing while text and picture differ."""
        shown = self._document.shown
        found = None
        if shown and not self._document.is_stale:
            stage = self._document.stage
            found = shown.node(stage, self._hovered) or shown.node(stage, self._document.selected)
        self.editor.light(found.span if found else None, backward=bool(found and is_backward(found.role)))
