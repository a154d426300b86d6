"""A graph that torch traced from the fx graph: which fx node each node was made for, and whose value it is given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx

from explorer.adapters.pytorch.arrays import tensor_type
from explorer.graph.ir import Value

SEED = ""

# Where a tensor lies says nothing about what is computed.
PLACEMENT = frozenset({"layout", "device", "pin_memory", "memory_format"})


@dataclass(frozen=True)
class Traced:
    """`node.meta["origin"]` is the name of the fx node that an ATen node was made for, SEED for none.

    `given`: placeholder name -> name of the fx node whose value it takes, SEED for the output's cotangent.
    """

    module: fx.GraphModule
    given: Mapping[str, str]

    @property
    def nodes(self) -> list[fx.Node]:
        return list(self.module.graph.nodes)


def outputs(node: fx.Node, name: str = "") -> tuple[Value, ...]:
    """The values that an ATen node gives; `name` is what people call the first."""
    value = node.meta.get("val")
    several = value if isinstance(value, (tuple, list)) else [value]
    return tuple(
        Value(f"{node.name}:{k}" if k else node.name, tensor_type(each), "" if k else name)
        for k, each in enumerate(several)
        if isinstance(each, torch.Tensor)
    )


def settings(node: fx.Node) -> dict[str, Any]:
    """The arguments that are no values: numbers in operand places as literals, all others under their schema names."""
    literals: dict[str, Any] = {}
    found: dict[str, Any] = {}
    place = 0
    for name, kind, argument in _arguments(node):
        if any(True for _ in _nodes(argument)):
            place += sum(1 for _ in _nodes(argument))
        elif isinstance(argument, (bool, int, float)) and kind in ("Tensor", "Scalar", "number"):
            literals[str(place)] = argument
            place += 1
        elif argument is not None and name not in PLACEMENT:
            found[name] = str(argument).removeprefix("torch.") if isinstance(argument, torch.dtype) else argument
    return found | {"literals": literals} if literals else found


def _arguments(node: fx.Node) -> Iterator[tuple[str, str, Any]]:
    """(schema name, schema type, argument) of an ATen call. A number after a skipped place is a setting."""
    skipped = False
    for parameter, argument in zip(node.target._schema.arguments, node.args, strict=False):
        skipped = skipped or argument is None
        yield parameter.name, "" if skipped else str(parameter.type), argument
    for name, argument in node.kwargs.items():
        yield name, "", argument


def _nodes(argument: Any) -> Iterator[fx.Node]:
    if isinstance(argument, fx.Node):
        yield argument
    elif isinstance(argument, (tuple, list)):
        for each in argument:
            yield from _nodes(each)
