"""Numbers for a captured stage: the captured graph, imported once more into a function that returns all its tensors.

Each function is traced once per captured program; a slider then only calls it. What stands inside a branch, a loop or
a called function TensorFlow does not give out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from explorer.adapters.tensorflow.backward import add_backward
from explorer.adapters.tensorflow.environment import tf
from explorer.adapters.tensorflow.marks import insert, is_closed, mark_uses, uses_of
from explorer.adapters.tensorflow.reading import operations_of, value_id
from explorer.adapters.tensorflow.tracing import Captured, Traced, receive
from explorer.capture.cells import cells
from explorer.capture.record import Cell, Column
from explorer.graph import places
from explorer.graph.ir import Graph

Tensors = dict[str, tf.Tensor]
Numbers = dict[str, Tensors]

NO_PATH, NOT_FLOAT, HANDLE, INSIDE = "tensorflow_no_path", "not_float", "tensorflow_handle", "tensorflow_inside"
NO_SHARES: Final = "tensorflow_no_shares"
NOT_NUMBERS: Final = frozenset({tf.resource, tf.variant, tf.string})
MOST_INSIDE: Final = 100_000  # values inside calls of which it is said why they are absent


class ForwardNumbers:
    """`value` and `cotangent` by value id and `share` by use key, over the funcgraph stage. `traces` counts traces."""

    def __init__(self, forward: Traced, specs: Sequence[tf.TensorSpec], stage: str) -> None:
        self.traced, self._stage, self.traces = forward, stage, 0
        self._marked = mark_uses(forward)
        self._tensors = {value_id(tensor): tensor for tensor in _tensors(forward)}
        self._function = tf.function(self._trace, autograph=False).get_concrete_function(*specs)

    def _trace(self, *tensors: tf.Tensor) -> Numbers:
        self.traces += 1
        received = receive(self.traced, tensors)
        insert(self._marked.definition, received, self.traced)
        graph = tf.compat.v1.get_default_graph()
        copies = {key: graph.get_tensor_by_name(tensor.name) for key, tensor in self._tensors.items()}
        uses = {use: graph.get_tensor_by_name(name) for use, name in self._marked.uses.items()}
        values = _numbers(copies, self.traced.captured)
        result = copies[value_id(self.traced.graph.outputs[self.traced.chosen])]
        if not result.dtype.is_floating:
            return {"value": values, "cotangent": {}, "share": {}}
        sources = {name: received[name] for name in self.traced.sources}
        names = [name for name, tensor in copies.items() if tensor.dtype.is_floating]
        backward = add_backward(result, sources, others=[*(copies[name] for name in names), *uses.values()])
        gradients = dict(zip([*names, *uses], backward.of_others, strict=True))
        gradients |= {value_id(self.traced.sources[name]): t for name, t in backward.of_sources.items()}
        present = {key: tensor for key, tensor in gradients.items() if tensor is not None}
        return {
            "value": values,
            "cotangent": {key: tensor for key, tensor in present.items() if key not in uses},
            "share": {key: tensor for key, tensor in present.items() if key in uses},
        }

    @property
    def closed(self) -> bool:
        """False where the function cannot run, because a derivative written by hand reads tensors of the original."""
        return is_closed(self._function)

    def run(self, tensors: Sequence[tf.Tensor]) -> Numbers:
        return dict(self._function(*tensors))

    def columns(self, numbers: Numbers, graph: Graph) -> Iterator[Column]:
        """The three columns over `graph`, the stage's. A value or use that has none says why it is absent."""
        inside = dict.fromkeys(_inner_values(graph), INSIDE)
        handles = {key: HANDLE for key in self._tensors if key not in numbers["value"]}
        yield _column("value", self._stage, numbers["value"], absent={**handles, **inside})
        reasons = {key: _why_absent(graph, key) for key in self._tensors}
        without = {key: reason for key, reason in reasons.items() if key not in numbers["cotangent"]}
        yield _column("cotangent", self._stage, numbers["cotangent"], absent={**without, **inside})
        missing = {use: NO_PATH for use in self._marked.uses if use not in numbers["share"]}
        yield Column("share", self._stage, "use", _cells(numbers["share"]), absent=missing)


