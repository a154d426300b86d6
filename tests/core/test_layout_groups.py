"""The rules of a drawing with groups, on random trees of groups: frames hold what is theirs and nothing else, wires go
through frames in one piece, and opening a group never moves its siblings past one another."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explorer.graph.ir import Graph
from explorer.graph.scopes import groups_of
from explorer.layout.drawing import HEADER
from explorer.layout.options import LayoutOptions
from explorer.picture.build import build_scene
from explorer.picture.scene import Scene
from tests.core.graphs_for_tests import Blocks, block_graph
from tests.core.layout_rules import flattened, on_border

thorough = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
every_option = st.fixed_dictionaries({
    "direction": st.sampled_from(["down", "right"]),
    "fold": st.booleans(),
    "text_scale": st.sampled_from([1.0, 1.5]),
})  # fmt: skip


@st.composite
def scoped(draw: st.DrawFn, largest: int = 70) -> Graph:
    """A gradient graph: mostly layers one after the other, some nodes in scopes dealt out at random."""
    g = Blocks()
    names = [g.given("x"), g.given("w", "parameter"), g.given("y")]
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    reach, depth = draw(st.sampled_from([2, 5, 20])), draw(st.integers(0, 3))
    forward, mixed = draw(st.integers(1, largest)), draw(st.floats(0.0, 0.5))
    for k in range(draw(st.integers(1, largest))):
        layer = k // 4 if k < forward else max(0, 2 * forward - k) // 4
        scope = (f"m{layer // 3}", f"l{layer}", f"p{k % 2}")[:depth]
        if random.random() < mixed:
            scope = tuple(random.choice(["m0", "l1", "z"], size=random.integers(0, 3)).tolist())
        inputs = [names[-1 - int(random.integers(0, min(reach, len(names))))] for _ in range(random.integers(1, 4))]
        names.append(g.add("op", *inputs, scope=scope, role="primal" if k < forward else "cotangent"))
    return g.graph(names[-1])


def scene_of(graph: Graph, open_groups: Collection[str] | None, **options: object) -> Scene:
    chosen = None if open_groups is None else tuple(open_groups)
    return build_scene("joint", "pytorch", graph, LayoutOptions(open=chosen, **options))  # type: ignore[arg-type]


def chosen(draw: st.DrawFn, graph: Graph) -> list[str]:
    """Some groups of a graph, often all."""
    ids = [group.id for group in groups_of(graph).groups]
    return ids if not ids or draw(st.booleans()) else draw(st.lists(st.sampled_from(ids), unique=True))


def contains(outer: np.ndarray, inner: np.ndarray, *, pad: float = 0.0) -> bool:
    return bool(
        (inner[:2] >= outer[:2] + pad - 1e-6).all()
        and (inner[:2] + inner[2:] <= outer[:2] + outer[2:] - pad + 1e-6).all()
    )


def touch(a: np.ndarray, b: np.ndarray) -> bool:
    shared = np.minimum(a[:2] + a[2:], b[:2] + b[2:]) - np.maximum(a[:2], b[:2])
    return bool((shared > 1e-6).all())


def paths(graph: Graph) -> dict[str, list[str]]:
    """For each place and each group the ids of the groups around it, outermost first."""
    found = groups_of(graph)
    ways: dict[str, list[str]] = {}
    for group in found.groups:
        ways[group.id] = [*ways[(outer := found.groups[group.parent].id)], outer] if group.parent >= 0 else []
    for place, number in zip(found.entered.places, found.group_of, strict=True):
        ways[place] = [*ways[(outer := found.groups[number].id)], outer] if number >= 0 else []
    return ways


@thorough
@given(st.data(), scoped(), every_option)
def test_frames_hold_their_cards_and_no_others(data: st.DataObject, graph: Graph, options: dict[str, object]) -> None:
    scene = scene_of(graph, chosen(data.draw, graph), **options)
    frame_of = dict(zip(scene.frames.ids, scene.frames.rect, strict=True))
    rects = dict(zip(scene.nodes, scene.rect, strict=True)) | frame_of
    ways = paths(graph)
    header = HEADER * scene.text_scale
    for box, rect in rects.items():
        for frame, outer in frame_of.items():
            if frame in ways[box]:
                assert contains(outer, rect, pad=1.0), (box, frame)
                assert rect[1] >= outer[1] + header, "nothing stands in a header"
            elif box != frame and box not in ways[frame]:
                assert not touch(outer, rect), (box, frame)
    for k, a in enumerate(scene.rect):
        for b in scene.rect[k + 1 :]:
            assert not touch(a, b)


@thorough
@given(st.data(), scoped(largest=45), every_option)
def test_wires_run_in_one_piece_and_through_nothing_foreign(
    data: st.DataObject, graph: Graph, options: dict[str, object]
) -> None:
    scene = scene_of(graph, chosen(data.draw, graph), **options)
    assert sorted(set(scene.curve_wire.tolist())) == list(range(len(scene.wire_value)))
    frame_of = dict(zip(scene.frames.ids, scene.frames.rect, strict=True))
    around = paths(graph)
    ways = [set(around[place]) for place in scene.nodes]
    points = flattened(scene.curves)
    for wire, (source, target) in enumerate(scene.wire_ends):
        own = scene.curve_wire == wire
        curves, drawn = scene.curves[own], points[own].reshape(-1, 2)
        assert on_border(scene.rect[source], curves[0, 0])
        assert on_border(scene.rect[target], curves[-1, 3])
        assert np.abs(curves[1:, 0] - curves[:-1, 3]).max(initial=0.0) < 0.01
        foreign = [rect for card, rect in enumerate(scene.rect) if card not in (source, target)]
        foreign += [rect for frame, rect in frame_of.items() if frame not in ways[source] | ways[target]]
        for rect in foreign:
            low, high = rect[:2] - 0.5, rect[:2] + rect[2:] + 0.5
            assert not ((drawn > low) & (drawn < high)).all(axis=1).any(), (scene.nodes[source], scene.nodes[target])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), scoped(largest=50), every_option)
def test_opening_a_group_moves_its_siblings_apart_and_never_past_one_another(
    data: st.DataObject, graph: Graph, options: dict[str, object]
) -> None:
    first, second = (chosen(data.draw, graph) for _ in range(2))
    before, after = scene_of(graph, first, **options), scene_of(graph, second, **options)
    assert np.array_equal(scene_of(graph, first, **options).rect, before.rect), "the same choice, the same drawing"
    places = [boxes(scene) for scene in (before, after)]
    both = [box for box in places[0] if box in places[1]]
    ways = paths(graph)
    for a in both:
        for b in both:
            if a < b and ways[a] == ways[b]:
                assert not flipped(*(relation(place[a], place[b]) for place in places)), (a, b)


def boxes(scene: Scene) -> dict[str, np.ndarray]:
    return dict(zip(scene.nodes, scene.rect, strict=True)) | dict(zip(scene.frames.ids, scene.frames.rect, strict=True))


def relation(a: np.ndarray, b: np.ndarray) -> tuple[int, int]:
    """-1, 1 or 0: whether a is before b, after it, or beside it, on each axis."""
    before = (a[:2] + a[2:] <= b[:2] + 1e-6).astype(int)
    after = (b[:2] + b[2:] <= a[:2] + 1e-6).astype(int)
    across, down = (after - before).tolist()
    return across, down


def flipped(old: tuple[int, int], new: tuple[int, int]) -> bool:
    """True where one of them was clearly on one side of the other and is now on the other side, and nothing else."""
    return (old[0] * new[0] < 0 and old[1] * new[1] <= 0) or (old[1] * new[1] < 0 and old[0] * new[0] <= 0)


@pytest.mark.parametrize("direction", ["down", "right"])
def test_each_group_of_the_way_back_stands_beside_its_partner(direction: str) -> None:
    graph = block_graph(2)
    scene = scene_of(graph, None, direction=direction)
    frame = dict(zip(scene.frames.ids, scene.frames.rect.tolist(), strict=True))
    along = 1 if direction == "down" else 0
    pairs = [(rect, frame[f"~{name}"]) for name, rect in frame.items() if not name.startswith("~")]
    assert len(pairs) == 7
    for forward, backward in pairs:
        assert forward[along] == pytest.approx(backward[along])
        assert forward[along + 2] == pytest.approx(backward[along + 2])
    assert any("mlp" in name for name in frame)


def test_a_closed_partner_leaves_the_rows_of_a_group_as_they_are() -> None:
    graph = block_graph(2)
    ids = [group.id for group in groups_of(graph).groups]
    forward = [name for name in ids if not name.startswith("~")]
    both, alone = boxes(scene_of(graph, ids)), boxes(scene_of(graph, forward))
    inside = ["sub_1", "rsqrt_1", "matmul_1", "tanh_1", "matmul_2", "add_1"]
    for scene in (both, alone):
        assert sorted(inside, key=lambda name: scene[name][1]) == inside
