"""How each kind of request is answered: what the adapter is asked, and which events go out in which order."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from explorer.adapters import StageEntry, framework
from explorer.adapters.base import Adapter, Device, Program, Trainer
from explorer.capture.inputs import example
from explorer.capture.module_text import frameworks_of, kind_of
from explorer.capture.record import Column, Diagnostic, InputInfo, Source, Stage
from explorer.capture.recording import Recording, recording_limit
from explorer.errors import ExplorerError, ProgramError, UsageError
from explorer.flow.finite_difference import MOST_ENTRIES, differences, is_float
from explorer.graph.ir import Graph, TensorType, use_key
from explorer.graph.verify import verify
from explorer.picture.labels import size_text
from explorer.training.config import Initial
from explorer.training.control import Control
from explorer.training.models import initial
from explorer.training.runs import run
from explorer.training.typed import TextTrainer
from explorer.worker.events import (
    ArrayEvent,
    ColumnEvent,
    DiagnosticEvent,
    Event,
    GradientEvent,
    Loaded,
    ProvenanceEvent,
    Ready,
    SceneEvent,
    StageEvent,
)
from explorer.worker.idle import idle_accelerator
from explorer.worker.requests import (
    ArrayRequest,
    CaptureRequest,
    EvaluateRequest,
    GradientRequest,
    LayoutRequest,
    Prepare,
    Request,
    StagesRequest,
    TrainRequest,
)
from explorer.worker.whole import Summaries, agrees, summaries_of, whole_array

Send = Callable[[Event], None]


class Answers:
    """The answers of one worker. Keeps the program captured last, for EvaluateRequest, and its inputs."""

    def __init__(self, key: str, adapter: Callable[[], Adapter], send: Send, control: Callable[[], Control]) -> None:
        self._key, self._adapter, self._send, self._control = key, adapter, send, control
        self._captured: tuple[Program, tuple[str, ...]] | None = None
        self._linked: set[str] = set()  # stages whose links were sent
        self._inputs: Mapping[str, np.ndarray] = {}  # those of the numbers sent last
        self._recording = Recording(recording_limit())
        self._summaries: dict[tuple[str, str], Summaries] = {}  # by stage and column
        self._told_full = False
        self._devices: tuple[Device, ...] | None = None  # what the framework reported, once asked

    def answer(self, request: Request, number: int) -> None:
        """Send every event but the last. Raises what ends the request."""
        match request:
            case Prepare():
                self._prepare(number)
            case LayoutRequest():
                self._lay_out(request, number)
            case CaptureRequest():
                self._capture(request, number)
            case StagesRequest():
                self._more_stages(request, number)
            case EvaluateRequest():
                self._evaluate(request, number)
            case ArrayRequest():
                self._array(request, number)
            case GradientRequest():
                self._gradient(request, number)
            case TrainRequest():
                self._train(request, number)
            case _:
                raise TypeError(f"{type(request).__name__} is not for a worker")

    def _prepare(self, number: int) -> None:
        began = time.perf_counter()
        if self._key == "layout":
            import explorer.picture.build  # noqa: F401 - loaded now, so that the first picture comes quickly

            self._send(Ready(number, self._key, "", (), time.perf_counter() - began))
            return
        probe = self._adapter().probe()
        self._send(Ready(number, self._key, probe.version, probe.devices, time.perf_counter() - began))

    def _lay_out(self, request: LayoutRequest, number: int) -> None:
        from explorer.picture.build import build_scene  # SciPy, which a framework's worker has no use for

        scene = build_scene(request.stage, request.framework, request.graph, request.options)
        self._send(SceneEvent(number, scene))

    def _capture(self, request: CaptureRequest, number: int) -> None:
        adapter, self._captured = self._adapter(), None
        self._linked = set()
        program = self._load(adapter, request.source, number)
        self._send(loaded(number, program))
        notices = _Notices(program, number, self._send)
        notices.send()
        self._point_out_idle(program, number)
        self._inputs, self._recording, self._told_full = program.inputs, Recording(recording_limit()), False
        self._summaries.clear()
        self._captured = program, self._trace(program, wanted(self._key, request), notices, number)

    def _more_stages(self, request: StagesRequest, number: int) -> None:
        if self._captured is None:
            raise UsageError("nothing_captured")
        program, captured = self._captured
        notices = _Notices(program, number, self._send, seen=len(program.notices))
        entries = [named(self._key, key) for key in request.stages]
        self._captured = program, captured + self._trace(program, entries, notices, number)

    def _trace(
        self, program: Program, entries: Sequence[StageEntry], notices: _Notices, number: int
    ) -> tuple[str, ...]:
        """Send each stage, or why it is not there; the keys of those that are."""
        captured = []
        for entry in entries:
            try:
                self._stage(self._adapter(), program, entry, number)
                captured.append(entry.key)
            except ExplorerError as error:
                self._failed_stage(error, entry.key, number)
            except Exception as error:
                self._broken_stage(error, entry.key, number)
            notices.send()
        self._say_full(number)
        return tuple(captured)

    def _point_out_idle(self, program: Program, number: int) -> None:
        if self._devices is None:
            self._devices = self._adapter().probe().devices
        if (notice := idle_accelerator(self._devices, program.device)) is not None:
            self._send(DiagnosticEvent(number, notice))

    def _load(self, adapter: Adapter, source: Source, number: int) -> Program:
        try:
            return self._loaded(adapter, source, number)
        except ProgramError as error:
            self._partial(error, framework(self._key).first.key, number)
            raise

    def _loaded(self, adapter: Adapter, source: Source, number: int) -> Program:
        check_framework(self._key, source.text)
        program = adapter.load(source)
        for name in source.inputs.keys() - program.inputs.keys():
            params = {"name": name, "entry": program.entry.name, "known": ", ".join(program.inputs) or "none"}
            self._send(DiagnosticEvent(number, Diagnostic("warning", "input_not_used", params)))
        others = [entry.name for entry in program.entries if entry != program.entry]
        if others and source.entry is None:
            params = {"name": program.entry.name, "others": ", ".join(others)}
            self._send(DiagnosticEvent(number, Diagnostic("notice", "entry_chosen", params)))
        return program

    def _stage(self, adapter: Adapter, program: Program, entry: StageEntry, number: int) -> None:
        stage = adapter.capture(program, entry.key)
        verify(stage.graph)
        self._send(StageEvent(number, stage))
        self._links(adapter, program, entry, number)
        self._columns(program, entry.key, self._inputs, number)

    def _links(self, adapter: Adapter, program: Program, entry: StageEntry, number: int) -> None:
        """Send the links to a stage, and to those it is derived from, so that it is not cut off from the first."""
        stage: StageEntry | None = entry
        while stage is not None and stage.key not in self._linked:
            self._linked.add(stage.key)
            try:
                provenance = adapter.provenance(program, stage.key)
            except ExplorerError:
                if stage is entry:
                    raise
                return  # a stage that cannot be made links nothing; it says why when it is asked for
            if provenance is not None:
                self._send(ProvenanceEvent(number, provenance))
            stage = framework(self._key).stage(stage.derived_from)

    def _columns(self, program: Program, stage: str, inputs: Mapping[str, np.ndarray], number: int) -> None:
        """Send the numbers of a stage, as much of them as there is room for."""
        with self._recording.open():
            for column in self._adapter().evaluate(program, stage, inputs):
                self._summaries[stage, column.key] = summaries_of(column)
                self._send(ColumnEvent(number, column))

    def _say_full(self, number: int) -> None:
        """Once for a program: there was no room to keep everything."""
        recording = self._recording
        if recording.reduced and recording.most_bytes is not None and not self._told_full:
            self._told_full = True
            params = {"count": recording.reduced, "most": size_text(recording.most_bytes)}
            self._send(DiagnosticEvent(number, Diagnostic("notice", "recording_full", params)))

    def _failed_stage(self, error: ExplorerError, stage: str, number: int) -> None:
        if isinstance(error, ProgramError):
            self._partial(error, stage, number)
        self._send(DiagnosticEvent(number, error.diagnostic(stage=stage)))

    def _broken_stage(self, error: Exception, stage: str, number: int) -> None:
        """A bug of ours in one stage is no reason to withhold the others."""
        detail = "".join(traceback.format_exception(error))
        reason = f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
        diagnostic = Diagnostic("error", "internal_error", {"reason": reason}, stage=stage, detail=detail)
        self._send(DiagnosticEvent(number, diagnostic))

    def _partial(self, error: ProgramError, stage: str, number: int) -> None:
        if error.partial is not None:
            verify(error.partial)
            self._send(StageEvent(number, Stage(stage, error.partial, "", {}, 0.0)))

    def _evaluate(self, request: EvaluateRequest, number: int) -> None:
        if self._captured is None:
            raise UsageError("nothing_captured")
        program, stages = self._captured
        inputs = new_inputs(program, request.inputs)
        notices = _Notices(program, number, self._send, seen=len(program.notices))
        self._inputs, self._recording = inputs, Recording(recording_limit())
        for stage in stages:
            self._columns(program, stage, inputs, number)
        self._say_full(number)
        notices.send()

    def _array(self, request: ArrayRequest, number: int) -> None:
        if self._captured is None:
            raise UsageError("nothing_captured")
        program, stages = self._captured
        if request.stage not in stages:
            raise UsageError("array_absent", id=request.id, key=request.key, stage=request.stage)
        array = whole_array(self._adapter(), program, self._inputs, request)
        sent = self._summaries.get((request.stage, request.key), {}).get(request.id)
        if sent is not None and not agrees(array, sent):
            notice = Diagnostic("notice", "array_differs", {"id": request.id}, stage=request.stage)
            self._send(DiagnosticEvent(number, notice))
        self._send(ArrayEvent(number, request.stage, request.key, request.id, array))

    def _gradient(self, request: GradientRequest, number: int) -> None:
        adapter = self._adapter()
        program = self._loaded(adapter, request.source, number)
        self._point_out_idle(program, number)
        value, gradients = program.value_and_gradients(program.inputs)
        checks = self._check(program, number) if request.check else {}
        shares = self._shares(adapter, program, number) if request.shares else ()
        _Notices(program, number, self._send).send()
        self._send(GradientEvent(number, self._key, value, gradients, checks, shares, program.device))

    def _check(self, program: Program, number: int) -> dict[str, np.ndarray]:
        arrays = {**program.parameters, **program.inputs}
        for name, array in arrays.items():
            if is_float(array) and array.size > MOST_ENTRIES:
                params = {"name": name, "most": MOST_ENTRIES}
                self._send(DiagnosticEvent(number, Diagnostic("notice", "check_too_large", params)))
        return differences(program, arrays)

    def _shares(self, adapter: Adapter, program: Program, number: int) -> tuple[tuple[str, str, int, np.ndarray], ...]:
        first = framework(self._key).first.key
        stage = adapter.capture(program, first)
        columns = {column.key: column for column in adapter.evaluate(program, first, program.inputs)}
        found, too_large = shares_of(stage.graph, columns["share"])
        if too_large:
            self._send(DiagnosticEvent(number, Diagnostic("notice", "share_too_large", {"count": too_large})))
        return found

    def _train(self, request: TrainRequest, number: int) -> None:
        config = request.config
        start = None if config.task == "typed" else initial(config)
        run(
            self._trainer(request, start, number), config, start, self._send, self._control(),
            request=number, frames_per_second=request.frames_per_second, paused=request.paused, resume=request.resume,
        )  # fmt: skip

    def _trainer(self, request: TrainRequest, start: Initial | None, number: int) -> Trainer:
        adapter = self._adapter()
        if start is not None:
            return adapter.trainer(request.config, start)
        if request.source is None:
            raise UsageError("training_typed_alone")
        program = self._loaded(adapter, request.source, number)
        trainer = TextTrainer(program, request.config)
        _Notices(program, number, self._send).send()
        return trainer


class _Notices:
    """What a program has to say so far, each thing once."""

    def __init__(self, program: Program, number: int, send: Send, *, seen: int = 0) -> None:
        self._program, self._number, self._send, self._seen = program, number, send, seen

    def send(self) -> None:
        for notice in self._program.notices[self._seen :]:
            self._send(DiagnosticEvent(self._number, notice))
        self._seen = len(self._program.notices)


def wanted(key: str, request: CaptureRequest) -> list[StageEntry]:
    """The stages to capture, in the table's order. Raises UsageError for one that the framework has not."""
    asked = {named(key, stage).key for stage in request.stages}
    if asked:
        return [stage for stage in framework(key).stages if stage.key in asked]
    return [
        stage for stage in framework(key).stages if stage.on and not (stage.gradient and request.source.forward_only)
    ]


