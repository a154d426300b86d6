"""The stable text form of a graph, for golden tests, the text panel and `capture -o FILE.txt`: one line per node.

graph forward(a: f32[], b: f32[]) -> mul
  add: f32[] = add(a, b)                    primal    1:4
  mul: f32[] = mul(a, add)                  primal    1:1
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from explorer.graph.ir import Graph, Node

BODY_WIDTH = 56


def graph_text(graph: Graph, indent: str = "") -> str:
    """`graph` and the graphs nested in it; ends with a newline. Says all that `Graph` holds but output names."""
    given = ", ".join(f"{value}: {graph.value_by_id[value].type}" for value in graph.inputs)
    lines = [f"{indent}graph {graph.name}({given}) -> {', '.join(graph.outputs) or '()'}"]
    lines += [f"{indent}  {_line(node)}".rstrip() for node in graph.nodes]
    return "\n".join(lines) + "\n" + "".join(graph_text(inner, indent + "  ") for inner in graph.graphs)


def _line(node: Node) -> str:
    outputs = ", ".join(f"{value.id}: {value.type}" for value in node.outputs) or f"({node.id})"
    body = f"{outputs} = {node.op}({', '.join(_operands(node))}){_params(node)}"
    notes = [node.role]
    if node.span:
        notes.append(f"{node.span}-{node.span.end_line}:{node.span.end_column}")
    if node.scope:
        notes.append("/".join(node.scope))
    if node.calls:
        notes.append("calls " + " ".join(node.calls))
    return f"{body:<{BODY_WIDTH}}  {'  '.join(notes)}"


def _operands(node: Node) -> list[str]:
    """Values and literals in the order of the call."""
    literals: Mapping[str, Any] = node.params.get("literals", {})
    values = iter(node.inputs)
    total = len(node.inputs) + len(literals)
    return [str(literals[str(k)]) if str(k) in literals else next(values, "?") for k in range(total)]


def _params(node: Node) -> str:
    shown = {key: value for key, value in node.params.items() if key != "literals"}
    return " {" + ", ".join(f"{key}={_plain(value)}" for key, value in sorted(shown.items())) + "}" if shown else ""


def _plain(value: object) -> str:
    return str(value).replace("\n", " ")
