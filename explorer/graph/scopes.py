"""The tree of groups of a graph: what was made under one name, and what a call leads to.

A node's `scope` (module path, name stack, name scope) gives nested groups; a call that is entered is a group around its
graph. The nodes of one scope that flow forward and those that flow back are two groups, partners of each other. Names
are made comparable first: TensorFlow's `gradient_tape/` and the `_1` of a scope that was entered again say nothing.

A group's id is made of names only, so that a group keeps it when the graph is captured again after a small edit:
`encoder/attn/`, `~encoder/attn/` for the half that flows back, the caller's own place for a call.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Final, Literal

from explorer.graph import roles
from explorer.graph.acyclic import pieces
from explorer.graph.entered import Entered, entered
from explorer.graph.ir import INPUT_OP, Graph, Node
from explorer.graph.places import inside
from explorer.graph.repeats import Alike

Kind = Literal["scope", "call", "part", "repeat"]
Path = tuple[str, ...]

BACKWARD: Final = "~"  # in front of the id of a group that flows back
GRADIENT_SCOPES: Final = frozenset({"gradient_tape", "gradients", "bwd"})  # names of all backward nodes of TensorFlow
TRANSFORMED = re.compile(r"(?:\w+\()+(.*?)\)+")  # JAX's name stack: `transpose(jvp(block0))`
AGAIN = re.compile(r"_\d+$")  # a name scope that was entered again


@dataclass(frozen=True, slots=True)
class Group:
    """`kind`: `scope`; `call`, what a call leads to, or `part`, one of several graphs that one call leads to; `repeat`,
    a run of alike groups. `parent`: number of the group around it, -1 for an outermost one. `partner`: the group of the
    same scope that flows the other way, -1 where there is none. `caller`: the node whose call it is. `count`: places
    inside, at every level. `repeats`: alike groups in a run, else 1."""

    id: str
    title: str
    kind: Kind
    parent: int
    backward: bool
    count: int
    repeats: int = 1
    partner: int = -1
    caller: Node | None = None


@dataclass(frozen=True, slots=True)
class Groups:
    """`groups`: a group's inner ones follow it. `group_of`: the innermost group of each place of `entered`, or -1."""

    entered: Entered
    groups: tuple[Group, ...]
    group_of: tuple[int, ...]


def groups_of(graph: Graph) -> Groups:
    """The tree of groups of `graph`. No group leads back to itself through nodes that are not in it."""
    return _Tree(entered(graph)).grown()


@dataclass(slots=True, eq=False)
class Box:
    """A group in the making. `key`: its id without the sign of its half. `items`: places and boxes in execution order,
    `atoms` the same without scopes."""

    title: str
    kind: Kind
    backward: bool
    key: str
    atoms: list[int] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    caller: Node | None = None
    repeats: int = 1


Item = int | Box


class _Tree:
    """Works on atoms: the atoms of a domain are its places, and the domains that calls in it enter. An atom is the
    number of a place, or that of a domain counted on from there."""

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

    def _node(self, atom: int) -> Node:
        """The node of a place, the caller of a domain."""
        if atom < self.n:
            return self.found.nodes[atom]
        caller = self.found.domains[atom - self.n].caller
        assert caller is not None
        return caller

    def is_backward(self, atom: int) -> bool:
        return self.found.backward[atom] if atom < self.n else self.found.domains[atom - self.n].backward

    # Where in the tree of scopes each atom stands.

    def _set_paths(self, domain: int) -> None:
        atoms, own = self.atoms[domain], self.found.domains[domain]
        paths = {atom: plain(self._node(atom).scope) for atom in atoms}
        if own.holds_calls:
            paths = dict.fromkeys(atoms, ())
        elif own.caller is not None:  # the names that everything in the called graph shares say nothing there
            shared = len(_common([paths[atom] for atom in atoms if self._node(atom).op != INPUT_OP]))
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
            if atom in readers and atom not in makers and self._stands_with_readers(self._node(atom), paths[atom]):
                forward = [paths[user] for user in readers[atom] if not self.is_backward(user)]
                paths[atom] = _common(forward or [paths[user] for user in readers[atom]])
        for atom in self.atoms[domain]:
            if self._node(atom).role == roles.OUTPUT and self.is_backward(atom) and len(makers.get(atom, ())) == 1:
                paths[atom] = paths[makers[atom][0]]

    def _stands_with_readers(self, node: Node, path: Path) -> bool:
        loose = not path and node.op != INPUT_OP and node.role != roles.COTANGENT
        return node.role in GIVEN or loose

    # Groups.

    def grown(self) -> Groups:
        groups: list[Group] = []
        group_of = [-1] * self.n
        taken: set[str] = set()
        keys: list[str] = []

        def write(items: Sequence[Item], parent: int) -> int:
            total = 0
            for item in items:
                if isinstance(item, int):
                    group_of[item] = parent
                    total += 1
                    continue
                number, identifier = len(groups), next(i for i in _numbered(_signed(item)) if i not in taken)
                taken.add(identifier)
                keys.append(item.key)
                groups.append(
                    Group(identifier, item.title, item.kind, parent, item.backward, 0, item.repeats, caller=item.caller)
                )
                inner = write(item.items, number)
                groups[number] = replace(groups[number], count=inner)
                total += inner
            return total

        write(self._inside(0, ""), -1)
        return Groups(self.found, tuple(_with_partners(groups, keys)), tuple(group_of))

    def _inside(self, domain: int, prefix: str) -> list[Item]:
        return _Level(self, domain, prefix).items(self.atoms[domain], 0)

    def item(self, atom: int) -> Item:
        """A place as it is; a call as a box."""
        if atom < self.n:
            return atom
        domain = self.found.domains[atom - self.n]
        within = inside(domain.place, domain.call, "")
        part = self.found.domains[domain.parent].place == domain.place
        items = self._inside(atom - self.n, within)
        key = within if part else domain.place
        return Box(domain.title, "part" if part else "call", domain.backward, key, [atom], items, domain.caller)


