"""A jaxpr whose every equation stands under a scope of its own, `eq_17_`, which XLA carries through to instructions.

Only name stacks differ from the program that is shown, so the module made of it has the same operations in the same
order (`explorer.adapters.jax.compiled_links` compares them), and nobody sees the tags. A jaxpr that is called twice
is tagged once, so that it stays one function.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from jax.extend import core as jex

from explorer.adapters.jax.equations import Flat, Path, grouping_body, rule_body
from explorer.adapters.jax.source_info import in_scope
from explorer.adapters.xla.op_names import parts
from explorer.graph import places

TAG: Final = re.compile(r"\beq_(\d+)_")
Chain = frozenset[int]


@dataclass(frozen=True)
class Tagged:
    """`closed` is the jaxpr with tags; `steps` maps a tag to the places of the steps that show its equation, each with
    the tags of all equations around it."""

    closed: Any
    steps: Mapping[int, list[tuple[str, Chain]]]

    def origins(self, op_name: str, around: Chain) -> tuple[str, ...]:
        """Places of the steps that an operation was made of. `around` are tags of the calls that lead to it."""
        found: dict[str, None] = {}
        for part in parts(op_name):
            tags = tags_of(part)
            if tags:
                known = self.steps.get(tags[-1], [])
                fitting = [place for place, chain in known if chain <= around.union(tags)]
                found.update(dict.fromkeys(fitting or [place for place, _ in known]))
        return tuple(found)


def tags_of(op_name: str) -> list[int]:
    """The tags in an op_name, outermost first."""
    return [int(number) for number in TAG.findall(op_name)]


def tagged(flat: Flat) -> Tagged:
    """Tag every equation of the jaxpr behind a list."""
    work = _Tagging()
    closed = work.closed(flat.closed)
    steps: dict[int, list[tuple[str, Chain]]] = defaultdict(list)
    for tag, place, chain in _places(flat, work.tag_of, "", frozenset()):
        steps[tag].append((place, chain))
    return Tagged(closed, steps)


class _Tagging:
    """`tag_of`: id of an equation of the original -> its tag. The original outlives this."""

    def __init__(self) -> None:
        self.tag_of: dict[int, int] = {}
        self._done: dict[int, Any] = {}

    def closed(self, closed: Any) -> Any:
        if id(closed) not in self._done:
            self._done[id(closed)] = jex.ClosedJaxpr(self.jaxpr(closed.jaxpr), closed.consts)
        return self._done[id(closed)]

    def jaxpr(self, jaxpr: Any) -> Any:
        if id(jaxpr) not in self._done:
            self._done[id(jaxpr)] = jaxpr.replace(eqns=[self._equation(eqn) for eqn in jaxpr.eqns])
        return self._done[id(jaxpr)]

    def _equation(self, eqn: Any) -> Any:
        tag = self.tag_of[id(eqn)] = len(self.tag_of)
        params = {key: self._param(value) for key, value in eqn.params.items()}
        return in_scope(eqn.replace(params=params), f"eq_{tag}_")

    def _param(self, value: Any) -> Any:
        match value:
            case jex.ClosedJaxpr():
                return self.closed(value)
            case jex.Jaxpr():
                return self.jaxpr(value)
            case tuple() if any(isinstance(each, jex.ClosedJaxpr | jex.Jaxpr) for each in value):
                return tuple(map(self._param, value))
        return value


def _places(flat: Flat, tag_of: Mapping[int, int], prefix: str, around: Chain) -> Iterator[tuple[int, str, Chain]]:
    """(tag, place, tags around it) of every equation that a step shows or runs, in bodies too."""
    for step in flat.steps:
        tags = [tag_of[id(eqn)] for eqn in _equations(flat.closed, step.shown_path)]
        run = len(step.path)
        for depth in range(run, len(tags) + 1):
            yield tags[depth - 1], prefix + step.id, around.union(tags[: depth - 1])
        for call, body in enumerate(step.bodies):
            yield from _places(body.flat, tag_of, places.inside(prefix + step.id, call, ""), around.union(tags[:run]))


def _equations(closed: Any, path: Path) -> Iterator[Any]:
    """The equations on the way to `path`, outermost first."""
    jaxpr = closed.jaxpr
    for index in path:
        eqn = jaxpr.eqns[index]
        yield eqn
        inner: Any = grouping_body(eqn) or rule_body(eqn)
        jaxpr = inner.jaxpr if inner is not None else None
