"""Groups that lead back to themselves, cut into pieces that do not.

Where a value leaves a group and comes back into it by way of nodes outside, the group cannot stand in one place of a
layered drawing. It is cut where the value comes back: A, B, A again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

MOST_PIECES = 200  # of all groups; beyond it they are left as small as they were cut
Arcs = Mapping[tuple[int, int], None]


def pieces(atoms: Sequence[int], groups: Sequence[Sequence[int]], arcs: Arcs) -> list[list[int]]:
    """`groups` of some of `atoms`, each whole where that makes no cycle between groups and other atoms, else in pieces.

    `atoms` are in an order in which every arc leads onwards; so are the pieces of one group.
    """
    group = {atom: k for k, members in enumerate(groups) for atom in members}
    known = set(atoms)
    own = [(a, b) for a, b in arcs if a in known and b in known]
    cyclic = _core({(_item(a, group), _item(b, group)) for a, b in own})
    if not cyclic:
        return [list(members) for members in groups]
    turn = _turns(atoms, group, own, cyclic)
    cut: list[list[int]] = []
    for k, members in enumerate(groups):
        if (k,) not in cyclic:
            cut.append(list(members))
            continue
        by_turn: dict[int, list[int]] = {}
        for atom in members:
            by_turn.setdefault(turn[atom], []).append(atom)
        cut += [by_turn[each] for each in sorted(by_turn)]
    return _joined(cut, group, own) if len(cut) - len(groups) <= MOST_PIECES else cut


Name = tuple[int] | int  # of an item of the quotient: (group,) or an atom that is in none


def _item(atom: int, group: Mapping[int, int]) -> Name:
    return (group[atom],) if atom in group else atom


def _core(arcs: Iterable[tuple[Name, Name]]) -> set[Name]:
    """What is on a cycle, or between two."""
    left = {(a, b) for a, b in arcs if a != b}
    while left:
        inner = {a for a, _ in left} & {b for _, b in left}
        kept = {(a, b) for a, b in left if a in inner and b in inner}
        if len(kept) == len(left):
            break
        left = kept
    return {end for arc in left for end in arc}


def _turns(
    atoms: Sequence[int], group: Mapping[int, int], arcs: Sequence[tuple[int, int]], cyclic: set[Name]
) -> dict[int, int]:  # fmt: skip
    """How often the longest way to each atom goes from one item of a cycle to another. Equal in one item only, and
    never less further on: pieces of equal turns make no cycle."""
    before: dict[int, list[int]] = {}
    for a, b in arcs:
        before.setdefault(b, []).append(a)
    turn: dict[int, int] = {}
    for atom in atoms:
        item = _item(atom, group)
        if item in cyclic:
            ways = [(turn[a], _item(a, group) != item) for a in before.get(atom, ()) if a in turn]
            turn[atom] = max((count + changes for count, changes in ways), default=0)
    return turn


def _joined(cut: list[list[int]], group: Mapping[int, int], arcs: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Neighbouring pieces of one group made one wherever no way leads from one to the other through others."""
    whole = [list(members) for members in cut]
    place = {atom: k for k, members in enumerate(whole) for atom in members}
    k = 0
    while k + 1 < len(whole):
        first, second = whole[k], whole[k + 1]
        ways = ((k, k + 1), (k + 1, k))
        if group[first[0]] != group[second[0]] or any(_leads_around(*way, place, arcs) for way in ways):
            k += 1
            continue
        whole[k] = first + second
        del whole[k + 1]
        place = {atom: j for j, members in enumerate(whole) for atom in members}
    return whole


def _leads_around(start: int, end: int, place: Mapping[int, int], arcs: Sequence[tuple[int, int]]) -> bool:
    after: dict[Name, set[Name]] = {}
    for a, b in arcs:
        first, second = _item(a, place), _item(b, place)
        if first != second:
            after.setdefault(first, set()).add(second)
    todo = [item for item in after.get((start,), ()) if item != (end,)]
    seen = set(todo)
    while todo:
        for item in after.get(todo.pop(), ()):
            if item == (end,):
                return True
            if item not in seen:
                seen.add(item)
                todo.append(item)
    return False
