"""Stage joint: forward and backward in one ATen graph, as AOTAutograd traces it before anything is partitioned.

This file traces; `links.py` says which node holds which cotangent, `joint_graph.py` puts it in our terms.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import fx
from torch.fx.traceback import preserve_node_meta

from explorer.adapters.pytorch.arrays import tensor_type
from explorer.adapters.pytorch.calls import operation
from explorer.adapters.pytorch.fx import result_of
from explorer.adapters.pytorch.marks import ORIGIN, is_mark
from explorer.adapters.pytorch.mistakes import first_line, report
from explorer.adapters.pytorch.program import PyTorchProgram
from explorer.adapters.pytorch.traced import SEED, Traced
from explorer.errors import ProgramError, UnavailableError

BACKWARD_TAG = "is_backward"
VALUE, GRADIENT, UPDATE = "value", "gradient", "update"


@dataclass(frozen=True)
class Joint(Traced):
    """A traced joint graph. `marks`: (kind, key) -> the node that stood under that mark; empty where none were put."""

    marks: Mapping[tuple[str, str], fx.Node] = field(default_factory=dict)

    @property
    def results(self) -> list[tuple[str, str, fx.Node]]:
        """(what, whose, node) of everything that the joint gives back: the `value` of the output, each `gradient`, and
        the `update` of each buffer that the text changes; whose by the placeholder's name, empty for the value."""
        returned = self.module.graph.output_node()
        found = zip(_descriptors(returned), returned.args[0], strict=True)
        return [(*_result(descriptor, self), node) for descriptor, node in found if node is not None]

    @property
    def value(self) -> fx.Node | None:
        """The output."""
        return next((node for what, _, node in self.results if what == VALUE), None)


def trace_joint(program: PyTorchProgram, module: fx.GraphModule, handing: fx.GraphModule) -> Joint:
    """Trace `handing`, the copy of the fx `module` that `marks.handed_down` made, and take out what is only an alias.

    Raises ProgramError `pytorch_joint_failed` where torch cannot trace it.
    """
    # Copies: tracing is done on tensors that nobody else holds, and no two of them are one tensor.
    inputs = [tensor.detach().clone() for tensor in program.examples.inputs.values()]
    try:
        traced = _aot_joint(handing, [tensor.requires_grad_(tensor.is_floating_point()) for tensor in inputs])
    except UnavailableError:
        raise
    except Exception as error:
        raise ProgramError("pytorch_joint_failed", reason=first_line(error), detail=report(error)) from None
    for node in traced.graph.nodes:
        node.meta["origin"] = node.meta.pop("custom", {}).get(ORIGIN, SEED)
    stops = {node.name for node in module.graph.nodes if node.target is torch.detach or node.meta.get("no_grad")}
    marks = _without_aliases(traced.graph, stops)
    given = {node.name: _giver(node, module) for node in traced.graph.nodes if node.op == "placeholder"}
    # The tracer's own code generator unpacks nested inputs; a plain one prints them as arguments.
    traced.graph.set_codegen(fx.graph.CodeGen())
    return Joint(fx.GraphModule(traced, traced.graph), given, marks)


def check_differentiable(program: PyTorchProgram, module: fx.GraphModule) -> None:
    """Raise ProgramError where there is no gradient to trace; note a summed output."""
    examples = program.examples
    if not examples.differentiated:
        raise ProgramError("no_float_input")
    check = _DerivativeCheck(module)
    check.run(*[tensor.clone() for tensor in examples.inputs.values()])
    output = check.result
    if not output.is_floating_point():
        raise ProgramError("no_float_result", dtype=tensor_type(output).dtype)
    if not output.requires_grad:
        raise ProgramError("pytorch_constant_result")
    program.note_sum(output)


