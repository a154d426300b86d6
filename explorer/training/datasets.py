"""The tasks one can train on: named data sets, each with what an honest teacher says about it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal

import numpy as np

from explorer.errors import UsageError
from explorer.paths import samples
from explorer.training.config import Initial, RunConfig, Schedule
from explorer.training.own_function import evaluate
from explorer.training.plane import SHAPES

Kind = Literal["curve", "plane", "digits", "typed"]
MOST_POINTS = 100_000
DIGITS_SHOWN = 40  # validation digits whose predicted class is told while a run goes on
DOMAIN = (-2.0, 2.0)  # of the task `function`


@dataclass(frozen=True, slots=True)
class Data:
    """Points of one task, float64. `x` (n, inputs); `y` (n, 1) values, or class numbers where `classes` is not 0."""

    x: np.ndarray
    y: np.ndarray
    validation_x: np.ndarray
    validation_y: np.ndarray
    classes: int = 0
    flipped: np.ndarray = field(default_factory=lambda: np.empty(0, np.bool_))


@dataclass(frozen=True, slots=True)
class Task:
    """One task. `kind` says what can be shown of it; `note` is the message code of what to know about its data.

    `options` are the fields of RunConfig that its data depend on, `losses` and `models` what suits it (the first is
    usual), `defaults` the fields of RunConfig that differ from RunConfig's own.
    """

    key: str
    title: str
    kind: Kind
    note: str
    make: Callable[[RunConfig], Data]
    losses: tuple[str, ...]
    models: tuple[str, ...]
    options: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)


def _five_points(_config: RunConfig) -> Data:
    """A line 1.5 x + 3 under noise.

    The noise is scaled so that the best line has errors 5.3 and 5.1, and the draw was picked for a validation error
    near 20 with seven parameters: the note says so wherever the numbers are shown.
    """
    return Data(
        _column(-2.0, -1.0, 0.0, 1.0, 2.0), _column(-2.17, 2.51, 6.49, 5.29, 3.12),
        _column(-1.75, -1.25, -0.5, 0.5, 1.5), _column(4.77, 1.12, 1.47, 0.94, 5.71),
    )  # fmt: skip


def _column(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64).reshape(-1, 1)


def _plane(config: RunConfig) -> Data:
    rng = np.random.default_rng([3, config.seed])
    x, labels = SHAPES[config.task](rng, config.points, config.noise)
    return _classes(config, rng, x, labels, 2)


def _digits(config: RunConfig) -> Data:
    rng = np.random.default_rng([3, config.seed])
    images, labels = digits()
    if config.points > len(labels):
        raise UsageError("training_points_digits", points=config.points, most=len(labels))
    chosen = rng.permutation(len(labels))[: config.points]
    x = images[chosen].reshape(len(chosen), -1) / 16.0
    x = x + config.noise * rng.standard_normal(x.shape)
    return _classes(config, rng, x, labels[chosen].astype(np.int64), 10)


@cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    """All images, uint8 (1797, 8, 8) from 0 to 16, and their labels uint8 (1797,); read only."""
    with np.load(samples() / "datasets" / "digits.npz", allow_pickle=False) as archive:
        images, labels = archive["images"], archive["labels"]
    images.setflags(write=False)
    labels.setflags(write=False)
    return images, labels


def _classes(config: RunConfig, rng: np.random.Generator, x: np.ndarray, labels: np.ndarray, classes: int) -> Data:
    """Split at random, then make some training labels wrong; those of validation stay right, so that it measures."""
    order = rng.permutation(len(x))
    train, validation = np.split(order, [training_points(config)])
    flipped = np.zeros(len(train), np.bool_)
    flipped[rng.permutation(len(train))[: round(config.label_noise * len(train))]] = True
    shift = rng.integers(1, classes, len(train))
    wrong = np.where(flipped, (labels[train] + shift) % classes, labels[train])
    return Data(
        x[train], wrong[:, None].astype(np.float64), x[validation], labels[validation][:, None].astype(np.float64),
        classes, flipped,
    )  # fmt: skip


def _function(config: RunConfig) -> Data:
    """Points of the typed function, x evenly at random in DOMAIN, the values under noise."""
    rng = np.random.default_rng([3, config.seed])
    x = rng.uniform(*DOMAIN, (config.points, 1))
    exact = evaluate(config.function, x)
    if not np.isfinite(exact).all():
        at = float(x[~np.isfinite(exact)][0])
        raise UsageError("training_function_undefined", text=config.function, x=at, low=DOMAIN[0], high=DOMAIN[1])
    y = exact + config.noise * rng.standard_normal(x.shape)
    train = training_points(config)
    return Data(x[:train], y[:train], x[train:], y[train:])


def _typed(_config: RunConfig) -> Data:
    raise UsageError("training_typed_alone")


def training_points(config: RunConfig) -> int:
    """How many points train. UsageError unless there is one on either side."""
    if not 2 <= config.points <= MOST_POINTS:
        raise UsageError("training_points", points=config.points, most=MOST_POINTS)
    if not 0.0 < config.train_share < 1.0:
        raise UsageError("training_share", name="train share", value=config.train_share)
    return min(max(1, round(config.train_share * config.points)), config.points - 1)


PLANE_OPTIONS = ("points", "noise", "label_noise", "train_share")
CLASS_LOSSES = ("bce", "cross-entropy", "mse", "perceptron")
LAYERED = ("mlp", "linear")


def _defaults(**fields: Any) -> Mapping[str, Any]:
    return {"model": "mlp", "dtype": "float32", **fields}


def _plane_task(key: str, title: str, noise: float) -> Task:
    defaults = _defaults(
        loss="bce", steps=301, schedule=Schedule(0.02, 0.02, 0), batch=32, points=300, noise=noise, train_share=0.5
    )
    return Task(
        key, title, "plane", "training_plane_note", _plane, CLASS_LOSSES, (*LAYERED, "perceptron"), PLANE_OPTIONS,
        defaults,
    )  # fmt: skip


TASKS: Mapping[str, Task] = {task.key: task for task in (
    Task("five-points", "five points", "curve", "five_points_note", _five_points, ("mse",), ("mlp7", "linear", "mlp")),
    _plane_task("moons", "two moons", 0.2),
    _plane_task("circles", "two circles", 0.1),
    _plane_task("spirals", "two spirals", 0.05),
    _plane_task("xor", "exclusive or", 0.1),
    _plane_task("linear", "two half planes", 0.1),
    Task(
        "digits", "digits 8x8", "digits", "training_digits_note", _digits,
        ("cross-entropy", "bce", "mse", "perceptron"), (*LAYERED, "perceptron"), PLANE_OPTIONS,
        _defaults(
            loss="cross-entropy", steps=61, schedule=Schedule(0.005, 0.005, 0), batch=32, points=1000, widths=(32,),
            activation="relu",
        ),
    ),
    Task(
        "function", "function of one variable", "curve", "training_function_note", _function, ("mse",),
        ("mlp", "linear", "mlp7"), ("points", "noise", "train_share", "function"),
        _defaults(loss="mse", steps=2001, schedule=Schedule(0.01, 0.01, 0), points=40, noise=0.1),
    ),
    Task(
        "typed", "the text", "typed", "training_typed_note", _typed, (), ("text",), ("parameters",),
        {"model": "text", "dtype": "float32", "loss": "", "steps": 301, "schedule": Schedule(0.05, 0.05, 0)},
    ),
)}  # fmt: skip


def task(key: str) -> Task:
    """The task called `key`; UsageError naming the known ones for any other name."""
    if key not in TASKS:
        raise UsageError("training_unknown_task", name=key, known=", ".join(TASKS))
    return TASKS[key]


def defaults(key: str) -> RunConfig:
    """The run that a task is usually shown with. UsageError for an unknown task."""
    found = task(key)
    return replace(RunConfig(task=found.key), **found.defaults)


def usual_loss(task_key: str, model: str) -> str:
    """The loss that suits a model in a task: a perceptron's own criterion, else the task's usual one."""
    losses = task(task_key).losses
    return "perceptron" if model == "perceptron" and "perceptron" in losses else next(iter(losses), "")


def box(start: Initial) -> tuple[float, float, float, float]:
    """Where a picture of the plane is taken: least and greatest first, least and greatest second coordinate.

    Over all points, and 8 % to either side.
    """
    everywhere = np.concatenate([start.x, start.validation_x])
    (left, bottom), (right, top) = everywhere.min(axis=0), everywhere.max(axis=0)
    across, up = 0.08 * (right - left), 0.08 * (top - bottom)
    return float(left - across), float(right + across), float(bottom - up), float(top + up)


def exact_curve(config: RunConfig, points: int = 321) -> np.ndarray:
    """The typed function itself without noise, float64 (points, 2): x over DOMAIN and its value; else empty."""
    if config.task != "function":
        return np.empty((0, 2))
    x = np.linspace(*DOMAIN, points)
    return np.stack([x, evaluate(config.function, x)], axis=1)


def is_number(value: float) -> bool:
    """Finite and not negative."""
    return math.isfinite(value) and value >= 0
