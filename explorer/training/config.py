"""What one training run is: the task, the model, the optimizer, where it starts."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, slots=True)
class Schedule:
    """Learning rate: `initial`, then `later` from step `since` on."""

    initial: float = 0.05
    later: float = 0.01
    since: int = 3000

    def at(self, step: int) -> float:
        return self.initial if step < self.since else self.later


@dataclass(frozen=True, slots=True)
class RunConfig:
    """One run; every field is concrete. Written down here is the lecture's run; `datasets.defaults(task)` has others.

    `steps` counts evaluations, one per epoch: 6001 means losses at weights after 0, 1, ..., 6000 epochs. `batch` is the
    number of points per update, 0 for all of them at once (then a step, an epoch and an update are the same).

    data: `points` in all, of which `train_share` train and the others validate; `noise` is the standard deviation of
    what is added (to the points in the plane, to a function's values); `label_noise` the share of training labels that
    are replaced by a wrong one. A task without such a knob ignores the field.
    model: `widths` and `activation` are those of `mlp`. `loss`, `activation`, `optimizer` and `mode` are keys of the
    tables in `explorer.training.choices`; `mode` empty means the framework's usual one.
    against overfitting: `l2` adds l2/2 times the sum of squared weights (not biases) to the loss that is descended, not
    to the one that is shown; `dropout` is the share of hidden units left out per update; `early_stopping` the number of
    epochs without a better validation loss after which the run ends with its best weights, 0 for never.
    `function` is the expression of the task `function`. `parameters` names what the task `typed` trains; empty: see
    `explorer.training.typed`.
    """

    task: str = "five-points"
    model: str = "mlp7"
    framework: str = "jax"
    steps: int = 6001
    schedule: Schedule = field(default_factory=Schedule)
    optimizer: str = "adam"
    dtype: str = "float64"
    device: str = "cpu"
    seed: int = 0
    loss: str = "mse"
    batch: int = 0
    mode: str = ""
    widths: tuple[int, ...] = (16, 16)
    activation: str = "tanh"
    points: int = 10
    noise: float = 0.0
    label_noise: float = 0.0
    train_share: float = 0.5
    l2: float = 0.0
    dropout: float = 0.0
    early_stopping: int = 0
    function: str = "sin(3*x)"
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Initial:
    """Data and starting weights, the same for every framework. All arrays float64 unless said otherwise.

    `x` (n, inputs); `y` (n, outputs), what the loss compares the output with; the same of the validation points.
    `layers` is [(W (inputs, outputs), b (outputs,)), ...]; `activation` between layers, none after the last.
    `classes` is 0 for a regression; else `labels` and `validation_labels` are int64 (n,), and `flipped` bool (n,) says
    which training labels are wrong on purpose.
    """

    x: np.ndarray
    y: np.ndarray
    validation_x: np.ndarray
    validation_y: np.ndarray
    layers: tuple[tuple[np.ndarray, np.ndarray], ...]
    activation: str = "tanh"
    classes: int = 0
    labels: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    validation_labels: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    flipped: np.ndarray = field(default_factory=lambda: np.empty(0, np.bool_))

    @property
    def arrays(self) -> list[np.ndarray]:
        """The weights flat, in the order W, b, W, b, ..."""
        return [array for layer in self.layers for array in layer]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """From where a run can go on as if it had never stopped: everything that the next update depends on.

    `epoch` is the step whose weights these are; `updates` the number of updates made so far; `slots` the optimizer's
    memory, in the order of its own formula; `best_weights` those of step `best_step`, of loss `best_loss`.
    """

    epoch: int
    updates: int
    weights: tuple[np.ndarray, ...]
    slots: tuple[np.ndarray, ...]
    best_step: int
    best_loss: float
    best_weights: tuple[np.ndarray, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One array that is trained, in few words: its number where it is a scalar, else the root of its squares' sum."""

    name: str
    shape: tuple[int, ...]
    value: float


@dataclass(frozen=True, slots=True)
class Fit:
    """What the model makes of its task at the weights of `step`. Parts that the task has not are empty.

    `curve` float64 (g, 2): x and the output over a grid, of a task with one input.
    `picture` float32 (h, w): the model's confidence in class 1 over `datasets.box(initial)`, row 0 at the least second
    coordinate; 0.5 is the decision boundary.
    `predicted` int64 (m,) and `confidence` float32 (m,) of the first m validation points: the class, and its
    probability as the loss means it; of a perceptron, which has none, the margin to the second largest output.
    `confusion` int64 (classes, classes): validation points by their class (row) and the one predicted (column).
    `parameters` are those of a text that trains, which has no points to show.
    """

    step: int
    curve: np.ndarray = field(default_factory=lambda: np.empty((0, 2)))
    picture: np.ndarray = field(default_factory=lambda: np.empty((0, 0), np.float32))
    predicted: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    confidence: np.ndarray = field(default_factory=lambda: np.empty(0, np.float32))
    confusion: np.ndarray = field(default_factory=lambda: np.empty((0, 0), np.int64))
    parameters: tuple[Parameter, ...] = ()
