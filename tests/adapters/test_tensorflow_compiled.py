"""TensorFlow's stages on demand: what Grappler leaves of the function, what XLA gets of it and what XLA makes of it."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

from explorer.adapters import framework  # noqa: E402
from explorer.adapters.tensorflow import grappler, hlo  # noqa: E402
from explorer.capture.ops import describe  # noqa: E402
from explorer.capture.record import Source  # noqa: E402
from explorer.errors import ProgramError  # noqa: E402
from explorer.graph import roles  # noqa: E402
from explorer.graph.ir import INPUT_OP, Span  # noqa: E402
from explorer.graph.places import find, walk  # noqa: E402
from explorer.graph.verify import verify  # noqa: E402
from explorer.messages import sentence  # noqa: E402
from tests.adapters.common import Subject  # noqa: E402

STAGES = ("grappler", "hlo", "optimized_hlo")
TEXTS = {
    "product": ("a*(a+b)", {"a": "2.0", "b": "3.0"}),
    "layer": ("sum(relu(x @ w + b))", {"x": "normal(4, 5)", "w": "normal(5, 3)", "b": "normal(3)"}),
    "no gradient": ("x > 0", {"x": "normal(3)"}),
}
subject = Subject("tensorflow")
adapter = subject.adapter


@pytest.fixture(scope="module")
def programs():
    return {name: subject.load(text, **inputs) for name, (text, inputs) in TEXTS.items()}


@pytest.fixture(scope="module")
def captured(programs):
    return {(name, key): adapter.capture(program, key) for name, program in programs.items() for key in STAGES}


def ops(graph):
    return Counter(node.op for _, node, _ in walk(graph))


def test_every_node_stands_in_its_line_and_has_words(captured):
    for (name, key), stage in captured.items():
        verify(stage.graph)
        assert stage.key == stage.graph.name == key
        assert set(stage.lines) == {place for place, _, _ in walk(stage.graph)}, name
        printed = stage.text.splitlines()
        for place, node, _ in walk(stage.graph):
            line = printed[stage.lines[place] - 1]
            assert ("ROOT" if node.role == roles.OUTPUT and key != "grappler" else f"{node.id} = ") in line, (
                name,
                place,
            )
            assert describe("tensorflow", node).word, (name, node.op)


def test_links_run_along_derived_from_and_what_is_gone_says_why(programs, captured):
    rows = {entry.key: entry for entry in framework("tensorflow").stages}
    assert [(rows[key].derived_from, rows[key].on) for key in STAGES] == [
        ("gradient", False), ("gradient", False), ("hlo", False),
    ]  # fmt: skip
    for name in ("product", "layer"):
        for key in STAGES:
            provenance = adapter.provenance(programs[name], key)
            assert (provenance.from_stage, provenance.to_stage) == (rows[key].derived_from, key)
            before = adapter.capture(programs[name], provenance.from_stage).graph
            linked = set()
            for link in provenance.links:
                linked.update(link.source)
                assert all(find(captured[name, key].graph, target) for target in link.target)
                assert all(find(before, source) for source in link.source)
            top = {node.id for node in before.nodes if node.role != roles.OUTPUT}
            assert top - linked <= set(provenance.absent), (name, key)
            assert all(sentence(reason.code, reason.params) for reason in provenance.absent.values())


def test_grappler_computes_the_seed_beforehand(programs, captured):
    before, after = adapter.capture(programs["layer"], "gradient").graph, captured["layer", "grappler"].graph
    assert len(after.nodes) < len(before.nodes)
    assert after.node_by_id["bwd/Sum_grad/Tile"].op == "Const"
    why = adapter.provenance(programs["layer"], "grappler").absent["seed"]
    assert (why.code, why.params) == ("grappler_folded", {"node": "bwd/Sum_grad/Tile"})
    assert after.outputs == before.outputs
    assert after.node_by_id["Relu"].span == Span(1, 5, 1, 20)


def test_grappler_changes_no_number(programs):
    for name, program in programs.items():
        source = adapter.provenance(program, "grappler").from_stage
        (before,) = [c for c in adapter.evaluate(program, source, program.inputs) if c.key == "value"]
        (after,) = adapter.evaluate(program, "grappler", program.inputs)
        assert set(after.cells) == set(adapter.capture(program, "grappler").graph.value_by_id), name
        for value in set(after.cells) & set(before.cells):
            np.testing.assert_allclose(after.cells[value], before.cells[value], rtol=1e-6)


def test_the_product_is_lowered_with_its_gradient(captured):
    graph = captured["product", "hlo"].graph
    found = {node.params.get("op_name"): node for node in graph.nodes if node.op in ("add", "multiply")}
    assert set(found) == {"add", "mul", "bwd/mul_grad/Mul", "bwd/mul_grad/Mul_1", "bwd/AddN"}
    assert found["add"].span == Span(1, 4, 1, 7)
    assert found["bwd/AddN"].role == roles.ACCUMULATE
    assert found["bwd/mul_grad/Mul"].role == roles.COTANGENT
    assert [graph.value_by_id[value].name for value in graph.inputs] == ["a", "b"]
    results = [node.params.get("gradient") for node in graph.nodes if node.role == roles.OUTPUT]
    assert results == [None, "a", "b"]


def test_what_is_fused_holds_its_parts_and_the_place_in_the_text(captured):
    for name in ("product", "layer"):
        graph = captured[name, "optimized_hlo"].graph
        fusions = [node for node in graph.nodes if node.op == "fusion"]
        assert fusions
        assert any(node.span for node in fusions)
        for fusion in fusions:
            (inner,) = [each for each in graph.graphs if each.name == fusion.calls[0]]
            assert len(inner.inputs) == len(fusion.inputs) < len(inner.nodes)
    assert ops(captured["layer", "hlo"].graph)["dot"] == 3


def test_without_a_gradient_they_are_of_the_text_itself(programs, captured):
    assert "compare" in ops(captured["no gradient", "hlo"].graph)
    assert adapter.provenance(programs["no gradient"], "hlo").from_stage == "funcgraph"
    program = adapter.load(Source("a*(a+b)", "tensorflow", {}, forward_only=True))
    assert ops(adapter.capture(program, "grappler").graph) == {INPUT_OP: 2, "AddV2": 1, "Mul": 1, "Identity": 1}


def test_xla_gives_out_no_numbers(programs):
    for key in ("hlo", "optimized_hlo"):
        assert list(adapter.evaluate(programs["product"], key, programs["product"].inputs)) == []


def test_a_refusal_is_one_sentence(monkeypatch):
    def fails(*_arguments):
        raise tf.errors.UnimplementedError(None, None, "no kernel for this.\nand a long report")

    program = subject.load("a*b")
    monkeypatch.setattr(grappler, "_optimized", fails)
    with pytest.raises(ProgramError) as caught:
        adapter.capture(program, "grappler")
    assert str(caught.value) == "TensorFlow's graph optimizer gave up: no kernel for this."
    error = hlo.refused(tf.errors.UnimplementedError(None, None, "no kernel for this.\nand a long report"))
    assert str(error) == "XLA does not compile this: no kernel for this."


def test_grappler_is_where_it_was():
    """`grappler._optimized` uses a module that TensorFlow does not document. If this fails, it has moved."""
    function = tf.function(lambda x: x + (tf.constant(1.0) + 2.0)).get_concrete_function(tf.TensorSpec([], tf.float32))
    found = {node.name: node.op for node in grappler._optimized(function).node}
    assert found["add_1"] == "AddV2"
    assert found["add"] == "Const"
