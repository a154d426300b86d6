"""Plain data as bytes: None, bool, int, float, complex, str, bytes, list, tuple, dict, and numbers and arrays of NumPy.

What comes back is equal to what went in, tuples as tuples and integers of any size; a subclass comes back as the class
it is made from. Reading needs no trust: nothing is
ever unpickled, and no class but these is made. The encoding is MessagePack with four extension types.
"""

from __future__ import annotations

import struct
from typing import Any, Final

import msgpack

TUPLE: Final = 1
INTEGER: Final = 2  # beyond 64 bits: two's complement, little-endian
COMPLEX: Final = 3
ARRAY: Final = 4

# Text of a user may hold half a surrogate pair; it must reach the screen, not stop the stream.
TEXT_ERRORS: Final = "surrogatepass"


def pack(value: Any) -> bytes:
    """`value` as bytes. Raises TypeError for what is not plain data, ValueError for what is nested too deeply."""
    try:
        packed: bytes = msgpack.packb(value, default=_extension, strict_types=True, unicode_errors=TEXT_ERRORS)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return packed


def unpack(data: bytes | memoryview) -> Any:
    """The value that `pack` wrote. Raises ValueError for anything else."""
    try:
        return msgpack.unpackb(
            data, ext_hook=_from_extension, strict_map_key=False, raw=False, unicode_errors=TEXT_ERRORS
        )
    except (ValueError, TypeError, RecursionError, MemoryError, OverflowError, struct.error, KeyError) as error:
        raise ValueError(f"not plain data: {error}") from None
    except msgpack.exceptions.UnpackException as error:
        raise ValueError(f"not plain data: {error}") from None


def _extension(value: Any) -> Any:
    """What to pack in place of a value that MessagePack has no type for."""
    match value:
        case tuple():
            return msgpack.ExtType(TUPLE, pack(list(value)))
        case int() if type(value) is int:
            return msgpack.ExtType(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True))
        case complex() if type(value) is complex:
            return msgpack.ExtType(COMPLEX, struct.pack("<dd", value.real, value.imag))
        # Subclasses, such as torch.fx's immutable_list or an IntEnum.
        case list():
            return list(value)
        case dict():
            return dict(value)
        case int():
            return int(value)
        case str() if type(value).__module__ != "numpy":
            return str.__str__(value)
    return _numpy_extension(value)


def _numpy_extension(value: Any) -> msgpack.ExtType:
    """Here, so that a process without arrays (the supervisor) does not load NumPy."""
    import numpy as np

    from explorer.graph.arrays import array_parts

    if isinstance(value, np.generic | np.ndarray):
        name, shape, data = array_parts(np.asarray(value))
        kind = "array" if isinstance(value, np.ndarray) else "number"
        return msgpack.ExtType(ARRAY, pack([kind, name, list(shape), bytes(data)]))
    raise TypeError(f"{type(value).__name__} is not plain data")


def _from_extension(code: int, data: bytes) -> Any:
    match code:
        case 1:
            return tuple(unpack(data))
        case 2:
            return int.from_bytes(data, "little", signed=True)
        case 3:
            return complex(*struct.unpack("<dd", data))
        case 4:
            from explorer.graph.arrays import array_from

            kind, name, shape, content = unpack(data)
            array = array_from(name, shape, content)
            return array if kind == "array" else array[()]
    raise ValueError(f"unknown extension {code}")
