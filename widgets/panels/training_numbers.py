"""The parameters of a text that trains, one row each: the number of a scalar, the size of an array."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QSizePolicy, QTableWidget, QTableWidgetItem, QWidget

from explorer.training.config import Parameter
from widgets.theme import Theme

NAME, SHAPE, VALUE = range(3)


class NumbersTable(QTableWidget):
    """Rows stay while numbers change; a name that is new makes the table anew."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(0, 3, parent)
        self._theme = theme
        self._shown: tuple[Parameter, ...] = ()
        self.setHorizontalHeaderLabels((self.tr("name"), self.tr("shape"), self.tr("value")))
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        for column, side in ((NAME, Qt.AlignmentFlag.AlignLeft), (VALUE, Qt.AlignmentFlag.AlignRight)):
            self.horizontalHeaderItem(column).setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(self.tr("Parameters"))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.set_theme(theme)

    def show_numbers(self, parameters: Sequence[Parameter]) -> None:
        """The parameters as they are at one step; nan stands for what is not computed yet."""
        before, self._shown = self._shown, tuple(parameters)
        if [each.name for each in before] != [each.name for each in parameters]:
            self._rebuild()
        for row, each in enumerate(parameters):
            item = self.item(row, VALUE)
            item.setText(_figure(each))
            item.setToolTip(self._words(each))

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.setStyleSheet(
            "QTableView { background: transparent; } QTableView::item { padding: 2px 4px; }"
            "QHeaderView, QHeaderView::section { background: transparent; } QHeaderView::section { padding: 2px 7px; }"
        )
        self.verticalHeader().setDefaultSectionSize(round(theme.pixels("body") * 2.1))
        shown, self._shown = self._shown, ()
        self.show_numbers(shown)

    def _words(self, parameter: Parameter) -> str:
        if math.isnan(parameter.value):
            return self.tr("not computed yet")
        if not parameter.shape:
            return f"{parameter.value!r}"
        text = self.tr("{size}: the root of the sum of its squares")
        return text.format(size=f"{parameter.value!r}")

    def _rebuild(self) -> None:
        self.setRowCount(0)
        self.setColumnHidden(SHAPE, not any(each.shape for each in self._shown))
        for row, each in enumerate(self._shown):
            self.insertRow(row)
            for column, text in enumerate((each.name, str(list(each.shape)) if each.shape else "", "")):
                item = QTableWidgetItem(text)
                side = Qt.AlignmentFlag.AlignRight if column == VALUE else Qt.AlignmentFlag.AlignLeft
                item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
                item.setFont(self._theme.font("mono", "small" if column == SHAPE else "body"))
                item.setForeground(self._theme.colour("text.quiet" if column == SHAPE else "text.strong"))
                item.setToolTip(text)
                self.setItem(row, column, item)


def _figure(parameter: Parameter) -> str:
    """Six figures of a number, `‖four‖` of the size of an array, a dash for what is not computed yet."""
    if math.isnan(parameter.value):
        return "–"
    return f"‖{parameter.value:.4g}‖" if parameter.shape else f"{parameter.value:.6g}"
