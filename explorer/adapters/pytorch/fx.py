"""Stage fx: the user's text traced by torch.fx, with a span, a scope and a real type on every node."""

from __future__ import annotations

import operator
import time
from collections.abc import Mapping
from typing import Any

import torch
from torch import fx, nn
from torch.fx.proxy import TraceError

from explorer.adapters.pytorch.arrays import tensor_type
from explorer.adapters.pytorch.calls import operation, settings
from explorer.adapters.pytorch.mistakes import first_line, report
from explorer.adapters.pytorch.printout import node_lines, printed
from explorer.adapters.pytorch.program import PyTorchProgram
from explorer.adapters.pytorch.results import chosen, leaves
from explorer.adapters.pytorch.tracer import SpanTracer
from explorer.capture.record import Stage
from explorer.errors import ProgramError
from explorer.graph import roles
from explorer.graph.ir import INPUT_OP, Graph, Node, TensorType, Value


def fx_stage(program: PyTorchProgram) -> Stage:
    """Trace `program`. Raises ProgramError `operation_failed` with the span, the shapes and the partial graph."""
    start = time.perf_counter()
    program.module = module = trace(program)
    text = printed(module)
    graph = graph_of(module.graph)
    known = node_lines(text, module.graph)
    lines = {node.id: known[node.id] for node in graph.nodes if node.id in known}
    return Stage("fx", graph, text, lines, time.perf_counter() - start)


def trace(program: PyTorchProgram) -> fx.GraphModule:
    """The fx GraphModule, which holds copies of the program's tensors.

    `node.meta`: `val`, a tensor without numbers (or a tuple of them, or a number); `span`, `scope`; `name` for what
    computes nothing; `trained`; `overwrites` and `overwritten` where the text changes a tensor in place; `no_grad`.
    """
    tracer = SpanTracer(program, program.examples)
    try:
        graph = tracer.traced()
        if not results_of(graph):
            raise ProgramError("pytorch_no_tensor", span=program.fallback, name=program.entry.name)
        differentiated(program, graph)
    except ProgramError:
        raise
    except Exception as error:
        raise _failure(tracer, program, error) from None
    for node in graph.nodes:
        if "val" in node.meta:
            node.meta["val"] = _without_numbers(node.meta["val"])
    read = {node.target for node in graph.nodes if node.op == "get_attr"}
    return fx.GraphModule({target: _kept(tensor) for target, tensor in tracer.holding.items() if target in read}, graph)


def _kept(tensor: torch.Tensor) -> torch.Tensor:
    """A copy of what the program holds; whatever is trained is a parameter, so that AOTAutograd takes it for one."""
    copy = tensor.detach().clone()
    return nn.Parameter(copy) if tensor.requires_grad else copy


