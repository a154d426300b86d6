"""Stages `hlo` and `optimized_hlo`: what JAX gives to XLA, and what XLA's compiler made of it for this device.

Both are of the function the gradient stage traces, or of the expression itself where nothing can be differentiated.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from explorer.adapters.jax.lowering import lowered, module_names
from explorer.adapters.xla.hlo import read
from explorer.adapters.xla.op_names import jax_origin
from explorer.capture.positions import FILENAME
from explorer.capture.record import Stage

if TYPE_CHECKING:
    from explorer.adapters.jax.program import JaxProgram

KEY = "hlo"
OPTIMIZED_KEY = "optimized_hlo"


def capture(program: JaxProgram) -> Stage:
    """The module as JAX lowers it. Raises ProgramError, with the partial graph, for an operation that fails."""
    start = time.perf_counter()
    # debug_info prints the path of every instruction, which tells the backward pass from the forward one.
    text = lowered(program).as_text(dialect="hlo", debug_info=True)
    return _stage(program, KEY, text, start)


def capture_optimized(program: JaxProgram) -> Stage:
    """The module after XLA's passes, fused and scheduled for the program's device. Raises as `capture`."""
    start = time.perf_counter()
    text = lowered(program).compile().as_text()
    return _stage(program, OPTIMIZED_KEY, text, start)


def _stage(program: JaxProgram, key: str, text: str, start: float) -> Stage:
    reading = read(
        text,
        name=key,
        origins=jax_origin,
        file=FILENAME,
        positions=program.text.positions,
        **module_names(program),
    )
    return Stage(key, reading.graph, text, reading.lines, time.perf_counter() - start)
