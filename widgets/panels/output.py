"""What the worker printed: the user's prints and the frameworks' own noise."""

from __future__ import annotations

from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from widgets.documents import Document
from widgets.theme import Theme, Themes

MOST_LINES = 5000


class OutputPanel(QPlainTextEdit):
    def __init__(self, document: Document, themes: Themes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "plain")
        self.setReadOnly(True)
        self.setMaximumBlockCount(MOST_LINES)
        self.setPlaceholderText(self.tr("What a program prints appears here."))
        self.setAccessibleName(self.tr("output"))
        document.printed.connect(self.add)
        themes.changed.connect(self._theme_changed)
        self._theme_changed(themes.current)

    def add(self, text: str) -> None:
        """Text at the end; the view follows only where it stood at the end."""
        bar = self.verticalScrollBar()
        follows = bar.value() == bar.maximum()
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(text)
        if follows:
            bar.setValue(bar.maximum())

    def _theme_changed(self, theme: Theme) -> None:
        self.document().setDefaultFont(theme.font("mono", "body"))
