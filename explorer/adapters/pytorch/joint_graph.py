"""A traced joint graph in our terms: roles, spans, operands and settings of every ATen node."""

from __future__ import annotations

import operator
import time
from collections.abc import Mapping

from torch import fx

from explorer.adapters.pytorch.fx import ancestors, uses
from explorer.adapters.pytorch.joint import Joint, check_differentiable, is_backward, trace_joint
from explorer.adapters.pytorch.links import Flow, find_flow
from explorer.adapters.pytorch.marks import handed_down
from explorer.adapters.pytorch.printout import node_lines, printed
from explorer.adapters.pytorch.program import PyTorchProgram
from explorer.adapters.pytorch.traced import SEED, outputs, settings, value_id
from explorer.capture.record import Stage
from explorer.graph import roles
from explorer.graph.ir import INPUT_OP, Graph, Node, Span


def joint_stage(program: PyTorchProgram, module: fx.GraphModule) -> Stage:
    """Trace forward and backward of `program`, whose fx graph is `module`. Raises ProgramError where it cannot be."""
    start = time.perf_counter()
    check_differentiable(program, module)
    joint = trace_joint(program, module, handed_down(module))
    flow = find_flow(program, module, joint)
    program.joint = joint, flow
    text = printed(joint.module)
    graph = joint_graph(module, joint, flow)
    found = node_lines(text, joint.module.graph)
    returned = joint.module.graph.output_node().name
    lines = {node.id: found[returned if node.role == roles.OUTPUT else node.id] for node in graph.nodes}
    return Stage("joint", graph, text, lines, time.perf_counter() - start)


def joint_graph(module: fx.GraphModule, joint: Joint, flow: Flow) -> Graph:
    """The joint as a Graph; `module` is the fx graph it was made from, for spans and input names.

    Its one `output` returns the value and every gradient. AOTAutograd describes each of them apart (a plain output,
    the gradient of an input), and so they are nodes of their own here.
    """
    reader = _Reader(module, joint, flow)
    computed = [
        reader.node(node) for node in joint.nodes if node.target is not operator.getitem and node.op != "output"
    ]
    results = reader.results()
    inputs = tuple(value.id for node in computed if node.op == INPUT_OP for value in node.outputs)
    return Graph("joint", inputs, tuple(node.inputs[0] for node in results), (*computed, *results))


class _Reader:
    def __init__(self, module: fx.GraphModule, joint: Joint, flow: Flow) -> None:
        self.joint = joint
        self.origins: Mapping[str, fx.Node] = {node.name: node for node in module.graph.nodes}
        self.accumulating = flow.accumulating(module)
        self.sums = {holder: self.origins[value] for value, holder in flow.cotangents.items()}
        result = joint.results[0]
        self.needed = set() if result is None else ancestors(result)
        self.flowing = _descendants(joint)

    def node(self, node: fx.Node) -> Node:
        origin = self.origins.get(self.joint.given.get(node.name, node.meta["origin"]))
        op = INPUT_OP if node.op == "placeholder" else str(node.target)
        name = origin.meta.get("name", "") if node.op == "placeholder" and origin is not None else ""
        return Node(
            id=node.name,
            op=op,
            inputs=tuple(value_id(each) for each in uses(node)),
            outputs=outputs(node, name),
            params=settings(node) if node.op == "call_function" else {},
            role=self.role(node, origin),
            span=self.span(node, origin),
        )

    def role(self, node: fx.Node, origin: fx.Node | None) -> str:
        if node.op == "placeholder":
            return roles.COTANGENT if origin is None else roles.INPUT if origin.op == "placeholder" else roles.CONSTANT
        if node in self.accumulating:
            return roles.ACCUMULATE
        if node in self.flowing:
            return roles.COTANGENT
        unused = not node.users and not is_backward(node)  # a line of the text that nothing reads
        return roles.PRIMAL if node in self.needed or unused else roles.RESIDUAL

    def span(self, node: fx.Node, origin: fx.Node | None) -> Span | None:
        """The place of the fx node that it was made for; for a sum of shares, of the value they are shares of."""
        if node in self.accumulating:
            origin = self.sums.get(node)
        return None if origin is None else origin.meta.get("span")

    def results(self) -> list[Node]:
        """A node for the value and one for each gradient, which says whose it is."""
        givers = [giver for giver in self.joint.given.values() if giver != SEED]
        value, *gradients = self.joint.results
        made = [] if value is None else [Node("output", "output", (value_id(value),), role=roles.OUTPUT)]
        for giver, gradient in zip(givers, gradients, strict=True):
            if gradient is not None:
                params = {"gradient": self.origins[giver].meta.get("name", giver)}
                made.append(Node(f"output_{giver}", "output", (value_id(gradient),), (), params, roles.OUTPUT))
        return made


def _descendants(joint: Joint) -> set[fx.Node]:
    """Everything that is computed from the seed."""
    found = {node for node in joint.nodes if joint.given.get(node.name) == SEED}
    for node in joint.nodes:
        if not found.isdisjoint(uses(node)):
            found.add(node)
    return found
