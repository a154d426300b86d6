"""A framework of sums and products: traced, differentiated and evaluated in this process."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from explorer.adapters import framework
from explorer.adapters.base import Device, Probe
from explorer.capture.cells import cells
from explorer.capture.entries import candidates, choose
from explorer.capture.expression import Expression, parse
from explorer.capture.inputs import example
from explorer.capture.module_text import kind_of, load_module
from explorer.capture.record import EXPRESSION_ENTRY, Column, Diagnostic, Entry, Link, Provenance, Source, Stage
from explorer.errors import ProgramError
from explorer.graph.ir import Graph, Node, TensorType, Value, use_key

OPS = {
    "pytorch": {"+": "aten.add.Tensor", "*": "aten.mul.Tensor", "=": "aten.sum.default"},
    "tensorflow": {"+": "AddV2", "*": "Mul", "=": "Sum"},
    "jax": {"+": "add", "*": "mul", "=": "reduce_sum"},
}
SIGNS = {ast.Add: "+", ast.Mult: "*"}
Arrays = Mapping[str, np.ndarray]


@dataclass
class ToyProgram:
    source: Source
    expression: Expression
    inputs: Arrays
    device: str = "cpu"
    notices: list[Diagnostic] = field(default_factory=list)
    parameters: dict = field(default_factory=dict)
    entry: Entry = EXPRESSION_ENTRY
    entries: tuple[Entry, ...] = (EXPRESSION_ENTRY,)


def _model(source: Source) -> ToyProgram:
    """A function of the text; what it returns is the expression."""
    module = load_module(source.text)
    found = candidates(module, lambda each: "function" if inspect.isfunction(each) else None, lambda each: each)
    chosen = choose(module, found, source.entry, source.inputs, seed=0, is_array=lambda each: False)
    candidate = chosen.bound.candidate
    body = ast.parse(inspect.getsource(candidate.target)).body[0].body[-1].value
    expression = parse("\n" * (candidate.entry.line) + ast.unparse(body))
    arguments = {name: np.float32(value) for name, value in chosen.bound.arguments.items()}
    inputs = {name: np.asarray(arguments[name]) for name in expression.names}
    return ToyProgram(source, expression, inputs, entry=candidate.entry, entries=chosen.entries)


@dataclass
class Trace:
    """Nodes with the sign of each, built one by one."""

    program: ToyProgram
    nodes: list[Node] = field(default_factory=list)
    signs: dict[str, str] = field(default_factory=dict)
    values: dict[str, np.ndarray] = field(default_factory=dict)
    cotangents: dict[str, str] = field(default_factory=dict)
    shares: dict[str, str] = field(default_factory=dict)

    def add(self, sign: str, operands: tuple[str, ...], *, role: str = "primal", span=None) -> str:
        op = OPS[self.program.source.framework][sign]
        base = op.split(".")[1] if "." in op else op
        count = sum(node.op == op for node in self.nodes)
        name = f"{base}_{count}" if count else base
        self.signs[name] = sign
        self.values[name] = self.compute(sign, operands, span)
        self._append(name, op, operands, role, span)
        return name

    def given(self, name: str, array: np.ndarray, role: str = "input") -> str:
        self.values[name] = array
        self._append(name, "input", (), role, None)
        return name

    def compute(self, sign: str, operands: tuple[str, ...], span) -> np.ndarray:
        arrays = [self.values[operand] for operand in operands]
        try:
            return np.asarray(np.add(*arrays) if sign == "+" else np.multiply(*arrays))
        except ValueError as error:
            shapes = " and ".join(str(list(array.shape)) for array in arrays)
            partial = Graph("partial", tuple(self.program.inputs), (), tuple(self.nodes))
            raise ProgramError(
                "operation_failed", span=span, partial=partial, op=sign, shapes=shapes, reason=str(error)
            ) from None

    def _append(self, name: str, op: str, operands: tuple[str, ...], role: str, span) -> None:
        array = self.values[name]
        value = Value(name, TensorType(array.dtype.name, array.shape), name if op == "input" else "")
        self.nodes.append(Node(name, op, operands, (value,), role=role, span=span))

    def forward(self) -> str:
        for name, array in self.program.inputs.items():
            self.given(name, array)
        (statement,) = self.program.expression.statements
        return self.visit(statement.value)

    def visit(self, node: ast.expr) -> str:
        if isinstance(node, ast.Name):
            return node.id
        operands = (self.visit(node.left), self.visit(node.right))
        return self.add(SIGNS[type(node.op)], operands, span=self.program.expression.span(node))

    def backward(self, output: str) -> None:
        """One node per share that is not a copy, one per sum of shares."""
        seed = self.given("seed", np.ones_like(self.values[output]), "cotangent")
        arrived: dict[str, list[str]] = {output: [seed]}
        for node in reversed([node for node in self.nodes if node.role != "cotangent"]):
            shares = arrived.get(node.id, [])
            if not shares:
                continue
            total = shares[0]
            for other in shares[1:]:
                total = self.add("+", (total, other), role="accumulate", span=node.span)
            self.cotangents[node.id] = total
            for operand, value in enumerate(node.inputs):
                share = total
                if self.signs[node.id] == "*":
                    share = self.add("*", (total, node.inputs[1 - operand]), role="cotangent", span=node.span)
                self.shares[use_key(node.id, operand)] = share
                arrived.setdefault(value, []).append(share)


class ToyAdapter:
    """For all three keys."""

    def __init__(self, key: str) -> None:
        self.key = key

    def probe(self) -> Probe:
        return Probe("0.toy", (Device("cpu", "cpu", "this process"),))

    def load(self, source: Source) -> ToyProgram:
        if kind_of(source.text) == "expression":
            expression = parse(source.text)
            inputs = {name: example(name, source.inputs[name], source.seed) for name in expression.names}
            program = ToyProgram(source, expression, inputs)
        else:
            program = _model(source)
        Trace(program).forward()
        return program

    def capture(self, program: ToyProgram, stage: str) -> Stage:
        trace, output = self.trace(program, stage, program.inputs)
        results = (output, *(trace.cotangents[name] for name in program.inputs if name in trace.cotangents))
        given = tuple(node.id for node in trace.nodes if node.op == "input")
        graph = Graph(stage, given, results, tuple(trace.nodes))
        lines = [f"{node.id} = {node.op}({', '.join(node.inputs)})" for node in trace.nodes]
        numbers = {node.id: line for line, node in enumerate(trace.nodes, 1)}
        return Stage(stage, graph, "\n".join(lines), numbers, 0.001)

    def provenance(self, program: ToyProgram, stage: str) -> Provenance | None:
        first = framework(self.key).first.key
        if stage == first:
            return None
        trace, _ = self.trace(program, stage, program.inputs)
        primal = [node.id for node in trace.nodes if node.role in ("input", "primal")]
        links = [Link((node,), (node,)) for node in primal]
        links += [Link((value,), (holder,), "cotangent") for value, holder in trace.cotangents.items()]
        return Provenance(first, stage, tuple(links))

    def evaluate(self, program: ToyProgram, stage: str, inputs: Arrays) -> Iterator[Column]:
        trace, output = self.trace(program, stage, inputs)
        yield Column("value", stage, "value", cells(trace.values, np.asarray))
        if stage == framework(self.key).first.key:
            trace.backward(output)
            cotangents = {value: trace.values[holder] for value, holder in trace.cotangents.items()}
            shares = {use: trace.values[share] for use, share in trace.shares.items()}
            yield Column("cotangent", stage, "value", cells(cotangents, np.asarray))
            yield Column("share", stage, "use", cells(shares, np.asarray))

    def trace(self, program: ToyProgram, stage: str, inputs: Arrays) -> tuple[Trace, str]:
        trace = Trace(ToyProgram(program.source, program.expression, inputs))
        output = trace.forward()
        if stage != framework(self.key).first.key:
            trace.backward(output)
        return trace, output
