"""What a run leaves behind: a record that is built from its events and goes to JSON or CSV and back."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from explorer.errors import UsageError
from explorer.messages import sentence
from explorer.training import checkpoints
from explorer.training.config import Checkpoint, Fit, RunConfig, Schedule
from explorer.training.datasets import task
from explorer.training.models import facts
from explorer.training.overfitting import Diagnosis, best_index, diagnose
from explorer.training.series import Series
from explorer.worker.events import Metrics, TrainDone

NO_FIT = np.empty((0, 2))
NO_NUMBERS = np.empty(0)


@dataclass(frozen=True, slots=True, eq=False)
class RunRecord:
    """One run: losses per step (an epoch) from step 0, and how it ended.

    `train` and `validation` float64 (n,), `validation` nan where the task has no such points; accuracies likewise,
    empty where it has no classes. `fit` and `best_fit` float64 (g, 2), the model over a grid of x at the last and at
    the best step, empty where unknown or where there is more than one input. Of `view`, `best_view` and `history` (see
    TrainDone) only the picture of `view` is written to a file. `checkpoint` is None where the run has not ended, or
    diverged. `source` is the text that was trained, empty but for the task `typed`.
    """

    config: RunConfig
    train: np.ndarray
    validation: np.ndarray
    best_step: int
    steps_per_second: float
    device: str
    fit: np.ndarray
    best_fit: np.ndarray
    train_accuracy: np.ndarray = field(default_factory=lambda: NO_NUMBERS)
    validation_accuracy: np.ndarray = field(default_factory=lambda: NO_NUMBERS)
    ending: str = ""
    names: tuple[str, ...] = ()
    checkpoint: Checkpoint | None = None
    source: str = ""
    view: Fit = field(default_factory=lambda: Fit(0))
    best_view: Fit = field(default_factory=lambda: Fit(0))
    history: tuple[Fit, ...] = ()

    @property
    def diagnosis(self) -> Diagnosis:
        return judge(self.config, self.train, self.validation, self.parameters)

    @property
    def parameters(self) -> int:
        """How many numbers are trained; 0 for a text of which nothing has come back yet."""
        return parameters_of(self.config, self.checkpoint)

    @property
    def note(self) -> str:
        """What an honest teacher says about the data."""
        return sentence(task(self.config.task).note, asdict(self.config))

    def to_json(self) -> str:
        """One object, keys as the command line promises them; a loss that is not finite is null."""
        return json.dumps({
            "config": asdict(self.config),
            "best_epoch": self.best_step,
            "diagnosis": self.diagnosis.text(),
            "steps_per_second": self.steps_per_second,
            "device": self.device,
            "parameters": self.parameters,
            "ending": self.ending,
            "note": self.note,
            "source": self.source,
            "epochs": [
                {"epoch": step, **{name: _finite(number) for name, number in zip(self.columns, row, strict=True)}}
                for step, row in enumerate(self._rows())
            ],
            "fit": [[_finite(number) for number in row] for row in self.fit.tolist()],
            "best_fit": [[_finite(number) for number in row] for row in self.best_fit.tolist()],
            "picture": self.view.picture.astype(np.float64).round(4).tolist(),
            "names": self.names,
            "checkpoint": None if self.checkpoint is None else checkpoints.plain(self.checkpoint),
        }, allow_nan=False, ensure_ascii=False)  # fmt: skip

    def to_csv(self) -> str:
        """One row per epoch under a header; numbers in full precision, so that reading them gives them back. What was
        not computed is left empty.
        """
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["epoch", *self.columns])
        for step, row in enumerate(self._rows()):
            writer.writerow([step, *("" if math.isnan(number) else repr(number) for number in row)])
        return text.getvalue()

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the numbers of an epoch."""
        return COLUMNS if len(self.train_accuracy) else COLUMNS[:2]

    def _rows(self) -> list[list[float]]:
        curves = [getattr(self, CURVES[name]) for name in self.columns]
        return np.stack(curves, axis=1).tolist() if len(self.train) else []


CURVES = {
    "train_loss": "train",
    "validation_loss": "validation",
    "train_accuracy": "train_accuracy",
    "validation_accuracy": "validation_accuracy",
}
COLUMNS = tuple(CURVES)


