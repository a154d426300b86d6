"""The models one can train, as starting weights: a framework only ever sees `Initial`, so all three start alike."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explorer.errors import UsageError
from explorer.training.config import Initial, RunConfig
from explorer.training.datasets import column, task

Layers = tuple[tuple[np.ndarray, np.ndarray], ...]

OPTIMIZERS = ("adam",)


@dataclass(frozen=True, slots=True)
class Model:
    """One model: `title` is its short name in tables, `start(seed)` makes the starting weights."""

    key: str
    title: str
    parameters: int
    start: Callable[[int], Layers]


def _linear(_seed: int) -> Layers:
    """y = w x + b from zeros: convex, so that the seed does not matter."""
    return ((np.zeros((1, 1)), np.zeros(1)),)


def _two_tanh_units(seed: int) -> Layers:
    """y = v1 tanh(w1 x + b1) + v2 tanh(w2 x + b2) + c; the seven standard normals are (w1, w2, b1, b2, v1, v2, c)."""
    drawn = np.random.default_rng([1, seed]).standard_normal(7)
    return ((drawn[None, 0:2], drawn[2:4]), (drawn[4:6, None], drawn[6:7]))


MODELS = {
    model.key: model
    for model in (
        Model("linear", "linear", 2, _linear),
        Model("mlp7", "MLP 1-2-1", 7, _two_tanh_units),
    )
}


def model(key: str) -> Model:
    """The model called `key`; UsageError naming the known ones for any other name."""
    if key not in MODELS:
        raise UsageError("training_unknown_model", name=key, known=", ".join(MODELS))
    return MODELS[key]


def initial(config: RunConfig) -> Initial:
    """Data and starting weights of a run, float64. UsageError for a config that asks for the impossible."""
    data = task(config.task)
    layers = model(config.model).start(_checked(config).seed)
    return Initial(column(data.x), column(data.y), column(data.validation_x), column(data.validation_y), layers)


def _checked(config: RunConfig) -> RunConfig:
    if config.optimizer not in OPTIMIZERS:
        raise UsageError("training_unknown_optimizer", name=config.optimizer, known=", ".join(OPTIMIZERS))
    if config.steps < 1:
        raise UsageError("training_steps", steps=config.steps)
    if config.seed < 0:
        raise UsageError("training_seed", seed=config.seed)
    for rate in (config.schedule.initial, config.schedule.later):
        if not is_rate(rate):
            raise UsageError("training_rate", rate=rate)
    return config


def is_rate(rate: float) -> bool:
    """Whether an optimizer can take `rate`: finite and not negative. Zero is fine, it holds the weights still."""
    return math.isfinite(rate) and rate >= 0


def grid(start: Initial, points: int = 161) -> np.ndarray:
    """Where a fit is drawn: x over all points and 5 % to either side, float64 (points, 1)."""
    everywhere = np.concatenate([start.x, start.validation_x])
    low, high = float(everywhere.min()), float(everywhere.max())
    margin = 0.05 * (high - low)
    return np.linspace(low - margin, high + margin, points).reshape(-1, 1)


def least_squares_line(start: Initial) -> tuple[float, float]:
    """Slope and intercept of the straight line with the least squared error on the training points."""
    columns = np.hstack([start.x, np.ones_like(start.x)])
    (slope, intercept), *_ = np.linalg.lstsq(columns, start.y[:, 0], rcond=None)
    return float(slope), float(intercept)
