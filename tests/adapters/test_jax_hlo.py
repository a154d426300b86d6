"""JAX's stages `hlo` and `optimized_hlo`: the same function as the gradient stage, as XLA gets it and leaves it."""

from __future__ import annotations

from collections import Counter

import pytest

jax = pytest.importorskip("jax")

from explorer.adapters import framework  # noqa: E402
from explorer.capture.ops import describe  # noqa: E402
from explorer.graph import roles  # noqa: E402
from explorer.graph.ir import INPUT_OP, Span  # noqa: E402
from explorer.graph.places import walk  # noqa: E402
from explorer.graph.verify import verify  # noqa: E402
from tests.adapters.common import Subject  # noqa: E402

STAGES = ("hlo", "optimized_hlo")
TEXTS = {
    "product": ("a*(a+b)", {}),
    "layer": ("sum(relu(x @ w + b))", {"x": "normal(4, 5)", "w": "normal(5, 3)", "b": "normal(3)"}),
    "no gradient": ("x > 0", {"x": "normal(3)"}),
    "vector": ("softmax(x)", {"x": "normal(4)"}),
}
subject = Subject("jax")


@pytest.fixture(scope="module")
def programs():
    return {name: subject.load(text, **inputs) for name, (text, inputs) in TEXTS.items()}


@pytest.fixture(scope="module")
def captured(programs):
    return {(name, key): subject.adapter.capture(program, key) for name, program in programs.items() for key in STAGES}


def ops(graph):
    return Counter(node.op for _, node, _ in walk(graph))


def test_every_instruction_stands_in_its_line_and_has_words(captured):
    for (name, key), stage in captured.items():
        verify(stage.graph)
        assert stage.key == stage.graph.name == key
        assert set(stage.lines) == {place for place, _, _ in walk(stage.graph)}, name
        printed = stage.text.splitlines()
        for place, node, _ in walk(stage.graph):
            opcode = "parameter" if node.op == INPUT_OP else node.op
            line = printed[stage.lines[place] - 1]
            if node.role == roles.OUTPUT:
                assert "ROOT" in line, (name, place)
                continue
            assert f"{node.id} = " in line, (name, place)
            assert f" {opcode}(" in line, (name, place)
            assert describe("jax", node).word, (name, node.op)


def test_spans_are_those_of_the_expression(captured):
    graph = captured["product", "hlo"].graph
    assert graph.node_by_id["mul.1"].span.line == 1
    assert graph.node_by_id["add.1"].span == Span(1, 4, 1, 7)
    for stage in (captured["product", "optimized_hlo"], captured["layer", "optimized_hlo"]):
        fusions = [node for node in stage.graph.nodes if node.op == "fusion"]
        assert any(node.span for node in fusions), stage.key


def test_results_say_whose_gradient_they_are(captured):
    for key in STAGES:
        results = [node for node in captured["layer", key].graph.nodes if node.role == roles.OUTPUT]
        assert [node.params.get("gradient") for node in results] == [None, "x", "w", "b"]
        results = [node for node in captured["no gradient", key].graph.nodes if node.role == roles.OUTPUT]
        assert [node.params.get("gradient") for node in results] == [None]


def test_the_product_is_lowered_with_its_gradient(captured):
    graph = captured["product", "hlo"].graph
    assert ops(graph) == {INPUT_OP: 2, "add": 2, "multiply": 1, "output": 3}
    assert [graph.value_by_id[value].name for value in graph.inputs] == ["a", "b"]
    found = {node.id: node.role for node in graph.nodes}
    assert found["mul.1"] == roles.PRIMAL
    assert found["add_any.1"] == roles.COTANGENT
    assert graph.outputs == ("mul.1", "add_any.1", graph.inputs[0])


def test_what_is_fused_holds_its_parts(captured):
    """XLA may fuse otherwise in another version or on another device: what is fused has to be there, whole."""
    for name in ("product", "layer"):
        graph = captured[name, "optimized_hlo"].graph
        fusions = [node for node in graph.nodes if node.op == "fusion"]
        assert fusions, name
        for fusion in fusions:
            (inner,) = [each for each in graph.graphs if each.name == fusion.calls[0]]
            assert len(inner.inputs) == len(fusion.inputs)
            assert len(inner.nodes) > len(inner.inputs)
        assert ops(graph)["fusion"] >= len(fusions)


def test_a_layer_has_its_matrix_products_before_and_after_the_compiler(captured):
    graph = captured["layer", "hlo"].graph
    assert ops(graph)["dot"] == 3, "x @ w, and a product for the gradient of each of its sides"
    assert ops(graph)["maximum"] == 1
    assert ops(graph)["compare"] == 1
    relu = next(node for node in graph.nodes if node.op == "call")
    assert relu.calls[0].startswith("relu")


def test_without_a_gradient_it_is_the_expression_itself(captured):
    graph = captured["no gradient", "hlo"].graph
    assert graph.producer[graph.outputs[0]].op == "compare"
    assert roles.COTANGENT not in {node.role for node in graph.nodes}


def test_an_input_that_is_not_read_stays(programs):
    program = subject.load("h = a * 2\nb * 2")
    graph = subject.adapter.capture(program, "hlo").graph
    assert [graph.value_by_id[value].name for value in graph.inputs] == ["a", "b"]


def test_xla_gives_out_no_numbers(programs):
    program = programs["product"]
    for key in STAGES:
        assert list(subject.adapter.evaluate(program, key, program.inputs)) == []


def test_both_are_made_when_asked_for():
    rows = {entry.key: entry for entry in framework("jax").stages}
    assert not rows["hlo"].on
    assert not rows["optimized_hlo"].on
    assert rows["optimized_hlo"].derived_from == "hlo"
    assert rows["hlo"].derived_from == "stablehlo"
