"""A Scene as SVG: well-formed, addressable, in the theme's colours, with the numbers it is given and no others."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from explorer.graph import roles
from explorer.graph.ir import Graph, TensorType
from explorer.layout.options import LayoutOptions
from explorer.picture.build import build_scene
from explorer.picture.svg import NOT_COMPUTED, graph_svg, scene_svg, theme_file
from tests.core.picture_graphs import COTANGENTS, VALUES, column, forward, joint, node

NS = "{http://www.w3.org/2000/svg}"
THEMES = ("light", "dark", "projector")


def drawn(graph: Graph, stage: str, theme: str = "light", **options: object) -> ElementTree.Element:
    scene = build_scene(stage, "pytorch", graph, LayoutOptions())
    return ElementTree.fromstring(scene_svg(scene, theme, graph=graph, **options))


def nodes(svg: ElementTree.Element) -> dict[str, ElementTree.Element]:
    return {g.get("data-id", ""): g for g in svg.iter(f"{NS}g") if g.get("class") == "node"}


def wires(svg: ElementTree.Element) -> list[ElementTree.Element]:
    return [p for p in svg.iter(f"{NS}path") if p.get("class") == "wire"]


def texts(element: ElementTree.Element, kind: str) -> list[str]:
    return [t.text or "" for t in element.iter(f"{NS}text") if kind in t.get("class", "").split()]


def test_cards_and_wires_can_be_found_by_what_they_are():
    graph = joint()
    svg = drawn(graph, "joint")
    cards = nodes(svg)
    assert list(cards) == [n.id for n in graph.nodes]
    assert [g.get("data-op") for g in cards.values()] == [n.op for n in graph.nodes]
    assert [g.get("data-role") for g in cards.values()] == [n.role for n in graph.nodes]
    found = [
        (w.get("data-source"), w.get("data-value"), w.get("data-target"), w.get("data-operand")) for w in wires(svg)
    ]
    assert found == [(a.id, value, b.id, str(k)) for a, value, b, k in graph.edges()]
    kinds = {(w.get("data-source"), w.get("data-target")): w.get("data-kind") for w in wires(svg)}
    assert (kinds["a", "add"], kinds["add", "mul_2"], kinds["mul_2", "add_1"]) == ("forward", "saved", "backward")
    assert texts(cards["add_1"], "title") == ["add"]
    assert texts(cards["add_1"], "word") == ["accumulate"]
    assert texts(cards["add_1"], "type") == ["f32[]"]


def test_the_picture_holds_all_cards_and_says_what_it_is():
    svg = drawn(joint(), "joint", title="a*(a+b)")
    left, top, width, height = (float(n) for n in svg.get("viewBox", "").split())
    for card in nodes(svg).values():
        x, y = (float(n) for n in re.findall(r"-?[\d.]+", card.get("transform", "")))
        body = next(r for r in card.iter(f"{NS}rect") if r.get("class") == "card")
        assert left <= x
        assert top <= y
        assert x + float(body.get("width", "")) <= left + width
        assert y + float(body.get("height", "")) <= top + height
    assert svg.findtext(f"{NS}title") == "a*(a+b)"
    assert svg.findtext(f"{NS}desc") == "pytorch joint: 11 nodes, 13 wires"


@pytest.mark.parametrize("theme", THEMES)
def test_only_cotangents_are_vermilion(theme):
    colours = theme_file(theme)
    owned = {colour.upper() for colour in colours["cotangent"].values()} | {colours["wire"]["backward"].upper()}
    svg = drawn(joint(), "joint", theme, value=column("value", "joint", **VALUES))
    for wire in wires(svg):
        is_backward = roles.is_backward(joint().node_by_id[wire.get("data-source", "")].role)
        assert (wire.get("stroke", "").upper() in owned) == is_backward, wire.attrib
    for card in nodes(svg).values():
        used = {v.upper() for r in card.iter(f"{NS}rect") for v in (r.get("fill", ""), r.get("stroke", ""))}
        gives_gradient = card.get("data-id", "").startswith("output_")
        assert bool(used & owned) == (roles.is_backward(card.get("data-role", "")) or gives_gradient), card.attrib


@pytest.mark.parametrize("theme", THEMES)
def test_every_theme_has_its_own_colours(theme):
    text = scene_svg(build_scene("fx", "pytorch", forward(), LayoutOptions()), theme)
    colours = theme_file(theme)
    assert f'fill="{colours["surface"]["canvas"]}"' in text
    assert f"fill:{colours['text']['strong']}" in text
    for other in set(THEMES) - {theme}:
        assert f"fill:{theme_file(other)['cotangent']['text']}" not in text


def test_numbers_stand_in_their_rows():
    svg = drawn(
        forward(), "fx", value=column("value", "fx", **VALUES), cotangent=column("cotangent", "fx", **COTANGENTS)
    )
    cards = nodes(svg)
    assert {name: texts(cards[name], "value") for name in VALUES} == {
        "a": ["2.0"], "b": ["3.0"], "add": ["5.0"], "mul": ["10.0"],
    }  # fmt: skip
    assert {name: texts(cards[name], "adjoint") for name in COTANGENTS} == {
        "a": ["7.0"], "b": ["2.0"], "add": ["2.0"], "mul": ["1.0"],
    }  # fmt: skip
    assert texts(cards["output"], "value") == ["10.0"], "an output shows the value that it passes on"


def test_a_cotangent_shown_as_the_value_of_a_card_has_the_cotangents_colour():
    cards = nodes(drawn(joint(), "joint", value=column("value", "joint", **VALUES, add_1=7.0)))
    assert texts(cards["add_1"], "adjoint") == ["7.0"]
    assert texts(cards["add_1"], "value") == []


def test_what_is_not_computed_is_hollow_and_never_zero():
    svg = drawn(forward(), "fx", value=column("value", "fx", a=2.0), cotangent=column("cotangent", "fx"))
    cards = nodes(svg)
    assert texts(cards["b"], "missing") == [NOT_COMPUTED] * 2
    assert texts(cards["a"], "missing") == [NOT_COMPUTED]
    assert texts(cards["b"], "value") == texts(cards["b"], "adjoint") == []
    dashed = {
        name for name, card in cards.items()
        if any(r.get("stroke-dasharray") for r in card.iter(f"{NS}rect"))
    }  # fmt: skip
    assert dashed == {"b", "add", "mul", "output"}
    assert {w.get("data-value") for w in wires(svg) if w.get("stroke-dasharray")} == {"b", "add", "mul"}


def test_without_numbers_there_are_no_number_rows_and_nothing_is_dashed():
    svg = drawn(forward(), "fx")
    for kind in ("value", "adjoint", "missing"):
        assert texts(svg, kind) == []
    assert "stroke-dasharray" not in ElementTree.tostring(svg, "unicode")


def test_numbers_never_move_a_card_or_a_wire():
    plain = drawn(forward(), "fx")
    full = drawn(
        forward(), "fx", value=column("value", "fx", **VALUES), cotangent=column("cotangent", "fx", **COTANGENTS)
    )
    assert [g.get("transform") for g in nodes(plain).values()] == [g.get("transform") for g in nodes(full).values()]
    assert [w.get("d") for w in wires(plain)] == [w.get("d") for w in wires(full)]


def test_a_wire_is_as_thick_as_what_flows_is_large():
    svg = drawn(forward(), "fx", value=column("value", "fx", a=0.001, b=1000.0, add=0.0, mul=1.0))
    thick = {w.get("data-value"): float(w.get("stroke-width", "")) for w in wires(svg)}
    assert thick["add"] < thick["a"] < thick["mul"] < thick["b"]


def test_a_number_too_long_for_its_card_is_shortened_and_in_full_in_the_tooltip():
    numbers = np.array([-0.00012345678, -0.0005678, 0.9, 0.25])
    graph = Graph("g", ("v",), ("v",), (node("v", "input", role=roles.INPUT, kind=TensorType("float64", (4,))),))
    card = nodes(drawn(graph, "fx", value=column("value", "fx", v=numbers)))["v"]
    assert texts(card, "value") == ["[−0.0001235, …]"]
    assert "-1.2345678e-04" in (card.findtext(f"{NS}title") or "")


def test_text_from_outside_is_escaped():
    name = "a<b & \"c\" 'd' \x07 ]]>"
    graph = Graph("<g&>", (name,), (name,), (node(name, "input", role=roles.INPUT),))
    svg = ElementTree.fromstring(graph_svg(graph))
    assert list(nodes(svg)) == [name.replace("\x07", "\ufffd")]
    assert svg.findtext(f"{NS}title") == "<g&>"


def test_a_background_is_optional():
    scene = build_scene("fx", "pytorch", forward(), LayoutOptions())
    assert 'class="canvas"' in scene_svg(scene)
    assert 'class="canvas"' not in scene_svg(scene, background=False)


def test_text_scale_enlarges_texts():
    sizes = []
    for scale in (1.0, 1.5):
        text = scene_svg(build_scene("fx", "pytorch", forward(), LayoutOptions(text_scale=scale)))
        sizes.append(float(re.findall(r"text\.title\{font-size:([\d.]+)px", text)[0]))
    assert sizes[1] == pytest.approx(1.5 * sizes[0])


@pytest.mark.parametrize(
    ("op", "framework"), [("aten.mul.Tensor", "pytorch"), ("Mul", "tensorflow"), ("mul", "jax")]
)  # fmt: skip
def test_a_bare_graph_is_drawn_with_the_words_of_the_framework_it_names(op, framework):
    graph = Graph("g", ("x",), ("y",), (node("x", "input", role=roles.INPUT), node("y", op, "x", "x")))
    svg = ElementTree.fromstring(graph_svg(graph))
    assert (svg.findtext(f"{NS}desc") or "").startswith(framework)
    assert texts(nodes(svg)["y"], "word") == ["times"]


def test_a_notebook_shows_a_graph_as_svg():
    assert joint()._repr_svg_() == graph_svg(joint())
    empty = ElementTree.fromstring(graph_svg(Graph("nothing", (), (), ())))
    assert nodes(empty) == {}
