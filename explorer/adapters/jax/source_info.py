"""What JAX remembers about where an equation came from. The private reads, one function each; a test names what moved.

Checked with JAX 0.10.2. Where a later version has moved something, graphs come without places in the text.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from explorer.capture.expression import Expression
from explorer.graph.ir import Span


def transforms(eqn: Any) -> tuple[str, ...]:
    """Names of the transformations an equation came out of, outside in: `("transpose", "jvp")` on the way back.

    Elements of the name stack are `Scope` (names the program gave) and `Transform` (what JAX did).
    """
    return tuple(entry.name for entry in eqn.source_info.name_stack.stack if type(entry).__name__ == "Transform")


def scopes(eqn: Any) -> tuple[str, ...]:
    """Names of the `jax.named_scope` blocks around an equation, outside in."""
    return tuple(entry.name for entry in eqn.source_info.name_stack.stack if type(entry).__name__ == "Scope")


def span(eqn: Any, filename: str, expression: Expression) -> Span | None:
    """The stretch of the user's text an equation of the outermost jaxpr was made by: its frame in `filename`.

    Equations inside nested jaxprs have none of their own: JAX traces a library function once and keeps the source of
    that first call, so callers pass the outermost equation.
    """
    for frame in _frames(eqn.source_info.traceback):
        if frame.file_name == filename:
            return expression.positions(frame.start_line, frame.end_line, frame.start_column, frame.end_column)
    return None


def _frames(traceback: Any) -> Iterable[Any]:
    """Frames of a JAX traceback that are not JAX's own, innermost first, with lines from 1 and byte columns from 0.

    `jax.extend.source_info_util` has no public counterpart that gives where a stretch of text ends.
    """
    try:
        from jax._src.source_info_util import user_frames
    except ImportError:
        return ()
    frames: Iterable[Any] = user_frames(traceback)
    return frames
