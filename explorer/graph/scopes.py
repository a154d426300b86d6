"""The tree of groups of a graph: what was made under one name, and what a call leads to.

A node's `scope` (module path, name stack, name scope) gives nested groups; a call that is entered is a group around its
graph. The nodes of one scope that flow forward and those that flow back are two groups, partners of each other. Which
names count is decided in `scope_paths`.

A group's id is made of names only, so that a group keeps it when the graph is captured again after a small edit:
`encoder/attn/`, `~encoder/attn/` for the half that flows back, the caller's own place for a call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Final, Literal

from explorer.graph import roles
from explorer.graph.acyclic import pieces
from explorer.graph.entered import Entered, entered
from explorer.graph.ir import Graph, Node
from explorer.graph.places import inside
from explorer.graph.repeats import Alike
from explorer.graph.scope_paths import Atoms, Path

Kind = Literal["scope", "call", "part", "repeat", "ends"]

MOST_LOOSE: Final = (
    60  # boxes on the outermost level; with more, what a graph is given and what it gives are two groups
)
FEWEST_ENDS: Final = 4
GIVEN: Final = frozenset({roles.INPUT, roles.PARAMETER, roles.CONSTANT})
BACKWARD: Final = "~"  # in front of the id of a group that flows back


@dataclass(frozen=True, slots=True)
class Group:
    """`kind`: `scope`; `call`, what a call leads to, or `part`, one of several graphs that one call leads to; `repeat`,
    a run of alike groups; `ends`, the inputs or the outputs of a graph that has very many.

    `parent`: number of the group around it, -1 for an outermost one. `partner`: the group of the same scope that flows
    the other way, -1 where there is none. `caller`: the node whose call it is. `count`: places inside, at every level.
    `repeats`: alike groups in a run, else 1.
    """

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


class _Tree(Atoms):
    """The groups of all domains."""

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

        write(self._ends(self._inside(0, "")), -1)
        return Groups(self.found, tuple(_with_partners(groups, keys)), tuple(group_of))

    def _inside(self, domain: int, prefix: str) -> list[Item]:
        return _Level(self, domain, prefix).items(self.atoms[domain], 0)

    def _ends(self, items: list[Item]) -> list[Item]:
        """Where no group can make a picture that is taken in at once: inputs and constants in one, results in another.

        Nothing leads into the one and nothing out of the other, so neither leads back to itself.
        """
        if len(items) <= MOST_LOOSE:
            return items
        sources, users = ({arc[end] for arc in self.arcs[0]} for end in (0, 1))
        loose = [item for item in items if isinstance(item, int)]
        given = [k for k in loose if k not in users and self.found.nodes[k].role in GIVEN]
        results = [k for k in loose if k not in sources and self.found.nodes[k].role == roles.OUTPUT]
        for title, members in (("inputs", given), ("outputs", results)):
            if len(members) >= FEWEST_ENDS:
                box = Box(title, "ends", self.is_backward(members[0]), f"{title}/", members, list(members))
                items = [box if item == members[0] else item for item in items if item not in members[1:]]
        return items

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
