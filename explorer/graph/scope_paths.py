"""The names around each node, made comparable, and where nodes without a name of their own stand.

TensorFlow's `gradient_tape/` and the `_1` of a scope that was entered again say nothing; nor does what JAX writes
around a name, `transpose(jvp(block0))`. Parameters stand with what reads them, gradients with what makes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from explorer.graph import roles
from explorer.graph.entered import Entered
from explorer.graph.ir import INPUT_OP, Node

Path = tuple[str, ...]

GRADIENT_SCOPES: Final = frozenset({"gradient_tape", "gradients", "bwd"})  # names of all backward nodes of TensorFlow
TRANSFORMED = re.compile(r"(?:\w+\()+(.*?)\)+")  # JAX's name stack: `transpose(jvp(block0))`
AGAIN = re.compile(r"_\d+$")  # a name scope that was entered again
GIVEN: Final = frozenset({roles.PARAMETER, roles.CONSTANT})


class Atoms:
    """What groups are made of: the atoms of a domain are its places, and the domains that calls in it enter. An atom is
    the number of a place, or that of a domain counted on from there.

    `atoms`: those of each domain, in execution order. `arcs`: which of them read from which. `paths`: the names around
    each atom, within its domain."""

    def __init__(self, found: Entered) -> None:
        self.found = found
        self.n = len(found.places)
        self.atoms: list[list[int]] = [[] for _ in found.domains]  # of each domain, in execution order
        seen: set[int] = set()
        for number in range(self.n):
            for domain, atom in reversed(self._way(number)):
                if atom not in seen:
                    self.atoms[domain].append(atom)
                    seen.add(atom)
        self.arcs: list[dict[tuple[int, int], None]] = [{} for _ in found.domains]  # between atoms of one domain
        for use in found.uses:
            self._note(use.source, use.user)
        self.paths: dict[int, Path] = {}
        for domain in range(len(found.domains)):
            self._set_paths(domain)

    def _way(self, number: int) -> list[tuple[int, int]]:
        """(domain, atom that holds the place) from the outermost domain on."""
        way = []
        domain, atom = self.found.domain[number], number
        while domain >= 0:
            way.append((domain, atom))
            domain, atom = self.found.domains[domain].parent, self.n + domain
        return way[::-1]

    def _note(self, source: int, user: int) -> None:
        """Note a use in the innermost domain that holds both of its ends."""
        for (domain, a), (_, b) in zip(self._way(source), self._way(user), strict=False):
            if a != b:
                self.arcs[domain][a, b] = None
                return

    def node(self, atom: int) -> Node:
        """The node of a place, the caller of a domain."""
        if atom < self.n:
            return self.found.nodes[atom]
        caller = self.found.domains[atom - self.n].caller
        assert caller is not None
        return caller

    def is_backward(self, atom: int) -> bool:
        return self.found.backward[atom] if atom < self.n else self.found.domains[atom - self.n].backward

    def _set_paths(self, domain: int) -> None:
        atoms, own = self.atoms[domain], self.found.domains[domain]
        paths = {atom: plain(self.node(atom).scope) for atom in atoms}
        if own.holds_calls:
            paths = dict.fromkeys(atoms, ())
        elif own.caller is not None:  # the names that everything in the called graph shares say nothing there
            shared = len(_common([paths[atom] for atom in atoms if self.node(atom).op != INPUT_OP]))
            paths = {atom: path[shared:] for atom, path in paths.items()}
        if _names_scopes(self.found):
            paths = without_counters(paths)
        forward = {path[:k] for a, path in paths.items() if not self.is_backward(a) for k in range(len(path) + 1)}
        for atom, path in paths.items():
            if forward and self.is_backward(atom):  # steps of a derivative rule have a scope of their own
                paths[atom] = next(path[:k] for k in range(len(path), -1, -1) if path[:k] in forward)
        readers: dict[int, list[int]] = {}
        makers: dict[int, list[int]] = {}
        for source, user in self.arcs[domain]:
            readers.setdefault(source, []).append(user)
            makers.setdefault(user, []).append(source)
        self._set_nameless(domain, paths, makers, readers)
        self._adopt(domain, paths, makers, readers)
        self.paths |= paths

    def _set_nameless(
        self, domain: int, paths: dict[int, Path], makers: dict[int, list[int]], readers: dict[int, list[int]]
    ) -> None:
        """A node without a scope that stands between two nodes of one group is of that group; on the way back, so is
        one that only the group's own nodes feed. What adds up derivatives has no scope in PyTorch and TensorFlow."""

        def along(atoms: Iterable[int], ways: dict[int, list[int]]) -> dict[int, set[Path]]:
            met: dict[int, set[Path]] = {}
            for atom in atoms:
                for end in ways.get(atom, ()) if not paths[atom] else ():
                    if self.is_backward(end) == self.is_backward(atom):
                        path = paths[end]
                        found = {path[:k] for k in range(1, len(path) + 1)} if path else met.get(end, set())
                        met.setdefault(atom, set()).update(found)
            return met

        above, below = along(self.atoms[domain], makers), along(reversed(self.atoms[domain]), readers)
        for atom in self.atoms[domain]:
            if paths[atom]:
                continue
            own = above.get(atom, set()) & below.get(atom, set())
            if self.is_backward(atom) and atom in above:
                own.add(_common([paths[end] for end in makers[atom] if self.is_backward(end)]))
            paths[atom] = max(own, key=lambda path: (len(path), path), default=())

    def _adopt(
        self, domain: int, paths: dict[int, Path], makers: dict[int, list[int]], readers: dict[int, list[int]]
    ) -> None:
        """Parameters and constants stand with what reads them; a gradient with what makes it."""
        for atom in reversed(self.atoms[domain]):
            if atom in readers and atom not in makers and self._stands_with_readers(self.node(atom), paths[atom]):
                forward = [paths[user] for user in readers[atom] if not self.is_backward(user)]
                paths[atom] = _common(forward or [paths[user] for user in readers[atom]])
        for atom in self.atoms[domain]:
            if self.node(atom).role == roles.OUTPUT and self.is_backward(atom) and len(makers.get(atom, ())) == 1:
                paths[atom] = paths[makers[atom][0]]

    def _stands_with_readers(self, node: Node, path: Path) -> bool:
        loose = not path and node.op != INPUT_OP and node.role != roles.COTANGENT
        return node.role in GIVEN or loose


