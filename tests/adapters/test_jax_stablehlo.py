"""JAX's stage `stablehlo`: every operation with its line, its words and its regions; loops and branches entered."""

from __future__ import annotations

import re

import pytest

jax = pytest.importorskip("jax")
import jax.numpy as jnp  # noqa: E402

from explorer.adapters import framework  # noqa: E402
from explorer.adapters.jax import module_graph  # noqa: E402
from explorer.capture.ops import describe  # noqa: E402
from explorer.graph import places, roles  # noqa: E402
from explorer.graph.ir import INPUT_OP, Span, TensorType  # noqa: E402
from explorer.graph.verify import verify  # noqa: E402
from tests.adapters.common import Subject  # noqa: E402

TEXTS = {
    "product": ("a*(a+b)", {}),
    "layer": ("sum(relu(x @ w + b))", {"x": "normal(4, 5)", "w": "normal(5, 3)", "b": "normal(3)"}),
    "twice": ("sum(relu(x)*relu(2*x))", {"x": "normal(4)"}),
    "no gradient": ("x > 0", {"x": "normal(3)"}),
    "norms": ("max(x)*norm(x) + prod(x) + sum(cumsum(x))", {"x": "normal(4)"}),
}
subject = Subject("jax")


@pytest.fixture(scope="module")
def captured():
    return {
        name: subject.adapter.capture(subject.load(text, **inputs), "stablehlo")
        for name, (text, inputs) in TEXTS.items()
    }


def graph_of(function, *arguments):
    """A module that no expression makes."""
    module = jax.jit(function).lower(*arguments).compiler_ir("stablehlo")
    graph = module_graph.read(module, name="stablehlo", spans=lambda _location: None, input_names=()).graph
    verify(graph)
    return graph


def named(graph, op):
    return next(node for node in graph.nodes if node.op == f"stablehlo.{op}")


def test_every_operation_stands_in_its_line_and_has_words(captured):
    for name, stage in captured.items():
        verify(stage.graph)
        printed = stage.text.splitlines()
        assert set(stage.lines) == {place for place, _, _ in places.walk(stage.graph)}, name
        for place, node, _ in places.walk(stage.graph):
            line = printed[stage.lines[place] - 1]
            if node.op == INPUT_OP:
                caller = places.caller_of(place)
                assert "func.func" in line or stage.lines[place] == stage.lines[caller], (name, place)
                continue
            assert describe("jax", node).word, (name, node.op)
            if node.role == roles.OUTPUT:
                assert line.strip().startswith("return "), (name, place)
            elif " applies " not in line:
                assert re.match(rf"\s*{re.escape(node.params['result'])}(:\d+)? = ", line), (name, place)
                assert node.op.rpartition(".")[2] in line, (name, place)


def test_the_printout_is_jax_own(captured):
    printed = captured["layer"].text
    assert printed.startswith("module @jit__lambda")
    assert "loc(" not in printed
    assert captured["layer"].graph.name == "stablehlo"


def test_spans_are_those_of_the_expression(captured):
    graph = captured["product"].graph
    assert graph.node_by_id["add"].span == Span(1, 4, 1, 7)
    assert graph.node_by_id["multiply"].span == Span(1, 1, 1, 8)
    assert graph.node_by_id["multiply_2"].span == Span(1, 1, 1, 8), "the way back points to what it differentiates"


def test_a_function_that_is_called_twice_is_one_graph_with_no_place_of_its_own(captured):
    graph = captured["twice"].graph
    calls = [node for node in graph.nodes if node.op == "func.call" and node.calls == ("relu",)]
    assert len(calls) == 2
    (relu,) = [inner for inner in graph.graphs if inner.name == "relu"]
    assert {node.span for node in relu.nodes} == {None}
    assert {call.span for call in calls} == {Span(1, 5, 1, 12), Span(1, 13, 1, 22)}


