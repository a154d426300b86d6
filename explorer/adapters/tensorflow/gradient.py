"""Stage `gradient`: forward ops, then the backward ops that `tf.gradients` adds, in one FuncGraph."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from explorer.adapters.tensorflow.backward import Backward, add_backward, reached, rule_of
from explorer.adapters.tensorflow.environment import tf
from explorer.adapters.tensorflow.nested import with_called
from explorer.adapters.tensorflow.printout import printout
from explorer.adapters.tensorflow.reading import operations_of, read, value_id
from explorer.adapters.tensorflow.scopes import Scopes
from explorer.adapters.tensorflow.tracing import Text, Traced, Tracing, trace
from explorer.capture.record import Stage
from explorer.errors import ProgramError
from explorer.graph import roles
from explorer.graph.ir import Graph, Span

KEY = "gradient"


@dataclass(frozen=True)
class TracedGradient:
    """A function that returns the value, then the gradients that there are, in the order of the sources.

    `forward` names the ops of the forward half, `output` is the tensor that is differentiated. `cotangents` maps the
    value ids of the forward half to the tensors that hold their cotangents, as far as the way back passes them.
    """

    traced: Traced
    forward: frozenset[str]
    output: tf.Tensor
    backward: Backward
    cotangents: Mapping[str, tf.Tensor]

    @property
    def operations(self) -> list[tf.Operation]:
        """The backward half, in execution order; without the Identity ops that only return results."""
        given_back = {tensor.op.name for tensor in self.traced.graph.outputs}
        everything = operations_of(self.traced.graph)
        return [op for op in everything if op.name not in self.forward and op.name not in given_back]


def trace_gradient(text: Text, specs: Mapping[str, tf.TensorSpec]) -> TracedGradient:
    """Trace value and gradients.

    Raises ProgramError `no_float_input` or `no_float_result` where there is nothing to differentiate.
    """
    if not any(spec.dtype.is_floating for spec in specs.values()) and not text.variables:
        raise ProgramError("no_float_input")
    made: list[tuple[frozenset[str], tf.Tensor, Backward, Mapping[str, tf.Tensor]]] = []

    def body(tracing: Tracing) -> list[tf.Tensor]:
        result = tracing.result
        forward = frozenset(operation.name for operation in result.graph.get_operations())
        if not result.dtype.is_floating:
            return [result]
        passed = _passed(result, tracing.sources)
        backward = add_backward(result, tracing.sources, others=list(passed.values()))
        made.append((forward, result, backward, _cotangents(tracing.sources, passed, backward)))
        return returned(result, backward)

    traced = trace(text, specs, body)
    if not made:
        raise ProgramError("no_float_result", dtype=traced.graph.outputs[0].dtype.name)
    if not traced.sources:
        raise ProgramError("no_float_input")
    return TracedGradient(traced, *made[0])


def _passed(result: tf.Tensor, sources: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """By value id, the float tensors between sources and result, whose cotangents TensorFlow computes on its way."""
    given = {tensor.op.name for tensor in sources.values()}
    reach = reached(operations_of(result.graph), given) - given
    tensors = [tensor for op in operations_of(result.graph) if op.name in reach for tensor in op.outputs]
    return {value_id(tensor): tensor for tensor in tensors if tensor.dtype.is_floating}


def _cotangents(
    sources: Mapping[str, tf.Tensor], passed: Mapping[str, tf.Tensor], backward: Backward
) -> dict[str, tf.Tensor]:
    found = {value_id(sources[name]): tensor for name, tensor in backward.of_sources.items()}
    found |= dict(zip(passed, backward.of_others, strict=True))
    return {key: tensor for key, tensor in found.items() if tensor is not None}


def returned(result: tf.Tensor, backward: Backward) -> list[tf.Tensor]:
    """What a function of value and gradients returns: the value, then the gradients that there are."""
    return [result, *(tensor for tensor in backward.of_sources.values() if tensor is not None)]


def stage(gradient: TracedGradient, accumulations: frozenset[str], scopes: Scopes, started: float) -> Stage:
    """The stage. `accumulations` names the ops that sum shares, as `links.find` found them."""
    traced = gradient.traced
    flowing = reached(gradient.operations, {gradient.backward.seed.op.name})
    flowing |= {gradient.backward.of_sources[name].op.name for name in gradient.backward.zeros}  # type: ignore[union-attr]

    def role(operation: tf.Operation) -> str:
        if operation.name in accumulations:
            return roles.ACCUMULATE
        if operation.name in flowing:
            return roles.COTANGENT
        if operation.type == "Const":
            return roles.CONSTANT
        return roles.PRIMAL if operation.name in gradient.forward else roles.RESIDUAL

    spans = _Spans(gradient)
    graph = read(
        traced.graph,
        inputs=traced.inputs,
        captured=traced.captured,
        span=spans,
        outputs=traced.graph.outputs,
        role=role,
        scopes=scopes,
        without=traced.unread,
    )
    graph = with_called(_named_results(graph, gradient), traced.graph, traced.span, scopes)
    text, lines = printout(graph)
    return Stage(KEY, graph, text, lines, time.perf_counter() - started)


def _named_results(graph: Graph, gradient: TracedGradient) -> Graph:
    """The returned gradients, named after the inputs and parameters that they belong to."""
    named = [name for name, tensor in gradient.backward.of_sources.items() if tensor is not None]
    name_of = dict(zip(graph.outputs[1:], named, strict=True))
    nodes = (
        replace(node, outputs=tuple(replace(value, name=f"∂/∂{name_of[value.id]}") for value in node.outputs))
        if node.role == roles.OUTPUT and node.id in name_of
        else node
        for node in graph.nodes
    )
    return replace(graph, nodes=tuple(nodes))


class _Spans:
    """Forward ops have their own place in the text; an op of a derivative rule has that of the op it is the rule of."""

    def __init__(self, gradient: TracedGradient) -> None:
        self._span = gradient.traced.span
        self._forward = {
            operation.name: operation
            for operation in gradient.traced.graph.get_operations()
            if operation.name in gradient.forward
        }

    def __call__(self, operation: tf.Operation) -> Span | None:
        if operation.name in self._forward:
            return self._span(operation)
        source = self._forward.get(rule_of(operation.name) or "")
        return self._span(source) if source is not None else None
