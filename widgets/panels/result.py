"""The result: the output's value and the gradient of every input, as far as the playback has come."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from explorer.capture.record import Cell
from explorer.flow.playback import PlaybackState
from explorer.graph.ir import Node
from explorer.picture.labels import value_text
from widgets.documents import Document
from widgets.panels.pieces import Elided, discard, label, mono, restyle


class ResultPanel(QFrame):
    """What is not reached says "not computed yet", never 0."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self._document = document
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(16, 12, 16, 12)
        self._column.setSpacing(4)
        self.title = Elided(role="heading")
        self._column.addWidget(self.title)
        self.value = Elided(role="value")
        self.kind = label("", "quiet")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.value)
        row.addWidget(mono(self.kind), 0, Qt.AlignmentFlag.AlignBottom)
        row.addStretch(1)
        self.value.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self._column.addLayout(row)
        self.below = mono(label("", "quiet"))
        self._column.addWidget(self.below)
        self.gradients: dict[str, Elided] = {}
        self._old = False  # numbers of the text before a mistake
        document.playback_changed.connect(self.refresh)
        document.numbers_changed.connect(self.refresh)
        document.problems_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        shown, state = self._document.shown, self._document.state()
        self.setVisible(shown is not None)
        if shown is None or state is None or shown.first not in shown.stages:
            return
        output = shown.stages[shown.first].graph.outputs
        reached = bool(output) and self._value_reached(output[0], state)
        cell = shown.output()
        there = reached and cell is not None
        self.value.setText(value_text(cell) if there else self._not_yet())
        kind = shown.stages[shown.first].graph.value_by_id[output[0]].type if there else None
        for holder, is_below in ((self.kind, False), (self.below, True)):  # beside a range there is no room for it
            holder.setText(str(kind) if kind and bool(kind.shape) == is_below else "")
            holder.setVisible(bool(holder.text()))
        self._old = self._document.is_stale and any(found.severity == "error" for found in self._document.problems)
        self.title.setText((self.tr("Result before the change") if self._old else self.tr("Result")).upper())
        restyle(self.value, "role", "value" if there and not self._old else "quiet")
        self._show_gradients(shown.inputs(), state)

    def _show_gradients(self, inputs: list[Node], state: PlaybackState) -> None:
        wanted = [node for node in inputs if node.outputs[0].type.is_float]
        names = [node.outputs[0].name or node.id for node in wanted]
        if names != list(self.gradients):
            for old in self.gradients.values():
                discard(old)
            self.gradients = {name: Elided(role="adjoint") for name in names}
            for made in self.gradients.values():
                self._column.addWidget(made)
        for name, node in zip(names, wanted, strict=True):
            text, role = self._gradient_text(node.outputs[0].id, state)
            self.gradients[name].setText(f"∂/∂{name}{text}")
            restyle(self.gradients[name], "role", "quiet" if self._old else role)

    def _gradient_text(self, value: str, state: PlaybackState) -> tuple[str, str]:
        shown = self._document.shown
        assert shown is not None
        cell: Cell | None = shown.numbers(shown.first).cotangent.get(value)
        if cell is None:
            column = shown.columns.get(shown.first, {}).get("cotangent")
            if column is None:
                return f"  {self._not_yet()}", "quiet"
            return f"  {self.tr('no path to the output')}", "quiet"
        if not self._adjoint_reached(value, state):
            return f"  {self._not_yet()}", "quiet"
        return f" = {value_text(cell)}", "adjoint"

    def _value_reached(self, value: str, state: PlaybackState) -> bool:
        """On a later stage: reached with the node that computes the same."""
        shown, stage = self._document.shown, self._document.stage
        assert shown is not None
        if stage == shown.first:
            return value in state.values
        made_by = shown.stages[shown.first].graph.producer[value].id
        same = [
            other.node
            for other in shown.counterparts(shown.first, made_by)
            if other.stage == stage and other.relation == "same"
        ]
        graph = shown.stages[stage].graph
        nodes = [
            graph.node_by_id[other] for other in same if other in graph.node_by_id
        ]  # inside a call nothing is played
        return any(made.id in state.values for node in nodes for made in node.outputs) or not nodes

    def _adjoint_reached(self, value: str, state: PlaybackState) -> bool:
        shown, stage = self._document.shown, self._document.stage
        assert shown is not None
        if stage == shown.first:
            return value in state.adjoints
        holder = shown.cotangent_id(stage, value)
        return holder in state.values if holder else state.index == state.total

    def _not_yet(self) -> str:
        return self.tr("not computed yet")
