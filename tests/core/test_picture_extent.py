"""A part of a picture: what stays, what goes, and that numbers of cards and wires still fit one another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from explorer.layout.options import LayoutOptions
from explorer.picture.build import build_scene
from explorer.picture.extent import cropped, seen
from explorer.picture.scene import Frames, Scene
from explorer.picture.sheet import Sheet
from explorer.picture.svg import scene_svg
from explorer.worker.drawing import from_bytes, to_bytes
from explorer.worker.protocol import BadFrame
from tests.core.picture_graphs import VALUES, column, forward, joint


@pytest.fixture(scope="module")
def scene() -> Scene:
    return build_scene("joint", "pytorch", joint(), LayoutOptions())


def wires(scene: Scene) -> set[tuple[str, str, int]]:
    ends = zip(scene.wire_ends.tolist(), scene.wire_operand.tolist(), strict=True)
    return {(scene.nodes[source], scene.nodes[user], operand) for (source, user), operand in ends}


def cards(scene: Scene, *names: str) -> list[int]:
    return [scene.card_of(name) for name in names]


def test_chosen_cards_stay_in_place_with_the_wires_between_them(scene: Scene) -> None:
    part = cropped(scene, cards(scene, "mul_2", "add", "a", "mul_1"))
    assert part.nodes == ("a", "add", "mul_1", "mul_2")
    assert wires(part) == {("a", "add", 0), ("a", "mul_1", 1), ("add", "mul_2", 1)}
    for name in part.nodes:
        assert part.rect[part.card_of(name)].tolist() == scene.rect[scene.card_of(name)].tolist()
    for wire, ends in enumerate(part.wire_ends.tolist()):
        curves = part.curves[part.curve_wire == wire]
        assert len(curves), "a wire has its curves"
        for card, point in zip(ends, (curves[0, 0], curves[-1, 3]), strict=True):
            x, y, width, height = part.rect[card].tolist()
            assert x - 1 <= point[0] <= x + width + 1
            assert y - 1 <= point[1] <= y + height + 1
    assert scene_svg(part).count('class="node"') == 4


def test_all_cards_are_the_same_scene(scene: Scene) -> None:
    whole = cropped(scene, np.arange(len(scene.nodes)))
    assert whole.nodes == scene.nodes
    assert wires(whole) == wires(scene)
    assert np.array_equal(whole.curves, scene.curves)


def test_a_view_has_what_is_in_it_and_the_ends_of_what_runs_through(scene: Scene) -> None:
    left, top, width, height = scene.rect[scene.card_of("add")].tolist()
    part = cropped(scene, seen(scene, (left - 4, top - 4, left + width + 4, top + height + 4)))
    assert "add" in part.nodes
    assert len(part.nodes) < len(scene.nodes)
    assert {"a", "b", "mul"} <= {*part.nodes}, "wires reach into the card"
    svg = scene_svg(part, box=(left, top, left + width, top + height))
    assert f'width="{width:g}" height="{height:g}"' in svg


def test_a_frame_stays_where_all_it_holds_stays() -> None:
    plain = build_scene("fx", "pytorch", forward(), LayoutOptions())
    inner, outer = (_around(plain, names) for names in (("add", "mul"), ("a", "b", "add", "mul")))
    frames = Frames(
        ids=("outer", "inner"), rect=np.array([outer, inner]), title=("net", "layer"), word=("", ""),
        count=np.array([4, 2], np.int32), depth=np.array([0, 1], np.int32), backward=np.zeros(2, bool),
    )  # fmt: skip
    framed = replace(plain, frames=frames)
    assert cropped(framed, cards(framed, "add", "mul", "output")).frames.title == ("layer",)
    assert cropped(framed, cards(framed, "add", "output")).frames.title == ()


def _around(scene: Scene, names: tuple[str, ...]) -> list[float]:
    rect = scene.rect[cards(scene, *names)]
    low, high = rect[:, :2].min(axis=0) - 1, (rect[:, :2] + rect[:, 2:]).max(axis=0) + 1
    return [*low.tolist(), *(high - low).tolist()]


def test_a_sheet_travels_as_bytes_and_nothing_else_is_taken_for_one(scene: Scene) -> None:
    sheet = Sheet(scene, "/somewhere/g.png", "dark", column("value", "joint", **VALUES), box=(0.0, 1.0, 2.0, 3.0))
    read = from_bytes(to_bytes(sheet))
    assert (read.scene.nodes, read.path, read.theme, read.box) == (scene.nodes, sheet.path, "dark", sheet.box)
    assert read.value is not None
    assert read.value.cells["mul"] == 10.0
    assert np.array_equal(read.scene.curves, scene.curves)
    for data in (b"", b"no frame", to_bytes(sheet)[:-9]):
        with pytest.raises(BadFrame):
            from_bytes(data)
