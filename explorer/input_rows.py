"""The inputs table: one row per free name, read from VALUE texts without making the arrays.

A slider may follow a row that is one number. Two VALUEs of one shape and dtype need no new capture.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from explorer.capture.inputs import DEFAULT_VALUE, DTYPES, GENERATORS
from explorer.session import Range, slider_range

SLIDER_STEPS = 1000  # positions of a slider from end to end


@dataclass(frozen=True, slots=True)
class Form:
    """What a VALUE is before it is made: dtype, shape, and the number itself where it is one float."""

    dtype: str
    shape: tuple[int, ...]
    number: float | None = None


@dataclass(frozen=True, slots=True)
class InputRow:
    """One row. `form` is None where `value` cannot be read (`explorer.capture.inputs` says why).

    `own` is the type of an array that the text itself defines; its `value` is empty.
    """

    name: str
    value: str
    form: Form | None
    range: Range | None
    own: str = ""


def form(value: str) -> Form | None:
    """Dtype and shape that VALUE stands for; None where it stands for nothing."""
    text, _, dtype = value.partition(":")
    dtype = dtype.strip() or "float32"
    if dtype not in DTYPES:
        return None
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        if isinstance(tree, ast.Call):
            return Form(dtype, _generated_shape(tree))
        array = np.array(ast.literal_eval(tree))
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError, OverflowError):
        return None
    if array.dtype.kind not in "bifu":
        return None
    number = float(array) if array.ndim == 0 and "float" in dtype else None
    return Form(dtype, array.shape, number)


def rows(names: Sequence[str], inputs: Mapping[str, str], ranges: Mapping[str, Range]) -> list[InputRow]:
    """The table for the free `names`; a name without a VALUE has the default one."""
    return [row(name, inputs.get(name, DEFAULT_VALUE), ranges.get(name)) for name in names]


def value_at(position: int, ends: Range, old: str) -> str:
    """VALUE text for a slider's position (0 to SLIDER_STEPS), in the dtype of `old`."""
    low, high = ends
    number = low + (high - low) * position / SLIDER_STEPS
    digits = max(0, 3 - len(str(int(max(abs(low), abs(high)))))) + 1
    _, colon, dtype = old.partition(":")
    return f"{round(number, digits) + 0.0}{colon}{dtype}"


def position_of(number: float, ends: Range) -> int:
    """The slider's position (0 to SLIDER_STEPS) for a number; the nearer end for one outside."""
    low, high = ends
    return round(SLIDER_STEPS * (min(max(number, low), high) - low) / (high - low))


def row(name: str, value: str, ends: Range | None) -> InputRow:
    """One row; `ends` are those of its slider, made anew where `value` lies outside."""
    read = form(value)
    if read is None or read.number is None or not np.isfinite(read.number):
        return InputRow(name, value, read, None)
    inside = ends is not None and ends[0] <= read.number <= ends[1]
    return InputRow(name, value, read, ends if inside else slider_range(read.number))


def _generated_shape(call: ast.Call) -> tuple[int, ...]:
    if not isinstance(call.func, ast.Name) or call.func.id not in GENERATORS or call.keywords:
        raise ValueError("no generator")
    sizes = tuple(ast.literal_eval(argument) for argument in call.args)
    if not all(type(size) is int and size >= 0 for size in sizes):
        raise ValueError("sizes are whole numbers")
    match call.func.id:
        case "arange":
            return (len(range(*sizes[:3])),)
        case "eye":
            return (sizes[0], sizes[-1]) if sizes else ()
        case _:
            return sizes
