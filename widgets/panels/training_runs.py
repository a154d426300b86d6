"""The runs made so far, side by side: how far down each got, and on what."""

from __future__ import annotations

import math

from PySide6.QtCore import QModelIndex, QSize, Qt
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QSizePolicy,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from explorer.adapters import framework
from explorer.training.choices import mode
from explorer.training.config import RunConfig
from explorer.training.models import title
from explorer.training.record import RunRecord
from explorer.training.trained_text import short_name
from widgets.plots.scales import figure, grouped
from widgets.theme import Theme

MODEL, FRAMEWORK, PARAMETERS, TRAINING, VALIDATION, SPEED = range(6)
MARKED = Qt.ItemDataRole.UserRole
LEAST_NEEDED = (PARAMETERS, SPEED, FRAMEWORK)  # left out in this order where there is no room


class MarkedRow(QStyledItemDelegate):
    """A tint behind the cells of the marked row; a style sheet keeps Qt from painting an item's own background."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        if index.data(MARKED):
            painter.fillRect(option.rect, self.theme.colour("surface.chosen"))
        super().paint(painter, option, index)


class RunsTable(QTableWidget):
    """One row per finished run, the newest marked; an overfit run has a second row for its best step."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(0, 6, parent)
        self.records: list[RunRecord] = []
        self._theme = theme
        self._marked_row = MarkedRow(theme, self)
        self.setItemDelegate(self._marked_row)
        names = (
            self.tr("model"), self.tr("framework"), self.tr("parameters"), self.tr("training"),
            self.tr("validation"), self.tr("steps/s"),
        )  # fmt: skip
        self.setHorizontalHeaderLabels(names)
        for column in range(6):
            side = Qt.AlignmentFlag.AlignLeft if column < PARAMETERS else Qt.AlignmentFlag.AlignRight
            self.horizontalHeaderItem(column).setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(MODEL, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(24)
        header.setHighlightSections(False)
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(self.tr("Runs"))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Maximum)
        self.set_theme(theme)

    def add(self, record: RunRecord) -> None:
        """Put a finished run at the end and mark it."""
        self.records.append(record)
        self._rebuild()
        self.scrollToBottom()

    def set_theme(self, theme: Theme) -> None:
        self._theme = self._marked_row.theme = theme
        self.setStyleSheet(
            "QTableView { background: transparent; } QTableView::item { padding: 2px 4px; }"
            "QHeaderView, QHeaderView::section { background: transparent; } QHeaderView::section { padding: 2px 7px; }"
        )
        self.verticalHeader().setDefaultSectionSize(round(theme.pixels("body") * 2.1))
        self._rebuild()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_columns()

    def _rebuild(self) -> None:
        self.setRowCount(0)
        for record in self.records:
            is_newest = record is self.records[-1]
            self._add_row(_run_cells(record), marked=is_newest, blue=record.diagnosis.overfits)
            if record.diagnosis.overfits:
                self._add_row(self._best_cells(record), marked=False, blue=False)
        self._fit_columns()
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """As high as its rows: what stands below moves up to them."""
        rows = self.rowCount() * self.verticalHeader().defaultSectionSize()
        return QSize(200, self.horizontalHeader().sizeHint().height() + rows + 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, min(self.sizeHint().height(), 3 * self.verticalHeader().defaultSectionSize()))

    def _best_cells(self, record: RunRecord) -> tuple[str, ...]:
        best = record.best_step
        name = self.tr("   at step {step}").format(step=grouped(best))
        parameters = str(record.parameters)
        return name, "", parameters, figure(record.train[best]), figure(record.validation[best]), "–"

    def _add_row(self, cells: tuple[str, ...], *, marked: bool, blue: bool) -> None:
        row = self.rowCount()
        self.insertRow(row)
        names = [self.horizontalHeaderItem(column).text() for column in range(len(cells))]
        everything = "\n".join(f"{name}: {text.strip()}" for name, text in zip(names, cells, strict=True) if text)
        for column, text in enumerate(cells):
            item = QTableWidgetItem(text)
            side = Qt.AlignmentFlag.AlignLeft if column < PARAMETERS else Qt.AlignmentFlag.AlignRight
            item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
            item.setFont(self._theme.font("mono" if column >= PARAMETERS else "sans", "small"))
            item.setForeground(self._theme.colour("text.chosen" if blue and column == VALIDATION else "text.strong"))
            item.setData(MARKED, marked)
            item.setToolTip(everything)  # also what there is no room for
            self.setItem(row, column, item)

    def _fit_columns(self) -> None:
        """Leave out what is needed least until the model's name has room."""
        for column in (*LEAST_NEEDED, TRAINING):
            self.setColumnHidden(column, False)
        room = self.viewport().width()
        widths = [
            max(self.sizeHintForColumn(column), self.horizontalHeader().sectionSizeHint(column)) for column in range(6)
        ]
        for column in LEAST_NEEDED:
            if sum(width for index, width in enumerate(widths) if not self.isColumnHidden(index)) <= room:
                return
            self.setColumnHidden(column, True)
        name = min(widths[MODEL], 9 * self._theme.pixels("body"))
        if room - widths[TRAINING] - widths[VALIDATION] < name / 2:
            self.setColumnHidden(TRAINING, True)


def _run_cells(record: RunRecord) -> tuple[str, ...]:
    speed = grouped(round(record.steps_per_second)) if record.steps_per_second else "–"
    name = short_name(record.source) or title(record.config)
    return (
        name, where(record.config), str(record.parameters or "–"), figure(record.train[-1]),
        _or_dash(record.validation[-1]), speed,
    )  # fmt: skip


def where(config: RunConfig) -> str:
    """The framework, and the mode where it is not the usual one."""
    name = framework(config.framework).title
    return f"{name} · {mode(config.mode, config.framework).title}" if config.mode else name


def _or_dash(loss: float) -> str:
    return "–" if math.isnan(loss) else figure(loss)
