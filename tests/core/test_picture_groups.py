"""A Scene over groups: what stands on the cards of closed ones, what is open at the start, where everything is."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from explorer.capture.ops import CATEGORIES
from explorer.graph import places, roles
from explorer.graph.scopes import groups_of
from explorer.layout.options import LayoutOptions
from explorer.picture.build import build_scene
from explorer.picture.scene import BACKWARD, FORWARD, SAVED, Scene
from explorer.picture.svg import scene_svg
from tests.core.graphs_for_tests import Blocks, block_graph
from tests.core.test_scopes import call_graph


def scene_of(graph, stage: str = "joint", **options: object) -> Scene:
    return build_scene(stage, "pytorch", graph, LayoutOptions(**options))


def test_twelve_alike_blocks_are_one_card() -> None:
    scene = scene_of(block_graph(12))
    card = scene.nodes.index("model/block0..block11/")
    assert (scene.repeats[card], scene.inside[card]) == (12, 12 * 9)
    assert (scene.title[card], scene.word[card], scene.type_text[card]) == ("block0 … block11", "12 ×", "108 nodes")
    assert Counter(scene.repeats.tolist()) == {1: len(scene.nodes) - 2, 12: 2}
    opened = scene_of(block_graph(12), open=(*scene.frames.ids, "model/block0..block11/"))
    assert [name for name in opened.nodes if name.startswith("model/")] == [f"model/block{k}/" for k in range(12)]


@pytest.mark.parametrize("most", [5, 20, 60, 1000])
def test_the_start_view_has_at_most_so_many_boxes(most: int) -> None:
    graph = block_graph(2)
    scene = scene_of(graph, most=most)
    assert len(scene.nodes) <= most
    assert (len(scene.nodes) == len(graph.nodes)) == (most >= len(graph.nodes))


def test_every_place_has_a_card_whatever_is_open() -> None:
    for graph in (block_graph(3), call_graph()):
        ids = [group.id for group in groups_of(graph).groups]
        for open_groups in (None, (), tuple(ids[:2]), tuple(ids), ("no such group",)):
            scene = scene_of(graph, open=open_groups)
            cards = {place: scene.card_of(place) for place, *_ in places.walk(graph)}
            assert all(0 <= card < len(scene.nodes) for card in cards.values())
            held = Counter(scene.card_of(place) for place in groups_of(graph).entered.places)
            for card, count in enumerate(scene.inside.tolist()):
                assert held[card] == max(1, count), scene.nodes[card]


def test_the_outline_lists_all_groups_and_the_frames_those_that_are_seen_open() -> None:
    graph = block_graph(2)
    scene = scene_of(graph, open=("model/", "model/block0/norm/", "~model/block1/"))
    outline = dict(zip(scene.outline.ids, scene.outline.is_open.tolist(), strict=True))
    assert [name for name, is_open in outline.items() if is_open] == ["model/", "model/block0/norm/", "~model/block1/"]
    assert scene.frames.ids == ("model/",), "in a closed group nothing is seen"
    assert set(outline) == {group.id for group in groups_of(graph).groups}
    parents = [scene.outline.ids[p] if p >= 0 else "" for p in scene.outline.parent]
    assert parents[scene.outline.ids.index("model/block0/norm/")] == "model/block0/"
    everything = scene_of(graph, open=scene.outline.ids)
    depth = dict(zip(everything.frames.ids, everything.frames.depth.tolist(), strict=True))
    assert (depth["model/"], depth["model/block0/"], depth["~model/block0/norm/"]) == (0, 1, 2)
    assert everything.frames.backward.tolist() == [name.startswith("~") for name in everything.frames.ids]


def test_a_wire_between_groups_stands_for_all_uses_between_them() -> None:
    graph = block_graph(2)
    scene = scene_of(graph, open=())
    assert sorted(scene.nodes) == sorted(["x", "model/", "output_sum_1", "ones_1", "~model/"])
    ends = [(scene.nodes[a], scene.nodes[b]) for a, b in scene.wire_ends.tolist()]
    found = dict(zip(ends, zip(scene.wire_uses.tolist(), scene.wire_kind.tolist(), strict=True), strict=True))
    saved = sum(
        roles.is_backward(user.role) and not roles.is_backward(source.role) for source, _, user, _ in graph.edges()
    )
    assert found == {
        ("x", "model/"): (3, FORWARD), ("model/", "output_sum_1"): (1, FORWARD),
        ("model/", "~model/"): (saved, SAVED), ("ones_1", "~model/"): (1, BACKWARD),
    }  # fmt: skip


def test_a_group_shows_the_one_value_that_leaves_it_and_the_colour_of_what_it_computes() -> None:
    g = Blocks()
    x, w = g.given("x"), g.given("w", "parameter")
    h = g.add("aten.mm.default", x, w, scope=("layer",))
    y = g.add("aten.mm.default", h, w, scope=("layer",))
    z = g.add("aten.view.default", g.add("aten.relu.default", y, scope=("end",)), scope=("end",))
    g.output(z)
    scene = scene_of(g.graph(z), open=())
    card = scene.nodes.index("layer/")
    assert (scene.shown[card], CATEGORIES[scene.category[card]]) == (y, "linear")
    assert roles.ROLES[scene.role[scene.nodes.index("end/")]] == roles.PRIMAL
    assert CATEGORIES[scene.category[scene.nodes.index("end/")]] == "elementwise"
    two = scene_of(block_graph(2), open=("model/",))
    assert two.shown[two.nodes.index("model/block0/")] == "", "its result and what is saved leave it"
    assert roles.ROLES[two.role[two.nodes.index("~model/")]] == roles.COTANGENT


def test_a_call_that_is_closed_is_the_card_of_its_caller() -> None:
    closed = build_scene("jaxpr", "jax", call_graph(), LayoutOptions())
    assert [name for name in closed.nodes if "@" not in name] == list(closed.nodes), "values are the caller's at first"
    card = closed.nodes.index("loop")
    assert (closed.shown[card], closed.inside[card], closed.type_text[card]) == ("loop", 3, "f32[] · 3 nodes")
    opened = build_scene("jaxpr", "jax", call_graph(), LayoutOptions(open=("loop", "choice")))
    assert {"loop@0>slope", "loop@0>step"} <= set(opened.nodes)
    assert opened.nodes[opened.card_of("loop")] == "loop@0>step", "what the loop gives back stands for it"
    assert opened.nodes[opened.card_of("choice")] == "choice", "what chooses between branches does something itself"


def test_groups_of_a_stage_without_numbers_show_none() -> None:
    graph = block_graph(3)
    scene = build_scene("optimized_hlo", "jax", graph, LayoutOptions(open=()))
    assert set(scene.shown) == {""}


def test_svg_draws_frames_below_wires_and_closed_groups_as_cards() -> None:
    scene = scene_of(block_graph(3))
    text = scene_svg(scene)
    assert text.count('<g class="group"') == len(scene.frames.ids) == 2
    assert text.count('<g class="node group"') == int(np.count_nonzero(scene.inside))
    assert text.index('class="frames"') < text.index('class="wires"') < text.index('class="headers"')
    assert "block0 … block2" in text
    flat = replace(block_graph(1), nodes=tuple(replace(n, scope=()) for n in block_graph(1).nodes))
    assert 'class="frames"' not in scene_svg(scene_of(flat))


def test_the_start_view_can_be_read_in_the_room_there_is() -> None:
    large, small = (scene_of(block_graph(2), room=room) for room in ((4000.0, 8000.0), (500.0, 400.0)))
    assert len(large.frames.ids) > len(small.frames.ids)
    assert 4 <= len(small.nodes) < len(large.nodes)
    kept = scene_of(block_graph(2), room=(500.0, 400.0), open=large.outline.ids)
    assert not kept.inside.any()  # what somebody opened stays open


def test_a_start_view_of_very_few_cards_is_not_made_smaller() -> None:
    assert len(scene_of(block_graph(2), room=(1.0, 1.0)).nodes) >= 4
