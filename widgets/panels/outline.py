"""The outline: every group of the graph in a tree that is open where the canvas is, with a field to filter it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPixmap, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QHeaderView, QLineEdit, QTreeView, QVBoxLayout, QWidget

from widgets.canvas.canvas import GraphCanvas
from widgets.canvas.glyphs import sign_image
from widgets.documents import Document
from widgets.panels.outline_model import COUNT, NAME, OutlineModel, Row
from widgets.panels.pieces import button, heading
from widgets.theme import Theme, Themes, icon

COUNT_CHARACTERS: Final = 6  # that fit into the column of counts


class OutlinePanel(QFrame):
    """A click selects, the arrow or a double click opens and closes; `left` says that the keyboard is free again."""

    closed = Signal()
    left = Signal()

    def __init__(self, document: Document, canvas: GraphCanvas, themes: Themes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self._document, self._canvas = document, canvas
        self._mirrors = False  # while the tree is put as the canvas is
        self.model = OutlineModel(self)
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("Filter"))
        self.field.setAccessibleName(self.tr("filter the outline"))
        self.field.setClearButtonEnabled(True)
        self.tree = QTreeView()
        self.cross = button()
        self._make()
        self._connect(themes)
        self._theme_changed(themes.current)

    def _make(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(16, 8, 8, 0)
        top.addWidget(heading(self.tr("Outline")), 1)
        top.addWidget(self.cross)
        middle = QHBoxLayout()
        middle.setContentsMargins(16, 0, 12, 4)
        middle.addWidget(self.field)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(top)
        column.addLayout(middle)
        below = QHBoxLayout()
        below.setContentsMargins(8, 0, 0, 0)
        below.addWidget(self.tree)
        column.addLayout(below, 1)
        tree = self.tree
        tree.setModel(self.model)
        tree.setHeaderHidden(True)
        tree.setUniformRowHeights(True)
        tree.setIndentation(16)
        tree.setAccessibleName(self.tr("outline of the graph"))
        tree.setFrameShape(QFrame.Shape.NoFrame)
        tree.header().setStretchLastSection(False)
        tree.header().setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        tree.header().setSectionResizeMode(COUNT, QHeaderView.ResizeMode.Fixed)  # by contents: each row is measured
        tree.installEventFilter(self)
        self.field.installEventFilter(self)
        self.cross.setToolTip(self.tr("Close"))
        self.cross.setAccessibleName(self.tr("Close"))

    def _connect(self, themes: Themes) -> None:
        self._canvas.scene_shown.connect(self._scene_shown)
        self._document.session_changed.connect(self._session_changed)
        self.field.textChanged.connect(self._filter)
        self.tree.clicked.connect(self._chosen)
        self.tree.activated.connect(self._chosen)
        self.tree.expanded.connect(lambda index: self._opened(index, is_open=True))
        self.tree.collapsed.connect(lambda index: self._opened(index, is_open=False))
        self.cross.clicked.connect(self.closed)
        themes.changed.connect(self._theme_changed)

    def begin(self) -> None:
        """Show what there is now and put the keyboard into the tree."""
        self._scene_shown()
        self.tree.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._scene_shown()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Esc gives the keyboard back; down goes from the field into the tree."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Escape:
                if self.field.text():
                    self.field.clear()
                else:
                    self.left.emit()
                return True
            if watched is self.field and event.key() == Qt.Key.Key_Down:
                self.tree.setFocus(Qt.FocusReason.TabFocusReason)
                return True
        return super().eventFilter(watched, event)

    # ---- from the canvas ----

    def _scene_shown(self) -> None:
        """The tree is made only while it can be seen."""
        if not self.isVisible():
            return
        place = self.tree.verticalScrollBar().value()
        self.model.set_index(self._canvas.index)
        self._mirror()
        self.tree.verticalScrollBar().setValue(place)
        self._follow()

    def _mirror(self) -> None:
        self._mirrors = True
        if self.field.text():
            self.tree.expandAll()
        else:
            for row in self.model.rows:
                if row.is_open:
                    self.tree.expand(self._shown(row.id))
        self._mirrors = False

    def _session_changed(self, changed: frozenset[str]) -> None:
        if "selection" in changed and self.isVisible():
            self._follow()

    def _follow(self) -> None:
        """What is selected is current here too, or the closed group that holds it."""
        index, selected = self._canvas.index, self._document.selected
        if selected not in self.model.number and index is not None:
            item = index.item_of(selected)
            selected = index.ids[item] if item >= 0 else ""
        shown = self._shown(selected)
        if shown.isValid():
            self.tree.setCurrentIndex(shown)
            self.tree.scrollTo(shown)
        else:
            self.tree.clearSelection()

    # ---- from the tree ----

    def _filter(self, text: str) -> None:
        self.model.set_filter(text)
        self._mirror()
        self._follow()

    def _chosen(self, index: QModelIndex) -> None:
        row = self._row(index)
        if row is None:
            return
        if self._canvas.index is not None and row.id in self._canvas.index.number:
            self._document.select(row.id)
        else:
            self._later(partial(self._document.grouping.reveal, row.id))

    def _later(self, change: Callable[[], None]) -> None:
        """In the next turn: a picture that is there already would replace the rows while the tree is still at them."""
        QTimer.singleShot(0, self, change)

    def _opened(self, index: QModelIndex, *, is_open: bool) -> None:
        """With a filter the tree is open where it has hits, which says nothing about the canvas."""
        row = self._row(index)
        if row is not None and not self._mirrors and not self.field.text() and row.is_open != is_open:
            self._later(partial(self._document.grouping.set_open, row.id, is_open))

    def _row(self, index: QModelIndex) -> Row | None:
        return self.model.row(index)

    def _shown(self, item: str) -> QModelIndex:
        return self.model.index_of(item)

    def _theme_changed(self, theme: Theme) -> None:
        side = round(16 * theme.scale)
        self.cross.setIcon(icon("close", theme))
        self.cross.setIconSize(QSize(side, side))
        self.tree.setIconSize(QSize(theme.pixels("small") - 2, theme.pixels("small") - 2))
        ratio = self.devicePixelRatioF()
        size = round((theme.pixels("small") - 2) * ratio)

        def sign(category: int, backward: bool) -> QPixmap:
            colour = theme.colour("cotangent.wire") if backward else theme.category(category)
            made = QPixmap.fromImage(sign_image(category, colour.name(), size))
            made.setDevicePixelRatio(ratio)
            return made

        self.model.sign, self.model.quiet = sign, theme.colour("text.quiet")
        self.model.warm = theme.colour("cotangent.text")
        self.tree.header().resizeSection(COUNT, theme.pixels("body") * COUNT_CHARACTERS * 6 // 10)
