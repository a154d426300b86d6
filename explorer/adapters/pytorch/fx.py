"""Stage fx: the user's text traced by torch.fx, with a span and a real type on every node.

The tracer computes as it goes: each new node is run at once on the example inputs, so its type is what torch really
gives, and a call that fails does so at its place in the text, with the graph up to it at hand.
"""

from __future__ import annotations

import operator
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import fx

from explorer.adapters.pytorch.arrays import number_dtype, tensor_type
from explorer.adapters.pytorch.functions import is_number
from explorer.adapters.pytorch.mistakes import FILENAME, operation_failed, position
from explorer.adapters.pytorch.printout import node_lines, printed
from explorer.adapters.pytorch.program import PyTorchProgram
from explorer.capture.record import Stage
from explorer.errors import ProgramError
from explorer.graph import roles
from explorer.graph.ir import INPUT_OP, Graph, Node, Span, Value

# Names that the code torch.fx generates uses itself: an input of that name gets an underscore there.
OWN_NAMES = frozenset({"self", "torch", "device", "inf", "nan", "NoneType", "fx_pytree", "pytree"})


def fx_stage(program: PyTorchProgram) -> Stage:
    """Trace `program`. Raises ProgramError `operation_failed` with the span, the shapes and the partial graph."""
    start = time.perf_counter()
    program.module = module = trace(program)
    text = printed(module)
    return Stage("fx", graph_of(module.graph), text, node_lines(text, module.graph), time.perf_counter() - start)


def trace(program: PyTorchProgram) -> fx.GraphModule:
    """The fx GraphModule. `node.meta` has `span` (Span or None) and `val` (a meta tensor: shape and dtype only)."""
    tracer = SpanTracer(program)
    try:
        with torch.no_grad():
            graph = tracer.trace(program.forward(tracer.constant))
    except Exception as error:
        raise _failure(tracer, program, error) from None
    for node in graph.nodes:
        if "val" in node.meta:
            node.meta["val"] = node.meta["val"].to("meta")
    return fx.GraphModule(tracer.root, graph)


class TypedProxy(fx.Proxy):  # type: ignore[misc]
    """A proxy that knows its shape, so that `transpose(x)` can be written for any number of axes."""

    @property
    def shape(self) -> torch.Size:
        return self.node.meta["val"].shape

    @property
    def ndim(self) -> int:
        return int(self.node.meta["val"].dim())


class SpanTracer(fx.Tracer):  # type: ignore[misc]
    """torch.fx's tracer with a span and a value on each node. `failed` is the node whose call raised, if one did."""

    def __init__(self, program: PyTorchProgram) -> None:
        super().__init__()
        self.program = program
        self.dtype = number_dtype(program.examples.values())
        self.failed: fx.Node | None = None

    def proxy(self, node: fx.Node) -> TypedProxy:
        return TypedProxy(node, self)

    def constant(self, number: float) -> TypedProxy:
        """A `get_attr` node for a number, so that a call on numbers alone (`sin(2)`) is a node too."""
        return self.proxy(self.create_arg(self.program.constant(number, self.dtype)))

    def create_node(
        self, kind: str, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any],
        name: str | None = None, type_expr: object = None,
    ) -> fx.Node:  # fmt: skip
        if kind == "output" and is_number(args[0]):  # the text holds numbers only
            args = (self.constant(args[0]).node,)
        given = target
        if kind == "placeholder":
            name = target = f"{target}_" if target in OWN_NAMES else target  # given a name, fx does not write W as w
        node = super().create_node(kind, target, args, kwargs, name, type_expr)
        if kind == "placeholder":
            node.meta["name"] = given
        node.meta["span"] = span = self._span()
        if span is not None:
            line = self.program.expression.text.split("\n")[span.line - 1]
            node.stack_trace = f'  File "{FILENAME}", line {span.line}, in forward\n    {line}\n'
        self._compute(node)
        return node

    def _compute(self, node: fx.Node) -> None:
        match node.op:
            case "placeholder":
                node.meta["val"] = self.program.examples[node.meta["name"]]
            case "get_attr":
                node.meta["val"] = getattr(self.root, node.target)
                node.meta["name"] = str(node.meta["val"].item())
            case "call_function":
                args, kwargs = fx.node.map_arg((node.args, node.kwargs), lambda argument: argument.meta["val"])
                self.failed = node
                node.meta["val"] = node.target(*args, **kwargs)
                self.failed = None

    def _span(self) -> Span | None:
        """Where in the user's text the call under way stands; None outside of it (inputs, the output)."""
        frame = sys._getframe(2)
        while frame is not None:
            if frame.f_code.co_filename == FILENAME:
                return position(self.program.expression, frame.f_code, frame.f_lasti)
            frame = frame.f_back  # type: ignore[assignment]
        return None


