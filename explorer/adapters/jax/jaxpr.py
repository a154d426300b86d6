"""Stage `jaxpr`: a flat list of steps as a Graph, with the user's spans and names, and JAX's own printout beside it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from explorer.adapters.jax.equations import Body, Flat, Ref, Step
from explorer.adapters.jax.flattening import LITERAL
from explorer.adapters.jax.params import number, plain_params
from explorer.adapters.jax.printout import lines
from explorer.capture.record import Stage
from explorer.graph import roles
from explorer.graph.ir import INPUT_OP, Graph, Node, Span, TensorType, Value
from explorer.graph.places import NOT_GIVEN

if TYPE_CHECKING:
    from explorer.adapters.jax.program import JaxProgram

KEY = "jaxpr"
GRAPH_NAME = "forward"

Spans = Callable[[Step], Span | None]


def capture(program: JaxProgram) -> Stage:
    """The stage of a loaded program. Raises ProgramError, with the partial graph, for an operation that fails."""
    flat = program.forward_list
    start = time.perf_counter()
    text = str(flat.closed)
    graph = build(flat, spans=program.span, names=program.value_names, role=program.input_roles)
    # The output that is differentiated comes first, as in the gradient stage.
    number = program.output_number
    outputs = (graph.outputs[number], *graph.outputs[:number], *graph.outputs[number + 1 :])
    graph = replace(graph, outputs=outputs)
    seconds = program.trace_seconds[KEY] + time.perf_counter() - start
    return Stage(KEY, graph, text, lines(text, flat), seconds)


def tensor_type(aval: Any) -> TensorType:
    return TensorType(str(aval.dtype), tuple(aval.shape))


def build(
    flat: Flat,
    *,
    spans: Spans,
    names: Mapping[str, str],
    role: Mapping[str, str] | None = None,
    otherwise: str = roles.PRIMAL,
    name: str = GRAPH_NAME,
) -> Graph:
    """The graph of `flat`. `names` are what people call values, `role` the roles of nodes that are not `otherwise`."""
    role = role or {}
    given = {
        **{identity: role.get(identity, roles.INPUT) for identity in flat.inputs},
        **dict.fromkeys(flat.constants, roles.CONSTANT),
    }

    def value(identity: str) -> Value:
        return Value(identity, tensor_type(flat.avals[identity]), names.get(identity, ""))

    nodes = [Node(identity, INPUT_OP, (), (value(identity),), role=kind) for identity, kind in given.items()]
    inner: list[Graph] = []
    for step in flat.steps:
        kind = role.get(step.id, otherwise)
        own: list[Graph] = []
        for body in step.bodies:
            title = _free(body.function or f"{step.id}.{body.what}", [*inner, *own])
            own.append(_inner(body, spans, kind, title))
        inner += own
        params = {**plain_params(step), **entering(step)}
        nodes.append(
            Node(
                step.id, step.op, step.inputs, tuple(map(value, step.outputs)), params,
                kind, step.scope, spans(step), tuple(graph.name for graph in own),
            )
        )  # fmt: skip
    for identity, fixed in flat.literals.items():
        params = {"literals": {"0": number(fixed.value)}}
        nodes.append(Node(identity, LITERAL, (), (value(identity),), params, role.get(identity, roles.CONSTANT)))
    return Graph(name, tuple(given), flat.output_ids, tuple(nodes), tuple(inner))


def _inner(body: Body, spans: Spans, kind: str, name: str) -> Graph:
    """The graph of what a step calls: it flows back where the step does. Inputs have the names its function has."""
    otherwise = roles.COTANGENT if roles.is_backward(kind) else kind
    names = dict(zip(body.flat.inputs, body.flat.closed.jaxpr.debug_info.arg_names or (), strict=False))
    return build(body.flat, spans=spans, names=names, otherwise=otherwise, name=name)


def _free(name: str, graphs: Sequence[Graph]) -> str:
    """`name`, numbered where a graph has it already."""
    taken = {graph.name for graph in graphs}
    numbered = (f"{name}_{number}" for number in range(1, len(taken) + 1))
    return name if name not in taken else next(each for each in numbered if each not in taken)


def entering(step: Step) -> dict[str, Any]:
    """`call_operands` and `call_results` of a step with bodies, in the numbers of its values (`explorer.graph.places`).

    An operand that is a literal is no value and so gives nothing.
    """
    if not step.bodies:
        return {}
    values = [position for position, atom in enumerate(step.shown_operands) if isinstance(atom, Ref)]
    number_of = {position: number for number, position in enumerate(values)}
    operands = [[number_of.get(position, NOT_GIVEN) for position in body.operands] for body in step.bodies]
    return {"call_operands": operands, "call_results": [list(body.results) for body in step.bodies]}
