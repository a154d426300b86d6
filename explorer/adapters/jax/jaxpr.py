"""Stage `jaxpr`: a flat list of steps as a Graph, with the user's spans and names, and JAX's own printout beside it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from explorer.adapters.jax.equations import Flat, Step
from explorer.adapters.jax.flattening import LITERAL
from explorer.adapters.jax.params import number, plain_params
from explorer.adapters.jax.printout import lines
from explorer.capture.record import Stage
from explorer.graph import roles
from explorer.graph.ir import INPUT_OP, Graph, Node, Span, TensorType, Value

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
    graph = build(flat, spans=program.span, names=program.value_names)
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
    name: str = GRAPH_NAME,
) -> Graph:
    """The graph of `flat`. `names` are what people call values, `role` the roles of nodes that are not primal."""
    role = role or {}
    given = {**dict.fromkeys(flat.inputs, roles.INPUT), **dict.fromkeys(flat.constants, roles.CONSTANT)}

    def value(identity: str) -> Value:
        return Value(identity, tensor_type(flat.avals[identity]), names.get(identity, ""))

    nodes = [Node(identity, INPUT_OP, (), (value(identity),), role=kind) for identity, kind in given.items()]
    bodies: list[Graph] = []
    for step in flat.steps:
        calls: tuple[str, ...] = ()
        if step.body is not None:
            bodies.append(build(step.body, spans=lambda _step: None, names={}, name=_body_name(step, bodies)))
            calls = (bodies[-1].name,)
        nodes.append(
            Node(
                step.id, step.op, step.inputs, tuple(map(value, step.outputs)), plain_params(step),
                role.get(step.id, roles.PRIMAL), step.scope, spans(step), calls,
            )
        )  # fmt: skip
    for identity, fixed in flat.literals.items():
        params = {"literals": {"0": number(fixed.value)}}
        nodes.append(Node(identity, LITERAL, (), (value(identity),), params, role.get(identity, roles.CONSTANT)))
    return Graph(name, tuple(given), flat.output_ids, tuple(nodes), tuple(bodies))


def _body_name(step: Step, bodies: list[Graph]) -> str:
    """The called function's name, numbered where two calls have the same."""
    taken, name = {body.name for body in bodies}, step.scope[-1]
    return (
        name
        if name not in taken
        else next(f"{name}_{k}" for k in range(1, len(taken) + 1) if f"{name}_{k}" not in taken)
    )
