"""Which half of a lowered module an operation is of, forward or back, and the nodes that stand for its results.

Of HLO and StableHLO alike. Some operations are told apart by their op_name; the others by what they read, by what is
needed of them, or by the call that they run in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from explorer.graph import roles
from explorer.graph.ir import Graph, Node

FORWARD_ROLES: Final = frozenset({"", roles.PRIMAL, roles.RESIDUAL})


def with_results(graph: Graph, root: str, returned: Sequence[str], gradients: Sequence[str], values: int) -> Graph:
    """`graph` with a node for each of the values `returned`, in place of the node `root` that returns them, if any.

    The first `values` are what the function returns, the next gradients of what `gradients` names, the others again
    what it returns.
    """
    nodes = [node for node in graph.nodes if node.id != root or root in returned]
    for number, value in enumerate(returned):
        params: dict[str, Any] = {"number": number}
        if 0 <= number - values < len(gradients):
            params["gradient"] = gradients[number - values]
        nodes.append(Node(f"{root}[{number}]", "output", (value,), (), params, roles.OUTPUT))
    return replace(graph, outputs=tuple(returned), nodes=tuple(nodes))


def with_roles(graph: Graph, values: int, others: int = 0) -> Graph:
    """Roles of the entry's nodes that no op_name decides, and residuals: what only the way back needs.

    The first `values` and the last `others` of its results are what the function returns, gradients stand between.
    """
    needed = _ancestors(graph, graph.outputs[:values] + graph.outputs[len(graph.outputs) - others :])
    backward = _flowing(graph.nodes)
    only_forward = not backward

    def role(node: Node) -> str:
        if node.role not in FORWARD_ROLES:
            return node.role
        if not node.role and node.id in backward and node.id not in needed:
            return roles.COTANGENT
        return roles.PRIMAL if only_forward or node.id in needed else roles.RESIDUAL

    return replace(graph, nodes=tuple(replace(node, role=role(node)) for node in graph.nodes))


def inner_roles(entry: Graph, graphs: Sequence[Graph]) -> tuple[Graph, ...]:
    """Roles inside: by op_name and neighbours, else that of the call, whichever call comes first."""
    by_name = {graph.name: graph for graph in graphs}
    done: dict[str, Graph] = {}
    waiting = [entry]
    while waiting:
        for node in waiting.pop(0).nodes:
            for name in node.calls:
                if name not in done:
                    default = roles.COTANGENT if roles.is_backward(node.role) else roles.PRIMAL
                    done[name] = _inner(by_name[name], default)
                    waiting.append(done[name])
    return tuple(done[graph.name] for graph in graphs)


def _inner(graph: Graph, default: str) -> Graph:
    backward = _flowing(graph.nodes)

    def role(node: Node) -> str:
        if node.role:
            return node.role
        return roles.COTANGENT if node.id in backward else default

    return replace(graph, nodes=tuple(replace(node, role=role(node)) for node in graph.nodes))


def _flowing(nodes: Iterable[Node]) -> set[str]:
    """Ids of nodes that are on the way back, or read something that is."""
    found: set[str] = set()
    for node in nodes:
        if roles.is_backward(node.role) or any(value in found for value in node.inputs):
            found.add(node.id)
    return found


def _ancestors(graph: Graph, ends: Sequence[str]) -> set[str]:
    needed = set(ends)
    for node in reversed(graph.nodes):
        if node.id in needed:
            needed.update(node.inputs)
    return needed
