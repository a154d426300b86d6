"""Which line of JAX's own printout of a jaxpr shows which equation.

The printout is read, not written: the text people see is `str(jaxpr)`, unchanged. Reading it needs three marks only:
`{ lambda` and `}` around a jaxpr, ` = primitive` of every equation in order, and `jaxpr=` or `branches=` before a
nested jaxpr or the name of one that stands above in a `let name = ...`. A line that does not name the expected
primitive is left out, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from explorer.adapters.jax.equations import Flat, Path
from explorer.graph import places

TOKEN = re.compile(
    r"(?:let (?P<definition>\w+) = )?(?P<open>\{ lambda)"
    r"|(?P<brace>[{}])"
    r"| = (?P<primitive>[A-Za-z_][\w-]*)"
    r"|\b(?P<key>\w*jaxpr|branches)=(?:\(\s*)?(?P<references>[A-Za-z_]\w*(?:\s+[A-Za-z_]\w*)*(?=\s*\))|[A-Za-z_]\w*)?"
)


@dataclass
class Printed:
    """One equation of the printout: its primitive, its line, and by key of its params the jaxprs inside it, or what
    stands for them: the name of one that is printed above."""

    primitive: str
    line: int
    bodies: dict[str, list[list[Printed] | str]] = field(default_factory=dict)
    key: str = "jaxpr"  # of the jaxpr that is printed next


@dataclass
class _Reading:
    main: list[Printed] = field(default_factory=list)
    main_line: int = 1
    definitions: dict[str, list[Printed]] = field(default_factory=dict)

    def inside(self, printed: Printed, key: str, number: int) -> list[Printed] | None:
        """The equations of a jaxpr inside `printed`."""
        bodies = printed.bodies.get(key, [])
        body = bodies[number] if number < len(bodies) else None
        return self.definitions.get(body) if isinstance(body, str) else body


def lines(text: str, flat: Flat) -> dict[str, int]:
    """Place of a node -> line of `text` (from 1). Inputs and constants stand where the jaxpr begins, literal results
    last; those of a jaxpr inside stand where its equation does."""
    reading = _read(text)
    found = _lines(reading, reading.main, flat, reading.main_line)
    return found | dict.fromkeys(flat.literals, text.count("\n") + 1)


def _lines(reading: _Reading, body: list[Printed], flat: Flat, head: int) -> dict[str, int]:
    found = dict.fromkeys([*flat.inputs, *flat.constants, *flat.literals], head)
    for step in flat.steps:
        printed = _find(reading, body, step.shown_path)
        if printed is None or printed.primitive != step.op:
            continue
        found[step.id] = printed.line
        for call, each in enumerate(step.bodies):
            inner = reading.inside(printed, *each.printed)
            if inner is not None:
                own = _lines(reading, inner, each.flat, printed.line)
                found |= {places.inside(step.id, call, place): line for place, line in own.items()}
    return found


def _find(reading: _Reading, body: list[Printed] | None, path: Path) -> Printed | None:
    """The equation at `path`, through the jaxprs of calls."""
    printed = None
    for index in path:
        if body is None or index >= len(body):
            return None
        printed = body[index]
        body = next((reading.inside(printed, key, 0) for key in printed.bodies), None)
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
                body[-1].bodies.setdefault(body[-1].key, []).append(opened)
            else:
                reading.main, reading.main_line = opened, line
        elif token["brace"] == "{":
            stack.append(None)
        elif token["brace"] and stack:
            stack.pop()
        elif token["primitive"] and body is not None:
            body.append(Printed(token["primitive"], line))
        elif token["key"] and body:
            body[-1].key = token["key"]
            if token["references"]:
                body[-1].bodies.setdefault(token["key"], []).extend(token["references"].split())
    return reading


def _tokens(text: str) -> Iterator[tuple[re.Match[str], int]]:
    line, last = 1, 0
    for token in TOKEN.finditer(text):
        line += text.count("\n", last, token.start())
        last = token.start()
        yield token, line
