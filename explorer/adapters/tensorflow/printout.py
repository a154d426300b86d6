"""The text of a stage, one line per op.

TensorFlow prints a FuncGraph as protocol buffer text only, ten and more lines per op. The lines here are composed from
the same NodeDefs: name, op type, inputs, attributes, shape.
"""

from __future__ import annotations

from explorer.graph.ir import INPUT_OP, Graph, Node


def printout(graph: Graph, kind: str = "FuncGraph") -> tuple[str, dict[str, int]]:
    """The text, and the line of each node in it (from 1). `kind` is TensorFlow's name of what is printed."""
    given = ", ".join(f"{graph.value_by_id[value].name}: {graph.value_by_id[value].type}" for value in graph.inputs)
    lines = [f"{kind} {graph.name}({given})"]
    places = {}
    for node in graph.nodes:
        lines.append("  " + _line(node))
        places[node.id] = len(lines)
    lines.append(f"  return {', '.join(graph.outputs)}")
    return "\n".join(lines) + "\n", places


def _line(node: Node) -> str:
    op = "Placeholder" if node.op == INPUT_OP else node.op
    attributes = ", ".join(f"{key}={value}" for key, value in node.params.items())
    types = ", ".join(str(value.type) for value in node.outputs)
    call = f"{node.id} = {op}({', '.join(node.inputs)})"
    return call + (f" {{{attributes}}}" if attributes else "") + (f" : {types}" if types else "")
