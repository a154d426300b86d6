"""Live training in JAX: the whole step is one compiled function, with the learning rate as an argument."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from explorer.adapters.jax import devices
from explorer.training.config import Initial, RunConfig

# Adam: Kingma and Ba, "Adam: a method for stochastic optimization" (2015), algorithm 1 and its default values.
FIRST_DECAY, SECOND_DECAY, EPSILON = 0.9, 0.999, 1e-8

Arrays = tuple[jax.Array, ...]


class JaxTrainer:
    """A tanh network trained full batch with Adam on mean squared error. All arrays are of `config.dtype`."""

    def __init__(self, config: RunConfig, initial: Initial) -> None:
        """Raises UnavailableError `device_absent`."""
        self._dtype = np.dtype(config.dtype)
        self._device = devices.resolve(config.device)
        with self._setting():
            self._data = tuple(
                self._put(array) for array in (initial.x, initial.y, initial.validation_x, initial.validation_y)
            )
            self._weights: Arrays = tuple(map(self._put, initial.arrays))
            self._first: Arrays = tuple(map(jnp.zeros_like, self._weights))
            self._second: Arrays = tuple(map(jnp.zeros_like, self._weights))
            self._count = self._put(np.zeros(()))
        self.device = devices.device_of(self._weights[0])
        self.set_learning_rate(config.schedule.initial)
        # Made for this trainer alone, so that a run's compiled code goes with the run.
        self._step, self._losses, self._predict = jax.jit(step), jax.jit(losses), jax.jit(predict)

    def step(self) -> tuple[float, float]:
        """Training and validation loss at the present weights, then one update of the weights."""
        with self._setting():
            state = (self._weights, self._first, self._second, self._count)
            state, found = self._step(state, self._rate, self._data)
        self._weights, self._first, self._second, self._count = state
        return _two(found)

    def losses(self) -> tuple[float, float]:
        """Training and validation loss at the present weights."""
        with self._setting():
            return _two(self._losses(self._weights, self._data))

    def set_learning_rate(self, rate: float) -> None:
        """The rate from the next step on; an argument of the compiled step, so nothing is compiled again."""
        self._rate = self._dtype.type(rate)

    def predict(self, x: np.ndarray) -> np.ndarray:
        with self._setting():
            return np.asarray(self._predict(self._weights, np.asarray(x, self._dtype)))

    def weights(self) -> list[np.ndarray]:
        return [np.array(array) for array in self._weights]

    def restore(self, weights: list[np.ndarray]) -> None:
        """Put weights back; Adam's averages stay as they are."""
        with self._setting():
            self._weights = tuple(map(self._put, weights))

    def _put(self, array: np.ndarray) -> jax.Array:
        return jax.device_put(np.asarray(array, self._dtype), self._device)

    def _setting(self) -> Any:
        """JAX has 64-bit numbers only inside this mode."""
        return jax.enable_x64(self._dtype.itemsize > np.dtype(np.float32).itemsize)


def predict(weights: Arrays, x: jax.Array) -> jax.Array:
    """Output of the network, shape (n, 1): tanh after every layer but the last."""
    *hidden, (last, bias) = zip(weights[::2], weights[1::2], strict=True)
    for weight, offset in hidden:
        x = jnp.tanh(x @ weight + offset)
    return x @ last + bias


def losses(weights: Arrays, data: Arrays) -> jax.Array:
    """[training, validation] loss."""
    x, y, validation_x, validation_y = data
    return jnp.stack([_error(weights, x, y), _error(weights, validation_x, validation_y)])


def _error(weights: Arrays, x: jax.Array, y: jax.Array) -> jax.Array:
    return jnp.mean(jnp.square(predict(weights, x) - y))


State = tuple[Arrays, Arrays, Arrays, jax.Array]


def step(state: State, rate: jax.Array, data: Arrays) -> tuple[State, jax.Array]:
    """One update by Adam; also [training, validation] loss before it."""
    weights, first, second, count = state
    x, y, validation_x, validation_y = data
    train, gradients = jax.value_and_grad(_error)(weights, x, y)
    count = count + 1
    first = tuple(FIRST_DECAY * m + (1 - FIRST_DECAY) * g for m, g in zip(first, gradients, strict=True))
    second = tuple(SECOND_DECAY * v + (1 - SECOND_DECAY) * g * g for v, g in zip(second, gradients, strict=True))
    mean_scale, square_scale = 1 - FIRST_DECAY**count, 1 - SECOND_DECAY**count
    updated = tuple(
        w - rate * (m / mean_scale) / (jnp.sqrt(v / square_scale) + EPSILON)
        for w, m, v in zip(weights, first, second, strict=True)
    )
    return (updated, first, second, count), jnp.stack([train, _error(weights, validation_x, validation_y)])


def _two(found: jax.Array) -> tuple[float, float]:
    train, validation = np.asarray(found).tolist()
    return train, validation
