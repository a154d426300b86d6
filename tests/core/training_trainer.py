"""A Trainer in NumPy with hand-written gradients: the fake of the training tests, and a check on the frameworks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from explorer.training.config import Initial, RunConfig

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


class NumpyTrainer:
    """Tanh layers, mean squared error, Adam (Kingma & Ba 2015, algorithm 1), float64."""

    device = "cpu"

    def __init__(self, config: RunConfig, initial: Initial) -> None:
        self._initial = initial
        self._weights = [array.copy() for array in initial.arrays]
        self._means = [np.zeros_like(array) for array in self._weights]
        self._squares = [np.zeros_like(array) for array in self._weights]
        self._updates = 0
        self.rate = config.schedule.initial

    def step(self) -> tuple[float, float]:
        losses = self.losses()
        self._updates += 1
        gradients = self._gradients()
        for weight, gradient, mean, square in zip(self._weights, gradients, self._means, self._squares, strict=True):
            mean += (1 - BETA1) * (gradient - mean)
            square += (1 - BETA2) * (gradient**2 - square)
            scale = np.sqrt(square / (1 - BETA2**self._updates)) + EPSILON
            weight -= self.rate * (mean / (1 - BETA1**self._updates)) / scale
        return losses

    def losses(self) -> tuple[float, float]:
        start = self._initial
        return self._loss(start.x, start.y), self._loss(start.validation_x, start.validation_y)

    def set_learning_rate(self, rate: float) -> None:
        self.rate = rate

    def predict(self, x: np.ndarray) -> np.ndarray:
        return self._activations(x)[-1]

    def weights(self) -> list[np.ndarray]:
        return [array.copy() for array in self._weights]

    def restore(self, weights: list[np.ndarray]) -> None:
        self._weights = [array.copy() for array in weights]

    def _loss(self, x: np.ndarray, y: np.ndarray) -> float:
        return float(np.mean((self.predict(x) - y) ** 2))

    def _activations(self, x: np.ndarray) -> list[np.ndarray]:
        activations, layers = [x], len(self._weights) // 2
        for layer in range(layers):
            x = x @ self._weights[2 * layer] + self._weights[2 * layer + 1]
            activations.append(np.tanh(x) if layer < layers - 1 else x)
            x = activations[-1]
        return activations

    def _gradients(self) -> list[np.ndarray]:
        activations = self._activations(self._initial.x)
        cotangent = 2 * (activations[-1] - self._initial.y) / self._initial.y.size
        gradients: list[np.ndarray] = []
        for layer in reversed(range(len(self._weights) // 2)):
            gradients[:0] = [activations[layer].T @ cotangent, cotangent.sum(axis=0)]
            if layer:
                cotangent = (cotangent @ self._weights[2 * layer].T) * (1 - activations[layer] ** 2)
        return gradients


class ScriptedTrainer:
    """Plays given validation losses; its one weight is the number of updates made, so a copy tells its step."""

    device = "script"

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

    def predict(self, x: np.ndarray) -> np.ndarray:
        return np.full_like(x, self.updates)

    def weights(self) -> list[np.ndarray]:
        self.copies += 1
        return [np.array([float(self.updates)])]

    def restore(self, weights: list[np.ndarray]) -> None:
        self.updates = int(weights[0][0])
