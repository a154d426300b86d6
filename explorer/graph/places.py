"""Places: where a node of a nested graph stands once the graph is entered from a call.

A nested graph that is called twice stands in two places and has two sets of values. A place is written
`caller@k>inner`: k is the position in the caller's `calls`, and the caller may be a place itself. The place of a
node that stands in the outermost graph is its id. Values and uses are written likewise (`caller@k>value`,
`caller@k>user#0`), so columns, links and selections use one kind of text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from explorer.graph.ir import Graph, Node

INTO: Final = ">"
CALL: Final = "@"
NOT_GIVEN: Final = -1  # an inner input that is no operand of the call: a reducer's scalars


def inside(caller: str, call: int, identifier: str) -> str:
    """The place of `identifier` (a node, value or use) of the graph that call number `call` of `caller` enters."""
    return f"{caller}{CALL}{call}{INTO}{identifier}"


def path(place: str) -> tuple[tuple[str, int], ...]:
    """The calls that lead to `place`, outermost first: (id of the caller in its own graph, number of the call)."""
    steps = place.split(INTO)[:-1]
    cut = [step.rpartition(CALL) for step in steps]
    return tuple((caller, int(call)) for caller, _, call in cut)


def own_id(place: str) -> str:
    """What `place` is called in its own graph."""
    return place.rpartition(INTO)[2]


def caller_of(place: str) -> str | None:
    """The place of the node whose call leads to `place`; None in the outermost graph."""
    outer, found, _ = place.rpartition(INTO)
    return outer.rpartition(CALL)[0] if found else None


def called(graph: Graph, node: Node, call: int, known: Mapping[str, Graph] | None = None) -> Graph:
    """The graph that call number `call` of `node` enters. `known` are the graphs nested around `graph`."""
    name = node.calls[call]
    own = {inner.name: inner for inner in graph.graphs}
    return own[name] if name in own else (known or {})[name]


def operands_of(node: Node, call: int, inner: Graph) -> tuple[int, ...]:
    """For each input of `inner` the operand of `node` that gives it, NOT_GIVEN where none does.

    `params["call_operands"]` (a list for each call) says it; else operands and inputs stand one to one, or the last
    operands do where there are more of them (a predicate or an index comes first).
    """
    said = node.params.get("call_operands")
    if said is not None:
        return tuple(int(operand) for operand in said[call])
    count, given = len(inner.inputs), len(node.inputs)
    return tuple(range(given - count, given)) if count <= given else (*range(given), *[NOT_GIVEN] * (count - given))


def results_of(node: Node, call: int, inner: Graph) -> tuple[int, ...]:
    """For each output of `node` the output of `inner` that gives it, NOT_GIVEN where none does.

    `params["call_results"]` (a list for each call) says it; else they stand one to one where there are as many.
    """
    said = node.params.get("call_results")
    if said is not None:
        return tuple(int(result) for result in said[call])
    count = len(node.outputs)
    return tuple(range(count)) if count == len(inner.outputs) else (NOT_GIVEN,) * count


def walk(graph: Graph) -> Iterator[tuple[str, Node, Graph]]:
    """Every place with its node and the graph it stands in: a call's inner places come right after the call."""
    yield from _walk(graph, "", {})


def _walk(graph: Graph, prefix: str, known: Mapping[str, Graph]) -> Iterator[tuple[str, Node, Graph]]:
    known = {**known, **{inner.name: inner for inner in graph.graphs}}
    for node in graph.nodes:
        yield prefix + node.id, node, graph
        for call, name in enumerate(node.calls):
            yield from _walk(known[name], inside(prefix + node.id, call, ""), known)


def find(graph: Graph, place: str) -> tuple[Node, Graph]:
    """The node at `place` and the graph it stands in. KeyError for a place that is not there."""
    known: dict[str, Graph] = {}
    for caller, call in path(place):
        known |= {inner.name: inner for inner in graph.graphs}
        node = graph.node_by_id[caller]
        if not 0 <= call < len(node.calls):
            raise KeyError(place)
        graph = known[node.calls[call]]
    return graph.node_by_id[own_id(place)], graph