def read(path: Path) -> RunRecord:
    """The record in the JSON file `path`. UsageError for a file that is missing or is no record."""
    try:
        return from_json(path.read_text("utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError("training_record", path=str(path), reason=_reason(error)) from error


def from_json(text: str) -> RunRecord:
    """The record that `to_json` wrote; ValueError, KeyError or TypeError for anything else."""
    data = json.loads(text)
    epochs = data["epochs"]
    curves: dict[str, Any] = {
        CURVES[name]: _numbers([epoch[name] for epoch in epochs if name in epoch or name in COLUMNS[:2]])
        for name in COLUMNS
    }
    checkpoint = data.get("checkpoint")
    return RunRecord(
        config=_config(data["config"]),
        best_step=int(data["best_epoch"]),
        steps_per_second=float(data["steps_per_second"]),
        device=str(data["device"]),
        fit=_numbers(data.get("fit", [])).reshape(-1, 2),
        best_fit=_numbers(data.get("best_fit", [])).reshape(-1, 2),
        ending=str(data.get("ending", "")),
        names=tuple(map(str, data.get("names", ()))),
        checkpoint=None if checkpoint is None else checkpoints.from_plain(checkpoint),
        source=str(data.get("source", "")),
        view=Fit(max(0, len(epochs) - 1), picture=_picture(data.get("picture", []))),
        **curves,
    )


def judge(config: RunConfig, train: np.ndarray, validation: np.ndarray, parameters: int = 0) -> Diagnosis:
    """The diagnosis of the curves of a run of `config`, finished or not. `parameters` is asked for a text only."""
    if config.task == "typed":
        return diagnose(train, validation, parameters=parameters, points=0, spread=math.nan)
    known = facts(config)
    return diagnose(train, validation, parameters=known.parameters, points=known.points, spread=known.spread)


def parameters_of(config: RunConfig, checkpoint: Checkpoint | None) -> int:
    """How many numbers a run trains. Of a text only its end tells: 0 before."""
    if config.task != "typed":
        return facts(config).parameters
    return sum(array.size for array in checkpoint.weights) if checkpoint else 0


class RunBuilder:
    """Collects the events of one run. `train` and `validation` grow while it goes on, and the accuracies where there
    are some. Of a run that is resumed it begins with what `earlier` has: UsageError where that cannot be.
    """

    def __init__(self, config: RunConfig, earlier: RunRecord | None = None, *, source: str = "") -> None:
        self.config = config
        self.source = source
        self.train, self.validation = Series(), Series()
        self.train_accuracy, self.validation_accuracy = Series(), Series()
        self.last: Metrics | None = None
        self.done: TrainDone | None = None
        self.resume: Checkpoint | None = None
        self._earlier = earlier
        if earlier is not None:
            self.resume = checkpoints.resumable(config, earlier.config, earlier.checkpoint)
            for name in CURVES.values():
                getattr(self, name).extend(getattr(earlier, name)[: self.resume.epoch])

    def add(self, event: object) -> None:
        """Take a Metrics or a TrainDone; any other event says nothing about the curves."""
        if isinstance(event, Metrics):
            for name in CURVES.values():
                getattr(self, name).extend(getattr(event, name))
            self.last = event
        elif isinstance(event, TrainDone):
            self.done = event

    @property
    def best_step(self) -> int:
        """The step of least validation loss (training loss where there is none); of a finished run, the one whose
        weights were kept.
        """
        if self.done:
            return self.done.best_step
        curve = self.train if np.isnan(self.validation.values).all() else self.validation
        return best_index(curve.values) if len(curve) else 0

    @property
    def view(self) -> Fit:
        """The newest fit, whole."""
        return replace(self.last.view, curve=self.last.fit) if self.last else Fit(0)

    def diagnosis(self) -> Diagnosis:
        parameters = parameters_of(self.config, self.done.checkpoint if self.done else None)
        return judge(self.config, self.train.values, self.validation.values, parameters)

    def record(self) -> RunRecord:
        """The run as it is now; a run that has not ended has a record too."""
        ended, done = self.done or self.last, self.done
        curves: dict[str, Any] = {name: getattr(self, name).values.copy() for name in CURVES.values()}
        return RunRecord(
            config=self.config,
            best_step=self.best_step,
            steps_per_second=ended.steps_per_second if ended else 0.0,
            device=ended.device if ended else self.config.device,
            fit=self.last.fit if self.last else NO_FIT,
            best_fit=done.best_fit if done else NO_FIT,
            ending=done.ending if done else "",
            names=done.names if done else (),
            checkpoint=done.checkpoint if done else None,
            source=self.source,
            view=self.view,
            best_view=replace(done.best_view, curve=done.best_fit) if done else Fit(0),
            history=done.history if done else (),
            **curves,
        )


def _config(data: dict[str, Any]) -> RunConfig:
    """The config of a record, also of one that was written before a field was there."""
    read: dict[str, Any] = {"schedule": Schedule(**data["schedule"])}
    for name in ("widths", "parameters"):
        if name in data:
            read[name] = tuple(data[name])
    return RunConfig(**{**data, **read})


def _picture(rows: list[list[float]]) -> np.ndarray:
    return np.array(rows, dtype=np.float32).reshape(len(rows), -1 if rows else 0)


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _numbers(values: list[Any]) -> np.ndarray:
    return np.array(values, dtype=np.float64)  # null reads as nan


def _reason(error: Exception) -> str:
    return f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
