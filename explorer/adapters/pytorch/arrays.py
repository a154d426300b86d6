"""NumPy arrays to tensors and back, and the type of a tensor in our terms."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

import ml_dtypes
import numpy as np
import torch

from explorer.graph.ir import TensorType


def tensor_from(array: np.ndarray, device: torch.device | str) -> torch.Tensor:
    """A new tensor that shares no memory with `array`: two inputs made from one array stay two inputs.

    NumPy has no bfloat16 of its own; torch cannot read the one of ml_dtypes, so it goes through float32 (exact).
    """
    array = np.asarray(array)
    if array.dtype == ml_dtypes.bfloat16:
        return torch.from_numpy(array.astype(np.float32)).to(device=device, dtype=torch.bfloat16)
    return torch.from_numpy(array.copy()).to(device)


def array_from(tensor: torch.Tensor) -> np.ndarray:
    """The numbers of `tensor`, in its own dtype, on the host."""
    host = tensor.detach().cpu()
    if host.dtype == torch.bfloat16:
        return np.asarray(host.float().numpy().astype(ml_dtypes.bfloat16))
    return np.asarray(host.numpy())


def tensor_type(tensor: torch.Tensor) -> TensorType:
    return TensorType(str(tensor.dtype).removeprefix("torch."), tuple(tensor.shape))


def number_dtype(tensors: Iterable[torch.Tensor]) -> torch.dtype | None:
    """The dtype for numbers written in the text: that of the float inputs, float32 where there is no input at all.

    None where all inputs are integers: then a whole number stays one.
    """
    dtypes = [tensor.dtype for tensor in tensors]
    floats = [dtype for dtype in dtypes if dtype.is_floating_point]
    if floats:
        return reduce(torch.promote_types, floats)
    return None if dtypes else torch.float32