def operation(node: fx.Node) -> str:
    """torch.fx's own name of what `node` calls: `operator.mul`, `torch.sin`, `torch.nn.functional.gelu`."""
    if node.op != "call_function":
        return INPUT_OP if node.op in ("placeholder", "get_attr") else str(node.op)
    name = getattr(node.target, "__name__", "")
    if node.target is getattr(operator, name, None):
        return f"operator.{name}"
    return str(torch.overrides.resolve_name(node.target)).replace("torch.functional.", "torch.")


def uses(node: fx.Node) -> list[fx.Node]:
    """The values that `node` reads, one entry for each use, in operand order: operand k of a use key is entry k."""
    found: list[fx.Node] = []

    def note(argument: fx.Node) -> fx.Node:
        found.append(argument)
        return argument

    fx.node.map_arg((node.args, node.kwargs), note)
    return found


def ancestors(node: fx.Node) -> set[fx.Node]:
    """`node` and everything that it is computed from."""
    found: set[fx.Node] = set()
    waiting = [node]
    while waiting:
        if (each := waiting.pop()) not in found:
            found.add(each)
            waiting += uses(each)
    return found


def graph_of(graph: fx.Graph) -> Graph:
    """The fx graph in our terms. A node whose call failed has no outputs, and the graph then none either."""
    nodes = tuple(_node(node) for node in graph.nodes)
    inputs = tuple(value.id for node in nodes if node.op == INPUT_OP for value in node.outputs)
    outputs = tuple(value for node in nodes if node.role == roles.OUTPUT for value in node.inputs)
    return Graph("forward", inputs, outputs, nodes)


ROLE_OF_OPCODE: Mapping[str, str] = {
    "placeholder": roles.INPUT, "get_attr": roles.CONSTANT, "call_function": roles.PRIMAL, "output": roles.OUTPUT,
}  # fmt: skip


def _node(node: fx.Node) -> Node:
    value = node.meta.get("val")
    outputs = () if value is None else (Value(node.name, tensor_type(value), node.meta.get("name", "")),)
    return Node(
        id=node.name,
        op=operation(node),
        inputs=tuple(each.name for each in uses(node)),
        outputs=outputs,
        params=_params(node) if node.op == "call_function" else {},
        role=ROLE_OF_OPCODE[node.op],
        span=node.meta.get("span"),
    )


def _params(node: fx.Node) -> dict[str, Any]:
    """Keyword arguments by name; numbers among the operands as `literals`; einsum's letters as `equation`."""
    operands = list(_flat(node.args))
    params: dict[str, Any] = {}
    if operands and isinstance(operands[0], str):
        params["equation"] = operands.pop(0)
    literals = {str(place): each for place, each in enumerate(operands) if not isinstance(each, fx.Node)}
    params |= {name: each for name, each in node.kwargs.items() if not isinstance(each, fx.Node)}
    return params | {"literals": literals} if literals else params


def _flat(argument: Any) -> Iterator[Any]:
    if isinstance(argument, (tuple, list)):
        for each in argument:
            yield from _flat(each)
    else:
        yield argument


def _failure(tracer: SpanTracer, program: PyTorchProgram, error: Exception) -> ProgramError:
    partial = graph_of(tracer.graph)
    node = tracer.failed
    if node is None:
        return operation_failed(program.expression, error, partial=partial)
    return operation_failed(
        program.expression, error, partial=partial, op=operation(node), shapes=_shapes(node), node=node.name
    )


def _shapes(node: fx.Node) -> str:
    """`f32[2] and f32[3]`: the types of the operands, numbers as they stand."""
    values = [_shape(each) for each in _flat(node.args) if not isinstance(each, str)]
    return " and ".join(filter(None, [", ".join(values[:-1]), values[-1]]))


def _shape(operand: Any) -> str:
    return str(tensor_type(operand.meta["val"])) if isinstance(operand, fx.Node) else str(operand)
