"""The list of problems and notices: a sentence, where, what to do; the framework's own words are folded below."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPlainTextEdit, QScrollArea, QVBoxLayout, QWidget

from explorer.graph.ir import Span
from widgets.documents import Document
from widgets.messages import Problem
from widgets.panels.inspector import place_text
from widgets.panels.pieces import button, label
from widgets.theme import Themes, icon

ICONS = {"error": "error", "warning": "warning", "notice": "notice"}


class ProblemRow(QFrame):
    """One problem. A click goes to its place."""

    clicked = Signal()

    def __init__(self, problem: Problem, themes: Themes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.problem = problem
        row = QGridLayout(self)
        row.setContentsMargins(16, 6, 16, 6)
        row.setHorizontalSpacing(12)
        row.setVerticalSpacing(2)
        row.setColumnStretch(1, 1)
        sign = QLabel()
        side = themes.current.pixels("large")
        sign.setPixmap(
            icon(ICONS.get(problem.severity, "notice"), themes.current, role="text.strong").pixmap(QSize(side, side))
        )
        row.addWidget(sign, 0, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(label(problem.text, "error" if problem.severity == "error" else "", wrap=True), 0, 1)
        second = " · ".join(part for part in (self._place(), problem.hint) if part)
        if second:
            row.addWidget(label(second, "quiet", wrap=True), 1, 1)
        if problem.detail:
            self._add_details(row)
        if problem.span:
            self.setCursor(Qt.CursorShape.PointingHandCursor)

    def _place(self) -> str:
        span = self.problem.span
        return place_text(span.line, span.column) if span else self.problem.stage or ""

    def _add_details(self, row: QGridLayout) -> None:
        fold = button(checkable=True)
        fold.setText(self.tr("details"))
        fold.setStyleSheet("padding: 2px 0;")
        text = QPlainTextEdit(self.problem.detail)
        text.setReadOnly(True)
        text.setMinimumHeight(140)
        text.hide()
        fold.toggled.connect(text.setVisible)
        row.addWidget(fold, 2, 1, Qt.AlignmentFlag.AlignLeft)
        row.addWidget(text, 3, 1)

    def mouseReleaseEvent(self, event) -> None:
        super().mouseReleaseEvent(event)
        self.clicked.emit()


class ProblemsPanel(QScrollArea):
    """`go_to` carries the span of what was clicked; `count_changed` the number of entries."""

    go_to = Signal(object)
    count_changed = Signal(int)

    def __init__(self, document: Document, themes: Themes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document, self._themes = document, themes
        self._shown: list[Problem] | None = None
        self.rows: list[ProblemRow] = []
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        document.problems_changed.connect(self.refresh)
        document.session_changed.connect(lambda _changed: self.refresh())
        themes.changed.connect(lambda _theme: self.refresh(again=True))
        self.refresh()

    def refresh(self, *, again: bool = False) -> None:
        problems = self._document.problems
        if problems == self._shown and not again:
            return
        self._shown = problems
        page = QFrame()
        page.setProperty("role", "panel")
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 4, 0, 4)
        column.setSpacing(0)
        self.rows = [ProblemRow(problem, self._themes) for problem in problems]
        for row in self.rows:
            row.clicked.connect(lambda row=row: self._clicked(row.problem.span, row.problem.node))
            column.addWidget(row)
        if not problems:
            none = label(self.tr("No problems."), "quiet")
            none.setContentsMargins(16, 6, 16, 6)
            column.addWidget(none)
        column.addStretch(1)
        self.setWidget(page)
        self.count_changed.emit(len(problems))

    def _clicked(self, span: Span | None, node: str | None) -> None:
        if span:
            self.go_to.emit(span)
        elif node:
            self._document.select(node)
