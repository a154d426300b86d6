"""torch.fx's own printout of a graph, and the line on which each node stands in it."""

from __future__ import annotations

import re

from torch import fx

DEFINITION = re.compile(r"^\s*def forward\(")
ASSIGNMENT = re.compile(r'^\s*(\w+)(?:: "[^"]*")? = ')
RESULT = re.compile(r"^\s*return ")


def printed(module: fx.GraphModule) -> str:
    """What `GraphModule.print_readable` prints: Python with types and the line of the user's text above each call."""
    return str(module.print_readable(print_output=False)).strip("\n") + "\n"


def node_lines(text: str, graph: fx.Graph) -> dict[str, int]:
    """Node name -> line in `text`, from 1: inputs on the definition, the output on `return`, others where assigned."""
    found: dict[str, int] = {}
    definition = 0
    names = {node.name: node.op for node in graph.nodes}
    for number, line in enumerate(text.splitlines(), 1):
        if DEFINITION.match(line):
            definition = number
        elif RESULT.match(line):
            found |= {name: number for name, kind in names.items() if kind == "output"}
        elif (match := ASSIGNMENT.match(line)) and match[1] in names:
            found.setdefault(match[1], number)
    return {name: definition for name, kind in names.items() if kind == "placeholder"} | found
