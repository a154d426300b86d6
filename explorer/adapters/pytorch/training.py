"""A small tanh network trained full batch with torch.optim."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn.functional import mse_loss

from explorer.adapters.pytorch.arrays import array_from, tensor_from
from explorer.adapters.pytorch.devices import check_device
from explorer.errors import UsageError
from explorer.training.config import Initial, RunConfig

OPTIMIZERS = {"adam": lambda weights, rate: torch.optim.Adam(weights, lr=rate, eps=1e-8, fused=True)}


class PyTorchTrainer:
    """One network; see `explorer.adapters.base.Trainer`. Weights are plain tensors in the order W, b, W, b, ...

    `device` is read back from a weight. Adam is `torch.optim.Adam`: bias-corrected moments, epsilon added to the root;
    fused, it computes the same in one kernel and takes half the time for so few weights.
    """

    def __init__(self, config: RunConfig, initial: Initial) -> None:
        check_device(config.device)
        if config.optimizer not in OPTIMIZERS:
            raise UsageError("training_unknown_optimizer", name=config.optimizer, known=", ".join(OPTIMIZERS))
        self._dtype = getattr(torch, config.dtype)
        self._place = config.device
        self._x, self._y = self._tensor(initial.x), self._tensor(initial.y)
        self._validation = self._tensor(initial.validation_x), self._tensor(initial.validation_y)
        self._weights = [self._tensor(array).requires_grad_() for array in initial.arrays]
        self._optimizer = OPTIMIZERS[config.optimizer](self._weights, config.schedule.initial)
        self.device = str(self._weights[0].device)

    def _tensor(self, array: np.ndarray) -> torch.Tensor:
        return tensor_from(array, self._place).to(self._dtype)

    def _output(self, x: torch.Tensor) -> torch.Tensor:
        *hidden, last = zip(self._weights[::2], self._weights[1::2], strict=True)
        for weight, bias in hidden:
            x = torch.tanh(torch.addmm(bias, x, weight))
        return torch.addmm(last[1], x, last[0])

    def _validation_loss(self) -> float:
        x, y = self._validation
        with torch.no_grad():
            return float(mse_loss(self._output(x), y))

    def step(self) -> tuple[float, float]:
        """Training and validation loss at the present weights, then one update of them."""
        self._optimizer.zero_grad(set_to_none=True)
        loss = mse_loss(self._output(self._x), self._y)
        validation = self._validation_loss()
        loss.backward()
        self._optimizer.step()
        return float(loss.detach()), validation

    def losses(self) -> tuple[float, float]:
        with torch.no_grad():
            return float(mse_loss(self._output(self._x), self._y)), self._validation_loss()

    def set_learning_rate(self, rate: float) -> None:
        for group in self._optimizer.param_groups:
            group["lr"] = rate

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Model output, shape (n, 1), for `x` of shape (n, 1)."""
        with torch.no_grad():
            return array_from(self._output(self._tensor(x)))

    def weights(self) -> list[np.ndarray]:
        return [array_from(weight).copy() for weight in self._weights]

    def restore(self, weights: list[np.ndarray]) -> None:
        """Put `weights` in place. The optimizer's moments stay, so looking at other weights and back changes no run."""
        with torch.no_grad():
            for weight, array in zip(self._weights, weights, strict=True):
                weight.copy_(self._tensor(array))
