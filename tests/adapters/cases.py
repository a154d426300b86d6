"""What each framework must agree on: every function and operator, its value in NumPy, sample points away from kinks."""

from __future__ import annotations

import math

import numpy as np

ERF = np.vectorize(math.erf, otypes=[np.float64])


def _softmax(x, axis=-1):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def _logsumexp(x, axis=None, keepdims=False):
    most = np.max(x, axis=axis, keepdims=True)
    total = np.log(np.sum(np.exp(x - most), axis=axis, keepdims=True)) + most
    return total if keepdims else np.squeeze(total, axis=axis) if axis is not None else total.reshape(())


def _norm(x, axis=None, keepdims=False):
    return np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))


# The meaning of every listed function, in NumPy. A name missing here fails the core tests.
NUMPY = {
    "abs": np.abs, "square": np.square, "sqrt": np.sqrt, "rsqrt": lambda x: 1 / np.sqrt(x),
    "reciprocal": lambda x: 1 / x,
    "exp": np.exp, "expm1": np.expm1, "log": np.log, "log1p": np.log1p, "log2": np.log2,
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan,
    "atan2": np.arctan2, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "erf": ERF,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "softplus": lambda x: np.logaddexp(x, 0),
    "relu": lambda x: np.maximum(x, 0),
    "leaky_relu": lambda x, slope=0.01: np.where(x > 0, x, slope * x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)), "gelu": lambda x: x * 0.5 * (1 + ERF(x / np.sqrt(2.0))),
    "silu": lambda x: x / (1 + np.exp(-x)), "sign": np.sign, "floor": np.floor, "ceil": np.ceil, "round": np.round,
    "minimum": np.minimum, "maximum": np.maximum, "clip": np.clip, "pow": np.power, "where": np.where,
    "stop_gradient": lambda x: x,
    "sum": np.sum, "mean": np.mean, "prod": np.prod, "max": np.max, "min": np.min, "var": np.var, "std": np.std,
    "norm": _norm, "logsumexp": _logsumexp, "cumsum": lambda x, axis=0: np.cumsum(x, axis),
    "softmax": _softmax, "log_softmax": lambda x, axis=-1: np.log(_softmax(x, axis)),
    "matmul": np.matmul, "dot": np.dot, "outer": np.outer, "einsum": np.einsum,
    "transpose": np.transpose, "reshape": np.reshape, "expand_dims": np.expand_dims, "squeeze": np.squeeze,
    "broadcast_to": np.broadcast_to, "concatenate": np.concatenate, "stack": np.stack,
}  # fmt: skip

SCALAR = np.float32(0.7)
VECTOR = np.array([0.3, 1.4, -0.8], np.float32)
POSITIVE = np.array([0.3, 1.4, 0.8], np.float32)
UNIT = np.array([0.3, -0.4, 0.8], np.float32)
MATRIX = np.array([[0.3, 1.4, -0.8], [0.9, -0.2, 2.1]], np.float32)
COLUMN = np.array([[0.5], [1.7]], np.float32)

POSITIVE_ONLY = {"sqrt", "rsqrt", "log", "log2", "log1p", "reciprocal"}
UNIT_ONLY = {"asin", "acos"}
UNARY = [
    "abs", "square", "sqrt", "rsqrt", "reciprocal", "exp", "expm1", "log", "log1p", "log2", "sin", "cos",
    "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "erf", "sigmoid", "softplus", "relu", "leaky_relu",
    "elu", "gelu", "silu", "sign", "floor", "ceil", "round",
]  # fmt: skip
REDUCTIONS = ["sum", "mean", "prod", "max", "min", "var", "std", "norm", "logsumexp"]


def _unary():
    for name in UNARY:
        vector = POSITIVE if name in POSITIVE_ONLY else UNIT if name in UNIT_ONLY else VECTOR
        yield f"{name}(x)", {"x": SCALAR}
        yield f"{name}(x)", {"x": vector}
        yield f"{name}(x + y)", {"x": vector * np.float32(0.5), "y": np.float32(0.05)}


def _binary():
    matrix = np.abs(MATRIX) + np.float32(0.25)
    for text in ("x + y", "x - y", "x * y", "x / y", "x ** y", "x % y", "minimum(x, y)", "maximum(x, y)", "atan2(x, y)",
                 "pow(x, y)", "where(x > y, x * y, y / x)", "where(x <= y, x, 2 * y)"):  # fmt: skip
        yield text, {"x": np.float32(1.3), "y": np.float32(0.4)}
        yield text, {"x": POSITIVE, "y": np.array([0.9, 0.45, 2.3], np.float32)}
        yield text, {"x": matrix, "y": np.array([[0.65], [1.05]], np.float32)}


