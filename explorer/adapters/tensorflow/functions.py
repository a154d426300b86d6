"""What each listed function is in TensorFlow.

Python numbers are weak, as in `x * 2`: next to a tensor they take its dtype, alone they take the program's float dtype.
`silu` is written out because `tf.nn.silu` hides its derivative in a Python closure over the graph it was traced in,
which no copy of that graph can use.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from explorer.adapters.tensorflow.environment import tf

Axis = int | tuple[int, ...] | None
Shape = int | tuple[int, ...]
LOG_2 = math.log(2.0)


def functions(number: tf.DType) -> dict[str, Callable[..., tf.Tensor]]:
    """A callable for every name of `explorer.capture.functions`; `number` is the dtype of numbers that stand alone."""
    return {
        **{name: _unary(call, number) for name, call in UNARY.items()},
        **{name: _binary(call, number) for name, call in BINARY.items()},
        **{name: _reduction(call, number) for name, call in REDUCTIONS.items()},
        **{name: _first(call, number) for name, call in SHAPED.items()},
        **_several(number),
    }


def _several(number: tf.DType) -> dict[str, Callable[..., tf.Tensor]]:
    """Functions of three operands, of a list of them, or with names of their own for two."""
    return {
        "atan2": lambda y, x: tf.atan2(*_common((y, x), number)),
        "clip": lambda x, low, high: tf.clip_by_value(*_common((x, low, high), number)),
        "where": lambda condition, x, y: tf.where(condition, *_common((x, y), number)),
        "concatenate": lambda arrays, axis=0: tf.concat(_common(arrays, number), axis),
        "stack": lambda arrays, axis=0: tf.stack(_common(arrays, number), axis),
        "einsum": lambda equation, *operands: tf.einsum(equation, *_common(operands, number)),
    }


def _tensor(x: Any, dtype: tf.DType) -> tf.Tensor:
    return tf.constant(x, dtype) if isinstance(x, (bool, int, float)) else x


def _common(operands: Sequence[Any], number: tf.DType) -> list[tf.Tensor]:
    """Operands with the numbers among them in the dtype of the first tensor."""
    dtype = next((operand.dtype for operand in operands if tf.is_tensor(operand)), number)
    return [_tensor(operand, dtype) for operand in operands]


def _unary(call: Callable[[tf.Tensor], tf.Tensor], number: tf.DType) -> Callable[..., tf.Tensor]:
    return lambda x: call(_tensor(x, number))


def _binary(call: Callable[[tf.Tensor, tf.Tensor], tf.Tensor], number: tf.DType) -> Callable[..., tf.Tensor]:
    return lambda x, y: call(*_common((x, y), number))


def _reduction(call: Callable[..., tf.Tensor], number: tf.DType) -> Callable[..., tf.Tensor]:
    return lambda x, axis=None, keepdims=False: call(_tensor(x, number), axis=axis, keepdims=keepdims)


def _first(call: Callable[..., tf.Tensor], number: tf.DType) -> Callable[..., tf.Tensor]:
    """A function of one tensor and of literals that shape the call."""

    def function(x: Any, *arguments: Any, **keywords: Any) -> tf.Tensor:
        return call(_tensor(x, number), *arguments, **keywords)

    return function


def _norm(x: tf.Tensor, axis: Axis, keepdims: bool) -> tf.Tensor:
    # tf.norm takes one or two axes only.
    if isinstance(axis, tuple) and len(axis) != 2:
        return tf.sqrt(tf.reduce_sum(tf.square(x), axis=axis, keepdims=keepdims))
    return tf.norm(x, axis=axis, keepdims=keepdims)


def _matmul(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """NumPy's rule for vectors, which tf.matmul does not take."""
    match (x.shape.rank, y.shape.rank):
        case (1, 1):
            return tf.tensordot(x, y, 1)
        case (1, int(rank)) if rank > 1:
            return tf.linalg.matvec(y, x, transpose_a=True)
        case (int(rank), 1) if rank > 1:
            return tf.linalg.matvec(x, y)
    return tf.matmul(x, y)


def _reshape(x: tf.Tensor, shape: Shape) -> tf.Tensor:
    return tf.reshape(x, [shape] if isinstance(shape, int) else shape)


def _broadcast_to(x: tf.Tensor, shape: Shape) -> tf.Tensor:
    return tf.broadcast_to(x, [shape] if isinstance(shape, int) else shape)


def _transpose(x: tf.Tensor, axes: tuple[int, ...] | None = None) -> tf.Tensor:
    return tf.transpose(x, perm=axes)


UNARY: dict[str, Callable[[tf.Tensor], tf.Tensor]] = {
    "abs": tf.abs, "square": tf.square, "sqrt": tf.sqrt, "rsqrt": tf.math.rsqrt, "reciprocal": tf.math.reciprocal,
    "exp": tf.exp, "expm1": tf.math.expm1, "log": tf.math.log, "log1p": tf.math.log1p,
    "log2": lambda x: tf.math.log(x) / LOG_2,
    "sin": tf.sin, "cos": tf.cos, "tan": tf.tan, "asin": tf.asin, "acos": tf.acos, "atan": tf.atan,
    "sinh": tf.sinh, "cosh": tf.cosh, "tanh": tf.tanh, "erf": tf.math.erf, "sigmoid": tf.sigmoid,
    "softplus": tf.math.softplus, "relu": tf.nn.relu, "elu": tf.nn.elu, "gelu": tf.nn.gelu,
    "silu": lambda x: x * tf.sigmoid(x),
    "sign": tf.sign, "floor": tf.floor, "ceil": tf.math.ceil, "round": tf.round, "stop_gradient": tf.stop_gradient,
}  # fmt: skip
BINARY: dict[str, Callable[[tf.Tensor, tf.Tensor], tf.Tensor]] = {
    "minimum": tf.minimum, "maximum": tf.maximum, "pow": tf.pow, "matmul": _matmul,
    "dot": lambda x, y: tf.tensordot(x, y, 1), "outer": lambda x, y: tf.tensordot(x, y, 0),
}  # fmt: skip
REDUCTIONS: dict[str, Callable[..., tf.Tensor]] = {
    "sum": tf.reduce_sum, "mean": tf.reduce_mean, "prod": tf.reduce_prod, "max": tf.reduce_max, "min": tf.reduce_min,
    "var": tf.math.reduce_variance, "std": tf.math.reduce_std, "norm": _norm, "logsumexp": tf.reduce_logsumexp,
}  # fmt: skip
SHAPED: dict[str, Callable[..., tf.Tensor]] = {
    "leaky_relu": lambda x, slope=0.01: tf.nn.leaky_relu(x, alpha=slope),
    "cumsum": lambda x, axis=0: tf.cumsum(x, axis=axis),
    "softmax": lambda x, axis=-1: tf.nn.softmax(x, axis=axis),
    "log_softmax": lambda x, axis=-1: tf.nn.log_softmax(x, axis=axis),
    "transpose": _transpose, "reshape": _reshape, "broadcast_to": _broadcast_to,
    "expand_dims": lambda x, axis: tf.expand_dims(x, axis),
    "squeeze": lambda x, axis=None: tf.squeeze(x, axis=axis),
}  # fmt: skip
