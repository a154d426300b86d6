"""Which tensor of the gradient stage holds which cotangent or share: found by what TensorFlow returns, never by names.

Cotangents of values are asked for when the backward pass is built. For shares it is built a second time, over a copy of
the forward graph that has a mark on every use: what `tf.gradients` returns for the marks are the tensors in question,
and the marked backward pass without its marks must be the shown one, op by op; only then are these links exact.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from explorer.adapters.tensorflow.backward import add_backward, reached
from explorer.adapters.tensorflow.environment import tf
from explorer.adapters.tensorflow.gradient import TracedGradient
from explorer.adapters.tensorflow.marks import insert, is_closed, mark_uses, uses_of
from explorer.adapters.tensorflow.nested import functions_of
from explorer.adapters.tensorflow.reading import operations_of, value_id
from explorer.adapters.tensorflow.tracing import Traced, receive
from explorer.capture.record import Evidence, Link
from explorer.graph import places
from explorer.graph.ir import Graph, use_key

Tensors = Mapping[str, tf.Tensor]


@dataclass(frozen=True)
class Links:
    """The links, and the names of the backward ops that sum shares."""

    links: tuple[Link, ...]
    accumulations: frozenset[str]


def find(forward: Traced, gradient: TracedGradient, specs: Sequence[tf.TensorSpec]) -> Links:
    """Links from the funcgraph stage to the gradient stage."""
    marked = _marked(forward, specs)
    shown = {operation.name for operation in gradient.operations}
    returned = forward.graph.outputs[forward.chosen]
    # A constant has a cotangent where it is used once; the returned Identity holds the seed.
    cotangents = {**(marked.of_constants if marked else {}), **gradient.cotangents}
    cotangents[value_id(returned)] = gradient.backward.seed
    cotangents = {value: tensor for value, tensor in cotangents.items() if tensor.op.name in shown}
    shares = {use: tensor for use, tensor in (marked.shares if marked else {}).items() if tensor.op.name in shown}
    halves: Evidence = "exact" if _same_forward(forward, gradient) else "guess"
    backs: Evidence = "exact" if marked is not None and _same_backward(marked, gradient) else "guess"
    links = [Link((op.name,), (target,), "same", halves) for op, target in _kept(forward, gradient)]
    links += [
        Link((value,), (value_id(tensor),), "cotangent", halves if value in gradient.cotangents else backs)
        for value, tensor in cotangents.items()
    ]
    links += [Link((use,), (value_id(tensor),), "share", backs) for use, tensor in shares.items()]
    return Links(tuple(links), _accumulations(forward, cotangents, shares if marked else None))


def _marked(forward: Traced, specs: Sequence[tf.TensorSpec]) -> _Marked | None:
    """The second backward pass; None where TensorFlow cannot build one over a copy: a derivative that somebody wrote
    himself may read tensors of the original.
    """
    try:
        marked = _Marked(forward, specs)
    except (TypeError, ValueError, LookupError, tf.errors.OpError):
        return None
    return marked if is_closed(marked.function) else None


def inside(before: Graph, after: Graph) -> Iterator[Link]:
    """Links of what stands inside calls, by place: a call's functions keep the names of their ops."""
    there = {place: node.op for place, node, _ in places.walk(after)}
    for place, node, graph in places.walk(before):
        if graph is not before and there.get(place) == node.op:
            yield Link((place,), (place,), "same", "name")


