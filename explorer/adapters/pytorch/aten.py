"""Stage aten: the forward pass in core ATen, the small set of operations that everything else in PyTorch is made of.

`torch.export` traces the fx graph, every node of which hands its name down to the ATen nodes made for it, and
`run_decompositions` takes composite operations apart. So every link to the fx graph is known, none is guessed.
"""

from __future__ import annotations

import time
import warnings
from typing import TYPE_CHECKING

import torch
from torch import fx
from torch.export.graph_signature import OutputKind, TensorArgument
from torch.fx.traceback import preserve_node_meta

from explorer.adapters.pytorch.fx import is_part, result_of, results_of, role_of, uses, value_id
from explorer.adapters.pytorch.marks import ORIGIN, handed_down
from explorer.adapters.pytorch.mistakes import first_line, report
from explorer.adapters.pytorch.printout import node_lines, printed
from explorer.adapters.pytorch.traced import Traced, outputs, settings
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
    found = node_lines(text, traced.module.graph)
    return Stage("aten", graph, text, {node.id: found[node.id] for node in graph.nodes}, time.perf_counter() - start)


def trace_aten(program: PyTorchProgram, module: fx.GraphModule) -> Traced:
    """Export a copy of the fx `module`, on tensors that nobody else holds: the same tensor twice would be one input."""
    handing = handed_down(module, whole=True)
    examples = program.examples.inputs
    inputs = {
        node.name: examples[node.meta["name"]].detach().clone()
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
    graph.output_node().meta["results"] = _results(exported, module)
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


def _results(exported: torch.export.ExportedProgram, module: fx.GraphModule) -> list[int]:
    """Which of what the graph gives back are the text's results, the differentiated one first; others are buffers."""
    specs = enumerate(exported.graph_signature.output_specs)
    places = [
        place for place, spec in specs if spec.kind is OutputKind.USER_OUTPUT and isinstance(spec.arg, TensorArgument)
    ]
    first = results_of(module.graph).index(result_of(module))
    return [places[first], *places[:first], *places[first + 1 :]]


def aten_graph(module: fx.GraphModule, traced: Traced) -> Graph:
    """The exported graph in our terms; `module` is the fx graph it was made from, for spans and names."""
    origins = {node.name: node for node in module.graph.nodes}
    nodes = [
        _node(node, origins.get(traced.given.get(node.name, node.meta["origin"])))
        for node in traced.nodes
        if not is_part(node)
    ]
    inputs = tuple(value.id for node in nodes if node.op == INPUT_OP for value in node.outputs)
    returned = traced.module.graph.output_node()
    results = [returned.args[0][place] for place in returned.meta["results"]]
    return Graph("forward", inputs, tuple(dict.fromkeys(map(value_id, results))), tuple(nodes))


def _node(node: fx.Node, origin: fx.Node | None) -> Node:
    operands = tuple(value_id(each) for each in uses(node))
    if node.op == "output":
        return Node(node.name, node.op, operands, role=roles.OUTPUT)
    span, scope = (None, ()) if origin is None else (origin.meta.get("span"), origin.meta.get("scope", ()))
    if node.op == "placeholder":
        assert origin is not None
        values = outputs(node, origin.meta.get("name", ""))
        return Node(node.name, INPUT_OP, (), values, role=role_of(origin), scope=scope, span=span)
    return Node(node.name, str(node.target), operands, outputs(node), settings(node), scope=scope, span=span)
