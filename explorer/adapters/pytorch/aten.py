"""Stage aten: the forward pass in core ATen, the small set of operations that everything else in PyTorch is made of.

`torch.export` traces the fx graph, every node of which hands its name down to the ATen nodes made for it, and
`run_decompositions` takes composite operations apart. So every link to the fx graph is known, none is guessed.
"""

from __future__ import annotations

import operator
import time
import warnings
from typing import TYPE_CHECKING

import torch
from torch import fx
from torch.fx.traceback import preserve_node_meta

from explorer.adapters.pytorch.fx import uses
from explorer.adapters.pytorch.marks import ORIGIN, handed_down
from explorer.adapters.pytorch.mistakes import first_line, report
from explorer.adapters.pytorch.printout import node_lines, printed
from explorer.adapters.pytorch.traced import Traced, outputs, settings, value_id
from explorer.capture.record import Stage
from explorer.errors import ProgramError
from explorer.graph import roles
from explorer.graph.ir import INPUT_OP, Graph, Node

if TYPE_CHECKING:
    from explorer.adapters.pytorch.program import PyTorchProgram


def aten_stage(program: PyTorchProgram, module: fx.GraphModule) -> Stage:
    """Export `program`, whose fx graph is `module`. Raises ProgramError `pytorch_aten_failed` where torch cannot."""
    start = time.perf_counter()
    program.aten = traced = trace_aten(program, module)
    text = printed(traced.module)
    graph = aten_graph(module, traced)
    return Stage("aten", graph, text, node_lines(text, traced.module.graph), time.perf_counter() - start)


def trace_aten(program: PyTorchProgram, module: fx.GraphModule) -> Traced:
    """Export a copy of the fx `module`, on tensors that nobody else holds: the same tensor twice would be one input."""
    handing = handed_down(module)
    inputs = {
        node.name: program.examples[node.meta["name"]].detach().clone()
        for node in module.graph.nodes
        if node.op == "placeholder"
    }
    try:
        exported = _exported(handing, inputs)
    except Exception as error:
        raise ProgramError("pytorch_aten_failed", reason=first_line(error), detail=report(error)) from None
    graph = exported.graph_module.graph
    for node in graph.nodes:
        node.meta["origin"] = node.meta.pop("custom", {}).get(ORIGIN, "")
    for node in graph.find_nodes(op="call_function", target=torch.ops.aten.clone.default):
        if node.meta["origin"] == "output":  # the copy that `handed_down` makes of the result
            node.replace_all_uses_with(node.args[0])
            graph.erase_node(node)
    return Traced(fx.GraphModule(exported.graph_module, graph), _given(exported, module))


def _exported(handing: fx.GraphModule, inputs: dict[str, torch.Tensor]) -> torch.export.ExportedProgram:
    """torch.export with inputs of the given names. The interpreter hands the metadata of each fx node down."""
    handing.forward = lambda **given: fx.Interpreter(handing).run(*given.values())
    with preserve_node_meta(), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # torch's, about its own use of its pytrees
        return torch.export.export(handing, (), inputs, strict=False).run_decompositions()


def _given(exported: torch.export.ExportedProgram, module: fx.GraphModule) -> dict[str, str]:
    """Which fx node's value each placeholder takes: what the module holds goes by its path, inputs by their order."""
    held = {node.target: node.name for node in module.graph.nodes if node.op == "get_attr"}
    inputs = iter([node.name for node in module.graph.nodes if node.op == "placeholder"])
    specs = exported.graph_signature.input_specs
    return {spec.arg.name: held[spec.target] if spec.target is not None else next(inputs) for spec in specs}


def aten_graph(module: fx.GraphModule, traced: Traced) -> Graph:
    """The exported graph in our terms; `module` is the fx graph it was made from, for spans and names."""
    origins = {node.name: node for node in module.graph.nodes}
    nodes = [
        _node(node, origins.get(traced.given.get(node.name, node.meta["origin"])))
        for node in traced.nodes
        if node.target is not operator.getitem
    ]
    inputs = tuple(value.id for node in nodes if node.op == INPUT_OP for value in node.outputs)
    return Graph("forward", inputs, nodes[-1].inputs, tuple(nodes))


def _node(node: fx.Node, origin: fx.Node | None) -> Node:
    operands = tuple(value_id(each) for each in uses(node))
    if node.op == "output":
        return Node(node.name, node.op, operands, role=roles.OUTPUT)
    span = None if origin is None else origin.meta.get("span")
    if node.op == "placeholder":
        assert origin is not None
        role = roles.INPUT if origin.op == "placeholder" else roles.CONSTANT
        return Node(node.name, INPUT_OP, (), outputs(node, origin.meta.get("name", "")), role=role, span=span)
    return Node(node.name, str(node.target), operands, outputs(node), settings(node), span=span)
