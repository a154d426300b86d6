"""From a jaxpr to a flat list of steps.

Calls that only group (`jit`, `closed_call`) are opened in place: their equations join the list with the call's name in
`scope`, so every value inside is a value of the list. A call with a derivative rule of its own (`custom_jvp_call`,
`custom_vjp_call`) is *one* operation for differentiation, because JAX never differentiates its body: it stays one step
and its body is kept beside it. Where that body is a single equation that reads every operand once (relu is `max x 0.0`)
call and equation have the same edges; then the equation is shown, and the call with its rule is what runs. Loops and
branches stay one step too, with lists of their own for what is inside (`explorer.adapters.jax.control`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from jax.extend import core as jex

from explorer.adapters.jax.control import inner_jaxprs
from explorer.adapters.jax.equations import (
    Atom,
    Body,
    Fixed,
    Flat,
    Path,
    Ref,
    Step,
    call_name,
    grouping_body,
    rule_body,
)
from explorer.adapters.jax.source_info import SEED, scopes, transforms, user_wrote
from explorer.graph.ir import use_key

CONSTANT = "constant"
LITERAL = "literal"
OPERAND = "operand"


def flatten(closed: Any, names: Sequence[str]) -> Flat:
    """The steps of a closed jaxpr, `names` being the ids of its input variables."""
    return _flatten(closed, names, _Place())


def _flatten(closed: Any, names: Sequence[str], place: _Place) -> Flat:
    work = _Flattening(names)
    env: dict[Any, Atom] = dict(zip(closed.jaxpr.invars, map(Ref, names), strict=True))
    work.avals.update((name, var.aval) for name, var in zip(names, closed.jaxpr.invars, strict=True))
    outputs = work.body(closed, env, place)
    literals = {work.name(LITERAL): atom for atom in outputs if isinstance(atom, Fixed)}
    work.avals.update((name, atom.aval) for name, atom in literals.items())
    free = iter(literals)
    output_ids = tuple(atom.id if isinstance(atom, Ref) else next(free) for atom in outputs)
    return Flat(closed, tuple(names), work.constants, tuple(work.steps), outputs, work.avals, literals, output_ids)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an equation stands; `Step` says what the fields are. `written` is None in the user's own functions."""

    path: Path = ()
    scope: tuple[str, ...] = ()
    transforms: tuple[str, ...] = ()
    written: Any = None

    def at(self, index: int, eqn: Any) -> _Place:
        """The place of the equation `index` of the jaxpr here."""
        written = eqn if self.written is None else self.written
        named = (name for name in scopes(eqn) if name != SEED)
        return _Place((*self.path, index), (*self.scope, *named), (*self.transforms, *transforms(eqn)), written)

    def into(self, closed: Any) -> _Place:
        """In the jaxpr that the equation here calls."""
        return replace(self, written=None) if user_wrote(closed.jaxpr) else self

    def inside(self, *names: str) -> _Place:
        """In calls of these names; a call that does nothing but call its namesake counts once."""
        scope = self.scope
        for name in names:
            scope = scope if scope[-1:] == (name,) else (*scope, name)
        return replace(self, scope=scope)


