"""A tanh network of plain variables, trained full batch inside one traced function.

Adam is written out as in Kingma and Ba (https://arxiv.org/abs/1412.6980), algorithm 1, as all three frameworks run it
here; Keras adds epsilon before the bias correction and so takes other steps.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explorer.adapters.tensorflow import devices
from explorer.adapters.tensorflow.environment import tf
from explorer.training.config import Initial, RunConfig

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8


class TensorFlowTrainer:
    """See `explorer.adapters.base.Trainer`. `traces` counts how often the step was traced."""

    def __init__(self, config: RunConfig, initial: Initial) -> None:
        """Raises UnavailableError `device_absent`."""
        self._dtype = tf.as_dtype(config.dtype)
        self._adam = config.optimizer == "adam"
        self._placement = devices.placement(devices.resolve(config.device))
        self.traces = 0
        with tf.device(self._placement):
            self._data = [self._constant(a) for a in (initial.x, initial.y, initial.validation_x, initial.validation_y)]
            self._weights = [tf.Variable(array, dtype=self._dtype) for array in initial.arrays]
            self._first = [tf.Variable(tf.zeros_like(weight)) for weight in self._weights]
            self._second = [tf.Variable(tf.zeros_like(weight)) for weight in self._weights]
            self._updates = tf.Variable(0.0, dtype=self._dtype)
            self._rate = tf.Variable(config.schedule.at(0), dtype=self._dtype)
        self.device = devices.device_of(self._weights[0])
        self._step = tf.function(self._traced_step, autograph=False)
        self._losses = tf.function(self._both_losses, autograph=False)
        self._predict = tf.function(self._model, autograph=False, reduce_retracing=True)

    def step(self) -> tuple[float, float]:
        with tf.device(self._placement):
            return _pair(self._step())

    def losses(self) -> tuple[float, float]:
        with tf.device(self._placement):
            return _pair(self._losses())

    def set_learning_rate(self, rate: float) -> None:
        self._rate.assign(rate)

    def predict(self, x: np.ndarray) -> np.ndarray:
        with tf.device(self._placement):
            return np.asarray(self._predict(self._constant(x)).numpy())

    def weights(self) -> list[np.ndarray]:
        return [weight.numpy().copy() for weight in self._weights]

    def restore(self, weights: list[np.ndarray]) -> None:
        """Put weights back; what the optimizer remembers stays as it is."""
        for variable, array in zip(self._weights, weights, strict=True):
            variable.assign(array)

    def _constant(self, array: np.ndarray | float) -> tf.Tensor:
        return tf.constant(array, self._dtype)

    def _model(self, x: tf.Tensor) -> tf.Tensor:
        layers = list(zip(self._weights[::2], self._weights[1::2], strict=True))
        for matrix, bias in layers[:-1]:
            x = tf.tanh(tf.matmul(x, matrix) + bias)
        matrix, bias = layers[-1]
        return tf.matmul(x, matrix) + bias

    def _loss(self, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean(tf.square(self._model(x) - y))

    def _both_losses(self) -> tf.Tensor:
        """(train, validation) in one tensor, so that one copy to the host brings both."""
        x, y, validation_x, validation_y = self._data
        return tf.stack([self._loss(x, y), self._loss(validation_x, validation_y)])

    def _traced_step(self) -> tf.Tensor:
        self.traces += 1
        with tf.GradientTape() as tape:
            losses = self._both_losses()
            train = losses[0]
        gradients = tape.gradient(train, self._weights)
        if self._adam:
            self._adam_update(gradients)
        else:
            for weight, gradient in zip(self._weights, gradients, strict=True):
                weight.assign_sub(self._rate * gradient)
        return losses

    def _adam_update(self, gradients: Sequence[tf.Tensor]) -> None:
        t = self._updates.assign_add(1.0)
        # tf.cast would take the numbers through float32.
        beta_1, beta_2 = self._constant(BETA_1), self._constant(BETA_2)
        slots = zip(self._weights, gradients, self._first, self._second, strict=True)
        for weight, gradient, first, second in slots:
            m = first.assign(BETA_1 * first + (1 - BETA_1) * gradient)
            v = second.assign(BETA_2 * second + (1 - BETA_2) * tf.square(gradient))
            m_hat = m / (1 - tf.pow(beta_1, t))
            v_hat = v / (1 - tf.pow(beta_2, t))
            weight.assign_sub(self._rate * m_hat / (tf.sqrt(v_hat) + EPSILON))


def _pair(losses: tf.Tensor) -> tuple[float, float]:
    train, validation = losses.numpy().tolist()
    return train, validation