def _without_numbers(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.detach().to("meta")
    return tuple(_without_numbers(each) for each in value) if isinstance(value, (tuple, list)) else value


def results_of(graph: fx.Graph) -> list[fx.Node]:
    """Every tensor that the graph gives back."""
    found = leaves(graph.output_node().args[0], lambda each: isinstance(each, fx.Node))
    return [node for _, node in found if isinstance(node.meta["val"], torch.Tensor)]


def differentiated(program: PyTorchProgram, graph: fx.Graph) -> fx.Node:
    """The node that is differentiated, and kept as such on the output node; said once where there are several."""
    found = results_of(graph)
    position = chosen([node.meta["val"] for node in found])
    if len(found) > 1:
        program.note("output_chosen", number=position + 1, count=len(found))
    node = found[position]
    graph.output_node().meta["differentiated"] = node
    return node


def result_of(module: fx.GraphModule) -> fx.Node:
    """The node that is differentiated."""
    node: fx.Node = module.graph.output_node().meta["differentiated"]
    return node


def uses(node: fx.Node) -> list[fx.Node]:
    """The values that `node` reads, one entry for each use, in operand order: operand k of a use key is entry k."""
    found: list[fx.Node] = []

    def note(argument: fx.Node) -> fx.Node:
        found.append(argument)
        return argument

    fx.node.map_arg((node.args, node.kwargs), note)
    return found


def is_part(node: fx.Node) -> bool:
    """True for a node that only names one entry of the tuple that another gives: it is a value, not an operation."""
    return node.target is operator.getitem and isinstance(node.args[0].meta["val"], (tuple, list))


def value_id(node: fx.Node) -> str:
    """The id of the value that a node stands for: a part is one output of the node before it."""
    if not is_part(node):
        return str(node.name)
    source, position = node.args
    return f"{value_id(source)}:{position}" if position else value_id(source)


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
    """The fx graph in our terms. A node whose call failed has no outputs, and the graph then none either.

    Its first output is the one that is differentiated.
    """
    nodes = tuple(_node(node) for node in graph.nodes if not is_part(node))
    inputs = tuple(value.id for node in nodes if node.op == INPUT_OP for value in node.outputs)
    outputs = [value for node in nodes if node.role == roles.OUTPUT for value in node.inputs]
    first = [value_id(node.meta["differentiated"]) for node in graph.nodes if "differentiated" in node.meta]
    return Graph("forward", inputs, tuple(dict.fromkeys([*first, *outputs])), nodes)


ROLE_OF_OPCODE: Mapping[str, str] = {
    "placeholder": roles.INPUT, "get_attr": roles.CONSTANT, "call_function": roles.PRIMAL, "call_method": roles.PRIMAL,
    "output": roles.OUTPUT,
}  # fmt: skip


def role_of(node: fx.Node) -> str:
    """What an fx node is there for; a trained tensor of a model is a parameter."""
    trained = node.op == "get_attr" and node.meta.get("trained")
    return roles.PARAMETER if trained else ROLE_OF_OPCODE[node.op]


def _node(node: fx.Node) -> Node:
    return Node(
        id=node.name,
        op=operation(node),
        inputs=tuple(value_id(each) for each in uses(node)),
        outputs=tuple(_values(node)),
        params=_params(node) if node.op.startswith("call") else {},
        role=role_of(node),
        scope=node.meta.get("scope", ()),
        span=node.meta.get("span"),
    )


def _params(node: fx.Node) -> dict[str, Any]:
    params = settings(node)
    if "overwrites" in node.meta:
        params["overwrites"] = list(node.meta["overwrites"])
    return params


def _values(node: fx.Node) -> list[Value]:
    if "val" not in node.meta:
        return []
    value = node.meta["val"]
    several = value if isinstance(value, (tuple, list)) else [value]
    names = [node.meta.get("name", "")] + [""] * len(several)
    return [
        Value(f"{node.name}:{k}" if k else node.name, type_of(each), names[k])
        for k, each in enumerate(several)
        if not isinstance(each, (tuple, list)) and each is not None
    ]


def type_of(value: Any) -> TensorType:
    """The type of a tensor, or of a plain number that a text took out of one (`x.item()`)."""
    if isinstance(value, torch.Tensor):
        return tensor_type(value)
    return TensorType({bool: "bool", int: "int64", float: "float64"}.get(type(value), type(value).__name__))


def _failure(tracer: SpanTracer, program: PyTorchProgram, error: Exception) -> ProgramError:
    partial = graph_of(tracer.graph)
    node = tracer.failed
    if node is not None:
        return program.failure(error, partial=partial, op=operation(node), shapes=_shapes(node), node=node.name)
    span = program.written.raised_at(error.__traceback__) or program.fallback
    if isinstance(error, TraceError):
        return ProgramError("pytorch_decides_by_value", span=span, partial=partial, detail=report(error))
    if program.runs():
        reason = first_line(error)
        return ProgramError("pytorch_not_traced", span=span, partial=partial, detail=report(error), reason=reason)
    return program.failure(error, partial=partial)


def _shapes(node: fx.Node) -> str:
    """`f32[2] and f32[3]`: the types of the operands, numbers among them as they stand."""
    values = [str(type_of(each.meta["val"])) for each in uses(node)]
    for place, number in settings(node).get("literals", {}).items():
        values.insert(int(place), str(number))
    return " and ".join(filter(None, [", ".join(values[:-1]), *values[-1:]]))
