"""Which node of the joint graph holds which cotangent, found by tracing a second time with marks.

The marked trace, with its marks taken out, must be the shown graph: then what stood under a mark there is known here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from torch import fx

from explorer.adapters.pytorch.fx import ancestors, is_part, result_of, uses, value_id
from explorer.adapters.pytorch.joint import Joint, is_backward, trace_joint
from explorer.adapters.pytorch.marks import COTANGENT, SHARE, handed_down
from explorer.adapters.pytorch.program import PyTorchProgram
from explorer.adapters.pytorch.traced import Traced
from explorer.capture.record import Absence, Evidence, Link, Provenance
from explorer.graph.ir import use_key


@dataclass(frozen=True)
class Flow:
    """What marks say about a joint graph, as nodes of that graph.

    `cotangents` by fx value id, `shares` by fx use key. `evidence` is `guess` where the marked trace came out another
    graph than the shown one.
    """

    cotangents: Mapping[str, fx.Node]
    shares: Mapping[str, fx.Node]
    evidence: Evidence = "exact"

    def accumulating(self, module: fx.GraphModule) -> dict[fx.Node, str]:
        """The additions between the shares of a value and its cotangent, each with the id of that value."""
        found: dict[fx.Node, str] = {}
        for value, users in _users(module).items():
            shares = {self.shares[use] for use in users if use in self.shares}
            waiting = [self.cotangents[value]] if value in self.cotangents and len(users) > 1 and shares else []
            while waiting:
                node = waiting.pop()
                if node not in shares and node not in found and is_backward(node):
                    found[node] = value
                    waiting += uses(node)
        return found


def find_flow(program: PyTorchProgram, module: fx.GraphModule, joint: Joint) -> Flow:
    """Trace with marks on values and uses, else on values only; where neither gives the shown graph, go by names."""
    trials = [trace_joint(program, module, handed_down(module, values=True, each_use=True))]
    same = match(trials[0].module.graph, joint.module.graph)
    if same is None:
        trials.append(trace_joint(program, module, handed_down(module, values=True)))
        same = match(trials[1].module.graph, joint.module.graph)
    if same is not None:
        return _flow(trials[-1], same, module, "exact")
    named = {node.name: node for node in joint.nodes}
    guess = {node: named[node.name] for node in trials[0].nodes if node.name in named}
    return _flow(trials[0], guess, module, "guess")


def match(one: fx.Graph, other: fx.Graph) -> dict[fx.Node, fx.Node] | None:
    """Node of `one` -> node of `other`, walking back from the results; None where the two differ."""
    found: dict[fx.Node, fx.Node] = {}
    taken: set[fx.Node] = set()
    waiting = [(one.output_node(), other.output_node())]
    while waiting:
        left, right = waiting.pop()
        if left in found or right in taken:
            if found.get(left) is not right:
                return None
            continue
        if left.op != right.op or left.target != right.target:
            return None
        found[left] = right
        taken.add(right)
        pairs = list(_pairs((left.args, dict(left.kwargs)), (right.args, dict(right.kwargs))))
        if None in pairs:
            return None
        waiting += [pair for pair in pairs if pair is not None]
    return found


def _pairs(left: Any, right: Any) -> Iterator[tuple[fx.Node, fx.Node] | None]:
    """Nodes at the same places of two arguments; None where the arguments differ."""
    if isinstance(left, fx.Node) and isinstance(right, fx.Node):
        yield left, right
    elif isinstance(left, (tuple, list)) and isinstance(right, (tuple, list)) and len(left) == len(right):
        for each, its in zip(left, right, strict=True):
            yield from _pairs(each, its)
    elif isinstance(left, dict) and isinstance(right, dict) and left.keys() == right.keys():
        for key in left:
            yield from _pairs(left[key], right[key])
    elif type(left) is not type(right) or left != right:
        yield None


def _flow(marked: Joint, same: Mapping[fx.Node, fx.Node], module: fx.GraphModule, evidence: Evidence) -> Flow:
    def under(kind: str) -> dict[str, fx.Node]:
        return {key: same[node] for (its, key), node in marked.marks.items() if its == kind and node in same}

    cotangents, shares = under(COTANGENT), under(SHARE)
    for value, users in _users(module).items():
        if len(users) == 1 and value in cotangents:  # a single share is the whole cotangent
            shares[users[0]] = cotangents[value]
    return Flow(cotangents, shares, evidence)


def _users(module: fx.GraphModule) -> dict[str, list[str]]:
    """fx value id -> its use keys on the way to the result that is differentiated."""
    found: dict[str, list[str]] = {}
    output, result = module.graph.output_node(), result_of(module)
    for node in module.graph.nodes:
        if node is output:
            found.setdefault(value_id(result), []).append(use_key(node.name, uses(node).index(result)))
        elif not is_part(node):
            for operand, value in enumerate(uses(node)):
                found.setdefault(value_id(value), []).append(use_key(node.name, operand))
    return found


NOT_NEEDED = Absence("pytorch_not_needed")


def joint_provenance(module: fx.GraphModule, joint: Joint, flow: Flow) -> Provenance:
    """The links fx -> joint: operations, then cotangents of values, then shares of uses."""
    links = list(_same(module, joint))
    links += [Link((key,), (value_id(it),), "cotangent", flow.evidence) for key, it in flow.cotangents.items()]
    links += [Link((key,), (value_id(it),), "share", flow.evidence) for key, it in flow.shares.items()]
    return Provenance("fx", "joint", tuple(links), _absent(module, joint))


def aten_provenance(module: fx.GraphModule, traced: Traced) -> Provenance:
    """The links fx -> aten: operations."""
    return Provenance("fx", "aten", tuple(_same(module, traced)), _absent(module, traced))


def _absent(module: fx.GraphModule, traced: Traced) -> dict[str, Absence]:
    """Nodes that the result does not need: torch leaves them out."""
    return {name: NOT_NEEDED for name, nodes in _made_for(module, traced).items() if not nodes}


def _same(module: fx.GraphModule, traced: Traced) -> Iterator[Link]:
    for name, nodes in _made_for(module, traced).items():
        if nodes:
            yield Link((name,), tuple(node.name for node in nodes))


def _made_for(module: fx.GraphModule, traced: Traced) -> dict[str, list[fx.Node]]:
    """fx node -> the forward nodes of the traced graph that compute it.

    One that needed none (`+x`) is its operand; one that the result does not need was dropped and has none.
    """
    own = [node for node in module.graph.nodes if not is_part(node)]
    made: dict[str, list[fx.Node]] = {node.name: [] for node in own}
    for node in traced.nodes:
        name = "output" if node.op == "output" else traced.given.get(node.name, node.meta["origin"])
        if name in made and not is_backward(node) and not is_part(node):
            made[name].append(node)
    needed = ancestors(module.graph.output_node())
    for node in own:
        if node in needed and not made[node.name] and len(uses(node)) == 1:
            made[node.name] = made.get(value_id(uses(node)[0]), [])
    return made
