"""Equations with jaxprs inside that are entered, not opened: loops, branches, checkpoints. What goes in and out.

Which operand gives which input is JAX's own convention for each primitive (`jax.lax.scan`: constants, carry, slices;
`while_loop`: constants of the condition, constants of the body, carry; `cond`: the index, then what each branch reads).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from jax.extend import core as jex

from explorer.graph.places import NOT_GIVEN

CHECKPOINTS: Final = ("checkpoint", "remat", "remat2")


@dataclass(frozen=True, slots=True)
class Inner:
    """A closed jaxpr inside an equation, with ids for its inputs; the other fields are as in `equations.Body`."""

    what: str
    closed: Any
    inputs: tuple[str, ...]
    operands: tuple[int, ...]
    results: tuple[int, ...]
    printed: tuple[str, int]


def inner_jaxprs(eqn: Any) -> tuple[Inner, ...]:
    """What is entered from `eqn`; nothing for an equation of another kind."""
    found = READERS.get(eqn.primitive.name)
    return () if found is None else tuple(found(eqn))


def _scan(eqn: Any) -> Iterator[Inner]:
    params, count = eqn.params, len(eqn.invars)
    constants, carried = params["num_consts"], params["num_carry"]
    names = _numbered(("constant", constants), ("carry", carried), ("slice", count - constants - carried))
    yield Inner("body", params["jaxpr"], names, tuple(range(count)), tuple(range(len(eqn.outvars))), ("jaxpr", 0))


def _while(eqn: Any) -> Iterator[Inner]:
    params, count = eqn.params, len(eqn.invars)
    first, second = params["cond_nconsts"], params["body_nconsts"]
    carry = tuple(range(first + second, count))
    results = tuple(range(len(eqn.outvars)))
    no_results = (NOT_GIVEN,) * len(results)
    names = _numbered(("constant", first), ("carry", len(carry)))
    yield Inner("cond", params["cond_jaxpr"], names, (*range(first), *carry), no_results, ("cond_jaxpr", 0))
    names = _numbered(("constant", second), ("carry", len(carry)))
    operands = (*range(first, first + second), *carry)
    yield Inner("body", params["body_jaxpr"], names, operands, results, ("body_jaxpr", 0))


def _cond(eqn: Any) -> Iterator[Inner]:
    operands, results = tuple(range(1, len(eqn.invars))), tuple(range(len(eqn.outvars)))
    for number, branch in enumerate(eqn.params["branches"]):
        names = _numbered(("operand", len(operands)))
        yield Inner(f"branch_{number}", branch, names, operands, results, ("branches", number))


def _checkpoint(eqn: Any) -> Iterator[Inner]:
    operands = tuple(range(len(eqn.invars)))
    closed = jex.ClosedJaxpr(eqn.params["jaxpr"], ())
    results = tuple(range(len(eqn.outvars)))
    yield Inner("body", closed, _numbered(("operand", len(operands))), operands, results, ("jaxpr", 0))


READERS: Final[Mapping[str, Callable[[Any], Iterator[Inner]]]] = {
    "scan": _scan,
    "while": _while,
    "cond": _cond,
    **dict.fromkeys(CHECKPOINTS, _checkpoint),
}


def _numbered(*kinds: tuple[str, int]) -> tuple[str, ...]:
    """`carry`, `carry_1`, ... as many of each kind as are asked for."""
    return tuple(f"{kind}_{number}" if number else kind for kind, count in kinds for number in range(count))