class _DerivativeCheck(fx.Interpreter):  # type: ignore[misc]
    """Runs an fx graph and stops at an operation that torch has no derivative for; `2 % x` is one."""

    result: torch.Tensor

    def run_node(self, node: fx.Node) -> Any:
        with torch.set_grad_enabled(not node.meta.get("no_grad")):
            result = super().run_node(node)
        for tensor in result if isinstance(result, (tuple, list)) else [result]:
            grad_fn = tensor.grad_fn if isinstance(tensor, torch.Tensor) else None
            if grad_fn is not None and grad_fn.name().endswith("NotImplemented"):
                reason = f"{operation(node)} has no derivative here"
                raise ProgramError("pytorch_no_derivative", span=node.meta["span"], reason=reason)
        if node is result_of(self.module):
            self.result = result
        return result


def is_backward(node: fx.Node) -> bool:
    return bool(node.meta.get("partitioner_tag") == BACKWARD_TAG)


def _aot_joint(module: fx.GraphModule, inputs: list[torch.Tensor]) -> fx.GraphModule:
    """The one place that calls AOTAutograd, which is private: seen in torch 2.13 as written here."""
    try:
        from torch._functorch.aot_autograd import aot_export_joint_with_descriptors as export
    except ImportError:
        moved = "aot_export_joint_with_descriptors"
        raise UnavailableError("pytorch_moved", name=moved, version=torch.__version__) from None
    with contextlib.ExitStack() as stack:
        stack.enter_context(preserve_node_meta())
        return export(stack, module, tuple(inputs)).graph_module


def _giver(node: fx.Node, module: fx.GraphModule) -> str:
    """Which fx node's value a placeholder takes, from the descriptor that AOTAutograd puts on it."""
    descriptor = node.meta.get("desc")
    match type(descriptor).__name__:
        case "TangentAOTInput":
            return SEED
        case "PlainAOTInput":
            return str([each for each in module.graph.nodes if each.op == "placeholder"][descriptor.idx].name)
        case "BufferAOTInput" | "ParamAOTInput":
            held = (each for each in module.graph.nodes if each.op == "get_attr")
            return str(next(each for each in held if each.target == descriptor.target).name)
        case other:
            raise UnavailableError("pytorch_moved", name=f"the descriptor {other}", version=torch.__version__)


def _descriptors(returned: fx.Node) -> list[Any]:
    """What AOTAutograd says of each result (private, seen in torch 2.13)."""
    if "desc" not in returned.meta:
        raise UnavailableError("pytorch_moved", name="the descriptors of results", version=torch.__version__)
    return list(returned.meta["desc"])


def _result(descriptor: Any, joint: Joint) -> tuple[str, str]:
    """(what, whose) of one result."""
    match type(descriptor).__name__:
        case "PlainAOTOutput":
            return VALUE, ""
        case "GradAOTOutput":
            return GRADIENT, _placeholder(descriptor.grad_of, joint)
        case "InputMutationAOTOutput":
            return UPDATE, _placeholder(descriptor.mutated_input, joint)
        case other:
            raise UnavailableError("pytorch_moved", name=f"the descriptor {other}", version=torch.__version__)


def _placeholder(descriptor: Any, joint: Joint) -> str:
    return str(next(node.name for node in joint.nodes if node.meta.get("desc") == descriptor))


def _without_aliases(graph: fx.Graph, stops: set[str]) -> dict[tuple[str, str], fx.Node]:
    """Take out marks, and the detach and clone nodes that only give a tensor a second name; return what was marked.

    `stops` are the fx nodes that stand for the user's own stop_gradient: their detach stays.
    """
    marks: dict[tuple[str, str], fx.Node] = {}
    for node in list(graph.nodes):
        if is_mark(node):
            marks[node.args[1], node.args[2]] = node.args[0]
        elif not _is_alias(node, stops):
            continue
        node.replace_all_uses_with(node.args[0])
        graph.erase_node(node)
    return marks


def _is_alias(node: fx.Node, stops: set[str]) -> bool:
    match node.target:
        case torch.ops.aten.detach.default:
            return node.meta["origin"] not in stops
        case torch.ops.aten.clone.default:
            return bool(node.meta["origin"] == "output")
    return False
