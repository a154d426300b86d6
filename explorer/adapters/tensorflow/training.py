"""A layered network of plain variables, trained inside one traced function, or outside of any."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from explorer.adapters.tensorflow import devices, learning
from explorer.adapters.tensorflow.environment import tf
from explorer.training import choices
from explorer.training.batches import Batch, Batches
from explorer.training.config import Checkpoint, Initial, RunConfig
from explorer.training.models import weight_names


class TensorFlowTrainer:
    """See `explorer.adapters.base.Trainer`. `traces` counts how often the step of all points at once was traced."""

    def __init__(self, config: RunConfig, initial: Initial) -> None:
        """Raises UnavailableError `device_absent`, UsageError for a mode or an optimizer that is not there."""
        self._dtype = tf.as_dtype(config.dtype)
        key = choices.optimizer(config.optimizer, "tensorflow").key
        self._placement = devices.placement(devices.resolve(config.device))
        self._activation, self._loss = learning.ACTIVATIONS[initial.activation], learning.LOSSES[config.loss]
        self._classes, self._l2 = initial.classes, config.l2
        self._batches = Batches(config, initial)
        self.updates_per_epoch, self.fused = self._batches.per_epoch, self._batches.whole
        self.names = weight_names(initial)
        self.traces = self._epoch = 0
        with tf.device(self._placement):
            self._data = [self._constant(a) for a in (initial.x, initial.y, initial.validation_x, initial.validation_y)]
            self._weights = [tf.Variable(array, dtype=self._dtype) for array in initial.arrays]
            self._optimizer = learning.OPTIMIZERS[key](self._weights)
            self._updates = tf.Variable(0.0, dtype=self._dtype)
            self._rate = tf.Variable(config.schedule.at(0), dtype=self._dtype)
        self.device = devices.device_of(self._weights[0])
        mode = choices.mode(config.mode, "tensorflow").key
        self._traced, run = mode != "eager", _runner(mode)
        self._step, self._losses, self._batch = (
            run(self._traced_step),
            run(self._traced_losses),
            run(self._traced_batch),
        )
        self._batches_in_a_loop = run(self._traced_batches)
        self._predict = run(self._model, reduce_retracing=True)

    def step(self) -> tuple[float, ...]:
        if not self.fused:
            found = self.losses()
            self.update()
            return found
        with tf.device(self._placement):
            found = _floats(self._step())
        self._epoch += 1
        return found

    def update(self) -> None:
        """One epoch: where the step is traced the batches of the usual size in one call, since a call takes longer than
        the update in it.
        """
        together, alone = (
            self._batches.together(self._epoch) if self._traced else (None, self._batches.epoch(self._epoch))
        )
        with tf.device(self._placement):
            if together is not None:
                self._batches_in_a_loop(*_tensors(together))
            for batch in alone:
                self._batch(*_tensors(batch))
        self._epoch += 1

    def losses(self) -> tuple[float, ...]:
        with tf.device(self._placement):
            return _floats(self._losses())

    def set_learning_rate(self, rate: float) -> None:
        self._rate.assign(rate)

    def predict(self, x: np.ndarray, held: list[tf.Tensor] | None = None) -> np.ndarray:
        with tf.device(self._placement):
            return np.asarray(self._predict(self._constant(x), (), held).numpy())

    def weights(self) -> list[np.ndarray]:
        return self.arrays(self.hold())

    def hold(self) -> list[tf.Tensor]:
        """What the variables hold: TensorFlow leaves a tensor that was read alone and writes into another one.

        The operation itself, because `read_value` takes eight times as long, as long as a step.
        """
        read = tf.raw_ops.ReadVariableOp
        return [read(resource=weight.handle, dtype=self._dtype) for weight in self._weights]

    def arrays(self, held: list[tf.Tensor]) -> list[np.ndarray]:
        return [np.array(tensor.numpy()) for tensor in held]

    def restore(self, weights: list[np.ndarray]) -> None:
        """Put weights back; what the optimizer remembers stays as it is."""
        for variable, array in zip(self._weights, weights, strict=True):
            variable.assign(array)

    def memory(self) -> tuple[int, list[np.ndarray]]:
        return int(self._updates.numpy()), learning.arrays(self._optimizer.variables)

    def resume(self, checkpoint: Checkpoint) -> None:
        self.restore(list(checkpoint.weights))
        for variable, array in zip(self._optimizer.variables, checkpoint.slots, strict=True):
            variable.assign(array)
        self._updates.assign(float(checkpoint.updates))
        self._epoch = checkpoint.epoch

    def _constant(self, array: np.ndarray | float) -> tf.Tensor:
        return tf.constant(array, self._dtype)

    def _model(
        self, x: tf.Tensor, masks: Sequence[tf.Tensor] = (), held: Sequence[tf.Tensor] | None = None
    ) -> tf.Tensor:
        weights = self._weights if held is None else held
        layers = list(zip(weights[::2], weights[1::2], strict=True))
        for layer, (matrix, bias) in enumerate(layers[:-1]):
            x = self._activation(tf.matmul(x, matrix) + bias)
            x = x * masks[layer] if masks else x
        matrix, bias = layers[-1]
        return tf.matmul(x, matrix) + bias

    def _found(self) -> list[tf.Tensor]:
        x, y, validation_x, validation_y = self._data
        output, validation = self._model(x), self._model(validation_x)
        found = [self._loss(output, y), self._loss(validation, validation_y)]
        if self._classes:
            found += [learning.accuracy(output, y), learning.accuracy(validation, validation_y)]
        return found

    def _traced_losses(self) -> tf.Tensor:
        """All losses and accuracies in one tensor, so that one copy to the host brings them."""
        return tf.stack(self._found())

    def _traced_step(self) -> tf.Tensor:
        """One update with all points at once; also what `_traced_losses` gives before it."""
        self.traces += 1
        with tf.GradientTape() as tape:
            found = self._found()
        losses = tf.stack(found)  # before the update: read after it, an eager variable would be the new one
        self._update(tape.gradient(found[0], self._weights))
        return losses

    def _traced_batch(self, rows: tf.Tensor, masks: Sequence[tf.Tensor]) -> None:
        """One update with the points of one batch."""
        x, y = tf.gather(self._data[0], rows), tf.gather(self._data[1], rows)
        with tf.GradientTape() as tape:
            loss = self._loss(self._model(x, masks), y)
        self._update(tape.gradient(loss, self._weights))

    def _traced_batches(self, rows: tf.Tensor, masks: Sequence[tf.Tensor]) -> None:
        """`_traced_batch` for each entry of the first axis, one after the other."""

        def one(k: tf.Tensor) -> tuple[tf.Tensor]:
            self._traced_batch(rows[k], [mask[k] for mask in masks])
            return (k + 1,)

        tf.while_loop(lambda k: k < rows.shape[0], one, (0,), parallel_iterations=1)

    def _update(self, gradients: Sequence[tf.Tensor]) -> None:
        if self._l2:  # of weights, which stand at even places, not of biases
            pairs = enumerate(zip(gradients, self._weights, strict=True))
            gradients = [gradient if k % 2 else gradient + self._l2 * weight for k, (gradient, weight) in pairs]
        self._optimizer.update(gradients, self._rate, self._updates.assign_add(1.0))


def _runner(mode: str) -> Callable[..., Any]:
    """What makes a function of tensors run as the mode says."""
    match mode:
        case "eager":
            return lambda function, **_options: function
        case "compiled":
            return partial(tf.function, autograph=False, jit_compile=True)
    return partial(tf.function, autograph=False)


def _tensors(batch: Batch) -> tuple[tf.Tensor, list[tf.Tensor]]:
    return tf.constant(batch.index), [tf.constant(mask) for mask in batch.masks]


def _floats(found: tf.Tensor) -> tuple[float, ...]:
    return tuple(found.numpy().tolist())
