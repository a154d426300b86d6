"""A layered network trained with torch.optim."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from explorer.adapters.pytorch import learning
from explorer.adapters.pytorch.arrays import array_from, tensor_from
from explorer.adapters.pytorch.devices import check_device
from explorer.adapters.pytorch.mistakes import first_line
from explorer.errors import UnavailableError
from explorer.training import choices
from explorer.training.batches import Batch, Batches
from explorer.training.config import Checkpoint, Initial, RunConfig
from explorer.training.models import weight_names

Masks = tuple[torch.Tensor, ...]


class PyTorchTrainer:
    """One network; see `explorer.adapters.base.Trainer`. Weights are plain tensors in the order W, b, W, b, ...

    `device` is read back from a weight. Mode `compiled` compiles model and loss, forward and backward, for the size
    that most updates have: each further shape would take Inductor ten seconds. The update stays torch.optim's own; the
    last, shorter batch of an epoch and what is only evaluated run operation by operation.
    """

    def __init__(self, config: RunConfig, initial: Initial) -> None:
        """Raises UnavailableError `device_absent` or `training_cannot_compile`; UsageError for a mode or an optimizer
        that is not there.
        """
        check_device(config.device)
        self._optimizer_key = choices.optimizer(config.optimizer, "pytorch").key
        self._dtype = getattr(torch, config.dtype)
        self._place = config.device
        self._activation, self._loss = learning.ACTIVATIONS[initial.activation], learning.LOSSES[config.loss]
        self._classes = initial.classes
        self._batches = Batches(config, initial)
        self.updates_per_epoch, self.fused = self._batches.per_epoch, self._batches.whole
        self.names = weight_names(initial)
        self._epoch = self._updates = 0
        self._x, self._y = self._tensor(initial.x), self._tensor(initial.y)
        self._validation = self._tensor(initial.validation_x), self._tensor(initial.validation_y)
        self._weights = [self._tensor(array).requires_grad_() for array in initial.arrays]
        self._optimizer = learning.optimizer(self._optimizer_key, self._weights, config.schedule.initial, config.l2)
        self.device = str(self._weights[0].device)
        self._learn = self._error  # what updates of the usual size come from
        if choices.mode(config.mode, "pytorch").key == "compiled":
            self._compile()

    def step(self) -> tuple[float, ...]:
        """Losses at the present weights, then one epoch of updates."""
        if not self.fused:
            found = self.losses()
            self.update()
            return found
        output, loss = self._learn(self._x, self._y, ())
        found = self._found(output, loss.detach())
        self._descend(loss)
        self._epoch += 1
        return found

    def update(self) -> None:
        """One epoch, batch by batch."""
        for batch in self._batches.epoch(self._epoch):
            error = self._learn if len(batch.index) == self._batches.size else self._error
            self._descend(error(*self._points(batch))[1])
        self._epoch += 1

    def losses(self) -> tuple[float, ...]:
        """Losses, and accuracies where there are classes, at the present weights."""
        with torch.no_grad():
            output, train = self._error(self._x, self._y, ())
        return self._found(output, train)

    def set_learning_rate(self, rate: float) -> None:
        for group in self._optimizer.param_groups:
            group["lr"] = rate

    def predict(self, x: np.ndarray, held: Sequence[torch.Tensor] | None = None) -> np.ndarray:
        """Model output, shape (n, outputs), for `x` of shape (n, inputs)."""
        with torch.no_grad():
            return array_from(self._output(self._tensor(x), (), held))

    def weights(self) -> list[np.ndarray]:
        return self.arrays(self.hold())

    def hold(self) -> list[torch.Tensor]:
        """Copies on the device."""
        with torch.no_grad():
            return [weight.clone() for weight in self._weights]

    def arrays(self, held: list[torch.Tensor]) -> list[np.ndarray]:
        return [array_from(weight).copy() for weight in held]

    def restore(self, weights: list[np.ndarray]) -> None:
        """Put `weights` in place. The optimizer's moments stay, so other weights and back change no run."""
        with torch.no_grad():
            for weight, array in zip(self._weights, weights, strict=True):
                weight.copy_(self._tensor(array))

    def memory(self) -> tuple[int, list[np.ndarray]]:
        kept = learning.slots(self._optimizer_key, self._optimizer, self._weights)
        return self._updates, [array_from(slot).copy() for slot in kept]

    def resume(self, checkpoint: Checkpoint) -> None:
        self.restore(list(checkpoint.weights))
        slots = [self._tensor(array) for array in checkpoint.slots]
        learning.set_slots(self._optimizer_key, self._optimizer, self._weights, slots, checkpoint.updates)
        self._epoch, self._updates = checkpoint.epoch, checkpoint.updates

    def _tensor(self, array: np.ndarray) -> torch.Tensor:
        return tensor_from(array, self._place).to(self._dtype)

    def _output(self, x: torch.Tensor, masks: Masks, held: Sequence[torch.Tensor] | None = None) -> torch.Tensor:
        weights = self._weights if held is None else held
        *hidden, last = zip(weights[::2], weights[1::2], strict=True)
        for layer, (weight, bias) in enumerate(hidden):
            x = self._activation(torch.addmm(bias, x, weight))
            x = x * masks[layer] if masks else x
        return torch.addmm(last[1], x, last[0])

    def _points(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor, Masks]:
        rows = torch.from_numpy(batch.index).to(self._place)
        return self._x[rows], self._y[rows], tuple(torch.from_numpy(mask).to(self._place) for mask in batch.masks)

    def _error(self, x: torch.Tensor, y: torch.Tensor, masks: Masks) -> tuple[torch.Tensor, torch.Tensor]:
        output = self._output(x, masks)
        return output, self._loss(output, y)

    def _descend(self, loss: torch.Tensor) -> None:
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._optimizer.step()
        self._updates += 1

    def _found(self, output: torch.Tensor, train: torch.Tensor) -> tuple[float, ...]:
        x, y = self._validation
        with torch.no_grad():
            validation, loss = self._error(x, y, ())
            if not self._classes:
                return float(train), float(loss)
            accuracies = learning.accuracy(output, self._y), learning.accuracy(validation, y)
        return float(train), float(loss), float(accuracies[0]), float(accuracies[1])

    def _compile(self) -> None:
        """Compile at once, not in the first step: where there is no C++ compiler that is said before anything runs."""
        compiled = torch.compile(self._error, dynamic=False)
        points = (self._x, self._y, ()) if self._batches.whole else self._points(next(self._batches.epoch(0)))
        try:
            compiled(*points)[1].backward()
        except Exception as error:  # Dynamo and Inductor raise what the compiler, the linker or the file system says
            raise UnavailableError("training_cannot_compile", reason=first_line(error)) from error
        self._optimizer.zero_grad(set_to_none=True)
        self._learn = compiled
