"""Every function an expression may call, in PyTorch's own terms: most names are one torch call, so one fx node.

Axes, shapes and other settings go as keyword arguments and operands by position: `fx.py` tells them apart that way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.nn import functional

Axis = int | Sequence[int] | None
Operand = Any  # a tensor, the tracer's stand-in for one, or a Python number

ELEMENTWISE: Mapping[str, Callable[..., torch.Tensor]] = {
    "abs": torch.abs, "square": torch.square, "sqrt": torch.sqrt, "rsqrt": torch.rsqrt, "reciprocal": torch.reciprocal,
    "exp": torch.exp, "expm1": torch.expm1, "log": torch.log, "log1p": torch.log1p, "log2": torch.log2,
    "sin": torch.sin, "cos": torch.cos, "tan": torch.tan, "asin": torch.asin, "acos": torch.acos, "atan": torch.atan,
    "sinh": torch.sinh, "cosh": torch.cosh, "tanh": torch.tanh, "erf": torch.erf, "sigmoid": torch.sigmoid,
    "softplus": functional.softplus, "relu": torch.relu, "elu": functional.elu, "gelu": functional.gelu,
    "silu": functional.silu, "sign": torch.sign, "floor": torch.floor, "ceil": torch.ceil, "round": torch.round,
    "stop_gradient": torch.detach,
    # Of two operands:
    "atan2": torch.atan2, "minimum": torch.minimum, "maximum": torch.maximum,
    "matmul": torch.matmul, "dot": torch.dot, "outer": torch.outer,
}  # fmt: skip


def functions(constant: Callable[[float], Operand]) -> dict[str, Callable[..., Any]]:
    """Name -> callable, for every name of `explorer.capture.functions`.

    `constant` makes a tensor of a number where torch takes no number; the tracer makes a node of it.
    """
    room = _Functions(constant)
    table = {name: room.elementwise(call) for name, call in ELEMENTWISE.items()}
    own = ("sum", "mean", "prod", "max", "min", "var", "std", "norm", "logsumexp", "cumsum", "softmax", "log_softmax",
           "leaky_relu", "clip", "pow", "where", "einsum", "transpose", "reshape", "expand_dims", "squeeze",
           "broadcast_to", "concatenate", "stack")  # fmt: skip
    return table | {name: getattr(room, name) for name in own}


def is_number(x: Operand) -> bool:
    return isinstance(x, (bool, int, float))


class _Functions:
    """The functions that need more than their operands; each method has the signature of the listed function."""

    def __init__(self, constant: Callable[[float], Operand]) -> None:
        self.constant = constant

    def tensor(self, x: Operand) -> Operand:
        """`x`, or a constant for a number: most torch functions take tensors only."""
        return self.constant(x) if is_number(x) else x

    def elementwise(self, call: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
        return lambda *operands: call(*map(self.tensor, operands))

    def _reduce(
        self, call: Callable[..., torch.Tensor], x: Operand, axis: Axis, keepdims: bool, **settings: object
    ) -> torch.Tensor:
        x = self.tensor(x)
        if axis is None and not keepdims:
            return call(x, **settings)
        return call(x, dim=_all_axes(x) if axis is None else axis, keepdim=keepdims, **settings)

    def sum(self, x: Operand, axis: Axis = None, keepdims: bool = False) -> torch.Tensor:
        return self._reduce(torch.sum, x, axis, keepdims)

    def mean(self, x: Operand, axis: Axis = None, keepdims: bool = False) -> torch.Tensor:
        return self._reduce(torch.mean, x, axis, keepdims)

    def max(self, x: Operand, axis: Axis = None, keepdims: bool = False) -> torch.Tensor:
        return self._reduce(torch.amax, x, axis, keepdims)

    def min(self, x: Operand, axis: Axis = None, keepdims: bool = False) -> torch.Tensor:
        return self._reduce(torch.amin, x, axis, keepdims)

    def var(self, x: Operand, axis: Axis = None, keepdims: bool = False) -> torch.Tensor:
        return self._reduce(torch.var, x, axis, keepdims, correction=0)

    def std(self, x: Operand, axis: Axis = None, keepdims: bool = False) -> torch.Tensor:
        return self._reduce(torch.std, x, axis, keepdims, correction=0)

    def norm(self, x: Operand, axis: Axis = None, keepdims: bool = False) -> torch.Tensor:
        # torch.norm is documented as deprecated; vector_norm flattens the given axes, which is what we mean.
        return self._reduce(torch.linalg.vector_norm, x, axis, keepdims)

    def logsumexp(self, x: Operand, axis: Axis = None, keepdims: bool = False) -> torch.Tensor:
        x = self.tensor(x)
        return torch.logsumexp(x, dim=_all_axes(x) if axis is None else axis, keepdim=keepdims)

    def prod(self, x: Operand, axis: Axis = None, keepdims: bool = False) -> torch.Tensor:
        """torch.prod takes one axis, so several are taken one after the other, the last first."""
        x = self.tensor(x)
        if axis is None and not keepdims:
            return torch.prod(x)
        axes = _all_axes(x) if axis is None else (axis,) if isinstance(axis, int) else axis
        for one in sorted((entry % max(x.ndim, 1) for entry in axes), reverse=True):
            x = torch.prod(x, dim=one, keepdim=keepdims)
        return x

    def cumsum(self, x: Operand, axis: int = 0) -> torch.Tensor:
        return torch.cumsum(self.tensor(x), dim=axis)

    def softmax(self, x: Operand, axis: int = -1) -> torch.Tensor:
        return torch.softmax(self.tensor(x), dim=axis)

    def log_softmax(self, x: Operand, axis: int = -1) -> torch.Tensor:
        return torch.log_softmax(self.tensor(x), dim=axis)

    def leaky_relu(self, x: Operand, slope: float = 0.01) -> torch.Tensor:
        return functional.leaky_relu(self.tensor(x), negative_slope=slope)

    def clip(self, x: Operand, low: Operand, high: Operand) -> torch.Tensor:
        x = self.tensor(x)
        if is_number(low) == is_number(high):
            return torch.clamp(x, low, high)
        # torch.clamp takes two numbers or two tensors.
        return torch.clamp(torch.clamp(x, low), max=high)

    def pow(self, x: Operand, y: Operand) -> torch.Tensor:
        return torch.pow(self.tensor(x) if is_number(y) else x, y)

    def where(self, condition: Operand, x: Operand, y: Operand) -> torch.Tensor:
        condition = self.constant(bool(condition)) if is_number(condition) else condition
        return torch.where(condition, self.tensor(x) if is_number(y) else x, y)

    def einsum(self, equation: str, *operands: Operand) -> torch.Tensor:
        return torch.einsum(equation, *map(self.tensor, operands))

    def transpose(self, x: Operand, axes: Sequence[int] | None = None) -> torch.Tensor:
        x = self.tensor(x)
        return torch.permute(x, dims=tuple(reversed(_all_axes(x))) if axes is None else tuple(axes))

    def reshape(self, x: Operand, shape: int | Sequence[int]) -> torch.Tensor:
        return torch.reshape(self.tensor(x), shape=_shape(shape))

    def expand_dims(self, x: Operand, axis: int) -> torch.Tensor:
        return torch.unsqueeze(self.tensor(x), dim=axis)

    def squeeze(self, x: Operand, axis: Axis = None) -> torch.Tensor:
        x = self.tensor(x)
        if axis is None:
            return torch.squeeze(x)
        axes = (axis,) if isinstance(axis, int) else axis
        if any(x.shape[one] != 1 for one in axes):  # torch keeps such an axis without a word
            raise ValueError(f"only axes of length 1 can be squeezed, and the shape is {tuple(x.shape)}")
        return torch.squeeze(x, dim=axis)

    def broadcast_to(self, x: Operand, shape: int | Sequence[int]) -> torch.Tensor:
        return torch.broadcast_to(self.tensor(x), size=_shape(shape))

    def concatenate(self, arrays: Sequence[Operand], axis: int = 0) -> torch.Tensor:
        return torch.cat([self.tensor(array) for array in arrays], dim=axis)

    def stack(self, arrays: Sequence[Operand], axis: int = 0) -> torch.Tensor:
        return torch.stack([self.tensor(array) for array in arrays], dim=axis)


def _all_axes(x: Operand) -> tuple[int, ...]:
    return tuple(range(x.ndim))


def _shape(shape: int | Sequence[int]) -> tuple[int, ...]:
    return (shape,) if isinstance(shape, int) else tuple(shape)
