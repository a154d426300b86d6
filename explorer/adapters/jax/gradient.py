"""Stage `gradient`: the jaxpr of value and gradient, with the role of every node.

JAX's own name stack says which equations flow back: those under a `transpose`. The seed of a scalar output is a literal
1.0 inside the first of them; an output with a shape gets ones of that shape, made under the scope `seed`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from explorer.adapters.jax.equations import Flat, Ref, Step
from explorer.adapters.jax.jaxpr import build
from explorer.adapters.jax.links import Findings
from explorer.adapters.jax.printout import lines
from explorer.adapters.jax.source_info import SEED, scopes
from explorer.capture.record import Stage
from explorer.graph import roles

if TYPE_CHECKING:
    from explorer.adapters.jax.program import JaxProgram

KEY = "gradient"
GRAPH_NAME = "value_and_gradient"
SUM = "add_any"

Function = Callable[..., Any]


def function(forward: Function, floats: tuple[int, ...], *, scalar: bool, number: int = 0) -> Function:
    """Of a function that returns a tuple: its output `number`, the gradients, by the inputs at positions `floats`, of
    that output's sum, and the other outputs."""
    chosen = _chosen(forward, number)
    if not scalar:
        return _of_sum(chosen, floats)
    differentiated = jax.value_and_grad(chosen, argnums=floats, has_aux=True)

    def value_and_gradients(*arrays: jax.Array) -> Any:
        (value, others), gradients = differentiated(*arrays)
        return value, gradients, others

    return value_and_gradients


def _of_sum(chosen: Function, floats: tuple[int, ...]) -> Function:
    def value_and_gradients(*arrays: jax.Array) -> Any:
        output, back, others = jax.vjp(of_floats(chosen, floats, arrays), *(arrays[k] for k in floats), has_aux=True)
        with jax.named_scope(SEED):
            seed = jnp.ones_like(output)
        return output, back(seed), others

    return value_and_gradients


def _chosen(forward: Function, number: int) -> Function:
    """Output `number` of a function that returns a tuple, and beside it the others."""

    def chosen(*arrays: jax.Array) -> tuple[jax.Array, tuple[jax.Array, ...]]:
        outputs = forward(*arrays)
        return outputs[number], (*outputs[:number], *outputs[number + 1 :])

    return chosen


def of_floats(forward: Function, floats: Sequence[int], arrays: Sequence[jax.Array]) -> Function:
    """`forward` as a function of its inputs at `floats`, the others held at `arrays`."""

    def inner(*chosen: jax.Array) -> Any:
        given = dict(zip(floats, chosen, strict=True))
        return forward(*(given.get(k, array) for k, array in enumerate(arrays)))

    return inner


def gradient_of(program: JaxProgram, forward: Function) -> Function:
    """The function this stage traces, of `forward`: the program's own or one that does the same."""
    return function(forward, program.float_inputs, scalar=not program.output.shape, number=program.output_number)


def capture(program: JaxProgram) -> Stage:
    """The stage of a loaded program. Raises ProgramError where there is nothing to differentiate, or as stage one."""
    flat, found = program.gradient_list, program.findings
    start = time.perf_counter()
    names = {found.same[value]: name for value, name in program.value_names.items() if value in found.same}
    role = {**program.input_roles, **node_roles(flat, found, len(program.float_inputs))}
    graph = build(flat, spans=program.span, names=names, role=role, name=GRAPH_NAME)
    text = str(flat.closed)
    seconds = program.trace_seconds[KEY] + time.perf_counter() - start
    return Stage(KEY, graph, text, lines(text, flat), seconds)


def node_roles(flat: Flat, found: Findings, count: int) -> dict[str, str]:
    """Roles of the nodes that are not primal. The list returns a value, `count` gradients, other values."""
    ends = flat.output_ids[:1] + flat.output_ids[1 + count :]
    forward = _ancestors(flat, ends) | set(found.same.values())
    sums = _accumulations(flat, found)
    role = {}
    # An input without a path gets plain zeros, made outside the transpose.
    gradients = set(flat.output_ids[1 : 1 + count]) - forward
    for step in flat.steps:
        if flows_back(step) or not gradients.isdisjoint(step.outputs):
            role[step.id] = roles.ACCUMULATE if step.id in sums else roles.COTANGENT
        elif forward.isdisjoint(step.outputs):
            role[step.id] = roles.RESIDUAL
    return {**role, **dict.fromkeys(gradients & set(flat.literals), roles.COTANGENT)}


def flows_back(step: Step) -> bool:
    """True for a step of the backward pass, its seed included."""
    return step.transforms[:1] == ("transpose",) or SEED in scopes(step.written)


def _ancestors(flat: Flat, ends: Sequence[str]) -> set[str]:
    """All values that the values `ends` depend on, themselves included."""
    needed = set(ends)
    for step in reversed(flat.steps):
        if not needed.isdisjoint(step.outputs):
            needed.update(atom.id for atom in step.operands if isinstance(atom, Ref))
    return needed


def _accumulations(flat: Flat, found: Findings) -> set[str]:
    """Sums that add up the shares of one value: from its cotangent back to the shares, through sums only.

    An `add_any` that stands for one share is a step inside a derivative rule, not a sum over uses.
    """
    if not found.exact:
        return {step.id for step in flat.steps if step.op == SUM and flows_back(step)}
    producer = {name: step for step in flat.steps for name in step.outputs}
    sums: set[str] = set()
    for value, total in found.cotangents.items():
        shares = {share for use, share in found.shares.items() if found.used_value[use] == value}
        waiting = [] if total in shares else [total]
        while waiting:
            step = producer.get(waiting.pop())
            if step is not None and step.op == SUM:
                sums.add(step.id)
                waiting += [name for name in step.inputs if name not in shares]
    return sums
