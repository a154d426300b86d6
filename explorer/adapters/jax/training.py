"""Live training in JAX: the whole step is one compiled function, with the learning rate as an argument."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from explorer.adapters.jax import devices
from explorer.adapters.jax.learning import Learning, State
from explorer.training import choices
from explorer.training.batches import Batches
from explorer.training.config import Checkpoint, Initial, RunConfig
from explorer.training.models import weight_names


class JaxTrainer:
    """See `explorer.adapters.base.Trainer`. All arrays are of `config.dtype`.

    Mode `compiled`: one compiled function per epoch, which loops over the batches. Mode `eager`: no `jit` of ours.
    """

    def __init__(self, config: RunConfig, initial: Initial) -> None:
        """Raises UnavailableError `device_absent`, UsageError for a mode or an optimizer that is not there."""
        choices.optimizer(config.optimizer, "jax")
        self._compiled = choices.mode(config.mode, "jax").key == "compiled"
        self._dtype = np.dtype(config.dtype)
        self._device = devices.resolve(config.device)
        self._learning = Learning(config, initial)
        self._batches = Batches(config, initial)
        self.updates_per_epoch, self.fused = self._batches.per_epoch, self._batches.whole
        self.names = weight_names(initial)
        self._epoch = 0
        with self._setting():
            self._data = tuple(
                self._put(array) for array in (initial.x, initial.y, initial.validation_x, initial.validation_y)
            )
            weights = tuple(map(self._put, initial.arrays))
            slots = tuple(tuple(map(jnp.zeros_like, weights)) for _ in range(self._learning.slots))
            self._state: State = (weights, slots, self._put(np.zeros(())))
        self.device = devices.device_of(self._weights[0])
        self.set_learning_rate(config.schedule.initial)
        # Made for this trainer alone, so that a run's compiled code goes with the run.
        compiled: Callable[..., Any] = jax.jit if self._compiled else lambda function: function
        self._step, self._losses = compiled(self._learning.whole_step), compiled(self._learning.losses)
        self._batch_step, self._predict = compiled(self._learning.batch_step), compiled(self._learning.predict)
        self._batch_steps = compiled(self._learning.batch_steps)

    def step(self) -> tuple[float, ...]:
        """Losses at the present weights, then one epoch of updates."""
        if not self.fused:
            found = self.losses()
            self.update()
            return found
        with self._setting():
            self._state, losses = self._step(self._state, self._rate, self._data)
        self._epoch += 1
        return _floats(losses)

    def losses(self) -> tuple[float, ...]:
        """Losses, and accuracies where there are classes, at the present weights."""
        with self._setting():
            return _floats(self._losses(self._weights, self._data))

    def set_learning_rate(self, rate: float) -> None:
        """The rate from the next step on; an argument of the compiled step, so nothing is compiled again."""
        self._rate = self._dtype.type(rate)

    def predict(self, x: np.ndarray, held: tuple[jax.Array, ...] | None = None) -> np.ndarray:
        with self._setting():
            weights = self._weights if held is None else held
            return np.asarray(self._predict(weights, np.asarray(x, self._dtype)))

    def weights(self) -> list[np.ndarray]:
        return self.arrays(self.hold())

    def hold(self) -> tuple[jax.Array, ...]:
        """The arrays themselves: JAX never changes one."""
        return self._weights

    def arrays(self, held: tuple[jax.Array, ...]) -> list[np.ndarray]:
        return [np.array(array) for array in held]

    def restore(self, weights: list[np.ndarray]) -> None:
        """Put weights back; what the optimizer remembers stays as it is."""
        with self._setting():
            self._state = (tuple(map(self._put, weights)), *self._state[1:])

    def memory(self) -> tuple[int, list[np.ndarray]]:
        _, slots, count = self._state
        return int(count), [np.array(array) for each in slots for array in each]

    def resume(self, checkpoint: Checkpoint) -> None:
        with self._setting():
            weights = tuple(map(self._put, checkpoint.weights))
            arrays = iter(map(self._put, checkpoint.slots))
            slots = tuple(tuple(next(arrays) for _ in weights) for _ in range(self._learning.slots))
            self._state = (weights, slots, self._put(np.array(checkpoint.updates)))
        self._epoch = checkpoint.epoch

    @property
    def _weights(self) -> tuple[jax.Array, ...]:
        return self._state[0]

    def update(self) -> None:
        """One epoch, batch by batch."""
        together, alone = self._batches.together(self._epoch) if self._compiled else (None, None)
        with self._setting():
            if together is not None:
                batches = (together.index, together.masks)
                self._state = self._batch_steps(self._state, self._rate, self._data, batches)
            for batch in self._batches.epoch(self._epoch) if alone is None else alone:
                self._state = self._batch_step(self._state, self._rate, self._data, (batch.index, batch.masks))
        self._epoch += 1

    def _put(self, array: np.ndarray) -> jax.Array:
        return jax.device_put(np.asarray(array, self._dtype), self._device)

    def _setting(self) -> Any:
        """JAX has 64-bit numbers only inside this mode."""
        return jax.enable_x64(self._dtype.itemsize > np.dtype(np.float32).itemsize)


def _floats(found: jax.Array) -> tuple[float, ...]:
    return tuple(np.asarray(found).tolist())
