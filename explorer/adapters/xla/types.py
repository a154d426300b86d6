"""HLO's types: `f32[3,4]{1,0}`, `(f32[], s32[2]{0})`, `token[]`.

A tuple stays one value, as in HLO itself, where `get-tuple-element` is an instruction of its own: its type is
`tuple[3]`, with the number of its elements for a shape. Layouts are left out: they say where, not what.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from explorer.graph.ir import TensorType

ARRAY: Final = re.compile(r"(\w+)\[([^\]]*)\]")
COMMENT: Final = re.compile(r"/\*.*?\*/")
DTYPES: Final = {
    "pred": "bool", "f64": "float64", "f32": "float32", "f16": "float16", "bf16": "bfloat16",
    "c64": "complex64", "c128": "complex128",
}  # fmt: skip
WIDTHS: Final = re.compile(r"([su])(\d+)$")
SMALL_FLOAT: Final = re.compile(r"f(\d)(e\w+)$")
TUPLE: Final = "tuple"


def skip_type(text: str, start: int) -> int:
    """Where the type that begins at `start` ends; -1 where none does. A type holds no space but inside a tuple."""
    if text.startswith("(", start):
        depth = 0
        for place in range(start, len(text)):
            depth += (text[place] == "(") - (text[place] == ")")
            if depth == 0:
                return place + 1
        return -1
    return text.find(" ", start)


@lru_cache(4096)
def tensor_type(text: str) -> TensorType:
    """The type that `text` prints. A bounded dimension (`<=5`) keeps its text; an unknown form is its own dtype."""
    if text.startswith("("):
        return TensorType(TUPLE, (len(elements(text)),))
    found = ARRAY.match(text)
    if found is None:
        return TensorType(text)
    sizes = [size.strip() for size in found[2].split(",") if size.strip()]
    return TensorType(dtype(found[1]), tuple(int(size) if size.isdigit() else size for size in sizes))


@lru_cache(4096)
def elements(text: str) -> tuple[TensorType, ...]:
    """The types of a tuple's elements."""
    inside, depth, last = COMMENT.sub("", text)[1:-1], 0, 0
    pieces = []
    for place, sign in enumerate(inside):
        depth += (sign in "([{") - (sign in ")]}")
        if sign == "," and depth == 0:
            pieces.append(inside[last:place])
            last = place + 1
    return tuple(tensor_type(piece.strip()) for piece in (*pieces, inside[last:]) if piece.strip())


def dtype(name: str) -> str:
    """NumPy's (or ml_dtypes') name of an XLA element type."""
    if name in DTYPES:
        return DTYPES[name]
    if (found := WIDTHS.match(name)) is not None:
        return f"{'int' if found[1] == 's' else 'uint'}{found[2]}"
    if (found := SMALL_FLOAT.match(name)) is not None:
        return f"float{found[1]}_{found[2]}"
    return name
