"""Which half of a gradient graph a node belongs to: the one that flows forward or the one that flows back."""

from __future__ import annotations

from typing import Final

from explorer.graph import roles
from explorer.graph.ir import Graph

# Nodes that belong to the half that they have to do with, whichever it is.
FOLLOWERS: Final = frozenset({roles.CONSTANT, roles.OUTPUT, roles.UPDATE, roles.CONTROL})


def backward_nodes(graph: Graph) -> list[bool]:
    """For each node whether it is of the half that flows back. Constants and outputs go with the half they touch."""
    backward = {node.id: roles.is_backward(node.role) for node in graph.nodes}
    touched: dict[str, set[bool]] = {}
    for source, _, user, _ in graph.edges():
        touched.setdefault(source.id, set()).add(backward[user.id])
        touched.setdefault(user.id, set()).add(backward[source.id])
    for node in graph.nodes:
        if node.role in FOLLOWERS and touched.get(node.id) == {True}:
            backward[node.id] = True
    return [backward[node.id] for node in graph.nodes]


def seed_pairs(graph: Graph) -> list[tuple[int, int]]:
    """Each output of the forward half and the seed that starts the way back from it, as numbers of nodes."""
    number = {node.id: i for i, node in enumerate(graph.nodes)}
    seeds = [node.id for node in graph.nodes if node.role == roles.COTANGENT and not node.inputs]
    results = [graph.producer[value] for value in graph.outputs if value in graph.producer]
    forward = [node.id for node in results if not roles.is_backward(node.role)]
    return [(number[result], number[seed]) for result, seed in zip(forward, seeds, strict=False)]
