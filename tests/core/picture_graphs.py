"""a*(a+b) as the three frameworks' names have it, by hand: the graphs that the picture tests draw."""

from __future__ import annotations

import numpy as np

from explorer.capture.record import Cell, Column
from explorer.graph import roles
from explorer.graph.ir import Graph, Node, TensorType, Value

F32 = TensorType("float32")


def node(name: str, op: str, *inputs: str, role: str = roles.PRIMAL, kind: TensorType = F32) -> Node:
    """A node with one output of its own name."""
    return Node(name, op, inputs, (Value(name, kind, name if op == "input" else ""),), role=role)


def forward() -> Graph:
    """What PyTorch's first stage holds, the output card included."""
    nodes = (
        node("a", "input", role=roles.INPUT),
        node("b", "input", role=roles.INPUT),
        node("add", "operator.add", "a", "b"),
        node("mul", "operator.mul", "a", "add"),
        Node("output", "output", ("mul",), role=roles.OUTPUT),
    )
    return Graph("forward", ("a", "b"), ("mul",), nodes)


def joint() -> Graph:
    """What PyTorch's joint stage holds: an output for the result and one for each gradient."""
    nodes = (
        node("a", "input", role=roles.INPUT),
        node("b", "input", role=roles.INPUT),
        node("add", "aten.add.Tensor", "a", "b"),
        node("mul", "aten.mul.Tensor", "a", "add"),
        node("tangents_1", "input", role=roles.COTANGENT),
        node("mul_1", "aten.mul.Tensor", "tangents_1", "a", role=roles.COTANGENT),
        node("mul_2", "aten.mul.Tensor", "tangents_1", "add", role=roles.COTANGENT),
        node("add_1", "aten.add.Tensor", "mul_2", "mul_1", role=roles.ACCUMULATE),
        Node("output", "output", ("mul",), role=roles.OUTPUT),
        Node("output_a", "output", ("add_1",), (), {"gradient": "a"}, roles.OUTPUT),
        Node("output_b", "output", ("mul_1",), (), {"gradient": "b"}, roles.OUTPUT),
    )
    return Graph("joint", ("a", "b", "tangents_1"), ("mul", "add_1", "mul_1"), nodes)


def column(key: str, stage: str, **numbers: float | Cell) -> Column:
    """Cells by value id."""
    cells = {name: np.float32(n) if isinstance(n, float) else n for name, n in numbers.items()}
    return Column(key, stage, "value", {name: np.asarray(n) if np.isscalar(n) else n for name, n in cells.items()})


VALUES = {"a": 2.0, "b": 3.0, "add": 5.0, "mul": 10.0}
COTANGENTS = {"a": 7.0, "b": 2.0, "add": 2.0, "mul": 1.0}
