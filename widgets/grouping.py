"""Which groups stand open in the graph on the canvas: a choice per stage that is kept in the session.

Without a choice the layout opens as many as leave a picture that can be taken in. Opening or closing one group turns
that into a choice, made of what is open now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer

from explorer.picture.scene import Outline, Scene

if TYPE_CHECKING:
    from widgets.beside import Beside
    from widgets.documents import Document

READABLE: Final = 24  # boxes that can still be read when all of them are in view
MOST_KEPT: Final = 100  # choices that Backspace can go back to

Choice = tuple[str, ...] | None


class Grouping(QObject):
    """Changes the session's `open`; the document then asks for the picture."""

    def __init__(self, document: Document | Beside) -> None:
        super().__init__(document)
        self._document = document
        self._past: list[tuple[str, Choice]] = []
        self._known: dict[str, frozenset[str]] = {}  # groups there were when a choice was made
        self._sought = ""  # the node or group that is still inside a closed group
        self._turn = QTimer(self, interval=0, singleShot=True)
        self._turn.timeout.connect(self._look)
        document.scene_changed.connect(lambda _scene: self._turn.start())

    def choice(self, stage: str) -> Choice:
        """The groups of `stage` that stand open; None lets the layout decide."""
        return self._document.session.state.open.get(self._key(stage))

    def set_open(self, group: str, is_open: bool, below: bool = False) -> None:
        """Open or close one group, or with all groups in it."""
        outline = self._outline()
        if group not in outline.ids:
            return
        these = {group, *(inner(outline, group) if below else ())}
        now = open_ids(outline)
        self._choose(
            tuple(one for one in outline.ids if (one in now or one in these if is_open else one in now - these))
        )

    def open_all(self) -> None:
        self._choose(self._outline().ids)

    def close_all(self) -> None:
        self._choose(())

    def automatic(self) -> None:
        """As the layout would have it."""
        self._choose(None)

    def back(self) -> None:
        """As it was before the last change."""
        if self._past:
            key, choice = self._past.pop()
            self._set(key, choice)

    def reveal(self, place: str) -> None:
        """Select a node or group and open the closed groups around it, one picture after the other."""
        self._document.select(place)
        self._sought = place
        self._open_around(place)

    # ---- within ----

    def _scene(self) -> Scene | None:
        document = self._document
        return document.shown.scenes.get(document.stage) if document.shown else None

    def _outline(self) -> Outline:
        scene = self._scene()
        return scene.outline if scene else Outline()

    def _key(self, stage: str) -> str:
        return f"{self._document.session.state.framework}:{stage}"

    def _choose(self, choice: Choice) -> None:
        if not self._outline().ids:
            return  # nothing to choose, and nothing that a later text should follow
        key = self._key(self._document.stage)
        before = self._document.session.state.open.get(key)
        self._past = [*self._past[-MOST_KEPT:], (key, before)]
        self._known[key] = frozenset(self._outline().ids)
        self._set(key, choice)

    def _set(self, key: str, choice: Choice) -> None:
        others = {name: kept for name, kept in self._document.session.state.open.items() if name != key}
        self._document.session.show(open=others if choice is None else {**others, key: choice})

    def _look(self) -> None:
        """In the turn after another picture: one that is kept would come before the last one is shown."""
        scene = self._scene()
        if scene is None:
            return
        key = self._key(scene.stage)
        known, there = self._known.get(key), frozenset(scene.outline.ids)
        if known and there and not known & there and key in self._document.session.state.open:
            self._set(key, None)  # another program: what was chosen for the last one says nothing about it
        elif self._sought and self._sought == self._document.selected:
            self._open_around(self._sought)

    def _open_around(self, place: str) -> None:
        scene = self._scene()
        if scene is None:
            return
        outline = scene.outline
        if place in outline.ids:
            closed = {one for one in around(outline, place) if one not in open_ids(outline)}
        else:
            card = scene.card_of(place)
            closed = {scene.nodes[card]} if card >= 0 and scene.nodes[card] != place else set()
        if not closed:
            self._sought = ""
            return
        now = open_ids(outline) | closed
        self._choose(tuple(one for one in outline.ids if one in now))


def open_ids(outline: Outline) -> frozenset[str]:
    return frozenset(one for one, is_open in zip(outline.ids, outline.is_open.tolist(), strict=True) if is_open)


def inner(outline: Outline, group: str) -> list[str]:
    """Every group inside `group`."""
    inside = {outline.ids.index(group)}
    for row, parent in enumerate(outline.parent.tolist()):  # a group's inner ones follow it
        if parent in inside:
            inside.add(row)
    return [outline.ids[row] for row in sorted(inside)][1:]


def around(outline: Outline, group: str) -> list[str]:
    """Every group around `group`, the innermost first."""
    found = []
    row = int(outline.parent[outline.ids.index(group)])
    while row >= 0:
        found.append(outline.ids[row])
        row = int(outline.parent[row])
    return found
