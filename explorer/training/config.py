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
    """One run. `steps` counts evaluations: 6001 means losses at weights after 0, 1, ..., 6000 updates."""

    task: str = "five-points"
    model: str = "mlp7"
    framework: str = "jax"
    steps: int = 6001
    schedule: Schedule = field(default_factory=Schedule)
    optimizer: str = "adam"
    dtype: str = "float64"
    device: str = "cpu"
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Initial:
    """Data and starting weights, the same for every framework. All arrays float64 of shape (n, 1) or as in `layers`.

    `layers` is [(W (inputs, outputs), b (outputs,)), ...]; tanh between layers, none after the last; loss is the mean
    squared error.
    """

    x: np.ndarray
    y: np.ndarray
    validation_x: np.ndarray
    validation_y: np.ndarray
    layers: tuple[tuple[np.ndarray, np.ndarray], ...]

    @property
    def arrays(self) -> list[np.ndarray]:
        """The weights flat, in the order W, b, W, b, ..."""
        return [array for layer in self.layers for array in layer]
