"""Stage `stablehlo`: the module that JAX hands over, before XLA makes HLO of it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from explorer.adapters.jax.lowering import lowered, module_names
from explorer.adapters.jax.mlir import frames
from explorer.adapters.jax.module_graph import CALL, MAIN, RETURNS, Read, read, walk
from explorer.capture.positions import FILENAME
from explorer.capture.record import Stage
from explorer.graph import places, roles
from explorer.graph.ir import INPUT_OP, Span

if TYPE_CHECKING:
    from explorer.adapters.jax.program import JaxProgram

KEY = "stablehlo"
RESULT = re.compile(r"\s*(%[\w$.-]+)(?::\d+)? = ")
FUNCTION = re.compile(r"\s*func\.func .*?@([\w$.-]+|\"[^\"]*\")\(")
COLLAPSED = " applies "  # a reducer of one operation is printed in the line of its reduction


def capture(program: JaxProgram) -> Stage:
    """The stage of a loaded program. Raises ProgramError, with the partial graph, for an operation that fails."""
    start = time.perf_counter()
    made = lowered(program)
    text, module = made.as_text(), made.compiler_ir("stablehlo")
    found = read(module, name=KEY, spans=lambda location: span(program, location), **module_names(program))
    return Stage(KEY, found.graph, text, _lines(text, module, found), time.perf_counter() - start)


def span(program: JaxProgram, location: Any) -> Span | None:
    """The innermost stretch of the user's text that a location knows of."""
    for file, line, end_line, column, end_column in frames(location):
        if file == FILENAME:
            whole = (end_line, end_column) > (line, column)
            return program.text.positions(line, end_line, column, end_column) if whole else Span(line)
    return None


def _lines(text: str, module: Any, found: Read) -> Mapping[str, int]:
    """Place -> line of `text` (from 1)."""
    line_of = _operation_lines(text, module)
    heads = {match[1].strip('"'): number for number, match in _matches(FUNCTION, text)}
    lines: dict[str, int] = {}
    for place, node, inner in places.walk(found.graph):
        if node.role == roles.OUTPUT:
            op = found.returns
        elif node.op == INPUT_OP:
            caller = places.caller_of(place)
            head = MAIN if caller is None else inner.name
            line = heads.get(head) or lines.get(caller or "")
            if line is not None:
                lines[place] = line
            continue
        else:
            op = found.ops[inner.name][node.id]
        if (line := line_of.get(op)) is not None:
            lines[place] = line
    return lines


def _operation_lines(text: str, module: Any) -> dict[Any, int]:
    """Operation -> line. Operations are printed in order, results where they are defined; one not found is left out."""
    from jax.extend.mlir import ir

    state = ir.AsmState(module.operation)
    printed = text.split("\n")
    found: dict[Any, int] = {}
    at = 0
    for op in walk(module.operation):
        parent = found.get(op.parent.operation) if op.parent is not None else None
        if parent is not None and COLLAPSED in printed[parent - 1]:
            found[op] = parent
            continue
        name = op.results[0].get_name(state).partition("#")[0] if len(op.results) else ""
        for number in range(at, len(printed)):
            if _shows(printed[number], op, name):
                found[op], at = number + 1, number + 1
                break
    return found


def _shows(line: str, op: Any, name: str) -> bool:
    """True for the line where `op` begins, its first result being `name`."""
    if name:
        match = RESULT.match(line)
        return match is not None and match[1] == name
    text = line.strip()
    if op.name in RETURNS:
        return text.split(" ")[0] in ("return", op.name)
    if op.name == CALL:
        return text.startswith(("call @", "func.call @"))
    if op.name == "func.func":
        return text.startswith("func.func ")
    return op.name in text


def _matches(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, re.Match[str]]]:
    for number, line in enumerate(text.split("\n"), 1):
        if (match := pattern.match(line)) is not None:
            yield number, match
