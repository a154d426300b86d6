"""NumPy arrays as a dtype's name, a shape and bytes. Only number dtypes have a name here: nothing is ever unpickled."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import ml_dtypes
import numpy as np

# Little-endian, whatever the machine. bfloat16 and the small floats are ml_dtypes', as in all three frameworks.
DTYPES: Mapping[str, np.dtype[Any]] = {
    **{name: np.dtype(name).newbyteorder("<") for name in (
        "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
        "float16", "float32", "float64", "complex64", "complex128",
    )},
    **{name: np.dtype(getattr(ml_dtypes, name)) for name in (
        "bfloat16", "float8_e4m3fn", "float8_e4m3b11fnuz", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz",
        "int4", "uint4",
    )},
}  # fmt: skip
MOST_DIMENSIONS = 32


def array_parts(array: np.ndarray) -> tuple[str, tuple[int, ...], memoryview]:
    """Name of the dtype, shape, and the entries in C order. Raises TypeError for a dtype that is no number."""
    name = array.dtype.name
    if name not in DTYPES:
        raise TypeError(f"an array of {name} cannot be sent")
    ordered = np.ascontiguousarray(array, dtype=DTYPES[name])
    return name, array.shape, ordered.reshape(-1).view(np.uint8).data


def array_from(name: Any, shape: Any, data: bytes | memoryview) -> np.ndarray:
    """The array with these parts; read-only where `data` is. Raises ValueError for parts that do not fit together."""
    dtype = DTYPES.get(name) if isinstance(name, str) else None
    if dtype is None:
        raise ValueError(f"unknown dtype {name!r}"[:100])
    if not _is_shape(shape):
        raise ValueError("bad shape")
    if math.prod(shape) * dtype.itemsize != memoryview(data).nbytes:
        raise ValueError("shape and bytes disagree")
    if not memoryview(data).nbytes:
        return np.empty(shape, dtype)
    return np.frombuffer(data, dtype).reshape(shape)


def _is_shape(shape: Any) -> bool:
    return (
        isinstance(shape, Sequence)
        and len(shape) <= MOST_DIMENSIONS
        and all(type(size) is int and size >= 0 for size in shape)
    )
