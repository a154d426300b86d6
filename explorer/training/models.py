"""The models one can train, as starting weights: a framework only ever sees `Initial`, so all three start alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from explorer.errors import UsageError
from explorer.training import choices
from explorer.training.config import Initial, RunConfig
from explorer.training.datasets import Data, is_number, task

Layers = tuple[tuple[np.ndarray, np.ndarray], ...]
MOST_WIDTH, MOST_LAYERS = 4096, 16


@dataclass(frozen=True, slots=True)
class Model:
    """One model. `title` is its short name; `start(config, inputs, outputs)` makes the starting weights, float64."""

    key: str
    title: str
    start: Callable[[RunConfig, int, int], Layers]


def _linear(_config: RunConfig, inputs: int, outputs: int) -> Layers:
    """x W + b from zeros: convex, so that the seed does not matter. With bce or cross-entropy: logistic regression."""
    return ((np.zeros((inputs, outputs)), np.zeros(outputs)),)


def _perceptron(config: RunConfig, inputs: int, outputs: int) -> Layers:
    """Rosenblatt's: one layer whose class is where a threshold puts x W + b: at 0, or the largest of several outputs.

    The threshold has no derivative. Descending the perceptron criterion instead, max(0, -t (x W + b)) for t = -1 or 1,
    is his rule: a point on its right side changes nothing, one on the wrong side is added or taken away. The start is
    a small normal draw, because at zero weights no point has a side. Where no line divides the classes the criterion
    can still be made small, by small weights: its accuracy says how good a perceptron is, not its loss.
    """
    rng = np.random.default_rng([2, config.seed])
    return ((0.1 * rng.standard_normal((inputs, outputs)), np.zeros(outputs)),)


def _two_tanh_units(config: RunConfig, inputs: int, outputs: int) -> Layers:
    """y = v1 tanh(w1 x + b1) + v2 tanh(w2 x + b2) + c; the seven standard normals are (w1, w2, b1, b2, v1, v2, c)."""
    if (inputs, outputs) != (1, 1):
        raise UsageError("training_model_elsewhere", model="mlp7", task=config.task, known=_known(config))
    drawn = np.random.default_rng([1, config.seed]).standard_normal(7)
    return ((drawn[None, 0:2], drawn[2:4]), (drawn[4:6, None], drawn[6:7]))


def _mlp(config: RunConfig, inputs: int, outputs: int) -> Layers:
    """Hidden layers of `config.widths`. Weights normal, of variance 2 / inputs of the layer for relu (He), else
    2 / (inputs + outputs) (Glorot); biases zero, for one input normal, so that the bends do not all lie at x = 0.
    """
    rng = np.random.default_rng([2, config.seed])
    sizes = (inputs, *config.widths, outputs)
    layers = []
    for above, below in pairwise(sizes):
        variance = 2.0 / above if config.activation == "relu" else 2.0 / (above + below)
        weights = math.sqrt(variance) * rng.standard_normal((above, below))
        layers.append((weights, rng.standard_normal(below) if above == 1 else np.zeros(below)))
    return tuple(layers)


MODELS: Mapping[str, Model] = {
    model.key: model
    for model in (
        Model("linear", "linear", _linear),
        Model("mlp7", "MLP 1-2-1", _two_tanh_units),
        Model("perceptron", "perceptron", _perceptron),
        Model("mlp", "MLP", _mlp),
    )
}


def model(key: str) -> Model:
    """The model called `key`; UsageError naming the known ones for any other name."""
    if key not in MODELS:
        raise UsageError("training_unknown_model", name=key, known=", ".join(MODELS))
    return MODELS[key]


def title(config: RunConfig) -> str:
    """The short name of the run's model, with its widths where it has some: MLP 2-16-16-1."""
    if config.task == "typed":
        return "the text"
    if config.model != "mlp":
        return model(config.model).title
    start = initial(config)
    sizes = (start.x.shape[1], *config.widths, start.y.shape[1])
    return f"MLP {'-'.join(map(str, sizes))}"


def _known(config: RunConfig) -> str:
    return ", ".join(task(config.task).models)


