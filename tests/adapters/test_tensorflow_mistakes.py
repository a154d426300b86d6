"""What people read when TensorFlow refuses their text, and where it points."""

from __future__ import annotations

import pytest

tf = pytest.importorskip("tensorflow")

from explorer.adapters.base import load_adapter  # noqa: E402
from explorer.adapters.tensorflow import devices  # noqa: E402
from explorer.capture.record import Source  # noqa: E402
from explorer.errors import ProgramError, UnavailableError, UsageError  # noqa: E402
from explorer.graph.ir import Span  # noqa: E402
from explorer.graph.verify import verify  # noqa: E402

adapter = load_adapter("tensorflow")


def load(text, *, device="cpu", **inputs):
    return adapter.load(Source(text, "tensorflow", inputs, device=device))


def failure(text, *, stage="funcgraph", **inputs):
    with pytest.raises(ProgramError) as caught:
        adapter.capture(load(text, **inputs), stage)
    return caught.value


TWO, THREE = "[1.0, 2.0]", "[1.0, 2.0, 3.0]"
SENTENCES = [
    ("a*b + c", {"a": TWO, "b": TWO, "c": THREE}, Span(1, 1, 1, 8),
     "AddV2 cannot work on f32[2] and f32[3]: Dimensions must be equal, but are 2 and 3"),
    ("h = a*2\nmatmul(h, h) + 1", {"a": "normal(2, 3)"}, Span(2, 1, 2, 13),
     "MatMul cannot work on f32[2, 3] and f32[2, 3]: Dimensions must be equal, but are 3 and 2"),
    ("1 + x @ y", {"x": "normal(2, 3)", "y": "normal(2, 3)"}, Span(1, 5, 1, 10),
     "MatMul cannot work on f32[2, 3] and f32[2, 3]: Dimensions must be equal, but are 3 and 2"),
    ("x + n", {"n": "2:int32"}, Span(1, 1, 1, 6),
     "AddV2 cannot work on f32[] and i32[]: Input 'y' of 'AddV2' Op has type int32 that does not match type float32 "
     "of argument 'x'"),
    ("n*2.5", {"n": "2:int32"}, Span(1, 1, 1, 6),
     "Mul cannot work on i32[] and 2.5: Expected int32 passed to parameter 'y' of op 'Mul', got 2.5 of type 'float' "
     "instead"),
    ("reshape(x*x, (3, 2))", {"x": TWO}, Span(1, 1, 1, 21),
     "Reshape cannot work on f32[2] and (3, 2): Cannot reshape a tensor with 2 elements to shape [3,2] (6 elements)"),
    ("sum(x, axis=3)", {"x": TWO}, Span(1, 1, 1, 15),
     "Sum cannot work on f32[2]: Invalid reduction dimension 3 for input with 1 dimensions"),
    ("concatenate([x*1, y], axis=1)", {"x": TWO, "y": THREE}, Span(1, 1, 1, 30),
     "ConcatV2 cannot work on f32[2] and f32[3]: Shape must be at least rank 2 but is rank 1"),
    ("x + 1/0", {}, Span(1, 5, 1, 8), "/ cannot work on 1 and 0: division by zero"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "inputs", "span", "sentence"), SENTENCES, ids=[row[0] for row in SENTENCES])
def test_one_sentence_says_what_failed_on_what_and_where(text, inputs, span, sentence):
    error = failure(text, **inputs)
    assert error.code == "operation_failed"
    assert error.span == span
    assert str(error) == f"{sentence}."
    assert "Traceback" in error.detail


def test_the_graph_up_to_the_mistake_is_kept():
    partial = failure("a*b + c", a=TWO, b=TWO, c=THREE).partial
    verify(partial)
    assert [node.id for node in partial.nodes] == ["a", "b", "c", "mul"]
    assert partial.node_by_id["mul"].span == Span(1, 1, 1, 4)


def test_the_gradient_stage_of_a_failing_text_tells_the_same():
    error = failure("a + b", stage="gradient", a=TWO, b=THREE)
    assert (error.code, error.span) == ("operation_failed", Span(1, 1, 1, 6))


def test_an_operation_that_refuses_its_values_only_when_it_runs_is_placed_too():
    program = load("h = x*2\ncumsum(h, axis=4)", x=TWO)
    adapter.capture(program, "funcgraph")
    for run in (
        lambda: program.value(program.inputs),
        lambda: program.value_and_gradients(program.inputs),
        lambda: list(adapter.evaluate(program, "funcgraph", program.inputs)),
    ):
        with pytest.raises(ProgramError) as caught:
            run()
        assert caught.value.span == Span(2, 1, 2, 18)
        assert str(caught.value) == (
            "Cumsum cannot work on f32[2] and i32[]: ScanOp: Expected scan axis in the range [-1, 1), but got 4."
        )


def test_a_number_too_large_for_a_tensor_is_said_in_a_sentence():
    assert str(failure("2 ** 100")).startswith("TensorFlow cannot hold the result: ")


def test_trouble_that_names_no_operation_is_passed_on_in_a_sentence():
    program = load("x*x")
    with pytest.raises(ProgramError) as caught, program._running(program._forward(program.inputs), {}):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor with shape[9,9]")
    assert str(caught.value) == "TensorFlow stopped while it computed: OOM when allocating tensor with shape[9,9]."


@pytest.mark.parametrize(("text", "inputs"), [("n*2", {"n": "3:int32"}), ("2*3", {})])
def test_without_a_float_there_is_nothing_to_differentiate(text, inputs):
    assert failure(text, stage="gradient", **inputs).code == "no_float_input"


def test_whole_numbers_have_no_gradient():
    program = load("n*2", n="3:int32")
    assert program.value_and_gradients(program.inputs) == (6, {"n": None})


def test_a_comparison_alone_has_no_gradient():
    error = failure("x > 0", stage="gradient")
    assert str(error) == "The result is of type bool, and only floating-point results have gradients."


def test_a_syntax_error_is_said_before_anything_is_traced():
    with pytest.raises(ProgramError) as caught:
        load("a*(a+b")
    assert caught.value.code == "syntax"


def test_an_unknown_stage_names_the_known_ones():
    with pytest.raises(UsageError) as caught:
        adapter.capture(load("x"), "joint")
    assert str(caught.value) == "TensorFlow has no stage joint."


@pytest.mark.parametrize("device", ["tpu", "cpu:7", "gpu:99"])
def test_an_absent_device_is_an_error_and_not_the_cpu(device):
    """`tf.device("/GPU:99")` runs on the CPU without a word."""
    with pytest.raises(UnavailableError) as caught:
        load("x", device=device)
    assert caught.value.code == "device_absent"
    assert caught.value.params["device"] == device
    assert "cpu" in caught.value.params["devices"]


def test_the_device_is_read_back_from_a_tensor():
    assert load("x", device="CPU:0").device == "cpu"
    with tf.device("/CPU:0"):
        assert devices.device_of(tf.ones([2])) == "cpu"


def test_probe_names_version_and_devices():
    probe = adapter.probe()
    assert probe.version == tf.__version__
    assert ("cpu", "cpu") in [(device.id, device.kind) for device in probe.devices]
