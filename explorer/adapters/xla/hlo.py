"""An HLO module's text as a Graph: the entry computation with every computation it calls nested in it.

All called computations lie flat in `graph.graphs` of the outermost graph, under their own names, and are called by
name from wherever they are needed; a fusion, a while loop, a conditional, a reducer is entered at its places
(`explorer.graph.places`). Instruction names are node ids and value ids. Results of the entry computation are nodes of
their own (`tuple.1[0]`, role output), so that each is drawn beside what computes it; inner tuples stay instructions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final

from explorer.adapters.xla import text as hlo_text
from explorer.adapters.xla.frames import Positions, Spans, from_one, spans_of
from explorer.adapters.xla.halves import inner_roles, with_results, with_roles
from explorer.adapters.xla.op_names import Origin, Origins, nothing, origin_of
from explorer.adapters.xla.tags import Tags
from explorer.adapters.xla.text import Computation, Instruction, Module
from explorer.adapters.xla.types import TUPLE, elements, tensor_type
from explorer.graph import places, roles
from explorer.graph.ir import INPUT_OP, Graph, Node, Value

CALL_KEYS: Final = (
    "condition", "body", "calls", "to_apply", "select", "scatter", "true_computation", "false_computation",
    "branch_computations", "called_computations", "called_computation",
)  # fmt: skip
# A computation that one of these calls works on single entries: its inputs are no operands.
OF_ENTRIES: Final = frozenset({
    "reduce", "reduce-window", "scatter", "select-and-scatter", "sort", "topk", "all-reduce", "all-reduce-start",
    "reduce-scatter", "scan",
})  # fmt: skip
BOOKKEEPING: Final = frozenset({"parameter", "constant", "tuple", "get-tuple-element", "bitcast"})
NUMBER: Final = re.compile(r"-?(\d+(\.\d*)?([eE][+-]?\d+)?|inf|nan)$")
MOST_LITERAL: Final = 200  # characters of a constant's text in `params`; the printout has all of it
MOST_PLACES: Final = 500_000  # lines are known of; a computation called from many places stands in as many


@dataclass(frozen=True)
class Reading:
    """`lines`: place -> line of the text (from 1). `tags`: place -> tags in its op_name (see `tags.py`)."""

    graph: Graph
    lines: Mapping[str, int]
    tags: Mapping[str, tuple[str, ...]]


def read(
    text: str,
    *,
    name: str = "",
    origins: Origins = nothing,
    tags: Tags | None = None,
    file: str = "",
    positions: Positions = from_one,
    input_names: Sequence[str] = (),
    input_roles: Sequence[str] = (),
    gradients: Sequence[str] = (),
    values: int = 1,
    others: int = 0,
) -> Reading:
    """Read an HLO module, optimized or not.

    `origins` says what an op_name stands for (`jax_origin`, `tensorflow_origin`, `from_nodes`, `Tags.from_nodes`).
    `tags` are taken out of op_names before anybody sees them. `file` is the user's file name, `positions` makes a Span
    of a code position in it. `input_names` and `input_roles` belong to the parameters by number. The first `values`
    and the last `others` results are what the function returns, those between gradients of what `gradients` names.
    Raises ProgramError `hlo_unreadable` or `hlo_no_entry`.
    """
    module = hlo_text.parse(text)
    reader = _Reader(module, origins, tags, spans_of(module, file, positions))
    called = reader.called()
    entry = reader.entry(name or module.entry.name, input_names, input_roles)
    root = module.entry.root
    entry = with_results(entry, root.name, root.operands if root.opcode == TUPLE else (root.name,), gradients, values)
    inner = tuple(reader.computation(each) for each in called)
    entry = with_roles(entry, values, others)
    graph = replace(entry, graphs=inner_roles(entry, inner))
    return Reading(graph, *reader.found(graph))


@dataclass(frozen=True, slots=True)
class _Named:
    """What an op_name says: `shown` is what people see of it."""

    origin: Origin
    shown: str
    tags: tuple[str, ...]


class _Reader:
    def __init__(self, module: Module, origins: Origins, tags: Tags | None, spans: Spans) -> None:
        self.module, self.origins, self.tags, self.spans = module, origins, tags, spans
        self.known: dict[str, _Named] = {}
        self.line_of: dict[str, dict[str, int]] = {}
        self.tags_of: dict[str, dict[str, tuple[str, ...]]] = {}

    def called(self) -> list[Computation]:
        """The computations that the entry needs, in the order of the text."""
        needed: set[str] = set()
        waiting = [self.module.entry]
        while waiting:
            for instruction in waiting.pop().instructions:
                for name in calls(instruction):
                    if name in self.module.computations and name not in needed:
                        needed.add(name)
                        waiting.append(self.module.computations[name])
        return [each for name, each in self.module.computations.items() if name in needed]

    def entry(self, name: str, input_names: Sequence[str], input_roles: Sequence[str]) -> Graph:
        graph = self.computation(self.module.entry, name)
        place = {value: number for number, value in enumerate(graph.inputs)}

        def named(node: Node) -> Node:
            number = place.get(node.id, -1) if node.op == INPUT_OP else -1
            if number < 0:
                return node
            title = input_names[number] if number < len(input_names) else _argument(node)
            role = input_roles[number] if number < len(input_roles) else node.role
            return replace(node, outputs=(replace(node.outputs[0], name=title),), role=role)

        return replace(graph, nodes=tuple(map(named, graph.nodes)))

    def computation(self, computation: Computation, name: str = "") -> Graph:
        name = name or computation.name
        lines, tags = self.line_of.setdefault(name, {}), self.tags_of.setdefault(name, {})
        inputs: list[tuple[int, str]] = []
        nodes = []
        for instruction in computation.instructions:
            nodes.append(self.node(instruction))
            lines[instruction.name] = instruction.line
            if found := self.named(instruction).tags:
                tags[instruction.name] = found
            if instruction.opcode == "parameter":
                inputs.append((int(instruction.literal), instruction.name))
        given = tuple(name for _, name in sorted(inputs))
        return Graph(name, given, (computation.root.name,), tuple(nodes))

    def named(self, instruction: Instruction) -> _Named:
        op_name = str(instruction.metadata.get("op_name", ""))
        if op_name not in self.known:
            shown, tags = (op_name, ()) if self.tags is None else (self.tags.strip(op_name), self.tags.of(op_name))
            self.known[op_name] = _Named(origin_of(op_name, self.origins), shown, tags)
        return self.known[op_name]

    def node(self, instruction: Instruction) -> Node:
        named = self.named(instruction)
        # A computation of a text that was cut is not there: the call stays, as one that cannot be entered.
        known = tuple(each for each in calls(instruction) if each in self.module.computations)
        return Node(
            instruction.name,
            INPUT_OP if instruction.opcode == "parameter" else instruction.opcode,
            instruction.operands,
            (Value(instruction.name, tensor_type(instruction.kind)),),
            self.params(instruction, named.shown, known),
            self.role(instruction, named.origin.role),
            named.origin.scope,
            named.origin.span or self.spans(instruction.metadata),
            known,
        )

    def params(self, instruction: Instruction, op_name: str, known: Sequence[str]) -> dict[str, Any]:
        params = {key: value for key, value in instruction.attributes.items() if key not in CALL_KEYS}
        if instruction.opcode == "parameter":
            params["number"] = int(instruction.literal)
        if instruction.opcode == "constant":
            params |= _constant(instruction.literal)
        if instruction.kind.startswith("("):
            params["elements"] = [str(each) for each in elements(instruction.kind)]
        if op_name:
            params["op_name"] = op_name
        if "op_type" in instruction.metadata:
            params["op_type"] = instruction.metadata["op_type"]
        if known:
            inner = [self.module.computations[each] for each in known]
            params["call_operands"] = call_operands(instruction, inner)
            if instruction.opcode == "fusion":
                params |= _fusion(inner[0])
        return params

    @staticmethod
    def role(instruction: Instruction, role: str) -> str:
        match instruction.opcode:
            case "parameter":
                return roles.INPUT
            case "constant":
                return roles.CONSTANT
        return role  # empty: no op_name says it, so its neighbours or its call do

    def found(self, graph: Graph) -> tuple[dict[str, int], dict[str, tuple[str, ...]]]:
        """Lines and tags of every place."""
        lines: dict[str, int] = {}
        tags: dict[str, tuple[str, ...]] = {}
        root = self.module.entry.root
        for place, node, inner in islice(places.walk(graph), MOST_PLACES):
            line = self.line_of[inner.name].get(node.id)
            lines[place] = root.line if line is None else line
            if (tagged := self.tags_of[inner.name].get(node.id)) is not None:
                tags[place] = tagged
        return lines, tags


def calls(instruction: Instruction) -> tuple[str, ...]:
    """The computations that an instruction calls, in the order it names them."""
    names: list[str] = []
    for key, value in instruction.attributes.items():
        if key in CALL_KEYS and isinstance(value, str):
            names += [each.strip().removeprefix("%") for each in value.strip("{}").split(",") if each.strip()]
    return tuple(names)


def call_operands(instruction: Instruction, inner: Sequence[Computation]) -> list[list[int]]:
    """For each computation called, for each of its parameters: the operand that gives it, -1 where none does."""
    counts = [sum(each.opcode == "parameter" for each in computation.instructions) for computation in inner]
    given = len(instruction.operands)
    match instruction.opcode:
        case "conditional":  # the predicate or index comes first, then one operand for each branch
            return [[branch + 1] * count for branch, count in enumerate(counts)]
        case opcode if opcode in OF_ENTRIES:
            return [[places.NOT_GIVEN] * count for count in counts]
    return [list(range(given)) if count == given else [places.NOT_GIVEN] * count for count in counts]


def _fusion(inner: Computation) -> dict[str, Any]:
    """How many operations were fused, and the one that gives the result."""
    operations = [each for each in inner.instructions if each.opcode not in BOOKKEEPING]
    root = inner.root if inner.root.opcode not in BOOKKEEPING or not operations else operations[-1]
    return {"operations": len(operations), "root": root.opcode}


def _constant(literal: str) -> dict[str, Any]:
    """A single number as a literal, as other stages have it; anything else as printed (`{...}`: XLA left it out)."""
    if NUMBER.match(literal):
        whole = literal.lstrip("-").isdigit()
        return {"literals": {"0": int(literal) if whole else float(literal)}}
    if literal in ("true", "false"):
        return {"literals": {"0": literal == "true"}}
    return {"value": literal if len(literal) <= MOST_LITERAL else literal[:MOST_LITERAL] + "…"}


def _argument(node: Node) -> str:
    """JAX prints an argument's own name (`p['w1']`) as its op_name; TensorFlow prints that it is one."""
    name = str(node.params.get("op_name", ""))
    return "" if name == "XLA_Args" or "/" in name else name