@lru_cache(maxsize=8)
def initial(config: RunConfig) -> Initial:
    """Data and starting weights of a run, float64; the same object for the same config, so leave it as it is.

    UsageError, or ProgramError for the typed function, where the config asks for the impossible.
    """
    about = task(config.task)
    if config.task == "typed":
        raise UsageError("training_typed_alone")
    _check(config)
    data = about.make(config)
    outputs = outputs_of(config, data.classes)
    layers = model(config.model).start(config, data.x.shape[1], outputs)
    labels = [(y[:, 0] if data.classes else y[:0, 0]).astype(np.int64) for y in (data.y, data.validation_y)]
    start = Initial(
        data.x, targets(data, data.y, outputs, config.loss), data.validation_x,
        targets(data, data.validation_y, outputs, config.loss), layers,
        config.activation if config.model == "mlp" else "tanh", data.classes, labels[0], labels[1], data.flipped,
    )  # fmt: skip
    for array in (start.x, start.y, start.validation_x, start.validation_y, *start.arrays):
        array.setflags(write=False)
    return start


def outputs_of(config: RunConfig, classes: int) -> int:
    """One output for a value or for two classes, else one for each class, as cross-entropy wants it always."""
    return classes if classes > 2 or (classes and config.loss == "cross-entropy") else 1


def targets(data: Data, y: np.ndarray, outputs: int, loss: str) -> np.ndarray:
    """What the loss compares the output with, float64 (n, outputs).

    One output: the value, or the class as 0 and 1 (bce), as -1 and 1 (mse, perceptron); positive means class 1 always.
    Several: 1 for the class, 0 for the others.
    """
    if not data.classes:
        return y
    if outputs > 1:
        return np.eye(data.classes)[y[:, 0].astype(np.int64)]
    return y if loss == "bce" else 2.0 * y - 1.0


def _check(config: RunConfig) -> None:
    """Raise UsageError for what no task can be trained with."""
    about = task(config.task)
    if model(config.model).key not in about.models:
        raise UsageError("training_model_elsewhere", model=config.model, task=config.task, known=_known(config))
    choices.optimizer(config.optimizer, config.framework)
    choices.loss(config.loss, about.losses)
    choices.activation(config.activation)
    if config.framework:
        choices.mode(config.mode, config.framework)
    check_loop(config)
    if not (1 <= len(config.widths) <= MOST_LAYERS and all(1 <= width <= MOST_WIDTH for width in config.widths)):
        text = ",".join(map(str, config.widths))
        raise UsageError("training_widths", widths=text, layers=MOST_LAYERS, most=MOST_WIDTH)
    if config.batch < 0:
        raise UsageError("training_batch", batch=config.batch)
    for name, value in (("noise", config.noise), ("l2", config.l2)):
        if not is_number(value):
            raise UsageError("training_not_negative", name=name, value=value)
    for name, value in (("label noise", config.label_noise), ("dropout", config.dropout)):
        if not 0.0 <= value < 1.0:
            raise UsageError("training_share", name=name, value=value)


def check_loop(config: RunConfig) -> None:
    """Raise UsageError for what no loop can do, whatever it trains."""
    if config.steps < 1:
        raise UsageError("training_steps", steps=config.steps)
    if config.seed < 0:
        raise UsageError("training_seed", seed=config.seed)
    if config.early_stopping < 0:
        raise UsageError("training_patience", patience=config.early_stopping)
    for rate in (config.schedule.initial, config.schedule.later):
        if not is_rate(rate):
            raise UsageError("training_rate", rate=rate)


def is_rate(rate: float) -> bool:
    """Whether an optimizer can take `rate`: finite and not negative. Zero is fine, it holds the weights still."""
    return is_number(rate)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rule about overfitting has to know besides the curves.

    `spread` is the training loss of the best constant output: the variance of the values (mse), the entropy of the
    classes (bce, cross-entropy); nan where there is none (the perceptron criterion, or a text).
    """

    parameters: int
    points: int
    spread: float


@lru_cache(maxsize=64)
def facts(config: RunConfig) -> Facts:
    """Raises what `initial` raises."""
    start = initial(config)
    return Facts(sum(array.size for array in start.arrays), len(start.x), _spread(start.y, config.loss))


def _spread(y: np.ndarray, loss: str) -> float:
    match loss:
        case "mse":
            return float(np.mean(np.var(y, axis=0)))
        case "bce":
            return float(np.mean(_entropy(y.mean(axis=0)) + _entropy(1.0 - y.mean(axis=0))))
        case "cross-entropy":
            return float(np.sum(_entropy(y.mean(axis=0))))
    return math.nan


def _entropy(shares: np.ndarray) -> np.ndarray:
    return -shares * np.log(np.where(shares > 0, shares, 1.0))


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


def weight_names(start: Initial) -> tuple[str, ...]:
    """Names of `start.arrays`: W1, b1, W2, b2, ..."""
    return tuple(f"{letter}{layer}" for layer in range(1, len(start.layers) + 1) for letter in "Wb")