def plain(scope: Sequence[str]) -> Path:
    """The names of a scope without what a framework's differentiation puts around them."""
    names = [TRANSFORMED.sub(r"\1", name) for name in scope]
    return tuple(name for k, name in enumerate(names) if name and (k or name not in GRADIENT_SCOPES))


def without_counters(paths: dict[int, Path]) -> dict[int, Path]:
    """`gpt_1/block0_1` is `gpt/block0`, where no other scope beside it would get the same name."""
    beside: dict[Path, dict[str, set[str]]] = {}
    for path in set(paths.values()):
        for k, name in enumerate(path):
            beside.setdefault(path[:k], {}).setdefault(AGAIN.sub("", name), set()).add(name)

    def cleaned(path: Path) -> Path:
        short = [AGAIN.sub("", name) for name in path]
        return tuple(s if len(beside[path[:k]][s]) == 1 else path[k] for k, s in enumerate(short))

    return {atom: cleaned(path) for atom, path in paths.items()}


def _names_scopes(found: Entered) -> bool:
    """True where the names of nodes hold their scopes, as TensorFlow's do."""
    return any(node.scope and node.id.startswith("/".join(node.scope) + "/") for node in found.nodes)


def _common(paths: Sequence[Path]) -> Path:
    """The names that all paths start with."""
    if not paths:
        return ()
    low, high = min(paths), max(paths)
    same = next((k for k, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), min(len(low), len(high)))
    return low[:same]
