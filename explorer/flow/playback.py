"""The order of steps over one stage, and what is reached at any of them.

Index 0 is the start: inputs are there, nothing is computed. Index i > 0 is the state after step i. A first stage plays
its nodes in execution order, then the cotangent of every float value on the way to the output, last value first. A
gradient stage plays its nodes in execution order, those that need no cotangent first.

What is reached at an index is a comparison of two integers per id, so any index is at hand at once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from explorer.graph import roles
from explorer.graph.ir import INPUT_OP, Graph, Node, use_key

Phase = Literal["forward", "backward"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `node` works on `value` (its output, or the value whose cotangent arrives); `wires` are use keys."""

    phase: Phase
    node: str
    value: str
    wires: tuple[str, ...]


class Reached(Set[str]):
    """The ids whose step is not after `index`; a view, nothing is copied."""

    __slots__ = ("_ids", "_steps", "_when", "index")

    def __init__(self, steps: Mapping[str, int], ordered: tuple[list[str], list[int]], index: int) -> None:
        self._steps = steps
        self._ids, self._when = ordered
        self.index = index

    def __contains__(self, identifier: object) -> bool:
        step = self._steps.get(identifier) if isinstance(identifier, str) else None
        return step is not None and step <= self.index

    def __len__(self) -> int:
        return bisect_right(self._when, self.index)

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids[: len(self)])

    @classmethod
    def _from_iterable(cls, it: Iterable[T]) -> Set[T]:
        """What `&`, `|` and `-` make: a plain set, for it is no longer a prefix of the steps."""
        return frozenset(it)


@dataclass(frozen=True, slots=True)
class PlaybackState:
    """What there is at `index` of `total` steps; `k` of `n` counts within the phase.

    `values` and `adjoints` are the value ids that are reached: an id outside is "not computed yet", never 0. `node`,
    `value` and `wires` (use keys) are what the step just taken worked on; empty at the start. `formula` is the step in
    numbers, filled by `explorer.flow.formulas`.
    """

    index: int
    total: int
    phase: Phase
    k: int
    n: int
    values: Set[str]
    adjoints: Set[str]
    node: str | None = None
    value: str | None = None
    wires: tuple[str, ...] = ()
    formula: str = ""


@dataclass(frozen=True)
class Playback:
    """The steps over one graph. `adjoint_of` is empty for a gradient stage: its cotangents are plain values."""

    steps: tuple[Step, ...]
    forward: int
    value_step: Mapping[str, int]
    adjoint_step: Mapping[str, int]
    _ordered: tuple[tuple[list[str], list[int]], tuple[list[str], list[int]]] = field(repr=False)

    @property
    def total(self) -> int:
        return len(self.steps)

    def at(self, index: int | None) -> PlaybackState:
        """The state at `index`, which is put between 0 and the end; None is the end."""
        index = self.total if index is None else max(0, min(index, self.total))
        values = Reached(self.value_step, self._ordered[0], index)
        adjoints = Reached(self.adjoint_step, self._ordered[1], index)
        backward = index > self.forward
        k, n = (index - self.forward, self.total - self.forward) if backward else (index, self.forward)
        phase: Phase = "backward" if backward else "forward"
        if not index:
            return PlaybackState(0, self.total, phase, k, n, values, adjoints)
        step = self.steps[index - 1]
        return PlaybackState(
            index, self.total, phase, k, n, values, adjoints, step.node, step.value or None, step.wires
        )

    def step_of(self, node: str) -> int | None:
        """The index after the first step of `node`; None for a node that takes no step."""
        return next((index for index, step in enumerate(self.steps, 1) if step.node == node), None)


