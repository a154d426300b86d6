"""Which tensor of the gradient stage holds which cotangent or share: found by marks, never by names.

The backward pass is built a second time over a copy of the forward graph that has a mark on every use. What
`tf.gradients` returns for values and marks are the tensors in question, and the marked backward pass without its
marks must be the shown one, op by op; only then are the links exact.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from explorer.adapters.tensorflow.backward import Backward, add_backward, reached
from explorer.adapters.tensorflow.environment import tf
from explorer.adapters.tensorflow.gradient import TracedGradient
from explorer.adapters.tensorflow.marks import insert, mark_uses, uses_of
from explorer.adapters.tensorflow.reading import value_id
from explorer.adapters.tensorflow.tracing import Traced
from explorer.capture.record import Evidence, Link
from explorer.graph.ir import use_key

Tensors = Mapping[str, tf.Tensor]


@dataclass(frozen=True)
class Links:
    """The links, and the names of the backward ops that sum shares."""

    links: tuple[Link, ...]
    accumulations: frozenset[str]


def find(forward: Traced, gradient: TracedGradient, specs: Sequence[tf.TensorSpec]) -> Links:
    """Links from the funcgraph stage to the gradient stage."""
    marked = _Marked(forward, specs)
    shown = {operation.name for operation in gradient.operations}
    evidence: Evidence = "exact" if _same(forward, marked, gradient) else "guess"
    cotangents = {value: tensor for value, tensor in marked.cotangents.items() if tensor.op.name in shown}
    shares = {use: tensor for use, tensor in marked.shares.items() if tensor.op.name in shown}
    links = [Link((op.name,), (op.name,), "same", evidence) for op in forward.graph.get_operations()]
    links += [Link((value,), (value_id(tensor),), "cotangent", evidence) for value, tensor in cotangents.items()]
    links += [Link((use,), (value_id(tensor),), "share", evidence) for use, tensor in shares.items()]
    return Links(tuple(links), _accumulations(forward, cotangents, shares))


class _Marked:
    """The second backward pass. `cotangents` by value id and `shares` by use key, as tensors of this trace."""

    def __init__(self, forward: Traced, specs: Sequence[tf.TensorSpec]) -> None:
        self._forward = forward
        returned = forward.graph.outputs[0].op
        self._operations = [op for op in forward.graph.get_operations() if op.name != returned.name]
        self._result = returned.inputs[0]
        self.marks = mark_uses(forward.graph, forward.inputs, without=[returned.name])
        self.mark_names = {name.removesuffix(":0") for name in self.marks.uses.values()}
        self.cotangents: dict[str, tf.Tensor] = {}
        self.shares: dict[str, tf.Tensor] = {}

        def traced(*tensors: tf.Tensor) -> None:
            self._trace(dict(zip(forward.inputs, tensors, strict=True)))

        self.graph = tf.function(traced, autograph=False).get_concrete_function(*specs).graph

    def _trace(self, inputs: Tensors) -> None:
        insert(self.marks.definition, inputs, self._forward.inputs)
        graph = next(iter(inputs.values())).graph
        passed = self._passed()
        values = self._values(passed)
        uses = {use: mark for use, mark in self.marks.uses.items() if use.rpartition("#")[0] in passed}

        def copy(name: str) -> tf.Tensor:
            return graph.get_tensor_by_name(name)

        result = copy(self._result.name)
        others = [*(copy(name) for name in (*values.values(), *uses.values())), result]
        self.existing = {operation.name for operation in graph.get_operations()}
        backward = add_backward(result, inputs, others=others)
        self._keep(backward, list(values), list(uses))

    def _passed(self) -> set[str]:
        """Ops whose derivative rule the shown backward pass has called."""
        sources = {tensor.op.name for tensor in self._forward.inputs.values() if tensor.dtype.is_floating}
        return reached(self._operations, sources)

    def _values(self, passed: set[str]) -> dict[str, str]:
        """Tensor name by value id, of the float tensors between inputs and result."""
        given = {tensor.op.name for tensor in self._forward.inputs.values()}
        tensors = [tensor for op in self._operations if op.name in passed - given for tensor in op.outputs]
        return {value_id(tensor): tensor.name for tensor in tensors if tensor.dtype.is_floating}

    def _keep(self, backward: Backward, values: list[str], uses: list[str]) -> None:
        by_name = self._forward.inputs
        self.cotangents = {value_id(by_name[name]): t for name, t in backward.of_inputs.items() if t is not None}
        *of_others, of_result = backward.of_others
        found = dict(zip([*values, *uses], of_others, strict=True))
        self.cotangents |= {value: found[value] for value in values if found[value] is not None}
        self.shares = {use: found[use] for use in uses if found[use] is not None}
        self._keep_constants()
        # The returned Identity holds the seed; what it hands back is the result's cotangent, or a share of it.
        returned = self._forward.graph.outputs[0]
        self.cotangents[value_id(returned)] = backward.seed
        self.shares[use_key(returned.op.name, 0)] = of_result

    def _keep_constants(self) -> None:
        """A constant that is used once has that use's share for its cotangent; TensorFlow sums no others."""
        for operation in self._operations:
            for tensor in operation.outputs:
                uses = uses_of(tensor)
                if operation.type == "Const" and len(uses) == 1 and uses[0] in self.shares:
                    self.cotangents[value_id(tensor)] = self.shares[uses[0]]


def _same(forward: Traced, marked: _Marked, gradient: TracedGradient) -> bool:
    """Whether both forward halves are the same, and the marked backward pass without its marks is the shown one."""
    returned = forward.graph.outputs[0].op.name
    first = [op for op in forward.graph.get_operations() if op.name != returned]
    first_again = [op for op in gradient.traced.graph.get_operations() if op.name in gradient.forward]
    second = [op for op in marked.graph.get_operations() if op.name not in marked.existing]
    return _signature(first) == _signature(first_again) and (
        _signature(second, marked.mark_names) == _signature(gradient.operations)
    )


def _signature(operations: Sequence[tf.Operation], marks: Collection[str] = ()) -> dict[str, tuple[object, ...]]:
    """By op name: type, inputs behind marks, attributes. `_class` only says near which op to place it."""

    def behind(tensor: tf.Tensor) -> str:
        while tensor.op.name in marks:
            tensor = tensor.op.inputs[0]
        return str(tensor.name)

    def attributes(operation: tf.Operation) -> tuple[tuple[str, bytes], ...]:
        found = sorted(operation.node_def.attr.items(), key=lambda item: item[0])
        return tuple((key, value.SerializeToString(deterministic=True)) for key, value in found if key != "_class")

    return {op.name: (op.type, *map(behind, op.inputs), attributes(op)) for op in operations}


def _accumulations(forward: Traced, cotangents: Tensors, shares: Tensors) -> frozenset[str]:
    """Ops that read at least two shares of one value and hold its cotangent."""
    found = set()
    for operation in forward.graph.get_operations():
        for tensor in operation.outputs:
            parts = [shares[use].name for use in uses_of(tensor) if use in shares]
            whole = cotangents.get(value_id(tensor))
            if whole is not None and len(parts) > 1 and sorted(t.name for t in whole.op.inputs) == sorted(parts):
                found.add(whole.op.name)
    return frozenset(found)
