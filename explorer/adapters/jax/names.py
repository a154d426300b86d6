"""What people call the values of a jaxpr: the names they gave them with `h = ...`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from explorer.adapters.jax.equations import Flat, Ref, Step
from explorer.capture.positions import Written
from explorer.graph.ir import Span


def assigned_names(
    text: Written, statements: Sequence[ast.stmt], flat: Flat, span: Callable[[Step], Span | None]
) -> dict[str, str]:
    """Value id -> assigned name. Inputs are called what they are called.

    The value of `h = <formula>` is the one that steps with the formula's span make and other steps, or nobody but the
    caller, read. Where that is not exactly one, there is no name.
    """
    names = {name: name for name in flat.inputs}
    made: dict[Span | None, list[Step]] = {}
    for step in flat.steps:
        made.setdefault(span(step), []).append(step)
    for statement in statements:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                results = _read_outside(flat, made.get(text.span(value), []))
                names.update(dict.fromkeys(results if len(results) == 1 else (), name))
    return names


def _read_outside(flat: Flat, made: list[Step]) -> list[str]:
    if not made:
        return []
    inside = {step.id for step in made}
    read = {name for step in flat.steps if step.id not in inside for name in step.inputs}
    read.update(atom.id for atom in flat.outputs if isinstance(atom, Ref))
    return [name for step in made for name in step.outputs if name in read]
