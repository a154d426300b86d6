"""A traced joint graph in our terms: roles, spans, operands and settings of every ATen node."""

from __future__ import annotations

import time
from collections.abc import Mapping

from torch import fx

from explorer.adapters.pytorch.fx import ancestors, is_part, role_of, uses, value_id
from explorer.adapters.pytorch.joint import GRADIENT, VALUE, Joint, check_differentiable, is_backward, trace_joint
from explorer.adapters.pytorch.links import Flow, find_flow
from explorer.adapters.pytorch.marks import handed_down
from explorer.adapters.pytorch.printout import node_lines, printed
from explorer.adapters.pytorch.program import PyTorchProgram
from explorer.adapters.pytorch.traced import SEED, outputs, settings
from explorer.capture.record import Stage
from explorer.graph import roles
from explorer.graph.ir import INPUT_OP, Graph, Node


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
    computed = [reader.node(node) for node in joint.nodes if not is_part(node) and node.op != "output"]
    results = reader.results()
    inputs = tuple(value.id for node in computed if node.op == INPUT_OP for value in node.outputs)
    return Graph("joint", inputs, tuple(node.inputs[0] for node in results), (*computed, *results))


class _Reader:
    def __init__(self, module: fx.GraphModule, joint: Joint, flow: Flow) -> None:
        self.joint = joint
        self.origins: Mapping[str, fx.Node] = {node.name: node for node in module.graph.nodes}
        values = {value_id(node): node for node in module.graph.nodes}
        self.sums = {node: values[value] for node, value in flow.accumulating(module).items()}
        self.needed = set().union(*(ancestors(node) for what, _, node in joint.results if what != GRADIENT))
        self.flowing = _descendants(joint)

    def node(self, node: fx.Node) -> Node:
        origin = self.origins.get(self.joint.given.get(node.name, node.meta["origin"]))
        place = self.sums.get(node, origin)  # of a sum of shares: the value that they are shares of
        name = origin.meta.get("name", "") if node.op == "placeholder" and origin is not None else ""
        return Node(
            id=node.name,
            op=INPUT_OP if node.op == "placeholder" else str(node.target),
            inputs=tuple(value_id(each) for each in uses(node)),
            outputs=outputs(node, name),
            params=settings(node) if node.op == "call_function" else {},
            role=self.role(node, origin),
            scope=() if place is None else place.meta.get("scope", ()),
            span=None if place is None else place.meta.get("span"),
        )

    def role(self, node: fx.Node, origin: fx.Node | None) -> str:
        if node.op == "placeholder":
            return roles.COTANGENT if origin is None else role_of(origin)
        if node in self.sums:
            return roles.ACCUMULATE
        if node in self.flowing:
            return roles.COTANGENT
        unused = not node.users and not is_backward(node)  # a line of the text that nothing reads
        return roles.PRIMAL if node in self.needed or unused else roles.RESIDUAL

    def results(self) -> list[Node]:
        """A node for the value, one for each gradient and each update of a buffer, which says whose it is."""
        made: list[Node] = []
        for what, whose, node in self.joint.results:
            if what == VALUE:
                made.insert(0, Node("output", "output", (value_id(node),), role=roles.OUTPUT))
                continue
            giver = self.joint.given[whose]
            name = f"output_{giver}" if what == GRADIENT else f"{what}_{giver}"
            params = {what: self.origins[giver].meta.get("name", giver)}
            made.append(Node(name, "output", (value_id(node),), (), params, roles.OUTPUT))
        return made


def _descendants(joint: Joint) -> set[fx.Node]:
    """Everything that is computed from the seed."""
    found = {node for node in joint.nodes if joint.given.get(node.name) == SEED}
    for node in joint.nodes:
        if not found.isdisjoint(uses(node)):
            found.add(node)
    return found
