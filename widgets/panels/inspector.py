"""One node in words and numbers; without a selection, the graph as a whole."""

from __future__ import annotations

import math
import re
from collections import Counter

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QFormLayout, QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from explorer.adapters import framework
from explorer.capture.ops import describe
from explorer.capture.provenance import Counterpart
from explorer.capture.record import Absence, Stage
from explorer.flow.formulas import formula, name_of, shares_sum
from explorer.flow.playback import PlaybackState
from explorer.graph.ir import INPUT_OP, Node
from explorer.graph.roles import BACKWARD_ROLES
from explorer.messages import sentence
from explorer.picture.labels import number_text, size_text, value_text
from explorer.picture.scene import Scene
from explorer.worker.events import Ready
from widgets.documents import Document
from widgets.panels.inspector_places import InspectorPlaces
from widgets.panels.pieces import Elided, Link, form_layout, heading, label, mono
from widgets.results import ArrayKey, bytes_of
from widgets.tensors.view import Looking, Tensor, TensorView
from widgets.theme import Themes

MOST_COUNTERPARTS = 12


class Inspector(InspectorPlaces, QScrollArea):
    """Built anew when the selection changes; numbers in place while the playback moves.

    `save_asked` carries the ArrayKey of a tensor that is to be saved.
    """

    save_asked = Signal(object)

    def __init__(self, document: Document, themes: Themes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document, self._themes = document, themes
        self._looking = Looking()
        self.tensor: TensorView | None = None
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.rows: dict[str, QLabel] = {}
        document.session_changed.connect(self._session_changed)
        document.playback_changed.connect(self.refresh)
        document.capturing.arrays_changed.connect(self.refresh)
        document.scene_changed.connect(self._scene_changed)
        themes.changed.connect(self.refresh)
        self.refresh()

    def _session_changed(self, changed: frozenset[str]) -> None:
        if changed & {"selection", "stage"}:
            self.refresh()

    def _scene_changed(self, scene: Scene) -> None:
        """A group that is selected may have opened or closed."""
        if self._document.selected in scene.outline.ids:
            self.refresh()

    def refresh(self, *_: object) -> None:
        """What is selected, else the graph."""
        self.rows, self.tensor = {}, None
        page = QFrame()
        page.setProperty("role", "panel")
        page.setMinimumWidth(1)  # as wide as the area, whatever it holds
        self._column = QVBoxLayout(page)
        self._column.setContentsMargins(16, 16, 16, 16)
        self._column.setSpacing(8)
        shown, state = self._document.shown, self._document.state()
        if shown is not None and state is not None:
            stage = shown.stages[self._document.stage]
            self._show(stage, state)
        self._column.addStretch(1)
        place = self.verticalScrollBar().value()
        self.setWidget(page)
        self.verticalScrollBar().setValue(place)

    def _show(self, stage: Stage, state: PlaybackState) -> None:
        shown, selected = self._document.shown, self._document.selected
        assert shown is not None
        node, scene = shown.node(stage.key, selected), shown.scenes.get(stage.key)
        if node is None and scene is not None and selected in scene.outline.ids:
            self._show_group(scene, selected)
        elif node is None:
            self._show_graph(stage)
        elif selected in stage.graph.node_by_id:
            self._show_node(stage, node, state)
        else:
            self._show_inside(stage, node, selected)

    # ---- one node ----

    def _show_node(self, stage: Stage, node: Node, state: PlaybackState) -> None:
        shown = self._document.shown
        assert shown is not None
        entry = describe(shown.source.framework, node)
        title = node.outputs[0].name or node.id if node.op == INPUT_OP and node.outputs else node.op
        self._title(title, entry.word or node.role)
        if entry.sentence:
            self._column.addWidget(label(entry.sentence, "quiet", wrap=True))
        self._formula(stage, node, state)
        self._values(stage, node, state)
        self._tensor(stage, node, state)
        self._facts(stage, node)
        self._others(shown.counterparts(stage.key, node.id), shown.absences(stage.key, node.id))

    def _title(self, text: str, word: str) -> None:
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(mono(Elided(text, "title"), weight=600), 1)
        if word and word != text:
            row.addWidget(label(word, "quiet"))
        self._column.addLayout(row)

    def _formula(self, stage: Stage, node: Node, state: PlaybackState) -> None:
        shown = self._document.shown
        assert shown is not None
        numbers = shown.numbers(stage.key)
        lines = [formula(stage.graph, shown.source.framework, node, numbers, number_text, state)]
        for value in node.outputs:
            if value.id in state.adjoints:
                total = shares_sum(stage.graph, value.id, numbers, number_text)
                lines.append(f"∂/∂{name_of(stage.graph, value.id)} = {total}" if total else "")
        text = "\n".join(line for line in lines if line)
        if text:
            made = label(breakable(text), "formula", wrap=True)
            self._column.addWidget(made)
            self.rows["formula"] = made

    def _values(self, stage: Stage, node: Node, state: PlaybackState) -> None:
        """The numbers of every output, and of what type they are."""
        form = form_layout()
        for value in node.outputs:
            self._numbers(form, stage, value.id, state)
            size = bytes_of(value.type.shape, value.type.dtype)
            self._row(
                form, "type", self.tr("type"), f"{value.type}" + (f" · {size_text(size)}" if size is not None else "")
            )
        self._column.addLayout(form)

    def _facts(self, stage: Stage, node: Node) -> None:
        form = form_layout()
        shown = self._document.shown
        whose = shown.primals_of(stage.key, node.id) if shown and node.role in BACKWARD_ROLES else []
        if whose:
            self._row(form, "adjoint of", self.tr("adjoint of"), ", ".join(whose))
        self._row(form, "role", self.tr("role"), node.role)
        self._row(form, "id", self.tr("name"), node.id)
        if node.span:
            self._row(form, "source", self.tr("source"), place_text(node.span.line, node.span.column))
        self._column.addLayout(form)

    def _numbers(self, form: QFormLayout, stage: Stage, value: str, state: PlaybackState) -> None:
        shown = self._document.shown
        assert shown is not None
        numbers = shown.numbers(stage.key)
        cell = numbers.value.get(value)
        there = value in state.values and cell is not None
        self._row(form, "value", self.tr("value"), value_text(cell) if there else self.tr("not computed yet"))
        if stage.key != shown.first or not stage.graph.value_by_id[value].type.is_float:
            return
        cell = numbers.cotangent.get(value)
        playback = self._document.playback
        if playback is not None and value not in playback.adjoint_step:
            self._row(form, "adjoint", self.tr("adjoint"), self.tr("no path to the output"))
        elif value in state.adjoints and cell is not None:
            self._row(form, "adjoint", self.tr("adjoint"), value_text(cell), "adjoint")
        else:
            self._row(form, "adjoint", self.tr("adjoint"), self.tr("not computed yet"))

    def _tensor(self, stage: Stage, node: Node, state: PlaybackState) -> None:
        """The first of the node's outputs that is more than one number, as far as the playback has come."""
        shown = self._document.shown
        assert shown is not None
        for value in node.outputs:
            reached = {"value": value.id in state.values, "cotangent": value.id in state.adjoints}
            keys = [ArrayKey(stage.key, column, value.id) for column, there in reached.items() if there]
            tensors = {key.column: made for key in keys if (made := self._seen(key)) is not None}
            if "value" in tensors and math.prod(tensors["value"].cell.shape) > 1:
                self._add_tensor(tensors)
                return

    def _seen(self, key: ArrayKey) -> Tensor | None:
        shown, capturing = self._document.shown, self._document.capturing
        assert shown is not None
        cell, known = shown.cell(key), shown.statistics(key)
        if cell is None or known is None:
            return None
        return Tensor(key, cell, known, is_loading=capturing.is_loading(key), can_load=self._document.can_load)

    def _add_tensor(self, tensors: dict[str, Tensor]) -> None:
        self.tensor = TensorView(tensors, self._looking, self._themes.current)
        self.tensor.load.connect(self._load)
        self.tensor.save.connect(self.save_asked)
        self._column.addWidget(self.tensor)

    def _load(self, key: ArrayKey) -> None:
        self._document.load_array(key)
        self.refresh()

    def _row(self, form: QFormLayout, key: str, name: str, text: str, role: str = "mono") -> None:
        shown = label(text, role, wrap=True) if " " in text else Elided(text, role)
        shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        form.addRow(label(name, "quiet"), shown)
        self.rows[key] = shown

    def _others(self, others: list[Counterpart], absent: list[tuple[str, Absence]]) -> None:
        """Links to the counterparts, and why there is none of its own."""
        if not others and not absent:
            return
        self._column.addSpacing(8)
        self._column.addWidget(heading(self.tr("In the other stages")))
        for other in others[:MOST_COUNTERPARTS]:
            self._column.addWidget(self._link(other))
        if len(others) > MOST_COUNTERPARTS:
            more = self.tr("and %1 more").replace("%1", str(len(others) - MOST_COUNTERPARTS))
            self._column.addWidget(label(more, "small"))
        for stage, why in absent:
            self._column.addWidget(label(f"{stage} · {sentence(why.code, why.params)}", "small", wrap=True))

    def _link(self, other: Counterpart) -> Link:
        relations = {
            "same": self.tr("the same"),
            "cotangent": self.tr("its cotangent"),
            "share": self.tr("a share of its cotangent"),
            "residual": self.tr("kept for the way back"),
        }
        made = Link(f"{other.stage} · {other.node} · {relations[other.relation]}")
        if other.evidence == "guess":
            made.setToolTip(self.tr("found by comparing, not recorded by the framework"))
        made.clicked.connect(lambda: self._document.go_to(other.stage, other.node))
        return made

    # ---- the whole graph ----

    def _show_graph(self, stage: Stage) -> None:
        shown = self._document.shown
        assert shown is not None
        entry = framework(shown.source.framework)
        found = entry.stage(stage.key)
        self._title(found.title if found else stage.key, entry.title)
        self._column.addWidget(label(self.tr("Click a card to see what it computes."), "quiet", wrap=True))
        form = form_layout()
        roles = Counter(node.role for node in stage.graph.nodes)
        self._row(form, "nodes", self.tr("nodes"), str(len(stage.graph.nodes)))
        for role, count in roles.items():
            self._row(form, f"role {role}", role, str(count))
        self._row(form, "seconds", self.tr("traced in"), f"{stage.seconds * 1000:.0f} ms")
        self._row(form, "recorded", self.tr("numbers kept"), size_text(shown.recorded_bytes()).replace(" ", "\u00a0"))
        if shown.device:
            self._row(form, "device", self.tr("ran on"), shown.device)
        answer = self._document.capturing.readiness.get(entry.key)
        if isinstance(answer, Ready):
            self._row(form, "version", entry.title, answer.version)
        self._column.addLayout(form)


def breakable(text: str) -> str:
    """`text` with places where a long name may go on in the next line."""
    return re.sub(r"([_,/(])(?=[^\W\d])", "\\1\u200b", text)


def place_text(line: int, column: int) -> str:
    """A place in the source, in words; without a column (0), its line."""
    if not column:
        return QCoreApplication.translate("Places", "line %1").replace("%1", str(line))
    text = QCoreApplication.translate("Places", "line %1, column %2")
    return text.replace("%1", str(line)).replace("%2", str(column))
