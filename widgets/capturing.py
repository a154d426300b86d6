"""Requests to the framework workers and the layout worker, and their answers gathered into `Results`.

The newest request wins (`widgets.workers` sees to it): an answer to an older one never comes, or finds no taker here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

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
CANCEL_AFTER_MS = 500


class Capturing(QObject):
    """`newest` is the last capture that was asked for, whatever has come of it."""

    grew = Signal(object)  # Results: more of it has arrived
    pictured = Signal(object, str)  # Results, stage: its Scene is there
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
        self._laying: tuple[int, Results, str, LayoutOptions] | None = None
        self._wanted: tuple[str, LayoutOptions] = ("", LayoutOptions())
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
        self._capture = self._workers.send(source.framework, CaptureRequest(source, _stages(source.framework, stage)))
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
            self._laying = None
            results.keep(stage, options, results.laid_out[stage, options])
            self.pictured.emit(results, stage)
        elif stage in results.stages:
            self._lay_out(results, stage)
        elif self._is_on_demand(results, stage):
            self._more_stage = stage
            self._more = self._workers.send(results.source.framework, StagesRequest((stage,)))
            self._feeding[self._more] = results
            self._work_began()
        self.busy_changed.emit()

    def _is_on_demand(self, results: Results, stage: str) -> bool:
        """Nobody has asked for `stage` yet, and the worker still holds the program it would be made from."""
        entry = framework(results.source.framework).stage(stage)
        waits = self._capture or self._more or results is not self.newest
        missing = stage not in results.stages and not results.trouble(stage)
        return entry is not None and not entry.on and missing and not waits

    def forget(self) -> None:
        """What is under way for the newest capture is not wanted any more."""
        self.cancel()
        self.newest, self._capture, self._more, self._laying = None, 0, 0, None
        self._feeding.clear()
        self._loading.clear()

    def cancel(self) -> None:
        """Interrupt what is under way. What has arrived stays."""
        for number in (self._capture, self._more, *self._loading):
            if number and self.newest:
                self._workers.cancel(self.newest.source.framework, number)
        if self._laying:
            self._workers.cancel(LAYOUT, self._laying[0])

    @property
    def is_busy(self) -> bool:
        """A picture or an array is on its way."""
        traces = bool(self._capture or self._more)
        waits_for_stage = traces and self.newest is not None and self._wanted[0] not in self.newest.stages
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
        elif self._laying and name == LAYOUT and request == self._laying[0]:
            self._layout_event(event, *self._laying[1:])
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
                self.grew.emit(results)
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
                wanted = isinstance(event, StageEvent) and event.stage.key == self._wanted[0]
                if wanted and results.is_whole(self._wanted[0]):
                    self._lay_out(results, self._wanted[0])
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
            self._laying = None
            self.failed.emit(results)
        elif self._is_on_demand(results, self._wanted[0]):  # asked for while the capture was under way
            self.picture(results, *self._wanted)
        elif self._wanted[0] not in whole:
            self._lay_out(results, whole[0])
        self.busy_changed.emit()

    def _more_ended(self, results: Results) -> None:
        """A stage on demand is there, or one sentence says why not and the old picture stays."""
        self._more = 0
        if (trouble := results.trouble(self._wanted[0])) is not None:
            self.said.emit(problem(trouble))
        if self._wanted[0] != self._more_stage:  # another was asked for while this one was made
            self.picture(results, *self._wanted)
        self.busy_changed.emit()

    def _lay_out(self, results: Results, stage: str) -> None:
        graph, (wanted, options) = results.stages[stage].graph, self._wanted
        if stage != wanted:
            options = replace(options, open=None)  # what is open was chosen for another stage
        request = LayoutRequest(stage, results.source.framework, graph, options)
        self._laying = self._workers.send(LAYOUT, request), results, stage, options
        self._work_began()

    def _layout_event(self, event: Event, results: Results, stage: str, options: LayoutOptions) -> None:
        match event:
            case SceneEvent(scene=scene):
                results.keep(stage, options, scene)
                self.pictured.emit(results, stage)
            case Done() | Failed() | Died():
                self._laying = None
                if not isinstance(event, Done):
                    self.said.emit(problem(event.diagnostic))
                self.busy_changed.emit()

    def _work_began(self) -> None:
        self._slow.start()
        self.busy_changed.emit()


def _stages(key: str, wanted: str) -> tuple[str, ...]:
    """What to ask of a capture: nothing in particular, unless the shown stage is one that is not on by default."""
    stages = framework(key).stages
    if all(stage.on for stage in stages if stage.key == wanted):
        return ()
    return tuple(stage.key for stage in stages if stage.on or stage.key == wanted)
