"""A jaxpr as one flat list of steps: what both JAX stages show, and what runs when their numbers are computed.

`explorer.adapters.jax.flattening` makes the list and says what is opened and what is not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

GROUPING_CALLS = frozenset({"jit", "pjit", "closed_call", "core_call"})
RULE_CALLS = frozenset({"custom_jvp_call", "custom_vjp_call"})
CALL_TYPES = GROUPING_CALLS | RULE_CALLS

Path = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ref:
    """A value of the list, by its id."""

    id: str


@dataclass(frozen=True, slots=True)
class Fixed:
    """A number written in place: a literal of the jaxpr."""

    value: Any
    aval: Any


Atom = Ref | Fixed


@dataclass(frozen=True, slots=True)
class Step:
    """One operation.

    `eqn` with `operands` is what runs; `shown` with `shown_operands` is what is displayed (they differ only for an
    opened call with a derivative rule). `uses` holds, for each of `operands`, the key of its use, None for a literal.
    `path` is the place of `eqn`: indices of equations from this list's jaxpr inwards, `shown_path` that of `shown`.
    `written` is the equation that stands for it in the user's text: itself, or the call of a library function that it
    is inside of. `transforms` names JAX's transformations, outside in. `bodies` are what it calls and is not opened.
    """

    id: str
    eqn: Any
    operands: tuple[Atom, ...]
    uses: tuple[str | None, ...]
    shown: Any
    shown_operands: tuple[Atom, ...]
    outputs: tuple[str, ...]
    scope: tuple[str, ...]
    path: Path
    shown_path: Path
    written: Any
    transforms: tuple[str, ...]
    bodies: tuple[Body, ...] = ()

    @property
    def op(self) -> str:
        return str(self.shown.primitive.name)

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(atom.id for atom in self.shown_operands if isinstance(atom, Ref))


@dataclass(frozen=True, slots=True)
class Body:
    """A jaxpr inside a step: a loop's body, a branch, what a call with a derivative rule computes.

    `function` is the name of the function it is, empty for one that is not worth a name; `what` is what it is for the
    step (`body`, `branch_0`).
    `operands` says for each of its inputs which operand of the step gives it, `results` for each output of the step
    which of its outputs that is, NOT_GIVEN (`explorer.graph.places`) where none is. `printed` is where the printout has
    it: the key of the equation's params, and the number under that key.
    """

    function: str
    what: str
    flat: Flat
    operands: tuple[int, ...]
    results: tuple[int, ...]
    printed: tuple[str, int]


@dataclass(frozen=True)
class Flat:
    """A flattened jaxpr.

    `avals` has shape and dtype of every value; `constants` are arrays the jaxpr closes over. An output that is no value
    but a number written in place has an id in `literals`; `output_ids` are the ids of all outputs.
    """

    closed: Any
    inputs: tuple[str, ...]
    constants: Mapping[str, Any]
    steps: tuple[Step, ...]
    outputs: tuple[Atom, ...]
    avals: Mapping[str, Any]
    literals: Mapping[str, Fixed]
    output_ids: tuple[str, ...]


def grouping_body(eqn: Any) -> Any | None:
    """The closed jaxpr of a call that only groups, else None."""
    if eqn.primitive.name not in GROUPING_CALLS:
        return None
    return eqn.params.get("jaxpr") or eqn.params.get("call_jaxpr")


def rule_body(eqn: Any) -> Any | None:
    """The closed jaxpr of a call that has its own derivative rule, else None."""
    return eqn.params["call_jaxpr"] if eqn.primitive.name in RULE_CALLS else None


def call_name(eqn: Any) -> str:
    """The name of the function a call stands for."""
    body: Any = grouping_body(eqn) or rule_body(eqn)
    return str(eqn.params.get("name") or body.jaxpr.debug_info.func_name)


def bind(eqn: Any, operands: Sequence[Any]) -> list[Any]:
    """Apply the primitive of `eqn` with its own params, as `jax.core.eval_jaxpr` does."""
    results = eqn.primitive.bind(*operands, **eqn.primitive.get_bind_params(eqn.params))
    return list(results) if eqn.primitive.multiple_results else [results]


Hook = Callable[[str, Any], Any]


def run(flat: Flat, arguments: Sequence[Any], *, value: Hook, use: Hook) -> dict[str, Any]:
    """Every value of the list by id. `value(id, x)` sees each value once, `use(key, x)` each use; both return x."""
    env = {name: value(name, x) for name, x in [*zip(flat.inputs, arguments, strict=True), *flat.constants.items()]}
    for step in flat.steps:
        operands = [
            atom.value if isinstance(atom, Fixed) else use(key, env[atom.id]) if key else env[atom.id]
            for atom, key in zip(step.operands, step.uses, strict=True)
        ]
        for name, x in zip(step.outputs, bind(step.eqn, operands), strict=True):
            env[name] = value(name, x)
    return env
