"""The optimizers in NumPy: what `explorer.training.choices.OPTIMIZERS` says, for gradients that come from a framework.

The frameworks' own trainers compute the same formulas in their own arrays; tests compare them with these.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# Adam: Kingma and Ba (https://arxiv.org/abs/1412.6980), algorithm 1. Epsilon is added to the root of the corrected
# second moment.
FIRST_DECAY, SECOND_DECAY, EPSILON = 0.9, 0.999, 1e-8
FRICTION = 0.9
SLOTS = {"sgd": 0, "momentum": 1, "adam": 2}  # arrays kept for each weight


class Optimizer:
    """Changes `weights`, NumPy arrays, in place. `slots` holds one list per kind of array that it keeps.

    `decayed` says for each weight whether l2 applies to it.
    """

    def __init__(
        self, key: str, weights: Sequence[np.ndarray], *, l2: float = 0.0, decayed: Sequence[bool] = ()
    ) -> None:
        self.updates = 0
        self.slots = [[np.zeros_like(weight) for weight in weights] for _ in range(SLOTS[key])]
        self._key, self._weights = key, weights
        self._decay = [l2 if each else 0.0 for each in decayed] or [l2] * len(weights)

    def update(self, gradients: Sequence[np.ndarray], rate: float) -> None:
        """One update; `gradients` are like the weights."""
        self.updates += 1
        for k, (weight, gradient) in enumerate(zip(self._weights, gradients, strict=True)):
            if self._decay[k]:
                gradient = gradient + self._decay[k] * weight
            weight -= (rate * self._direction(k, gradient)).astype(weight.dtype)

    def _direction(self, k: int, gradient: np.ndarray) -> np.ndarray:
        match self._key:
            case "momentum":
                velocity = self.slots[0][k]
                velocity *= FRICTION
                velocity += gradient
                return velocity
            case "adam":
                first, second = self.slots[0][k], self.slots[1][k]
                first *= FIRST_DECAY
                first += (1 - FIRST_DECAY) * gradient
                second *= SECOND_DECAY
                second += (1 - SECOND_DECAY) * np.square(gradient)
                mean = first / (1 - FIRST_DECAY**self.updates)
                return np.asarray(mean / (np.sqrt(second / (1 - SECOND_DECAY**self.updates)) + EPSILON))
        return gradient
