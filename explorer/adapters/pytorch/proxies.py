"""What stands for a tensor while torch.fx traces: a proxy that knows its value, so that code can go by its shape."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

import torch
from torch import fx
from torch.fx.proxy import TraceError

# What a program may ask of a tensor without computing anything: answered from the value, so that code can go by it.
PLAIN = frozenset({
    "shape", "ndim", "dtype", "device", "layout", "requires_grad", "is_leaf", "is_nested", "is_sparse", "is_cuda",
    "is_quantized", "is_meta", "itemsize", "nbytes", "size", "dim", "numel", "nelement", "stride", "is_contiguous",
    "is_floating_point", "is_complex", "element_size", "get_device",
})  # fmt: skip


class TypedProxy(fx.Proxy):  # type: ignore[misc]
    """A proxy that knows its value: `x.shape` and the like are plain, a tuple can be taken apart."""

    def __getattr__(self, name: str) -> Any:
        value = self.node.meta.get("val")
        if name in PLAIN and isinstance(value, torch.Tensor):
            return getattr(value, name)
        if isinstance(value, tuple) and hasattr(value, name):  # `torch.max(x, 0).values`
            found = getattr(value, name)
            return next((self[place] for place, each in enumerate(value) if each is found), found)
        return super().__getattr__(name)

    def __getitem__(self, place: Any) -> Any:
        value = self.node.meta["val"]
        if isinstance(value, (tuple, list)):
            if isinstance(place, slice):
                return tuple(self[each] for each in range(len(value))[place])
            place = range(len(value))[place]
        return super().__getitem__(place)

    def __setitem__(self, place: Any, value: Any) -> None:
        self.tracer.create_proxy("call_function", operator.setitem, (self, place, value), {})

    def __len__(self) -> int:
        return len(self.node.meta["val"])

    def __float__(self) -> float:
        raise TraceError("a number of Python is needed while tracing")

    __int__ = __index__ = __complex__ = __float__

    def __iter__(self) -> Iterator[Any]:
        return iter([self[place] for place in range(len(self))])


def taken_apart(result: Any) -> Any:
    """A proxy that stands for a tuple, as a tuple of proxies."""
    together = isinstance(result, TypedProxy) and isinstance(result.node.meta["val"], tuple | list)
    return tuple(taken_apart(each) for each in result) if together else result
