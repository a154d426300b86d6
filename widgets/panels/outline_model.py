"""The groups of the graph as a tree for Qt, the nodes of open groups as its leaves. Made of the Scene on the canvas.

The filter is in here: a proxy in Python's way asks for every row many times over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QPixmap

from explorer.graph.scopes import BACKWARD
from explorer.picture.labels import number_text
from widgets.canvas.index import SceneIndex

NAME, COUNT = 0, 1  # columns
Index = QModelIndex | QPersistentModelIndex
Sign = Callable[[int, bool], QPixmap]  # of a category, of the way back or not


@dataclass(slots=True)
class Row:
    """A group, or the node of a card. `parent` is the number of the row around it, `place` where it stands in there."""

    id: str
    title: str
    word: str
    count: int  # nodes inside, 0 for a node
    category: int = -1
    is_open: bool = False
    backward: bool = False
    parent: int = -1
    place: int = 0
    children: list[int] = field(default_factory=list)


class OutlineModel(QAbstractItemModel):
    """Read only. Rows are numbered; the internal id of an index is its row's number."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: list[Row] = []
        self._filter = ""
        self.rows: list[Row] = []  # those that the filter leaves
        self.number: dict[str, int] = {}
        self._top: list[int] = []
        self.sign: Sign | None = None
        self.quiet: Any = None  # the colour of counts
        self.warm: Any = None  # that of the way back

    def set_index(self, index: SceneIndex | None) -> None:
        """Show what is on the canvas; None for nothing."""
        self._all = _rows(index) if index is not None else []
        self._fill()

    def set_filter(self, text: str) -> None:
        """Leave the rows whose title, word or id holds `text`, and what is around them."""
        self._filter = text.casefold()
        self._fill()

    def _fill(self) -> None:
        self.beginResetModel()
        self.rows = _left_by(self._all, self._filter)
        self.number = {row.id: number for number, row in enumerate(self.rows)}
        self._top = []
        for number, row in enumerate(self.rows):
            siblings = self.rows[row.parent].children if row.parent >= 0 else self._top
            row.place = len(siblings)
            siblings.append(number)
        self.endResetModel()

    def index_of(self, item: str) -> QModelIndex:
        """Where a group or node is; an invalid index where it is not."""
        number = self.number.get(item, -1)
        return self.createIndex(self.rows[number].place, NAME, number) if number >= 0 else QModelIndex()

    def row(self, index: Index) -> Row | None:
        return self.rows[index.internalId()] if index.isValid() else None

    # Qt

    def index(self, place: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008 - Qt's own
        children = self._children(parent)
        return self.createIndex(place, column, children[place]) if 0 <= place < len(children) else QModelIndex()

    def parent(self, index: Index) -> QModelIndex:  # type: ignore[override]
        around = self.rows[index.internalId()].parent if index.isValid() else -1
        return self.createIndex(self.rows[around].place, NAME, around) if around >= 0 else QModelIndex()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own
        return len(self._children(parent)) if parent.column() <= NAME else 0

    def columnCount(self, _parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own
        return 2

    def hasChildren(self, parent: Index = QModelIndex()) -> bool:  # noqa: B008 - Qt's own
        """A closed group has some, though they are known only once it is open."""
        row = self.row(parent)
        return bool(self._top) if row is None else row.count > 0 and parent.column() == NAME

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.row(index)
        if row is None:
            return None
        match role:
            case Qt.ItemDataRole.DisplayRole if index.column() == NAME:
                return row.title
            case Qt.ItemDataRole.DisplayRole:
                return number_text(row.count) if row.count else ""
            case Qt.ItemDataRole.DecorationRole if index.column() == NAME and row.category >= 0 and self.sign:
                return self.sign(row.category, row.backward)
            case Qt.ItemDataRole.ForegroundRole if row.backward and index.column() == NAME:
                return self.warm
            case Qt.ItemDataRole.ForegroundRole if index.column() == COUNT:
                return self.quiet
            case Qt.ItemDataRole.TextAlignmentRole if index.column() == COUNT:
                return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            case Qt.ItemDataRole.ToolTipRole:
                return ", ".join(part for part in (row.title, row.word, row.id) if part)
            case Qt.ItemDataRole.AccessibleTextRole:
                return ", ".join(part for part in (row.title, row.word, str(row.count or "")) if part)
        return None

    def _children(self, parent: Index) -> list[int]:
        row = self.row(parent)
        return self._top if row is None else row.children


def _left_by(rows: list[Row], text: str) -> list[Row]:
    """The rows that hold `text` and those around them, numbered anew."""
    kept = {at for at, row in enumerate(rows) if text in f"{row.title} {row.word} {row.id}".casefold()}
    for at in list(kept):
        while (at := rows[at].parent) >= 0 and at not in kept:
            kept.add(at)
    number = {at: new for new, at in enumerate(sorted(kept))}
    return [replace(rows[at], parent=number.get(rows[at].parent, -1), children=[]) for at in number]


def _rows(index: SceneIndex) -> list[Row]:
    """In execution order within each group, as far as the picture tells it."""
    scene = index.scene
    outline = scene.outline
    columns = zip(
        outline.ids, outline.title, outline.word, outline.count.tolist(), outline.is_open.tolist(), strict=True
    )
    groups = [
        Row(*texts, count, is_open=is_open, backward=texts[0].startswith(BACKWARD))
        for *texts, count, is_open in columns
    ]
    number = {group.id: at for at, group in enumerate(groups)}
    first = [-1.0] * len(groups)  # where each begins among the cards; inside a closed group they stand as listed
    cards: list[tuple[float, Row]] = []
    for card, node in enumerate(scene.nodes):
        frame = int(index.frame_of[card])
        around = number.get(scene.frames.ids[frame], -1) if frame >= 0 else -1
        if node not in number:
            category, back = int(scene.category[card]), bool(index.backward[card])
            row = Row(node, scene.title[card], scene.word[card], 0, category, backward=back, parent=around)
            cards.append((float(card), row))
            inside = around
        else:
            inside = number[node]
        while inside >= 0 and first[inside] < 0:
            first[inside] = float(card)
            inside = int(outline.parent[inside])
    for at, group in enumerate(groups):
        group.parent = int(outline.parent[at])
        if first[at] < 0:
            first[at] = (first[group.parent] if group.parent >= 0 else 0.0) + at / (len(groups) + 1)
    # Qt's tree is filled from the top, so groups keep their numbers and the order among siblings is set apart.
    listed = [(place, at, group) for at, (place, group) in enumerate(zip(first, groups, strict=True))]
    listed += [(place, len(groups) + at, row) for at, (place, row) in enumerate(cards)]
    ordered = sorted(listed, key=lambda entry: (entry[0], entry[1]))
    renumbered = {at: new for new, (_, at, _) in enumerate(ordered)}
    for _, _, row in ordered:
        row.parent = renumbered[row.parent] if row.parent >= 0 else -1
    return [row for _, _, row in ordered]
