"""What is to be seen of a graph with groups: cards, and wires between them, for a choice of open groups."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from explorer.graph.scopes import Groups


@dataclass(frozen=True, slots=True)
class WireShown:
    """`source` and `target` are cards, `use` the first use that the wire stands for, `uses` how many these are."""

    source: int
    target: int
    use: int
    uses: int


class Shown:
    """`cards`: the boxes to be seen, in execution order; a box is the number of a place, or n + that of a group."""

    def __init__(self, groups: Groups, is_open: list[bool]) -> None:
        self.groups, self.is_open = groups, is_open
        n = len(groups.group_of)
        closed: list[int] = []  # the outermost closed group around each group, or itself
        for number, group in enumerate(groups.groups):
            outer = closed[group.parent] if group.parent >= 0 else -1
            closed.append(outer if outer >= 0 else number if not is_open[number] else -1)
        self.box_of = [
            n + closed[group] if group >= 0 and closed[group] >= 0 else place
            for place, group in enumerate(groups.group_of)
        ]
        self.cards = list(dict.fromkeys(self.box_of))
        self.card_of_box = {box: card for card, box in enumerate(self.cards)}

    def card_of(self, place: int) -> int:
        """The card that a place is, or is in."""
        return self.card_of_box[self.box_of[place]]

    @cached_property
    def wires(self) -> list[WireShown]:
        """One for each use between two nodes, in operand order; one for all uses between two cards one of which is a
        group."""
        n = len(self.box_of)
        found: dict[tuple[int, int, int], tuple[int, int]] = {}
        for number, use in enumerate(self.groups.entered.uses):
            source, target = self.box_of[use.source], self.box_of[use.user]
            if source != target:
                key = (source, target, number if source < n and target < n else -1)
                first, uses = found.get(key, (number, 0))
                found[key] = (first, uses + 1)
        return [
            WireShown(self.card_of_box[source], self.card_of_box[target], first, uses)
            for (source, target, _), (first, uses) in found.items()
        ]


def opened(groups: Groups, ids: Collection[str]) -> list[bool]:
    """The groups of these ids are open; ids of groups that are not there are passed over."""
    return [group.id in ids for group in groups.groups]


def opened_to(groups: Groups, most: int, *, calls: bool) -> list[bool]:
    """Level by level from the outermost on, all groups are open as long as that leaves at most `most` boxes.

    A run of alike groups stays one card, and what a call leads to stays in its caller unless `calls`.
    """
    inner = [0] * len(groups.groups)  # boxes directly in each group
    for around in groups.group_of:
        if around >= 0:
            inner[around] += 1
    for group in groups.groups:
        if group.parent >= 0:
            inner[group.parent] += 1
    boxes = groups.group_of.count(-1) + sum(group.parent < 0 for group in groups.groups)
    is_open = [False] * len(groups.groups)
    level = [k for k, group in enumerate(groups.groups) if group.parent < 0]
    while level:
        opening = [k for k in level if groups.groups[k].kind in (("scope", "call", "part") if calls else ("scope",))]
        boxes += sum(inner[k] - 1 for k in opening)
        if boxes > most:
            break
        for k in opening:
            is_open[k] = True
        level = [k for k, group in enumerate(groups.groups) if group.parent in set(opening)]
    return is_open


def without_innermost(groups: Groups, is_open: Sequence[bool]) -> list[bool]:
    """The same choice with the open groups of the innermost open level closed."""
    depth: list[int] = []
    for group in groups.groups:
        depth.append(depth[group.parent] + 1 if group.parent >= 0 else 0)
    innermost = max(level for level, is_one in zip(depth, is_open, strict=True) if is_one)
    return [is_one and level < innermost for level, is_one in zip(depth, is_open, strict=True)]
