"""The JSON form of a graph: one object with a format name and a version number, the same for every framework."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

from explorer.errors import UsageError
from explorer.graph.ir import Graph, Node, Span, TensorType, Value

FORMAT = "backflow-graph"
VERSION = 1

Json = dict[str, Any]


def encode(graph: Graph, *, framework: str, stage: str) -> Json:
    """The object that `capture -o FILE.json` writes: strict JSON data, non-finite numbers as texts."""
    return {"format": FORMAT, "version": VERSION, "framework": framework, "stage": stage, "graph": _graph(graph)}


def decode(document: Json) -> tuple[Graph, str, str]:
    """(graph, framework, stage) from what `encode` made. UsageError `bad_graph_file` for anything else."""
    if not isinstance(document, dict) or document.get("format") != FORMAT or document.get("version") != VERSION:
        raise UsageError("bad_graph_file", reason=f"it is not {FORMAT} version {VERSION}")
    try:
        return _read_graph(document["graph"]), str(document["framework"]), str(document["stage"])
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError) as error:
        raise UsageError("bad_graph_file", reason=f"{type(error).__name__}: {error}") from None


def plain(value: Any) -> Any:
    """`value` as strict JSON data: tuples become lists, non-finite numbers and anything else their text."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case Mapping():
            return {str(key): plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [plain(inner) for inner in value]
        case _:
            return str(value)


def _graph(graph: Graph) -> Json:
    return {
        "name": graph.name,
        "inputs": list(graph.inputs),
        "outputs": list(graph.outputs),
        "nodes": [_node(node) for node in graph.nodes],
        "graphs": [_graph(inner) for inner in graph.graphs],
    }


def _node(node: Node) -> Json:
    return {
        "id": node.id,
        "op": node.op,
        "inputs": list(node.inputs),
        "outputs": [
            {"id": value.id, "dtype": value.type.dtype, "shape": list(value.type.shape), "name": value.name}
            for value in node.outputs
        ],
        "params": plain(node.params),
        "role": node.role,
        "scope": list(node.scope),
        "span": dataclasses.asdict(node.span) if node.span else None,
        "calls": list(node.calls),
    }


def _read_graph(document: Json) -> Graph:
    return Graph(
        name=str(document["name"]),
        inputs=tuple(document["inputs"]),
        outputs=tuple(document["outputs"]),
        nodes=tuple(_read_node(node) for node in document["nodes"]),
        graphs=tuple(_read_graph(inner) for inner in document["graphs"]),
    )


def _read_node(document: Json) -> Node:
    return Node(
        id=str(document["id"]),
        op=str(document["op"]),
        inputs=tuple(document["inputs"]),
        outputs=tuple(
            Value(str(value["id"]), TensorType(str(value["dtype"]), tuple(value["shape"])), str(value["name"]))
            for value in document["outputs"]
        ),
        params=dict(document["params"]),
        role=str(document["role"]),
        scope=tuple(document["scope"]),
        span=Span(**document["span"]) if document["span"] else None,
        calls=tuple(document["calls"]),
    )
