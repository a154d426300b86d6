"""Numbers for a captured stage: the captured graph, imported once more into a function that returns all its tensors.

Each function is traced once per captured program; a slider then only calls it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from explorer.adapters.tensorflow.backward import add_backward
from explorer.adapters.tensorflow.environment import tf
from explorer.adapters.tensorflow.marks import insert, mark_uses
from explorer.adapters.tensorflow.reading import value_id
from explorer.adapters.tensorflow.tracing import Traced
from explorer.capture.cells import cells
from explorer.capture.record import Cell, Column

Tensors = dict[str, tf.Tensor]
Numbers = dict[str, Tensors]


class ForwardNumbers:
    """`value` and `cotangent` by value id and `share` by use key, over the funcgraph stage. `traces` counts traces."""

    def __init__(self, forward: Traced, specs: Sequence[tf.TensorSpec], stage: str) -> None:
        self.traced, self._stage, self.traces = forward, stage, 0
        self._marked = mark_uses(forward.graph, forward.inputs)
        self._function = tf.function(self._trace, autograph=False).get_concrete_function(*specs)

    def _trace(self, *tensors: tf.Tensor) -> Numbers:
        self.traces += 1
        inputs = dict(zip(self.traced.inputs, tensors, strict=True))
        insert(self._marked.definition, inputs, self.traced.inputs)
        graph = tf.compat.v1.get_default_graph()
        values = {value_id(t): graph.get_tensor_by_name(t.name) for t in _tensors(self.traced)}
        uses = {use: graph.get_tensor_by_name(name) for use, name in self._marked.uses.items()}
        result = values[value_id(self.traced.graph.outputs[0])]
        if not result.dtype.is_floating:
            return {"value": values, "cotangent": {}, "share": {}}
        names = [name for name, tensor in values.items() if tensor.dtype.is_floating]
        backward = add_backward(result, inputs, others=[*(values[name] for name in names), *uses.values()])
        gradients = dict(zip([*names, *uses], backward.of_others, strict=True))
        gradients |= {value_id(self.traced.inputs[name]): t for name, t in backward.of_inputs.items()}
        present = {key: tensor for key, tensor in gradients.items() if tensor is not None}
        return {
            "value": values,
            "cotangent": {key: tensor for key, tensor in present.items() if key not in uses},
            "share": {key: tensor for key, tensor in present.items() if key in uses},
        }

    def run(self, tensors: Sequence[tf.Tensor]) -> Numbers:
        return dict(self._function(*tensors))

    def columns(self, numbers: Numbers) -> Iterator[Column]:
        """The three columns. A value or use that has no derivative says why it is absent."""
        yield _column("value", self._stage, numbers["value"])
        reasons = {value_id(tensor): _why_absent(tensor) for tensor in _tensors(self.traced)}
        without = {key: reason for key, reason in reasons.items() if key not in numbers["cotangent"]}
        yield _column("cotangent", self._stage, numbers["cotangent"], absent=without)
        missing = {use: "tensorflow_no_path" for use in self._marked.uses if use not in numbers["share"]}
        yield Column("share", self._stage, "use", _cells(numbers["share"]), absent=missing)


class GraphNumbers:
    """`value` of every tensor of a GraphDef, which is imported into a function of its own. `traces` counts traces.

    `placeholders` are those of the function that the GraphDef was made from, which it must not hold.
    """

    def __init__(
        self, definition: Any, placeholders: Mapping[str, tf.Tensor], specs: Sequence[tf.TensorSpec], stage: str
    ) -> None:
        self._definition, self._placeholders, self._stage, self.traces = definition, placeholders, stage, 0
        self.names = frozenset(node.name for node in definition.node)
        self.inputs: dict[str, tf.Tensor] = {}
        self._function = tf.function(self._trace, autograph=False).get_concrete_function(*specs)
        self.graph = self._function.graph

    def _trace(self, *tensors: tf.Tensor) -> Tensors:
        self.traces += 1
        self.inputs = dict(zip(self._placeholders, tensors, strict=True))
        insert(self._definition, self.inputs, self._placeholders)
        graph = tf.compat.v1.get_default_graph()
        given = {tensor.op.name for tensor in self.inputs.values()}
        operations = [op for op in graph.get_operations() if op.name in self.names or op.name in given]
        return {value_id(tensor): tensor for operation in operations for tensor in operation.outputs}

    def run(self, tensors: Sequence[tf.Tensor]) -> Numbers:
        return {"value": self._function(*tensors)}

    def columns(self, numbers: Numbers) -> Iterator[Column]:
        yield _column("value", self._stage, numbers["value"])


def _tensors(traced: Traced) -> list[tf.Tensor]:
    return [tensor for operation in traced.graph.get_operations() for tensor in operation.outputs]


def _why_absent(tensor: tf.Tensor) -> str:
    return "tensorflow_no_path" if tensor.dtype.is_floating else "not_float"


def _column(key: str, stage: str, numbers: Tensors, *, absent: Mapping[str, str] | None = None) -> Column:
    return Column(key, stage, "value", _cells(numbers), absent=absent or {})


def _cells(numbers: Tensors) -> dict[str, Cell]:
    return cells(numbers, lambda tensor: tensor.numpy())
