"""What people see of JAX: graphs, texts, places in the source, mistakes, and the numbers of every listed function."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

jax = pytest.importorskip("jax")

from explorer.adapters.jax.functions import FUNCTIONS  # noqa: E402
from explorer.capture.functions import FUNCTION_NAMES, function  # noqa: E402
from explorer.capture.ops import CATEGORIES, table  # noqa: E402
from explorer.errors import ProgramError  # noqa: E402
from explorer.graph import roles  # noqa: E402
from explorer.graph.ir import INPUT_OP, Span  # noqa: E402
from explorer.graph.places import walk  # noqa: E402
from explorer.graph.verify import verify  # noqa: E402
from tests.adapters.cases import CASES, IDS, SAMPLES  # noqa: E402
from tests.adapters.common import KINK_IDS, KINKS, Subject  # noqa: E402

STAGES = ("jaxpr", "gradient")
subject = Subject("jax")
adapter, load, load_arrays = subject.adapter, subject.load, subject.load_arrays


def graph_of(text, stage="jaxpr", **inputs):
    graph = adapter.capture(load(text, **inputs), stage).graph
    verify(graph)
    return graph


def mistake(text, stage="jaxpr", **inputs):
    with pytest.raises(ProgramError) as raised:
        adapter.capture(load(text, **inputs), stage)
    return raised.value


def test_every_listed_function_has_a_jax_callable():
    assert set(FUNCTIONS) == FUNCTION_NAMES


def test_functions_written_here_have_the_listed_defaults():
    for name in ("leaky_relu", "norm", "logsumexp", "cumsum", "concatenate", "stack"):
        listed = function(name).signature().parameters
        ours = inspect.signature(FUNCTIONS[name]).parameters
        assert [(p.name, p.default) for p in ours.values()] == [(p.name, p.default) for p in listed.values()]


@pytest.mark.parametrize(("text", "inputs"), CASES, ids=IDS)
def test_value_and_gradient_agree_with_numpy(text, inputs):
    subject.assert_numpy(text, inputs)


# What JAX's own rules give where a function has a corner or a pole; `docs/expressions.md` quotes this table.
CORNERS = [
    ("abs(x)", {"x": "0.0"}, {"x": 1.0}),
    ("relu(x)", {"x": "0.0"}, {"x": 0.0}),
    ("leaky_relu(x)", {"x": "0.0"}, {"x": 1.0}),
    ("elu(x)", {"x": "0.0"}, {"x": 1.0}),
    ("sign(x)", {"x": "2.0"}, {"x": 0.0}),
    ("sqrt(x)", {"x": "0.0"}, {"x": np.inf}),
    ("norm(x)", {"x": "[0.0, 0.0]"}, {"x": [np.nan, np.nan]}),
    ("std(x)", {"x": "[1.0, 1.0]"}, {"x": [np.nan, np.nan]}),
    ("max(x)", {"x": "[2.0, 2.0, 1.0]"}, {"x": [0.5, 0.5, 0.0]}),
    ("min(x)", {"x": "[1.0, 1.0, 1.0, 1.0]"}, {"x": [0.25, 0.25, 0.25, 0.25]}),
    ("maximum(x, y)", {"x": "2.0", "y": "2.0"}, {"x": 0.5, "y": 0.5}),
    ("minimum(x, y)", {"x": "2.0", "y": "2.0"}, {"x": 0.5, "y": 0.5}),
    ("clip(x, 0, 1)", {"x": "0.0"}, {"x": 0.5}),
    ("clip(x, 0, 1)", {"x": "1.0"}, {"x": 0.5}),
    ("x ** 0", {"x": "0.0"}, {"x": 0.0}),
    ("x ** y", {"x": "0.0", "y": "2.0"}, {"x": 0.0, "y": 0.0}),
    ("prod(x)", {"x": "[0.0, 3.0]"}, {"x": [3.0, 0.0]}),
    ("atan2(y, x)", {"y": "0.0", "x": "0.0"}, {"y": np.nan, "x": np.nan}),
    ("stop_gradient(x)", {"x": "2.0"}, {"x": 0.0}),
]


@pytest.mark.parametrize(("text", "inputs", "expected"), CORNERS, ids=[f"{row[0]} {row[1]}" for row in CORNERS])
def test_corners_are_jax_own(text, inputs, expected):
    program = load(text, **inputs)
    _, gradients = program.value_and_gradients(program.inputs)
    for name, gradient in expected.items():
        np.testing.assert_array_equal(gradients[name], gradient, err_msg=name)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("name", SAMPLES)
def test_golden_samples_look_as_they_did(name, stage):
    """Golden texts, written anew with BACKFLOW_GOLDEN=1; the diff is to be read."""
    subject.assert_golden(name, stage, f"JAX {jax.__version__}")


@pytest.mark.parametrize("kink", KINKS, ids=KINK_IDS)
def test_a_kink_is_as_documented(kink):
    subject.assert_kink(kink)


def all_programs():
    yield from ((text, load(text, **inputs)) for text, inputs in SAMPLES.values())
    yield from ((text, load_arrays(text, inputs)) for text, inputs in CASES)


def test_every_operation_is_explained_and_stands_in_its_line_of_the_printout():
    """Also inside `let f = ...`, in nested jaxprs, and where an equation takes several lines."""
    known = table("jax")
    assert all(len(entry.word) <= 14 and entry.sentence and entry.category in CATEGORIES for entry in known.values())
    for text, program in all_programs():
        for stage in STAGES:
            captured = adapter.capture(program, stage)
            verify(captured.graph)
            printed = captured.text.splitlines()
            assert set(captured.lines) == {place for place, _, _ in walk(captured.graph)}, text
            for place, node, _ in walk(captured.graph):
                line = printed[captured.lines[place] - 1]
                if node.op == INPUT_OP:
                    assert "lambda" in line or place != node.id, (text, place)
                elif node.op != "literal":
                    assert node.op in known, (text, node.op)
                    assert f" = {node.op}" in line, (text, node.id)
                    assert f"[{','.join(map(str, node.outputs[0].type.shape))}]" in line, (text, node.id)


def test_the_printout_is_jax_own():
    captured = adapter.capture(load("a*(a+b)"), "jaxpr")
    assert captured.text == str(jax.make_jaxpr(lambda a, b: a * (a + b))(1.0, 1.0))


def test_nodes_of_one_line_of_the_printout_share_it():
    captured = adapter.capture(load("where(x > 0, x, -x) + where(x > 0, x, -x)"), "jaxpr")
    assert captured.lines["select_n"] == captured.lines["select_n_1"] == 2  # the body of `let _where = ...`
    assert captured.lines["add"] > captured.lines["neg_1"] > captured.lines["neg"]


def test_the_parts_of_an_expression_are_found_in_the_text():
    graph = graph_of("a*(a+b)")
    assert graph.node_by_id["add"].span == Span(1, 4, 1, 7)
    assert graph.node_by_id["mul"].span == Span(1, 1, 1, 8)


def test_equal_parts_of_a_text_keep_their_own_places():
    graph = graph_of("sin(x) + sin(x)")
    assert [graph.node_by_id[name].span.column for name in ("sin", "sin_1")] == [1, 10]
    graph = graph_of("where(x > 0, x, 1) * where(x > 0, x, 1)")
    assert [graph.node_by_id[name].span.column for name in ("select_n", "select_n_1")] == [1, 22]


def test_places_are_right_in_later_lines_and_behind_wide_letters():
    graph = graph_of("α = x*x\nsum(α + tanh(α))", x="normal(3)")
    assert graph.node_by_id["tanh"].span == Span(2, 9, 2, 16)
    assert graph.node_by_id["reduce_sum"].span == Span(2, 1, 2, 17)


def test_everything_inside_a_library_function_belongs_to_its_call():
    graph = graph_of("2 * std(x)", x="normal(3)")
    inside = [node for node in graph.nodes if node.scope]
    assert len(inside) > 5
    assert {node.span for node in inside} == {Span(1, 5, 1, 11)}
    assert {node.scope[0] for node in inside} == {"_std"}


def test_a_derivative_points_to_the_operation_it_differentiates():
    graph = graph_of("a*(a+b)", "gradient")
    assert graph.node_by_id["mul_2"].span == Span(1, 1, 1, 8)


def test_values_have_the_names_people_gave_them():
    text, inputs = SAMPLES["three-lines"]
    for stage in STAGES:
        graph = graph_of(text, stage, **inputs)
        named = {value.name: node.op for node in graph.nodes for value in node.outputs if value.name}
        assert named == {"w": "input", "x": "input", "b": "input", "y": "input", "h": "tanh", "e": "sub"}
        assert [graph.value_by_id[value].name for value in graph.inputs] == ["w", "x", "b", "y"]
    assert graph_of("h = softmax(z)\nsum(h * h)", z="normal(3)").value_by_id["div"].name == "h"


def test_an_input_may_be_called_like_a_primitive():
    program = load("add * mul + literal", add="2.0", mul="3.0", literal="4.0")
    graph = adapter.capture(program, "gradient").graph
    verify(graph)
    assert graph.inputs == ("add", "mul", "literal")
    value, gradients = program.value_and_gradients(program.inputs)
    assert value == 10
    assert {name: float(array) for name, array in gradients.items()} == {"add": 3, "mul": 2, "literal": 1}


def test_numbers_written_in_place_keep_their_position():
    node = graph_of("3 / (x + 5)").node_by_id["div"]
    assert node.params["literals"] == {"0": 3.0}
    assert node.inputs == ("add",)


def test_an_exponent_is_a_parameter():
    assert graph_of("x**2").node_by_id["integer_pow"].params == {"y": 2}


def test_roles_of_both_halves():
    found = {node.id: node.role for node in graph_of("a*(a+b)", "gradient").nodes}
    assert found == {
        "a": "input", "b": "input", "add": "primal", "mul": "primal",
        "mul_1": "cotangent", "mul_2": "cotangent", "add_any": "accumulate",
    }  # fmt: skip


def test_what_only_the_way_back_needs_is_residual():
    graph = graph_of("sin(x)", "gradient")
    assert graph.node_by_id["cos"].role == roles.RESIDUAL
    assert graph.node_by_id["sin"].role == roles.PRIMAL


def test_a_sum_inside_a_derivative_rule_is_no_sum_of_shares():
    """abs is used once; its rule adds the halves for the two signs."""
    graph = graph_of("abs(x)", "gradient")
    assert {node.role for node in graph.nodes if node.op == "add_any"} == {roles.COTANGENT}


def test_all_sums_on_the_way_to_a_cotangent_of_many_uses_accumulate():
    graph = graph_of("x*x*x", "gradient")
    assert [node.role for node in graph.nodes if node.op == "add_any"] == [roles.ACCUMULATE] * 2


def test_the_seed_of_a_result_with_entries_is_a_cotangent():
    graph = graph_of("x*2", "gradient", x="[1.0, 2.0]")
    assert [node.role for node in graph.nodes if node.op == "broadcast_in_dim"] == [roles.COTANGENT]


def test_the_zeros_of_an_input_without_a_path_belong_to_the_way_back():
    graph = graph_of("sign(x)", "gradient", x="[1.0, 2.0]")
    assert graph.producer[graph.outputs[1]].role == roles.COTANGENT


def test_a_call_with_its_own_rule_is_one_node_and_keeps_its_body():
    graph = graph_of("softplus(x) + softplus(y)")
    calls = [node for node in graph.nodes if node.op == "custom_jvp_call"]
    assert [node.params["name"] for node in calls] == ["logaddexp", "logaddexp"]
    assert [node.calls for node in calls] == [("logaddexp",), ("logaddexp_1",)]
    assert {node.op for node in graph.graphs[0].nodes} >= {"max", "exp", "log1p"}


def test_relu_is_shown_as_the_maximum_it_is():
    node = graph_of("relu(x)").node_by_id["max"]
    assert (node.inputs, node.scope, node.params) == (("x",), ("relu",), {"literals": {"1": 0.0}})


def test_a_result_with_entries_is_summed_and_says_so_once():
    program = load("x * y", x="[1.0, 2.0, 3.0]", y="2.0")
    adapter.capture(program, "jaxpr")
    adapter.capture(program, "gradient")
    value, gradients = program.value_and_gradients(program.inputs)
    assert [(notice.severity, notice.code, notice.params) for notice in program.notices] == [
        ("notice", "output_summed", {"shape": "(3,)"})
    ]
    assert value.tolist() == [2, 4, 6]
    assert gradients["y"] == 6


def test_a_scalar_result_needs_no_notice():
    program = load("sum(x)", x="[1.0, 2.0]")
    adapter.capture(program, "gradient")
    assert program.notices == []


def test_an_expression_of_constants_has_a_value_and_a_graph():
    program = load("2*3")
    graph = adapter.capture(program, "jaxpr").graph
    verify(graph)
    assert program.value({}) == 6
    assert [(node.op, node.role, node.params) for node in graph.nodes] == [
        ("literal", roles.CONSTANT, {"literals": {"0": 6}})
    ]
    (column,) = adapter.evaluate(program, "jaxpr", {})
    assert {name: cell.item() for name, cell in column.cells.items()} == {"literal": 6}


def test_an_input_alone_is_a_graph_and_its_gradient_is_one():
    graph = graph_of("x", "gradient")
    assert graph.outputs == ("x", "literal")
    assert graph.node_by_id["literal"].role == roles.COTANGENT


def test_integers_stay_integers_and_have_nothing_to_differentiate():
    program = load("x*2", x="3:int32")
    assert program.value(program.inputs).dtype == np.int32
    assert program.value_and_gradients(program.inputs)[1] == {"x": None}
    assert mistake("x*2", "gradient", x="3:int32").code == "no_float_input"


def test_a_comparison_has_no_gradient_and_says_why():
    assert mistake("x > 0", "gradient").code == "no_float_result"
    program = load("x > 0")
    assert program.value_and_gradients(program.inputs)[1] == {"x": None}


def test_an_integer_beside_a_float_has_no_gradient():
    program = load("x * i", i="3:int32")
    _, gradients = program.value_and_gradients(program.inputs)
    assert gradients["i"] is None
    assert gradients["x"] == 3


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64", "int64"])
def test_types_are_what_was_asked_for(dtype):
    program = load("x*x", x=f"3:{dtype}")
    captured = adapter.capture(program, "jaxpr")
    assert captured.graph.value_by_id["mul"].type.dtype == dtype
    assert program.value(program.inputs).dtype.name == dtype
    assert {cell.dtype.name for cell in next(adapter.evaluate(program, "jaxpr", program.inputs)).cells.values()} == {
        dtype
    }


def test_wide_numbers_do_not_stay_switched_on():
    program = load("x*x", x="3:float64")
    adapter.capture(program, "gradient")
    program.value_and_gradients(program.inputs)
    assert jax.numpy.ones(1).dtype == np.float32


def test_numbers_next_to_a_wide_input_are_wide():
    program = load("sqrt(2)*x", x="1:float64")
    assert program.value(program.inputs) == np.sqrt(2.0)


def test_a_text_captured_twice_is_traced_twice():
    first, second = load("a*(a+b)"), load("a*(a+b)", a="[1.0, 2.0]")
    assert adapter.capture(first, "jaxpr").graph.value_by_id["mul"].type.shape == ()
    assert adapter.capture(second, "jaxpr").graph.value_by_id["mul"].type.shape == (2,)
    assert adapter.capture(load("a*(a+b)"), "jaxpr").graph == adapter.capture(first, "jaxpr").graph
