"""Stages `hlo` and `optimized_hlo`: what XLA gets of the function, and what its compiler makes of it for this device.

Both are of value and gradients, or of the text itself where there is nothing to differentiate. XLA keeps the names of
TensorFlow's ops, so names are the evidence of the links.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from explorer.adapters.tensorflow.environment import tf
from explorer.adapters.xla.hlo import Reading, read
from explorer.adapters.xla.op_names import NO_OPERATION, from_nodes, parts
from explorer.adapters.xla.tags import absences, input_links, links_by_op_name
from explorer.capture.record import Link, Provenance, Stage
from explorer.errors import ProgramError
from explorer.graph import places, roles
from explorer.graph.ir import INPUT_OP, Graph, Node

KEY = "hlo"
OPTIMIZED_KEY = "optimized_hlo"
NUMBER: Final = re.compile(r"_\d+(?=(?:_const_\d+)?__\.\d)")  # of a function, which goes up through a process


@dataclass(frozen=True)
class Compiled:
    """An HLO printout and its graph. `source` is the stage whose ops the instructions are named after."""

    key: str
    text: str
    reading: Reading
    source: Stage

    def stage(self, started: float) -> Stage:
        """The stage; `started` is `time.perf_counter()` at the request."""
        return Stage(self.key, self.reading.graph, self.text, self.reading.lines, time.perf_counter() - started)

    def provenance(self) -> Provenance:
        """From the stage of TensorFlow's ops: links by their names, and why an op has no instruction of its own."""
        graph, before = self.reading.graph, self.source.graph
        named = {name: place for name, (place, node) in _named(before).items() if node.role != roles.OUTPUT}
        links = input_links(graph, [before.producer[value].id for value in before.inputs])
        links += links_by_op_name(graph, named)
        nodes = [node.id for node in before.nodes if node.op != INPUT_OP and node.role != roles.OUTPUT]
        return Provenance(self.source.key, self.key, links, absences(graph, nodes, links))


def compiled(key: str, text: str, source: Stage, gradients: Sequence[str]) -> Compiled:
    """Read the printout `text` of stage `key`. `gradients` names the inputs whose gradients follow the value."""
    before, text = source.graph, NUMBER.sub("", text)
    reading = read(
        text,
        name=key,
        origins=from_nodes({name: node for name, (_, node) in _named(before).items()}),
        input_names=[before.value_by_id[value].name for value in before.inputs],
        input_roles=[before.producer[value].role for value in before.inputs],
        gradients=gradients,
    )
    return Compiled(key, text, reading, source)


def _named(graph: Graph) -> dict[str, tuple[str, Node]]:
    """Op_name -> place and node of the op that it names.

    An op inside a call keeps its name in a function of its own (`cond/mul`), and has that of the call before it where
    the function was inlined (`cond/cond/mul`).
    """
    found: dict[str, tuple[str, Node]] = {node.id: (node.id, node) for node in graph.nodes}
    for place, node, inner in places.walk(graph):
        if inner is not graph and node.op != INPUT_OP:
            found.setdefault(node.id, (place, node))
            callers = [caller for caller, _ in places.path(place)]
            found.setdefault("/".join([*callers, node.id]), (place, node))
    return found


def optimized_provenance(plain: Compiled, optimized: Compiled) -> Provenance:
    """From the module as XLA gets it to the one it leaves: by op_name, and of those the ones of the same opcode."""
    before, after = plain.reading.graph, optimized.reading.graph
    targets = _by_op_name(after)
    links = list(input_links(after, [before.producer[value].id for value in before.inputs]))
    for op_name, sources in _by_op_name(before).items():
        for place, op in sources:
            found = targets.get(op_name, [])
            same = [target for target, other in found if other == op] or [target for target, _ in found]
            if same:
                links.append(Link((place,), tuple(same), "same", "name"))
    nodes = [node.id for node in before.nodes if node.role not in (roles.INPUT, roles.PARAMETER, roles.OUTPUT)]
    return Provenance(KEY, OPTIMIZED_KEY, tuple(links), absences(after, nodes, links))


def _by_op_name(graph: Graph) -> dict[str, list[tuple[str, str]]]:
    """Op_name -> (place, opcode) of the instructions that carry it, alone or joined with others."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for place, node, _ in places.walk(graph):
        if node.op != INPUT_OP:
            for part in parts(str(node.params.get("op_name", ""))):
                if part not in NO_OPERATION:
                    found[part].append((place, node.op))
    return found


def refused(error: Exception) -> ProgramError:
    """ProgramError `xla_refused`: XLA does not compile this function, with its reason."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    first = lines[0].removeprefix("Failed getting HLO text: ").lstrip("'") if lines else type(error).__name__
    return ProgramError("xla_refused", reason=first.partition(". ")[0].rstrip(".'"), detail=str(error))


REFUSALS = (tf.errors.OpError, ValueError, TypeError, NotImplementedError)
