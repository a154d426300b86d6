"""What the inspector says of a group, and of a node inside a graph that another one calls. A mixin of the inspector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.capture.ops import describe
from explorer.capture.record import Stage
from explorer.graph.ir import Node
from explorer.graph.places import own_id
from explorer.picture.labels import number_text, value_text
from explorer.picture.scene import Scene
from widgets.grouping import inner, open_ids
from widgets.panels.pieces import form_layout, label

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget as _Base
else:
    _Base = object


class InspectorPlaces(_Base):
    """Expects an `Inspector`: its column, title and rows."""

    _document: Any
    _column: Any

    def _show_group(self, scene: Scene, group: str) -> None:
        outline = scene.outline
        row = outline.ids.index(group)
        is_open = group in open_ids(outline)
        self._title(outline.title[row], outline.word[row])
        told = self.tr("A group of operations. Enter or a double click opens it where it stands.")
        if is_open:
            told = self.tr("A group of operations, open. Enter or a double click on its header closes it.")
        self._column.addWidget(label(told, "quiet", wrap=True))
        form = form_layout()
        self._row(form, "nodes", self.tr("nodes"), number_text(int(outline.count[row])))
        groups = inner(outline, group)
        if groups:
            self._row(form, "groups", self.tr("groups inside"), number_text(len(groups)))
        card = scene.card_of(group)
        if card >= 0 and len(scene.repeats) and scene.repeats[card] > 1:
            self._row(form, "repeats", self.tr("alike blocks"), number_text(int(scene.repeats[card])))
        if card >= 0:
            ends = scene.wire_ends
            for key, name, side, other in (("into", self.tr("reads from"), 1, 0), ("out", self.tr("read by"), 0, 1)):
                cards = np.unique(ends[ends[:, side] == card, other]).tolist()
                if cards:
                    self._row(form, key, name, ", ".join(dict.fromkeys(scene.title[each] for each in cards)))
        self._row(form, "id", self.tr("name"), group)
        self._column.addLayout(form)

    def _show_inside(self, stage: Stage, node: Node, place: str) -> None:
        """A node of a called graph: its numbers have ids that begin with the way there."""
        shown = self._document.shown
        entry = describe(shown.source.framework, node)
        self._title(node.op, entry.word or node.role)
        if entry.sentence:
            self._column.addWidget(label(entry.sentence, "quiet", wrap=True))
        form = form_layout()
        way, numbers = place.removesuffix(own_id(place)), shown.numbers(stage.key)
        for value in node.outputs:
            cell = numbers.value.get(way + value.id)
            if cell is not None:
                self._row(form, "value", self.tr("value"), value_text(cell))
            self._row(form, "type", self.tr("type"), str(value.type))
        self._row(form, "role", self.tr("role"), node.role)
        self._row(form, "id", self.tr("name"), place)
        self._column.addLayout(form)
        self._others(shown.counterparts(stage.key, place), shown.absences(stage.key, place))