class _Flattening:
    """The list under construction, and the ids given so far."""

    def __init__(self, taken: Iterable[str]) -> None:
        self.taken = set(taken)
        self.count: dict[str, int] = {}
        self.steps: list[Step] = []
        self.constants: dict[str, Any] = {}
        self.avals: dict[str, Any] = {}

    def name(self, op: str) -> str:
        """`op`, `op_1`, `op_2`, ... and never the name of an input."""
        while True:
            number = self.count.get(op, 0)
            self.count[op] = number + 1
            name = f"{op}_{number}" if number else op
            if name not in self.taken:
                self.taken.add(name)
                return name

    def body(self, closed: Any, env: dict[Any, Atom], place: _Place) -> tuple[Atom, ...]:
        """Append the equations of `closed`; the atoms of its outputs. `env` holds its input variables."""
        for var, value in zip(closed.jaxpr.constvars, closed.consts, strict=True):
            name = self.name(CONSTANT)
            env[var], self.constants[name], self.avals[name] = Ref(name), value, var.aval
        for index, eqn in enumerate(closed.jaxpr.eqns):
            operands = tuple(_atom(var, env) for var in eqn.invars)
            here = place.at(index, eqn)
            if (inner := grouping_body(eqn)) is not None:
                bound = dict(zip(inner.jaxpr.invars, operands, strict=True))
                results = self.body(inner, bound, here.inside(call_name(eqn)).into(inner))
            elif (rule := rule_body(eqn)) is not None:
                results = self.rule_call(eqn, operands, here.inside(call_name(eqn)), rule)
            else:
                results = self.step(eqn, operands, here, _bodies(eqn, here))
            env.update(zip(eqn.outvars, results, strict=True))
        return tuple(_atom(var, env) for var in closed.jaxpr.outvars)

    def step(
        self, eqn: Any, operands: tuple[Atom, ...], place: _Place, bodies: tuple[Body, ...] = ()
    ) -> tuple[Atom, ...]:
        """Append an equation that is shown as it is."""
        return self.append(eqn, operands, place, eqn, operands, range(len(operands)), place.path, bodies)

    def rule_call(self, eqn: Any, operands: tuple[Atom, ...], place: _Place, rule: Any) -> tuple[Atom, ...]:
        """Append a call with a derivative rule: opened where its body is one equation with the same edges."""
        names = [f"{OPERAND}_{k}" for k in range(len(operands))]
        body = flatten(rule, names)
        only = _only_step(body)
        if only is None:
            body = _flatten(rule, names, replace(place, path=()).into(rule))
            into, out = tuple(range(len(operands))), tuple(range(len(eqn.outvars)))
            entered = Body(place.scope[-1], "rule", body, into, out, ("call_jaxpr", 0))
            return self.step(eqn, operands, place, (entered,))
        sources = [body.inputs.index(atom.id) if isinstance(atom, Ref) else None for atom in only.operands]
        shown_operands = tuple(
            atom if source is None else operands[source] for atom, source in zip(only.operands, sources, strict=True)
        )
        inside = place.inside(*only.scope)
        return self.append(eqn, operands, inside, only.eqn, shown_operands, sources, (*place.path, *only.path))

    def append(
        self, eqn: Any, operands: tuple[Atom, ...], place: _Place, shown: Any, shown_operands: tuple[Atom, ...],
        sources: Sequence[int | None], shown_path: Path, bodies: tuple[Body, ...] = (),
    ) -> tuple[Atom, ...]:  # fmt: skip
        """`sources` says for each shown operand which operand of `eqn` it is, None for a literal of the body."""
        name = self.name(str(shown.primitive.name))
        outputs = tuple(f"{name}:{k}" if k else name for k in range(len(eqn.outvars)))
        self.avals.update((output, var.aval) for output, var in zip(outputs, eqn.outvars, strict=True))
        uses = _use_keys(name, shown_operands, sources, len(operands))
        self.steps.append(
            Step(
                name, eqn, operands, uses, shown, shown_operands, outputs,
                place.scope, place.path, shown_path, place.written, place.transforms, bodies,
            )
        )  # fmt: skip
        return tuple(map(Ref, outputs))


def _bodies(eqn: Any, place: _Place) -> tuple[Body, ...]:
    """What is inside a loop or a branch: lists of their own, which stand where the equation stands."""
    around = replace(place, path=())
    found = []
    for each in inner_jaxprs(eqn):
        name = str(each.closed.jaxpr.debug_info.func_name)
        function = name if user_wrote(each.closed.jaxpr) and name.isidentifier() else ""
        flat = _flatten(each.closed, each.inputs, around.into(each.closed))
        found.append(Body(function, each.what, flat, each.operands, each.results, each.printed))
    return tuple(found)


def _atom(var: Any, env: Mapping[Any, Atom]) -> Atom:
    return Fixed(var.val, var.aval) if isinstance(var, jex.Literal) else env[var]


def _only_step(body: Flat) -> Step | None:
    """The single step of a body whose edges are exactly the edges of the call around it."""
    if len(body.steps) != 1 or body.constants:
        return None
    step = body.steps[0]
    one_each = sorted(step.inputs) == sorted(body.inputs)
    same_outputs = body.outputs == tuple(map(Ref, step.outputs))
    return step if step.shown is step.eqn and one_each and same_outputs else None


def _use_keys(name: str, shown: Sequence[Atom], sources: Sequence[int | None], count: int) -> tuple[str | None, ...]:
    """For each of `count` operands of what runs: the use key of the shown operand that comes from it."""
    keys: list[str | None] = [None] * count
    values = 0
    for atom, source in zip(shown, sources, strict=True):
        if isinstance(atom, Ref):
            if source is not None:
                keys[source] = use_key(name, values)
            values += 1
    return tuple(keys)
