"""One sentence on what the run says, and what one can do about it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent, QTextDocument
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from explorer.messages import sentence
from widgets.theme import Theme

Action = tuple[str, Callable[[], None]]

# The longest thing it says as a rule: room is kept for it, so that nothing below moves while a run goes on.
LONGEST = sentence(
    "training_overfits_exactly",
    {"since": 22, "train": 0.0, "best_short": "8.0", "validation_short": "20.0", "parameters": 7, "points": 5},
)


class Banner(QFrame):
    """The first sentence is bold. Actions are links under it."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self.setProperty("role", "card")
        self._theme = theme
        self._plain = ""
        self._actions: tuple[Action, ...] = ()
        self.buttons: list[QPushButton] = []
        self.words = QLabel()
        self.words.setTextFormat(Qt.TextFormat.RichText)
        self.words.setWordWrap(True)
        self.words.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 12, 16, 8)
        column.setSpacing(2)
        column.addWidget(self.words)
        self._row = QHBoxLayout()
        self._row.setSpacing(12)
        self._row.addStretch(1)
        column.addLayout(self._row)
        self.set_theme(theme)

    @property
    def text(self) -> str:
        """What it says, without markup."""
        return self._plain

    def say(self, text: str, actions: Sequence[Action] = ()) -> None:
        """Replace sentence and actions; buttons that stay the same stay in place, with the focus they have."""
        if text != self._plain:
            self._plain = text
            self.words.setText(_markup(text))
            self.setAccessibleName(text)
        if [name for name, _ in actions] != [name for name, _ in self._actions]:
            self._make_buttons(actions)
        self._actions = tuple(actions)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        colour = theme.colour("text.strong").name()
        self.setStyleSheet(
            f'#banner {{ border-left: 4px solid {colour}; }}QPushButton[role="link"] {{ padding: 3px 6px 3px 0; }}'
        )
        self.words.setStyleSheet(f"QLabel {{ font-size: {theme.pixels('large')}px; color: {colour}; }}")
        self._keep_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._keep_room()

    def _keep_room(self) -> None:
        page = QTextDocument()
        page.setDocumentMargin(0)
        page.setDefaultFont(self._theme.font("sans", "large"))
        page.setHtml(_markup(LONGEST))
        page.setTextWidth(max(100, self.width() - 38))
        words, links = page.size().height(), self._theme.pixels("body") * 1.25 + 10
        self.words.setMinimumHeight(math.ceil(words))
        self.setMinimumHeight(math.ceil(words + links) + 24)

    def _make_buttons(self, actions: Sequence[Action]) -> None:
        for made in self.buttons:
            self._row.removeWidget(made)
            made.hide()  # it is deleted only when the event loop comes round
            made.deleteLater()
        self.buttons = []
        for index, (name, _) in enumerate(actions):
            made = QPushButton(name)
            made.setProperty("role", "link")
            made.setCursor(Qt.CursorShape.PointingHandCursor)
            made.clicked.connect(lambda _checked, index=index: self._actions[index][1]())
            self._row.insertWidget(index, made)
            self.buttons.append(made)


def _markup(text: str) -> str:
    """The first of several sentences in bold; whatever else stands in the text is shown as it is."""
    first, dot, rest = text.partition(". ")
    return f"<b>{escape(first + dot.strip())}</b> {escape(rest)}" if rest else escape(text)
