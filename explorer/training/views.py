"""What is shown of a model besides its losses: its curve, its picture of the plane, its guesses at digits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.training.config import Fit, Initial, Parameter, RunConfig
from explorer.training.datasets import DIGITS_SHOWN, box, task
from explorer.training.models import grid

if TYPE_CHECKING:
    from explorer.adapters.base import Trainer

SIDE = 64  # points of a picture along either side
PARAMETERS_SHOWN = 64  # arrays of a text of which a number is told


class View:
    """What can be shown of one run, asked of its trainer. The points that it asks for are made once."""

    def __init__(self, config: RunConfig, initial: Initial | None) -> None:
        self._loss = config.loss
        self.kind = task(config.task).kind
        self._points = np.empty((0, 0))
        if initial is None:
            return
        self._labels, self._classes = initial.validation_labels, initial.classes
        match self.kind:
            case "curve":
                self._points = grid(initial)
            case "plane":
                self._points = plane_points(initial)
            case "digits":
                self._points = initial.validation_x

    @property
    def is_dear(self) -> bool:
        """A look costs more than a curve does."""
        return self.kind in ("plane", "digits")

    def look(self, trainer: Trainer, step: int, held: Any = None) -> Fit:
        """The fit at the trainer's present weights, or at those it has `held`, said to be those of `step`."""
        if not len(self._points):
            return Fit(step, parameters=parameters(trainer, held))
        output = trainer.predict(self._points, held)
        match self.kind:
            case "curve":
                return Fit(step, curve=np.hstack([self._points, output.astype(np.float64)]))
            case "plane":
                shares = class_shares(output, self._loss)[:, 1]
                return Fit(step, picture=shares.astype(np.float32).reshape(SIDE, SIDE))
        return self._guesses(output, step)

    def _guesses(self, output: np.ndarray, step: int) -> Fit:
        predicted = np.argmax(output, axis=1)
        cells = np.bincount(self._labels * self._classes + predicted, minlength=self._classes**2)
        return Fit(
            step,
            predicted=predicted[:DIGITS_SHOWN].astype(np.int64),
            confidence=confidence(output[:DIGITS_SHOWN], self._loss).astype(np.float32),
            confusion=cells.reshape(self._classes, self._classes).astype(np.int64),
        )


def parameters(trainer: Trainer, held: Any = None) -> tuple[Parameter, ...]:
    """The first arrays that are trained, by name: as they are, or as they were when `held` was."""
    arrays = trainer.weights() if held is None else trainer.arrays(held)
    pairs = zip(trainer.names[:PARAMETERS_SHOWN], arrays, strict=False)
    return tuple(Parameter(name, array.shape, _size(array)) for name, array in pairs)


def _size(array: np.ndarray) -> float:
    exact = array.astype(np.float64)
    return float(np.linalg.norm(exact)) if array.shape else float(exact)


def confidence(output: np.ndarray, loss: str) -> np.ndarray:
    """How sure the class with the largest output is, float64 (n,); see `Fit.confidence`."""
    if loss == "perceptron":
        two = np.partition(output.astype(np.float64), -2, axis=1)[:, -2:]
        return np.asarray(two[:, 1] - two[:, 0])
    return np.asarray(class_shares(output, loss).max(axis=1))


def plane_points(initial: Initial) -> np.ndarray:
    """The centres of SIDE x SIDE cells over the box of the points, float64 (SIDE * SIDE, 2), row by row from below."""
    left, right, bottom, top = box(initial)
    places = (np.arange(SIDE) + 0.5) / SIDE
    across, up = np.meshgrid(left + places * (right - left), bottom + places * (top - bottom))
    return np.stack([across.ravel(), up.ravel()], axis=1)


def class_shares(output: np.ndarray, loss: str) -> np.ndarray:
    """Confidence in each class, float64 (n, classes), from outputs (n, outputs).

    bce: sigmoid; cross-entropy: softmax, both probabilities as the loss means them. The other losses give none: an mse
    output between its two targets is read as a share and cut off beyond them, a perceptron is sure of its side.
    """
    output = output.astype(np.float64)
    if loss == "cross-entropy":
        raised = np.exp(output - output.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))
    if output.shape[1] == 1:
        second = _one_output(output[:, 0], loss)
        return np.stack([1.0 - second, second], axis=1)
    match loss:
        case "bce":
            return np.asarray(_sigmoid(output))
        case "mse":
            return np.asarray(np.clip(output, 0.0, 1.0))
    return np.asarray(output == output.max(axis=1, keepdims=True), np.float64)


def _one_output(output: np.ndarray, loss: str) -> np.ndarray:
    match loss:
        case "bce":
            return _sigmoid(output)
        case "mse":
            return np.asarray(np.clip((output + 1.0) / 2.0, 0.0, 1.0))
    return np.asarray(output > 0, np.float64)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * x)))
