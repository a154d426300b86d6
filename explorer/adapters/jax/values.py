"""The numbers of both stages: `value` of everything, and of the first stage also `cotangent` and `share`.

Every float value, and every use of one, passes through an identity with a second argument that stands for a change of
zero. One reverse pass by all those changes gives every cotangent and every share at once, by JAX's own rules. The
identity returns its first argument as it is, so no bit of a value changes. Compiled once for a program.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend import core as jex
from jax.interpreters import ad

from explorer.adapters.jax.equations import Flat, run
from explorer.adapters.jax.links import Findings
from explorer.adapters.jax.marks import is_float
from explorer.capture.cells import cells
from explorer.capture.record import Column
from explorer.graph import places

Numbers = dict[str, Any]

# A fused loop for every result that is asked for would compute the chain before it again, and takes seconds to compile
# where a graph has a hundred values. Without fusion each value is computed once, by the operation that is shown.
COMPILER = {"xla_disable_hlo_passes": "fusion"}


class Evaluator(Protocol):
    """`traces` counts how often the computation was traced: once, however often it runs."""

    traces: int

    def columns(self, arrays: Sequence[jax.Array]) -> Iterator[Column]:
        """The columns of a stage for inputs of the captured shapes and dtypes."""


@cache
def change() -> Any:
    """The primitive `x, change -> x`, with derivative one by both. Always under differentiation, so it never runs.

    A `jax.custom_jvp` would do the same and makes the trace half as long again.
    """
    primitive = jex.Primitive("backflow_change")
    primitive.def_abstract_eval(lambda x, _change: x)

    def rule(primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
        return primals[0], ad.add_tangents(*tangents)

    ad.primitive_jvps[primitive] = rule
    return primitive


class GradientNumbers:
    """`value` of every value of a list."""

    def __init__(self, flat: Flat, stage: str) -> None:
        self.traces = 0
        self._flat, self._stage = flat, stage
        self._run = jax.jit(self._trace, compiler_options=COMPILER)

    def _trace(self, *arrays: jax.Array) -> Numbers:
        self.traces += 1
        return {**run(self._flat, arrays, value=_same, use=_same), **_literals(self._flat)}

    def columns(self, arrays: Sequence[jax.Array]) -> Iterator[Column]:
        yield Column("value", self._stage, "value", cells(self._run(*arrays), plain_array), absent=inside(self._flat))


class ForwardNumbers:
    """`value`, and where there is something to differentiate (`found`) `cotangent` and `share`, of the first stage.

    Cotangents are those of the value `output`.
    """

    def __init__(self, flat: Flat, found: Findings | None, output: str, stage: str) -> None:
        self.traces = 0
        self._flat, self._found, self._output, self._stage = flat, found, output, stage
        self._run = jax.jit(self._trace, compiler_options=COMPILER)

    def _trace(self, *arrays: jax.Array) -> tuple[Numbers, Numbers, Numbers]:
        self.traces += 1
        flat, found = self._flat, self._found
        if found is None:
            return {**run(flat, arrays, value=_same, use=_same), **_literals(flat)}, {}, {}
        values = {name: _zeros(flat.avals[name]) for name in found.reached}
        uses = {key: _zeros(flat.avals[found.used_value[key]]) for key in found.reached_uses}

        def forward(values: Numbers, uses: Numbers) -> tuple[jax.Array, Numbers]:
            env = run(flat, arrays, value=_changer(values), use=_changer(uses))
            return env[self._output], env

        output, back, env = jax.vjp(forward, values, uses, has_aux=True)
        return env, *back(jnp.ones_like(output))

    def columns(self, arrays: Sequence[jax.Array]) -> Iterator[Column]:
        values, cotangents, shares = self._run(*arrays)
        unrecorded = inside(self._flat)
        yield Column("value", self._stage, "value", cells(values, plain_array), absent=unrecorded)
        if self._found is not None:
            yield Column(
                "cotangent",
                self._stage,
                "value",
                cells(cotangents, np.asarray),
                absent={**unrecorded, **self._absent_values()},
            )
            yield Column("share", self._stage, "use", cells(shares, np.asarray), absent=self._absent_uses())

    def _absent_values(self) -> dict[str, str]:
        """Why a value has no cotangent: it is no float, or JAX sends nothing back to it."""
        return {name: _reason(aval) for name, aval in self._flat.avals.items() if name not in self._reached()}

    def _absent_uses(self) -> dict[str, str]:
        found = self._found
        assert found is not None, "only asked where there is something to differentiate"
        avals = self._flat.avals
        return {key: _reason(avals[value]) for key, value in found.used_value.items() if key not in found.reached_uses}

    def _reached(self) -> frozenset[str]:
        return self._found.reached if self._found else frozenset()


def inside(flat: Flat, prefix: str = "") -> dict[str, str]:
    """Places of the values inside loops and branches, each with the reason why it has no number."""
    found: dict[str, str] = {}
    for step in flat.steps:
        for call, body in enumerate(step.bodies):
            into = places.inside(prefix + step.id, call, "")
            found.update((into + name, "jax_inside") for name in body.flat.avals)
            found |= inside(body.flat, into)
    return found


def plain_array(x: jax.Array) -> np.ndarray:
    """The numbers of an array; those behind it where it is a key of random numbers."""
    return np.asarray(jax.random.key_data(x) if jnp.issubdtype(x.dtype, jax.dtypes.prng_key) else x)


def _reason(aval: Any) -> str:
    return "jax_no_path" if is_float(aval) else "not_float"


def _same(_key: str, x: jax.Array) -> jax.Array:
    return x


def _changer(changes: Mapping[str, jax.Array]) -> Any:
    return lambda key, x: change().bind(x, changes[key]) if key in changes else x


def _zeros(aval: Any) -> jax.Array:
    return jnp.zeros(aval.shape, aval.dtype)


def _literals(flat: Flat) -> Numbers:
    return {name: jnp.asarray(fixed.value, fixed.aval.dtype) for name, fixed in flat.literals.items()}