def first_stage(graph: Graph, *, backward: bool = True) -> Playback:
    """Values forward over `graph`, then (with `backward`) the cotangent of each float value, in reverse order."""
    forward = [_forward_step(node) for node in graph.nodes if _computes(node)]
    back = list(_cotangent_steps(graph)) if backward else []
    values = {value.id: 0 for node in graph.nodes if node.op == INPUT_OP for value in node.outputs}
    values |= _arrivals(graph, forward, 0)
    adjoints = {step.value: len(forward) + index for index, step in enumerate(back, 1)}
    return _playback([*forward, *back], len(forward), values, adjoints)


def gradient_stage(graph: Graph) -> Playback:
    """Nodes in execution order: what needs no cotangent, then the way back, the seed first."""
    late = _needs_cotangent(graph)
    forward = [_forward_step(node) for node in graph.nodes if node.id not in late and _computes(node)]
    back = [
        _forward_step(node, "backward")
        for node in sorted((node for node in graph.nodes if node.id in late), key=lambda node: node.op != INPUT_OP)
        if node.op == INPUT_OP or _computes(node)
    ]
    steps = [*forward, *back]
    given = (node for node in graph.nodes if node.op == INPUT_OP and node.id not in late)
    values = {value.id: 0 for node in given for value in node.outputs} | _arrivals(graph, steps, 0)
    return _playback(steps, len(forward), values, {})


def _computes(node: Node) -> bool:
    """Inputs are given, and a node without outputs (fx's `output`) only names results."""
    return node.op != INPUT_OP and bool(node.outputs) and node.role != roles.OUTPUT


def _forward_step(node: Node, phase: Phase = "forward") -> Step:
    wires = tuple(use_key(node.id, operand) for operand in range(len(node.inputs)))
    return Step(phase, node.id, node.outputs[0].id, wires)


def _cotangent_steps(graph: Graph) -> Iterator[Step]:
    """Float values that the output depends on through float values, from the output back."""
    reached = _differentiated(graph)
    for node in reversed(graph.nodes):
        for value in reversed(node.outputs):
            if value.id in reached and node.role != roles.OUTPUT:
                uses = graph.users.get(value.id, ())
                wires = tuple(use_key(user.id, operand) for user, operand in uses if _passes_back(user, reached))
                yield Step("backward", node.id, value.id, wires)


def _differentiated(graph: Graph) -> set[str]:
    reached = {value for value in graph.outputs if graph.value_by_id[value].type.is_float}
    for node in reversed(graph.nodes):
        if _passes_back(node, reached):
            reached |= {value for value in node.inputs if graph.value_by_id[value].type.is_float}
    return reached


def _passes_back(node: Node, reached: Set[str]) -> bool:
    return any(value.id in reached for value in node.outputs)


def _needs_cotangent(graph: Graph) -> set[str]:
    """Backward nodes, and whatever is computed from them (outputs, updates)."""
    late: set[str] = set()
    for node in graph.nodes:
        if roles.is_backward(node.role) or any(graph.producer[value].id in late for value in node.inputs):
            late.add(node.id)
    return late


def _arrivals(graph: Graph, steps: list[Step], before: int) -> dict[str, int]:
    """When each output of the nodes in `steps` is there; a result named by an output node is there with its operand."""
    arrivals: dict[str, int] = {}
    for index, step in enumerate(steps, before + 1):
        arrivals |= {value.id: index for value in graph.node_by_id[step.node].outputs}
    for node in graph.nodes:
        if node.role == roles.OUTPUT and node.op != INPUT_OP:
            latest = max((arrivals.get(value, 0) for value in node.inputs), default=0)
            arrivals |= {value.id: latest for value in node.outputs}
    return arrivals


def _playback(steps: list[Step], forward: int, values: dict[str, int], adjoints: dict[str, int]) -> Playback:
    return Playback(tuple(steps), forward, values, adjoints, (_in_order(values), _in_order(adjoints)))


def _in_order(when: Mapping[str, int]) -> tuple[list[str], list[int]]:
    ids = sorted(when, key=lambda identifier: when[identifier])
    return ids, [when[identifier] for identifier in ids]
