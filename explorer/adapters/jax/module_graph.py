"""A StableHLO module as a Graph: `main` with the functions it calls and the regions of its operations nested in it.

All nested graphs lie flat in the outermost one, a function under its own name, a region under that of its operation
(`while.body`). A region may read values from outside; they are inputs of its graph, and further operands of the
operation. Node ids are the operation's name without its dialect, counted per graph; `params["result"]` says what
the printout calls the result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from explorer.adapters.jax import mlir
from explorer.adapters.xla.halves import inner_roles, with_results, with_roles
from explorer.adapters.xla.op_names import Origin, jax_origin
from explorer.graph import places, roles
from explorer.graph.ir import INPUT_OP, Graph, Node, Span, Value

MAIN: Final = "main"
CALL: Final = "func.call"
CONSTANT: Final = "stablehlo.constant"
RETURNS: Final = frozenset({"func.return", "stablehlo.return"})
REGIONS: Final[Mapping[str, tuple[str, ...]]] = {"stablehlo.while": ("cond", "body"), "stablehlo.if": ("true", "false")}
LOOP: Final = "stablehlo.while"
CHOICES: Final = frozenset({"stablehlo.case", "stablehlo.if"})  # exactly one region runs, without arguments
RENAMED: Final = {"comparison_direction": "direction"}  # as HLO has it
NOTHING: Final = Origin()

Spans = Callable[[Any], Span | None]


@dataclass(frozen=True)
class Read:
    """`ops`: for each graph, by name, its nodes' operations by id; `returns` the operation that ends `main`."""

    graph: Graph
    ops: Mapping[str, Mapping[str, Any]]
    returns: Any


def read(
    module: Any,
    *,
    name: str,
    spans: Spans,
    input_names: Sequence[str],
    input_roles: Sequence[str] = (),
    gradients: Sequence[str] = (),
    values: int = 1,
    others: int = 0,
) -> Read:
    """Read a module from `Lowered.compiler_ir("stablehlo")`.

    `spans` says where in the user's text a location is. The other arguments are as in `explorer.adapters.xla.hlo.read`.
    """
    return _Reader(module, spans).read(name, input_names, input_roles, gradients, values, others)


@dataclass
class _Body:
    """One block under construction. `env`: MLIR value -> id; `outside`: values from outside -> id here."""

    name: str
    env: dict[Any, str] = field(default_factory=dict)
    outside: dict[Any, str] = field(default_factory=dict)
    inputs: list[Node] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    count: Counter[str] = field(default_factory=Counter)

    def identifier(self, op: str) -> str:
        number = self.count[op]
        self.count[op] += 1
        return f"{op}_{number}" if number else op

    def value(self, value: Any) -> str:
        """The id of a value; one that comes from outside becomes an input."""
        if value not in self.env:
            self.env[value] = self.outside[value] = f"outside_{len(self.outside)}"
            self.given(self.env[value], value, "")
        return self.env[value]

    def given(self, identifier: str, value: Any, name: str, role: str = roles.INPUT) -> None:
        defined = Value(identifier, mlir.tensor_type(value.type), name)
        self.inputs.append(Node(identifier, INPUT_OP, (), (defined,), role=role))


