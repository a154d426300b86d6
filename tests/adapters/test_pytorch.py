"""What people see of PyTorch: graphs, texts, places in the source, and the numbers of every listed function."""

from __future__ import annotations

import subprocess
import sys

import ml_dtypes
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from explorer.adapters.pytorch.functions import functions  # noqa: E402
from explorer.capture.functions import FUNCTION_NAMES  # noqa: E402
from explorer.capture.ops import CATEGORIES, table  # noqa: E402
from explorer.capture.record import Source  # noqa: E402
from explorer.errors import UnavailableError, UsageError  # noqa: E402
from explorer.graph import roles  # noqa: E402
from explorer.graph.ir import INPUT_OP, Span  # noqa: E402
from explorer.graph.verify import verify  # noqa: E402
from explorer.messages import sentence  # noqa: E402
from tests.adapters.cases import CASES, IDS, SAMPLES  # noqa: E402
from tests.adapters.common import KINK_IDS, KINKS, Subject  # noqa: E402

STAGES = ("fx", "aten", "joint")
subject = Subject("pytorch")
adapter, load, load_arrays = subject.adapter, subject.load, subject.load_arrays


def test_every_listed_function_has_a_torch_callable():
    assert set(functions(torch.tensor)) == FUNCTION_NAMES


@pytest.mark.parametrize(("text", "inputs"), CASES, ids=IDS)
def test_value_and_gradient_agree_with_numpy(text, inputs):
    subject.assert_numpy(text, inputs)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("name", SAMPLES)
def test_samples_look_as_they_did(name, stage):
    """Golden texts, written anew with BACKFLOW_GOLDEN=1; the diff is to be read."""
    subject.assert_golden(name, stage, f"PyTorch {torch.__version__.split('+')[0]}")


@pytest.mark.parametrize("kink", KINKS, ids=KINK_IDS)
def test_a_kink_is_as_documented(kink):
    subject.assert_kink(kink)


def test_the_parts_of_an_expression_are_found_in_the_text():
    graph = adapter.capture(load("a*(a+b)"), "fx").graph
    assert graph.node_by_id["add"].span == Span(1, 4, 1, 7)
    assert graph.node_by_id["mul"].span == Span(1, 1, 1, 8)
    assert graph.node_by_id["a"].span is None


def test_places_are_right_in_later_lines_and_behind_wide_letters():
    graph = adapter.capture(load("α = x*x\nsum(α + tanh(α))", x="normal(3)"), "fx").graph
    assert graph.node_by_id["tanh"].span == Span(2, 9, 2, 16)
    assert graph.node_by_id["sum_1"].span == Span(2, 1, 2, 17)


def test_an_op_of_a_derivative_rule_points_to_the_operation_it_differentiates():
    graph = adapter.capture(load("h = a*3\nh*(h+b)"), "joint").graph
    shares = [node for node in graph.nodes if node.role == roles.COTANGENT and node.op == "aten.mul.Tensor"]
    assert [node.span for node in shares] == [Span(2, 1, 2, 8), Span(2, 1, 2, 8), Span(1, 5, 1, 8)]
    total = next(node for node in graph.nodes if node.role == roles.ACCUMULATE)
    assert total.span == Span(1, 5, 1, 8), "the sum of shares points to the value whose cotangent it is"


def test_the_printout_has_a_line_for_each_node():
    for stage in STAGES:
        captured = adapter.capture(load("sum(relu(x @ W + b))", x="normal(4,3)", W="normal(3,2)", b="normal(2)"), stage)
        lines = captured.text.splitlines()
        assert set(captured.lines) == {node.id for node in captured.graph.nodes}
        for node in captured.graph.nodes:
            line = lines[captured.lines[node.id] - 1].strip()
            if node.op == INPUT_OP:
                assert line.startswith("def forward(")
                assert f"{node.id}: " in line
            else:
                assert line.startswith("return" if node.op == "output" else f"{node.id}: ")


def test_the_printout_quotes_the_users_lines():
    captured = adapter.capture(load("h = tanh(x)\nh*h"), "joint")
    assert "# File: <user-1>:1 in forward, code: h = tanh(x)" in captured.text
    assert "# File: <user-1>:2 in forward, code: h*h" in captured.text


def test_inputs_keep_the_names_people_gave_them():
    for stage in STAGES:
        graph = adapter.capture(load("α * X + x", X="2.0", x="3.0"), stage).graph
        given = [graph.value_by_id[value] for value in graph.inputs if graph.producer[value].role == roles.INPUT]
        assert [value.name for value in given] == ["α", "X", "x"]
    assert list(adapter.capture(load("W*w"), "fx").graph.inputs) == ["W", "w"]


