"""What a client asks a worker for. Plain data; `explorer.worker.wire` turns each into a frame and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from explorer.capture.record import Source
from explorer.graph.ir import Graph
from explorer.layout.options import LayoutOptions
from explorer.training.config import Checkpoint, RunConfig

MOST_ARRAY_BYTES: Final = 64 << 20  # of one array that the window asks for in full


@dataclass(frozen=True, slots=True)
class Prepare:
    """Import the framework and report. Answer: Ready, or Failed with a diagnostic that says how to get it."""


@dataclass(frozen=True, slots=True)
class CaptureRequest:
    """Load and trace.

    Answer: Loaded; per stage a StageEvent (or a DiagnosticEvent), its provenance, its columns; then Done.

    The worker keeps the program, so that EvaluateRequest can follow. `stages` empty means all that are on by default.
    """

    source: Source
    stages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StagesRequest:
    """More stages of the program captured last, for the inputs evaluated last.

    Answer: as for CaptureRequest, without Loaded.
    """

    stages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EvaluateRequest:
    """New input values for the program captured last, nothing traced again. Answer: ColumnEvents, then Done.

    `inputs` maps names to VALUE texts. A value of another shape or dtype than captured is an error: capture instead.
    """

    inputs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ArrayRequest:
    """One array in full, for the inputs evaluated last. Answer: ArrayEvent, then Done.

    `key` is that of a column of `stage`, `id` one of its ids. More than `most_bytes` is an error that says the size.
    """

    stage: str
    key: str
    id: str
    most_bytes: int = MOST_ARRAY_BYTES


@dataclass(frozen=True, slots=True)
class GradientRequest:
    """Value and gradient of every input. Answer: GradientEvent, then Done. `check` adds finite differences."""

    source: Source
    check: bool = False
    shares: bool = False


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """Train. Answer: Metrics frames while it runs, then TrainDone, then Done. Each Metrics wants an Acknowledge.

    `source` is the text that the task `typed` trains, else None. `resume` is where an earlier run of the same config
    left off; the first loss then belongs to step `resume.epoch`.

    A frame costs the training thread about 0.3 ms, and the steps right after it meet cold caches (PyTorch: three steps,
    each a third slower): ten a second take 1 to 2 % of a fast model's time, fifteen could take 3
    (`benchmarks/streaming.py`). A frame with a picture of the plane or with digits takes longer: never more than 10 a
    second of those, and fewer where that would take 1 % of the time.
    """

    config: RunConfig
    frames_per_second: float = 10.0
    paused: bool = False
    source: Source | None = None
    resume: Checkpoint | None = None


@dataclass(frozen=True, slots=True)
class TrainControl:
    """Steer the run in progress. `value` is the learning rate for `rate`, the step for `show`, else unused.

    `show` is answered with a FitEvent: the fit at the kept step nearest to the one asked for. At most 64 steps of a run
    are kept; TrainDone brings the fits of all of them, so that nothing has to be asked once it has ended.
    """

    operation: Literal["pause", "resume", "step", "stop", "rate", "show"]
    value: float = 0.0


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """The client has dealt with Metrics number `sequence`: at most two are under way."""

    sequence: int


@dataclass(frozen=True, slots=True)
class LayoutRequest:
    """Lay out and build the Scene. Answer: SceneEvent, then Done. Only the layout worker takes it."""

    stage: str
    framework: str
    graph: Graph
    options: LayoutOptions = field(default_factory=LayoutOptions)


@dataclass(frozen=True, slots=True)
class Cancel:
    """Interrupt request `request`; after two seconds the process is killed and started anew."""

    request: int


Request = (
    Prepare | CaptureRequest | StagesRequest | EvaluateRequest | ArrayRequest | GradientRequest | TrainRequest
    | TrainControl | Acknowledge | LayoutRequest | Cancel
)  # fmt: skip
