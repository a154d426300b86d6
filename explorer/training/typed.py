"""The text that the user typed, trained: its output is the loss, its gradients are the framework's own.

What is trained: the parameters of a model; of an expression the float inputs that the config names, and where it names
none all float inputs but `x` and `y`, which are the data by custom; if there are no others, those too. The loss is the
output, summed where it has several entries (the program says so in a notice). A text has no validation points, so the
validation loss is nan, and the best step is the one of least training loss. Updates are made in NumPy by the same
formulas as everywhere; every gradient is asked of the framework, all points at once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.errors import ProgramError, UsageError
from explorer.flow.finite_difference import is_float
from explorer.training import choices
from explorer.training.config import Checkpoint, RunConfig
from explorer.training.models import check_loop
from explorer.training.optimizers import SLOTS, Optimizer

if TYPE_CHECKING:
    from explorer.adapters.base import Program

DATA = ("x", "y")  # names that mean data rather than parameters


def check(config: RunConfig) -> None:
    """Raise UsageError for what no text can be trained with."""
    check_loop(config)
    choices.optimizer(config.optimizer, config.framework)
    if config.optimizer not in SLOTS:
        raise UsageError("training_unknown_optimizer", name=config.optimizer, known=", ".join(SLOTS))


class TextTrainer:
    """See `explorer.adapters.base.Trainer`; `predict` has nothing to say. Each array keeps its own dtype."""

    updates_per_epoch, fused = 1, True

    def __init__(self, program: Program, config: RunConfig) -> None:
        """UsageError for a config that cannot be, ProgramError where nothing in the text can be trained."""
        check(config)
        self._program = program
        self._inputs = dict(program.inputs)
        self.names = trained_names(program, config.parameters)
        self.device = program.device
        parameters = {**self._inputs, **parameters_of(program)}
        self._weights = [np.array(parameters[name]) for name in self.names]
        self._optimizer = Optimizer(config.optimizer, self._weights, l2=config.l2)
        self._rate = config.schedule.initial
        self._check_gradients()

    def step(self) -> tuple[float, ...]:
        loss, gradients = self._loss_and_gradients()
        found = [gradients[name] for name in self.names]
        self._optimizer.update([np.zeros(()) if each is None else each for each in found], self._rate)
        return loss, math.nan

    def losses(self) -> tuple[float, ...]:
        return float(np.sum(self._program.value(self._present()), dtype=np.float64)), math.nan

    def update(self) -> None:
        self.step()

    def set_learning_rate(self, rate: float) -> None:
        self._rate = rate

    def predict(self, x: np.ndarray, held: Any = None) -> np.ndarray:  # noqa: ARG002
        return np.empty((len(x), 0))

    def weights(self) -> list[np.ndarray]:
        return [weight.copy() for weight in self._weights]

    def hold(self) -> list[np.ndarray]:
        return self.weights()

    def arrays(self, held: list[np.ndarray]) -> list[np.ndarray]:
        return held

    def restore(self, weights: list[np.ndarray]) -> None:
        for mine, given in zip(self._weights, weights, strict=True):
            mine[...] = given

    def memory(self) -> tuple[int, list[np.ndarray]]:
        return self._optimizer.updates, [array.copy() for kind in self._optimizer.slots for array in kind]

    def resume(self, checkpoint: Checkpoint) -> None:
        self.restore(list(checkpoint.weights))
        self._optimizer.updates = checkpoint.updates
        mine = [array for kind in self._optimizer.slots for array in kind]
        for array, given in zip(mine, checkpoint.slots, strict=True):
            array[...] = given

    def _present(self) -> dict[str, np.ndarray]:
        """Copies: a program may take an array that it was given before for the same numbers."""
        return {**self._inputs, **dict(zip(self.names, self.weights(), strict=True))}

    def _loss_and_gradients(self) -> tuple[float, dict[str, np.ndarray | None]]:
        value, gradients = self._program.value_and_gradients(self._present())
        return float(np.sum(value, dtype=np.float64)), gradients

    def _check_gradients(self) -> None:
        """At the start, so that a text in which nothing leads to the output is refused before anything is shown."""
        _, gradients = self._loss_and_gradients()
        if all(gradients.get(name) is None for name in self.names):
            raise ProgramError("training_no_gradient", names=", ".join(self.names))


def parameters_of(program: Program) -> Mapping[str, np.ndarray]:
    """What a model has of its own; an expression has nothing."""
    return getattr(program, "parameters", {})


def trained_names(program: Program, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Which of the program's arrays are trained. UsageError for a name that is none of them, or not of floats;
    ProgramError where there is nothing to train.
    """
    parameters = parameters_of(program)
    floats = [name for name, array in {**program.inputs, **parameters}.items() if is_float(array)]
    for name in wanted:
        if name not in floats:
            raise UsageError("training_unknown_parameter", name=name, known=", ".join(floats) or "none")
    if wanted or parameters:
        return wanted or tuple(parameters)
    names = usual_names(floats)
    if not names:
        raise ProgramError("training_nothing_to_train")
    return names


def usual_names(floats: Sequence[str]) -> tuple[str, ...]:
    """Which of an expression's float inputs are trained where nobody says so."""
    return tuple(name for name in floats if name not in DATA) or tuple(floats)