class _Marked:
    """The second backward pass: `shares` by use key, `of_constants` (cotangents) by value id, tensors of its graph."""

    def __init__(self, forward: Traced, specs: Sequence[tf.TensorSpec]) -> None:
        self._forward = forward
        returned = {tensor.op.name for tensor in forward.graph.outputs}
        self._operations = [op for op in operations_of(forward.graph) if op.name not in returned | forward.unread]
        self._returned = forward.graph.outputs[forward.chosen].op
        self._result = self._returned.inputs[0]
        self.marks = mark_uses(forward, without=returned)
        self.mark_names = {name.removesuffix(":0") for name in self.marks.uses.values()}
        self.of_constants: dict[str, tf.Tensor] = {}
        self.shares: dict[str, tf.Tensor] = {}

        def traced(*tensors: tf.Tensor) -> None:
            self._trace(receive(forward, tensors))

        self.function = tf.function(traced, autograph=False).get_concrete_function(*specs)
        self.graph = self.function.graph

    def _trace(self, received: Tensors) -> None:
        insert(self.marks.definition, received, self._forward)
        graph = tf.compat.v1.get_default_graph()
        passed = self._passed()
        uses = {use: mark for use, mark in self.marks.uses.items() if use.rpartition("#")[0] in passed}
        result = graph.get_tensor_by_name(self._result.name)
        others = [*(graph.get_tensor_by_name(name) for name in uses.values()), result]
        self.existing = {operation.name for operation in graph.get_operations()}
        sources = {name: received[name] for name in self._forward.sources}
        backward = add_backward(result, sources, others=others)
        *of_uses, of_result = backward.of_others
        self.shares = {use: tensor for use, tensor in zip(uses, of_uses, strict=True) if tensor is not None}
        self._keep_constants()
        if of_result is not None:  # what the returned Identity hands back is the result's cotangent, or a share of it
            self.shares[use_key(self._returned.name, 0)] = of_result

    def _passed(self) -> set[str]:
        """Ops whose derivative rule the shown backward pass has called."""
        return reached(self._operations, {tensor.op.name for tensor in self._forward.sources.values()})

    def _keep_constants(self) -> None:
        """A constant that is used once has that use's share for its cotangent; TensorFlow sums no others."""
        for operation in self._operations:
            for tensor in operation.outputs:
                uses = uses_of(tensor)
                if operation.type == "Const" and len(uses) == 1 and uses[0] in self.shares:
                    self.of_constants[value_id(tensor)] = self.shares[uses[0]]


def _kept(forward: Traced, gradient: TracedGradient) -> Iterator[tuple[tf.Operation, str]]:
    """Each op of the forward stage and the op of the gradient stage that does the same. Of several results only the one
    that is differentiated is returned there, first.
    """
    others = {tensor.op.name for tensor in forward.graph.outputs} - {forward.graph.outputs[forward.chosen].op.name}
    first = gradient.traced.graph.outputs[0].op.name
    for operation in operations_of(forward.graph):
        if operation.name in others or operation.name in forward.unread:
            continue
        yield operation, operation.name if operation.name in gradient.forward else first


def _same_forward(forward: Traced, gradient: TracedGradient) -> bool:
    """Whether both forward halves are the same."""
    returned = {tensor.op.name for tensor in forward.graph.outputs} | forward.unread
    first = [op for op in operations_of(forward.graph) if op.name not in returned]
    again = [op for op in operations_of(gradient.traced.graph) if op.name in gradient.forward]
    return _signature(first) == _signature([op for op in again if op.name not in gradient.traced.unread])


def _same_backward(marked: _Marked, gradient: TracedGradient) -> bool:
    """Whether the marked backward pass without its marks is the shown one."""
    operations = [op for op in operations_of(marked.graph) if op.name not in marked.existing]
    return _signature(operations, marked.mark_names) == _signature(gradient.operations)


def _signature(operations: Sequence[tf.Operation], marks: Collection[str] = ()) -> dict[str, tuple[object, ...]]:
    """By op name: type, inputs behind marks, attributes but TensorFlow's bookkeeping (near which op to place it).

    Of an op that calls functions only its name and type count: TensorFlow changes its functions, and what they are
    given and give, to keep what the way back needs. Names are compared as importing leaves them in functions: without
    capitals and slashes.
    """

    def behind(tensor: tf.Tensor) -> str:
        while tensor.op.name in marks:
            tensor = tensor.op.inputs[0]
        return _folded(tensor.name)

    def attributes(operation: tf.Operation) -> tuple[tuple[str, bytes], ...]:
        found = sorted(operation.node_def.attr.items(), key=lambda item: item[0])
        return tuple((key, value.SerializeToString(deterministic=True)) for key, value in found if key[0] != "_")

    return {
        _folded(op.name): (op.type,) if functions_of(op) else (op.type, *map(behind, op.inputs), attributes(op))
        for op in operations
    }


def _folded(name: str) -> str:
    return name.lower().replace("/", "_")


def _accumulations(forward: Traced, cotangents: Tensors, shares: Tensors | None) -> frozenset[str]:
    """Ops that read at least two shares of one value and hold its cotangent; where no shares are known, every sum that
    holds the cotangent of a value with several uses.
    """
    found = set()
    for operation in operations_of(forward.graph):
        for tensor in operation.outputs:
            whole = cotangents.get(value_id(tensor))
            if whole is None:
                continue
            if shares is None:
                if whole.op.type == "AddN" and len(uses_of(tensor)) > 1:
                    found.add(whole.op.name)
                continue
            parts = [shares[use].name for use in uses_of(tensor) if use in shares]
            if len(parts) > 1 and sorted(t.name for t in whole.op.inputs) == sorted(parts):
                found.add(whole.op.name)
    return frozenset(found)
