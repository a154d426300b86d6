"""Find in the graph, in the language of `explorer.graph.search`; every hit is ringed, one is selected."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QWidget

from explorer.capture.ops import describe
from explorer.errors import UsageError
from explorer.graph import search
from widgets.actions import tooltip
from widgets.documents import Document
from widgets.panels.pieces import button, label
from widgets.theme import Theme, Themes, icon


class FindBar(QFrame):
    """`hits_changed` carries the node ids found, in execution order; `left` says that the keyboard is free again."""

    hits_changed = Signal(list)
    left = Signal()

    def __init__(self, document: Document, themes: Themes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "bar")
        self._document = document
        self.hits: list[str] = []
        self._wrong = ""  # what is wrong with the text in the field
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("Find an operation or a value"))
        self.field.setAccessibleName(self.tr("find in the graph"))
        self.field.setToolTip("tanh   /^mul_/   op:add   scope:layer1   role:cotangent   dtype:f32   shape:[*,3]")
        self.count = label("", "quiet")
        self.previous, self.next, self.cross = button(), button(), button()
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 4, 8, 4)
        row.setSpacing(4)
        row.addWidget(self.field, 1)
        row.addSpacing(8)
        for part in (self.count, self.previous, self.next, self.cross):
            row.addWidget(part)
        self._connect(themes)
        self._theme_changed(themes.current)
        self.hide()

    def begin(self) -> None:
        """Show the bar and put the keyboard into it."""
        self.show()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()
        self._search()

    def step(self, by: int) -> None:
        """Select the next hit (1) or the one before (-1), round and round; open the bar where nothing is searched."""
        if not self.field.text().strip():
            self.begin()
        if not self.hits:
            return
        selected = self._document.selected
        before = -1 if by > 0 else 0
        place = (self.hits.index(selected) if selected in self.hits else before) + by
        self._document.select(self.hits[place % len(self.hits)])

    def close_bar(self) -> None:
        self.hide()
        self._show([])
        self.left.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Escape:
                self.close_bar()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.step(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
            case _:
                super().keyPressEvent(event)

    def _connect(self, themes: Themes) -> None:
        self.field.textChanged.connect(self._search)
        self.previous.clicked.connect(lambda: self.step(-1))
        self.next.clicked.connect(lambda: self.step(1))
        self.cross.clicked.connect(self.close_bar)
        self._document.scene_changed.connect(self._search)
        self._document.session_changed.connect(self._session_changed)
        themes.changed.connect(self._theme_changed)

    def _session_changed(self, changed: frozenset[str]) -> None:
        if "selection" in changed:
            self._show_count()

    def _search(self) -> None:
        shown = self._document.shown
        self._wrong = ""
        if self.isHidden() or not self.field.text().strip() or shown is None:
            self._show([])
            return
        framework = shown.source.framework
        try:
            query = search.parse(self.field.text(), lambda node: describe(framework, node).word)
        except UsageError as error:
            self._wrong = str(error)
            self._show([])
        else:
            self._show(query.find(shown.stages[self._document.stage].graph.nodes))

    def _show(self, hits: list[str]) -> None:
        self.hits = hits
        self.hits_changed.emit(hits)
        for part in (self.previous, self.next):
            part.setEnabled(bool(hits))
        self._show_count()

    def _show_count(self) -> None:
        if self._wrong or not self.field.text().strip():
            self.count.setText(self._wrong)
        elif self._document.selected in self.hits:
            place = self.hits.index(self._document.selected) + 1
            self.count.setText(self.tr("%1 of %2").replace("%1", str(place)).replace("%2", str(len(self.hits))))
        else:
            none = self.tr("nothing found")
            self.count.setText(self.tr("%1 found").replace("%1", str(len(self.hits))) if self.hits else none)

    def _theme_changed(self, theme: Theme) -> None:
        side = round(16 * theme.scale)
        for part, name, command in (
            (self.previous, "back", "find_previous"), (self.next, "chevron-right", "find_next"),
        ):  # fmt: skip
            part.setIcon(icon(name, theme))
            part.setIconSize(QSize(side, side))
            part.setToolTip(tooltip(command))
            part.setAccessibleName(part.toolTip())
        self.cross.setIcon(icon("close", theme))
        self.cross.setIconSize(QSize(side, side))
        self.cross.setToolTip(self.tr("Close"))
        self.cross.setAccessibleName(self.tr("Close"))
