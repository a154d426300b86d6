"""The text of an HLO module, taken apart: computations, instructions, attributes, tables of source places.

Own code, because the only reader that can be installed (`jaxlib._hlo`) is private, needs jaxlib where TensorFlow needs
none of it, and names neither lines of the text nor attributes. The text is what people see, so it is what is read.
Grammar as printed by XLA's `HloModule::ToString` (JAX 0.10 and TensorFlow 2.21): with and without `%`, with and
without operand types, with and without metadata. Time is linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from explorer.adapters.xla.types import skip_type
from explorer.errors import ProgramError

QUOTED = r'"(?:[^"\\]|\\.)*"'
HEADER: Final = re.compile(r"(ENTRY )?%?([^\s(=]+) (?:\(.*\) -> .* )?\{\s*$")
INSTRUCTION: Final = re.compile(r"\s+(ROOT )?%?(\S+) = ")
OPCODE: Final = re.compile(r" ([\w-]+)\(")
BRACKET: Final = re.compile(QUOTED + r"|[(\[{]|[)\]}]")
PIECE: Final = re.compile(QUOTED + r"|[(\[{]|[)\]}]|,")
COMMENT: Final = re.compile(r"/\*.*?\*/")
FIELD: Final = re.compile(rf"(\w+)=({QUOTED}|\{{[^}}]*\}}|[^\s}}]+)")
WHOLE: Final = re.compile(r"-?\d+$")
ESCAPE: Final = re.compile(rb"\\([0-7]{3}|.)")
CONTROLS: Final = {b"n": b"\n", b"t": b"\t", b"r": b"\r"}
TABLES: Final = ("FileNames", "FunctionNames", "FileLocations", "StackFrames")
LITERAL_OPS: Final = frozenset({"constant", "parameter"})  # what stands in their parentheses is no operand


@dataclass(frozen=True, slots=True)
class Instruction:
    """`%name = kind opcode(operands), attributes`. `literal` is what a constant or parameter has in parentheses.

    `kind` is the type as printed, layout included; `line` counts from 1.
    """

    name: str
    kind: str
    opcode: str
    operands: tuple[str, ...]
    literal: str
    attributes: Mapping[str, Any]
    metadata: Mapping[str, Any]
    line: int
    root: bool


@dataclass(frozen=True, slots=True)
class Computation:
    """Instructions in the order of the text, which is an order of execution."""

    name: str
    line: int
    entry: bool
    instructions: list[Instruction] = field(default_factory=list)

    @property
    def root(self) -> Instruction:
        """The instruction marked ROOT; the last where none is."""
        return next((each for each in reversed(self.instructions) if each.root), self.instructions[-1])


@dataclass(frozen=True, slots=True)
class Module:
    """`tables` holds what XLA prints above the computations, by its own headings: row number -> text or fields."""

    name: str
    computations: Mapping[str, Computation]
    entry: Computation
    tables: Mapping[str, Mapping[int, Any]]


def parse(text: str) -> Module:
    """Take `text` apart. Raises ProgramError `hlo_unreadable` with the line that is none of HLO."""
    name = ""
    tables: dict[str, dict[int, Any]] = {title: {} for title in TABLES}
    computations: dict[str, Computation] = {}
    current: Computation | None = None
    table: dict[int, Any] | None = None
    lines = _Lines(text)
    for number, line in lines:
        if current is not None:
            if line.startswith("}"):
                current = None
            elif line.strip():
                current.instructions.append(_instruction(lines, number, line))
        elif line.startswith("HloModule "):
            name = line[len("HloModule ") :].partition(",")[0].strip()
        elif line.strip() in tables:
            table = tables[line.strip()]
        elif (header := HEADER.match(line)) is not None:
            current = computations[header[2]] = Computation(header[2], number, header[1] is not None)
        elif table is not None and line[:1].isdigit():
            row, _, rest = line.partition(" ")
            table[int(row)] = unquoted(rest) if rest.startswith('"') else fields(rest)
        elif line.strip():
            raise _unreadable(number, line)
    entry = next((each for each in computations.values() if each.entry), None)
    if entry is None or not all(each.instructions for each in computations.values()):
        raise ProgramError("hlo_no_entry")
    return Module(name, computations, entry, tables)


class _Lines:
    """Lines of a text with their numbers; one that ends inside brackets can ask for what follows."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._next = 0

    def __iter__(self) -> Iterator[tuple[int, str]]:
        while self._next < len(self._lines):
            self._next += 1
            yield self._next, self._lines[self._next - 1]

    def more(self) -> str | None:
        if self._next >= len(self._lines):
            return None
        self._next += 1
        return self._lines[self._next - 1]


