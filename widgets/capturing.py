"""Requests to the framework workers and the layout worker, and their answers gathered into `Results`.

The newest request wins (`widgets.workers` sees to it): an answer to an older one never comes, or finds no taker here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from explorer.adapters import framework
from explorer.capture.record import Source
from explorer.layout.options import LayoutOptions
from explorer.worker.events import (
    ArrayEvent,
    DiagnosticEvent,
    Died,
    Done,
    Event,
    Failed,
    Output,
    Ready,
    SceneEvent,
    StageEvent,
)
from explorer.worker.requests import (
    ArrayRequest,
    CaptureRequest,
    EvaluateRequest,
    LayoutRequest,
    Prepare,
    StagesRequest,
)
from widgets.messages import problem
from widgets.results import ArrayKey, Results

LAYOUT = "layout"
Take = Callable[[np.ndarray], None]
Wanted = tuple[str, LayoutOptions]  # a stage, and how it is laid out
CANCEL_AFTER_MS = 500


@dataclass(frozen=True, slots=True)
class Laying:
    """A layout under way, or one that waits: for the first pane, or for the one beside it."""

    number: int
    results: Results
    stage: str
    options: LayoutOptions
    beside: bool = False


class Capturing(QObject):
    """`newest` is the last capture that was asked for, whatever has come of it."""

    grew = Signal(object)  # Results: more of it has arrived
    pictured = Signal(object, str)  # Results, stage: its Scene is there
    pictured_beside = Signal(object, str)  # the same for the second pane
    arrays_changed = Signal()  # one has arrived in full, or will not come
    failed = Signal(object)  # Results that have ended without a whole stage
    busy_changed = Signal()
    printed = Signal(str)
    said = Signal(object)  # a Problem that is not about the text
    ready = Signal(str)  # framework that has reported its devices, or why it is not there

    def __init__(self, workers: QObject, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workers = workers
        self.newest: Results | None = None
        self.readiness: dict[str, Ready | Failed] = {}
        self._preparing: dict[int, str] = {}
        self._feeding: dict[int, Results] = {}  # captures and evaluations under way
        self._capture = 0  # the capture under way, 0 for none
        self._more = 0  # the request for one more stage under way, 0 for none
        self._more_stage = ""
        self._loading: dict[int, tuple[ArrayKey, Results, Take | None]] = {}
        self._laying: Laying | None = None
        self._waiting: Laying | None = None  # of the second pane, for the end of a layout for the first
        self._wanted: Wanted = ("", LayoutOptions())
        self._beside: Wanted | None = None  # what the second pane shows
        self._slow = QTimer(self, interval=CANCEL_AFTER_MS, singleShot=True)
        self._slow.timeout.connect(self.busy_changed)
        workers.event.connect(self._event)

    # ---- asking ----

    def prepare(self, key: str) -> None:
        """Start the worker of a framework, or of the layout, ahead of need; once."""
        if key not in self.readiness and key not in self._preparing.values():
            self._preparing[self._workers.send(key, Prepare())] = key

    def capture(self, source: Source, stage: str, options: LayoutOptions) -> None:
        """Capture `source` and show its `stage`, or its first where that one is not there."""
        self.forget()
        self.newest = Results(source)
        self._wanted = stage, options
        self.prepare(source.framework)
        self._capture = self._workers.send(source.framework, self._request(source, stage))
        self._feeding = {self._capture: self.newest}
        self._work_began()

    def evaluate(self, inputs: Mapping[str, str]) -> None:
        """New numbers for the newest capture."""
        if self.newest is not None:
            number = self._workers.send(self.newest.source.framework, EvaluateRequest(dict(inputs)))
            self._feeding[number] = self.newest

    def load(self, key: ArrayKey, take: Take | None = None) -> None:
        """Get one array of the newest capture in full, and then hand it to `take`."""
        results = self.newest
        if results is None:
            return
        number = self._workers.send(results.source.framework, ArrayRequest(key.stage, key.column, key.id))
        self._loading[number] = key, results, take
        self._work_began()

    def is_loading(self, key: ArrayKey) -> bool:
        """The array is on its way."""
        return any(key == loading for loading, _, _ in self._loading.values())

    def picture(self, results: Results, stage: str, options: LayoutOptions) -> None:
        """Show `stage` of `results`, at once where it has been laid out before."""
        self._wanted = stage, options
        if (stage, options) in results.laid_out:
            self._drop_layout()
            results.keep(stage, options, results.laid_out[stage, options])
            self.pictured.emit(results, stage)
        elif stage in results.stages:
            self._lay_out(results, stage)
        elif self._is_on_demand(results, stage):
            self._ask_more(results, stage)
        self.busy_changed.emit()

    def picture_beside(self, wanted: Wanted | None) -> None:
        """What the second pane is to show of the newest capture, and of those to come; None for no second pane."""
        self._beside, self._waiting = wanted, None
        if self._laying and self._laying.beside:
            self._workers.cancel(LAYOUT, self._laying.number)
            self._laying = None
        if wanted is not None and self.newest is not None:
            self._show_beside(self.newest)
        self.busy_changed.emit()

    def _show_beside(self, results: Results) -> None:
        """See to it that the second pane gets its picture: at once, after a layout, or after its stage."""
        assert self._beside is not None
        stage, options = self._beside
        if (stage, options) in results.laid_out:
            results.keep(stage, options, results.laid_out[stage, options])
            self.pictured_beside.emit(results, stage)
        elif results.is_whole(stage):
            self._lay_out_beside(Laying(0, results, stage, options, beside=True))
        elif self._is_on_demand(results, stage):
            self._ask_more(results, stage)

    def _lay_out_beside(self, laying: Laying) -> None:
        """The layout worker does one at a time, and the first pane goes first."""
        if self._laying is not None and not self._laying.beside:
            self._waiting = laying
        else:
            self._waiting = None
            self._send_layout(laying)

    def _ask_more(self, results: Results, stage: str) -> None:
        self._more_stage = stage
        self._more = self._workers.send(results.source.framework, StagesRequest((stage,)))
        self._feeding[self._more] = results
        self._work_began()

    def _is_on_demand(self, results: Results, stage: str) -> bool:
        """Nobody has asked for `stage` yet, and the worker still holds the program it would be made from."""
        entry = framework(results.source.framework).stage(stage)
        waits = self._capture or self._more or results is not self.newest
        missing = stage not in results.stages and not results.trouble(stage)
        return entry is not None and not entry.on and missing and not waits

    def forget(self) -> None:
        """What is under way for the newest capture is not wanted any more."""
        self.cancel()
        self.newest, self._capture, self._more, self._laying, self._waiting = None, 0, 0, None, None
        self._feeding.clear()
        self._loading.clear()

    def cancel(self) -> None:
        """Interrupt what is under way. What has arrived stays."""
        for number in (self._capture, self._more, *self._loading):
            if number and self.newest:
                self._workers.cancel(self.newest.source.framework, number)
        self._waiting = None
        if self._laying:
            self._workers.cancel(LAYOUT, self._laying.number)

    @property
    def is_busy(self) -> bool:
        """A picture or an array is on its way."""
        traces = bool(self._capture or self._more)
        wanted = {self._wanted[0], *(self._beside[:1] if self._beside else ())}
        waits_for_stage = traces and self.newest is not None and not wanted <= self.newest.stages.keys()
        return waits_for_stage or self._laying is not None or bool(self._loading)

    @property
    def can_cancel(self) -> bool:
        """It has taken long enough to offer a way out."""
        return self.is_busy and not self._slow.isActive()

    # ---- answers ----

    def _event(self, name: str, event: Event) -> None:
        if isinstance(event, Output):
            self.printed.emit(event.text)
            return
        request = getattr(event, "request", 0)
        if request in self._preparing and isinstance(event, Ready | Failed):
            self._prepared(self._preparing.pop(request), event)
        elif self._laying and name == LAYOUT and request == self._laying.number:
            self._layout_event(event, self._laying)
        elif request in self._loading:
            self._array_event(event, *self._loading[request][1:])
        elif request in self._feeding:
            self._take(event, self._feeding[request])
        elif isinstance(event, Died) and not request:
            self.said.emit(problem(event.diagnostic))

    def _array_event(self, event: Event, results: Results, take: Take | None) -> None:
        match event:
            case ArrayEvent(array=array):
                results.take(event)
                if take:
                    take(array)
            case DiagnosticEvent(diagnostic=diagnostic):
                self.said.emit(problem(diagnostic))
            case Done() | Failed() | Died():
                del self._loading[event.request]
                if not isinstance(event, Done):
                    self.said.emit(problem(event.diagnostic))
                self.arrays_changed.emit()
                self.busy_changed.emit()

    def _prepared(self, key: str, event: Ready | Failed) -> None:
        self.readiness[key] = event
        self.ready.emit(key)
        self.busy_changed.emit()

    def _take(self, event: Event, results: Results) -> None:
        match event:
            case Done() | Failed() | Died():
                if not isinstance(event, Done):
                    results.diagnostics.append(event.diagnostic)
                self._ended(event.request, results)
            case _:
                results.take(event)
                if isinstance(event, StageEvent) and results.is_whole(event.stage.key):
                    if event.stage.key == self._wanted[0]:
                        self._lay_out(results, self._wanted[0])
                    if self._beside is not None and event.stage.key == self._beside[0]:
                        self._show_beside(results)
        self.grew.emit(results)
        if isinstance(event, Died):
            self.said.emit(problem(event.diagnostic))

    def _ended(self, request: int, results: Results) -> None:
        self._feeding = {number: fed for number, fed in self._feeding.items() if number > request}
        if request == self._more:
            self._more_ended(results)
        if request != self._capture:
            return
        self._capture = 0
        whole = [key for key in results.stages if results.is_whole(key)]
        if not whole:
            self._drop_layout()
            self.failed.emit(results)
        elif self._is_on_demand(results, self._wanted[0]):  # asked for while the capture was under way
            self.picture(results, *self._wanted)
        elif self._wanted[0] not in whole:
            self._lay_out(results, whole[0])
        if self._beside is not None and self._beside[0] not in whole:
            self._show_beside(results)
        self.busy_changed.emit()

    def _more_ended(self, results: Results) -> None:
        """A stage on demand is there, or one sentence says why not and the old picture stays."""
        self._more = 0
        if (trouble := results.trouble(self._more_stage)) is not None:
            self.said.emit(problem(trouble))
        if self._wanted[0] not in (self._more_stage, *results.stages):  # asked for while this one was made
            self.picture(results, *self._wanted)
        if self._beside is not None and self._beside[0] not in results.stages:
            self._show_beside(results)
        self.busy_changed.emit()

    def _lay_out(self, results: Results, stage: str) -> None:
        wanted, options = self._wanted
        if stage != wanted:
            options = replace(options, open=None)  # what is open was chosen for another stage
        if self._laying is not None and self._laying.beside:
            self._waiting = self._laying  # pushed aside: it comes again afterwards
        self._send_layout(Laying(0, results, stage, options))

    def _send_layout(self, laying: Laying) -> None:
        graph = laying.results.stages[laying.stage].graph
        request = LayoutRequest(laying.stage, laying.results.source.framework, graph, laying.options)
        self._laying = replace(laying, number=self._workers.send(LAYOUT, request))
        self._work_began()

    def _layout_event(self, event: Event, laying: Laying) -> None:
        match event:
            case SceneEvent(scene=scene):
                laying.results.keep(laying.stage, laying.options, scene)
                (self.pictured_beside if laying.beside else self.pictured).emit(laying.results, laying.stage)
            case Done() | Failed() | Died():
                self._laying = None
                if not isinstance(event, Done):
                    self.said.emit(problem(event.diagnostic))
                self._go_on_beside()
                self.busy_changed.emit()

    def _drop_layout(self) -> None:
        """The first pane has no use for a layout under way."""
        if self._laying is not None and not self._laying.beside:
            self._laying = None
            self._go_on_beside()

    def _go_on_beside(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and waiting.results is self.newest:
            self._show_beside(waiting.results)

    def _request(self, source: Source, stage: str) -> CaptureRequest:
        beside = () if self._beside is None else (self._beside[0],)
        return CaptureRequest(source, _stages(source.framework, stage, *beside))

    def _work_began(self) -> None:
        self._slow.start()
        self.busy_changed.emit()


def _stages(key: str, *wanted: str) -> tuple[str, ...]:
    """What to ask of a capture: nothing in particular, unless a shown stage is one that is not on by default."""
    stages = framework(key).stages
    if all(stage.on for stage in stages if stage.key in wanted):
        return ()
    return tuple(stage.key for stage in stages if stage.on or stage.key in wanted)
