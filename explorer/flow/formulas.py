"""A step in numbers: `2 · 5 = 10` forward, `5 + 2 = 7` where shares of a cotangent add up.

Scalars stand in a formula as numbers, tensors by name. What is not computed yet stands by name as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from explorer.capture.ops import describe, fill
from explorer.capture.record import Cell, Column
from explorer.flow.playback import PlaybackState
from explorer.graph import roles
from explorer.graph.ir import INPUT_OP, Graph, Node, use_key

Show = Callable[[float], str]


@dataclass(frozen=True)
class Numbers:
    """The columns of one stage: `value` and `cotangent` by value id, `share` by use key."""

    value: Mapping[str, Cell] = field(default_factory=dict)
    cotangent: Mapping[str, Cell] = field(default_factory=dict)
    share: Mapping[str, Cell] = field(default_factory=dict)

    @classmethod
    def of(cls, columns: Mapping[str, Column]) -> Numbers:
        """From columns by key; a column that has not arrived is empty."""
        return cls(*({**columns[key].cells} if key in columns else {} for key in ("value", "cotangent", "share")))


def scalar(cell: Cell | None) -> float | None:
    """The one number in `cell`; None for anything else."""
    if isinstance(cell, np.ndarray) and cell.size == 1 and cell.dtype.kind != "c":
        return float(cell.reshape(())[()])
    return None


def name_of(graph: Graph, value: str) -> str:
    """What people call a value: its own name where it has one."""
    return graph.value_by_id[value].name or value


def operand_texts(graph: Graph, node: Node, numbers: Numbers, show: Show, reached: PlaybackState | None) -> list[str]:
    """Operands of `node` as the formula shows them, literals in their places."""
    literals = node.params.get("literals") or {}
    given = iter(node.inputs)
    texts = []
    for position in range(len(node.inputs) + len(literals)):
        if str(position) in literals:
            texts.append(_literal(literals[str(position)], show))
        elif (value := next(given, None)) is not None:
            texts.append(_operand(graph, value, numbers, show, reached))
    return texts


def formula(
    graph: Graph, framework: str, node: Node, numbers: Numbers, show: Show, reached: PlaybackState | None = None
) -> str:
    """What `node` computes, with numbers put in and the result behind it; empty where the table knows no formula.

    With `reached`, only numbers that are reached are shown.
    """
    template = describe(framework, node).formula
    if not template or node.op == INPUT_OP:
        return ""
    text = fill(template, operand_texts(graph, node, numbers, show, reached), node.params)
    result = node.outputs[0].id if len(node.outputs) == 1 else ""
    number = scalar(numbers.value.get(result)) if reached is None or result in reached.values else None
    return f"{text} = {show(number)}" if number is not None else text


def shares_sum(graph: Graph, value: str, numbers: Numbers, show: Show) -> str:
    """How the cotangent of `value` comes together: `5 + 2 = 7`; the number alone for one share; empty for a tensor."""
    total = scalar(numbers.cotangent.get(value))
    if total is None:
        return ""
    keys = [use_key(user.id, operand) for user, operand in graph.users.get(value, ())]
    shares = [share for key in keys if (share := scalar(numbers.share.get(key))) is not None]
    if value in graph.outputs and shares:
        shares = [1.0, *shares]
    if len(shares) < 2:
        return show(total)
    return f"{_sum(shares, show)} = {show(total)}"


def step_formula(graph: Graph, framework: str, state: PlaybackState, numbers: Numbers, show: Show) -> str:
    """The step that `state` stands after, in numbers."""
    if state.node is None or state.value is None:
        return ""
    node = graph.node_by_id[state.node]
    if state.value in state.adjoints:
        text = shares_sum(graph, state.value, numbers, show)
        return f"∂/∂{name_of(graph, state.value)} = {text}" if text else ""
    if node.role == roles.COTANGENT and node.op == INPUT_OP:
        number = scalar(numbers.value.get(state.value))
        return "" if number is None else f"{name_of(graph, state.value)} = {show(number)}"
    return formula(graph, framework, node, numbers, show, state)


def _operand(graph: Graph, value: str, numbers: Numbers, show: Show, reached: PlaybackState | None) -> str:
    number = scalar(numbers.value.get(value)) if reached is None or value in reached.values else None
    return name_of(graph, value) if number is None else _signed(number, show)


def _literal(literal: object, show: Show) -> str:
    return _signed(float(literal), show) if isinstance(literal, int | float) else str(literal)


def _signed(number: float, show: Show) -> str:
    """A negative operand in brackets, so that no two signs meet."""
    return f"({show(number)})" if number < 0 else show(number)


def _sum(shares: list[float], show: Show) -> str:
    first, *rest = shares
    return show(first) + "".join(f" − {show(-share)}" if share < 0 else f" + {show(share)}" for share in rest)
