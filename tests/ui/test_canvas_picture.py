"""What is on the picture: rows by distance, numbers, what is not computed yet, cotangents in vermilion."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage, QPainter

from explorer.capture.ops import CATEGORIES
from explorer.capture.record import Column, Summary
from explorer.graph import roles
from explorer.graph.ir import INPUT_OP, Graph, TensorType
from explorer.layout.options import LayoutOptions
from explorer.picture.build import build_scene
from tests.ui.canvas_scenes import (
    VIEW,
    at_scale,
    chain,
    drawing,
    forward_graph,
    forward_numbers,
    forward_playback,
    forward_scene,
    gradient_graph,
    gradient_numbers,
    gradient_playback,
    gradient_scene,
    node,
    painted,
    part,
    pen,
    pixels,
    scene,
    texts,
    vermilion,
    whole,
)
from widgets.canvas.camera import Camera
from widgets.canvas.facts import Numbers
from widgets.canvas.glyphs import draw_sign
from widgets.canvas.painter import Look, ScenePainter
from widgets.theme import CHOICES

THEMES = pytest.mark.parametrize("theme", CHOICES)


def rect(scene_pen: ScenePainter, card: str, camera: Camera) -> tuple[float, float, float, float]:
    """x, y, width, height of a card on the picture."""
    place = scene_pen.card_on_screen(scene_pen.facts.index.number[card], VIEW, camera)
    return place.x(), place.y(), place.width(), place.height()


def test_rows_appear_as_one_comes_nearer() -> None:
    shown = forward_scene()
    scene_pen = pen(shown, forward_numbers())
    said = {scale: texts(drawing(scene_pen, at_scale(shown, scale))) for scale in (0.2, 0.4, 1.0)}
    assert said[0.2] == []
    assert {"a", "b", "add", "mul", "10.0", "∂ 1.0"} <= {*said[0.4]}, "title, value and adjoint"
    assert "f32[]" not in said[0.4]
    assert {"mul", "times", "f32[]", "10.0"} <= {*said[1.0]}


def test_from_far_away_a_card_is_a_box_in_its_categorys_colour() -> None:
    shown = forward_scene()
    scene_pen = pen(shown, forward_numbers())
    camera = at_scale(shown, 0.2)
    x, y, width, height = rect(scene_pen, "mul", camera)
    middle = painted(scene_pen, camera).pixelColor(round(x + width / 2), round(y + height / 2))
    assert middle == scene_pen.theme.colour("category.elementwise")


def test_a_file_has_every_row_and_true_curves_at_any_size() -> None:
    shown = forward_scene()
    svg = drawing(pen(shown, forward_numbers()), at_scale(shown, 0.2), Look(exact=True))
    assert "10.0" in texts(svg)
    assert svg.count("C") > 4  # cubic path segments, not lines


def test_what_the_playback_has_not_reached_is_hollow_and_dashed_and_never_0() -> None:
    shown = gradient_scene()
    begun = pen(shown, gradient_numbers(), playback=gradient_playback().at(0))
    svg = drawing(begun, whole(shown))
    assert texts(svg).count("not computed yet") == 6  # add, mul, seed, to_add, to_a, sum_a
    assert not any(text.startswith("0") for text in texts(svg))
    assert "stroke-dasharray" in svg
    ended = texts(drawing(pen(shown, gradient_numbers(), playback=gradient_playback().at(None)), whole(shown)))
    assert "not computed yet" not in ended


def test_nothing_is_said_about_numbers_that_have_not_arrived() -> None:
    shown = forward_scene()
    said = texts(drawing(pen(shown, Numbers()), whole(shown)))
    assert "mul" in said
    assert "not computed yet" not in said


def test_a_card_that_adds_shares_shows_the_sum() -> None:
    shown = gradient_scene()
    assert "5.0 + 2.0 = 7.0" in texts(drawing(pen(shown, gradient_numbers()), whole(shown)))


def test_in_a_first_stage_the_adjoint_of_a_value_used_twice_shows_the_sum_of_its_shares() -> None:
    shown = forward_scene()
    said = " ".join(texts(drawing(pen(shown, forward_numbers()), whole(shown))))
    assert "2.0 + 5.0 = 7.0" in said


def test_each_step_back_brings_one_adjoint() -> None:
    shown, playback = forward_scene(), forward_playback()
    seen = []
    for index in range(playback.forward, playback.total + 1):
        said = texts(drawing(pen(shown, forward_numbers(), playback=playback.at(index)), whole(shown)))
        seen.append([text for text in said if text.startswith("∂ ")])
    assert [len(adjoints) for adjoints in seen] == [0, 1, 2, 3, 4]  # one not there yet has no number, not even 0
    assert seen[1] == ["∂ 1.0"]


def test_the_share_of_a_step_back_stands_at_its_wire() -> None:
    shown, playback = gradient_scene(), gradient_playback()
    state = playback.at(playback.step_of("sum_a"))
    scene_pen = pen(shown, gradient_numbers(), playback=state)
    wires = tuple(np.flatnonzero(scene_pen.facts.current).tolist())
    plain = texts(drawing(scene_pen, whole(shown)))
    labelled = texts(drawing(scene_pen, whole(shown), Look(labelled=wires)))
    assert sorted([*plain, "5.0", "2.0"]) == sorted(labelled)


@THEMES
def test_a_graph_without_cotangents_has_no_vermilion(theme: str) -> None:
    shown = scene(_one_of_each())
    scene_pen = pen(shown, Numbers(), theme=theme)
    assert len({*shown.category.tolist()}) == 6
    for scale in (0.2, 0.4, 1.0):
        assert not vermilion(painted(scene_pen, at_scale(shown, scale))).any()


@THEMES
def test_vermilion_is_on_cards_and_wires_of_cotangents_and_nowhere_else(theme: str) -> None:
    shown = gradient_scene()
    scene_pen, camera = pen(shown, gradient_numbers(), theme=theme), whole(shown)
    found = vermilion(painted(scene_pen, camera))
    for card in ("seed", "to_add", "to_a", "sum_a"):
        assert part(found, rect(scene_pen, card, camera)).sum() > 100
    for card in ("a", "b", "add", "mul"):
        assert not part(found, rect(scene_pen, card, camera)).any()


@THEMES
def test_the_adjoint_row_of_a_forward_card_is_vermilion_and_its_value_is_not(theme: str) -> None:
    shown = forward_scene()
    numbers = forward_numbers()
    camera = whole(shown)
    without = pen(shown, Numbers(numbers.value), theme=theme)
    with_both = pen(shown, numbers, theme=theme)
    box = rect(with_both, "add", camera)
    assert not part(vermilion(painted(without, camera)), box).any()
    x, y, width, height = box
    assert part(vermilion(painted(with_both, camera)), (x, y + height * 0.7, width, height * 0.3)).any()


def test_what_is_neither_upstream_nor_downstream_of_the_selection_is_dimmed_to_a_quarter() -> None:
    shown = forward_scene()
    scene_pen, camera = pen(shown, forward_numbers()), whole(shown)
    index = scene_pen.facts.index
    dimmed = painted(scene_pen, camera, Look(related=index.related(index.number["b"])))
    plain = painted(scene_pen, camera)
    ground = scene_pen.theme.colour("surface.canvas")

    def strength(image: QImage, card: str) -> float:
        x, y, width, height = rect(scene_pen, card, camera)
        inside = pixels(image)[round(y) : round(y + height), round(x) : round(x + width)].astype(int)
        return float(np.abs(inside - [ground.red(), ground.green(), ground.blue()]).max())

    assert strength(dimmed, "a") < 0.4 * strength(plain, "a")  # `a` is not made from b, nor b from it
    assert strength(dimmed, "mul") == strength(plain, "mul")


def test_categories_differ_without_colour() -> None:
    signs = []
    for category in range(len(CATEGORIES)):
        image = QImage(18, 18, QImage.Format.Format_RGB32)
        image.fill(0)
        painter = QPainter(image)
        draw_sign(painter, category, QColor("white"), 0, 0, 18)
        painter.end()
        signs.append(pixels(image).tobytes())
    assert all(one != two for one, two in itertools.combinations(signs, 2))


def test_saved_values_have_dotted_wires_with_their_size() -> None:
    shown = gradient_scene()
    scene_pen, camera = pen(shown, gradient_numbers()), whole(shown)
    saved = np.flatnonzero(shown.wire_kind == 2).tolist()
    assert saved  # `a` and `add` are kept for the backward pass
    svg = drawing(scene_pen, camera, Look(labelled=tuple(saved)))
    assert "stroke-dasharray" in svg
    assert any(text.startswith("saved, 4") for text in texts(svg))


def test_a_stage_without_numbers_writes_none_on_its_wires() -> None:
    shown = build_scene("optimized_hlo", "jax", gradient_graph(), LayoutOptions())
    saved = np.flatnonzero(shown.wire_kind == 2).tolist()
    svg = drawing(pen(shown, Numbers()), whole(shown), Look(labelled=tuple(saved)))
    assert saved
    assert not [text for text in texts(svg) if "saved" in text]


def test_a_card_is_crisp_on_a_screen_with_two_pixels_per_pixel() -> None:
    shown = forward_scene()
    scene_pen, camera = pen(shown, forward_numbers()), at_scale(shown, 1.0)
    x, y, width, _ = rect(scene_pen, "mul", camera)
    image = painted(scene_pen, camera, ratio=2.0)
    border = scene_pen.theme.colour("border.card")
    column = [image.pixelColor(round(2 * (x + width / 2)), row) for row in range(round(2 * y) - 4, round(2 * y) + 6)]
    assert column.count(border) == 2  # one pixel of 100 %, no half-covered rows beside it
    fine, coarse = pixels(image), np.kron(pixels(painted(scene_pen, camera)), np.ones((2, 2, 1), np.uint8))
    assert (fine != coarse).any()  # not a blown-up picture


def test_wires_are_as_thick_on_a_screen_with_two_pixels_per_pixel() -> None:
    shown = forward_scene()
    scene_pen, camera = pen(shown, forward_numbers()), at_scale(shown, 1.0)
    once, twice = (vermilion(painted(scene_pen, camera, ratio=ratio)).sum() for ratio in (1.0, 2.0))
    assert twice / 4 == pytest.approx(once, rel=0.2)  # edges are softer at one pixel


def test_two_hundred_cards_are_all_there() -> None:
    shown = scene(chain(200))
    scene_pen = pen(shown, Numbers())
    camera = whole(shown)
    image = painted(scene_pen, camera)
    blue = scene_pen.theme.colour("category.elementwise")
    for card in range(2, 200):
        x, y, width, height = rect(scene_pen, f"n{card}", camera)
        inside = pixels(image)[int(y) : int(y + height) + 1, int(x) : int(x + width) + 1]
        assert (inside == [blue.red(), blue.green(), blue.blue()]).all(axis=2).any()


def test_an_array_is_shown_with_its_range_and_a_picture_and_counts_what_is_no_number() -> None:
    graph = Graph("one", ("x",), ("x",), (node("x", INPUT_OP, role=roles.INPUT, kind=TensorType("float32", (9, 9))),))
    shown = scene(graph)
    array = np.linspace(-1, 2, 81, dtype=np.float32).reshape(9, 9)
    array[0, 0] = np.nan
    numbers = Numbers(Column("value", "fx", "value", {"x": array}))
    said = texts(drawing(pen(shown, numbers), whole(shown)))
    assert any("1 NaN" in text for text in said)
    seen = pixels(painted(pen(shown, numbers), at_scale(shown, 3.0))).reshape(-1, 3)
    plain = pixels(painted(pen(shown, Numbers()), at_scale(shown, 3.0))).reshape(-1, 3)
    assert len(np.unique(seen, axis=0)) > len(np.unique(plain, axis=0)) + 10


def test_a_large_array_known_by_its_summary_is_painted() -> None:
    graph = Graph("one", ("x",), ("x",), (node("x", INPUT_OP, role=roles.INPUT, kind=TensorType("float32", (999, 9))),))
    shown = scene(graph)
    summary = Summary("float32", (999, 9), -1.5, 2.5, 0.0, 3.0, 0, 0, 0, np.zeros((48, 9), np.float32))
    said = texts(drawing(pen(shown, Numbers(Column("value", "fx", "value", {"x": summary}))), whole(shown)))
    assert any("2.5" in text for text in said)


def test_text_keeps_inside_its_card() -> None:
    graph = forward_graph()
    long = node("out", "aten.native_layer_norm_backward_of_a_very_long_name.default", "mul")
    shown = scene(Graph("long", graph.inputs, ("out",), (*graph.nodes, long)))
    scene_pen, camera = pen(shown, Numbers()), at_scale(shown, 1.0)
    x, y, width, height = rect(scene_pen, "out", camera)
    image = pixels(painted(scene_pen, camera)).astype(int)
    ground = QColor(scene_pen.theme.colour("surface.canvas"))
    right_of = image[round(y) + 2 : round(y + height) - 2, round(x + width) + 2 : round(x + width) + 40]
    assert (right_of == [ground.red(), ground.green(), ground.blue()]).all()


def _one_of_each() -> Graph:
    """One card of every category that PyTorch's table has an op for."""
    ops = ("aten.mul.Tensor", "aten.mm.default", "aten.sum.default", "aten.view.default", "aten._softmax.default")
    nodes = [node("x", INPUT_OP, role=roles.INPUT), *(node(f"n{i}", op, "x") for i, op in enumerate(ops))]
    return Graph("each", ("x",), (nodes[-1].id,), tuple(nodes))
