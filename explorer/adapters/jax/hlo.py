"""Stages `hlo` and `optimized_hlo`: what JAX gives to XLA, and what XLA's compiler made of it for this device.

Both are of the function the gradient stage traces, or of the expression itself where nothing can be differentiated.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from explorer.adapters.jax import gradient
from explorer.adapters.jax.program import FILENAME
from explorer.adapters.xla.hlo import read
from explorer.adapters.xla.op_names import jax_origin
from explorer.capture.record import Stage

if TYPE_CHECKING:
    from explorer.adapters.jax.program import JaxProgram

KEY = "hlo"
OPTIMIZED_KEY = "optimized_hlo"


def capture(program: JaxProgram) -> Stage:
    """The module as JAX lowers it. Raises ProgramError, with the partial graph, for an operation that fails."""
    start = time.perf_counter()
    # debug_info prints the path of every instruction, which tells the backward pass from the forward one.
    text = _lowered(program).as_text(dialect="hlo", debug_info=True)
    return _stage(program, KEY, text, start)


def capture_optimized(program: JaxProgram) -> Stage:
    """The module after XLA's passes, fused and scheduled for the program's device. Raises as `capture`."""
    start = time.perf_counter()
    text = _lowered(program).compile().as_text()
    return _stage(program, OPTIMIZED_KEY, text, start)


def _stage(program: JaxProgram, key: str, text: str, start: float) -> Stage:
    names = program.expression.names
    reading = read(
        text,
        name=key,
        origins=jax_origin,
        file=FILENAME,
        positions=program.expression.positions,
        input_names=names,
        gradients=[names[number] for number in program.float_inputs] if _differentiable(program) else (),
    )
    return Stage(key, reading.graph, text, reading.lines, time.perf_counter() - start)


def _differentiable(program: JaxProgram) -> bool:
    return bool(program.float_inputs) and bool(jnp.issubdtype(program.output.dtype, jnp.floating))


def _lowered(program: JaxProgram) -> Any:
    """`jax.stages.Lowered`; an input the function does not read stays a parameter."""
    output, function = program.output, program.forward
    if _differentiable(program):
        function = gradient.function(program.forward, program.float_inputs, scalar=not output.shape)
    with program.setting(program.inputs):
        arrays = program.arrays(program.inputs)
        return jax.jit(lambda *given: function(*given), keep_unused=True).lower(*arrays)
