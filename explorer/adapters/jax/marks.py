"""Marks: which variable of the backward pass holds the cotangent of which value, and which the share of which use.

The program is traced a second time with a mark, a linear identity, on every value and on every use of a float one. JAX
carries the mark to the tangent and transposes it, so in the marked gradient jaxpr the mark of a value stands exactly
where its cotangent is complete, and the mark of a use where that use's share arrives. Taking the marks out again must
give the program that is shown (`explorer.adapters.jax.matching`); only then are the findings exact.

A mark is a primitive of our own, traced and never run. Rules of its derivative: the documented way of "How JAX
primitives work" (docs.jax.dev), through `jax.interpreters.ad`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import jax
from jax.extend import core as jex
from jax.interpreters import ad

from explorer.adapters.jax.equations import Atom, Flat, Ref, Step, bind, grouping_body
from explorer.adapters.jax.flattening import flatten

VALUE, USE = "value", "use"
FORWARD, TANGENT, BACK = "forward", "tangent", "back"


@cache
def mark() -> Any:
    """The primitive. Params: `key` (value id or use key), `kind` (value or use), `way` (forward, tangent or back)."""
    primitive = jex.Primitive("backflow_mark")
    primitive.def_abstract_eval(lambda aval, **_: aval)

    def forward(primals: Sequence[Any], tangents: Sequence[Any], *, key: str, kind: str, way: str) -> tuple[Any, Any]:
        (x,), (tangent,) = primals, tangents
        result = primitive.bind(x, key=key, kind=kind, way=way) if kind == VALUE else x
        if isinstance(tangent, ad.Zero):
            return result, tangent
        return result, primitive.bind(tangent, key=key, kind=kind, way=TANGENT)

    def back(cotangent: Any, _x: Any, *, key: str, kind: str, **_way: str) -> list[Any]:
        if isinstance(cotangent, ad.Zero):
            return [cotangent]
        result = primitive.bind(cotangent, key=key, kind=kind, way=BACK)
        return [cotangent if is_number(cotangent) else result]

    ad.primitive_jvps[primitive] = forward
    ad.primitive_transposes[primitive] = back
    return primitive


def is_number(tracer: Any) -> bool:
    """True for a literal under trace, which JAX converts between types at once, without an equation.

    A private read (JAX 0.10.2); without it such programs get guessed links, as a test of the adapter says.
    """
    constant = getattr(tracer, "get_const", None)
    return constant is not None and constant() is not None


def is_float(aval: Any) -> bool:
    """True for a value that has a cotangent."""
    return bool(jax.numpy.issubdtype(aval.dtype, jax.numpy.floating))


def marked(flat: Flat, *, uses: bool, reverse: bool) -> Callable[..., Any]:
    """The program of `flat` with its grouping calls closed again and a mark on every value (and use of a float one).

    `reverse` marks the operands of one equation from the last to the first: it decides in which order the shares of
    one equation are summed.
    """
    steps = {step.path: step for step in flat.steps}

    def note(kind: str, key: str, x: Any) -> Any:
        return mark().bind(x, key=key, kind=kind, way=FORWARD)

    def operands(step: Step, values: list[Any]) -> list[Any]:
        places = [place for place, key in enumerate(step.uses) if key and uses and is_float(values[place])]
        for place in reversed(places) if reverse else places:
            values[place] = note(USE, str(step.uses[place]), values[place])
        return values

    def body(closed: Any, arguments: Sequence[Any], path: tuple[int, ...]) -> list[Any]:
        env = dict(zip(closed.jaxpr.constvars, closed.consts, strict=True))
        env.update(zip(closed.jaxpr.invars, arguments, strict=True))
        for index, eqn in enumerate(closed.jaxpr.eqns):
            values = [var.val if isinstance(var, jex.Literal) else env[var] for var in eqn.invars]
            results = call(eqn, values, (*path, index))
            env.update(zip(eqn.outvars, results, strict=True))
        return [var.val if isinstance(var, jex.Literal) else env[var] for var in closed.jaxpr.outvars]

    def call(eqn: Any, values: list[Any], path: tuple[int, ...]) -> list[Any]:
        if (inner := grouping_body(eqn)) is None:
            step = steps[path]
            results = bind(eqn, operands(step, values))
            return [note(VALUE, name, x) for name, x in zip(step.outputs, results, strict=True)]
        closed = jax.make_jaxpr(lambda *arguments: body(inner, arguments, path))(
            *(var.aval for var in inner.jaxpr.invars)
        )
        key = "jaxpr" if "jaxpr" in eqn.params else "call_jaxpr"
        return list(eqn.primitive.bind(*values, **{**eqn.params, key: closed}))

    def program(*arguments: Any) -> Any:
        noted = [note(VALUE, name, x) for name, x in zip(flat.inputs, arguments, strict=True)]
        return tuple(body(flat.closed, noted, ()))

    return program


@dataclass(frozen=True)
class Found:
    """What the marks say. Atoms are of the marked gradient list without its marks.

    `same`: value id of the program -> the value in the gradient list that computes it; `cotangents`: value id -> where
    its cotangent is; `shares`: use key -> where that share is.
    """

    same: dict[str, Atom]
    cotangents: dict[str, Atom]
    shares: dict[str, Atom]


def strip(closed: Any, names: Sequence[str]) -> tuple[Flat, Found]:
    """A marked jaxpr as the list it would be without marks, and where each mark was."""
    flat = flatten(closed, names)
    alias: dict[str, Atom] = {}

    def real(atom: Atom) -> Atom:
        while isinstance(atom, Ref) and atom.id in alias:
            atom = alias[atom.id]
        return atom

    kept: list[Step] = []
    found = Found({}, {}, {})
    for step in flat.steps:
        if step.eqn.primitive is not mark():
            kept.append(step)
            continue
        at = real(step.operands[0])
        alias[step.id] = at
        params = step.eqn.params
        if params["way"] == BACK:
            (found.cotangents if params["kind"] == VALUE else found.shares)[params["key"]] = at
        elif params["kind"] == VALUE:
            found.same[params["key"]] = at
    return _without(flat, kept, real), found


def _without(flat: Flat, kept: list[Step], real: Callable[[Atom], Atom]) -> Flat:
    """`flat` with only the steps `kept`, every operand read through the marks that are gone."""
    steps = tuple(
        replace(
            step,
            operands=tuple(map(real, step.operands)),
            shown_operands=tuple(map(real, step.shown_operands)),
        )
        for step in kept
    )
    return replace(flat, steps=steps, outputs=tuple(map(real, flat.outputs)))