def test_inputs_and_results_have_their_names_and_the_way_back_its_role(captured):
    graph = captured["layer"].graph
    assert [graph.value_by_id[value].name for value in graph.inputs] == ["x", "w", "b"]
    results = [node for node in graph.nodes if node.role == roles.OUTPUT]
    assert [node.params.get("gradient") for node in results] == [None, "x", "w", "b"]
    found = {node.id: node.role for node in graph.nodes}
    assert (found["dot_general"], found["compare"]) == (roles.PRIMAL, roles.RESIDUAL)
    assert (found["dot_general_1"], found["select"]) == (roles.COTANGENT, roles.COTANGENT)
    forward = captured["no gradient"].graph
    assert roles.COTANGENT not in {node.role for node in forward.nodes}
    assert forward.producer[forward.outputs[0]].op == "stablehlo.compare"


def test_a_reduction_holds_what_it_combines_by(captured):
    graph = captured["layer"].graph
    reduce = named(graph, "reduce")
    (body,) = [inner for inner in graph.graphs if inner.name == reduce.calls[0]]
    assert [node.op for node in body.nodes] == [INPUT_OP, INPUT_OP, "stablehlo.add"]
    assert places.operands_of(reduce, 0, body) == (places.NOT_GIVEN,) * 2
    assert places.results_of(reduce, 0, body) == (places.NOT_GIVEN,)


def test_a_loop_hands_its_state_in_and_out():
    def count(n, x):
        return jax.lax.while_loop(lambda state: state[0] < n, lambda state: (state[0] + 1, state[1] * x), (0, x))

    graph = graph_of(count, 3, jnp.ones(2))
    loop = named(graph, "while")
    inner = {each.name: each for each in graph.graphs}
    cond, body = (inner[name] for name in loop.calls)
    assert loop.calls == ("while.cond", "while.body")
    handed_in = [loop.inputs[operand] for operand in places.operands_of(loop, 1, body)]
    assert handed_in == list(loop.inputs[: len(body.inputs)])
    assert places.results_of(loop, 1, body) == tuple(range(len(loop.outputs)))
    assert set(places.results_of(loop, 0, cond)) == {places.NOT_GIVEN}
    assert cond.producer[cond.outputs[0]].op == "stablehlo.compare"


def test_a_branch_reads_what_is_around_it():
    def choose(x, y):
        return jax.lax.cond(x > 0, lambda: jnp.sin(x) * y, lambda: y - jax.lax.cond(y > 0, lambda: x, lambda: y))

    graph = graph_of(choose, 1.0, 2.0)
    case = named(graph, "case")
    inner = {each.name: each for each in graph.graphs}
    for call, name in enumerate(case.calls):
        given = [case.inputs[operand] for operand in places.operands_of(case, call, inner[name])]
        assert set(given) == set(graph.inputs), "both branches need x and y, the first for a branch inside it"
        assert places.results_of(case, call, inner[name]) == (0,)
    deep = [place for place, node, _ in places.walk(graph) if place.count(places.INTO) == 2 and node.op == INPUT_OP]
    assert deep
    ops = {node.op for _, node, _ in places.walk(graph)}
    assert {"stablehlo.sine", "stablehlo.multiply", "stablehlo.subtract"} <= ops


def test_types_and_constants_are_plain():
    def mixed(x):
        return x.astype(jnp.bfloat16) * 2, (x > 0).sum(), jnp.array([1, 2, 3], jnp.uint8), jnp.float32(-jnp.inf) * x

    graph = graph_of(mixed, jnp.ones(3))
    types = {value.type for node in graph.nodes for value in node.outputs}
    assert {TensorType("bfloat16", (3,)), TensorType("bool", (3,)), TensorType("int32")} <= types
    assert TensorType("uint8", (3,)) in types
    constants = [node.params for node in graph.nodes if node.op == "stablehlo.constant"]
    assert {"0": 2.0} in [params.get("literals") for params in constants]
    assert {"0": float("-inf")} in [params.get("literals") for params in constants]
    assert "[1, 2, 3]" in [params.get("value") for params in constants]


def test_the_stage_is_made_when_asked_for_and_hlo_comes_from_it():
    rows = {entry.key: entry for entry in framework("jax").stages}
    assert rows["stablehlo"].derived_from == "gradient"
    assert not rows["stablehlo"].on
    assert not rows["stablehlo"].numbers
    assert rows["hlo"].derived_from == "stablehlo"
