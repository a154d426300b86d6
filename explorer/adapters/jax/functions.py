"""Every function an expression may call, as JAX's own.

`FUNCTIONS` has one callable per name of `explorer.capture.functions`, with the same signature and meaning. Where JAX
has a function of that meaning it is used as it is, so the graph is the one its users get.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

Axis = int | tuple[int, ...] | None


def leaky_relu(x: jax.Array, slope: float = 0.01) -> jax.Array:
    return jax.nn.leaky_relu(x, slope)


def gelu(x: jax.Array) -> jax.Array:
    """The exact form; JAX's default is an approximation by tanh."""
    return jax.nn.gelu(x, approximate=False)


def cumsum(x: jax.Array, axis: int = 0) -> jax.Array:
    return jnp.cumsum(x, axis=axis)


def clip(x: jax.Array, low: Any, high: Any) -> jax.Array:
    return jnp.clip(x, low, high)


def norm(x: jax.Array, axis: Axis = None, keepdims: bool = False) -> jax.Array:
    """Euclidean length over any axes; `jnp.linalg.norm` would take two axes for a matrix norm of the same value."""
    if axis is None and jnp.ndim(x) > 1:
        axis = tuple(range(jnp.ndim(x)))
    return jnp.linalg.norm(x, axis=axis, keepdims=keepdims)


def logsumexp(x: jax.Array, axis: Axis = None, keepdims: bool = False) -> jax.Array:
    return jax.nn.logsumexp(x, axis=axis, keepdims=keepdims)


def concatenate(arrays: Sequence[jax.Array], axis: int = 0) -> jax.Array:
    return jnp.concatenate(arrays, axis=axis)


def stack(arrays: Sequence[jax.Array], axis: int = 0) -> jax.Array:
    return jnp.stack(arrays, axis=axis)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "abs": jnp.abs, "square": jnp.square, "sqrt": jnp.sqrt, "rsqrt": jax.lax.rsqrt, "reciprocal": jnp.reciprocal,
    "exp": jnp.exp, "expm1": jnp.expm1, "log": jnp.log, "log1p": jnp.log1p, "log2": jnp.log2,
    "sin": jnp.sin, "cos": jnp.cos, "tan": jnp.tan, "asin": jnp.arcsin, "acos": jnp.arccos, "atan": jnp.arctan,
    "atan2": jnp.arctan2, "sinh": jnp.sinh, "cosh": jnp.cosh, "tanh": jnp.tanh, "erf": jax.scipy.special.erf,
    "sigmoid": jax.nn.sigmoid, "softplus": jax.nn.softplus, "relu": jax.nn.relu, "leaky_relu": leaky_relu,
    "elu": jax.nn.elu, "gelu": gelu, "silu": jax.nn.silu, "sign": jnp.sign, "floor": jnp.floor, "ceil": jnp.ceil,
    "round": jnp.round, "minimum": jnp.minimum, "maximum": jnp.maximum, "clip": clip, "pow": jnp.power,
    "where": jnp.where, "stop_gradient": jax.lax.stop_gradient,
    "sum": jnp.sum, "mean": jnp.mean, "prod": jnp.prod, "max": jnp.max, "min": jnp.min, "var": jnp.var,
    "std": jnp.std, "norm": norm, "logsumexp": logsumexp, "cumsum": cumsum, "softmax": jax.nn.softmax,
    "log_softmax": jax.nn.log_softmax, "matmul": jnp.matmul, "dot": jnp.dot, "outer": jnp.outer,
    "einsum": jnp.einsum, "transpose": jnp.transpose, "reshape": jnp.reshape, "expand_dims": jnp.expand_dims,
    "squeeze": jnp.squeeze, "broadcast_to": jnp.broadcast_to, "concatenate": concatenate, "stack": stack,
}  # fmt: skip