def named(key: str, stage: str) -> StageEntry:
    """The table's row for `stage`. Raises UsageError for one that the framework has not."""
    entry = framework(key)
    if (found := entry.stage(stage)) is None:
        known = ", ".join(each.key for each in entry.stages)
        raise UsageError("unknown_stage", framework=entry.title, stage=stage, known=known)
    return found


def check_framework(key: str, text: str) -> None:
    """Raises ProgramError for a text of Python that imports frameworks, but not the one of this worker."""
    if kind_of(text) == "expression":
        return
    written_for = frameworks_of(text)
    if written_for and key not in written_for:
        needed = " and ".join(framework(each).title for each in written_for)
        raise ProgramError("wrong_framework", needed=needed, framework=framework(key).title)


def loaded(number: int, program: Program) -> Loaded:
    """What a client wants to know of a program before its first stage is there."""
    given = program.source.inputs
    inputs = tuple(
        InputInfo(name, TensorType(array.dtype.name, array.shape), given.get(name, one_number(array)))
        for name, array in program.inputs.items()
    )
    return Loaded(number, program.device, program.entry, program.entries, inputs, tuple(program.parameters))


def one_number(array: np.ndarray) -> str:
    """The VALUE of an array that is one number; empty for any other."""
    if array.ndim:
        return ""
    return f"{array.item()}" if array.dtype == np.float32 else f"{array.item()}:{array.dtype.name}"


def new_inputs(program: Program, texts: Mapping[str, str]) -> dict[str, np.ndarray]:
    """The program's inputs with new values; those not named stay. UsageError for another name, shape or dtype."""
    inputs = dict(program.inputs)
    for name, text in texts.items():
        if name not in inputs:
            raise UsageError("unknown_input", name=name, known=", ".join(inputs))
        new, old = example(name, text, program.source.seed), inputs[name]
        if (new.shape, new.dtype) != (old.shape, old.dtype):
            raise UsageError("input_changed_type", name=name, old=_type_text(old), new=_type_text(new))
        inputs[name] = new
    return inputs


def _type_text(array: np.ndarray) -> str:
    return f"{array.dtype.name}[{', '.join(map(str, array.shape))}]"


def shares_of(graph: Graph, column: Column) -> tuple[tuple[tuple[str, str, int, np.ndarray], ...], int]:
    """(value, user, operand, share) of every use in a share column, in execution order; and how many were too large."""
    found, too_large = [], 0
    for _, value, user, operand in graph.edges():
        match column.cells.get(use_key(user.id, operand)):
            case np.ndarray() as share:
                found.append((value, user.id, operand, share))
            case None:
                pass
            case _:
                too_large += 1
    return tuple(found), too_large
