"""From the stage before to instructions: by tags, by names, and why something has no counterpart."""

from functools import cache
from pathlib import Path

import pytest

from explorer.adapters.xla.hlo import read
from explorer.adapters.xla.op_names import from_nodes, jax_origin, tensorflow_origin
from explorer.adapters.xla.tags import Tags, absences, input_links, links_by_op_name, links_by_tags
from explorer.capture.ops import CATEGORIES, describe, table
from explorer.flow.formulas import Numbers, formula
from explorer.graph import places, roles
from explorer.graph.ir import Node, Span
from explorer.messages import sentence

TEXTS = Path(__file__).parent / "hlo_texts"
TAGS = Tags()


@cache
def stored(name):
    return (TEXTS / f"{name}.txt").read_text("utf-8")


@cache
def tagged():
    return read(stored("jax-mlp-tagged.optimized_hlo"), origins=TAGS.from_nodes({}, jax_origin), tags=TAGS)


@pytest.mark.parametrize(
    ("op_name", "tags", "shown"),
    [
        ("jit(f)/eq_17_/mul", ("17",), "jit(f)/mul"),
        ("jit(f)/jvp(hidden)/eq_3_/tanh", ("3",), "jit(f)/jvp(hidden)/tanh"),
        ("jit(f)/transpose(jvp(eq_3_))/mul", ("3",), "jit(f)/transpose(jvp())/mul"),
        ("jit(f)/eq_15_/mul;jit(f)/eq_14_/neg", ("15", "14"), "jit(f)/mul;jit(f)/neg"),
        ("jit(f)/eq_2_/while/body/eq_2_1_/add", ("2_1",), "jit(f)/while/body/add"),
        ("eq_5_/add", ("5",), "add"),
        ("jit(f)/seq_5_/add", (), "jit(f)/seq_5_/add"),
        ("jit(f)/eq_5_out/add", (), "jit(f)/eq_5_out/add"),
        ("a[0]", (), "a[0]"),
    ],
)
def test_tags_are_read_and_taken_out(op_name, tags, shown):
    assert TAGS.of(op_name) == tags
    assert TAGS.strip(op_name) == shown


def test_another_form_of_tag():
    mine = Tags(r"op(\d+)")
    assert mine.of("jit(f)/op12/add") == ("12",)
    assert mine.strip("jit(f)/op12/add") == "jit(f)/add"  # noqa: B005


def test_nobody_sees_tags():
    for _, node, _ in places.walk(tagged().graph):
        assert "eq_" not in str(node.params.get("op_name")) + "/".join(node.scope)
    shown = TAGS.strip_text(stored("jax-mlp-tagged.optimized_hlo"))
    assert "eq_" not in shown
    assert shown.count("\n") == stored("jax-mlp-tagged.optimized_hlo").count("\n")
    assert read(shown, origins=jax_origin).graph == tagged().graph


def test_every_tag_is_linked_to_the_instructions_that_carry_it():
    nodes = {str(number): f"eqn_{number}" for number in range(31)}
    links = {link.source[0]: link for link in links_by_tags(tagged().tags, nodes)}
    tanh = links["eqn_3"]
    assert (tanh.relation, tanh.evidence) == ("same", "exact")
    assert tanh.target == ("add_tanh_fusion", "add_tanh_fusion@0>tanh.0")
    for link in links.values():
        for place in link.target:
            assert places.find(tagged().graph, place)
    assert "multiply_add_fusion@0>mul.1" in links["eqn_23"].target
    assert "eqn_6" not in links, "a reshape that the compiler removed"


def test_an_instruction_made_of_two_equations_is_linked_to_both():
    links = {link.source[0]: link.target for link in links_by_tags(tagged().tags, {"14": "ones", "15": "times"})}
    assert links["ones"] == links["times"]
    assert "bitcast_bitcast_fusion.1@0>broadcast_in_dim.0" in links["ones"]


def test_why_there_is_no_counterpart():
    nodes = {str(number): f"eqn_{number}" for number in range(31)}
    links = links_by_tags(tagged().tags, nodes)
    why = absences(tagged().graph, nodes.values(), links)
    assert "eqn_3" not in why
    assert why["eqn_6"].code == "no_counterpart"
    assert (why["eqn_2"].code, why["eqn_2"].params) == ("fused_into", {"fusion": "add_tanh_fusion"})
    assert sentence(why["eqn_2"].code, why["eqn_2"].params) == "Fused into add_tanh_fusion."
    assert sentence(why["eqn_6"].code, why["eqn_6"].params)
    linked = {link.source[0] for link in links}
    assert {node for node, reason in why.items() if reason.code == "no_counterpart"} == set(nodes.values()) - linked


