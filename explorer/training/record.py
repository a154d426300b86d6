"""What a run leaves behind: a record that is built from its events and goes to JSON or CSV and back."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from explorer.errors import UsageError
from explorer.messages import sentence
from explorer.training.config import RunConfig, Schedule
from explorer.training.datasets import task
from explorer.training.models import model
from explorer.training.overfitting import Diagnosis, best_index, diagnose
from explorer.training.series import Series
from explorer.worker.events import Metrics, TrainDone

NO_FIT = np.empty((0, 2))


@dataclass(frozen=True, slots=True, eq=False)
class RunRecord:
    """One run: losses per step from step 0 (full batch: a step is an epoch), and how it ended.

    `train` and `validation` float64 (n,); `fit` and `best_fit` float64 (g, 2), the model over a grid of x at the last
    and at the best step, empty where unknown.
    """

    config: RunConfig
    train: np.ndarray
    validation: np.ndarray
    best_step: int
    steps_per_second: float
    device: str
    fit: np.ndarray
    best_fit: np.ndarray

    @property
    def diagnosis(self) -> Diagnosis:
        return judge(self.config, self.train, self.validation)

    @property
    def note(self) -> str:
        """What an honest teacher says about the data."""
        return sentence(task(self.config.task).note, {})

    def to_json(self) -> str:
        """One object, keys as the command line promises them; a loss that is not finite is null."""
        rows = zip(self.train.tolist(), self.validation.tolist(), strict=True)
        return json.dumps({
            "config": asdict(self.config),
            "best_epoch": self.best_step,
            "diagnosis": self.diagnosis.text(),
            "steps_per_second": self.steps_per_second,
            "device": self.device,
            "parameters": model(self.config.model).parameters,
            "note": self.note,
            "epochs": [
                {"epoch": step, "train_loss": _finite(train), "validation_loss": _finite(validation)}
                for step, (train, validation) in enumerate(rows)
            ],
            "fit": [[_finite(number) for number in row] for row in self.fit.tolist()],
            "best_fit": [[_finite(number) for number in row] for row in self.best_fit.tolist()],
        }, allow_nan=False, ensure_ascii=False)  # fmt: skip

    def to_csv(self) -> str:
        """One row per epoch under a header; numbers in full precision, so that reading them gives them back."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["epoch", "train_loss", "validation_loss"])
        for step, losses in enumerate(zip(self.train.tolist(), self.validation.tolist(), strict=True)):
            writer.writerow([step, *map(repr, losses)])
        return text.getvalue()


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
    return RunRecord(
        _config(data["config"]),
        _numbers([epoch["train_loss"] for epoch in epochs]),
        _numbers([epoch["validation_loss"] for epoch in epochs]),
        int(data["best_epoch"]),
        float(data["steps_per_second"]),
        str(data["device"]),
        _numbers(data.get("fit", [])).reshape(-1, 2),
        _numbers(data.get("best_fit", [])).reshape(-1, 2),
    )


def judge(config: RunConfig, train: np.ndarray, validation: np.ndarray) -> Diagnosis:
    """The diagnosis of the curves of a run of `config`, finished or not."""
    data = task(config.task)
    return diagnose(
        train, validation, parameters=model(config.model).parameters, points=len(data.x), spread=data.spread
    )


class RunBuilder:
    """Collects the events of one run. `train` and `validation` grow while it goes on."""

    def __init__(self, config: RunConfig) -> None:
        self.config = config
        self.train = Series()
        self.validation = Series()
        self.last: Metrics | None = None
        self.done: TrainDone | None = None

    def add(self, event: object) -> None:
        """Take a Metrics or a TrainDone; any other event says nothing about the curves."""
        if isinstance(event, Metrics):
            self.train.extend(event.train)
            self.validation.extend(event.validation)
            self.last = event
        elif isinstance(event, TrainDone):
            self.done = event

    @property
    def best_step(self) -> int:
        """The step of least validation loss; of a finished run, the one whose weights were kept."""
        return self.done.best_step if self.done else best_index(self.validation.values) if len(self.validation) else 0

    def diagnosis(self) -> Diagnosis:
        return judge(self.config, self.train.values, self.validation.values)

    def record(self) -> RunRecord:
        """The run as it is now; a run that has not ended has a record too."""
        ended = self.done or self.last
        return RunRecord(
            self.config, self.train.values.copy(), self.validation.values.copy(), self.best_step,
            ended.steps_per_second if ended else 0.0, ended.device if ended else self.config.device,
            self.last.fit if self.last else NO_FIT, self.done.best_fit if self.done else NO_FIT,
        )  # fmt: skip


def _config(data: dict[str, Any]) -> RunConfig:
    return RunConfig(**{**data, "schedule": Schedule(**data["schedule"])})


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _numbers(values: list[Any]) -> np.ndarray:
    return np.array(values, dtype=np.float64)  # null reads as nan


def _reason(error: Exception) -> str:
    return f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
