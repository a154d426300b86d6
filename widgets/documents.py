"""Binds one Session to the workers and the panels: the only place where core callbacks become Qt signals.

An edit is captured after a pause in typing. What is shown stays, marked stale, until the new picture is ready; an error
keeps it. A slider sends new values to the captured program: nothing is traced again, nothing is laid out again.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from explorer.adapters import FRAMEWORK_KEYS, framework
from explorer.flow import playback
from explorer.flow.formulas import step_formula
from explorer.flow.playback import Playback, PlaybackState
from explorer.graph.ir import Node, Span
from explorer.layout.options import LayoutOptions
from explorer.picture.labels import number_text
from explorer.session import Session
from explorer.typed_text import Typed
from widgets.capturing import Capturing, Take
from widgets.grouping import READABLE, Grouping
from widgets.messages import Problem
from widgets.results import ArrayKey, Results
from widgets.typed import PAUSE_MS, TypedDocument


class Document(TypedDocument):
    """What the panels know. Every signal means "look again"; the state is read from the properties."""

    session_changed = Signal(object)  # frozenset of names of `session.State`
    results_changed = Signal()  # another capture is shown, or more of it has arrived
    scene_changed = Signal(object)  # the Scene to draw
    numbers_changed = Signal()
    playback_changed = Signal(object)  # PlaybackState, None without a graph
    hovered = Signal(str)  # node id, "" for none
    printed = Signal(str)
    said = Signal(object)  # a Problem that concerns no text: for the message strip

    def __init__(self, workers: QObject, session: Session | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session or Session()
        self.capturing = Capturing(workers, self)
        self.shown: Results | None = None
        self.stage = ""  # key of the stage on screen
        self.playback: Playback | None = None
        self.typed = Typed()
        self.is_trusted = True  # False for a text from outside that nobody has run yet
        self.text_scale = 1.0
        self._canvas: tuple[float, float] | None = None
        self._room: tuple[float, float] | None = None  # the canvas at the time of the capture
        self.is_stale = False
        self._wrong: Problem | None = None  # what the text itself does not allow
        self._pause = QTimer(self, interval=PAUSE_MS, singleShot=True)
        self._pause.timeout.connect(self.run_typed)
        self._growth = QTimer(self, interval=0, singleShot=True)  # events come in bunches: one look at them is enough
        self._growth.timeout.connect(self._show_growth)
        self.grouping = Grouping(self)
        self.session.listen(self._session_changed)
        self._connect_capturing()

    def _connect_capturing(self) -> None:
        capturing = self.capturing
        capturing.grew.connect(self._grew)
        capturing.pictured.connect(self._pictured)
        capturing.failed.connect(self._failed)
        capturing.busy_changed.connect(self.status_changed)
        capturing.printed.connect(self.printed)
        capturing.said.connect(self.said)

    def clear(self) -> None:
        """No text, no picture."""
        self.shown, self.stage, self.playback, self.typed = None, "", None, Typed()
        self.is_stale = False
        self.results_changed.emit()
        self.playback_changed.emit(None)

    # ---- what is shown ----

    def wanted_stage(self) -> str:
        """The chosen stage, else the framework's first."""
        entry = framework(self.session.state.framework)
        return self.session.state.stage if entry.stage(self.session.state.stage) else entry.first.key

    def choose_framework(self, key: str) -> None:
        """Show the text in another framework, at the stage of the same kind."""
        if key == self.session.state.framework or key not in FRAMEWORK_KEYS or key not in self.typed.frameworks:
            return
        old = framework(self.session.state.framework).stage(self.wanted_stage())
        same_kind = next(stage for stage in framework(key).stages if old is None or stage.gradient == old.gradient)
        self.session.show(framework=key, stage=same_kind.key, selection=(), device="cpu")

    def select(self, node: str) -> None:
        """Select a node of the shown stage; "" for none."""
        self.session.show(selection=(node,) if node else ())

    def select_at(self, line: int, column: int) -> None:
        """Select the innermost operation whose text covers a position (both from 1)."""
        covering = [
            (_extent(node.span), node.id)
            for node in self._nodes()
            if node.span is not None and _covers(node.span, line, column)
        ]
        if covering:
            self.select(min(covering)[1])

    @property
    def selected(self) -> str:
        place = self.session.state.selection
        return place[-1] if place else ""

    def show_stage(self, key: str) -> None:
        """Show another stage of the capture, with what belongs to the selected node selected there."""
        place: tuple[str, ...] = ()
        if self.shown and self.selected and key != self.stage:
            same = [other for other in self.shown.counterparts(self.stage, self.selected) if other.stage == key]
            same.sort(key=lambda other: other.relation != "same")
            place = (same[0].node,) if same else ()
        self.session.show(stage=key, selection=place)

    def show_next_stage(self, by: int, *, on_demand: bool = False) -> bool:
        """Show the stage `by` places on that the capture has, or with `on_demand` one that can still be asked for.

        False where there is none.
        """
        if self.shown is None:
            return False
        there = [
            stage.key
            for stage in framework(self.shown.source.framework).stages
            if self.shown.is_whole(stage.key) or (on_demand and not stage.on and not self.shown.trouble(stage.key))
        ]
        stage = self.wanted_stage() if on_demand else self.stage
        place = there.index(stage) + by if stage in there else -1
        if not 0 <= place < len(there):
            return False
        self.show_stage(there[place])
        return True

    def go_to(self, stage: str, node: str) -> None:
        """Show `node` of `stage`."""
        self.session.show(stage=stage, selection=(node,))

    def state(self) -> PlaybackState | None:
        """Where the playback stands, its formula filled in."""
        if self.playback is None or self.shown is None:
            return None
        state = self.playback.at(self.session.state.cursor)
        graph = self.shown.stages[self.stage].graph
        numbers = self.shown.numbers(self.stage)
        return replace(state, formula=step_formula(graph, self.shown.source.framework, state, numbers, number_text))

    def seek(self, index: int) -> None:
        """Put the playback at `index`; the end stays the end when another graph comes."""
        if self.playback is not None:
            index = max(0, min(index, self.playback.total))
            self.session.show(cursor=None if index == self.playback.total else index)

    @property
    def can_load(self) -> bool:
        """The worker still holds the program whose numbers are shown."""
        return self.shown is not None and self.shown is self.capturing.newest

    def load_array(self, key: ArrayKey, take: Take | None = None) -> None:
        """Have one array in full, and then give it to `take`; at once where it is there."""
        cell = self.shown.cell(key) if self.shown else None
        if isinstance(cell, np.ndarray):
            if take:
                take(cell)
        elif self.can_load:
            self.capturing.load(key, take)

    def set_room(self, width: int, height: int) -> None:
        """The canvas has this size. The next capture is laid out for it; what is there already stays as it is."""
        self._canvas = float(width), float(height)

    def set_text_scale(self, scale: float) -> None:
        """Card sizes times `scale`: lecture mode."""
        if scale != self.text_scale:
            self.text_scale = scale
            self._ask_picture()

    # ---- what comes back ----

    def _session_changed(self, changed: frozenset[str]) -> None:
        if changed & {"text", "framework", "entry", "device"}:
            self.is_stale = self.shown is not None
            self._pause.start(PAUSE_MS if changed == {"text"} else 0)
        elif "inputs" in changed:
            self._inputs_changed()
        elif changed & {"stage", "direction", "open"}:
            self._ask_picture()
        if changed & {"inputs", "ranges", "text"}:
            self.inputs_changed.emit()
        if "cursor" in changed and not changed & {"text", "stage"}:
            self.playback_changed.emit(self.state())
        self.session_changed.emit(changed)
        self.status_changed.emit()

    def _ask_picture(self) -> None:
        newest, stage = self.capturing.newest, self.wanted_stage()
        if newest is not None:
            self.capturing.picture(newest, stage, self._options(stage))

    def _options(self, stage: str) -> LayoutOptions:
        return self.options_for(self.grouping.choice(stage))

    def options_for(self, opened: tuple[str, ...] | None) -> LayoutOptions:
        """A layout in which these groups stand open; None leaves the choice to what can be read on the canvas."""
        direction, scale = self.session.state.direction, self.text_scale
        if opened is not None:
            return LayoutOptions(direction=direction, text_scale=scale, open=opened)
        return LayoutOptions(direction=direction, text_scale=scale, most=READABLE, room=self._room)

    def _grew(self, results: Results) -> None:
        if results in (self.shown, self.capturing.newest):
            self._growth.start()

    def _show_growth(self) -> None:
        if self.typed.is_model:
            self.inputs_changed.emit()  # only the worker knows them
        self.results_changed.emit()
        self.numbers_changed.emit()
        self.playback_changed.emit(self.state())
        self.problems_changed.emit()

    def _pictured(self, results: Results, stage: str) -> None:
        """A picture is ready: it takes the place of the old one."""
        same = (results, stage) == (self.shown, self.stage) and not self.is_stale
        self.shown, self.stage, self.is_stale = results, stage, False
        if same:  # groups have opened or closed, or it is turned
            self.scene_changed.emit(results.scenes[stage])
            self.status_changed.emit()
            return
        graph = results.stages[stage].graph
        # Only the first stage has cotangents beside its values; in every other one all there is are plain values.
        plays = playback.first_stage if stage == results.first else playback.gradient_stage
        self.playback = plays(graph)
        scene = results.scenes[stage]
        if self.selected and scene.card_of(self.selected) < 0 and self.selected not in scene.outline.ids:
            self.select("")
        self.scene_changed.emit(results.scenes[stage])
        self.results_changed.emit()
        self.numbers_changed.emit()
        self.playback_changed.emit(self.state())
        self.problems_changed.emit()
        self.status_changed.emit()

    def _failed(self, results: Results) -> None:
        """The newest capture has no whole stage: the old picture stays; without one, the graph up to the mistake."""
        has_picture = self.shown is not None and self.shown.is_whole(self.stage)
        if not has_picture and results.stages:
            stage = next(iter(results.stages))
            self.capturing.picture(results, stage, self._options(stage))
        self.is_stale = has_picture
        self.problems_changed.emit()
        self.status_changed.emit()

    def _nodes(self) -> tuple[Node, ...]:
        return self.shown.stages[self.stage].graph.nodes if self.shown and not self.is_stale else ()


def _covers(span: Span, line: int, column: int) -> bool:
    end = (span.end_line or span.line, span.end_column or 10**9)
    return (span.line, span.column) <= (line, column) <= end


def _extent(span: Span) -> tuple[int, int]:
    return (span.end_line or span.line) - span.line, (span.end_column or 10**9) - span.column
