"""Losses, activations and optimizers by their keys, and how an optimizer's memory is read and set."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.nn import functional

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
FRICTION = 0.9

ACTIVATIONS: Mapping[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "tanh": torch.tanh, "relu": torch.relu, "sigmoid": torch.sigmoid,
}  # fmt: skip


def _perceptron(output: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    if output.shape[1] == 1:
        return torch.relu(-y * output).mean()
    return (output.amax(dim=1) - (y * output).sum(dim=1)).mean()


def _cross_entropy(output: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return (torch.logsumexp(output, dim=1) - (y * output).sum(dim=1)).mean()


LOSSES: Mapping[str, Loss] = {
    "mse": functional.mse_loss,
    "bce": functional.binary_cross_entropy_with_logits,
    "cross-entropy": _cross_entropy,
    "perceptron": _perceptron,
}


def _adam(groups: Any, rate: float) -> torch.optim.Optimizer:
    """Bias-corrected moments, epsilon added to the root; fused, it computes the same in one kernel and takes half the
    time for so few weights.
    """
    return torch.optim.Adam(groups, lr=rate, eps=1e-8, fused=True)


OPTIMIZERS: Mapping[str, Callable[[Any, float], torch.optim.Optimizer]] = {
    "sgd": lambda groups, rate: torch.optim.SGD(groups, lr=rate),
    "momentum": lambda groups, rate: torch.optim.SGD(groups, lr=rate, momentum=FRICTION),
    "adam": _adam,
}
# What torch calls the arrays that an optimizer remembers for each weight.
SLOTS: Mapping[str, tuple[str, ...]] = {"sgd": (), "momentum": ("momentum_buffer",), "adam": ("exp_avg", "exp_avg_sq")}


def optimizer(key: str, weights: Sequence[torch.Tensor], rate: float, l2: float) -> torch.optim.Optimizer:
    """`weights` are in the order W, b, W, b, ...; l2 times the weight is added to the gradient of each W."""
    if not l2:
        return OPTIMIZERS[key](list(weights), rate)
    groups = [{"params": list(weights[::2]), "weight_decay": l2}, {"params": list(weights[1::2])}]
    return OPTIMIZERS[key](groups, rate)


def slots(key: str, optimizer: torch.optim.Optimizer, weights: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """What the optimizer remembers: one array per weight, for each of its slots; zeros before the first update."""
    return [
        optimizer.state[weight].get(name, torch.zeros_like(weight)) for name in SLOTS[key] for weight in weights
    ]  # fmt: skip


def set_slots(
    key: str, optimizer: torch.optim.Optimizer, weights: Sequence[torch.Tensor], arrays: Sequence[torch.Tensor],
    updates: int,
) -> None:  # fmt: skip
    """Make the optimizer remember `arrays`, in the order of `slots`, after so many updates."""
    if not updates:
        return
    left = iter(arrays)
    for name in SLOTS[key]:
        for weight in weights:
            optimizer.state[weight][name] = next(left)
    if key == "adam":
        for weight in weights:
            optimizer.state[weight]["step"] = torch.tensor(float(updates), device=weight.device)


def accuracy(output: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Share of points whose class is right: the sign of one output, the largest of several."""
    one = output.shape[1] == 1
    right = (output > 0) == (y > 0) if one else output.argmax(dim=1) == y.argmax(dim=1)
    return right.to(output.dtype).mean()
