"""What a program gives back: one tensor, or several in tuples, lists and dicts; which one is differentiated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import torch

Leaf = TypeVar("Leaf")


def leaves(result: Any, is_leaf: Callable[[Any], bool], name: str = "result") -> Iterator[tuple[str, Any]]:
    """(place, leaf) of everything in `result` that `is_leaf`: `result`, `result[1]`, `result['loss']`."""
    if is_leaf(result):
        yield name, result
    elif isinstance(result, Mapping):
        for key, value in result.items():
            yield from leaves(value, is_leaf, f"{name}[{key!r}]")
    elif isinstance(result, tuple | list):
        for position, value in enumerate(result):
            yield from leaves(value, is_leaf, f"{name}[{position}]")


def chosen(values: Sequence[torch.Tensor]) -> int:
    """The position of the value that is differentiated: the first float scalar, else the first float."""
    floats = [position for position, value in enumerate(values) if value.is_floating_point()]
    scalars = [position for position in floats if not values[position].dim()]
    return next(iter([*scalars, *floats]), 0)


def put(argument: Any, is_leaf: Callable[[Any], bool], remaining: Iterator[Any]) -> Any:
    """`argument` with the next of `remaining` in the place of each leaf, in the order of `leaves`."""
    if is_leaf(argument):
        return next(remaining)
    if isinstance(argument, Mapping):
        return {key: put(value, is_leaf, remaining) for key, value in argument.items()}
    if isinstance(argument, tuple | list):
        made = [put(value, is_leaf, remaining) for value in argument]
        if hasattr(argument, "_fields"):  # a named tuple
            return type(argument)(*made)
        return tuple(made) if isinstance(argument, tuple) else made
    return argument
