"""Links from the gradient stage (or the first one, where nothing is differentiated) down to optimized HLO.

The same program is lowered, and compiled, a second time with a tag on every equation. Operations of the two modules are
paired by their places; only where they are the same operations on the same types, one by one, is anything linked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import jax
from jax.extend import core as jex

from explorer.adapters.jax import gradient, hlo, jaxpr, stablehlo
from explorer.adapters.jax.lowering import differentiable, shown_list
from explorer.adapters.jax.module_graph import read as read_module
from explorer.adapters.jax.tagging import Chain, Tagged, tagged, tags_of
from explorer.adapters.xla.hlo import read as read_text
from explorer.adapters.xla.tags import absences, input_links
from explorer.capture.record import Absence, Link, Provenance
from explorer.graph import places, roles
from explorer.graph.ir import INPUT_OP, Graph, Node

if TYPE_CHECKING:
    from explorer.adapters.jax.program import JaxProgram

Origins = Mapping[str, tuple[str, ...]]  # place -> places of the steps it was made of
ALIKE: Final = {"broadcast-in-dim": "broadcast", "dot-general": "dot", "case": "conditional", "if": "conditional"}


class TaggedModule:
    """A program's module with tags, lowered once; made when the first link is asked for."""

    def __init__(self, program: JaxProgram) -> None:
        self._program = program
        self.tags: Tagged = tagged(shown_list(program))
        run = jex.jaxpr_as_fun(self.tags.closed)
        with program.setting({}):
            self._lowered: Any = jax.jit(lambda *arrays: run(*arrays), keep_unused=True).lower(*program.arrays({}))

    def origins(self, key: str) -> Origins | None:
        """What every operation of stage `key` was made of; None where the module with tags is not the one shown."""
        shown, other = self._program.stage(key).graph, self._graph(key)
        pairs = list(zip(places.walk(shown), places.walk(other), strict=False))
        same_length = sum(1 for _ in places.walk(shown)) == sum(1 for _ in places.walk(other)) == len(pairs)
        if not same_length or not all(_same(ours[1], theirs[1]) for ours, theirs in pairs):
            return None
        return self._found(pairs)

    def _graph(self, key: str) -> Graph:
        if key == stablehlo.KEY:
            module = self._lowered.compiler_ir("stablehlo")
            return read_module(module, name=key, spans=lambda _location: None, input_names=()).graph
        if key == hlo.KEY:
            return read_text(self._lowered.as_text(dialect="hlo", debug_info=True), name=key).graph
        return read_text(self._lowered.compile().as_text(), name=key).graph

    def _found(self, pairs: Iterable[tuple[tuple[str, Node, Graph], tuple[str, Node, Graph]]]) -> Origins:
        around: dict[str, Chain] = {}
        found: dict[str, tuple[str, ...]] = {}
        for (place, node, _), (other, theirs, _) in pairs:
            outer = around.get(places.caller_of(other) or "", frozenset())
            op_name = str(theirs.params.get("op_name", ""))
            if theirs.calls:
                around[other] = outer.union(tags_of(op_name))
            if node.op != INPUT_OP and (steps := self.tags.origins(op_name, outer)):
                found[place] = steps
        return found


def provenance(program: JaxProgram, stage: str) -> Provenance | None:
    """All links to a stage that MLIR or XLA prints from the one it is derived from; None where nothing tells."""
    origins = program.tagged_module.origins(stage)
    if origins is None:
        return None
    if stage == stablehlo.KEY:
        return _from_list(program, origins)
    before = hlo.KEY if stage == hlo.OPTIMIZED_KEY else stablehlo.KEY
    earlier = program.tagged_module.origins(before)
    return None if earlier is None else _between(program, before, earlier, stage, origins)


def _from_list(program: JaxProgram, origins: Origins) -> Provenance:
    """From the steps that were lowered to StableHLO."""
    flat, after = shown_list(program), program.stage(stablehlo.KEY).graph
    targets: dict[str, list[str]] = defaultdict(list)
    for place, steps in origins.items():
        for step in steps:
            targets[step].append(place)
    links = (*input_links(after, flat.inputs), *(Link((step,), tuple(found)) for step, found in targets.items()))
    before = gradient.KEY if differentiable(program) else jaxpr.KEY
    return Provenance(before, stablehlo.KEY, links, absences(after, [step.id for step in flat.steps], links))


def _between(program: JaxProgram, before: str, earlier: Origins, after: str, origins: Origins) -> Provenance:
    """From one module to the next: operations that were made of one step and are of one kind."""
    ours, theirs = program.stage(before).graph, program.stage(after).graph
    sources, targets = _by_step(ours, earlier), _by_step(theirs, origins)
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for step, group in sources.items():
        for source, target in _pairs(group, targets.get(step, [])):
            found[source][target] = None
    links = (
        *input_links(theirs, [ours.producer[value].id for value in ours.inputs]),
        *(Link((source,), tuple(linked)) for source, linked in found.items()),
        *(Link((one,), (other,)) for one, other in zip(_results(ours), _results(theirs), strict=False)),
    )
    nodes = [node.id for node in ours.nodes if node.op != INPUT_OP and node.role != roles.OUTPUT]
    unknown = {node: Absence("no_evidence") for node in nodes if ours.node_by_id[node].op.endswith("constant")}
    unknown = {node: why for node, why in unknown.items() if node not in earlier}
    return Provenance(before, after, links, {**absences(theirs, nodes, links), **unknown})


def _same(ours: Node, theirs: Node) -> bool:
    types = [value.type for value in ours.outputs], [value.type for value in theirs.outputs]
    return ours.op == theirs.op and types[0] == types[1] and len(ours.inputs) == len(theirs.inputs)


def _by_step(graph: Graph, origins: Origins) -> dict[str, list[tuple[str, str]]]:
    """Step -> (place, kind) of what was made of it."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for place, node, _ in places.walk(graph):
        for step in origins.get(place, ()):
            kind = node.op.rpartition(".")[2].replace("_", "-")
            found[step].append((place, ALIKE.get(kind, kind)))
    return found


def _pairs(ours: Sequence[tuple[str, str]], theirs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Operations of one kind in order where there are as many, else each with each; what is left is of all of ours."""
    pairs: list[tuple[str, str]] = []
    for kind in dict.fromkeys(kind for _, kind in theirs):
        sources = [place for place, other in ours if other == kind] or [place for place, _ in ours]
        targets = [place for place, other in theirs if other == kind]
        whole = len(sources) == len(targets)
        pairs += zip(sources, targets, strict=True) if whole else [(a, b) for a in sources for b in targets]
    return pairs


def _results(graph: Graph) -> list[str]:
    return [node.id for node in graph.nodes if node.role == roles.OUTPUT]
