"""What people see of TensorFlow: graphs, texts, places in the source, and the numbers of every listed function."""

from __future__ import annotations

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

from explorer.adapters.tensorflow.functions import functions  # noqa: E402
from explorer.capture.functions import FUNCTION_NAMES  # noqa: E402
from explorer.graph import roles  # noqa: E402
from explorer.graph.ir import Span  # noqa: E402
from explorer.graph.verify import verify  # noqa: E402
from tests.adapters.cases import CASES, IDS, SAMPLES  # noqa: E402
from tests.adapters.common import KINKS, Subject  # noqa: E402

STAGES = ("funcgraph", "gradient")
subject = Subject("tensorflow")
adapter, load, load_arrays = subject.adapter, subject.load, subject.load_arrays


def test_every_listed_function_has_a_tensorflow_callable():
    assert set(functions(tf.float32)) == FUNCTION_NAMES


@pytest.mark.parametrize(("text", "inputs"), CASES, ids=IDS)
def test_value_and_gradient_agree_with_numpy(text, inputs):
    subject.assert_numpy(text, inputs)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("name", SAMPLES)
def test_samples_look_as_they_did(name, stage):
    """Golden texts, written anew with BACKFLOW_GOLDEN=1; the diff is to be read."""
    subject.assert_golden(name, stage, f"TensorFlow {tf.__version__}")


def test_the_parts_of_an_expression_are_found_in_the_text():
    graph = adapter.capture(load("a*(a+b)"), "funcgraph").graph
    assert graph.node_by_id["add"].span == Span(1, 4, 1, 7)
    assert graph.node_by_id["mul"].span == Span(1, 1, 1, 8)


def test_places_are_right_in_later_lines_and_behind_wide_letters():
    graph = adapter.capture(load("α = x*x\nsum(α + tanh(α))", x="normal(3)"), "funcgraph").graph
    assert graph.node_by_id["Tanh"].span == Span(2, 9, 2, 16)
    assert graph.node_by_id["Sum"].span == Span(2, 1, 2, 17)


def test_an_op_of_a_derivative_rule_points_to_the_operation_it_differentiates():
    graph = adapter.capture(load("a*(a+b)"), "gradient").graph
    assert graph.node_by_id["bwd/mul_grad/Mul"].span == Span(1, 1, 1, 8)
    assert graph.node_by_id["bwd/AddN"].span is None


def test_the_printout_has_one_line_for_each_node():
    for stage in STAGES:
        captured = adapter.capture(load("sum(relu(x @ W + b))", x="normal(4,3)", W="normal(3,2)", b="normal(2)"), stage)
        lines = captured.text.splitlines()
        assert set(captured.lines) == {node.id for node in captured.graph.nodes}
        for node in captured.graph.nodes:
            assert lines[captured.lines[node.id] - 1].strip().startswith(f"{node.id} = ")


def test_inputs_keep_the_names_people_gave_them():
    graph = adapter.capture(load("α * X + x", X="2.0", x="3.0"), "funcgraph").graph
    assert [graph.value_by_id[value].name for value in graph.inputs] == ["α", "X", "x"]
    assert all(graph.producer[value].role == roles.INPUT for value in graph.inputs)


def test_names_that_tensorflow_uses_itself_are_free_for_inputs():
    program = load("bwd * seed * mul * Identity", bwd="2.0", seed="3.0", mul="5.0", Identity="7.0")
    graph = adapter.capture(program, "gradient").graph
    verify(graph)
    assert {link.evidence for link in adapter.provenance(program, "gradient").links} == {"exact"}
    value, gradients = program.value_and_gradients(program.inputs)
    assert value == 210
    assert {name: float(array) for name, array in gradients.items()} == {
        "bwd": 105,
        "seed": 70,
        "mul": 42,
        "Identity": 30,
    }


def test_roles_of_both_halves():
    graph = adapter.capture(load("a*(a+b)"), "gradient").graph
    found = {node.id: node.role for node in graph.nodes}
    assert found == {
        "a": "input", "b": "input", "add": "primal", "mul": "primal", "seed": "cotangent", "bwd/grad_ys_0": "cotangent",
        "bwd/mul_grad/Mul": "cotangent", "bwd/mul_grad/Mul_1": "cotangent", "bwd/AddN": "accumulate",
        "Identity": "output", "Identity_1": "output", "Identity_2": "output",
    }  # fmt: skip


