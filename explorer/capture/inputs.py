"""Example values: the VALUE of `--input NAME=VALUE` and of the inputs table, read into a NumPy array.

VALUE is a number, a nested list of numbers, or a generator (`normal(4, 3)`), with an optional `:dtype`. Numbers are
float32 unless a dtype is given. Generators are seeded by (seed, name), so one input never changes another.
"""

from __future__ import annotations

import ast
import zlib
from collections.abc import Callable, Mapping

import ml_dtypes
import numpy as np

from explorer.errors import UsageError

Generator = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]

GENERATORS: Mapping[str, Generator] = {
    "zeros": lambda _rng, shape: np.zeros(shape),
    "ones": lambda _rng, shape: np.ones(shape),
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "uniform": lambda rng, shape: rng.random(shape),
    "arange": lambda _rng, shape: _arange(*shape),
    "eye": lambda _rng, shape: _eye(*shape),
}
DTYPES: Mapping[str, np.dtype] = {
    "bfloat16": np.dtype(ml_dtypes.bfloat16),
    **{name: np.dtype(name) for name in (
        "float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool",
    )},
}  # fmt: skip
DEFAULT_VALUE = "1.0"
MOST_ENTRIES = 2**27


def example(name: str, value: str, seed: int = 0) -> np.ndarray:
    """The array that VALUE stands for. Raises UsageError `bad_input` for anything else."""
    text, _, dtype_name = value.partition(":")
    dtype = DTYPES.get(dtype_name.strip() or "float32")
    if dtype is None:
        raise UsageError("unknown_dtype", name=name, dtype=dtype_name, known=", ".join(sorted(DTYPES)))
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        if isinstance(tree, ast.Call):
            return _generate(tree, np.random.default_rng([seed, zlib.crc32(name.encode())])).astype(dtype)
        literal = np.array(ast.literal_eval(tree))
        if literal.dtype.kind not in "bifu":
            raise ValueError(value)
        return _cast(literal, dtype)
    except (ValueError, SyntaxError, TypeError, KeyError, OverflowError, MemoryError, RecursionError):
        raise UsageError("bad_input", name=name, value=value, generators=", ".join(GENERATORS)) from None


def _cast(literal: np.ndarray, dtype: np.dtype) -> np.ndarray:
    if dtype.kind in "iu" and not np.all(np.isfinite(literal.astype(np.float64))):
        raise ValueError("an integer cannot be infinite")
    with np.errstate(over="ignore"):  # beyond the dtype is infinity, and shown as that
        return literal.astype(dtype)


def _arange(start: int, stop: int | None = None, step: int = 1) -> np.ndarray:
    return np.arange(start) if stop is None else np.arange(start, stop, step)


def _eye(rows: int, columns: int | None = None) -> np.ndarray:
    return np.eye(rows, columns)


def _generate(call: ast.Call, rng: np.random.Generator) -> np.ndarray:
    if not isinstance(call.func, ast.Name) or call.keywords:
        raise ValueError("a generator is called by its plain name")
    sizes = tuple(ast.literal_eval(argument) for argument in call.args)
    if not all(type(size) is int and size >= 0 for size in sizes):
        raise ValueError("sizes are whole numbers")
    if np.prod([float(size) for size in sizes]) > MOST_ENTRIES:
        raise ValueError("too large")
    return GENERATORS[call.func.id](rng, sizes)
