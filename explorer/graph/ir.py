"""The one data type in the middle: a graph of nodes over typed values.

Edges are not stored: an edge is "value v is used by node n at operand k". Shape, text, layout and cost are
functions of a graph, never fields of it. Everything here is immutable; ids are unique within one graph.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

INPUT_OP = "input"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the user's text. Lines count from 1, columns from 1; the end column is exclusive.

    Columns are 0 where a framework reports lines only.
    """

    line: int
    column: int = 0
    end_line: int = 0
    end_column: int = 0

    def __str__(self) -> str:
        return f"{self.line}:{self.column}" if self.column else str(self.line)


@dataclass(frozen=True, slots=True)
class TensorType:
    """Element type, by NumPy's name (`float32`, `bfloat16`, `bool`), and shape; a dimension is an int or a name."""

    dtype: str
    shape: tuple[int | str, ...] = ()

    @property
    def is_float(self) -> bool:
        """True where a value of this type has a cotangent."""
        return self.dtype.startswith(("float", "bfloat"))

    def __str__(self) -> str:
        short = SHORT_DTYPES.get(self.dtype, self.dtype)
        return f"{short}[{', '.join(map(str, self.shape))}]"


SHORT_DTYPES: dict[str, str] = {
    "float64": "f64", "float32": "f32", "float16": "f16", "bfloat16": "bf16", "bool": "bool",
    "int64": "i64", "int32": "i32", "int16": "i16", "int8": "i8",
    "uint64": "u64", "uint32": "u32", "uint16": "u16", "uint8": "u8",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Value:
    """One SSA value: exactly one node defines it (jaxpr: var; FuncGraph: tensor; fx: the node's result)."""

    id: str
    type: TensorType
    name: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """One operation.

    `op` is the framework's own full name (`aten.mul.Tensor`, `dot_general`, `MatMul`), or `input` for a graph input.
    `inputs` are value ids in operand order. `params` is plain data (attributes, keyword arguments); operands that
    are written in place and are no value stand under `params["literals"]` as {position as text: number}.
    `calls` names nested graphs of the same `Graph`, or of one around it; `explorer.graph.places` enters them.
    """

    id: str
    op: str
    inputs: tuple[str, ...] = ()
    outputs: tuple[Value, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    role: str = "primal"
    scope: tuple[str, ...] = ()
    span: Span | None = None
    calls: tuple[str, ...] = ()


@dataclass(frozen=True)
class Graph:
    """Nodes in a valid execution order. Every graph input is a node with op `input`."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    nodes: tuple[Node, ...]
    graphs: tuple[Graph, ...] = ()

    @cached_property
    def node_by_id(self) -> dict[str, Node]:
        return {node.id: node for node in self.nodes}

    @cached_property
    def producer(self) -> dict[str, Node]:
        """Value id -> the node that defines it."""
        return {value.id: node for node in self.nodes for value in node.outputs}

    @cached_property
    def value_by_id(self) -> dict[str, Value]:
        return {value.id: value for node in self.nodes for value in node.outputs}

    @cached_property
    def users(self) -> dict[str, tuple[tuple[Node, int], ...]]:
        """Value id -> its uses as (node, operand), in execution order."""
        found: dict[str, list[tuple[Node, int]]] = {}
        for node in self.nodes:
            for operand, value in enumerate(node.inputs):
                found.setdefault(value, []).append((node, operand))
        return {value: tuple(uses) for value, uses in found.items()}

    def edges(self) -> Iterator[tuple[Node, str, Node, int]]:
        """(producer, value id, user, operand) of every use of a value."""
        for node in self.nodes:
            for operand, value in enumerate(node.inputs):
                yield self.producer[value], value, node, operand

    def to_networkx(self) -> Any:
        """This graph as an `nx.MultiDiGraph`; see `explorer.graph.interop`."""
        from explorer.graph.interop import to_networkx

        return to_networkx(self)

    def _repr_svg_(self) -> str:
        """What Jupyter shows."""
        from explorer.picture.svg import graph_svg

        return graph_svg(self)


def use_key(user: str, operand: int) -> str:
    """The id of one use of a value (one edge), as columns on uses spell it."""
    return f"{user}#{operand}"
