"""What a FuncGraph calls, as nested graphs: branches, loops, called functions.

All of them lie flat in the outermost graph. TensorFlow numbers its functions through the life of a process
(`while_body_342`); here a name is the first free one (`while_body`, `while_body_1`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from explorer.adapters.tensorflow.environment import tf
from explorer.adapters.tensorflow.reading import read, value_id
from explorer.adapters.tensorflow.scopes import Scopes
from explorer.graph import places, roles
from explorer.graph.ir import INPUT_OP, Graph, Node, Span, TensorType

FUNCTION_ATTRIBUTES: Final = ("then_branch", "else_branch", "branches", "cond", "body", "f")
BRANCHES: Final = frozenset({"If", "StatelessIf", "Case", "StatelessCase"})
LOOPS: Final = frozenset({"While", "StatelessWhile"})
CALLED: Final = re.compile(r"__(?:inference|(forward|backward))_(.+)_\d+$")
COPY: Final = re.compile(r"_again\d+|(?:_\d+)?_tfg_region_specialized_.*$")  # ours, and Grappler's
NUMBER: Final = re.compile(r"_\d+(?:_rewritten)?(?=_grad|$)|_rewritten$|_\d+(?=___redundant_placeholder)")

Spans = Callable[[tf.Operation], Span | None]


def with_called(graph: Graph, source: Any, span: Spans, scopes: Scopes) -> Graph:
    """`graph`, which was read from the FuncGraph `source`, with calls into the functions that its ops call."""
    reader = _Reader(span, scopes)
    nodes = reader.nodes(graph, source)
    return replace(graph, nodes=nodes, graphs=tuple(each for each in reader.graphs.values() if each is not None))


def functions_of(operation: tf.Operation) -> list[str]:
    """Names of the functions that an op calls: branches in order; of a loop first what says whether it goes on."""
    attributes = operation.node_def.attr
    found = []
    for key in FUNCTION_ATTRIBUTES:
        if key in attributes:
            value = attributes[key]
            found += [each.name for each in value.list.func] if value.list.func else [value.func.name]
    return [name for name in found if name]


def function_graph(graph: Any, name: str) -> Any:
    """The FuncGraph of the function `name` that `graph` knows; None where there is none.

    TensorFlow keeps this to itself; guarded by `test_called_functions_have_graphs`.
    """
    from tensorflow.python.framework import function_def_to_graph

    function = graph._get_function(name)
    if function is None or hasattr(function, "graph"):
        return None if function is None else function.graph
    with graph.as_default():  # a function of an imported GraphDef, which is known by its definition alone
        return function_def_to_graph.function_def_to_graph(function.definition)


def plain_name(name: str) -> str:
    """What people called a function, or what TensorFlow made it for: without numbers that go up through a process."""
    name = COPY.sub("", name)
    if (called := CALLED.match(name)) is not None:
        return "_".join(filter(None, called.groups()))
    return NUMBER.sub("", name)


class _Reader:
    """`graphs` by TensorFlow's own function names."""

    def __init__(self, span: Spans, scopes: Scopes) -> None:
        self._span, self._scopes = span, scopes
        self.graphs: dict[str, Graph | None] = {}
        self._names: dict[str, str] = {}

    def nodes(self, graph: Graph, source: Any) -> tuple[Node, ...]:
        operations = {operation.name: operation for operation in source.get_operations()}
        types = {value.id: value.type for node in graph.nodes for value in node.outputs}
        return tuple(self._node(node, operations[node.id], source, types) for node in graph.nodes)

    def _node(self, node: Node, operation: tf.Operation, source: Any, types: Mapping[str, TensorType]) -> Node:
        if node.op == INPUT_OP or not (functions := functions_of(operation)):
            return node
        calls, operands, results = [], [], []
        for number, name in enumerate(functions):
            inner = self._called(name, node, source, types)
            if inner is None:
                continue
            calls.append(self._names[name])
            operands.append(_operands(node, inner))
            returned = len(inner.outputs) == len(node.outputs) and not (node.op in LOOPS and number == 0)
            results.append([*range(len(node.outputs))] if returned else [places.NOT_GIVEN] * len(node.outputs))
        if not calls:
            return node
        params = {**node.params, "call_operands": operands, "call_results": results}
        return replace(node, calls=tuple(calls), params=params)

    def _called(self, name: str, caller: Node, source: Any, types: Mapping[str, TensorType]) -> Graph | None:
        if name not in self.graphs:
            self._names[name] = self._free(name)
            self.graphs[name] = None  # its place in the order, before what it calls itself
            found = function_graph(source, name)
            if found is not None:
                self.graphs[name] = self._graph(self._names[name], found, caller, types)
        return self.graphs[name]

    def _free(self, name: str) -> str:
        plain = plain_name(name)
        number, free = 0, plain
        while free in self._names.values():
            number += 1
            free = f"{plain}_{number}"
        return free

    def _graph(self, name: str, source: Any, caller: Node, types: Mapping[str, TensorType]) -> Graph:
        inside = roles.COTANGENT if roles.is_backward(caller.role) else roles.PRIMAL

        def role(operation: tf.Operation) -> str:
            return roles.CONSTANT if operation.type == "Const" else inside

        def scopes(name: str) -> tuple[str, ...]:
            return self._scopes(name.removeprefix(f"{caller.id}/"))

        inputs = {tensor.op.name: tensor for tensor in source.inputs}
        graph = read(source, inputs=inputs, span=self._span, role=role, scopes=scopes, name=name)
        outputs = tuple(value_id(tensor) for tensor in source.outputs)
        graph = replace(graph, outputs=outputs, nodes=tuple(_unnamed(node) for node in graph.nodes))
        graph = _typed(graph, caller, types)
        return _renamed(replace(graph, nodes=self.nodes(graph, source)))


def _operands(node: Node, inner: Graph) -> list[int]:
    """For each input of `inner` the operand that gives it: of a branch those after the predicate."""
    first = 1 if node.op in BRANCHES else 0
    count, given = len(inner.inputs), len(node.inputs) - first
    return [*range(first, first + count)] if count <= given else [places.NOT_GIVEN] * count


def _unnamed(node: Node) -> Node:
    """An inner input has no name that people gave it."""
    if node.op != INPUT_OP:
        return node
    return replace(node, outputs=tuple(replace(value, name="") for value in node.outputs))


def _renamed(graph: Graph) -> Graph:
    """Inputs of a loop that its condition does not read are named after the loop's function, number included."""
    names = {value: NUMBER.sub("", value) for value in graph.inputs if "___redundant_placeholder" in value}
    if not names:
        return graph
    nodes = (
        replace(node, id=names[node.id], outputs=(replace(node.outputs[0], id=names[node.id]),))
        if node.id in names
        else node
        for node in graph.nodes
    )
    return replace(graph, inputs=tuple(names.get(value, value) for value in graph.inputs), nodes=tuple(nodes))


def _typed(graph: Graph, caller: Node, types: Mapping[str, TensorType]) -> Graph:
    """A variable's handle inside has the type of the variable outside."""
    given = dict(zip(graph.inputs, _operands(caller, graph), strict=True))
    nodes = []
    for node in graph.nodes:
        operand = given.get(node.id, places.NOT_GIVEN) if node.op == INPUT_OP else places.NOT_GIVEN
        if operand != places.NOT_GIVEN and node.outputs[0].type.dtype == "resource":
            node = replace(node, outputs=(replace(node.outputs[0], type=types[caller.inputs[operand]]),))
        nodes.append(node)
    return replace(graph, nodes=tuple(nodes))
