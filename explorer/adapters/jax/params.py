"""Params of an equation as plain data: what a graph may hold, what goes over the wire, what can be compared."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
from jax.extend import core as jex

from explorer.adapters.jax.equations import CALL_TYPES, Fixed, Step, call_name


def plain_params(step: Step) -> dict[str, Any]:
    """Params of what is shown, and its literals by position, without those that are not set and nested jaxprs."""
    eqn = step.shown
    params = {key: plain(value) for key, value in eqn.params.items() if _is_data(value)}
    if eqn.primitive.name in CALL_TYPES:
        params = {"name": call_name(eqn)}
    literals = {
        str(place): number(atom.value) for place, atom in enumerate(step.shown_operands) if isinstance(atom, Fixed)
    }
    return {**params, "literals": literals} if literals else params


def number(value: Any) -> bool | int | float:
    """A literal of a jaxpr as Python's own number."""
    return np.asarray(value).reshape(()).astype(_wide(np.asarray(value).dtype)).item()  # type: ignore[no-any-return]


def _wide(dtype: np.dtype) -> np.dtype:
    """bfloat16 has no Python number of its own; every other dtype has."""
    return dtype if dtype.kind in "biufc" else np.dtype(np.float64)


def _is_data(value: Any) -> bool:
    """Where arrays are placed, functions and nested jaxprs are no data of the operation."""
    apart = isinstance(value, (jax.sharding.Sharding, jex.ClosedJaxpr, jex.Jaxpr)) or callable(value)
    return value is not None and not apart


def plain(value: Any) -> Any:
    """Numbers, texts, tuples and mappings of them; anything else as its text."""
    match value:
        case bool() | int() | float() | str() | None:
            return value
        case enum.Enum():
            return value.name
        case np.generic():
            return value.item()
        case tuple() | list():
            return [plain(entry) for entry in value]
        case Mapping():
            return {str(key): plain(entry) for key, entry in value.items()}
    return str(value)
