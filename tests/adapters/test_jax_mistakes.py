"""What JAX cannot do is said in one sentence with its place; devices; guards of what is private in JAX."""

from __future__ import annotations

import pytest

jax = pytest.importorskip("jax")

from explorer.adapters.base import load_adapter  # noqa: E402
from explorer.capture.record import Source  # noqa: E402
from explorer.errors import ProgramError, UnavailableError, UsageError  # noqa: E402
from explorer.graph.ir import Span  # noqa: E402
from explorer.graph.verify import verify  # noqa: E402

adapter = load_adapter("jax")


def load(text, **inputs):
    return adapter.load(Source(text, "jax", inputs))


def mistake(text, stage="jaxpr", **inputs):
    with pytest.raises(ProgramError) as raised:
        adapter.capture(load(text, **inputs), stage)
    return raised.value


def test_shapes_that_do_not_fit_are_said_with_place_and_partial_graph():
    error = mistake("h = x*2\nsum(h @ y)", x="normal(4, 3)", y="normal(4, 3)")
    assert (error.code, error.span) == ("operation_failed", Span(2, 5, 2, 10))
    assert (error.params["op"], error.params["shapes"]) == ("matmul", "f32[4, 3] and f32[4, 3]")
    assert "contracting dimensions" in error.params["reason"]
    assert str(error).startswith("matmul cannot work on f32[4, 3] and f32[4, 3]: ")
    assert "Traceback" in error.detail
    verify(error.partial)
    assert [node.id for node in error.partial.nodes] == ["x", "y", "mul"]


@pytest.mark.parametrize(
    ("text", "op", "shapes"),
    [
        ("x + y", "add", "f32[2] and f32[3]"),
        ("x*x - y", "subtract", "f32[2] and f32[3]"),
        ("maximum(x, y)", "maximum", "f32[2] and f32[3]"),
        ("where(x > 0, x, y)", "where", "bool[2] and f32[2] and f32[3]"),
        ("stack([x, y])", "stack", "f32[2] and f32[3]"),
        ("einsum('i,i->', sin(x), y)", "einsum", "f32[2] and f32[3]"),
        ("reshape(x, (3, 3))", "reshape", "f32[2]"),
        ("sum(x, axis=2)", "sum", "f32[2]"),
        ("x + 1/0", "divide", "1 and 0"),
    ],
)
def test_a_failing_operation_names_its_operands(text, op, shapes):
    error = mistake(text, **{name: value for name, value in {"x": "ones(2)", "y": "ones(3)"}.items() if name in text})
    assert (error.params["op"], error.params["shapes"]) == (op, shapes)


def test_the_gradient_of_a_failing_text_is_the_same_mistake():
    for ask in (
        lambda program: adapter.capture(program, "gradient"),
        lambda program: program.value(program.inputs),
        lambda program: program.value_and_gradients(program.inputs),
    ):
        with pytest.raises(ProgramError) as raised:
            ask(load("x + y", x="ones(2)", y="ones(3)"))
        assert (raised.value.code, raised.value.span) == ("operation_failed", Span(1, 1, 1, 6))


def test_text_that_is_no_expression_is_refused():
    with pytest.raises(ProgramError) as raised:
        load("x.real")
    assert raised.value.code == "attribute"


def test_an_unknown_stage_is_said():
    with pytest.raises(UsageError, match="JAX has no stage fx"):
        adapter.capture(load("x"), "fx")


def test_devices_and_version_are_reported():
    probe = adapter.probe()
    assert probe.version == jax.__version__
    assert "cpu" in [device.id for device in probe.devices]


def test_the_device_is_read_back_from_an_array():
    assert load("x").device == "cpu"
    assert load("2*3").device == "cpu"


def test_an_absent_device_is_said():
    with pytest.raises(UnavailableError, match="JAX has no device tpu:7 here") as raised:
        adapter.load(Source("x", "jax", device="tpu:7"))
    assert "cpu" in raised.value.params["devices"]


def test_jax_keeps_the_source_of_an_equation_where_it_was():
    """Guards of private reads; see explorer/adapters/jax/source_info.py."""
    from jax._src import source_info_util

    assert hasattr(source_info_util, "user_frames"), "JAX moved user_frames: nodes have no place in the text any more"
    (eqn,) = jax.make_jaxpr(lambda x: jax.numpy.sin(x))(1.0).eqns
    assert hasattr(eqn.source_info, "traceback"), "JAX moved an equation's traceback: nodes have no place in the text"
    assert hasattr(eqn.source_info.name_stack, "stack"), "JAX moved the name stack: forward and backward look alike"
    frame = next(source_info_util.user_frames(eqn.source_info.traceback))
    assert {"file_name", "start_line", "start_column", "end_line", "end_column"} <= set(frame._fields), (
        "JAX renamed the fields of a frame: nodes have no place in the text"
    )


def test_jax_marks_the_way_back_in_the_name_stack():
    closed = jax.make_jaxpr(jax.grad(lambda x: jax.numpy.sin(x)))(1.0)
    kinds = {type(entry).__name__ for eqn in closed.eqns for entry in eqn.source_info.name_stack.stack}
    assert kinds == {"Transform"}, "JAX renamed the elements of its name stack: the way back is not recognised"


def test_jax_runs_an_equation_from_its_params():
    (eqn,) = jax.make_jaxpr(lambda x: jax.nn.relu(x))(1.0).eqns
    assert isinstance(eqn.primitive.get_bind_params(eqn.params), dict), (
        "JAX changed get_bind_params: values cannot be computed (explorer/adapters/jax/equations.py, bind)"
    )
