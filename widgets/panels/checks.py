"""Whether the gradients are right: one line per comparison, on request."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

from explorer.adapters import FRAMEWORKS
from widgets.checking import DIFFERENCES, Checking, Verdict
from widgets.documents import Document
from widgets.panels.pieces import Elided, Link, discard, heading, label, mono
from widgets.theme import Themes, icon


class ChecksPanel(QFrame):
    """Nothing is asked of the other frameworks before the link is clicked."""

    def __init__(self, document: Document, checking: Checking, themes: Themes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self._checking, self._themes = checking, themes
        self.ask = Link(self.tr("Check the gradients"))
        self.ask.setToolTip(self.tr("Compare with finite differences and with the other frameworks"))
        self.ask.clicked.connect(checking.check)
        self.title = heading(self.tr("Checked"))
        self.busy = label(self.tr("checking …"), "quiet")
        self.rows = QGridLayout()
        self.rows.setHorizontalSpacing(8)
        self.rows.setVerticalSpacing(4)
        self.rows.setColumnStretch(1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 0, 16, 12)
        column.setSpacing(4)
        for part in (self.title, self.ask, self.busy):
            column.addWidget(part)
        self.title.setContentsMargins(4, 0, 0, 0)
        self.rows.setContentsMargins(4, 0, 0, 0)
        column.addLayout(self.rows)
        checking.changed.connect(self.refresh)
        document.results_changed.connect(self.refresh)
        document.status_changed.connect(self.refresh)
        themes.changed.connect(self.refresh)
        self.refresh()

    def refresh(self, *_: object) -> None:
        checking = self._checking
        self.setVisible(checking.is_possible)
        self.ask.setVisible(not checking.is_running and not checking.verdicts)
        self.busy.setVisible(checking.is_running)
        self.title.setVisible(bool(checking.verdicts))
        while item := self.rows.takeAt(0):
            discard(item.widget())
        for position, verdict in enumerate(checking.verdicts):
            self._add(position, verdict)

    def _add(self, position: int, verdict: Verdict) -> None:
        theme = self._themes.current
        sign = QLabel()
        side = theme.pixels("large")
        name = "check" if verdict.agrees else "error" if verdict.gap is not None else "minus"
        sign.setPixmap(icon(name, theme, role="text.strong").pixmap(QSize(side, side)))
        self.rows.addWidget(sign, position, 0)
        titles = {entry.key: entry.title for entry in FRAMEWORKS} | {DIFFERENCES: self.tr("finite differences")}
        self.rows.addWidget(Elided(titles[verdict.against]), position, 1)
        shown = mono(label(self._gap_text(verdict), "quiet"))
        shown.setToolTip(verdict.why or self.tr("largest difference, relative to the largest gradient or 1"))
        self.rows.addWidget(shown, position, 2)

    def _gap_text(self, verdict: Verdict) -> str:
        if verdict.gap is None:
            return self.tr("not there")
        return f"± {verdict.gap:.0e}" if verdict.gap else self.tr("equal")
