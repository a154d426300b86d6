"""What stands on each card: a node's op, type and value; a closed group's name, kind and how much it holds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from explorer.adapters import framework as framework_entry
from explorer.capture.ops import CATEGORIES, describe
from explorer.graph import roles
from explorer.graph.entered import Use
from explorer.graph.ir import INPUT_OP, Graph, Node
from explorer.graph.places import own_id
from explorer.graph.scopes import Group, Groups
from explorer.messages import sentence
from explorer.picture.card import CardText, fitted

LOOPS = ("while", "scan", "fori", "map")  # in the name of an op whose graphs run again and again
BRANCHES = ("cond", "if", "case", "switch", "choose")  # of one that runs one of its graphs


@dataclass(frozen=True, slots=True)
class Face:
    """`shown`: the value whose number the card shows, or "". `count`: nodes in a group, 0 for a node."""

    id: str
    text: CardText
    category: str
    role: str
    shown: str
    count: int = 0
    repeats: int = 1


class Faces:
    """Cards of one graph. `numbers`: whether its stage has values to show."""

    def __init__(self, stage: str, framework: str, graph: Graph, groups: Groups, *, numbers: bool) -> None:
        self.framework, self.groups, self.numbers = framework, groups, numbers
        self.first_stage = framework_entry(framework).first.key == stage
        self.results = frozenset(graph.outputs)
        self.members: dict[int, list[int]] = {}
        for place, group in enumerate(groups.group_of):
            while group >= 0:
                self.members.setdefault(group, []).append(place)
                group = groups.groups[group].parent

    def of(self, box: int) -> Face:
        """The card of a place, or of group `box - n`."""
        found = self.groups.entered
        if box >= len(found.places):
            return self._group(box - len(found.places))
        node, place = found.nodes[box], found.places[box]
        shown = shown_value(node) if self.numbers else ""
        prefix = place.removesuffix(own_id(place))
        types = ", ".join(str(value.type) for value in node.outputs)
        text = self._text(title(self.framework, node), self._node_word(node), node, shown, types)
        return Face(place, text, describe(self.framework, node).category, node.role, prefix + shown if shown else "")

    def _text(self, name: str, word: str, node: Node, shown: str, types: str) -> CardText:
        return fitted(
            name,
            word,
            types,
            value=bool(shown),
            adjoint=self.first_stage and any(value.type.is_float for value in node.outputs[:1]),
            tensor=bool(shown) and any(value.type.shape for value in node.outputs[:1]),
            is_name=node.role == roles.PARAMETER,
        )

    def _node_word(self, node: Node) -> str:
        word = node.role if node.role == roles.ACCUMULATE else describe(self.framework, node).word
        return (result_name(node) or word) if node.role == roles.OUTPUT else word

    # Groups.

    def title(self, group: Group) -> str:
        """The name of a group; of a call, what it calls."""
        return title(self.framework, group.caller) if group.kind == "call" and group.caller else group.title

    def word(self, group: Group) -> str:
        """The kind of a group in plain words."""
        op = group.caller.op.lower() if group.caller else ""
        loops, chooses = (any(part in op for part in names) for names in (LOOPS, BRANCHES))
        match group.kind:
            case "repeat":
                return sentence("group_repeat", {"repeats": group.repeats})
            case "scope":
                return sentence("group_module" if self.framework == "pytorch" else "group_scope", {})
            case "ends":
                return sentence("group_ends", {})
            case "part":
                return sentence("group_branch" if chooses else "group_body" if loops else "group_part", {})
            case "call":
                own = describe(self.framework, group.caller).word if group.caller else ""
                return own or sentence("group_branch" if chooses else "group_loop" if loops else "group_call", {})

    def _group(self, number: int) -> Face:
        group, found = self.groups.groups[number], self.groups.entered
        count = sentence("group_nodes", {"count": group.count})
        if group.kind == "call" and group.caller:  # the card of the node that calls
            node, prefix = group.caller, group.id.removesuffix(own_id(group.id))
            shown = shown_value(node) if self.numbers else ""
            types = [str(value.type) for value in node.outputs[:1]] + ["…"] * (len(node.outputs) > 1)
            text = self._text(self.title(group), self.word(group), node, shown, " · ".join([", ".join(types), count]))
            category = describe(self.framework, node).category
            return Face(group.id, text, category, node.role, prefix + shown if shown else "", group.count)
        nodes = [found.nodes[place] for place in self.members[number]]
        told = {node.role for node in nodes}
        role = told.pop() if len(told) == 1 else roles.COTANGENT if group.backward else roles.PRIMAL
        use = self._only_value(number) if self.numbers else None
        maker = found.nodes[use.source].outputs if use else ()
        kind = next((v.type for v in maker if use and own_id(use.value) == v.id), maker[0].type if maker else None)
        text = fitted(
            self.title(group),
            self.word(group),
            count,
            value=use is not None,
            adjoint=self.first_stage and kind is not None and kind.is_float,
            tensor=kind is not None and bool(kind.shape),
        )
        value = use.value if use else ""
        return Face(group.id, text, self._category(nodes), role, value, group.count, group.repeats)

    def _category(self, nodes: list[Node]) -> str:
        """The colour of most of what a group computes; moving data around counts only where there is nothing else."""
        count = Counter(describe(self.framework, node).category for node in nodes)
        computed = {name: times for name, times in count.items() if name not in ("neutral", "shape")} or dict(count)
        return min(computed, key=lambda name: (-computed[name], CATEGORIES.index(name)))

    def _only_value(self, number: int) -> Use | None:
        """A use of the one value that leaves a group; None where none or several do."""
        found = self.groups.entered
        members = set(self.members[number])
        leaving = {use.value: use for use in found.uses if use.source in members and use.user not in members}
        return next(iter(leaving.values())) if len(leaving) == 1 else None


def result_name(node: Node) -> str:
    """Whose gradient an output node gives back: `∂/∂a`; empty for the value itself."""
    if "gradient" in node.params:
        return f"∂/∂{node.params['gradient']}"
    return node.outputs[0].name if node.outputs else ""


def title(framework: str, node: Node) -> str:
    """The framework's name of the op, without the namespace and overload that all its neighbours share.

    `aten.mul.Tensor` and `operator.mul` are `mul`; `dot_general` and `MatMul` stay. An input shows its own name.
    """
    if node.op == INPUT_OP and node.outputs:
        return node.outputs[0].name or node.id
    if framework != "pytorch" or "." not in node.op:
        return node.op
    parts = node.op.split(".")
    return parts[1] if parts[0] in ("aten", "prims") else parts[-1]


def shown_value(node: Node) -> str:
    """The value whose number the card shows: its first output; for a card that only passes one value on, that one."""
    if node.outputs:
        return node.outputs[0].id
    return node.inputs[0] if len(node.inputs) == 1 else ""