def test_roles_scopes_and_spans_are_those_of_the_tagged_equations():
    nodes = {
        "3": Node("tanh", "tanh", scope=("hidden",), span=Span(3, 13, 3, 40)),
        "25": Node("add_any", "add_any", scope=("hidden",), role=roles.ACCUMULATE),
    }
    graph = read(stored("jax-mlp-tagged.optimized_hlo"), origins=TAGS.from_nodes(nodes), tags=TAGS).graph
    fusion = graph.node_by_id["add_tanh_fusion"]
    assert (fusion.scope, fusion.span, fusion.role) == (("hidden",), Span(3, 13, 3, 40), roles.PRIMAL)
    assert graph.node_by_id["multiply_add_fusion"].role == roles.ACCUMULATE
    assert graph.node_by_id["dot.2"].role == roles.COTANGENT, "it reads what flows back"


def test_tensorflow_links_by_the_names_of_its_ops():
    graph = read(stored("tensorflow-mlp.optimized_hlo"), origins=tensorflow_origin).graph
    names = ("mlp_1/hidden_1/Tanh", "mlp_1/hidden_1/MatMul", "bwd/mlp_1/hidden_1/Tanh_grad/TanhGrad", "gone")
    links = {link.source[0]: link for link in links_by_op_name(graph, {name: name for name in names})}
    assert set(links) == set(names) - {"gone"}
    assert all(link.evidence == "name" for link in links.values())
    tanh = [places.find(graph, place)[0] for place in links["mlp_1/hidden_1/Tanh"].target]
    assert "tanh" in {node.op for node in tanh}
    assert absences(graph, names, links.values())["gone"].code == "no_counterpart"
    origins = from_nodes({names[0]: Node("t", "Tanh", scope=("mlp", "hidden"), span=Span(2))})
    named = read(stored("tensorflow-mlp.optimized_hlo"), origins=origins).graph
    found = [node for _, node, _ in places.walk(named) if node.op == "tanh"]
    assert {(node.scope, node.span) for node in found} == {(("mlp", "hidden"), Span(2))}


def test_inputs_are_linked_by_their_numbers():
    graph = read(
        stored("tensorflow-mlp.hlo"), input_names=("x", "y"), input_roles=("input", "input", "parameter")
    ).graph
    links = input_links(graph, ("x", "y"))
    assert [(link.source, link.target) for link in links] == [(("x",), ("arg0.1",)), (("y",), ("arg1.1",))]
    assert graph.value_by_id["arg1.1"].name == "y"
    assert [graph.producer[value].role for value in graph.inputs[:4]] == ["input", "input", "parameter", "input"]


@pytest.mark.parametrize("framework", ["jax", "tensorflow"])
def test_every_opcode_has_words(framework):
    for name in TEXTS.glob("*.txt"):
        for _, node, _ in places.walk(read(name.read_text("utf-8")).graph):
            entry = describe(framework, node)
            assert entry.word, node.op
            assert len(entry.word) <= 14, entry.word
            assert entry.sentence
            assert entry.category in CATEGORIES
    for op, entry in table("xla").items():
        assert entry.category in CATEGORIES, op
        assert len(entry.word.replace("{operations}", "999")) <= 14, op


def test_a_fusion_says_how_much_it_holds_and_has_the_colour_of_its_result():
    graph = tagged().graph
    tanh = describe("jax", graph.node_by_id["add_tanh_fusion"])
    assert (tanh.word, tanh.category) == ("3 fused", "elementwise")
    assert describe("jax", graph.node_by_id["wrapped_reduce"]).category == "reduction"


def test_stablehlo_has_the_same_words():
    for op, word in (
        ("stablehlo.multiply", "times"),
        ("stablehlo.dot_general", "matrix product"),
        ("func.call", "call"),
    ):
        assert describe("jax", Node("n", op)).word == word
    assert describe("pytorch", Node("n", "multiply")).word == ""


def test_formulas_of_instructions():
    graph = tagged().graph
    node, inner = places.find(graph, "add_tanh_fusion@0>add.5")
    assert formula(inner, "jax", node, Numbers(), str) == "param_0.24 + add.6"
