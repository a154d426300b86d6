"""Scenes with groups, made by hand: scopes become groups, all stands in one column, with frames around what is open."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from explorer.capture.record import Column, Stage
from explorer.graph import roles
from explorer.graph.ir import INPUT_OP, Graph, Node
from explorer.layout.options import LayoutOptions
from explorer.picture.build import build_scene
from explorer.picture.scene import FORWARD, Frames, Outline, Scene
from explorer.worker.events import ColumnEvent, Done, Event, SceneEvent, StageEvent
from explorer.worker.requests import LayoutRequest
from tests.ui.canvas_scenes import node

WIDTH, HIGH, GAP, PAD, HEADER = 180.0, 55.0, 44.0, 16.0, 28.0


def blocks(count: int = 3, *, steps: int = 2, name: str = "block") -> Graph:
    """`x` through `count` blocks of a `linear` (with `steps` operations) and a `relu`, then a sum."""
    nodes = [node("x", INPUT_OP, role=roles.INPUT)]
    last = "x"
    for block in range(count):
        outer = f"{name}{block}"
        for step in range(steps):
            added = f"add_{block}_{step}"
            nodes.append(replace(node(added, "aten.add.Tensor", last, "x"), scope=(outer, "linear")))
            last = added
        nodes.append(replace(node(f"relu_{block}", "aten.relu.default", last), scope=(outer,)))
        last = f"relu_{block}"
    nodes.append(node("sum", "aten.sum.default", last))
    return Graph("blocks", ("x",), ("sum",), tuple(nodes))


def replays(graph: Graph, *, stage: str = "jaxpr", most: int = 60) -> dict[str, Any]:
    """For `ToyWorkers.replays`: a capture that gives `graph`, and a layout that opens the groups that are asked for."""
    numbers = {one.id: np.array(1.0, np.float32) for one in graph.nodes}
    columns = [Column(key, stage, "value", numbers) for key in ("value", "cotangent")]
    lines = {one.id: line for line, one in enumerate(graph.nodes, 1)}
    shown = Stage(stage, graph, "\n".join(f"{one.id} = {one.op}" for one in graph.nodes), lines, 0.001)

    def laid_out(request: LayoutRequest) -> list[Event]:
        scene = grouped_scene(request.graph, request.options.open, stage=request.stage, most=most)
        return [SceneEvent(0, scene), Done(0, 0.001)]

    return {"capture": [StageEvent(0, shown), *(ColumnEvent(0, one) for one in columns), Done(0, 0.001)],
            "layout": laid_out}  # fmt: skip


def group_ids(graph: Graph) -> tuple[str, ...]:
    """Every group, outer ones before those inside them."""
    listed = {"/".join(one.scope[:depth]): None for one in graph.nodes for depth in range(1, len(one.scope) + 1)}
    return tuple(listed)


def _without_scopes(graph: Graph) -> Graph:
    return replace(graph, nodes=tuple(replace(one, scope=()) for one in graph.nodes))


def grouped_scene(
    graph: Graph, open_groups: Collection[str] | None = None, *, stage: str = "fx", most: int = 60
) -> Scene:
    """The scene of `graph` in which `open_groups` are open; None opens all where that makes at most `most` cards."""
    groups = group_ids(graph)
    if open_groups is None:
        open_groups = groups if len(graph.nodes) <= most else ()
    shown_as = {one.id: _shown_as(one, open_groups) for one in graph.nodes}
    cards = tuple(dict.fromkeys(shown_as.values()))
    number = {card: place for place, card in enumerate(cards)}
    flat = build_scene(stage, "pytorch", _without_scopes(graph), LayoutOptions())
    first = {card: flat.nodes.index(next(one for one in shown_as if shown_as[one] == card)) for card in cards}
    rect, frame_rect = _column(graph, shown_as, open_groups)
    held = {card: [one for one in shown_as if shown_as[one] == card and one != card] for card in cards}
    uses: dict[tuple[int, int], list[tuple[str, int]]] = {}
    for source, value, user, operand in graph.edges():
        ends = number[shown_as[source.id]], number[shown_as[user.id]]
        if ends[0] != ends[1]:
            uses.setdefault(ends, []).append((value, operand))
    frames = [group for group in groups if group in frame_rect]
    count = {group: sum(_is_in(one, group) for one in graph.nodes) for group in groups}
    return replace(
        flat,
        nodes=cards,
        rect=np.array([rect[card] for card in cards]),
        category=flat.category[[first[card] for card in cards]],
        role=flat.role[[first[card] for card in cards]],
        title=tuple(flat.title[first[card]] if card in shown_as else card.rpartition("/")[2] for card in cards),
        word=tuple(flat.word[first[card]] if card in shown_as else "module" for card in cards),
        type_text=tuple(
            flat.type_text[first[card]] if card in shown_as else f"{len(held[card])} nodes" for card in cards
        ),
        shown=tuple(flat.shown[first[card]] if card in shown_as else "" for card in cards),
        wire_ends=np.array(list(uses), np.int32).reshape(-1, 2),
        wire_operand=np.array([several[0][1] for several in uses.values()], np.int32),
        wire_value=tuple(several[0][0] for several in uses.values()),
        wire_kind=np.full(len(uses), FORWARD, np.uint8),
        curves=np.array([_curve(rect[cards[one]], rect[cards[other]]) for one, other in uses]).reshape(-1, 4, 2),
        curve_wire=np.arange(len(uses), dtype=np.int32),
        inside=np.array([len(held[card]) for card in cards], np.int32),
        repeats=np.ones(len(cards), np.int32),
        wire_uses=np.array([len(several) for several in uses.values()], np.int32),
        hidden=tuple(one for card in cards for one in held[card]),
        hidden_card=np.array([number[card] for card in cards for _ in held[card]], np.int32),
        frames=Frames(
            tuple(frames),
            np.array([frame_rect[group] for group in frames]).reshape(-1, 4),
            tuple(group.rpartition("/")[2] for group in frames),
            ("module",) * len(frames),
            np.array([count[group] for group in frames], np.int32),
            np.array([group.count("/") for group in frames], np.int32),
            np.zeros(len(frames), bool),
        ),
        outline=Outline(
            groups,
            tuple(group.rpartition("/")[2] for group in groups),
            ("module",) * len(groups),
            np.array([groups.index(group.rpartition("/")[0]) if "/" in group else -1 for group in groups], np.int32),
            np.array([count[group] for group in groups], np.int32),
            np.array([group in frame_rect for group in groups], bool),
        ),
    )


def _is_in(one: Node, group: str) -> bool:
    return f"{'/'.join(one.scope)}/".startswith(f"{group}/")


def _shown_as(one: Node, open_groups: Collection[str]) -> str:
    """The node, or the outermost closed group that it is in."""
    for depth in range(1, len(one.scope) + 1):
        group = "/".join(one.scope[:depth])
        if group not in open_groups:
            return group
    return one.id


def _column(graph: Graph, shown_as: dict[str, str], open_groups: Collection[str]) -> tuple[dict[str, list[float]], ...]:
    """Rectangles of cards and of frames, from the top down."""
    rect: dict[str, list[float]] = {}
    frames: dict[str, list[float]] = {}
    y, around = 0.0, ()
    for one in [*graph.nodes, None]:
        open_here = tuple(_open_around(one, open_groups)) if one is not None else ()
        for group in [group for group in reversed(around) if group not in open_here]:
            frames[group][3] = y - GAP + PAD - frames[group][1]
            y += PAD
        for group in [group for group in open_here if group not in around]:
            inset = PAD * group.count("/")
            frames[group] = [-PAD * 4 + inset, y, WIDTH + 2 * (PAD * 4 - inset), 0.0]
            y += HEADER + PAD
        around = open_here
        if one is not None and shown_as[one.id] not in rect:
            rect[shown_as[one.id]] = [0.0, y, WIDTH, HIGH]
            y += HIGH + GAP
    return rect, frames


def _open_around(one: Node, open_groups: Collection[str]) -> Iterator[str]:
    for depth in range(1, len(one.scope) + 1):
        group = "/".join(one.scope[:depth])
        if group not in open_groups:
            return
        yield group


def _curve(one: list[float], other: list[float]) -> list[list[float]]:
    x, y, to_x, to_y = one[0] + one[2] / 2, one[1] + one[3], other[0] + other[2] / 2, other[1]
    return [[x, y], [x, (y + to_y) / 2], [to_x, (y + to_y) / 2], [to_x, to_y]]
