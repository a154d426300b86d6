"""What a layered model computes and how it learns, as pure functions that can be compiled or not."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp

from explorer.training.config import Initial, RunConfig

Arrays = tuple[jax.Array, ...]
Slots = tuple[Arrays, ...]
State = tuple[Arrays, Slots, jax.Array]  # weights, the optimizer's memory, number of updates
Batch = tuple[jax.Array, Arrays]  # rows of the training points; a mask for each hidden layer, or none

# Adam: Kingma and Ba, "Adam: a method for stochastic optimization" (2015), algorithm 1 and its default values.
FIRST_DECAY, SECOND_DECAY, EPSILON = 0.9, 0.999, 1e-8
FRICTION = 0.9

ACTIVATIONS: Mapping[str, Callable[[jax.Array], jax.Array]] = {
    "tanh": jnp.tanh, "relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid,
}  # fmt: skip


def _perceptron(output: jax.Array, y: jax.Array) -> jax.Array:
    if output.shape[1] == 1:
        return jnp.mean(jax.nn.relu(-y * output))
    return jnp.mean(jnp.max(output, axis=1) - jnp.sum(y * output, axis=1))


def _cross_entropy(output: jax.Array, y: jax.Array) -> jax.Array:
    return jnp.mean(jax.nn.logsumexp(output, axis=1) - jnp.sum(y * output, axis=1))


def _binary_cross_entropy(output: jax.Array, y: jax.Array) -> jax.Array:
    return jnp.mean(jax.nn.relu(output) - output * y + jnp.log1p(jnp.exp(-jnp.abs(output))))


LOSSES: Mapping[str, Callable[[jax.Array, jax.Array], jax.Array]] = {
    "mse": lambda output, y: jnp.mean(jnp.square(output - y)),
    "bce": _binary_cross_entropy,
    "cross-entropy": _cross_entropy,
    "perceptron": _perceptron,
}


def _sgd(weights: Arrays, slots: Slots, gradients: Arrays, _count: jax.Array, rate: jax.Array) -> tuple[Arrays, Slots]:
    return tuple(w - rate * g for w, g in zip(weights, gradients, strict=True)), slots


def _momentum(
    weights: Arrays, slots: Slots, gradients: Arrays, _count: jax.Array, rate: jax.Array
) -> tuple[Arrays, Slots]:
    (velocity,) = slots
    velocity = tuple(FRICTION * v + g for v, g in zip(velocity, gradients, strict=True))
    return tuple(w - rate * v for w, v in zip(weights, velocity, strict=True)), (velocity,)


def _adam(weights: Arrays, slots: Slots, gradients: Arrays, count: jax.Array, rate: jax.Array) -> tuple[Arrays, Slots]:
    first, second = slots
    first = tuple(FIRST_DECAY * m + (1 - FIRST_DECAY) * g for m, g in zip(first, gradients, strict=True))
    second = tuple(SECOND_DECAY * v + (1 - SECOND_DECAY) * g * g for v, g in zip(second, gradients, strict=True))
    # 1 - decay**count; written like this it is exact in float32 too, where 1 - 0.999 is off by 1e-5 of itself.
    mean_scale, square_scale = (-jnp.expm1(count * math.log(decay)) for decay in (FIRST_DECAY, SECOND_DECAY))
    updated = tuple(
        w - rate * (m / mean_scale) / (jnp.sqrt(v / square_scale) + EPSILON)
        for w, m, v in zip(weights, first, second, strict=True)
    )
    return updated, (first, second)


# How many arrays the optimizer remembers for each weight, and its update.
OPTIMIZERS: Mapping[str, tuple[int, Callable[..., tuple[Arrays, Slots]]]] = {
    "sgd": (0, _sgd), "momentum": (1, _momentum), "adam": (2, _adam),
}  # fmt: skip


class Learning:
    """The functions of one run; nothing in here changes. `data` is x, y, validation x, validation y."""

    def __init__(self, config: RunConfig, initial: Initial) -> None:
        self._activation, self._loss = ACTIVATIONS[initial.activation], LOSSES[config.loss]
        self.slots, self._optimize = OPTIMIZERS[config.optimizer]
        self._l2 = config.l2
        self._classes = initial.classes

    def predict(self, weights: Arrays, x: jax.Array, masks: Arrays = ()) -> jax.Array:
        """Output of the network, shape (n, outputs): the activation after every layer but the last."""
        *hidden, (last, bias) = zip(weights[::2], weights[1::2], strict=True)
        for layer, (weight, offset) in enumerate(hidden):
            x = self._activation(x @ weight + offset)
            x = x * masks[layer] if masks else x
        return x @ last + bias

    def losses(self, weights: Arrays, data: Arrays) -> jax.Array:
        """[training, validation] loss, and the two accuracies where there are classes."""
        x, y, validation_x, validation_y = data
        output, validation = self.predict(weights, x), self.predict(weights, validation_x)
        return self._found(self._loss(output, y), output, y, validation, validation_y)

    def whole_step(self, state: State, rate: jax.Array, data: Arrays) -> tuple[State, jax.Array]:
        """One update with all points at once; also what `losses` gives before it."""
        x, y, validation_x, validation_y = data

        def error(weights: Arrays) -> tuple[jax.Array, jax.Array]:
            output = self.predict(weights, x)
            return self._loss(output, y), output

        (train, output), gradients = jax.value_and_grad(error, has_aux=True)(state[0])
        validation = self.predict(state[0], validation_x)
        return self._update(state, gradients, rate), self._found(train, output, y, validation, validation_y)

    def batch_step(self, state: State, rate: jax.Array, data: Arrays, batch: Batch) -> State:
        """One update with the points of one batch."""
        rows, masks = batch
        x, y = data[0][rows], data[1][rows]
        gradients = jax.grad(lambda weights: self._loss(self.predict(weights, x, masks), y))(state[0])
        return self._update(state, gradients, rate)

    def batch_steps(self, state: State, rate: jax.Array, data: Arrays, batches: Batch) -> State:
        """An update for each batch, in one compiled loop: the arrays of `batches` have one more axis, in front."""

        def one(state: State, batch: Batch) -> tuple[State, None]:
            return self.batch_step(state, rate, data, batch), None

        return jax.lax.scan(one, state, batches)[0]  # type: ignore[no-any-return]

    def _update(self, state: State, gradients: Arrays, rate: jax.Array) -> State:
        weights, slots, count = state
        if self._l2:  # of weights, which stand at even places, not of biases
            decayed = (
                g if k % 2 else g + self._l2 * w for k, (w, g) in enumerate(zip(weights, gradients, strict=True))
            )
            gradients = tuple(decayed)
        count = count + 1
        weights, slots = self._optimize(weights, slots, gradients, count, rate)
        return weights, slots, count

    def _found(
        self, train: jax.Array, output: jax.Array, y: jax.Array, validation: jax.Array, validation_y: jax.Array
    ) -> jax.Array:
        found = [train, self._loss(validation, validation_y)]
        if self._classes:
            found += [_accuracy(output, y), _accuracy(validation, validation_y)]
        return jnp.stack(found)


def _accuracy(output: jax.Array, y: jax.Array) -> Any:
    """Share of points whose class is right: the sign of one output, the largest of several."""
    one = output.shape[1] == 1
    right = (output > 0) == (y > 0) if one else jnp.argmax(output, axis=1) == jnp.argmax(y, axis=1)
    return jnp.mean(right.astype(output.dtype))
