"""An array as a NumPy file. Nothing is pickled, and NumPy alone can read it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from explorer.errors import UsageError


def save_array(array: np.ndarray, path: Path) -> str:
    """Write `path` and return the dtype that it holds. Raises UsageError `cannot_write`.

    NumPy has no bfloat16, no 8-bit float and no 4-bit integer of its own: those are written as float32 and int8, in
    which every one of their numbers has its exact place.
    """
    if array.dtype.isbuiltin == 2:  # registered by ml_dtypes
        array = array.astype(np.int8 if "int" in array.dtype.name else np.float32)
    try:
        with path.open("wb") as file:
            np.save(file, array, allow_pickle=False)
    except OSError as error:
        raise UsageError("cannot_write", path=str(path), reason=error.strerror or str(error)) from None
    return array.dtype.name
