"""Runs of alike groups: the same operations on the same types, joined the same way. Names may differ."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from explorer.graph.entered import Entered
from explorer.graph.ir import Node

LEAST: Final = 3  # alike groups that are drawn as one
DIGITS = re.compile(r"\d+")


class Alike:
    """Compares groups of atoms of one domain. `arcs` join atoms; atoms from `n` on are calls."""

    def __init__(self, found: Entered, arcs: Mapping[tuple[int, int], None], n: int) -> None:
        self.found, self.n = found, n
        self.before: dict[int, list[int]] = {}
        for a, b in arcs:
            self.before.setdefault(b, []).append(a)
        self.called: dict[int, list[str]] = {}  # operations inside each domain
        for node, domain in zip(found.nodes, found.domain, strict=True):
            while domain > 0:
                self.called.setdefault(domain, []).append(node.op)
                domain = found.domains[domain].parent

    def runs(self, groups: Sequence[Sequence[int]]) -> list[list[int]]:
        """Positions of groups that stand next to each other and are alike, at least LEAST of them."""
        found = []
        for _, same in groupby(range(len(groups)), key=lambda k: self._shape(groups[k])):
            shaped = list(same)
            if len(shaped) >= LEAST:
                alike = [list(run) for _, run in groupby(shaped, key=lambda k: self._content(groups[k]))]
                found += [run for run in alike if len(run) >= LEAST]
        return found

    def _shape(self, atoms: Sequence[int]) -> tuple[object, ...]:
        """Operations, and which of the group's own atoms each reads; quick to compare."""
        local = {atom: k for k, atom in enumerate(atoms)}
        return tuple(
            (self._node(atom).op, tuple(sorted(local.get(a, -1) for a in self.before.get(atom, ())))) for atom in atoms
        )

    def _content(self, atoms: Sequence[int]) -> tuple[object, ...]:
        """Roles, types, inner scopes and parameters, apart from names."""
        depth = min(len(self._node(atom).scope) for atom in atoms)
        return tuple(
            (
                node.role,
                tuple(str(value.type) for value in node.outputs),
                DIGITS.sub("#", "/".join(node.scope[depth:])),
                _plain(node.params),
                tuple(self.called.get(atom - self.n, ())),
            )
            for atom, node in zip(atoms, map(self._node, atoms), strict=True)
        )

    def _node(self, atom: int) -> Node:
        """The node of a place, the caller of a domain."""
        if atom >= self.n:
            caller = self.found.domains[atom - self.n].caller
            assert caller is not None
            return caller
        return self.found.nodes[atom]


def _plain(params: Any) -> str:
    """Parameters as text, the numbers in names left out."""
    if isinstance(params, Mapping):
        return ";".join(["{", *(f"{key}:{_plain(params[key])}" for key in sorted(params, key=str)), "}"])
    if isinstance(params, list | tuple):
        return ";".join(["[", *map(_plain, params), "]"])
    return DIGITS.sub("#", params) if isinstance(params, str) else repr(params)
