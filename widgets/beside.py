"""A second stage of the document's capture, for the pane beside the graph.

To its panels (stage bar, find bar, grouping) it is what the document is to those of the first pane: the same names. It
has no playback: its numbers are those of the end. What is selected in one pane lights what belongs to it in the other.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from explorer.adapters import framework
from explorer.capture.provenance import Counterpart
from explorer.messages import sentence
from widgets.documents import Document
from widgets.grouping import Grouping
from widgets.messages import problem
from widgets.results import Results

MOST_NAMED = 3  # counterparts in the line below


class Beside(QObject):
    """`lit` carries the nodes of the second pane to light, `lit_first` those of the first one."""

    session_changed = Signal(object)
    results_changed = Signal()
    problems_changed = Signal()
    status_changed = Signal()
    scene_changed = Signal(object)
    emptied = Signal()
    lit = Signal(list)
    lit_first = Signal(list)

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self.document, self.session, self.capturing = document, document.session, document.capturing
        self.shown: Results | None = None
        self.stage = ""  # key of the stage on screen
        self.selected = ""
        self.is_open = False
        self._leads = False  # a selection in here is on its way to the first pane
        self._growth = QTimer(self, interval=0, singleShot=True)
        self._growth.timeout.connect(self.results_changed)
        self.grouping = Grouping(self)
        document.session_changed.connect(self._session_changed)
        document.results_changed.connect(self._follow)
        document.problems_changed.connect(self.problems_changed)
        document.status_changed.connect(self.status_changed)
        self.capturing.pictured_beside.connect(self._pictured)
        self.capturing.grew.connect(self._grew)

    def set_open(self, is_open: bool) -> None:
        """Begin to follow the document's captures, or cease to."""
        if is_open == self.is_open:
            return
        self.is_open = is_open
        if is_open:
            self._ask()
        else:
            self.capturing.picture_beside(None)
            self.shown, self.stage, self.selected = None, "", ""
            self.emptied.emit()

    # ---- as the document does ----

    def wanted_stage(self) -> str:
        """The chosen stage; where this framework has none of that name, the first one that the first pane has not."""
        state = self.session.state
        entry = framework(state.framework)
        if entry.stage(state.beside):
            return state.beside
        others = [stage.key for stage in entry.stages if stage.on and stage.key != self.document.wanted_stage()]
        return others[0] if others else entry.first.key

    def show_stage(self, key: str) -> None:
        self.session.show(beside=key)

    def select(self, node: str) -> None:
        """Select a node of this pane, and in the first one what belongs to it."""
        self.selected = node
        others = self._linked(self.stage, node, self.document.stage)
        closest = [other.node for other in others if other.relation == others[0].relation]
        self._leads = True
        self.lit_first.emit(closest)
        self.document.select(closest[0] if closest else "")
        self._leads = False
        self.status_changed.emit()

    @property
    def is_current(self) -> bool:
        """The picture is of the capture that the first pane shows."""
        return self.shown is not None and self.shown is self.document.shown

    @property
    def trouble(self) -> str:
        """Why the chosen stage is not there; empty while it may still come."""
        newest, wanted = self.capturing.newest, self.wanted_stage()
        found = newest.trouble(wanted) if newest is not None and wanted != self.stage else None
        return problem(found).text if found is not None else ""

    def state(self) -> None:
        """Nothing is played in here: every number is there."""

    # ---- one selection ----

    def counterparts(self) -> tuple[str, list[Counterpart], str]:
        """What is selected, where that belongs in the other pane, and why it has no place there, if that is known."""
        first, second = self.document.stage, self.stage
        here, there, node = (second, first, self.selected) if self.selected else (first, second, self.document.selected)
        if not node or self.shown is None:
            return "", [], ""
        found = self._linked(here, node, there)
        absence = None if found else self.shown.absence(here, node, there)
        return node, found, sentence(absence.code, absence.params) if absence else ""

    def _linked(self, stage: str, node: str, other: str) -> list[Counterpart]:
        shown = self.shown
        if shown is None or shown is not self.document.shown or not node or other not in shown.stages:
            return []
        return shown.linked(stage, node, other)

    def _light(self) -> None:
        """The first pane leads: light here what belongs to its selection."""
        self.selected = ""
        found = self._linked(self.document.stage, self.document.selected, self.stage)
        self.lit.emit([other.node for other in found])
        self.status_changed.emit()

    # ---- what comes back ----

    def _session_changed(self, changed: frozenset[str]) -> None:
        if self.is_open and changed & {"beside", "direction", "open", "framework"}:
            self._ask()
        if self.is_open and "selection" in changed and not self._leads:
            self._light()
        self.session_changed.emit(changed)

    def _ask(self) -> None:
        stage = self.wanted_stage()
        options = self.document.options_for(self.grouping.choice(stage))
        self.capturing.picture_beside((stage, options))
        self.results_changed.emit()

    def _pictured(self, results: Results, stage: str) -> None:
        if not self.is_open:
            return
        if (results, stage) != (self.shown, self.stage):
            self.selected = ""
        self.shown, self.stage = results, stage
        self.scene_changed.emit(results.scenes[stage])
        self.results_changed.emit()
        if not self.selected:
            self._light()

    def _grew(self, results: Results) -> None:
        if self.is_open and results in (self.shown, self.capturing.newest):
            self._growth.start()

    def _follow(self) -> None:
        """The first pane has another picture, or none: what belongs together may have changed."""
        if not self.is_open:
            return
        if self.document.shown is None and self.shown is not None:
            self.shown, self.stage, self.selected = None, "", ""
            self.emptied.emit()
        elif not self.selected:
            self._light()
        self.results_changed.emit()
