"""Structural rules that every graph leaving an adapter keeps. A broken rule is a bug of ours and raises ValueError."""

from __future__ import annotations

from explorer.graph import roles
from explorer.graph.ir import INPUT_OP, Graph, Node
from explorer.graph.places import CALL, INTO


def verify(graph: Graph, around: frozenset[str] = frozenset()) -> None:
    """Raise ValueError naming the first broken rule of `graph` or of a graph nested in it.

    A node calls graphs by name: those nested in its own graph, or in one around it (`around`).
    """
    defined: set[str] = set()
    seen: set[str] = set()
    own = frozenset(inner.name for inner in graph.graphs)
    if len(own) < len(graph.graphs):
        raise ValueError(f"{graph.name}: two nested graphs share a name")
    nested = own | around
    for node in graph.nodes:
        _node(graph.name, node, nested)
        if node.id in seen:
            raise ValueError(f"{graph.name}: node id {node.id} stands twice")
        seen.add(node.id)
        for value in node.inputs:
            if value not in defined:
                raise ValueError(f"{graph.name}: {node.id} reads {value}, which nothing before it defines")
        for output in node.outputs:
            if output.id in defined:
                raise ValueError(f"{graph.name}: value {output.id} is defined twice")
            defined.add(output.id)
    _ends(graph, defined)
    for inner in graph.graphs:
        verify(inner, nested)


def _node(graph: str, node: Node, nested: frozenset[str]) -> None:
    if node.role not in roles.ROLES:
        raise ValueError(f"{graph}: {node.id} has the unknown role {node.role}")
    if node.op == INPUT_OP and (node.inputs or node.role not in roles.INPUT_ROLES):
        raise ValueError(f"{graph}: the input {node.id} reads values or has the role {node.role}")
    if any(mark in node.id for mark in (INTO, CALL)):
        raise ValueError(f"{graph}: {node.id} holds a sign that places are written with")
    if missing := set(node.calls) - nested:
        raise ValueError(f"{graph}: {node.id} calls {', '.join(sorted(missing))}, which is not there")


def _ends(graph: Graph, defined: set[str]) -> None:
    given = [value.id for node in graph.nodes if node.op == INPUT_OP for value in node.outputs]
    if sorted(given) != sorted(graph.inputs):
        raise ValueError(f"{graph.name}: the inputs {graph.inputs} are not the input nodes' values {given}")
    if missing := [value for value in graph.outputs if value not in defined]:
        raise ValueError(f"{graph.name}: the outputs {missing} are not defined")
