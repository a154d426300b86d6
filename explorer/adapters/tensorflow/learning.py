"""Losses, activations and optimizers by their keys.

Adam is written out as in Kingma and Ba (https://arxiv.org/abs/1412.6980), algorithm 1, as all three frameworks run it
here. Keras adds epsilon before the bias of the second moment is corrected, and 1e-7 of it, and so takes other steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np

from explorer.adapters.tensorflow.environment import tf

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8
FRICTION = 0.9

ACTIVATIONS: Mapping[str, Callable[[tf.Tensor], tf.Tensor]] = {
    "tanh": tf.tanh, "relu": tf.nn.relu, "sigmoid": tf.sigmoid,
}  # fmt: skip


def _perceptron(output: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    if output.shape[1] == 1:
        return tf.reduce_mean(tf.nn.relu(-y * output))
    return tf.reduce_mean(tf.reduce_max(output, axis=1) - tf.reduce_sum(y * output, axis=1))


def _cross_entropy(output: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.reduce_logsumexp(output, axis=1) - tf.reduce_sum(y * output, axis=1))


LOSSES: Mapping[str, Callable[[tf.Tensor, tf.Tensor], tf.Tensor]] = {
    "mse": lambda output, y: tf.reduce_mean(tf.square(output - y)),
    "bce": lambda output, y: tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=output)),
    "cross-entropy": _cross_entropy,
    "perceptron": _perceptron,
}


def accuracy(output: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """Share of points whose class is right: the sign of one output, the largest of several."""
    if output.shape[1] == 1:
        right = tf.equal(output > 0, y > 0)
    else:
        right = tf.equal(tf.argmax(output, axis=1), tf.argmax(y, axis=1))
    return tf.reduce_mean(tf.cast(right, output.dtype))


class Optimizer(Protocol):
    """Changes variables by their gradients. `variables` is what it remembers, besides the number of updates."""

    variables: Sequence[tf.Variable]

    def update(self, gradients: Sequence[tf.Tensor], rate: tf.Variable, count: tf.Tensor) -> None: ...


class Sgd:
    def __init__(self, weights: Sequence[tf.Variable]) -> None:
        self._weights = weights
        self.variables: Sequence[tf.Variable] = ()

    def update(self, gradients: Sequence[tf.Tensor], rate: tf.Variable, count: tf.Tensor) -> None:  # noqa: ARG002
        for weight, gradient in zip(self._weights, gradients, strict=True):
            weight.assign_sub(rate * gradient)


class Momentum:
    def __init__(self, weights: Sequence[tf.Variable]) -> None:
        self._weights = weights
        self.variables: Sequence[tf.Variable] = _zeros(weights)

    def update(self, gradients: Sequence[tf.Tensor], rate: tf.Variable, count: tf.Tensor) -> None:  # noqa: ARG002
        for weight, gradient, velocity in zip(self._weights, gradients, self.variables, strict=True):
            weight.assign_sub(rate * velocity.assign(FRICTION * velocity + gradient))


class Adam:
    def __init__(self, weights: Sequence[tf.Variable]) -> None:
        self._weights = weights
        self._first, self._second = _zeros(weights), _zeros(weights)
        self.variables: Sequence[tf.Variable] = [*self._first, *self._second]

    def update(self, gradients: Sequence[tf.Tensor], rate: tf.Variable, count: tf.Tensor) -> None:
        # 1 - beta^count; written like this it is exact in float32 too, where 1 - 0.999 is off by 1e-5 of itself.
        mean_scale, square_scale = (-tf.math.expm1(count * math.log(beta)) for beta in (BETA_1, BETA_2))
        slots = zip(self._weights, gradients, self._first, self._second, strict=True)
        for weight, gradient, first, second in slots:
            m = first.assign(BETA_1 * first + (1 - BETA_1) * gradient)
            v = second.assign(BETA_2 * second + (1 - BETA_2) * tf.square(gradient))
            weight.assign_sub(rate * (m / mean_scale) / (tf.sqrt(v / square_scale) + EPSILON))


class KerasAdam:
    """`keras.optimizers.Adam` itself, with its own defaults but for the learning rate."""

    def __init__(self, weights: Sequence[tf.Variable]) -> None:
        self._weights = weights
        self._adam = tf.keras.optimizers.Adam()
        self._adam.build(weights)
        # Keras keeps its learning rate among its variables; here the run's own rate is written into it.
        rate = self._adam.learning_rate
        self.variables: Sequence[tf.Variable] = [_variable(each) for each in self._adam.variables if each is not rate]

    def update(self, gradients: Sequence[tf.Tensor], rate: tf.Variable, count: tf.Tensor) -> None:  # noqa: ARG002
        self._adam.learning_rate.assign(tf.cast(rate, tf.float32))
        self._adam.apply(gradients, self._weights)


OPTIMIZERS: Mapping[str, Callable[..., Optimizer]] = {
    "sgd": Sgd, "momentum": Momentum, "adam": Adam, "keras-adam": KerasAdam,
}  # fmt: skip


def _zeros(weights: Sequence[tf.Variable]) -> list[tf.Variable]:
    return [tf.Variable(tf.zeros_like(weight)) for weight in weights]


def _variable(kept: object) -> tf.Variable:
    """The TensorFlow variable inside one of Keras."""
    return getattr(kept, "value", kept)


def arrays(variables: Sequence[tf.Variable]) -> list[np.ndarray]:
    """Copies of the numbers in them."""
    return [np.array(variable.numpy()) for variable in variables]
