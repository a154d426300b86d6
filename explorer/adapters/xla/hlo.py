"""An HLO module's text as a Graph: the entry computation, and every other computation nested in it under its name.

Node ids are XLA's instruction names, ops its opcodes. Loads no framework: both JAX and TensorFlow print this text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from explorer.adapters.xla import syntax
from explorer.graph import roles
from explorer.graph.ir import INPUT_OP, Graph, Node, Value
from explorer.graph.places import NOT_GIVEN

# Attributes that name computations, in the order the calls stand in.
CALLS = (
    "calls", "to_apply", "condition", "body", "branch_computations", "true_computation", "false_computation",
    "called_computations", "select", "scatter",
)  # fmt: skip
ONE_TO_ONE = ("fusion", "call", "async-start")
BACKWARD = "transpose("

_HEADER = re.compile(r"(ENTRY\s+)?%?([\w.\-]+)\s*(?:\(.*\)\s*->.*)?\{$")
_INSTRUCTION = re.compile(r"\s+(ROOT\s+)?%?([\w.\-]+) = (.*)$")
_OPCODE = re.compile(r"([a-z][\w\-]*)\(")
_COMMENT = re.compile(r"/\*.*?\*/")
_OP_NAME = re.compile(r'op_name="((?:[^"\\]|\\.)*)"')
_WRAPPER = re.compile(r"[\w.\-]+\((.*)\)")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One line: its number in the printout (from 1), and what stands in it."""

    line: int
    is_root: bool
    value: Value
    opcode: str
    operands: str
    attributes: Mapping[str, str]

    @property
    def name(self) -> str:
        return self.value.id

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the operands, in order; older printouts repeat the type before each."""
        if self.opcode in ("parameter", "constant"):
            return ()
        return tuple(part.split()[-1].lstrip("%") for part in syntax.pieces(self.operands))

    @property
    def op_name(self) -> str:
        """The framework's path to what this was made from: `jit(f)/transpose(jvp(layer))/mul`; empty where none is."""
        found = _OP_NAME.search(self.attributes.get("metadata", ""))
        return found[1] if found else ""

    @property
    def called(self) -> tuple[str, ...]:
        """Names of the computations it calls."""
        texts = (self.attributes[key] for key in CALLS if key in self.attributes)
        return tuple(name.lstrip("%") for text in texts for name in syntax.pieces(text.strip("{}")))


@dataclass(frozen=True, slots=True)
class Computation:
    """One block of the printout."""

    name: str
    is_entry: bool
    instructions: Sequence[Instruction]

    @property
    def parameters(self) -> list[Instruction]:
        """In the order of their numbers, which need not be the order of the lines."""
        found = [each for each in self.instructions if each.opcode == "parameter"]
        return sorted(found, key=lambda each: int(each.operands))

    @property
    def root(self) -> Instruction:
        """What it returns: the line marked ROOT, else its last."""
        return next((each for each in self.instructions if each.is_root), self.instructions[-1])


def read(text: str, name: str = "", inputs: Sequence[str] = ()) -> tuple[Graph, dict[str, int]]:
    """The graph of a module's printout, and node id -> line for the entry's nodes.

    `name` is the graph's (else the entry computation's), `inputs` what people call the entry's parameters. Raises
    ValueError for text without an entry computation, or with a line that cannot be read.
    """
    found = computations(text)
    entry = next((each for each in found if each.is_entry), None)
    if entry is None:
        raise ValueError("no ENTRY computation in the HLO text")
    known = {each.name: each for each in found}
    nested = tuple(_graph(each, known, each.name) for each in found if not each.is_entry)
    people = dict(zip((each.name for each in entry.parameters), inputs, strict=False))
    graph = _graph(entry, known, name or entry.name, people, nested)
    return graph, {each.name: each.line for each in entry.instructions}