def test_names_that_torch_uses_itself_are_free_for_inputs():
    names = {"add": "2.0", "mul": "3.0", "output": "5.0", "self": "7.0", "tangents_1": "11.0", "torch": "13.0"}
    program = load(" * ".join(names), **names)
    for stage in STAGES:
        verify(adapter.capture(program, stage).graph)
    assert {link.evidence for link in adapter.provenance(program, "joint").links} == {"exact"}
    value, gradients = program.value_and_gradients(program.inputs)
    assert value == 30030
    assert {name: float(array) for name, array in gradients.items()} == {
        name: 30030 / float(number) for name, number in names.items()
    }


def test_a_number_where_torch_takes_none_is_a_constant():
    program = load("sin(2) * _tensor_constant0 + maximum(x, 0)", _tensor_constant0="3.0", x="-1.0")
    graphs = [adapter.capture(program, stage).graph for stage in STAGES]
    for graph in graphs:
        verify(graph)
        constants = [node for node in graph.nodes if node.role == roles.CONSTANT]
        assert [node.outputs[0].name for node in constants] == ["2.0", "0.0"]
        assert all(node.op == INPUT_OP for node in constants)
    assert graphs[0].node_by_id["sin"].span == Span(1, 1, 1, 7)
    np.testing.assert_allclose(program.value(program.inputs), np.sin(2) * 3, rtol=1e-6)
    gradient = program.value_and_gradients({name: np.float64(3) for name in program.inputs})[1]["_tensor_constant0"]
    np.testing.assert_allclose(gradient, np.sin(2), rtol=1e-15, err_msg="numbers take the dtype of the inputs")


def test_numbers_among_the_operands_stand_in_their_places():
    graphs = [adapter.capture(load("1 - 2*x ** 3"), stage).graph for stage in STAGES]
    first = {node.op: node.params for node in graphs[0].nodes}
    assert first["operator.sub"] == {"literals": {"0": 1}}
    assert first["operator.pow"] == {"literals": {"1": 3}}
    joint = {node.op: node.params for node in graphs[2].nodes if node.role == roles.PRIMAL}
    assert joint["aten.rsub.Scalar"] == {"literals": {"1": 1}}


def test_settings_of_a_call_have_names():
    graphs = [adapter.capture(load("sum(x, axis=1)", x="normal(2, 3)"), stage).graph for stage in STAGES]
    assert graphs[0].node_by_id["sum_1"].params == {"dim": 1, "keepdim": False}
    assert graphs[1].node_by_id["sum_1"].params == graphs[2].node_by_id["sum_1"].params == {"dim": [1]}
    assert adapter.capture(load("einsum('i,i->', x, x)", x="[1.0]"), "fx").graph.node_by_id["einsum"].params == {
        "equation": "i,i->"
    }


def test_roles_of_both_halves():
    graph = adapter.capture(load("a*(a+b)"), "joint").graph
    assert {node.id: node.role for node in graph.nodes} == {
        "primals_1": "input", "primals_2": "input", "tangents_1": "cotangent", "add": "primal", "mul": "primal",
        "mul_1": "cotangent", "mul_2": "cotangent", "add_1": "accumulate",
        "output": "output", "output_a": "output", "output_b": "output",
    }  # fmt: skip
    assert graph.outputs == ("mul", "add_1", "mul_1")
    assert [graph.node_by_id[f"output_{name}"].inputs for name in "ab"] == [("add_1",), ("mul_1",)]


def test_what_only_the_way_back_needs_is_residual():
    graph = adapter.capture(load("sin(x)"), "joint").graph
    found = {node.op: node.role for node in graph.nodes if node.op.startswith("aten.")}
    assert found == {
        "aten.sin.default": roles.PRIMAL, "aten.cos.default": roles.RESIDUAL, "aten.mul.Tensor": roles.COTANGENT,
    }  # fmt: skip


def test_aliases_that_autograd_keeps_for_itself_are_not_shown():
    text = adapter.capture(load("sum(relu(x))", x="normal(3)"), "joint").text
    assert "detach" not in text
    assert "clone" not in text


def test_the_users_own_stop_gradient_is_shown():
    graph = adapter.capture(load("stop_gradient(x)*x"), "joint").graph
    assert graph.node_by_id["detach"].role == roles.PRIMAL


@pytest.mark.parametrize("text", ["x", "transpose(x)", "reshape(x, (-1,))", "+x"])
def test_a_result_that_is_a_view_of_an_input_has_its_gradient_in_the_joint(text):
    program = load(text, x="normal(2, 3)")
    graph = adapter.capture(program, "joint").graph
    verify(graph)
    cells = {column.key: column.cells for column in adapter.evaluate(program, "joint", program.inputs)}["value"]
    assert graph.node_by_id["output_x"].params == {"gradient": "x"}
    np.testing.assert_array_equal(cells[graph.outputs[1]], np.ones((2, 3), np.float32))


