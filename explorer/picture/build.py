"""Graph -> Scene: card texts and sizes, layout, wires. Runs in the layout worker."""

from __future__ import annotations

import numpy as np

from explorer.adapters import framework as framework_entry
from explorer.capture.ops import CATEGORIES, describe
from explorer.graph import roles
from explorer.graph.halves import backward_nodes, seed_pairs
from explorer.graph.ir import INPUT_OP, Graph, Node
from explorer.layout import layout
from explorer.layout.options import LayoutOptions
from explorer.picture.card import CardText, fitted
from explorer.picture.scene import BACKWARD, FORWARD, SAVED, Scene


def build_scene(stage: str, framework: str, graph: Graph, options: LayoutOptions) -> Scene:
    """Everything there is to paint of `graph`, which stands at `stage` of `framework`. Deterministic."""
    entry = framework_entry(framework).stage(stage)
    shown = [shown_value(node) if entry is None or entry.numbers else "" for node in graph.nodes]
    cards = [_card(stage, framework, *card) for card in zip(graph.nodes, shown, strict=True)]
    number = {node.id: i for i, node in enumerate(graph.nodes)}
    uses = [(number[source.id], value, number[user.id], operand) for source, value, user, operand in graph.edges()]
    values = {value: i for i, value in enumerate(graph.value_by_id)}
    backward = backward_nodes(graph)
    placement = layout(
        np.array([(card.width, card.height) for card in cards], dtype=np.float64).reshape(-1, 2) * options.text_scale,
        np.array([(source, user) for source, _, user, _ in uses], dtype=np.int64).reshape(-1, 2),
        value=np.array([values[value] for _, value, _, _ in uses], dtype=np.int64),
        backward=np.array(backward, dtype=bool),
        beside=np.array(seed_pairs(graph), dtype=np.int64).reshape(-1, 2),
        options=options,
    )
    produced_backward = [roles.is_backward(node.role) for node in graph.nodes]
    is_output = [node.role == roles.OUTPUT for node in graph.nodes]
    saved = [backward[user] and not backward[source] and not is_output[user] for source, _, user, _ in uses]
    kinds = [
        BACKWARD if produced_backward[source] else SAVED if kept else FORWARD
        for (source, *_), kept in zip(uses, saved, strict=True)
    ]
    return Scene(
        stage=stage,
        framework=framework,
        nodes=tuple(node.id for node in graph.nodes),
        rect=placement.rect,
        category=np.array([CATEGORIES.index(describe(framework, n).category) for n in graph.nodes], dtype=np.uint8),
        role=np.array([roles.ROLES.index(node.role) for node in graph.nodes], dtype=np.uint8),
        title=tuple(card.title for card in cards),
        word=tuple(card.word for card in cards),
        type_text=tuple(card.type_text for card in cards),
        shown=tuple(shown),
        wire_ends=np.array([(source, user) for source, _, user, _ in uses], dtype=np.int32).reshape(-1, 2),
        wire_operand=np.array([operand for *_, operand in uses], dtype=np.int32),
        wire_value=tuple(value for _, value, _, _ in uses),
        wire_kind=np.array(kinds, dtype=np.uint8),
        curves=placement.curves,
        curve_wire=placement.curve_wire,
        text_scale=options.text_scale,
        inside=np.zeros(len(graph.nodes), np.int32),
        repeats=np.ones(len(graph.nodes), np.int32),
        wire_uses=np.ones(len(uses), np.int32),
    )


def _card(stage: str, framework: str, node: Node, shown: str) -> CardText:
    first_stage = framework_entry(framework).first.key == stage
    word = node.role if node.role == roles.ACCUMULATE else describe(framework, node).word
    if node.role == roles.OUTPUT:
        word = _result_name(node) or word
    return fitted(
        title(framework, node),
        word,
        ", ".join(str(value.type) for value in node.outputs),
        value=bool(shown),
        adjoint=first_stage and any(value.type.is_float for value in node.outputs[:1]),
        tensor=bool(shown) and any(value.type.shape for value in node.outputs[:1]),
    )


def _result_name(node: Node) -> str:
    """Whose gradient an output node gives back: `∂/∂a`; empty for the value itself."""
    if "gradient" in node.params:
        return f"∂/∂{node.params['gradient']}"
    return node.outputs[0].name if node.outputs else ""


def title(framework: str, node: Node) -> str:
    """The framework's name of the op, without the namespace and overload that all its neighbours share.

    `aten.mul.Tensor` and `operator.mul` are `mul`; `dot_general` and `MatMul` stay. An input shows its own name.
    """
    if node.op == INPUT_OP and node.outputs:
        return node.outputs[0].name or node.id
    if framework != "pytorch" or "." not in node.op:
        return node.op
    parts = node.op.split(".")
    return parts[1] if parts[0] in ("aten", "prims") else parts[-1]


def shown_value(node: Node) -> str:
    """The value whose number the card shows: its first output; for a card that only passes one value on, that one."""
    if node.outputs:
        return node.outputs[0].id
    return node.inputs[0] if len(node.inputs) == 1 else ""