class _Reader:
    def __init__(self, module: Any, spans: Spans) -> None:
        from jax.extend.mlir import ir

        self.functions = {op.operation.attributes["sym_name"].value: op.operation for op in module.body.operations}
        self.state = ir.AsmState(module.operation)
        self.spans = spans
        self.graphs: dict[str, Graph] = {}
        self.ops: dict[str, dict[str, Any]] = {}
        # JAX knows only where the first call of a function is, so what is called more often has no place in the text.
        self.calls = Counter(_callee(op) for each in self.functions.values() for op in walk(each) if op.name == CALL)

    def read(
        self, name: str, input_names: Sequence[str], input_roles: Sequence[str], gradients: Sequence[str], values: int,
        others: int,
    ) -> Read:  # fmt: skip
        block = _block(self.functions[MAIN].regions[0])
        main = _Body(MAIN)
        for number, argument in enumerate(block.arguments):
            title = input_names[number] if number < len(input_names) else mlir.op_name(argument.location)
            role = input_roles[number] if number < len(input_roles) else roles.INPUT
            self._argument(main, argument, title, role)
        returned, end = self._operations(main, block)
        graph = Graph(name, tuple(main.env[each] for each in block.arguments), returned, (*main.inputs, *main.nodes))
        graph = with_roles(with_results(graph, "return", returned, gradients, values), values, others)
        for called in self.calls:
            self._function(called)
        self.ops[name] = self.ops.pop(MAIN)
        return Read(replace(graph, graphs=inner_roles(graph, tuple(self.graphs.values()))), self.ops, end)

    def _function(self, name: str) -> None:
        body = _Body(name)
        block = _block(self.functions[name].regions[0])
        for argument in block.arguments:
            self._argument(body, argument)
        returned, _ = self._operations(body, block, placed=self.calls[name] == 1)
        inputs = tuple(body.env[each] for each in block.arguments)
        self.graphs[name] = Graph(name, inputs, returned, (*body.inputs, *body.nodes))

    def _argument(self, body: _Body, argument: Any, name: str = "", role: str = roles.INPUT) -> None:
        identifier = argument.get_name(self.state).lstrip("%")
        body.env[argument] = identifier
        body.given(identifier, argument, name, role)

    def _operations(self, body: _Body, block: Any, *, placed: bool = True) -> tuple[tuple[str, ...], Any]:
        """Read a block's operations into `body`; the ids of what it returns, and the operation that returns."""
        known = self.ops.setdefault(body.name, {})
        for each in block.operations:
            op = each.operation
            if op.name in RETURNS:
                return tuple(body.value(value) for value in op.operands), op
            node = self._node(body, op, placed)
            known[node.id] = op
            body.nodes.append(node)
        raise ValueError(f"{body.name}: a block without an end")

    def _node(self, body: _Body, op: Any, placed: bool) -> Node:
        identifier = body.identifier(op.name.rpartition(".")[2])
        operands = [body.value(value) for value in op.operands]
        calls: tuple[str, ...] = ()
        inside = _Regions()
        if op.name == CALL:
            calls = (_callee(op),)
        elif len(op.regions):
            calls = self._regions(body, op, identifier, inside, placed)
            operands += [body.value(value) for value in inside.outside]
        origin = jax_origin(mlir.op_name(op.location)) or NOTHING
        return Node(
            identifier, op.name, tuple(operands), tuple(self._results(body, op, identifier)),
            {**self._params(op), **inside.params}, roles.CONSTANT if op.name == CONSTANT else origin.role,
            origin.scope, self.spans(op.location) if placed else None, calls,
        )  # fmt: skip

    def _params(self, op: Any) -> dict[str, Any]:
        attributes = {RENAMED.get(key, key): op.attributes[key] for key in op.attributes if key != "callee"}
        params = {key: mlir.plain_attribute(value) for key, value in attributes.items()}
        if op.name == CONSTANT:
            params = mlir.constant(op.attributes["value"])
        if len(op.results):
            params["result"] = op.results[0].get_name(self.state).partition("#")[0]
        if name := mlir.op_name(op.location):
            params["op_name"] = name
        return params

    def _results(self, body: _Body, op: Any, identifier: str) -> Iterator[Value]:
        for number, result in enumerate(op.results):
            body.env[result] = f"{identifier}:{number}" if number else identifier
            yield Value(body.env[result], mlir.tensor_type(result.type))

    def _regions(self, body: _Body, op: Any, identifier: str, found: _Regions, placed: bool) -> tuple[str, ...]:
        """Read the regions of `op` into `found`; their graphs' names. Only a loop hands its operands to its regions."""
        names = []
        operands, results = len(op.operands), len(op.results)
        for number, region in enumerate(op.regions):
            inner, read = self._region(body, op, identifier, number, region, placed)
            names.append(inner.name)
            given = len(inner.inputs) - len(read.outside)
            first = list(range(given)) if op.name == LOOP else [places.NOT_GIVEN] * given
            outside = [found.number(value) + operands for value in read.outside]
            hands_back = op.name in CHOICES or (op.name, number) == (LOOP, 1)
            found.add([*first, *outside], list(range(results)) if hands_back else [places.NOT_GIVEN] * results)
        return tuple(names)

    def _region(
        self, body: _Body, op: Any, identifier: str, number: int, region: Any, placed: bool
    ) -> tuple[Graph, _Body]:
        known = REGIONS.get(op.name, ())
        what = known[number] if number < len(known) else f"branch_{number}" if op.name in CHOICES else "body"
        prefix = "" if body.name == MAIN else f"{body.name}."
        inner = _Body(self._free(f"{prefix}{identifier}.{what}"))
        block = _block(region)
        for argument in block.arguments:
            self._argument(inner, argument)
        returned, _ = self._operations(inner, block, placed=placed)
        inputs = (*(inner.env[each] for each in block.arguments), *inner.outside.values())
        graph = Graph(inner.name, inputs, returned, (*inner.inputs, *inner.nodes))
        self.graphs[graph.name] = graph
        return graph, inner

    def _free(self, name: str) -> str:
        while name in self.ops or name in self.functions:
            name += "_"
        return name


@dataclass
class _Regions:
    """What the regions of one operation read from around it, each value once, and how they are entered."""

    outside: dict[Any, int] = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)

    def number(self, value: Any) -> int:
        return self.outside.setdefault(value, len(self.outside))

    def add(self, operands: list[int], results: list[int]) -> None:
        self.params.setdefault("call_operands", []).append(operands)
        self.params.setdefault("call_results", []).append(results)


def walk(op: Any) -> Iterator[Any]:
    """Every operation inside `op`, in the order of the printout: one before those in its regions."""
    for region in op.regions:
        for block in region.blocks:
            for each in block.operations:
                yield each.operation
                yield from walk(each.operation)


def _block(region: Any) -> Any:
    """The only block of a region of StableHLO, which has no jumps."""
    return region.blocks[0]


def _callee(op: Any) -> str:
    return str(op.attributes["callee"].value)
