"""From a graph to a Scene: cards, kinds of wires, halves, and how thick wires are."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.adapters import FRAMEWORKS
from explorer.capture.ops import CATEGORIES
from explorer.capture.record import Summary
from explorer.graph import roles
from explorer.graph.ir import Graph, Node, TensorType, Value
from explorer.layout.options import LayoutOptions
from explorer.picture import card
from explorer.picture.build import build_scene
from explorer.picture.faces import shown_value, title
from explorer.picture.fonts import text_width
from explorer.picture.scene import BACKWARD, FORWARD, SAVED, Scene
from explorer.picture.widths import HAIRLINE, PLAIN, THICKEST, THINNEST, magnitude, widths
from tests.core.picture_graphs import F32, forward, joint, node


def scene_of(graph: Graph, stage: str = "joint", **options: object) -> Scene:
    return build_scene(stage, "pytorch", graph, LayoutOptions(**options))


# cards


def test_a_card_holds_its_texts():
    text = card.fitted("dot_general", "matrix product", "f32[4, 3]", value=True, adjoint=False)
    first = text_width(text.title, "mono-bold", 14.0) + card.WORD_GAP + text_width(text.word, "sans", 12.0)
    assert (text.title, text.word, text.type_text) == ("dot_general", "matrix product", "f32[4, 3]")
    assert card.MIN_WIDTH <= text.width <= card.MAX_WIDTH
    assert card.PAD_LEFT + first + card.PAD_RIGHT <= text.width


def test_a_long_title_is_cut_and_its_word_goes_first():
    text = card.fitted("threshold_backward", "slope of ReLU", "f32[4, 2]", value=True, adjoint=True)
    assert (text.title, text.word, text.width <= card.MAX_WIDTH) == ("threshold_backward", "", True)
    text = card.fitted("a" * 60, "", "f32[" + "1, " * 30 + "1]", value=True, adjoint=True)
    assert text.title.endswith("…")
    assert text.type_text.endswith("…")
    assert text.width == card.MAX_WIDTH


def test_every_row_makes_a_card_higher():
    rows = (("", False, False), ("f32[]", False, False), ("f32[]", True, False), ("f32[]", True, True))
    heights = [card.fitted("mul", "times", kind, value=v, adjoint=a).height for kind, v, a in rows]
    assert heights == sorted(set(heights))


@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_rows_stand_below_each_other_inside_the_card(scale: float):
    scene = scene_of(forward(), "fx", text_scale=scale)
    for number in range(4):
        lines = card.baselines(scene, number)
        assert None not in (lines.type, lines.value, lines.adjoint)
        assert 0 < lines.title < lines.type < lines.value < lines.adjoint < scene.rect[number, 3]
        assert lines.adjoint == pytest.approx(scale * card.baselines(scene_of(forward(), "fx"), number).adjoint)
    assert card.baselines(scene, 4).type is None
    assert card.text_room(scene, 0) == scene.rect[0, 2] - (card.PAD_LEFT + card.PAD_RIGHT) * scale


def test_only_the_first_stage_has_adjoint_rows():
    assert card.baselines(scene_of(forward(), "fx"), 2).adjoint is not None
    assert card.baselines(scene_of(joint()), 2).adjoint is None


def test_a_number_is_made_smaller_then_shorter_before_it_is_cut():
    room = 132.0
    assert card.fitted_number(("5.0",), room) == ("5.0", card.VALUE)
    text, style = card.fitted_number(("−2.587 … 3.163",), room)
    assert (text, style.size) == ("−2.587 … 3.163", 14.0)
    assert card.fitted_number(("[−0.1234, −0.5678, …]", "[−0.1234, …]"), room) == ("[−0.1234, …]", card.VALUE)
    cut, style = card.fitted_number(("−123 456 … 123 456 …",), 60.0)
    assert cut.endswith("…")
    assert text_width(cut, style.font, style.size) <= 60.0


# scenes


def test_titles_are_the_frameworks_names_without_what_all_share():
    assert title("pytorch", node("x", "aten.mul.Tensor")) == "mul"
    assert title("pytorch", node("x", "operator.add")) == "add"
    assert title("pytorch", node("x", "output")) == "output"
    assert title("tensorflow", node("x", "MatMul")) == "MatMul"
    assert title("jax", node("x", "dot_general")) == "dot_general"
    assert title("jax", Node("x_0", "input", (), (Value("x_0", F32, "x"),))) == "x"


def test_a_card_that_passes_one_value_on_shows_it():
    assert shown_value(Node("output", "output", ("mul",))) == "mul"
    assert shown_value(Node("output", "output", ("mul", "add"))) == ""


def test_a_scene_says_what_each_card_is():
    graph = joint()
    scene = scene_of(graph)
    assert scene.nodes == tuple(n.id for n in graph.nodes)
    assert scene.title == ("a", "b", "add", "mul", "tangents_1", "mul", "mul", "add", "output", "output", "output")
    assert scene.word[-3:] == ("output", "∂/∂a", "∂/∂b")
    assert scene.word[:4] == ("input", "input", "plus", "times")
    assert scene.word[7] == "accumulate"
    assert scene.type_text == ("f32[]",) * 8 + ("",) * 3
    assert [roles.ROLES[role] for role in scene.role] == [n.role for n in graph.nodes]
    assert [CATEGORIES[c] for c in scene.category[:4]] == ["neutral", "neutral", "elementwise", "elementwise"]


def test_wires_are_uses_in_operand_order_and_know_what_they_carry():
    scene = scene_of(joint())
    found = [
        (scene.nodes[a], scene.nodes[b], int(k), value, int(kind))
        for (a, b), k, value, kind in zip(
            scene.wire_ends, scene.wire_operand, scene.wire_value, scene.wire_kind, strict=True
        )
    ]
    assert found == [
        ("a", "add", 0, "a", FORWARD),
        ("b", "add", 1, "b", FORWARD),
        ("a", "mul", 0, "a", FORWARD),
        ("add", "mul", 1, "add", FORWARD),
        ("tangents_1", "mul_1", 0, "tangents_1", BACKWARD),
        ("a", "mul_1", 1, "a", SAVED),
        ("tangents_1", "mul_2", 0, "tangents_1", BACKWARD),
        ("add", "mul_2", 1, "add", SAVED),
        ("mul_2", "add_1", 0, "mul_2", BACKWARD),
        ("mul_1", "add_1", 1, "mul_1", BACKWARD),
        ("mul", "output", 0, "mul", FORWARD),
        ("add_1", "output_a", 0, "add_1", BACKWARD),
        ("mul_1", "output_b", 0, "mul_1", BACKWARD),
    ]
    assert set(scene.curve_wire.tolist()) == set(range(len(found)))


def test_folded_the_way_back_stands_at_the_right_and_its_seed_beside_the_result():
    scene = scene_of(joint())
    place = dict(zip(scene.nodes, scene.rect.tolist(), strict=True))
    forward_half = ("a", "b", "add", "mul", "output")
    backward_half = ("tangents_1", "mul_1", "mul_2", "add_1", "output_a", "output_b")
    right_edge = max(place[n][0] + place[n][2] for n in forward_half)
    assert all(place[n][0] > right_edge for n in backward_half)
    assert place["tangents_1"][1] == place["mul"][1]
    assert place["add"][1] == place["mul_2"][1]
    ends = [place[n][1] for n in ("tangents_1", "mul_2", "add_1", "output_a")]
    assert ends == sorted(ends, reverse=True), "cotangents flow up, to where the gradients are read"


def test_the_seed_stands_beside_the_result_even_where_saved_values_then_slant():
    cotangent = {"role": roles.COTANGENT}
    graph = Graph(
        "joint", ("x", "tangents_1"), ("sum", "slope"),
        (
            node("x", "input", role=roles.INPUT), node("relu", "aten.relu.default", "x"),
            node("sum", "aten.sum.default", "relu"), node("tangents_1", "input", **cotangent),
            node("expand", "aten.expand.default", "tangents_1", **cotangent),
            node("slope", "aten.threshold_backward.default", "expand", "relu", **cotangent),
            Node("output", "output", ("sum",), role=roles.OUTPUT),
            Node("output_x", "output", ("slope",), (), {"gradient": "x"}, roles.OUTPUT),
        ),
    )  # fmt: skip
    scene = scene_of(graph)
    middle = dict(zip(scene.nodes, scene.rect[:, 1] + scene.rect[:, 3] / 2, strict=True))
    assert middle["tangents_1"] == middle["sum"]
    assert middle["output_x"] < middle["slope"] < middle["expand"] < middle["tangents_1"]


def test_a_constant_stands_in_the_half_that_reads_it():
    kind = TensorType("int32", (1,))
    graph = Graph(
        "g", ("x",), ("Sum", "Tile"),
        (
            node("x", "input", role=roles.INPUT), node("Const", "Const", role=roles.CONSTANT, kind=kind),
            node("Sum", "Sum", "x", "Const"), node("seed", "Const", role=roles.COTANGENT),
            node("Const_1", "Const", role=roles.CONSTANT, kind=kind),
            node("Tile", "Tile", "seed", "Const_1", role=roles.COTANGENT),
        ),
    )  # fmt: skip
    scene = build_scene("gradient", "tensorflow", graph, LayoutOptions())
    x = dict(zip(scene.nodes, scene.rect[:, 0], strict=True))
    assert x["Const"] < x["seed"]
    assert x["Const_1"] > max(x["x"], x["Sum"])
    assert set(scene.wire_kind.tolist()) == {FORWARD, BACKWARD}, "a constant is not saved for the way back"


def test_direction_right_turns_the_picture():
    down, right = scene_of(forward(), "fx"), scene_of(forward(), "fx", direction="right")
    for scene, axis in ((down, 1), (right, 0)):
        starts = [scene.rect[a, axis] for a, _ in scene.wire_ends]
        ends = [scene.rect[b, axis] for _, b in scene.wire_ends]
        assert all(a < b for a, b in zip(starts, ends, strict=True))


def test_bounds_hold_all_cards_and_curves():
    scene = scene_of(joint())
    left, top, right, bottom = scene.bounds
    assert (left, top) == pytest.approx((0.0, 0.0))
    assert (scene.rect[:, 0] + scene.rect[:, 2]).max() <= right
    assert scene.curves[..., 1].max() <= bottom
    assert scene_of(Graph("empty", (), (), ())).bounds == (0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize("entry", FRAMEWORKS, ids=lambda entry: entry.key)
def test_every_framework_and_stage_can_be_drawn(entry):
    for stage in entry.stages:
        scene = build_scene(stage.key, entry.key, joint() if stage.gradient else forward(), LayoutOptions())
        assert (scene.framework, scene.stage) == (entry.key, stage.key)
        assert len(scene.rect) == len(scene.nodes)


def test_the_same_graph_gives_the_same_scene():
    first, second = scene_of(joint()), scene_of(joint())
    assert np.array_equal(first.rect, second.rect)
    assert np.array_equal(first.curves, second.curves)


# widths


def test_wires_are_plain_without_numbers():
    assert widths(["a", "b"], None).tolist() == [PLAIN, PLAIN]


def test_a_larger_magnitude_is_thicker_and_zero_is_a_hairline():
    cells = {name: np.asarray(x) for name, x in {"a": 1e-3, "b": -1.0, "c": 1e3, "zero": 0.0, "nan": np.nan}.items()}
    thin, middle, thick, zero, nan, absent = widths(["a", "b", "c", "zero", "nan", "absent"], cells)
    assert thin < middle < thick
    assert (thin, thick) == (THINNEST, THICKEST)
    assert middle == pytest.approx((THINNEST + THICKEST) / 2)
    assert (zero, nan, absent) == (HAIRLINE,) * 3


def test_nearly_equal_magnitudes_are_nearly_equally_thick():
    first, second = widths(["a", "b"], {"a": np.asarray(1.0), "b": np.asarray(1.1)})
    assert 0 < second - first < 0.2


def test_one_outlier_does_not_flatten_all_others():
    cells = {str(i): np.asarray(10.0 ** (i / 10)) for i in range(40)} | {"far": np.asarray(1e30)}
    found = widths(list(cells), cells)
    assert found[39] - found[0] > 0.8 * (THICKEST - THINNEST)


def test_magnitude_is_the_root_mean_square_of_what_is_finite():
    assert magnitude(np.array([3.0, -4.0])) == pytest.approx(np.sqrt(12.5))
    assert magnitude(np.array([2.0, np.nan, np.inf])) == 2.0
    large = Summary("float32", (10, 10), -1.0, 1.0, 0.0, 14.0, 0, 1, 1, np.zeros((10, 10)))
    assert magnitude(large) == pytest.approx(14.0 / np.sqrt(98))


def test_a_stage_without_numbers_has_no_rows_for_them() -> None:
    with_numbers = build_scene("gradient", "jax", forward(), LayoutOptions())
    without = build_scene("optimized_hlo", "jax", forward(), LayoutOptions())
    assert not any(without.shown)
    assert (without.rect[:4, 3] < with_numbers.rect[:4, 3]).all()


def test_a_long_name_of_a_parameter_keeps_its_end():
    name = "params['params']['encoder']['hidden']['bias']"
    text = card.fitted(name, "", "f32[8]", value=True, adjoint=True, is_name=True)
    assert text.title.startswith("…")
    assert name.endswith(text.title[1:])
    assert text.title.endswith("['bias']")
