"""A graph with its calls entered: every place in it, and every use of a value from the place that makes it.

A call is worth entering where it leads to more than one operation; the inside of any other (the `add` of a reduction)
stays in its caller. The caller itself remains a place only where it does something of its own: it chooses between
branches, repeats a body, or has an operand or result that its graphs do not have. Otherwise its inside stands for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from explorer.graph import roles
from explorer.graph.halves import backward_nodes
from explorer.graph.ir import INPUT_OP, Graph, Node
from explorer.graph.places import NOT_GIVEN, inside, operands_of, results_of


@dataclass(frozen=True, slots=True)
class Use:
    """Place `source` makes `value`, place `user` reads it as operand `operand`. Places are numbers; `value` is a text,
    written from the outermost graph: where a call was entered, the caller's name of what its graph gives back."""

    source: int
    value: str
    user: int
    operand: int


@dataclass(frozen=True, slots=True)
class Domain:
    """What one call entered: nodes of one graph in one place. The outermost graph is domain 0, with no `parent`.

    `place` is the caller's, `call` the number of the call. `holds_calls`: the domain is that of a caller of several
    graphs, each of which is a domain in it. `caller` is the node that calls.
    """

    parent: int
    place: str
    call: int
    title: str
    caller: Node | None
    backward: bool
    holds_calls: bool = False


@dataclass(slots=True)
class Entered:
    """All places of a graph, in execution order. `domain`: of each place; `domains`: what calls entered, outer first.

    `stands_for`: places that are in the graph and not in `places`, and the number of the place that stands for each.
    """

    places: list[str] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    backward: list[bool] = field(default_factory=list)
    domain: list[int] = field(default_factory=list)
    domains: list[Domain] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    stands_for: dict[str, int] = field(default_factory=dict)


Makers = dict[str, list[tuple[int, str]]]  # value of a graph -> the places that make it, and what it is called there


def entered(graph: Graph) -> Entered:
    """`graph` with every call entered that is worth it."""
    walker = _Walker()
    walker.found.domains.append(Domain(-1, "", -1, graph.name, None, False))
    walker.enter(graph, "", 0, {}, {}, None)
    return walker.found


class _Walker:
    def __init__(self) -> None:
        self.found = Entered()

    def enter(
        self, graph: Graph, prefix: str, domain: int, known: Mapping[str, Graph],
        given: Mapping[str, list[tuple[int, str]]], backward: bool | None,
    ) -> Makers:  # fmt: skip
        """Add the places of `graph`. `given`: makers of the values that the caller hands to its inputs. `backward`: the
        caller's half, which its inside shares."""
        known = {**known, **{inner.name: inner for inner in graph.graphs}}
        halves = backward_nodes(graph) if backward is None else [backward] * len(graph.nodes)
        makers: Makers = {}
        for node, half in zip(graph.nodes, halves, strict=True):
            handed = [(operand, makers[value]) for operand, value in enumerate(node.inputs)]
            calls = [known[name] for name in node.calls]
            if _is_worth_entering(calls, known):
                made = self._call(node, calls, prefix, domain, known, handed, half)
            else:
                number = self._add(prefix + node.id, node, domain, half, handed)
                self._swallow(calls, prefix + node.id, known, number)
                if node.op == INPUT_OP:
                    self._wire(number, [(0, given.get(value.id, [])) for value in node.outputs])
                made = {value.id: [(number, prefix + value.id)] for value in node.outputs}
            makers |= made
        return makers

    def _add(
        self, place: str, node: Node, domain: int, backward: bool, handed: list[tuple[int, list[tuple[int, str]]]]
    ) -> int:
        found, number = self.found, len(self.found.places)
        found.places.append(place)
        found.nodes.append(node)
        found.backward.append(backward)
        found.domain.append(domain)
        self._wire(number, handed)
        return number

    def _wire(self, user: int, handed: list[tuple[int, list[tuple[int, str]]]]) -> None:
        for operand, sources in handed:
            self.found.uses += [Use(source, value, user, operand) for source, value in sources]

    def _swallow(self, calls: list[Graph], place: str, known: Mapping[str, Graph], number: int) -> None:
        for call, inner in enumerate(calls):
            around = {**known, **{graph.name: graph for graph in inner.graphs}}
            for own in inner.nodes:
                hidden = inside(place, call, own.id)
                self.found.stands_for[hidden] = number
                self._swallow([around[name] for name in own.calls], hidden, around, number)

    def _call(
        self, node: Node, calls: list[Graph], prefix: str, domain: int, known: Mapping[str, Graph],
        handed: list[tuple[int, list[tuple[int, str]]]], backward: bool,
    ) -> Makers:  # fmt: skip
        place = prefix + node.id
        several = len(calls) > 1
        own = self._domain(Domain(domain, place, 0, node.op, node, backward, several))
        taken: set[int] = set()
        results: list[tuple[int, Makers, Graph]] = []
        for call, inner in enumerate(calls):
            operands = operands_of(node, call, inner)
            taken |= set(operands)
            given = {
                value: handed[operand][1]
                for value, operand in zip(inner.inputs, operands, strict=True)
                if operand != NOT_GIVEN
            }
            within = self._domain(Domain(own, place, call, inner.name, node, backward)) if several else own
            results.append((call, self.enter(inner, inside(place, call, ""), within, known, given, backward), inner))
        left = [(operand, sources) for operand, sources in handed if operand not in taken]
        made = _results(node, prefix, results)
        if not several and not left and all(made.values()):
            self.found.stands_for[place] = next(
                (sources[0][0] for sources in made.values()), len(self.found.places) - 1
            )
            return made
        given_back = [makers[value] for _, makers, inner in results for value in inner.outputs]
        number = self._add(place, node, own, backward, left)
        self._wire(number, [(len(node.inputs) + k, sources) for k, sources in enumerate(given_back)])
        return {value.id: [(number, prefix + value.id)] for value in node.outputs}

    def _domain(self, domain: Domain) -> int:
        self.found.domains.append(domain)
        return len(self.found.domains) - 1


def _results(node: Node, prefix: str, results: list[tuple[int, Makers, Graph]]) -> Makers:
    """Makers of the caller's outputs inside its graphs, under the caller's own names for them."""
    made: Makers = {value.id: [] for value in node.outputs}
    for call, makers, inner in results:
        for output, result in zip(node.outputs, results_of(node, call, inner), strict=True):
            if result != NOT_GIVEN:
                made[output.id] += [(number, prefix + output.id) for number, _ in makers[inner.outputs[result]]]
    return made


def _is_worth_entering(calls: list[Graph], known: Mapping[str, Graph]) -> bool:
    return sum(_operations(inner, known) for inner in calls) > 1


def _operations(graph: Graph, known: Mapping[str, Graph]) -> int:
    """Nodes that compute something, at every level."""
    known = {**known, **{inner.name: inner for inner in graph.graphs}}
    own = [node for node in graph.nodes if node.op != INPUT_OP and node.role != roles.OUTPUT]
    return len(own) + sum(_operations(known[name], known) for node in own for name in node.calls)