def test_what_only_the_way_back_needs_is_residual():
    graph = adapter.capture(load("sin(x)"), "gradient").graph
    assert graph.node_by_id["bwd/Sin_grad/Cos"].role == roles.RESIDUAL
    assert graph.node_by_id["bwd/Sin_grad/mul"].role == roles.COTANGENT


def test_a_result_with_entries_is_summed_and_says_so():
    program = load("x * y", x="[1.0, 2.0, 3.0]", y="2.0")
    adapter.capture(program, "gradient")
    assert [(notice.severity, notice.code, notice.params["shape"]) for notice in program.notices] == [
        ("notice", "output_summed", "(3,)")
    ]
    value, gradients = program.value_and_gradients(program.inputs)
    assert value.tolist() == [2, 4, 6]
    assert gradients["y"] == 6
    assert len(program.notices) == 1


def test_a_scalar_result_needs_no_notice():
    program = load("sum(x)", x="[1.0, 2.0]")
    adapter.capture(program, "gradient")
    assert program.notices == []


def test_numbers_next_to_integers_stay_integers():
    program = load("x*2", x="3:int32")
    assert program.value(program.inputs).dtype == np.int32
    assert program.value(program.inputs) == 6


def test_numbers_alone_take_the_type_of_the_inputs():
    program = load("sqrt(2)*x", x="1:float64")
    assert program.value(program.inputs) == np.sqrt(2.0)


def test_an_expression_of_constants_has_a_value_and_a_graph():
    program = load("2*3")
    graph = adapter.capture(program, "funcgraph").graph
    assert program.value({}) == 6
    assert [node.role for node in graph.nodes] == [roles.CONSTANT, roles.OUTPUT]


def test_half_precision_is_kept():
    program = load("x*x", x="1.5:bfloat16")
    value, gradients = program.value_and_gradients(program.inputs)
    assert value.dtype.name == gradients["x"].dtype.name == "bfloat16"
    assert float(gradients["x"]) == 3


CHOICES = [(kink["text"], kink["inputs"], {kink["by"]: kink["tensorflow"]}) for kink in KINKS]
STEPS = [
    ("round(x) * y", {"x": "1.5", "y": "3.0"}, {"x": 0.0, "y": 2.0}),
    ("ceil(x) + x", {"x": "0.5"}, {"x": 1.0}),
    ("stop_gradient(x) * y", {"x": "2.0", "y": "3.0"}, {"x": 0.0, "y": 2.0}),
    ("where(x > 0, 2.0, 3.0) * y", {"x": "1.0", "y": "1.0"}, {"x": 0.0, "y": 2.0}),
    ("x / y", {"x": "1.0", "y": "0.0"}, {"x": np.inf, "y": -np.inf}),
    ("h = x*2\ny*y", {"x": "1.0", "y": "3.0"}, {"x": None, "y": 6.0}),
]


@pytest.mark.parametrize(("text", "inputs", "expected"), [*CHOICES, *STEPS])
def test_derivatives_at_kinks_and_steps_are_those_of_the_documentation(text, inputs, expected):
    program = load(text, **inputs)
    _, gradients = program.value_and_gradients(program.inputs)
    for name, value in expected.items():
        if value is None:
            assert gradients[name] is None
        else:
            np.testing.assert_allclose(gradients[name], value, rtol=1e-6)
    assert_cotangents_are(program, gradients)


def assert_cotangents_are(program, gradients):
    """The cotangent column of an input is the gradient that is reported for it, or absent as well."""
    graph = adapter.capture(program, "funcgraph").graph
    columns = {column.key: column for column in adapter.evaluate(program, "funcgraph", program.inputs)}
    for value in graph.inputs:
        gradient = gradients[graph.value_by_id[value].name]
        if gradient is None:
            assert value in columns["cotangent"].absent
        else:
            np.testing.assert_array_equal(columns["cotangent"].cells[value], gradient)
