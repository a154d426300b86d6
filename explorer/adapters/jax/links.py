"""What of the gradient stage belongs to what of the first stage, found by marks (`explorer.adapters.jax.marks`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from explorer.adapters.jax.equations import Atom, Flat, Ref
from explorer.adapters.jax.marks import Found, is_float, marked, strip
from explorer.adapters.jax.matching import correspondence
from explorer.capture.record import Evidence, Link, Provenance

if TYPE_CHECKING:
    from explorer.adapters.jax.program import JaxProgram


@dataclass(frozen=True)
class Findings:
    """Value ids of the first stage, and use keys, to value ids of the gradient stage.

    `same` holds the same number, `cotangents` and `shares` what the names say. `reached` and `reached_uses` have every
    value and use that JAX sends a cotangent to, also where that is a literal and so no value. `used_value` maps a use
    key to the value it reads. `exact` is False where the marked trace was another program than the shown one: then
    `same` is a guess by order and the rest is empty.
    """

    same: Mapping[str, str]
    cotangents: Mapping[str, str]
    shares: Mapping[str, str]
    reached: frozenset[str]
    reached_uses: frozenset[str]
    used_value: Mapping[str, str]
    exact: bool = True


def find(forward: Flat, shown: Flat, trace: Callable[[Callable[..., Any]], Any]) -> Findings:
    """Trace again with marks and read them. `trace` makes the gradient jaxpr of a function as that of `shown` was made.

    Marks on uses can change the order in which shares are summed; the order that gives the shown program is tried for,
    and without one the values alone are marked.
    """
    used = used_values(forward)
    attempts = [(True, False), (True, True), (False, False)]
    for uses, reverse in attempts:
        stripped, found = strip(trace(marked(forward, uses=uses, reverse=reverse)), forward.inputs)
        names = correspondence(stripped, shown)
        if names is not None:
            return _named(found, names, shown, forward, used)
    return Findings(_by_order(forward, shown), {}, {}, *_reached(found, used), used, exact=False)


def used_values(flat: Flat) -> dict[str, str]:
    """Use key -> the value read there."""
    return {
        key: atom.id
        for step in flat.steps
        for key, atom in zip(step.uses, step.operands, strict=True)
        if key and isinstance(atom, Ref)
    }


def _reached(found: Found, used: Mapping[str, str]) -> tuple[frozenset[str], frozenset[str]]:
    """Values and uses with a cotangent. Where uses were not marked, every use of such a value counts."""
    values = frozenset(found.cotangents)
    return values, frozenset(found.shares or (use for use, value in used.items() if value in values))


def _named(found: Found, names: Mapping[str, str], shown: Flat, forward: Flat, used: Mapping[str, str]) -> Findings:
    def values(atoms: Mapping[str, Atom]) -> dict[str, str]:
        return {key: names[atom.id] for key, atom in atoms.items() if isinstance(atom, Ref) and atom.id in names}

    cotangents, shares = values(found.cotangents), values(found.shares)
    gradients = dict(zip(_float_inputs(forward), shown.output_ids[1:], strict=False))
    for name, gradient in gradients.items():
        # A gradient that is a literal (x + y) is the whole cotangent of its input, and its share where there is one.
        if gradient in shown.literals and name in found.cotangents:
            cotangents[name] = gradient
            uses = [key for key in found.shares if used[key] == name]
            shares.update(dict.fromkeys(uses, gradient) if len(uses) == 1 else {})
    return Findings(values(found.same), cotangents, shares, *_reached(found, used), used)


def _float_inputs(forward: Flat) -> list[str]:
    """The inputs that were differentiated by."""
    return [name for name in forward.inputs if is_float(forward.avals[name])]


def _by_order(forward: Flat, shown: Flat) -> dict[str, str]:
    """The k-th operation of one name in the first stage to the k-th of that name in the forward half of the other."""
    waiting = defaultdict(list)
    for step in shown.steps:
        if step.transforms[:1] != ("transpose",):
            waiting[step.op].append(step)
    pairs = dict(zip(forward.inputs, shown.inputs, strict=True))
    for step in forward.steps:
        if waiting[step.op]:
            pairs.update(zip(step.outputs, waiting[step.op].pop(0).outputs, strict=False))
    return pairs


def provenance(program: JaxProgram, from_stage: str, to_stage: str) -> Provenance:
    """All links between the two stages."""
    found = program.findings
    evidence: Evidence = "exact" if found.exact else "guess"
    forward, shown = program.forward_list, program.gradient_list
    links = [
        *_node_links(found, forward, shown, evidence),
        *(Link((value,), (target,), "cotangent", evidence) for value, target in found.cotangents.items()),
        *(Link((use,), (target,), "share", evidence) for use, target in found.shares.items()),
    ]
    return Provenance(from_stage, to_stage, tuple(links))


def _node_links(found: Findings, forward: Flat, shown: Flat, evidence: Evidence) -> Iterator[Link]:
    """`same` links are between nodes: inputs, and the steps whose results are the same."""
    ours, theirs = _producers(forward), _producers(shown)
    pairs = dict.fromkeys((ours[value], theirs[target]) for value, target in found.same.items())
    return (Link((node,), (target,), "same", evidence) for node, target in pairs)


def _producers(flat: Flat) -> dict[str, str]:
    """Value id -> node id."""
    inputs = {name: name for name in [*flat.inputs, *flat.constants, *flat.literals]}
    return {**inputs, **{name: step.id for step in flat.steps for name in step.outputs}}