def _others():
    for name in REDUCTIONS:
        for arguments in ("", ", axis=0", ", axis=1, keepdims=True", ", axis=-1", ", axis=(0, 1)"):
            yield f"{name}(x{arguments})", {"x": MATRIX}
        yield f"{name}(x)", {"x": VECTOR}
        yield f"{name}(x * y, axis=1)", {"x": MATRIX, "y": COLUMN}
    for text in ("softmax(x)", "softmax(x, axis=0) * x", "log_softmax(x)", "log_softmax(x, axis=0)", "cumsum(x)",
                 "cumsum(x, axis=1)", "transpose(x) * 2", "transpose(x, axes=(1, 0))", "reshape(x, (3, 2))",
                 "reshape(x, (-1,))", "reshape(x, shape=6)", "expand_dims(x, 1)", "squeeze(expand_dims(x, 0))",
                 "squeeze(expand_dims(x, 0), axis=0)",
                 "clip(x, -0.5, 1.0)", "broadcast_to(x, (4, 2, 3))", "-x", "+x * 3",
                 "x ** 2", "x ** 3", "2 ** x", "1 - x", "3 / (x + 5)", "leaky_relu(x, 0.2)", "leaky_relu(x, slope=0.3)",
                 "x @ transpose(x)", "einsum('ij->ji', x)", "einsum('ij->', x)",
                 "concatenate([x, 2 * x])", "concatenate((x, x * x), axis=1)",
                 "stack([x, -x])", "stack((x, x * x), axis=-1)",
                 "y = x * x\nsum(y + y, axis=0)"):  # fmt: skip
        yield text, {"x": MATRIX}
    yield "x @ y", {"x": MATRIX, "y": np.array([0.4, -1.2, 0.7], np.float32)}
    yield "matmul(x, y)", {"x": MATRIX, "y": np.ascontiguousarray(MATRIX.T * np.float32(0.6))}
    yield "dot(x, y)", {"x": VECTOR, "y": POSITIVE}
    yield "outer(x, y)", {"x": VECTOR, "y": POSITIVE}
    yield "einsum('ij,jk->ik', x, y)", {"x": MATRIX, "y": np.ascontiguousarray(MATRIX.T)}
    yield "einsum('i,i->', x, y)", {"x": VECTOR, "y": POSITIVE}
    yield "x * y + z", {"x": MATRIX, "y": COLUMN, "z": np.float32(2.0)}


CASES = [*_unary(), *_binary(), *_others()]
IDS = [f"{text} {'/'.join(str(np.shape(value)) for value in inputs.values())}" for text, inputs in CASES]

# Texts whose graphs are kept as golden files, with inputs for the checks of cotangents and shares.
SAMPLES = {
    "product-of-sum": ("a*(a+b)", {"a": "2.0", "b": "3.0"}),
    "square": ("x**2", {"x": "3.0"}),
    "sines": ("sin(x)**2 + cos(x)", {"x": "0.8"}),
    "three-lines": (
        "h = tanh(w*x + b)\ne = h - y\nsum(e*e)",
        {"w": "0.7", "x": "[-1.0, 0.5, 2.0]", "b": "0.1", "y": "[0.0, 0.3, 1.0]"},
    ),
    "layer": ("sum(relu(x @ W + b))", {"x": "normal(4, 3)", "W": "normal(3, 2)", "b": "normal(2)"}),
    "cross-entropy": ("logsumexp(z) - sum(y*z)", {"z": "[2.0, -1.0, 0.5]", "y": "[1.0, 0.0, 0.0]"}),
    "softmax": ("softmax(z) * w", {"z": "[2.0, -1.0, 0.5]", "w": "[1.0, 2.0, 3.0]"}),
    "branch": ("where(x > 0, x*y, y/2)", {"x": "[-1.0, 2.0]", "y": "[3.0, 4.0]"}),
    "constant-line": ("2*3 + x", {"x": "1.0"}),
}


def numpy_value(text: str, inputs: dict) -> np.ndarray:
    """The expression in NumPy, in the dtype of the inputs."""
    from explorer.capture.expression import compile_forward, parse

    forward, _ = compile_forward(parse(text), NUMPY, filename="<numpy>")
    return np.asarray(forward(*(inputs[name] for name in parse(text).names)))


def numpy_gradients(text: str, inputs: dict, step: float = 1e-5) -> dict[str, np.ndarray]:
    """Central differences of the sum of the output, in float64."""
    wide = {name: np.asarray(value, np.float64) for name, value in inputs.items()}
    result = {}
    for name, value in wide.items():
        gradient = np.zeros_like(value)
        for index in np.ndindex(value.shape):
            ends = []
            for sign in (1, -1):
                moved = value.copy()
                moved[index] += sign * step
                ends.append(numpy_value(text, {**wide, name: moved}).sum())
            gradient[index] = (ends[0] - ends[1]) / (2 * step)
        result[name] = gradient
    return result
