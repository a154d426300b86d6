"""Which line of JAX's own printout of a jaxpr shows which equation.

The printout is read, not written: the text people see is `str(jaxpr)`, unchanged. Reading it needs three marks only:
`{ lambda` and `}` around a jaxpr, ` = primitive` of every equation in order, and `jaxpr=name` where a nested jaxpr
stands above in a `let name = ...`. A line that does not name the expected primitive is left out, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from explorer.adapters.jax.equations import Flat, Path

TOKEN = re.compile(
    r"(?:let (?P<definition>\w+) = )?(?P<open>\{ lambda)"
    r"|(?P<brace>[{}])"
    r"| = (?P<primitive>[A-Za-z_][\w-]*)"
    r"|\b(?:call_)?jaxpr=(?P<reference>[A-Za-z_]\w*)"
)


@dataclass
class Printed:
    """One equation of the printout: its primitive, its line, and the jaxpr inside it or the name of that jaxpr."""

    primitive: str
    line: int
    body: list[Printed] | None = None
    reference: str = ""


@dataclass
class _Reading:
    main: list[Printed] = field(default_factory=list)
    main_line: int = 1
    definitions: dict[str, list[Printed]] = field(default_factory=dict)


def lines(text: str, flat: Flat) -> dict[str, int]:
    """Node id -> line of `text` (from 1). Inputs and constants stand where the jaxpr begins, literal results last."""
    reading = _read(text)
    found = dict.fromkeys([*flat.inputs, *flat.constants], reading.main_line)
    for step in flat.steps:
        printed = _find(reading, step.shown_path)
        if printed is not None and printed.primitive == step.op:
            found[step.id] = printed.line
    return found | dict.fromkeys(flat.literals, text.count("\n") + 1)


def _find(reading: _Reading, path: Path) -> Printed | None:
    """The equation at `path`, through nested jaxprs."""
    body: list[Printed] | None = reading.main
    printed = None
    for index in path:
        if body is None or index >= len(body):
            return None
        printed = body[index]
        body = printed.body if printed.body is not None else reading.definitions.get(printed.reference)
    return printed


def _read(text: str) -> _Reading:
    reading = _Reading()
    stack: list[list[Printed] | None] = []
    for token, line in _tokens(text):
        body = next((entry for entry in reversed(stack) if entry is not None), None)
        if token["open"]:
            opened: list[Printed] = []
            stack.append(opened)
            if token["definition"]:
                reading.definitions[token["definition"]] = opened
            elif body:
                body[-1].body = opened
            else:
                reading.main, reading.main_line = opened, line
        elif token["brace"] == "{":
            stack.append(None)
        elif token["brace"] and stack:
            stack.pop()
        elif token["primitive"] and body is not None:
            body.append(Printed(token["primitive"], line))
        elif token["reference"] and body:
            body[-1].reference = token["reference"]
    return reading


def _tokens(text: str) -> Iterator[tuple[re.Match[str], int]]:
    line, last = 1, 0
    for token in TOKEN.finditer(text):
        line += text.count("\n", last, token.start())
        last = token.start()
        yield token, line
