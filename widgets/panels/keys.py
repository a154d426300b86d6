"""The list of keys, made from the table of commands."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from widgets.actions import CANVAS, COMMANDS, LECTURE, PLAYER, WINDOW
from widgets.panels.pieces import heading, label


class KeysDialog(QDialog):
    """Every key, by where it works."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Keys"))
        page = QWidget()
        grid = QGridLayout(page)
        grid.setContentsMargins(24, 16, 24, 24)
        grid.setHorizontalSpacing(32)
        grid.setVerticalSpacing(6)
        places = {
            WINDOW: self.tr("Anywhere"),
            CANVAS: self.tr("On the graph"),
            PLAYER: self.tr("In the player"),
            LECTURE: self.tr("In lecture mode"),
        }
        for where, title in places.items():
            rows = [(keys_text(row.keys), row.shown_text) for row in COMMANDS if row.where == where]
            if where == CANVAS:
                rows = [(self.tr("Arrows"), self.tr("Walk along the wires")), *rows]
            self._section(grid, title, rows)
        area = QScrollArea()
        area.setWidget(page)
        area.setWidgetResizable(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(area)
        self.resize(520, 620)

    def _section(self, grid: QGridLayout, title: str, rows: list[tuple[str, str]]) -> None:
        shown = heading(title)
        shown.setContentsMargins(0, 12, 0, 2)
        grid.addWidget(shown, grid.rowCount(), 0, 1, 2)
        for keys, text in rows:
            if keys:
                line = grid.rowCount()
                grid.addWidget(label(keys, "mono"), line, 0)
                grid.addWidget(label(text), line, 1)


def keys_text(keys: tuple[str, ...]) -> str:
    """All keys of a command, as the system writes them."""
    native = QKeySequence.SequenceFormat.NativeText
    return ", ".join(QKeySequence(key).toString(native) for key in keys)
