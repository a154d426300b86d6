"""torch.fx's own printout of a graph, and the line on which each node stands in it."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterator

from torch import fx

DEFINITION = re.compile(r"^\s*def forward\(")
ASSIGNMENT = re.compile(r'^\s*(\w+)(?:: "[^"]*")? = ')
DISTRIBUTED = "torch.distributed.tensor"
RESULT = re.compile(r"^\s*return ")


def printed(module: fx.GraphModule) -> str:
    """What `GraphModule.print_readable` prints: Python with types and the line of the user's text above each call."""
    with _no_distributed_tensors():
        return str(module.print_readable(print_output=False)).strip("\n") + "\n"


@contextlib.contextmanager
def _no_distributed_tensors() -> Iterator[None]:
    """torch imports 500 modules to see whether a value is a distributed tensor: a second before the first picture.

    None of ours is. Torch takes the refused import for a torch without that part (seen in torch 2.13).
    """
    refused = DISTRIBUTED not in sys.modules
    if refused:
        sys.modules[DISTRIBUTED] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if refused:
            del sys.modules[DISTRIBUTED]


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
