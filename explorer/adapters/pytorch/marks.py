"""Marks on values and uses, so that a second trace of the backward pass says which tensor is which.

A marked value has a hook that sends its whole cotangent through `backflow.mark`; a marked use goes through an identity
whose backward does so with its share. AOTAutograd keeps each as a node with the key as an argument.
Documented API used: `torch.library`, `torch.autograd.Function`, `Tensor.register_hook`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import torch
from torch import fx

from explorer.adapters.pytorch.fx import uses
from explorer.graph.ir import use_key

ORIGIN = "fx"
COTANGENT, USE, SHARE = "cotangent", "use", "share"


def _like(x: torch.Tensor, _kind: str, _key: str) -> torch.Tensor:
    """What `backflow.mark` gives while tracing: of the same strides too, for torch chooses views and copies by them."""
    return torch.empty_strided(x.shape, x.stride(), dtype=x.dtype, device=x.device)


# An operator may not return its own input, so it copies; it is traced only, never run.
LIBRARY = torch.library.Library("backflow", "DEF")
LIBRARY.define("mark(Tensor x, str kind, str key) -> Tensor")
LIBRARY.impl("mark", lambda x, _kind, _key: x.clone(), "CompositeExplicitAutograd")
torch.library.register_fake("backflow::mark", _like, lib=LIBRARY)


class MarkedUse(torch.autograd.Function):  # type: ignore[misc]
    """Identity; what passes back is marked as the share of the use `key`."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, key: str) -> torch.Tensor:
        ctx.key = key
        ctx.set_materialize_grads(False)
        return torch.ops.backflow.mark(x, USE, key)

    @staticmethod
    def backward(ctx: Any, share: torch.Tensor | None) -> tuple[torch.Tensor | None, None]:
        return None if share is None else torch.ops.backflow.mark(share, SHARE, ctx.key), None


def marked_use(x: torch.Tensor, key: str) -> torch.Tensor:
    """The target of an extra fx node on a use."""
    return MarkedUse.apply(x, key)


def marked_value(x: torch.Tensor, key: str) -> torch.Tensor:
    """The target of an extra fx node on a value."""
    if x.requires_grad:
        x.register_hook(lambda cotangent: torch.ops.backflow.mark(cotangent, COTANGENT, key))
    return x


def handed_down(module: fx.GraphModule, *, values: bool = False, each_use: bool = False) -> fx.GraphModule:
    """A copy of an fx module in which every node hands its name down to the ATen nodes made for it.

    torch copies `node.meta["custom"]` to them, forward and backward. `values` puts a mark on every float value;
    `each_use` one on every use of a value that has several (a single use has the whole cotangent). The result goes
    through a clone, because AOTAutograd leaves an output that is a view of an input out of its graph.
    """
    graph = fx.Graph()
    now: dict[fx.Node, fx.Node] = {}
    counts = Counter(value for node in module.graph.nodes for value in uses(node)) if each_use else Counter()
    for node in module.graph.nodes:
        operands = [now[value] for value in uses(node)]
        # The last operand first: autograd runs back in reverse order, and so adds shares up as it does without marks.
        for operand, value in reversed(list(enumerate(uses(node)))):
            if counts[value] > 1 and value.meta["val"].is_floating_point():
                arguments = (operands[operand], use_key(node.name, operand))
                operands[operand] = graph.call_function(marked_use, arguments)
        if node.op == "output":
            operands = [_handing(graph.call_function(torch.clone, tuple(operands)), node.name)]
        remaining: Iterator[fx.Node] = iter(operands)
        made = _handing(graph.node_copy(node, lambda _, remaining=remaining: next(remaining)), node.name)
        marks = values and node.op != "output" and node.meta["val"].is_floating_point()
        now[node] = graph.call_function(marked_value, (made, node.name)) if marks else made
    return fx.GraphModule(module, graph)


def _handing(node: fx.Node, name: str) -> fx.Node:
    node.meta["custom"] = {ORIGIN: name}
    return node


def is_mark(node: fx.Node) -> bool:
    return bool(node.target is torch.ops.backflow.mark.default)