class LinkedNumbers:
    """ForwardNumbers where TensorFlow cannot take gradients of a copy of the forward graph: from the numbers of the
    gradient stage, by the tensors that hold the cotangents. Shares are not known.
    """

    def __init__(self, forward: Traced, gradient: GraphNumbers, cotangents: Mapping[str, str], stage: str) -> None:
        """`cotangents` maps value ids of the forward stage to those of the gradient stage."""
        self.traced, self._gradient, self._cotangents, self._stage = forward, gradient, cotangents, stage
        self._tensors = [value_id(tensor) for tensor in _tensors(forward)]
        self._first = value_id(forward.graph.outputs[forward.chosen])

    def run(self, tensors: Sequence[tf.Tensor]) -> Numbers:
        found = self._gradient.run(tensors)["value"]
        values = {key: found[key] for key in self._tensors if key in found}
        cotangents = {key: found[target] for key, target in self._cotangents.items() if target in found}
        return {"value": values, "cotangent": cotangents, "share": {}}

    def columns(self, numbers: Numbers, graph: Graph) -> Iterator[Column]:
        inside = dict.fromkeys(_inner_values(graph), INSIDE)
        handles = {key: HANDLE for key in self._tensors if key not in numbers["value"]}
        yield _column("value", self._stage, numbers["value"], absent={**handles, **inside})
        reasons = {key: _why_absent(graph, key) for key in self._tensors if key not in numbers["cotangent"]}
        yield _column("cotangent", self._stage, numbers["cotangent"], absent={**reasons, **inside})
        uses = [use for tensor in _tensors(self.traced) for use in uses_of(tensor) if tensor.dtype.is_floating]
        yield Column("share", self._stage, "use", {}, absent=dict.fromkeys(uses, NO_SHARES))


class GraphNumbers:
    """`value` of every tensor of a GraphDef, which is imported into a function of its own. `traces` counts traces.

    `traced` is the function that the GraphDef was made from; the GraphDef must not hold its placeholders.
    """

    def __init__(self, definition: Any, traced: Traced, specs: Sequence[tf.TensorSpec], stage: str) -> None:
        self._definition, self._traced, self._stage, self.traces = definition, traced, stage, 0
        self.names = frozenset(node.name for node in definition.node)
        self.received: Tensors = {}
        self._function = tf.function(self._trace, autograph=False).get_concrete_function(*specs)
        self.graph = self._function.graph

    def _trace(self, *tensors: tf.Tensor) -> Tensors:
        self.traces += 1
        self.received = receive(self._traced, tensors)
        insert(self._definition, self.received, self._traced)
        graph = tf.compat.v1.get_default_graph()
        given = {tensor.op.name for tensor in self.received.values()}
        operations = [op for op in operations_of(graph) if op.name in self.names or op.name in given]
        found = {value_id(tensor): tensor for operation in operations for tensor in operation.outputs}
        return _numbers(found, self.captured)

    @property
    def inputs(self) -> Tensors:
        return {name: self.received[name] for name in self._traced.inputs}

    @property
    def captured(self) -> tuple[Captured, ...]:
        """What the function takes from outside, with the placeholders that it has here."""
        names = list(self._traced.given)[len(self._traced.inputs) :]
        return tuple(
            Captured(each.name, each.role, each.outside, self.received[name], each.variable)
            for name, each in zip(names, self._traced.captured, strict=True)
        )

    def run(self, tensors: Sequence[tf.Tensor]) -> Numbers:
        return {"value": self._function(*tensors)}

    def columns(self, numbers: Numbers, graph: Graph) -> Iterator[Column]:
        """The column `value` over `graph`, the stage's."""
        absent = {key: HANDLE for key in graph.value_by_id if key not in numbers["value"]}
        yield _column(
            "value", self._stage, numbers["value"], absent={**absent, **dict.fromkeys(_inner_values(graph), INSIDE)}
        )


def _numbers(tensors: Tensors, captured: Iterable[Captured]) -> Tensors:
    """The tensors that hold numbers; of a variable's handle what the variable holds."""
    found = {key: tensor for key, tensor in tensors.items() if tensor.dtype not in NOT_NUMBERS}
    for each in captured:
        key = value_id(each.placeholder)
        if each.variable is not None and key in tensors:
            found[key] = tf.raw_ops.ReadVariableOp(resource=tensors[key], dtype=each.variable.dtype)
    return found


def _tensors(traced: Traced) -> list[tf.Tensor]:
    unread = traced.unread
    return [t for operation in operations_of(traced.graph) if operation.name not in unread for t in operation.outputs]


def _inner_values(graph: Graph) -> Iterator[str]:
    """Places of the values inside calls."""
    for place, node, inner in islice(places.walk(graph), MOST_INSIDE):
        if inner is not graph:
            prefix = place.removesuffix(node.id)
            yield from (prefix + value.id for value in node.outputs)


def _why_absent(graph: Graph, key: str) -> str:
    value = graph.value_by_id.get(key)
    return NO_PATH if value is not None and value.type.is_float else NOT_FLOAT


def _column(key: str, stage: str, numbers: Tensors, *, absent: Mapping[str, str] | None = None) -> Column:
    return Column(key, stage, "value", _cells(numbers), absent=absent or {})


def _cells(numbers: Tensors) -> dict[str, Cell]:
    return cells(numbers, lambda tensor: tensor.numpy())
