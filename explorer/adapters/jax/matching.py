"""Whether two flat lists are the same program, and which value of one is which of the other.

The same means: the same operations with the same params, literals and wiring. What may differ is the order of
operations that do not depend on each other, operations whose result nobody reads, and how a sum of cotangents is
grouped: `add_any(add_any(a, b), c)` is one sum of a, b and c, and only its total is looked at. Grouping does differ:
where a value hands its tangent on unchanged (x + 1), JAX sums the cotangents of both as they come.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from explorer.adapters.jax.equations import Atom, Fixed, Flat, Ref, Step
from explorer.adapters.jax.params import number, plain_params

SUM = "add_any"

Key = tuple[Any, ...]


def correspondence(ours: Flat, theirs: Flat) -> dict[str, str] | None:
    """Value ids of `ours` -> ids of `theirs` by position and wiring; None where they are not the same program."""
    if len(ours.inputs) != len(theirs.inputs) or len(ours.constants) != len(theirs.constants):
        return None
    same = dict(zip([*ours.inputs, *ours.constants], [*theirs.inputs, *theirs.constants], strict=True))
    identity = {name: name for name in theirs.avals}
    waiting: dict[Key, list[Step]] = defaultdict(list)
    for operation in _operations(theirs):
        waiting[operation.key(identity)].append(operation.step)
    for operation in _operations(ours):
        candidates = waiting[operation.key(same)]
        if not candidates:
            return None
        same.update(zip(operation.step.outputs, candidates.pop(0).outputs, strict=True))
    if any(waiting.values()):
        return None
    _match_others(ours, theirs, same, identity)
    ends = [_atom(atom, same) for atom in ours.outputs], [_atom(atom, identity) for atom in theirs.outputs]
    return same if ends[0] == ends[1] else None


@dataclass(frozen=True, slots=True)
class _Operation:
    """A step with what it reads; a sum reads all its summands."""

    step: Step
    operands: Sequence[Atom]

    def key(self, names: Mapping[str, str]) -> Key:
        """What an operation of the other list must have in common with this one, values called by `names`."""
        operands = [_atom(atom, names) for atom in self.operands]
        if self.step.op == SUM:
            return (SUM, *sorted(operands))
        step = self.step
        inside = tuple(each.op for body in step.bodies for each in body.flat.steps)
        # Of JAX's transformations only the outermost is of the gradient stage; the user's own are in neither's way.
        return (step.op, step.transforms[:1], repr(sorted(_params(step).items())), inside, *operands)


def _operations(flat: Flat) -> Iterator[_Operation]:
    """The operations the outputs depend on, in order, sums of sums as one."""
    steps = _live(flat)
    producer = {name: step for step in steps for name in step.outputs}
    reads = Counter(atom.id for step in steps for atom in step.operands if isinstance(atom, Ref))
    reads.update(atom.id for atom in flat.outputs if isinstance(atom, Ref))
    summed = {atom.id for step in steps if step.op == SUM for atom in step.operands if isinstance(atom, Ref)}
    parts = {step.id for step in steps if step.op == SUM and step.id in summed and reads[step.id] == 1}
    for step in steps:
        if step.id not in parts:
            yield _Operation(step, _summands(step, producer, parts) if step.op == SUM else step.shown_operands)


def _summands(step: Step, producer: Mapping[str, Step], parts: set[str]) -> list[Atom]:
    """Everything that a sum adds up, through its parts, in any order."""
    found: list[Atom] = []
    waiting = list(step.shown_operands)
    while waiting:
        atom = waiting.pop()
        if isinstance(atom, Ref) and atom.id in parts:
            waiting += producer[atom.id].shown_operands
        else:
            found.append(atom)
    return found


def _live(flat: Flat) -> list[Step]:
    """The steps that the outputs depend on, in order."""
    needed = {atom.id for atom in flat.outputs if isinstance(atom, Ref)}
    kept = []
    for step in reversed(flat.steps):
        if needed.intersection(step.outputs):
            kept.append(step)
            needed.update(atom.id for atom in step.operands if isinstance(atom, Ref))
    return kept[::-1]


def _match_others(ours: Flat, theirs: Flat, same: dict[str, str], identity: Mapping[str, str]) -> None:
    """Add to `same` what has its like among operations nobody reads, and among parts of sums."""
    matched = set(same.values())
    waiting: dict[Key, list[Step]] = defaultdict(list)
    for step in theirs.steps:
        if matched.isdisjoint(step.outputs):
            waiting[_Operation(step, step.shown_operands).key(identity)].append(step)
    for step in ours.steps:
        known = all(name in same for name in step.inputs) and step.id not in same
        if known and (candidates := waiting.get(_Operation(step, step.shown_operands).key(same))):
            same.update(zip(step.outputs, candidates.pop(0).outputs, strict=True))


def _params(step: Step) -> Mapping[str, Any]:
    return {key: value for key, value in plain_params(step).items() if key != "literals"}


def _atom(atom: Atom, names: Mapping[str, str]) -> tuple[str, str]:
    if isinstance(atom, Fixed):
        return ("literal", f"{number(atom.value)!r} {atom.aval.dtype}")
    return ("value", names.get(atom.id, ""))
