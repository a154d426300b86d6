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

from explorer.adapters.pytorch.fx import is_part, result_of, uses, value_id
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


def handed_down(
    module: fx.GraphModule, *, whole: bool = False, values: bool = False, each_use: bool = False
) -> fx.GraphModule:
    """A copy of an fx module in which every node hands its name down to the ATen nodes made for it.

    torch copies `node.meta["custom"]` to them, forward and backward. `values` puts a mark on every float value;
    `each_use` one on every use of a value that has several (a single use has the whole cotangent). The result, of
    several (unless `whole`) the one that is differentiated, goes through a clone, because AOTAutograd leaves an output
    that is a view of an input out of its graph.
    """
    copy = _Copy(module, values, _counts(module) if each_use else Counter())
    for node in module.graph.nodes:
        if node.op != "output":
            copy.node(node)
    copy.output(module.graph.output_node(), result_of(module), whole)
    return fx.GraphModule(module, copy.graph)


class _Copy:
    def __init__(self, module: fx.GraphModule, values: bool, counts: Counter[fx.Node]) -> None:
        self.graph = fx.Graph()
        self.module, self.values, self.counts = module, values, counts
        self.now: dict[fx.Node, fx.Node] = {}

    def node(self, node: fx.Node) -> None:
        remaining: Iterator[fx.Node] = iter(self.operands(node, list(enumerate(uses(node)))))
        made = _handing(self.graph.node_copy(node, lambda _: next(remaining)), node.name)
        if node.op == "placeholder" and "overwritten" in node.meta:  # a leaf may not be
            made = _handing(self.graph.call_function(torch.clone, (made,)), node.name)
        if node.meta.get("no_grad") and is_float(node):  # the text says that no gradient passes here
            made = _handing(self.graph.call_function(torch.detach, (made,)), node.name)
        marked = self.values and is_float(node)
        self.now[node] = self.graph.call_function(marked_value, (made, value_id(node))) if marked else made

    def operands(self, node: fx.Node, wanted: list[tuple[int, fx.Node]]) -> list[fx.Node]:
        """What `node` reads at each (operand, value), each use under its mark.

        The last operand first: autograd runs back in reverse order, and so adds shares up as it does without marks.
        """
        found = [self.now[value] for _, value in wanted]
        for place, (operand, value) in reversed(list(enumerate(wanted))):
            overwritten = value.name in node.meta.get("overwrites", ())  # a mark would have a copy overwritten
            if self.counts[value] > 1 and is_float(value) and not is_part(node) and not overwritten:
                found[place] = self.graph.call_function(marked_use, (found[place], use_key(node.name, operand)))
        return found

    def output(self, node: fx.Node, result: fx.Node, whole: bool) -> None:
        place = uses(node).index(result)
        wanted = list(enumerate(uses(node))) if whole else [(place, result)]
        made = [
            _handing(self.graph.call_function(torch.clone, (each,)), node.name) if _is_tensor(value) else each
            for each, (_, value) in zip(self.operands(node, wanted), wanted, strict=True)
        ]
        remaining = iter(made)
        given = fx.node.map_arg(node.args[0], lambda _: next(remaining)) if whole else made[0]
        _handing(self.graph.output(given), node.name)


def _counts(module: fx.GraphModule) -> Counter[fx.Node]:
    """How often each value is used on the way to the result that is differentiated."""
    result = result_of(module)
    return Counter([result]) + Counter(
        value for node in module.graph.nodes if node.op != "output" and not is_part(node) for value in uses(node)
    )


def is_float(node: fx.Node) -> bool:
    """True for a value that can have a cotangent."""
    return _is_tensor(node) and bool(node.meta["val"].is_floating_point())


def _is_tensor(node: fx.Node) -> bool:
    return isinstance(node.meta["val"], torch.Tensor)


def _handing(node: fx.Node, name: str) -> fx.Node:
    node.meta["custom"] = {ORIGIN: name}
    return node


def is_mark(node: fx.Node) -> bool:
    return bool(node.target is torch.ops.backflow.mark.default)
