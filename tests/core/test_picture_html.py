"""A Scene as one HTML page: the same cards, details that cannot break out, both themes, nothing fetched."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from explorer.graph import roles
from explorer.graph.ir import Graph, Node, Span, TensorType, Value
from explorer.layout.options import LayoutOptions
from explorer.messages import sentence
from explorer.picture.build import build_scene
from explorer.picture.html import scene_html
from explorer.picture.svg import NOT_COMPUTED, theme_file
from tests.core.graphs_for_tests import block_graph
from tests.core.picture_graphs import COTANGENTS, F32, VALUES, column, forward, node

ODD = "x\"'</script><script>alert(1)</script><!--&amp;"


class Page(HTMLParser):
    """Every start tag with its attributes, and the text of each script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside == "script":
            self.scripts[-1] += data

    @property
    def cards(self) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == "g" and attributes.get("class") == "node"]

    @property
    def data(self) -> dict[str, dict]:
        return json.loads(self.scripts[0])

    def details(self, card: str) -> dict[str, str]:
        return dict(self.data["cards"][card])


def html(graph: Graph, title: str = "a*(a+b)", **columns: object) -> str:
    return scene_html(build_scene("fx", "pytorch", graph, LayoutOptions()), graph, title, **columns)


def test_cards_are_those_of_the_graph_with_search_and_details():
    graph = forward()
    page = Page(html(graph))
    assert [card["data-id"] for card in page.cards] == [n.id for n in graph.nodes]
    assert [card["data-op"] for card in page.cards] == [n.op for n in graph.nodes]
    assert [card["data-role"] for card in page.cards] == [n.role for n in graph.nodes]
    assert list(page.data["cards"]) == [n.id for n in graph.nodes]
    ids = {attributes.get("id") for _, attributes in page.tags}
    assert {"search", "found", "larger", "smaller", "fit", "details", "facts", "close"} <= ids
    assert any(attributes.get("placeholder") == sentence("html_search", {}) for _, attributes in page.tags)


def test_the_script_finds_every_part_of_the_page_it_asks_for():
    page = Page(html(forward()))
    wanted = set(re.findall(r'getElementById\("(\w+)"\)', page.scripts[1]))
    assert wanted <= {attributes.get("id") for _, attributes in page.tags}
    rows = {name for card in page.data["cards"].values() for name, _ in card}
    assert rows <= set(page.data["labels"])


def test_details_say_operation_type_numbers_and_place():
    multiply = Node("mul", "operator.mul", ("a", "a"), (Value("mul", F32),), scope=("block", "0"), span=Span(2, 5))
    graph = Graph("g", ("a",), ("mul",), (node("a", "input", role=roles.INPUT), multiply))
    numbers = {"value": column("value", "fx", a=2.0, mul=4.0), "cotangent": column("cotangent", "fx", mul=1.0)}
    page = Page(html(graph, **numbers))
    assert page.details("mul") == {
        "id": "mul", "op": "operator.mul", "word": "times", "type": "f32[]", "value": "4.0", "adjoint": "1.0",
        "scope": "block/0", "span": "2:5",
    }  # fmt: skip
    assert page.details("a")["adjoint"] == NOT_COMPUTED


def test_without_numbers_there_are_no_number_rows():
    told = Page(html(forward())).details("mul")
    assert "value" not in told
    assert "adjoint" not in told
    both = {"value": column("value", "fx", **VALUES), "cotangent": column("cotangent", "fx", **COTANGENTS)}
    assert Page(html(forward(), **both)).details("mul")["value"] == "10.0"


def test_no_name_can_leave_its_place():
    graph = Graph(
        ODD, (ODD,), ("y",),
        (node(ODD, "input", role=roles.INPUT), Node("y", ODD, (ODD,), (Value("y", TensorType("float32", (ODD,))),))),
    )  # fmt: skip
    plain, page = Page(html(forward())), Page(html(graph, title=ODD))
    assert len(page.scripts) == len(plain.scripts) == 2
    assert page.scripts[1] == plain.scripts[1], "the page's own script is all that runs"
    assert [card["data-id"] for card in page.cards] == [ODD, "y"]
    assert page.details("y")["op"] == ODD
    assert "<" not in page.scripts[0]


def test_characters_that_xml_cannot_hold_do_not_part_a_card_from_its_details():
    graph = Graph("g", ("a\x00",), ("a\x00",), (node("a\x00", "input", role=roles.INPUT),))
    page = Page(html(graph))
    assert [card["data-id"] for card in page.cards] == list(page.data["cards"]) == ["a�"]


