"""From equations down to optimized HLO: links by tags that nobody sees, and why something has no counterpart."""

from __future__ import annotations

import re

import pytest

jax = pytest.importorskip("jax")

from explorer.adapters.jax import compiled_links, hlo, stablehlo  # noqa: E402
from explorer.adapters.jax.lowering import lowered, shown_list  # noqa: E402
from explorer.adapters.jax.tagging import tagged  # noqa: E402
from explorer.adapters.xla.hlo import read  # noqa: E402
from explorer.capture.provenance import Linked  # noqa: E402
from explorer.capture.record import Source  # noqa: E402
from explorer.graph import places, roles  # noqa: E402
from explorer.graph.ir import INPUT_OP  # noqa: E402
from explorer.messages import sentence  # noqa: E402
from tests.adapters.common import Subject, model_text  # noqa: E402

COMPILED = ("stablehlo", "hlo", "optimized_hlo")
TEXTS = {
    "product": ("a*(a+b)", {}),
    "layer twice": ("sum(relu(x @ w + b)*relu(b))", {"x": "normal(4, 5)", "w": "normal(5, 3)", "b": "normal(3)"}),
    "flax step": (model_text("11-flax-step"), {}),
    "loop": (model_text("12-jax-scan-cond"), {}),
    "no gradient": ("x > 0", {"x": "normal(3)"}),
}
subject = Subject("jax")
adapter = subject.adapter


@pytest.fixture(scope="module")
def programs():
    return {name: subject.load(text, **inputs) for name, (text, inputs) in TEXTS.items()}


@pytest.fixture(scope="module")
def chains(programs):
    """All links of each program, and its graphs."""
    found = {}
    for name, program in programs.items():
        keys = ["jaxpr", *(["gradient"] if name != "no gradient" else []), *COMPILED]
        graphs = {key: adapter.capture(program, key).graph for key in keys}
        provenance = [made for key in keys if (made := adapter.provenance(program, key)) is not None]
        found[name] = Linked(graphs, provenance), graphs, provenance
    return found


def shape_of(graph):
    """Operations and types of a module in order, without names."""
    return [(node.op, [value.type for value in node.outputs]) for _, node, _ in places.walk(graph)]


def test_the_module_with_tags_is_instruction_for_instruction_the_one_shown(programs):
    """The tags are in names only, and in none that is shown."""
    for name, program in programs.items():
        with program.setting({}):
            run = jax.extend.core.jaxpr_as_fun(tagged(shown_list(program)).closed)
            other = jax.jit(lambda *arrays: run(*arrays), keep_unused=True).lower(*program.arrays({}))  # noqa: B023
        plain = re.compile(r"\{jax.result_info = .*?\}|@\w+|-> .*")
        ours, theirs = (plain.sub("", each.as_text()).splitlines()[1:] for each in (lowered(program), other))
        assert ours == theirs, name
        texts = {"hlo": other.as_text(dialect="hlo", debug_info=True), "optimized_hlo": other.compile().as_text()}
        for key, text in texts.items():
            assert shape_of(program.stage(key).graph) == shape_of(read(text).graph), (name, key)
        for key in COMPILED:
            stage = adapter.capture(program, key)
            assert "eq_" not in stage.text, (name, key)
            assert not [node for _, node, _ in places.walk(stage.graph) if "eq_" in str(node.params) + str(node.scope)]


def test_every_equation_is_found_in_stablehlo_and_ends_are_linked(chains):
    for name, (linked, graphs, provenance) in chains.items():
        first = "jaxpr" if name == "no gradient" else "gradient"
        assert {(each.from_stage, each.to_stage) for each in provenance} >= {
            (first, "stablehlo"), ("stablehlo", "hlo"), ("hlo", "optimized_hlo"),
        }  # fmt: skip
        for node in graphs[first].nodes:
            found = [each for each in linked.of(first, node.id) if each.stage == "stablehlo"]
            assert found or node.op in (INPUT_OP, "literal"), (name, node.id)
        for each in graphs["stablehlo"].nodes:
            if each.role in (roles.OUTPUT, roles.INPUT, roles.PARAMETER):
                assert [other for other in linked.of("stablehlo", each.id) if other.stage == "optimized_hlo"], each.id


def test_every_link_leads_to_a_node_and_is_exact(chains):
    for _, graphs, provenance in chains.values():
        known = {key: {place for place, _, _ in places.walk(graph)} for key, graph in graphs.items()}
        for each in provenance:
            for link in each.links:
                assert link.evidence == "exact"
                if link.relation == "same":
                    assert set(link.source) <= known[each.from_stage]
                    assert set(link.target) <= known[each.to_stage]


def test_an_equation_lights_its_instructions_and_they_light_it(chains):
    linked, graphs, _ = chains["product"]
    down = [each for each in linked.of("jaxpr", "mul") if each.stage == "hlo"]
    assert ("mul.1", "same") in [(each.node, each.relation) for each in down]
    assert {each.relation for each in down} >= {"same"}
    add = [each.node for each in linked.of("jaxpr", "add") if each.stage == "optimized_hlo" and each.relation == "same"]
    assert add
    for place in add:
        assert places.find(graphs["optimized_hlo"], place)[0].op in ("add", "fusion")
        assert ("jaxpr", "add") in [(each.stage, each.node) for each in linked.of("optimized_hlo", place)]


def test_a_function_called_twice_keeps_its_calls_apart(chains):
    linked, graphs, _ = chains["layer twice"]
    relus = [node for node in graphs["gradient"].nodes if node.op == "max"]
    assert len(relus) == 2
    found = [{each.node for each in linked.of("gradient", node.id) if each.stage == "hlo"} for node in relus]
    assert all(found)
    assert not found[0] & found[1]
    found = [{each.node for each in linked.of("gradient", node.id) if each.stage == "stablehlo"} for node in relus]
    assert all(found)
    assert not found[0] & found[1]


def test_inside_a_loop_too(chains):
    linked, graphs, _ = chains["loop"]
    inside = [place for place, node, _ in places.walk(graphs["gradient"]) if node.op == "mul"]
    assert inside
    assert all(places.INTO in place for place in inside)
    for place in inside:
        below = [each.node for each in linked.of("gradient", place) if each.stage == "hlo"]
        assert "multiply" in {places.find(graphs["hlo"], node)[0].op for node in below}, place


def test_what_has_no_instruction_of_its_own_says_why(chains):
    codes = set()
    for _, graphs, provenance in chains.values():
        for each in provenance:
            for node, absence in each.absent.items():
                assert node in graphs[each.from_stage].node_by_id
                assert sentence(absence.code, absence.params)
                codes.add(absence.code)
    assert codes >= {"fused_into", "no_counterpart", "no_evidence"}


def test_a_module_that_is_not_the_same_links_nothing(programs, monkeypatch):
    program = subject.load("a*(a+b)")
    other = adapter.load(Source("a*(a-b)", "jax"))
    monkeypatch.setattr(compiled_links, "shown_list", lambda _program: shown_list(other))
    for key in (stablehlo.KEY, hlo.KEY):
        assert adapter.provenance(program, key) is None