class _Level:
    """Makes the groups of one domain: by the first name of each path, then by the second, and so on."""

    def __init__(self, tree: _Tree, domain: int, prefix: str) -> None:
        self.tree, self.prefix, self.arcs = tree, prefix, tree.arcs[domain]
        self.alike = Alike(tree.found, self.arcs, tree.n)
        self.fed = {user for _, user in self.arcs}
        self.after: dict[Path, set[str]] = {}  # the names below a path; "" where an atom stands there itself
        for atom in tree.atoms[domain]:
            path = tree.paths[atom]
            for k in range(len(path) + 1):
                self.after.setdefault(path[:k], set()).add(path[k] if k < len(path) else "")

    def items(self, atoms: Sequence[int], depth: int) -> list[Item]:
        """Boxes and places in execution order. All `atoms` have their first `depth` names in common."""
        named: dict[tuple[str, bool], list[int]] = {}
        for atom in atoms:
            path = self.tree.paths[atom]
            if len(path) > depth:
                named.setdefault((path[depth], self.tree.is_backward(atom)), []).append(atom)
        found: list[Item] = []
        boxed: set[int] = set()
        for members in pieces(atoms, list(named.values()), self.arcs):
            if len(members) > 1:
                found.append(self._box(members, depth))
                boxed |= set(members)
        found += [self.tree.item(atom) for atom in atoms if atom not in boxed]
        place = {atom: k for k, atom in enumerate(atoms)}
        found.sort(key=lambda item: self._place(item, place))
        return self._repeats(found, atoms)

    def _place(self, item: Item, place: Mapping[int, int]) -> int:
        """When the first of its own computations runs: what it is given may stand at the very top of the graph."""
        atoms = [item] if isinstance(item, int) else item.atoms
        return min((place[atom] for atom in atoms if atom in self.fed), default=place[atoms[0]])

    def _box(self, atoms: list[int], depth: int) -> Box:
        path = self.tree.paths[atoms[0]]
        end = depth + 1
        while len(names := self.after[path[:end]]) == 1 and "" not in names:  # a group that holds one group only
            end += 1
        title, key = "/".join(path[depth:end]), self.prefix + "/".join(path[:end]) + "/"
        box = Box(title, "scope", self.tree.is_backward(atoms[0]), key, atoms, self.items(atoms, end))
        match box.items:
            case [Box(kind="repeat") as only]:  # `blocks`, which holds nothing but 12 alike ones
                box.kind, box.items, box.repeats = "repeat", only.items, only.repeats
        return box

    def _repeats(self, items: list[Item], atoms: Sequence[int]) -> list[Item]:
        """Each run of alike boxes in a box of its own."""
        for backward in (False, True):
            boxes = [b for b in items if isinstance(b, Box) and b.kind != "call" and b.backward == backward]
            for run in self.alike.runs([box.atoms for box in boxes]):
                items = self._with_run([boxes[k] for k in run], items, atoms)
        return items

    def _with_run(self, run: list[Box], items: list[Item], atoms: Sequence[int]) -> list[Item]:
        """`items` with a box around `run`, unless that box led back to itself."""
        whole = [atom for box in run for atom in box.atoms]
        others = [box.atoms for box in items if isinstance(box, Box) and box not in run]
        if len(pieces(atoms, [whole, *others], self.arcs)) > 1 + len(others):
            return items
        first, last = (run[-1], run[0]) if run[0].backward else (run[0], run[-1])
        key, title = f"{first.key.removesuffix('/')}..{last.title}/", f"{first.title} … {last.title}"
        around = Box(title, "repeat", first.backward, key, whole, list(run), None, len(run))
        return [around if item is run[0] else item for item in items if item not in run[1:]]


def _signed(box: Box) -> str:
    """The id of a box: its key, marked where it flows back."""
    return BACKWARD + box.key if box.backward and box.kind in ("scope", "repeat") else box.key


def _numbered(identifier: str) -> Iterator[str]:
    yield identifier
    yield from (f"{identifier}{k}" for k in count(2))


def _with_partners(groups: Sequence[Group], keys: Sequence[str]) -> list[Group]:
    """Each group with its partner: the only one of its key that flows the other way, in the same group or in its
    partner."""
    found = list(groups)
    numbers: dict[tuple[str, bool], list[int]] = {}
    for number, (group, key) in enumerate(zip(groups, keys, strict=True)):
        if group.kind in ("scope", "repeat"):
            numbers.setdefault((key, group.backward), []).append(number)
    for (key, backward), (number, *more) in numbers.items():
        other, *rest = numbers.get((key, not backward), [-1])
        if other < 0 or more or rest:
            continue
        outer, others = _around(groups, number), _around(groups, other)
        if outer == others or (outer >= 0 and found[outer].partner == others):
            found[number] = replace(groups[number], partner=other)
    return found


def _around(groups: Sequence[Group], number: int) -> int:
    """The group around one, runs of alike groups left out."""
    number = groups[number].parent
    while number >= 0 and groups[number].kind == "repeat":
        number = groups[number].parent
    return number


# Names.

GIVEN: Final = frozenset({roles.PARAMETER, roles.CONSTANT})


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