def computations(text: str) -> list[Computation]:
    """All computations of a module, in the order printed: a called one comes before its callers."""
    found: list[Computation] = []
    current: list[Instruction] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if current is None:
            if header := _HEADER.fullmatch(line.rstrip()):
                current = []
                found.append(Computation(header[2], header[1] is not None, current))
        elif line.startswith("}"):
            current = None
        elif line.strip():
            current.append(_instruction(line, number))
    return found


def _instruction(line: str, number: int) -> Instruction:
    parts = _INSTRUCTION.fullmatch(_COMMENT.sub("", line))
    if parts is None:
        raise ValueError(f"line {number} of the HLO text is no instruction: {line.strip()}")
    kind, rest = syntax.read_type(parts[3])
    opcode = _OPCODE.match(rest)
    if opcode is None:
        raise ValueError(f"line {number} of the HLO text has no opcode: {line.strip()}")
    end = syntax.closing(rest, opcode.end() - 1)
    operands, attributes = rest[opcode.end() : end].strip(), syntax.attributes(rest[end + 1 :])
    return Instruction(number, parts[1] is not None, Value(parts[2], kind), opcode[1], operands, attributes)


def _graph(
    computation: Computation,
    known: Mapping[str, Computation],
    name: str,
    people: Mapping[str, str] | None = None,
    nested: tuple[Graph, ...] = (),
) -> Graph:
    """`people`: what people call values, by id."""
    nodes = []
    for each in computation.instructions:
        returns = computation.is_entry and each is computation.root and each.opcode == syntax.TUPLE
        nodes.append(
            Node(
                each.name,
                INPUT_OP if each.opcode == "parameter" else each.opcode,
                each.inputs,
                (Value(each.name, each.value.type, (people or {}).get(each.name, "")),),
                _params(each, known),
                roles.OUTPUT if returns else _role(each),
                scope(each.op_name),
                calls=each.called,
            )
        )
    inputs = tuple(each.name for each in computation.parameters)
    return Graph(name, inputs, (computation.root.name,), tuple(nodes), nested)


def _role(each: Instruction) -> str:
    """XLA keeps the framework's path, and JAX writes `transpose(` into that of every step of the way back."""
    if each.opcode == "parameter":
        return roles.INPUT
    if each.opcode == "constant":
        return roles.CONSTANT
    return roles.COTANGENT if BACKWARD in each.op_name else roles.PRIMAL


def _params(each: Instruction, known: Mapping[str, Computation]) -> dict[str, Any]:
    hidden = (*CALLS, "metadata")
    params = {key: syntax.plain(text) for key, text in each.attributes.items() if key not in hidden}
    if each.op_name:
        params["op_name"] = each.op_name
    if each.opcode == "constant":
        params["literal"] = each.operands
    if each.opcode == "parameter":
        params["number"] = int(each.operands)
    if operands := _call_operands(each, known):
        params["call_operands"] = operands
    return params


def _call_operands(each: Instruction, known: Mapping[str, Computation]) -> list[list[int]]:
    """For each call the operand behind each parameter, where they do not stand one to one; else empty.

    A loop gives its state to condition and body, a conditional operand k + 1 to branch k. Others, such as `reduce`,
    call a function of single entries once for many entries: no operand is one of its parameters.
    """
    if each.opcode in ONE_TO_ONE:
        return []
    if each.opcode == "while":
        return [[0] for _ in each.called]
    if each.opcode == "conditional":
        return [[branch + 1] for branch in range(len(each.called))]
    return [[NOT_GIVEN] * len(known[name].parameters) for name in each.called]


def scope(op_name: str) -> tuple[str, ...]:
    """Names of the scopes around an instruction, outside in, without JAX's transformations and compiled functions.

    `jit(f)/transpose(jvp(layer))/mul` is in `layer`: the last part is the operation itself.
    """
    found = []
    for part in op_name.split("/")[:-1]:
        if part.startswith("jit("):
            continue
        while wrapped := _WRAPPER.fullmatch(part):
            part = wrapped[1]
        if part:
            found.append(part)
    return tuple(found)
