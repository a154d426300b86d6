"""PyTorch: a mistake is one sentence with its place, and the graph up to it stays."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

from explorer.adapters.base import load_adapter
from explorer.capture.record import Source
from explorer.errors import ProgramError
from explorer.graph.ir import Span
from explorer.graph.verify import verify
from explorer.messages import hint

adapter = load_adapter("pytorch")


def mistake(text, stage="fx", **inputs):
    with pytest.raises(ProgramError) as raised:
        adapter.capture(adapter.load(Source(text, "pytorch", inputs)), stage)
    hint(raised.value.code, raised.value.params)
    return raised.value


def test_shapes_that_do_not_fit():
    error = mistake("h = tanh(a)\nh*(a + b)", a="[1.0, 2.0]", b="[1.0, 2.0, 3.0]")
    assert str(error).startswith("operator.add cannot work on f32[2] and f32[3]: The size of tensor a (2) must match")
    assert error.span == Span(2, 4, 2, 9)
    verify(error.partial)
    assert [node.id for node in error.partial.nodes] == ["a", "b", "tanh", "add"]
    assert error.partial.node_by_id["add"].outputs == ()
    assert error.params["node"] == "add"
    assert "Traceback" in error.detail


def test_a_matrix_product_that_does_not_fit():
    error = mistake("x @ W", x="normal(4, 3)", W="normal(2, 5)")
    assert error.params["shapes"] == "f32[4, 3] and f32[2, 5]"
    assert "shapes cannot be multiplied" in str(error)
    assert error.span == Span(1, 1, 1, 6)


def test_an_axis_that_is_not_there():
    error = mistake("sum(x, axis=3)", x="normal(2, 3)")
    assert error.params["op"] == "torch.sum"
    assert error.params["shapes"] == "f32[2, 3]"
    assert error.span == Span(1, 1, 1, 15)


def test_an_axis_that_cannot_be_squeezed():
    error = mistake("squeeze(x, axis=1)", x="normal(2, 3)")
    assert "only axes of length 1 can be squeezed" in str(error)
    assert error.span == Span(1, 1, 1, 19)


def test_plain_python_that_fails():
    error = mistake("y = x + 1/0\ny*x")
    assert str(error).startswith("1/0 cannot work on these operands: division by zero")
    assert error.span == Span(1, 9, 1, 12)
    verify(error.partial)
    assert [node.id for node in error.partial.nodes] == ["x"]


def test_a_failing_operation_has_its_place_without_a_graph_too():
    program = adapter.load(Source("a + b", "pytorch", {"a": "[1.0, 2.0]", "b": "[1.0, 2.0, 3.0]"}))
    with pytest.raises(ProgramError) as raised:
        program.value_and_gradients(program.inputs)
    assert raised.value.span == Span(1, 1, 1, 6)
    assert str(raised.value).startswith("a + b cannot work on these operands: The size of tensor a (2) must match")


@pytest.mark.parametrize(
    ("text", "inputs", "code", "words"),
    [
        ("n*2", {"n": "2:int32"}, "no_float_input", "no input is a floating-point number"),
        ("2*3", {}, "no_float_input", "no input is a floating-point number"),
        ("x > 1", {}, "no_float_result", "of type bool"),
        ("stop_gradient(x)", {}, "pytorch_constant_result", "No input reaches the result"),
        ("y = 3*x\n2 % y", {}, "pytorch_no_derivative", "operator.mod has no derivative"),
    ],
)
def test_why_there_is_no_joint_graph(text, inputs, code, words):
    error = mistake(text, "joint", **inputs)
    assert error.code == code
    assert words in str(error)


def test_an_operation_without_a_derivative_has_its_place_and_its_values():
    assert mistake("y = 3*x\n2 % y", "joint").span == Span(2, 1, 2, 6)
    program = adapter.load(Source("2 % x", "pytorch", {"x": "1.5"}))
    columns = {column.key: column for column in adapter.evaluate(program, "fx", program.inputs)}
    assert columns["value"].cells["mod"] == 0.5
    assert columns["cotangent"].cells == {}
    with pytest.raises(ProgramError, match="not implemented"):
        program.value_and_gradients(program.inputs)


def test_what_torch_cannot_trace_is_said_in_one_sentence(monkeypatch):
    from torch._functorch import aot_autograd

    def refuse(*arguments):
        raise RuntimeError("something new.\nwith advice")

    monkeypatch.setattr(aot_autograd, "aot_export_joint_with_descriptors", refuse)
    error = mistake("a*b", "joint")
    assert str(error) == "PyTorch cannot trace the backward pass: something new."
    assert "with advice" in error.detail


def test_nan_and_infinity_are_numbers_not_mistakes():
    program = adapter.load(Source("log(x) + 1/y", "pytorch", {"x": "-1.0", "y": "0.0"}))
    adapter.capture(program, "joint")
    value, gradients = program.value_and_gradients(program.inputs)
    assert value != value
    assert gradients["y"] == float("-inf")
