"""Below the canvas: the stage's text, problems, output."""

from __future__ import annotations

from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from explorer.adapters import framework
from widgets.documents import Document
from widgets.panels.output import OutputPanel
from widgets.panels.pieces import button
from widgets.panels.problems import ProblemsPanel
from widgets.panels.text import TextPanel
from widgets.theme import Themes

TABS = ("text", "problems", "output")


class BottomPanel(QFrame):
    """Problems come to the front by themselves when the text cannot be captured, and go back when it can.

    `text` may stand elsewhere: `take_text` and `give_text` put it in and out.
    """

    def __init__(self, document: Document, text: TextPanel, themes: Themes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "foot")
        self._document = document
        self.text = text
        self.problems = ProblemsPanel(document, themes)
        self.output = OutputPanel(document, themes)
        self.stack = QStackedWidget()
        self.tabs: dict[str, QToolButton] = {}
        self._chosen = "text"
        self._make()
        self.problems.count_changed.connect(self._title)
        document.problems_changed.connect(self._follow)
        document.results_changed.connect(self._title)
        document.session_changed.connect(self._title)
        self._title()

    def _make(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        row = QHBoxLayout()
        row.setContentsMargins(12, 4, 12, 0)
        row.setSpacing(4)
        group = QButtonGroup(self)
        for key, page in zip(TABS, (self.text, self.problems, self.output), strict=True):
            made = button(checkable=True)
            made.clicked.connect(lambda _checked, key=key: self.choose(key))
            group.addButton(made)
            self.tabs[key] = made
            self.stack.addWidget(page)
            row.addWidget(made)
        row.addStretch(1)
        column.addLayout(row)
        column.addWidget(self.stack, 1)
        self.tabs["text"].setChecked(True)

    def give_text(self) -> None:
        """The text goes elsewhere, and its tab with it."""
        self.tabs["text"].hide()
        self.stack.removeWidget(self.text)
        self.choose("problems" if self._chosen == "text" else self._chosen)

    def take_text(self) -> None:
        """The text is here again, in front."""
        self.stack.insertWidget(0, self.text)
        self.tabs["text"].show()
        self.choose("text")

    def choose(self, key: str) -> None:
        """Bring a tab to the front, and remember it as the person's."""
        self._chosen = key
        self._front(key)

    def _front(self, key: str) -> None:
        self.tabs[key].setChecked(True)
        self.stack.setCurrentWidget({"text": self.text, "problems": self.problems, "output": self.output}[key])

    def _follow(self) -> None:
        failed = any(found.severity == "error" for found in self._document.problems)
        self._front("problems" if failed else self._chosen)

    def _title(self, *_: object) -> None:
        stage = framework(self._document.session.state.framework).stage(self._document.wanted_stage())
        count = len(self._document.problems)
        self.tabs["text"].setText(stage.title if stage else self.tr("Text"))
        self.tabs["problems"].setText(self.tr("Problems") + (f" · {count}" if count else ""))
        self.tabs["output"].setText(self.tr("Output"))
