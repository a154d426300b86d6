"""One tensor to look at: its value or its adjoint as heat map, histogram and statistics; slices, loading, saving."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QApplication,
    QGridLayout,
    QHBoxLayout,
    QSlider,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from explorer.capture.record import FULL_CELL_LIMIT, Cell, Summary
from explorer.picture.labels import exact_text, number_text, size_text
from explorer.picture.planes import Plane, plane_of
from explorer.worker.requests import MOST_ARRAY_BYTES
from widgets.canvas.facts import byte_count
from widgets.panels.pieces import Elided, Link, button, discard, label
from widgets.results import ArrayKey
from widgets.tensors.colours import Scale
from widgets.tensors.heatmap import HeatMap
from widgets.tensors.histogram import HistogramChart
from widgets.tensors.legend import Legend
from widgets.tensors.statistics import StatisticsTable
from widgets.theme import Theme


@dataclass
class Looking:
    """What stays as it was chosen while numbers change and other cards are selected."""

    column: str = "value"
    places: dict[str, tuple[int, ...]] = field(default_factory=dict)  # value id -> indices of the leading dimensions


@dataclass(frozen=True, slots=True)
class Tensor:
    """What there is of one array: all of it or a Summary, and its statistics. Without `can_load` nobody can be asked
    for the rest.
    """

    key: ArrayKey
    cell: Cell
    known: Summary
    is_loading: bool = False
    can_load: bool = True

    @property
    def is_whole(self) -> bool:
        return not isinstance(self.cell, Summary)

    @property
    def bytes(self) -> int:
        """Of the whole array."""
        return byte_count(self.cell)


class TensorView(QWidget):
    """`tensors` holds the value and, where it is there, the `cotangent`. `load` and `save` carry the ArrayKey."""

    load = Signal(object)
    save = Signal(object)

    def __init__(
        self, tensors: Mapping[str, Tensor], looking: Looking, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._tensors, self._looking, self._theme = tensors, looking, theme
        self._plane: Plane | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(6)
        self.choices = self._make_choices(column)
        self._body = QWidget()
        column.addWidget(self._body)
        self._fill()

    @property
    def shown(self) -> str:
        """`value` or `cotangent`."""
        return self._looking.column if self._looking.column in self._tensors else "value"

    @property
    def key(self) -> ArrayKey:
        """Which array is on view."""
        return self._tensor.key

    @property
    def _tensor(self) -> Tensor:
        return self._tensors[self.shown]

    # ---- making ----

    def _make_choices(self, column: QVBoxLayout) -> dict[str, QToolButton]:
        """A switch between value and adjoint where there are both."""
        if len(self._tensors) < 2:
            return {}
        row = QHBoxLayout()
        row.setSpacing(4)
        made = {}
        for name, title in (("value", self.tr("value")), ("cotangent", self.tr("adjoint"))):
            made[name] = button("pill", checkable=True)
            made[name].setText(title)
            made[name].clicked.connect(lambda _checked, chosen=name: self.choose(chosen))
            row.addWidget(made[name])
        row.addStretch(1)
        column.addLayout(row)
        return made

    def _fill(self) -> None:
        """The pictures and numbers of the one that is shown."""
        for name, choice in self.choices.items():
            choice.setChecked(name == self.shown)
        tensor, theme = self._tensor, self._theme
        self._column = QVBoxLayout(self._body)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self.map, self.legend, self.histogram = HeatMap(), Legend(), HistogramChart()
        self.statistics = StatisticsTable()
        self.caption = Elided("", "small")
        self.axes: list[QSlider] = []
        self._column.addWidget(self.map)
        self._column.addWidget(self.caption)
        self._add_loading(tensor)
        self._add_axes(tensor)
        self._column.addWidget(self.legend)
        self._column.addSpacing(4)
        self._column.addWidget(self.histogram)
        self._column.addWidget(self.statistics)
        self._add_actions(tensor)
        self.map.pointed.connect(self._point)
        self.histogram.show_histogram(tensor.known.histogram, theme, adjoint=self.shown == "cotangent")
        self.statistics.show_statistics(tensor.known, theme)
        self.legend.show_scale(Scale.of(tensor.known), theme)
        self._draw()

    def _add_axes(self, tensor: Tensor) -> None:
        """A slider for each dimension before the last two."""
        leading = tensor.cell.shape[:-2] if tensor.is_whole else ()
        place = self._looking.places.get(self.key.id, ())
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        for axis, side in enumerate(leading):
            name = self.tr("axis %1").replace("%1", str(axis))
            slider, box = QSlider(Qt.Orientation.Horizontal), QSpinBox()
            for part in (slider, box):
                part.setRange(0, side - 1)
                part.setValue(place[axis] if axis < len(place) else 0)
                part.setAccessibleName(name)
            slider.valueChanged.connect(box.setValue)
            box.valueChanged.connect(slider.setValue)
            slider.valueChanged.connect(self._slice)
            for column, made in enumerate((label(name, "small"), slider, box)):
                grid.addWidget(made, axis, column)
            self.axes.append(slider)
        self._column.addLayout(grid)

    def _add_loading(self, tensor: Tensor) -> None:
        """Where only a summary is here: a way to all the numbers, or why there is none."""
        size, whole = tensor.bytes, tensor.is_whole
        self.load_button = Link(self._load_text(tensor))
        self.load_button.setEnabled(not tensor.is_loading)
        self.load_button.setVisible(not whole and tensor.can_load and size <= MOST_ARRAY_BYTES)
        self.load_button.clicked.connect(lambda: self.load.emit(self.key))
        text = self.tr("%1: more than the %2 that are loaded here")
        text = text.replace("%1", size_text(size)).replace("%2", size_text(MOST_ARRAY_BYTES))
        self.too_large = label(text, "small", wrap=True)
        self.too_large.setVisible(not whole and size > MOST_ARRAY_BYTES)
        self._column.addWidget(self.load_button)
        self._column.addWidget(self.too_large)

    def _add_actions(self, tensor: Tensor) -> None:
        whole = tensor.is_whole
        self.save_button = Link(self.tr("Save as .npy…"))
        self.save_button.setVisible(whole or (tensor.can_load and tensor.bytes <= MOST_ARRAY_BYTES))
        self.save_button.clicked.connect(lambda: self.save.emit(self.key))
        self.copy_button = Link(self.tr("Copy"))
        self.copy_button.setToolTip(self.tr("All numbers as text, every digit"))
        self.copy_button.setVisible(whole and math.prod(tensor.cell.shape) <= FULL_CELL_LIMIT)
        self.copy_button.clicked.connect(self.copy)
        row = QHBoxLayout()
        row.addWidget(self.save_button, 1)
        row.addWidget(self.copy_button, 1)
        self._column.addLayout(row)

    def _load_text(self, tensor: Tensor) -> str:
        if tensor.is_loading:
            return self.tr("Loading …")
        text = self.tr("Load all %1 numbers (%2)")
        return text.replace("%1", number_text(math.prod(tensor.cell.shape))).replace("%2", size_text(tensor.bytes))

    # ---- doing ----

    def choose(self, column: str) -> None:
        """Show the value or the adjoint."""
        self._looking.column = column
        old, self._body = self._body, QWidget()
        self.layout().replaceWidget(old, self._body)
        discard(old)
        self._fill()
        self._body.show()

    def copy(self) -> None:
        """All numbers as text to the clipboard."""
        QApplication.clipboard().setText(exact_text(self._tensor.cell))

    def _slice(self) -> None:
        self._looking.places[self.key.id] = tuple(axis.value() for axis in self.axes)
        self._draw()

    def _draw(self) -> None:
        place = self._looking.places.get(self.key.id, ())
        self._plane = plane_of(self._tensor.cell, place)
        if self._plane is not None:
            self.map.show_plane(self._plane, Scale.of(self._tensor.known), self._theme)
        self._point(-1, -1)

    def _point(self, row: int, column: int) -> None:
        """What is under the mouse or the keyboard's mark; else what of the tensor is drawn."""
        plane = self._plane
        if plane is None:
            return
        if row < 0:
            share = self.map.share * plane.steps[0] * plane.steps[1]
            part = self.tr("1 number in %1 is drawn").replace("%1", number_text(round(share))) if share > 1 else ""
            self.caption.setText("  ".join(text for text in (plane.text, part) if text))
            return
        index = ", ".join(map(str, plane.index(row, column)))
        self.caption.setText(f"[{index}] = {number_text(plane.matrix[row, column].item())}")
