"""Links followed from stage to stage: what of other stages belongs to a node, and why something has no counterpart.

Stages are a tree along `derived_from`; each Provenance links two of them. A node is named by its place
(`explorer.graph.places`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from explorer.capture.record import Absence, Evidence, Link, Provenance, Relation
from explorer.graph.ir import Graph

STRENGTH: Final[tuple[Evidence, ...]] = ("exact", "name", "span", "guess")


@dataclass(frozen=True, slots=True)
class Counterpart:
    """A node of another stage that belongs to the asked one. `relation` is that of the one link on the way that is not
    `same`, `evidence` that of the weakest."""

    stage: str
    node: str
    relation: Relation = "same"
    evidence: Evidence = "exact"


class Linked:
    """All links of a capture, both ways. Made once for a set of stages and links; then each answer is quick."""

    def __init__(self, stages: Mapping[str, Graph], provenance: Iterable[Provenance]) -> None:
        self._absent: dict[tuple[str, str], list[tuple[str, Absence]]] = defaultdict(list)
        self._next: dict[str, dict[str, dict[str, list[Counterpart]]]] = defaultdict(dict)
        for each in provenance:
            ends = each.from_stage, each.to_stage
            there, back = (self._next[one].setdefault(other, defaultdict(list)) for one, other in (ends, ends[::-1]))
            for link in each.links:
                for source, target in _ends(stages, ends, link):
                    there[source].append(Counterpart(each.to_stage, target, link.relation, link.evidence))
                    back[target].append(Counterpart(each.from_stage, source, link.relation, link.evidence))
            for node, absence in each.absent.items():
                self._absent[each.from_stage, node].append((each.to_stage, absence))

    def of(self, stage: str, node: str) -> list[Counterpart]:
        """Counterparts of a node in every other stage, each once, those of nearer stages first."""
        found: dict[str, dict[str, Counterpart]] = {stage: {node: Counterpart(stage, node)}}
        waiting = [stage]
        for here in waiting:
            for there, links in self._next[here].items():
                if there not in found:
                    found[there] = _step(found[here], links)
                    waiting.append(there)
        return [each for other, nodes in found.items() if other != stage for each in nodes.values()]

    def continued(self, stage: str, before: str) -> dict[str, str]:
        """Node of `stage` -> the node of stage `before` that is the same, the first where there are several."""
        way = self._way(stage, before)
        if not way:
            return {}
        found = {node: node for node in self._next[stage].get(way[0], ())}
        here = stage
        for there in way:
            links = self._next[here][there]
            firsts = ((node, _first_same(links.get(at, ()))) for node, at in found.items())
            found = {node: at for node, at in firsts if at is not None}
            here = there
        return found

    def _way(self, stage: str, other: str) -> list[str]:
        """The stages on the way to `other`, itself included; none where no links lead there."""
        ways: dict[str, list[str]] = {stage: []}
        waiting = [stage]
        for here in waiting:
            for there in self._next[here]:
                if there not in ways:
                    ways[there] = [*ways[here], there]
                    waiting.append(there)
        return ways.get(other, [])

    def absent(self, stage: str, node: str) -> list[tuple[str, Absence]]:
        """(stage, why) for the stages made of this one in which the node has no counterpart of its own."""
        return self._absent.get((stage, node), [])


def _step(here: Mapping[str, Counterpart], links: Mapping[str, list[Counterpart]]) -> dict[str, Counterpart]:
    """One stage further. At most one link on a way may be of another relation than `same`."""
    found: dict[str, Counterpart] = {}
    for node, way in here.items():
        for link in links.get(node, ()):
            if "same" in (way.relation, link.relation):
                relation = link.relation if way.relation == "same" else way.relation
                evidence = max(way.evidence, link.evidence, key=STRENGTH.index)
                found.setdefault(link.node, Counterpart(link.stage, link.node, relation, evidence))
    return found


def _first_same(links: Iterable[Counterpart]) -> str | None:
    return next((each.node for each in links if each.relation == "same"), None)


def _ends(stages: Mapping[str, Graph], ends: tuple[str, str], link: Link) -> Iterator[tuple[str, str]]:
    """The nodes of a link, each of its source with each of its target. A `same` link has nodes on both sides."""
    sides = link.source, link.target
    if link.relation != "same":
        sources, targets = (_nodes(stages.get(stage), ids) for stage, ids in zip(ends, sides, strict=True))
        return ((source, target) for source in sources for target in targets)
    return ((source, target) for source in link.source for target in link.target)


def _nodes(graph: Graph | None, ids: Iterable[str]) -> list[str]:
    """The nodes behind values and uses; none of a stage that was not captured."""
    return [] if graph is None else [node for each in ids if (node := node_of(graph, each)) is not None]


def node_of(graph: Graph, identifier: str) -> str | None:
    """The node behind a node, a value or a use of one; None for what the outermost graph does not have."""
    if identifier in graph.node_by_id:
        return identifier
    if identifier in graph.producer:
        return graph.producer[identifier].id
    user = identifier.rsplit("#", 1)[0]
    return user if user in graph.node_by_id else None
