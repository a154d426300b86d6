"""One sentence over the panels, with at most one thing to do about it, and a way to close it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from widgets.messages import Problem
from widgets.panels.pieces import button, label
from widgets.theme import Theme, Themes, icon


class MessageStrip(QFrame):
    """The newest message wins; Esc or the cross closes it."""

    def __init__(self, themes: Themes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "bar")
        self.text = label("", wrap=True)
        self.action = QPushButton()
        self.action.setProperty("role", "link")
        self._run: Callable[[], None] | None = None
        self.cross = button()
        self.cross.setAccessibleName(self.tr("Close"))
        self.cross.setToolTip(self.tr("Close"))
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 4, 8, 4)
        row.addWidget(self.text, 1)
        row.addWidget(self.action)
        row.addWidget(self.cross)
        self.cross.clicked.connect(self.hide)
        self.action.clicked.connect(self._act)
        themes.changed.connect(self._theme_changed)
        self._theme_changed(themes.current)
        self.hide()

    def say(self, text: str, action: str = "", run: Callable[[], None] | None = None) -> None:
        self.text.setText(text)
        self.action.setText(action)
        self.action.setVisible(bool(action))
        self._run = run
        self.show()

    def say_problem(self, found: Problem) -> None:
        self.say(f"{found.text} {found.hint}".strip())

    def _act(self) -> None:
        self.hide()
        if self._run:
            self._run()

    def _theme_changed(self, theme: Theme) -> None:
        self.cross.setIcon(icon("close", theme))
        self.cross.setIconSize(QSize(16, 16))