def test_one_file_that_fetches_nothing():
    text = html(forward())
    page = Page(text)
    assert not [tag for tag, attributes in page.tags if {"src", "href", "srcset", "xlink:href"} & set(attributes)]
    assert not {"link", "img", "iframe", "image", "use"} & {tag for tag, _ in page.tags}
    assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest|import\(", text)
    assert re.findall(r"https?://[^\"'\s]*", text) == ["http://www.w3.org/2000/svg"], "a namespace, not an address"
    policy = next(a["content"] for _, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy


def test_both_themes_are_in_it_and_every_colour_has_a_name():
    text = html(forward(), value=column("value", "fx", **VALUES))
    light, dark = theme_file("light"), theme_file("dark")
    before, after = text.split("@media (prefers-color-scheme: dark)")
    assert f"--surface-canvas: {light['surface']['canvas']};" in before
    assert f"--surface-canvas: {dark['surface']['canvas']};" in after
    used = set(re.findall(r"var\(--([\w-]+)\)", text))
    assert {"wire-forward", "category-elementwise", "text-strong"} <= used
    for half in (before, after):
        assert used <= set(re.findall(r"--([\w-]+):", half))
    assert not re.search(r'(fill|stroke)="#', text)


def acted(page: Page, search: str, toggle: str = "") -> dict:
    """What a reader sees after each act of `picture_page.js`."""
    groups = [a for tag, a in page.tags if tag == "g" and a.get("class") in ("node", "node group")]
    places = [re.findall(r"[-\d.]+", str(card["transform"])) for card in groups]
    cards = [{"id": card["data-id"], "x": float(x), "y": float(y)} for card, (x, y) in zip(groups, places, strict=True)]
    box = next(attributes["viewbox"] for tag, attributes in page.tags if tag == "svg")
    view = [float(number) for number in str(box).split()]
    given = {"script": page.scripts[1], "data": page.scripts[0], "cards": cards, "view": view, "search": search}
    script = Path(__file__).with_name("picture_page.js")
    done = subprocess.run(
        ["node", str(script)], input=json.dumps(given | {"toggle": toggle}), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) | {"view": view, "given": cards}


with_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed: apt-get install nodejs")


@with_node
def test_groups_open_in_place_and_close_again():
    graph = block_graph(3)
    scene = build_scene("joint", "pytorch", graph, LayoutOptions())
    page = Page(scene_html(scene, graph, "blocks"))
    run = "model/block0..block2/"
    assert run in scene.nodes
    seen = acted(page, "tanh", run)
    assert seen["before"]["cards"] == list(scene.nodes)
    assert set(seen["opened"]["frames"]) == {"model/", "~model/", run}
    assert {"model/block0/", "model/block1/", "model/block2/"} <= set(seen["opened"]["cards"])
    assert seen["opened"]["at"][run] == pytest.approx(seen["before"]["at"][run]), "what was clicked stays where it is"
    assert seen["opened"]["facts"][:2] == [sentence("html_id", {}), run]
    hits = ["model/block0/", "model/block1/", "model/block2/", "~model/block0..block2/"]
    assert seen["searched"]["match"] == hits, "a closed group is found by what it holds"
    assert seen["shut"]["cards"] == list(scene.nodes)
    assert seen["shut"]["at"][run] == pytest.approx(seen["before"]["at"][run])


def test_a_page_tells_what_closed_groups_hold():
    graph = block_graph(3)
    page = Page(scene_html(build_scene("joint", "pytorch", graph, LayoutOptions()), graph, "blocks"))
    told = page.details("model/block0..block2/")
    assert (told["word"], told["count"]) == ("3 ×", "27")
    assert page.details("tanh_2")["scope"] == "model/block1/mlp"


@with_node
def test_the_page_pans_zooms_searches_and_shows_details():
    page = Page(html(forward(), value=column("value", "fx", **VALUES)))
    seen = acted(page, "O")
    view, cards = seen["view"], seen["given"]

    x, y, width, _ = seen["wheel"]["view"]
    assert width < view[2]
    scale = width / view[2]
    assert (x + 30 * scale, y + 40 * scale) == pytest.approx((view[0] + 30, view[1] + 40)), "the point stays put"
    assert seen["fit"]["view"] == view
    assert seen["plus"]["view"][2] < view[2]
    assert seen["minus"]["view"] == pytest.approx(view)
    assert seen["drag"]["view"] == pytest.approx([view[0] - 10, view[1] + 5, *view[2:]])
    assert seen["drag"]["chosen"] == [], "a drag is no click"
    assert seen["click"]["chosen"] == ["a"]
    assert seen["click"]["facts"][-2:] == [sentence("html_value", {}), "2.0"]
    assert seen["search"]["match"] == ["add", "mul", "output"]
    assert (seen["enter"]["current"], seen["enter"]["found"]) == (["add"], "1/3")
    assert (seen["next"]["current"], seen["next"]["chosen"]) == (["mul"], ["mul"])
    left, top, *size = seen["next"]["view"]
    assert (left + size[0] / 2, top + size[1] / 2) == pytest.approx((cards[3]["x"], cards[3]["y"]))
    assert seen["previous"]["current"] == ["add"]
    assert (seen["nothing"]["match"], seen["nothing"]["found"]) == ([], sentence("html_none", {}))
    assert (seen["cleared"]["match"], seen["cleared"]["found"]) == ([], "")
    assert seen["closed"]["open"] is False
