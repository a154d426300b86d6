"""What JAX remembers about where an equation came from. The private reads, one function each; a test names what moved.

Checked with JAX 0.10.2. Where a later version has moved something, graphs come without places in the text.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from explorer.capture.positions import FILENAME, Written
from explorer.graph.ir import Span

SEED = "seed"  # the scope under which the gradient stage makes ones for an output with a shape


def transforms(eqn: Any) -> tuple[str, ...]:
    """Names of the transformations an equation came out of, outside in: `("transpose", "jvp")` on the way back.

    Elements of the name stack are `Scope` (names the program gave) and `Transform` (what JAX did).
    """
    return tuple(entry.name for entry in eqn.source_info.name_stack.stack if type(entry).__name__ == "Transform")


def user_wrote(jaxpr: Any) -> bool:
    """True for the jaxpr of a function in the user's text, whose equations know their own places there."""
    return bool(jaxpr.debug_info.func_filename == FILENAME)


def scopes(eqn: Any) -> tuple[str, ...]:
    """Names of the `jax.named_scope` blocks around an equation, outside in."""
    return tuple(entry.name for entry in eqn.source_info.name_stack.stack if type(entry).__name__ == "Scope")


def in_scope(eqn: Any, name: str) -> Any:
    """The same equation with one more scope around it, innermost. A private call: the name stack is JAX's own."""
    info = eqn.source_info
    return eqn.replace(source_info=info.replace(name_stack=info.name_stack.extend(name)))


def span(eqn: Any, text: Written) -> Span | None:
    """The stretch of the user's text that an equation was made by: the innermost frame there, library frames aside.

    Equations inside a library's jaxpr have none of their own: JAX traces such a function once and keeps the source of
    the first call, so callers pass `Step.written`.
    """
    for frame in _frames(eqn.source_info.traceback):
        if frame.file_name == FILENAME:
            return text.positions(frame.start_line, frame.end_line, frame.start_column, frame.end_column)
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
