"""Graph -> Scene: card texts and sizes, layout, wires. Runs in the layout worker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from explorer.adapters import framework as framework_entry
from explorer.capture.ops import CATEGORIES
from explorer.graph import roles
from explorer.graph.entered import Entered, Use
from explorer.graph.halves import seed_pairs
from explorer.graph.ir import Graph
from explorer.graph.scopes import Groups, groups_of
from explorer.layout import layout
from explorer.layout.nest import Nest
from explorer.layout.options import LayoutOptions
from explorer.layout.placement import Placement
from explorer.picture.faces import Face, Faces
from explorer.picture.scene import BACKWARD, FORWARD, SAVED, Frames, Outline, Scene
from explorer.picture.shown import Shown, opened, opened_to, without_innermost

READABLE_SCALE: Final = 0.48  # below it the canvas leaves out rows of a card, which would be too small
FEWEST_CARDS: Final = 4  # a start view says something about the graph


def build_scene(
    stage: str, framework: str, graph: Graph, options: LayoutOptions, groups: Groups | None = None
) -> Scene:
    """Everything there is to paint of `graph`, which stands at `stage` of `framework`. Deterministic.

    `groups` are those of the graph, where the caller has them already.
    """
    entry = framework_entry(framework).stage(stage)
    numbers = entry is None or entry.numbers
    groups = groups or groups_of(graph)
    faces = Faces(stage, framework, graph, groups, numbers=numbers)
    if options.open is not None:
        is_open = opened(groups, frozenset(options.open))
    else:
        is_open = opened_to(groups, options.most, calls=not numbers)
    shown, cards, placement = _drawn(graph, groups, faces, is_open, options)
    while options.open is None and any(is_open) and not _can_be_read(placement, options):
        fewer = without_innermost(groups, is_open)
        if len(Shown(groups, fewer).cards) < FEWEST_CARDS:
            break
        is_open = fewer
        shown, cards, placement = _drawn(graph, groups, faces, is_open, options)
    found, n = groups.entered, len(groups.entered.places)
    uses = [found.uses[wire.use] for wire in shown.wires]
    frames = [k for k in range(len(groups.groups)) if placement.rect[n + k].any() and n + k not in shown.card_of_box]
    hidden = {place: shown.card_of(k) for k, place in enumerate(found.places) if shown.box_of[k] != k}
    hidden |= {place: shown.card_of(k) for place, k in found.stands_for.items()}
    return Scene(
        stage=stage,
        framework=framework,
        nodes=tuple(card.id for card in cards),
        rect=placement.rect[shown.cards],
        category=np.array([CATEGORIES.index(card.category) for card in cards], dtype=np.uint8),
        role=np.array([roles.ROLES.index(card.role) for card in cards], dtype=np.uint8),
        title=tuple(card.text.title for card in cards),
        word=tuple(card.text.word for card in cards),
        type_text=tuple(card.text.type_text for card in cards),
        shown=tuple(card.shown for card in cards),
        wire_ends=np.array([(wire.source, wire.target) for wire in shown.wires], dtype=np.int32).reshape(-1, 2),
        wire_operand=np.array([use.operand for use in uses], dtype=np.int32),
        wire_value=tuple(use.value for use in uses),
        wire_kind=np.array([_kind(found, use) for use in uses], dtype=np.uint8),
        curves=placement.curves,
        curve_wire=placement.curve_wire,
        text_scale=options.text_scale,
        inside=np.array([card.count for card in cards], dtype=np.int32),
        repeats=np.array([card.repeats for card in cards], dtype=np.int32),
        wire_uses=np.array([wire.uses for wire in shown.wires], dtype=np.int32),
        hidden=tuple(hidden),
        hidden_card=np.array([*hidden.values()], dtype=np.int32),
        frames=_frames(groups, faces, frames, placement.rect[[n + k for k in frames]]),
        outline=_outline(groups, faces, is_open),
    )


def _drawn(
    graph: Graph, groups: Groups, faces: Faces, is_open: list[bool], options: LayoutOptions
) -> tuple[Shown, list[Face], Placement]:
    shown = Shown(groups, is_open)
    cards = [faces.of(box) for box in shown.cards]
    return shown, cards, _placed(graph, shown, cards, options)


def _can_be_read(placement: Placement, options: LayoutOptions) -> bool:
    """The whole drawing fits into the room there is at a scale at which every row of its cards is drawn."""
    if options.room is None or not len(placement.rect):
        return True
    corners = placement.rect[:, :2] + placement.rect[:, 2:]
    return bool(np.all(corners.max(axis=0) * READABLE_SCALE / options.text_scale <= np.array(options.room)))


def _placed(graph: Graph, shown: Shown, cards: Sequence[Face], options: LayoutOptions) -> Placement:
    groups, found = shown.groups, shown.groups.entered
    n = len(found.places)
    size = np.zeros((n + len(groups.groups), 2))
    size[shown.cards] = np.array([(face.text.width, face.text.height) for face in cards]).reshape(-1, 2)
    values: dict[str, int] = {}
    number = {place: k for k, place in enumerate(found.places)}
    pairs = [[found.stands_for.get(graph.nodes[k].id, number.get(graph.nodes[k].id, 0)) for k in pair]
             for pair in seed_pairs(graph)]  # fmt: skip
    return layout(
        size * options.text_scale,
        np.array([(use.source, use.user) for use in found.uses], dtype=np.int64).reshape(-1, 2),
        value=np.array([values.setdefault(use.value, len(values)) for use in found.uses], dtype=np.int64),
        backward=np.array(found.backward, dtype=bool),
        beside=np.array(pairs, dtype=np.int64).reshape(-1, 2),
        nest=Nest(
            inside=np.array(groups.group_of, dtype=np.int64),
            parent=np.array([group.parent for group in groups.groups], dtype=np.int64),
            is_open=np.array(shown.is_open, dtype=bool),
            backward=np.array([group.backward for group in groups.groups], dtype=bool),
            partner=np.array([group.partner for group in groups.groups], dtype=np.int64),
        ),
        drawn=np.array([wire.use for wire in shown.wires], dtype=np.int64),
        options=options,
    )


def _kind(found: Entered, use: Use) -> int:
    if flows_back(found, use.source):
        return BACKWARD
    kept = found.backward[use.user] and not found.backward[use.source] and found.nodes[use.user].role != roles.OUTPUT
    return SAVED if kept else FORWARD


def flows_back(found: Entered, place: int) -> bool:
    """True where a place makes cotangents: by its role, or because the call that it is inside of does."""
    return roles.is_backward(found.nodes[place].role) or (found.domain[place] > 0 and found.backward[place])


def _frames(groups: Groups, faces: Faces, numbers: Sequence[int], rect: np.ndarray) -> Frames:
    shown = [groups.groups[k] for k in numbers]
    depth: dict[int, int] = {}
    for k in numbers:
        depth[k] = depth.get(groups.groups[k].parent, -1) + 1
    return Frames(
        ids=tuple(group.id for group in shown),
        rect=rect.reshape(-1, 4),
        title=tuple(faces.title(group) for group in shown),
        word=tuple(faces.word(group) for group in shown),
        count=np.array([group.count for group in shown], dtype=np.int32),
        depth=np.array([*depth.values()], dtype=np.int32),
        backward=np.array([group.backward for group in shown], dtype=bool),
    )


def _outline(groups: Groups, faces: Faces, is_open: Sequence[bool]) -> Outline:
    return Outline(
        ids=tuple(group.id for group in groups.groups),
        title=tuple(faces.title(group) for group in groups.groups),
        word=tuple(faces.word(group) for group in groups.groups),
        parent=np.array([group.parent for group in groups.groups], dtype=np.int32),
        count=np.array([group.count for group in groups.groups], dtype=np.int32),
        is_open=np.array(is_open, dtype=bool),
    )
