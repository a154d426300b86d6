"""HLO text, piece by piece: brackets, types and attributes as XLA prints them. No public reader of this text gives
more than opcodes: XLA's own parser is inside its compiler, and a stage has to show operands, types and calls.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from explorer.graph.ir import TensorType

OPENING, CLOSING = "([{", ")]}"
TUPLE = "tuple"
_ARRAY = re.compile(r"(\w+)\[([^\]]*)\](?:\{[^}]*\})?")
_NAMES = {"pred": "bool", "bf16": "bfloat16", "c64": "complex64", "c128": "complex128"}
_LETTERS = {"f": "float", "s": "int", "u": "uint"}


def closing(text: str, start: int) -> int:
    """Position of the bracket that closes the one at `start`; quotes are passed over. ValueError where none does."""
    depth, place = 0, start
    while place < len(text):
        if text[place] == '"':
            place = _end_of_quote(text, place)
        elif text[place] in OPENING:
            depth += 1
        elif text[place] in CLOSING:
            depth -= 1
            if depth == 0:
                return place
        place += 1
    raise ValueError(f"no bracket closes the one at {start} of: {text}")


def pieces(text: str) -> Iterator[str]:
    """The parts between the commas that stand in no bracket and no quote, stripped; none for an empty text."""
    begin = place = 0
    while place < len(text):
        if text[place] == '"':
            place = _end_of_quote(text, place)
        elif text[place] in OPENING:
            place = closing(text, place)
        elif text[place] == ",":
            yield text[begin:place].strip()
            begin = place + 1
        place += 1
    if last := text[begin:].strip():
        yield last


def _end_of_quote(text: str, start: int) -> int:
    place = start + 1
    while text[place : place + 1] not in ('"', ""):
        place += 2 if text[place] == "\\" else 1
    return place


def read_type(text: str) -> tuple[TensorType, str]:
    """The type that `text` begins with, and the rest. A tuple has dtype `tuple`, shape (), and its parts are lost."""
    if text.startswith("("):
        end = closing(text, 0)
        return TensorType(TUPLE), text[end + 1 :].lstrip()
    if (found := _ARRAY.match(text)) is None:
        raise ValueError(f"no type at the start of: {text}")
    name, dimensions = found.groups()
    shape = tuple(int(part) if part.isdigit() else part for part in pieces(dimensions))
    return TensorType(dtype(name), shape), text[found.end() :].lstrip()


def dtype(name: str) -> str:
    """NumPy's name of an element type: `f32` is `float32`, `pred` is `bool`; others, such as `token`, stay."""
    if name in _NAMES:
        return _NAMES[name]
    if found := re.fullmatch(r"f8(e\w+)", name):
        return f"float8_{found[1]}"
    found = re.fullmatch(r"([fsu])(\d+)", name)
    return _LETTERS[found[1]] + found[2] if found else name


def plain(text: str) -> Any:
    """An attribute's value: a number, a bool, text without its quotes, a list for `{0, 1}`; else the text as it is."""
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    if text in ("true", "false"):
        return text == "true"
    if text.startswith('"') and _end_of_quote(text, 0) == len(text) - 1:
        return text[1:-1]
    if re.fullmatch(r"\{[-\d,\s]*\}", text):
        return [int(part) for part in pieces(text[1:-1])]
    return text


def attributes(text: str) -> dict[str, str]:
    """`, key=value, ...` as raw texts by key; a part without `=` is left out."""
    return {key: value for key, found, value in (part.partition("=") for part in pieces(text)) if found}