def test_a_result_with_entries_is_summed_and_says_so():
    program = load("x * y", x="[1.0, 2.0, 3.0]", y="2.0")
    adapter.capture(program, "joint")
    assert [(notice.severity, notice.code, notice.params["shape"]) for notice in program.notices] == [
        ("notice", "output_summed", "(3,)")
    ]
    value, gradients = program.value_and_gradients(program.inputs)
    assert value.tolist() == [2, 4, 6]
    assert gradients["y"] == 6
    assert len(program.notices) == 1


def test_a_scalar_result_needs_no_notice():
    program = load("x * y")
    adapter.capture(program, "joint")
    program.value_and_gradients(program.inputs)
    assert program.notices == []


def test_a_text_of_numbers_only_has_a_value():
    program = load("2*3")
    graph = adapter.capture(program, "fx").graph
    verify(graph)
    assert [node.role for node in graph.nodes] == [roles.CONSTANT, roles.OUTPUT]
    assert program.value({}) == 6
    assert program.value_and_gradients({})[1] == {}


def test_bfloat16_goes_in_and_comes_out():
    program = load("maximum(x, 0) * x", x="normal(3):bfloat16")
    assert adapter.capture(program, "fx").graph.value_by_id["maximum"].type.dtype == "bfloat16"
    value, gradients = program.value_and_gradients(program.inputs)
    assert value.dtype == gradients["x"].dtype == ml_dtypes.bfloat16
    expected = np.maximum(program.inputs["x"].astype(np.float32), 0) ** 2
    np.testing.assert_allclose(value.astype(np.float32), expected, rtol=2**-7)


def test_inputs_with_the_same_numbers_stay_two_inputs():
    program = load("a - b", a="3.0", b="3.0")
    adapter.capture(program, "joint")
    shared = np.float32(3)
    columns = adapter.evaluate(program, "joint", {"a": shared, "b": np.float32(1)})
    assert next(iter(columns)).cells["sub"] == 2
    assert program.value({"a": shared, "b": shared}) == 0
    assert shared == 3


def test_the_same_text_captured_twice_is_fresh():
    source = Source("sin(x)*x", "pytorch", {"x": "2.0"})
    one, two = adapter.load(source), adapter.load(source)
    first, second = (adapter.capture(program, "joint") for program in (one, two))
    again = adapter.capture(one, "joint")
    assert first.graph == second.graph == again.graph
    assert first.text == second.text == again.text
    assert first.graph is not again.graph
    other = adapter.load(Source("sin(x)*x", "pytorch", {"x": "[1.0, 2.0]"}))
    assert adapter.capture(other, "joint").graph.value_by_id["mul"].type.shape == (2,)


def test_the_rows_of_the_op_table_fit_the_cards():
    for op, entry in table("pytorch").items():
        assert 0 < len(entry.word) <= 14, op
        assert entry.sentence.endswith("."), op
        assert entry.category in CATEGORIES, op


def test_the_first_picture_does_not_wait_for_parts_of_torch_that_nothing_here_uses(monkeypatch):
    distributed = "torch.distributed.tensor"
    monkeypatch.delitem(sys.modules, distributed, raising=False)
    adapter.capture(load("a*b"), "fx")
    assert distributed not in sys.modules, "GraphModule.print_readable imports it: printout.py refuses that"


def test_probe_tells_version_and_devices():
    probe = adapter.probe()
    assert probe.version == torch.__version__
    assert (probe.devices[0].id, probe.devices[0].kind) == ("cpu", "cpu")
    assert load("x").device == "cpu"


def test_looking_for_devices_starts_no_gpu_driver():
    code = (
        "import torch; from explorer.adapters.base import load_adapter; load_adapter('pytorch').probe(); "
        "assert torch.cuda.is_available() or not torch.cuda.is_initialized()"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=120)


@pytest.mark.parametrize("device", ["cuda:99", "nonsense", ""])
def test_an_absent_device_is_named_with_those_there_are(device):
    with pytest.raises(UnavailableError) as raised:
        adapter.load(Source("x", "pytorch", device=device))
    assert raised.value.code == "device_absent"
    assert raised.value.params["framework"] == "PyTorch"
    assert "cpu" in raised.value.params["devices"]
    assert sentence(raised.value.code, raised.value.params)


def test_an_unknown_stage_is_named_with_those_there_are():
    with pytest.raises(UsageError, match="nothing") as raised:
        adapter.capture(load("x"), "nothing")
    assert raised.value.params["known"] == "fx, aten, joint"
