"""Which instruction came from which operation of the stage before: by tags or by names in op_names.

JAX's op_names are not unique. So its adapter traces each equation under a scope of its own, `eq_17_`, which XLA
carries through every pass: fused instructions list several op_names. Tags are for links only; people see op_names
and printouts without them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from explorer.adapters.xla.op_names import Origin, Origins, nothing, parts
from explorer.capture.record import Absence, Evidence, Link
from explorer.graph import places
from explorer.graph.ir import INPUT_OP, Graph, Node

EQUATION: Final = r"eq_(\w+?)_"  # `eq_17_`; a tag inside another scope's body may be `eq_17_3_`
FUSION: Final = "fusion"


@dataclass(frozen=True)
class Tags:
    """Scopes that match `form`, whose first group is the tag."""

    form: str = EQUATION
    _scope: re.Pattern[str] = field(init=False, repr=False, compare=False)
    _named: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        scope = rf"(?:(?<![^(;\"])|/){self.form}(?=[/);\"]|$)"
        object.__setattr__(self, "_scope", re.compile(scope))
        object.__setattr__(self, "_named", re.compile(r'(?<=op_name=)"(?:[^"\\]|\\.)*"'))

    def of(self, op_name: str) -> tuple[str, ...]:
        """The tags in `op_name`, each once: of every joined part the innermost."""
        found = (list(self._scope.finditer(part)) for part in parts(op_name))
        return tuple(dict.fromkeys(tags[-1][1] for tags in found if tags))

    def strip(self, op_name: str) -> str:
        """`op_name` without tags, and each joined part once."""
        cleaned = (self._scope.sub("", part).lstrip("/").replace("(/", "(") for part in parts(op_name))
        return ";".join(dict.fromkeys(cleaned))

    def strip_text(self, text: str) -> str:
        """A whole printout without tags; lines stay lines."""
        return self._named.sub(lambda found: f'"{self.strip(found[0][1:-1])}"', text)

    def from_nodes(self, nodes: Mapping[str, Node], otherwise: Origins = nothing) -> Origins:
        """The origins of tagged op_names: `nodes` maps a tag to the node of the stage before.

        `otherwise` is asked, with the op_name people see, where no tag is or none of them names a node.
        """

        def origin(op_name: str) -> Origin | None:
            node = next((nodes[tag] for tag in self.of(op_name) if tag in nodes), None)
            return otherwise(self.strip(op_name)) if node is None else Origin(node.scope, node.role, node.span)

        return origin


def links_by_tags(
    tags: Mapping[str, Sequence[str]], nodes: Mapping[str, str], evidence: Evidence = "exact"
) -> tuple[Link, ...]:
    """One `same` link for each node that some instruction's tag names.

    `tags`: place -> tags, from `explorer.adapters.xla.hlo.read`. `nodes`: tag -> node id of the stage before. Several
    tags may name one node. Targets are places, in the order of the text's calls.
    """
    targets: dict[str, list[str]] = defaultdict(list)
    for place, found in tags.items():
        for node in dict.fromkeys(nodes[tag] for tag in found if tag in nodes):
            targets[node].append(place)
    return tuple(Link((node,), tuple(targets[node]), "same", evidence) for node in _once(nodes) if node in targets)


def links_by_op_name(graph: Graph, nodes: Mapping[str, str]) -> tuple[Link, ...]:
    """The same by op_names that are names of the stage before, as TensorFlow's are: `nodes` maps them to node ids."""
    named = {
        place: parts(str(node.params["op_name"]))
        for place, node, _ in places.walk(graph)
        if node.op != INPUT_OP and "op_name" in node.params
    }
    return links_by_tags(named, nodes, "name")


def input_links(graph: Graph, inputs: Iterable[str]) -> tuple[Link, ...]:
    """Links of the entry's parameters, by number, from the node ids `inputs`."""
    return tuple(
        Link((source,), (graph.producer[value].id,)) for source, value in zip(inputs, graph.inputs, strict=False)
    )


def absences(graph: Graph, nodes: Iterable[str], links: Iterable[Link]) -> dict[str, Absence]:
    """Of the ids `nodes`: those that live inside fusions only (`fused_into`) and those without a trace."""
    targets = {source: link.target for link in links for source in link.source}
    found = {}
    for node in nodes:
        if not targets.get(node):
            found[node] = Absence("no_counterpart")
            continue
        outer = [fusion_of(graph, place) for place in targets[node]]
        if all(outer):
            found[node] = Absence("fused_into", {"fusion": ", ".join(dict.fromkeys(filter(None, outer)))})
    return found


def fusion_of(graph: Graph, place: str) -> str | None:
    """The place of the outermost fusion that `place` lies in; None for one that lies in none."""
    found = None
    caller = places.caller_of(place)
    while caller is not None:
        if places.find(graph, caller)[0].op == FUSION:
            found = caller
        caller = places.caller_of(caller)
    return found


def _once(nodes: Mapping[str, str]) -> dict[str, None]:
    return dict.fromkeys(nodes.values())
