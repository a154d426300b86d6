"""The inputs table: a slider and a number for each scalar, VALUE text for each tensor."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLineEdit, QSlider, QVBoxLayout, QWidget

from explorer.capture.inputs import GENERATORS
from explorer.input_rows import SLIDER_STEPS, InputRow, position_of, value_at
from widgets.documents import Document
from widgets.panels.pieces import Elided, discard, heading, restyle


class Row:
    """One row's widgets. A slider is there where the VALUE is one number."""

    def __init__(self, name: str, *, has_slider: bool, panel: InputsPanel) -> None:
        self.name = Elided(name, "mono")
        self.name.setSizePolicy(
            self.name.sizePolicy().horizontalPolicy().Fixed, self.name.sizePolicy().verticalPolicy()
        )
        self.field = QLineEdit()
        self.field.setMinimumWidth(40)
        self.field.setProperty("kind", "number" if has_slider else "value")
        self.field.setAccessibleName(name)
        self.field.setToolTip(panel.value_help())
        self.field.editingFinished.connect(lambda: panel.edited(name, self.field.text()))
        self.slider = QSlider(Qt.Orientation.Horizontal) if has_slider else None
        if self.slider:
            self.slider.setRange(0, SLIDER_STEPS)
            self.slider.setPageStep(SLIDER_STEPS // 20)
            self.slider.setAccessibleName(name)
            self.slider.setMinimumSize(40, 22)
            self.slider.valueChanged.connect(lambda position: panel.slid(name, position))
            self.slider.sliderReleased.connect(panel.released)

    def show(self, row: InputRow) -> None:
        """Take over the row's VALUE; what is being typed is left alone."""
        if not self.field.hasFocus() or row.form is not None:
            self.field.setText(row.value)
            self.field.setCursorPosition(0)
        self.field.setPlaceholderText(row.own)
        restyle(self.field, "wrong", row.form is None)
        if self.slider and row.range and row.form and row.form.number is not None:
            self.slider.setToolTip(f"{row.range[0]:g} … {row.range[1]:g}")
            if not self.slider.isSliderDown():
                with QSignalBlocker(self.slider):
                    self.slider.setValue(position_of(row.form.number, row.range))


class InputsPanel(QFrame):
    """Follows the free names of the text."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self._document = document
        self.rows: dict[str, Row] = {}
        self._shape: list[tuple[str, bool]] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addWidget(heading(self.tr("Inputs")))
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnStretch(1, 1)
        column.addLayout(self._grid)
        document.inputs_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        table = self._document.input_rows()
        shape = [(row.name, row.range is not None) for row in table]
        if shape != self._shape:
            self._rebuild(shape)
        for row in table:
            self.rows[row.name].show(row)
        self.setVisible(bool(table))

    def value_help(self) -> str:
        made = ", ".join(GENERATORS)
        return self.tr(
            "A number, a list such as [1.0, 2.0], or a generator: %1. Add :float64 for another dtype."
        ).replace("%1", made)

    def slid(self, name: str, position: int) -> None:
        row = next(row for row in self._document.input_rows() if row.name == name)
        if row.range:
            self._document.set_input(name, value_at(position, row.range, row.value))

    def released(self) -> None:
        """One drag is one step of undo."""
        self._document.session.checkpoint()

    def edited(self, name: str, text: str) -> None:
        self._document.session.checkpoint()
        if text.strip() or any(row.own for row in self._document.input_rows() if row.name == name):
            self._document.set_input(name, text.strip())

    def _rebuild(self, shape: list[tuple[str, bool]]) -> None:
        while item := self._grid.takeAt(0):
            discard(item.widget())
        self._shape = shape
        self.rows = {name: Row(name, has_slider=has_slider, panel=self) for name, has_slider in shape}
        widest = max((row.name.sizeHint().width() for row in self.rows.values()), default=0)
        for position, row in enumerate(self.rows.values()):
            row.name.setFixedWidth(min(widest, 96))
            self._grid.addWidget(row.name, position, 0)
            if row.slider:
                self._grid.addWidget(row.slider, position, 1)
                row.field.setFixedWidth(row.field.fontMetrics().horizontalAdvance("-0000.00") + 20)
                row.field.setAlignment(Qt.AlignmentFlag.AlignRight)
                self._grid.addWidget(row.field, position, 2)
            else:
                self._grid.addWidget(row.field, position, 1, 1, 2)
