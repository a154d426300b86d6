"""What stands side by side in the middle of the window: the graph, and its text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from explorer.adapters import framework
from widgets.actions import tooltip
from widgets.documents import Document
from widgets.panels.pieces import Elided, button
from widgets.panels.text import TextPanel
from widgets.theme import Theme, Themes, icon

LEAST_WIDTH: Final = 160
LEAST_SHARE: Final = 0.1


class Panes(QSplitter):
    """Panes come and go, and share the width: alike, until somebody moves the line between them.

    `shares` holds one number per pane, 1 for the same width as the others.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setHandleWidth(1)
        self.setChildrenCollapsible(False)
        self.shares: list[float] = []
        self.splitterMoved.connect(self._moved)

    def add(self, first: QWidget, *others: QWidget) -> None:
        """The pane that is always there, and those that are not there yet."""
        for pane in (first, *others):
            self.addWidget(pane)
            self.shares.append(1.0)
        for other in others:
            other.hide()

    def show_pane(self, pane: QWidget, *, there: bool) -> None:
        """Let a pane come or go."""
        if pane.isHidden() == there:
            pane.setVisible(there)
            self._share_out()

    def set_shares(self, shares: Sequence[float]) -> None:
        """The shares of an earlier time."""
        if len(shares) == self.count() and all(LEAST_SHARE <= share <= self.count() for share in shares):
            self.shares = list(shares)
            self._share_out()

    def _share_out(self) -> None:
        self.setSizes([0 if self.widget(i).isHidden() else round(1000 * share) for i, share in enumerate(self.shares)])

    def _moved(self) -> None:
        sizes = self.sizes()
        there = [place for place, size in enumerate(sizes) if size]
        for place in there:
            self.shares[place] = max(LEAST_SHARE, sizes[place] * len(there) / sum(sizes))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_out()


class PaneBar(QFrame):
    """The line over a pane, as high as the bar of stages beside it, with a cross at its end."""

    closed = Signal()

    def __init__(self, command: str, themes: Themes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "bar")
        self._command = command
        self.cross = button("pill")
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(16, 4, 8, 4)
        self.row.setSpacing(4)
        self.row.addWidget(self.cross)
        self.cross.clicked.connect(self.closed)
        themes.changed.connect(self._theme_changed)
        self._theme_changed(themes.current)

    def put(self, *parts: QWidget) -> None:
        """What stands before the cross; the last part takes what room there is."""
        for place, part in enumerate(parts):
            self.row.insertWidget(place, part, int(part is parts[-1]))

    def _theme_changed(self, theme: Theme) -> None:
        side = round(16 * theme.scale)
        self.cross.setIcon(icon("close", theme))
        self.cross.setIconSize(QSize(side, side))
        self.cross.setToolTip(f"{self.tr('Close')}: {tooltip(self._command)}")
        self.cross.setAccessibleName(self.tr("Close"))


class TextPane(QFrame):
    """Room for the text beside the graph. The text itself is lent: it stands below where this pane is closed."""

    def __init__(self, document: Document, panel: TextPanel, themes: Themes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.panel = panel
        self._document = document
        self.bar = PaneBar("text_beside", themes)
        self.title = Elided(role="quiet")
        self.bar.put(self.title)
        self.setMinimumWidth(LEAST_WIDTH)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self.bar)
        document.results_changed.connect(self._refresh)
        document.session_changed.connect(self._refresh)
        self._refresh()

    def take_text(self) -> None:
        self._column.addWidget(self.panel, 1)
        self.panel.show()

    def _refresh(self, *_: object) -> None:
        stage = framework(self._document.session.state.framework).stage(self._document.stage)
        title = self.tr("text of %1").replace("%1", stage.title) if stage else ""
        self.title.setText(title)
