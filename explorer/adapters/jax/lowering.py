"""What JAX hands to XLA: the function the gradient stage traces, or the forward one where nothing is differentiated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from explorer.adapters.jax import gradient
from explorer.adapters.jax.equations import Flat

if TYPE_CHECKING:
    from explorer.adapters.jax.program import JaxProgram


def lowered(program: JaxProgram) -> Any:
    """`jax.stages.Lowered`; an input the function does not read stays a parameter.

    Raises ProgramError, with the partial graph, for an operation that fails.
    """
    function = gradient.gradient_of(program, program.forward) if differentiable(program) else program.forward
    with program.setting({}):
        arrays = program.arrays({})
        return jax.jit(lambda *given: function(*given), keep_unused=True).lower(*arrays)


def shown_list(program: JaxProgram) -> Flat:
    """The list of steps that is lowered."""
    return program.gradient_list if differentiable(program) else program.forward_list


def differentiable(program: JaxProgram) -> bool:
    """True where the stages after `gradient` are of value and gradient."""
    if program.source.forward_only or not program.float_inputs:
        return False
    return bool(jnp.issubdtype(program.output.dtype, jnp.floating)) and program.has_gradient


def module_names(program: JaxProgram) -> dict[str, Any]:
    """What the readers of a module ask for: names of its parameters, and what its results are."""
    names, roles = program.names, program.input_roles
    given = {"input_names": names, "input_roles": [roles[name] for name in names]}
    count = len(program.forward_list.output_ids)
    if not differentiable(program):
        return {**given, "values": count}
    return {**given, "gradients": [names[number] for number in program.float_inputs], "others": count - 1}
