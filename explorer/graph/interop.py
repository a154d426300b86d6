"""A graph for other tools: networkx, whose algorithms answer questions about paths and cones, GraphML and
Graphviz's DOT.
"""

from __future__ import annotations

from collections.abc import Iterator

import networkx as nx
from networkx.readwrite.graphml import GraphMLWriter

from explorer.graph.ir import Graph, Node, use_key
from explorer.graph.xml import allowed


def to_networkx(graph: Graph) -> nx.MultiDiGraph:
    """One node per Node, one edge per use of a value, keyed by (value id, operand).

    Node attributes: op, role, scope (tuple), span (text or ""), types (texts of the outputs), params. Edge attributes:
    value, operand, type. Graph attributes: name, inputs, outputs. Nested graphs stay in the attribute `graphs`, each
    as an nx.MultiDiGraph under its name.
    """
    result = nx.MultiDiGraph(name=graph.name, inputs=graph.inputs, outputs=graph.outputs)
    result.graph["graphs"] = {inner.name: to_networkx(inner) for inner in graph.graphs}
    for node in graph.nodes:
        result.add_node(
            node.id,
            op=node.op,
            role=node.role,
            scope=node.scope,
            span=str(node.span or ""),
            types=tuple(str(value.type) for value in node.outputs),
            params=dict(node.params),
        )
    for source, value, user, operand in graph.edges():
        kind = str(graph.value_by_id[value].type)
        result.add_edge(source.id, user.id, key=(value, operand), value=value, operand=operand, type=kind)
    return result


def to_graphml(graph: Graph) -> str:
    """GraphML text for yEd, Gephi and networkx; `networkx.parse_graphml` gives the same nodes and edges back.

    Node attributes, all text: op, role, dtype and shape (of each output, joined by "; "), scope (joined by "/"), span,
    calls. Edge ids are `user#operand`; edge attributes: value, type (text) and operand (int). A nested graph is a
    `<graph>` of its own after the one that calls it, under its name.
    """
    writer = GraphMLWriter(prettyprint=True)
    writer.add_graphs(_graphs_for_xml(graph))
    return f"{writer}\n"


def _graphs_for_xml(graph: Graph) -> Iterator[nx.MultiDiGraph]:
    """GraphML holds text and numbers only, so tuples are joined; the caller comes first."""
    result = nx.MultiDiGraph(id=allowed(graph.name))
    for node in graph.nodes:
        told = {
            "op": node.op,
            "role": node.role,
            "dtype": "; ".join(value.type.dtype for value in node.outputs),
            "shape": "; ".join(f"[{', '.join(map(str, value.type.shape))}]" for value in node.outputs),
            "scope": "/".join(node.scope),
            "span": str(node.span or ""),
            "calls": "; ".join(node.calls),
        }
        result.add_node(allowed(node.id), **{name: allowed(text) for name, text in told.items()})
    for source, value, user, operand in graph.edges():
        ends = allowed(source.id), allowed(user.id)
        kind = str(graph.value_by_id[value].type)
        key = allowed(use_key(user.id, operand))
        result.add_edge(*ends, key=key, value=allowed(value), type=allowed(kind), operand=operand)
    yield result
    for inner in graph.graphs:
        yield from _graphs_for_xml(inner)


def to_dot(graph: Graph) -> str:
    """DOT text: boxes top down, an edge per use with its type. Any text is quoted, so any id is a valid one."""
    lines = [f"digraph {_quoted(graph.name)} {{", "  rankdir=TB;", '  node [shape=box, fontname="monospace"];']
    for node in graph.nodes:
        lines.append(f"  {_quoted(node.id)} [label={_quoted(_label(node))}, class={_quoted(node.role)}];")
    for source, value, user, operand in graph.edges():
        kind = _quoted(str(graph.value_by_id[value].type))
        lines.append(f"  {_quoted(source.id)} -> {_quoted(user.id)} [label={kind}, headlabel={_quoted(str(operand))}];")
    return "\n".join([*lines, "}"]) + "\n"


def _label(node: Node) -> str:
    types = ", ".join(str(value.type) for value in node.outputs)
    return f"{node.op}\n{node.id}: {types}" if types else f"{node.op}\n{node.id}"


def _quoted(text: str) -> str:
    """A DOT string: quotes and backslashes escaped, a line break as its own escape."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
