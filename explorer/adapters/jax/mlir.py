"""MLIR as plain data: types, attributes and locations of the bindings in `jax.extend.mlir`.

Classes are told apart by name: the bindings hand out the same thing as several classes from version to version.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from explorer.adapters.jax.params import number
from explorer.adapters.xla.types import dtype
from explorer.graph.ir import TensorType

WHOLE: Final = re.compile(r"(u?)i(\d+)$")
COMPLEX: Final = {"complex<f32>": "c64", "complex<f64>": "c128"}
ENUM: Final = re.compile(r"#\w+<\w+ (\w+)>$")  # `#stablehlo<comparison_direction GT>`
CONSTANT: Final = re.compile(r"dense<(.*)> : tensor<(.*)>$", re.DOTALL)
MOST_TEXT: Final = 200  # characters of an attribute in `params`; the printout has all of it


def tensor_type(kind: Any) -> TensorType:
    """The type of a value; what is no tensor (a token) is its own dtype, a dimension that is not known is `?`."""
    text = str(kind)
    if not text.startswith("tensor<"):
        return TensorType(text.removeprefix("!stablehlo."))
    shape = tuple("?" if kind.is_dynamic_dim(axis) else kind.get_dim_size(axis) for axis in range(kind.rank))
    return TensorType(_element(str(kind.element_type)), shape)


def _element(text: str) -> str:
    """NumPy's name of an element type; MLIR's plain integers are signed, its `i1` is a truth value."""
    if (found := WHOLE.match(text)) is not None:
        text = "pred" if found[2] == "1" else f"{found[1] or 's'}{found[2]}"
    return dtype(COMPLEX.get(text, text.lower()))


def plain_attribute(attribute: Any) -> Any:
    """Numbers, truths, texts and lists of them; a longer one as far as it is worth reading."""
    name = type(attribute).__name__
    match name:
        case "IntegerAttr" | "FloatAttr" | "StringAttr" | "BoolAttr" | "FlatSymbolRefAttr":
            return attribute.value
        case "ArrayAttr":
            return [plain_attribute(entry) for entry in attribute]
        case _ if name.startswith("Dense") and name.endswith("ArrayAttr"):
            return list(attribute)
    text = str(attribute)
    if (found := ENUM.match(text)) is not None:
        return found[1]
    return text if len(text) <= MOST_TEXT else text[:MOST_TEXT] + "…"


def constant(attribute: Any) -> dict[str, Any]:
    """Params of a constant: a single number as a literal, as other stages have it, anything else as printed."""
    if "Elements" in type(attribute).__name__ and attribute.is_splat and attribute.type.rank == 0:
        value = attribute.get_splat_value()
        if hasattr(value, "value"):
            return {"literals": {"0": number(value.value)}}
    text = str(attribute)
    found = CONSTANT.match(text)
    shown = found[1] if found else text
    return {"value": shown if len(shown) <= MOST_TEXT else shown[:MOST_TEXT] + "…"}


def op_name(location: Any) -> str:
    """The path of names that JAX gave an operation (`jit(f)/jvp(hidden)/tanh`); empty where it gave none."""
    return str(location.name_str) if type(location).__name__ == "NameLoc" else ""


def frames(location: Any) -> Iterator[tuple[str, int, int, int, int]]:
    """(file, line, end line, column, end column) from the innermost frame outwards; lines from 1, bytes from 0."""
    match type(location).__name__:
        case "NameLoc":
            yield from frames(location.child_loc)
        case "CallSiteLoc":
            yield from frames(location.callee)
            yield from frames(location.caller)
        case "FusedLoc":
            for part in location.locations:
                yield from frames(part)
        case "FileLineColLoc":
            file = getattr(location.filename, "value", location.filename)
            yield str(file), location.start_line, location.end_line, location.start_col, location.end_col
