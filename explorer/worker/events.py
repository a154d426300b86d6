"""What a worker tells its client. `request` is the id of the request that the event answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from explorer.adapters.base import Device
from explorer.capture.record import (
    EXPRESSION_ENTRY,
    Column,
    Diagnostic,
    Entry,
    InputInfo,
    Provenance,
    Stage,
)
from explorer.picture.scene import Scene
from explorer.training.config import Checkpoint, Fit


@dataclass(frozen=True, slots=True)
class Ready:
    request: int
    framework: str
    version: str
    devices: tuple[Device, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Loaded:
    """The text of a CaptureRequest is loaded. `device` is where its arrays really live, read back from one.

    `entry` is what of the text is captured, `entries` all that could be. `parameters` are names of what a model learns.
    """

    request: int
    device: str
    entry: Entry = EXPRESSION_ENTRY
    entries: tuple[Entry, ...] = (EXPRESSION_ENTRY,)
    inputs: tuple[InputInfo, ...] = ()
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StageEvent:
    request: int
    stage: Stage


@dataclass(frozen=True, slots=True)
class ProvenanceEvent:
    request: int
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class ColumnEvent:
    request: int
    column: Column


@dataclass(frozen=True, slots=True)
class ArrayEvent:
    """The answer to ArrayRequest: the array of `id` in column `key` of `stage`."""

    request: int
    stage: str
    key: str
    id: str
    array: np.ndarray


@dataclass(frozen=True, slots=True)
class DiagnosticEvent:
    """A problem or a notice. With `stage` set, that stage is not there (or only in part) and this says why."""

    request: int
    diagnostic: Diagnostic


@dataclass(frozen=True, slots=True)
class GradientEvent:
    """One framework's answer to GradientRequest. `gradients` holds None where the framework gives none.

    `differences` maps an input to central finite differences in float64, shaped like the input; empty without check.
    `shares` lists (value id, user node id, operand, share) over the first stage's graph; empty unless asked for.
    """

    request: int
    framework: str
    value: np.ndarray
    gradients: Mapping[str, np.ndarray | None]
    differences: Mapping[str, np.ndarray] = field(default_factory=dict)
    shares: tuple[tuple[str, str, int, np.ndarray], ...] = ()
    device: str = "cpu"


@dataclass(frozen=True, slots=True)
class SceneEvent:
    request: int
    scene: Scene


@dataclass(frozen=True, slots=True)
class Metrics:
    """Progress of a run: every step since the last frame, and the newest fit.

    `steps` int64 (k,), `train` and `validation` float64 (k,): losses before the update of that step, never dropped;
    `validation` is nan where a task has no such points. `train_accuracy` and `validation_accuracy` float64 (k,), shares
    of points whose class is right, are empty where the task has no classes.
    `fit` float64 (g, 2): model output over a grid of x, newest only; `view` has what else there is to show of the model
    at step `view.step` (its own curve is left empty: that is `fit`). `state` is running, paused or done.
    `steps_per_second` counts updates.
    """

    request: int
    sequence: int
    steps: np.ndarray
    train: np.ndarray
    validation: np.ndarray
    fit: np.ndarray
    rate: float
    state: str
    device: str
    steps_per_second: float
    train_accuracy: np.ndarray = field(default_factory=lambda: np.empty(0))
    validation_accuracy: np.ndarray = field(default_factory=lambda: np.empty(0))
    view: Fit = field(default_factory=lambda: Fit(0))


@dataclass(frozen=True, slots=True)
class FitEvent:
    """What the model made of its task at a step that lies back: the answer to TrainControl `show`."""

    request: int
    fit: Fit


@dataclass(frozen=True, slots=True)
class TrainDone:
    """The run has ended. `weights` are those of the last step, `best_weights` those of the best validation loss (of the
    best training loss where there is none); after an early stop `weights` are the best ones too.

    `names` are those of the weights. `ending` says why it ended: steps (all made), stop (asked for), early (no better
    validation loss for as long as the config said) or diverged. `best_fit` and `best_view` are to `best_step` what
    `fit` and `view` of Metrics are; `history` are whole fits at the steps that were kept, oldest first. `checkpoint` is
    where the run can be resumed, None if it diverged.
    """

    request: int
    steps: int
    best_step: int
    weights: tuple[np.ndarray, ...]
    best_weights: tuple[np.ndarray, ...]
    best_fit: np.ndarray
    steps_per_second: float
    device: str
    names: tuple[str, ...] = ()
    ending: Literal["steps", "stop", "early", "diverged"] = "steps"
    best_view: Fit = field(default_factory=lambda: Fit(0))
    history: tuple[Fit, ...] = ()
    checkpoint: Checkpoint | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """Text the user's program printed, or a library's noise. `dropped` counts characters left out by the rate limit."""

    text: str
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    request: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Failed:
    """The request ended without an answer: the user's mistake, a missing framework, a cancel, or a bug of ours."""

    request: int
    diagnostic: Diagnostic


@dataclass(frozen=True, slots=True)
class Died:
    """The process behind the worker ended (crash, kill, memory limit). A fresh one is starting; what it kept is gone.

    `request` is the request that was running, 0 when none was.
    """

    request: int
    diagnostic: Diagnostic


@dataclass(frozen=True, slots=True)
class Silent:
    """No sign of life for `seconds` (0: it answers again)."""

    seconds: float


Event = (
    Ready | Loaded | StageEvent | ProvenanceEvent | ColumnEvent | ArrayEvent | DiagnosticEvent | GradientEvent
    | SceneEvent | Metrics | FitEvent | TrainDone | Output | Done | Failed | Died | Silent
)  # fmt: skip