def _instruction(lines: _Lines, number: int, line: str) -> Instruction:
    start = INSTRUCTION.match(line)
    after = skip_type(line, start.end()) if start else -1
    opcode = OPCODE.match(line, after) if after > 0 else None
    if start is None or opcode is None:
        raise _unreadable(number, line)
    line, end = _closed(lines, number, line, opcode.end())
    inside = _without_comments(line[opcode.end() : end])
    literal = opcode[1] in LITERAL_OPS
    attributes = dict(_attributes(line, end + 1))
    metadata = attributes.pop("metadata", "")
    return Instruction(
        start[2],
        line[start.end() : after],
        opcode[1],
        () if literal else tuple(_operand(each) for each in split(inside)),
        inside if literal else "",
        attributes,
        fields(metadata) if metadata else {},
        number,
        start[1] is not None,
    )


def _closed(lines: _Lines, number: int, line: str, start: int) -> tuple[str, int]:
    """Where the parenthesis that was opened before `start` closes, in `line` and as many that follow as it takes."""
    simple = line.find(")", start)
    if simple >= 0 and not BRACKET.search(line, start, simple):
        return line, simple
    parts, place, depth = [line], start, 1
    while True:
        text = "\n".join(parts)
        for token in BRACKET.finditer(text, place):
            depth += 1 if token[0] in "([{" else -1 if token[0] in ")]}" else 0
            if depth == 0 and token[0] == ")":
                return text, token.start()
            if depth == 0:
                raise _unreadable(number, line)
        place = len(text)
        following = lines.more()
        if following is None:
            raise _unreadable(number, line)
        parts.append(following)


def _attributes(line: str, start: int) -> Iterator[tuple[str, Any]]:
    for piece in split(_without_comments(line[start:].lstrip(" ,"))):
        key, found, value = piece.partition("=")
        if found:
            yield key.strip(), value if key.strip() == "metadata" else attribute(value)


def split(text: str) -> list[str]:
    """`text` cut at its commas outside brackets and quotes."""
    if not BRACKET.search(text):
        return [piece for each in text.split(",") if (piece := each.strip())]
    pieces, depth, last = [], 0, 0
    for token in PIECE.finditer(text):
        sign = token[0]
        if sign == ",":
            if depth == 0:
                pieces.append(text[last : token.start()].strip())
                last = token.end()
        elif sign[0] != '"':
            depth += 1 if sign in "([{" else -1
    return [piece for piece in (*pieces, text[last:].strip()) if piece]


@lru_cache(4096)
def attribute(value: str) -> Any:
    """An attribute's value as plain data: number, truth, quoted text, list of whole numbers; else as printed."""
    if WHOLE.match(value):
        return int(value)
    if value in ("true", "false"):
        return value == "true"
    if value.startswith('"') and value.endswith('"'):
        return unquoted(value)
    if value.startswith("{") and value.endswith("}"):
        entries = split(value[1:-1])
        if all(WHOLE.match(entry) for entry in entries):
            return [int(entry) for entry in entries]
    return value.removeprefix("%")


def fields(text: str) -> dict[str, Any]:
    """`{op_name="a" line=3}` as a dict."""
    return {found[1]: attribute(found[2]) for found in FIELD.finditer(text)}


def unquoted(text: str) -> str:
    """A quoted text without its quotes and C escapes (bytes above ASCII are printed in octal)."""
    if "\\" not in text:
        return text.strip().strip('"')
    inside = text.strip()[1:-1].encode()
    return ESCAPE.sub(_character, inside).decode("utf-8", "replace")


def _character(escape: re.Match[bytes]) -> bytes:
    if len(escape[1]) == 3:
        return bytes([int(escape[1], 8) & 255])
    return CONTROLS.get(escape[1], escape[1])


def _operand(text: str) -> str:
    """The name in `%x`, `x` or `f32[3]{0} %x`."""
    return text.rpartition(" ")[2].removeprefix("%")


def _without_comments(text: str) -> str:
    """Without `/*index=5*/`, which XLA counts long lists with."""
    return COMMENT.sub("", text) if "/*index=" in text else text


def _unreadable(number: int, line: str) -> ProgramError:
    return ProgramError("hlo_unreadable", line=number, text=line.strip()[:80])
