"""A Trainer in NumPy with hand-written gradients: the fake of the training tests, and a check on the frameworks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from explorer.training.batches import Batches
from explorer.training.config import Checkpoint, Initial, RunConfig
from explorer.training.models import weight_names
from explorer.training.optimizers import Optimizer

# Value of an activation, and its derivative from the value.
ACTIVATIONS = {
    "tanh": (np.tanh, lambda a: 1 - a**2),
    "relu": (lambda x: np.maximum(x, 0.0), lambda a: (a > 0).astype(a.dtype)),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), lambda a: a * (1 - a)),
}


def softmax(output):
    raised = np.exp(output - output.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def loss_and_cotangent(loss: str, output: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """The loss as defined, and its derivative by the output."""
    rows, entries = len(output), output.size
    match loss:
        case "mse":
            return np.mean((output - y) ** 2), 2 * (output - y) / entries
        case "bce":
            share = 1 / (1 + np.exp(-output))
            return -np.mean(y * np.log(share) + (1 - y) * np.log(1 - share)), (share - y) / entries
        case "cross-entropy":
            shares = softmax(output)
            return -np.mean(np.sum(y * np.log(shares), axis=1)), (shares - y) / rows
        case "perceptron" if output.shape[1] == 1:
            wrong = -y * output > 0
            return np.mean(np.where(wrong, -y * output, 0)), np.where(wrong, -y, 0) / entries
    largest = np.eye(output.shape[1])[output.argmax(axis=1)]
    return np.mean(np.sum((largest - y) * output, axis=1)), (largest - y) / rows


def accuracy(output: np.ndarray, y: np.ndarray) -> float:
    if output.shape[1] == 1:
        return float(np.mean((output > 0) == (y > 0)))
    return float(np.mean(output.argmax(axis=1) == y.argmax(axis=1)))


class NumpyTrainer:
    """Every task, model, loss, optimizer and regulariser of the layered models, in float64 whatever the config says."""

    device = "cpu"

    def __init__(self, config: RunConfig, initial: Initial) -> None:
        self._initial = initial
        self._loss_key, self._dropout = config.loss, config.dropout
        self._act, self._slope = ACTIVATIONS[initial.activation]
        self._weights = [array.copy() for array in initial.arrays]
        decayed = [k % 2 == 0 for k in range(len(self._weights))]
        self._optimizer = Optimizer(config.optimizer, self._weights, l2=config.l2, decayed=decayed)
        self._batches = Batches(config, initial)
        self._epoch = 0
        self.updates_per_epoch, self.fused = self._batches.per_epoch, self._batches.whole
        self.names = weight_names(initial)
        self.rate = config.schedule.initial

    def step(self) -> tuple[float, ...]:
        losses = self.losses()
        self.update()
        return losses

    def update(self) -> None:
        for batch in self._batches.epoch(self._epoch):
            x, y = self._initial.x[batch.index], self._initial.y[batch.index]
            self._optimizer.update(self._gradients(x, y, batch.masks), self.rate)
        self._epoch += 1

    def losses(self) -> tuple[float, ...]:
        start = self._initial
        pairs = [(self.predict(x), y) for x, y in ((start.x, start.y), (start.validation_x, start.validation_y))]
        losses = [float(loss_and_cotangent(self._loss_key, *pair)[0]) for pair in pairs]
        return (*losses, *(accuracy(*pair) for pair in pairs)) if start.classes else tuple(losses)

    def set_learning_rate(self, rate: float) -> None:
        self.rate = rate

    def predict(self, x: np.ndarray, held: list[np.ndarray] | None = None) -> np.ndarray:
        return self._activations(x, (), held)[-1]

    def weights(self) -> list[np.ndarray]:
        return [array.copy() for array in self._weights]

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
        mine = [array for kind in self._optimizer.slots for array in kind]
        for array, given in zip(mine, checkpoint.slots, strict=True):
            array[...] = given
        self._optimizer.updates, self._epoch = checkpoint.updates, checkpoint.epoch

    def _activations(self, x: np.ndarray, masks: tuple, held: list[np.ndarray] | None = None) -> list[np.ndarray]:
        weights = self._weights if held is None else held
        activations, layers = [x], len(weights) // 2
        for layer in range(layers):
            x = x @ weights[2 * layer] + weights[2 * layer + 1]
            if layer < layers - 1:
                x = self._act(x) * (masks[layer] if masks else 1.0)
            activations.append(x)
        return activations

    def _gradients(self, x: np.ndarray, y: np.ndarray, masks: tuple[np.ndarray, ...]) -> list[np.ndarray]:
        activations = self._activations(x, masks)
        cotangent = loss_and_cotangent(self._loss_key, activations[-1], y)[1]
        gradients: list[np.ndarray] = []
        for layer in reversed(range(len(self._weights) // 2)):
            gradients[:0] = [activations[layer].T @ cotangent, cotangent.sum(axis=0)]
            if layer:
                mask = masks[layer - 1] if masks else np.ones_like(activations[layer])
                value = np.divide(activations[layer], mask, out=np.zeros_like(activations[layer]), where=mask > 0)
                cotangent = (cotangent @ self._weights[2 * layer].T) * mask * self._slope(value)
        return gradients


class ScriptedTrainer:
    """Plays given validation losses; its one weight is the number of updates made, so a copy tells its step."""

    device = "script"
    names = ("updates",)
    updates_per_epoch, fused = 1, True

    def __init__(self, validation: list[float], *, before_step: Callable[[int], None] = lambda step: None) -> None:
        self._validation = validation
        self._before_step = before_step
        self.rates: list[float] = []
        self.updates = 0
        self.copies = 0

    def step(self) -> tuple[float, float]:
        self._before_step(self.updates)
        losses = self.losses()
        self.updates += 1
        return losses

    def losses(self) -> tuple[float, float]:
        return 1.0 / (1 + self.updates), self._validation[min(self.updates, len(self._validation) - 1)]

    def set_learning_rate(self, rate: float) -> None:
        self.rates.append(rate)

    def predict(self, x: np.ndarray, held: list[np.ndarray] | None = None) -> np.ndarray:
        return np.full_like(x, self.updates if held is None else held[0][0])

    def weights(self) -> list[np.ndarray]:
        self.copies += 1
        return [np.array([float(self.updates)])]

    def hold(self) -> list[np.ndarray]:
        return self.weights()

    def arrays(self, held: list[np.ndarray]) -> list[np.ndarray]:
        return held

    def restore(self, weights: list[np.ndarray]) -> None:
        self.updates = int(weights[0][0])

    def memory(self) -> tuple[int, list[np.ndarray]]:
        return self.updates, []

    def resume(self, checkpoint: Checkpoint) -> None:
        self.updates = checkpoint.updates


class Line:
    """(w*x + b - y)**2 over three points, as an adapter's program would have it."""

    def __init__(self, **parameters: np.ndarray) -> None:
        self.inputs = {
            "w": np.float32(0.0).reshape(()), "x": np.array([1.0, 2.0, 3.0], np.float32),
            "b": np.float32(0.0).reshape(()), "y": np.array([3.0, 5.0, 7.0], np.float32), "n": np.int32(2).reshape(()),
        }  # fmt: skip
        self.parameters = parameters
        self.device, self.notices = "cpu", []

    def value(self, inputs):
        return np.square(inputs["w"] * inputs["x"] + inputs["b"] - inputs["y"])

    def value_and_gradients(self, inputs):
        error = inputs["w"] * inputs["x"] + inputs["b"] - inputs["y"]
        gradients = {"w": np.sum(2 * error * inputs["x"]), "b": np.sum(2 * error), "x": 2 * error * inputs["w"],
                     "y": -2 * error, "n": None}  # fmt: skip
        return self.value(inputs), gradients
