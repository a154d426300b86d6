"""Cotangents, shares and the links to the tensors that hold them: everything is checked by its numbers."""

from __future__ import annotations

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

from explorer.adapters.base import load_adapter  # noqa: E402
from explorer.adapters.tensorflow import links  # noqa: E402
from explorer.adapters.tensorflow.backward import rule_of  # noqa: E402
from explorer.capture.inputs import example  # noqa: E402
from explorer.capture.ops import CATEGORIES, table  # noqa: E402
from explorer.capture.record import FULL_CELL_LIMIT, Source, Summary  # noqa: E402
from explorer.graph import roles  # noqa: E402
from explorer.graph.ir import INPUT_OP, use_key  # noqa: E402
from explorer.graph.verify import verify  # noqa: E402
from explorer.messages import sentence  # noqa: E402
from tests.adapters.cases import CASES, IDS, SAMPLES  # noqa: E402

adapter = load_adapter("tensorflow")
SAMPLE_CASES = [
    (text, {name: example(name, value) for name, value in inputs.items()}) for text, inputs in SAMPLES.values()
]


def load(text, **inputs):
    return adapter.load(Source(text, "tensorflow", inputs))


def columns(program, stage="funcgraph", inputs=None):
    return {column.key: column for column in adapter.evaluate(program, stage, inputs or program.inputs)}


@pytest.mark.parametrize(("text", "arrays"), [*CASES, *SAMPLE_CASES], ids=[*IDS, *SAMPLES])
def test_linked_tensors_hold_the_numbers_of_the_columns(text, arrays):
    program = load(text, **{name: str(np.asarray(array).tolist()) for name, array in arrays.items()})
    forward = adapter.capture(program, "funcgraph").graph
    gradient = adapter.capture(program, "gradient").graph
    verify(forward)
    verify(gradient)
    assert_ops_are_explained(forward, gradient)
    assert_numbers(program, forward)
    assert_links(program, forward, gradient)
    assert_accumulations_sum_shares(program, forward, gradient)


def assert_ops_are_explained(*graphs):
    known = table("tensorflow")
    assert {node.op for graph in graphs for node in graph.nodes} - set(known) <= {INPUT_OP}


def assert_numbers(program, forward):
    """Every value has a number, every cotangent is the sum of its shares, what is absent says why."""
    found = columns(program)
    assert set(found["value"].cells) == set(forward.value_by_id)
    assert set(found["cotangent"].cells) | set(found["cotangent"].absent) == set(forward.value_by_id)
    for column in found.values():
        assert all(sentence(code, {}) for code in column.absent.values())
    shares = found["share"].cells
    for value, cotangent in found["cotangent"].cells.items():
        assert cotangent.shape == found["value"].cells[value].shape
        keys = [use_key(*use) for use in users_of(forward, value)]
        parts = [shares[key] for key in keys if key in shares]
        if parts:
            np.testing.assert_allclose(sum(parts), cotangent, rtol=1e-5, atol=1e-6, err_msg=value)


def assert_links(program, forward, gradient):
    found, values = columns(program), columns(program, "gradient")["value"].cells
    assert set(values) == set(gradient.value_by_id)
    provenance = adapter.provenance(program, "gradient")
    assert {link.evidence for link in provenance.links} == {"exact"}
    linked = {"same": set(), "cotangent": set(), "share": set()}
    for link in provenance.links:
        (source,), (target,) = link.source, link.target
        linked[link.relation].add(source)
        if link.relation != "same":
            np.testing.assert_allclose(values[target], found[link.relation].cells[source], rtol=1e-5, atol=1e-6)
    assert linked["same"] == {node.id for node in forward.nodes}
    # All but constants used several times, whose shares TensorFlow computes and does not sum.
    given = {value for value in found["cotangent"].cells if forward.producer[value].role != roles.CONSTANT}
    assert given <= linked["cotangent"]
    assert set(found["share"].cells) == linked["share"]


def assert_accumulations_sum_shares(program, forward, gradient):
    targets = {}
    for link in adapter.provenance(program, "gradient").links:
        targets.setdefault(link.relation, {})[link.source[0]] = link.target[0]
    sums = {node.id for node in gradient.nodes if node.role == roles.ACCUMULATE}
    assert sums == {node.id for node in gradient.nodes if node.op == "AddN"}
    for name in sums:
        values = [value for value, target in targets["cotangent"].items() if gradient.producer[target].id == name]
        uses = [[use_key(*use) for use in users_of(forward, value)] for value in values]
        shares = [sorted(targets["share"][key] for key in keys if key in targets["share"]) for keys in uses]
        assert sorted(gradient.node_by_id[name].inputs) in shares


def users_of(graph, value):
    return [(user.id, operand) for user, operand in graph.users.get(value, ())]


def test_all_explanations_fit_their_card():
    for op, entry in table("tensorflow").items():
        assert 0 < len(entry.word) <= 14, op
        assert entry.sentence.endswith(".")
        assert entry.category in CATEGORIES


def test_two_uses_of_a_bring_five_and_two():
    found = columns(load("a*(a+b)", a="2.0", b="3.0"))
    assert {key: float(cell) for key, cell in found["value"].cells.items()} == {
        "a": 2, "b": 3, "add": 5, "mul": 10, "Identity": 10,
    }  # fmt: skip
    assert {key: float(cell) for key, cell in found["cotangent"].cells.items()} == {
        "a": 7, "b": 2, "add": 2, "mul": 1, "Identity": 1,
    }  # fmt: skip
    assert {key: float(cell) for key, cell in found["share"].cells.items()} == {
        "mul#0": 5, "add#0": 2, "add#1": 2, "mul#1": 2, "Identity#0": 1,
    }  # fmt: skip


def test_the_sum_of_shares_is_linked_to_the_value_it_is_for():
    program = load("a*(a+b)", a="2.0", b="3.0")
    found = {(link.relation, *link.source): link.target for link in adapter.provenance(program, "gradient").links}
    assert found["cotangent", "a"] == ("bwd/AddN",)
    assert found["share", "mul#0"] == ("bwd/mul_grad/Mul",)
    assert found["share", "add#0"] == ("bwd/mul_grad/Mul_1",)
    assert found["cotangent", "Identity"] == ("seed",)
    assert found["same", "mul"] == ("mul",)
    assert adapter.provenance(program, "funcgraph") is None


def test_the_same_value_twice_in_one_operation_has_two_shares():
    found = columns(load("x*x", x="3.0"))
    assert float(found["share"].cells["mul#0"]) == float(found["share"].cells["mul#1"]) == 3
    assert float(found["cotangent"].cells["x"]) == 6


def test_new_numbers_trace_nothing_again():
    program = load("sum(tanh(w*x))", w="0.5", x="[1.0, 2.0]")
    for stage in ("funcgraph", "gradient"):
        adapter.capture(program, stage)
        list(adapter.evaluate(program, stage, program.inputs))
    for w in (0.1, 0.2, 0.3):
        moved = {**program.inputs, "w": np.float32(w)}
        x = program.inputs["x"]
        for stage in ("funcgraph", "gradient"):
            values = columns(program, stage, moved)["value"].cells
            np.testing.assert_allclose(values["Sum"], np.tanh(w * x).sum(), rtol=1e-6)
        slope = columns(program, inputs=moved)["cotangent"].cells["w"]
        np.testing.assert_allclose(slope, (x * (1 - np.tanh(w * x) ** 2)).sum(), rtol=1e-5)
    assert (program.forward_numbers.traces, program.gradient_numbers.traces) == (1, 1)


def test_value_and_gradients_trace_once_for_each_type():
    program = load("x*x", x="3.0")
    first = program._gradient(program.inputs)
    program.value_and_gradients({"x": np.float32(4)})
    assert program._gradient({"x": np.float32(5)}) is first
    assert program._gradient({"x": np.float64(5)}) is not first


def test_whole_numbers_have_values_and_no_cotangents():
    found = columns(load("where(n > 2, x, 2*x)", x="1.5", n="3:int32"))
    assert found["value"].cells["n"] == 3
    assert found["value"].cells["Greater"].dtype == bool
    assert found["cotangent"].absent["n"] == found["cotangent"].absent["Greater"] == "not_float"


def test_a_value_behind_a_step_has_no_cotangent_and_says_why():
    found = columns(load("floor(x*x) + y", x="1.5"))
    assert found["cotangent"].absent["mul"] == "tensorflow_no_path"
    assert found["cotangent"].cells["x"] == 0
    assert found["share"].absent["Floor#0"] == "tensorflow_no_path"


def test_a_result_that_is_no_float_still_has_values():
    program = load("x > y", x="[1.0, 3.0]", y="2.0")
    found = columns(program)
    assert found["value"].cells["Identity"].tolist() == [False, True]
    assert not found["cotangent"].cells
    value, gradients = program.value_and_gradients(program.inputs)
    assert value.tolist() == [False, True]
    assert gradients == {"x": None, "y": None}


def test_large_arrays_are_kept_as_summaries():
    size = FULL_CELL_LIMIT + 1
    cells = columns(load("sum(x*x)", x=f"ones({size})"))["value"].cells
    assert isinstance(cells["mul"], Summary)
    assert (cells["mul"].shape, cells["mul"].norm) == ((size,), np.sqrt(size))
    assert cells["Sum"] == size


def test_a_backward_pass_that_differs_is_called_a_guess(monkeypatch):
    """If the marked trace did not equal the shown one, nobody may be told that what it found is exact."""
    monkeypatch.setattr(links, "_signature", lambda operations, marks=(): {"marks": bool(marks)})
    links_found = adapter.provenance(load("a*b"), "gradient").links
    assert {link.evidence for link in links_found if link.relation == "share"} == {"guess"}
    assert {link.evidence for link in links_found if link.relation == "same"} == {"exact"}


def test_tensorflow_names_the_ops_of_a_derivative_rule_after_the_forward_op():
    """`backward.rule_of` reads this naming, which TensorFlow does not document. If this fails, it has moved."""
    with tf.Graph().as_default():
        x = tf.compat.v1.placeholder(tf.float32, [], "x")
        y = tf.sin(x, name="part/wave")
        (found,) = tf.gradients(y, [x], name="bwd")
    assert found.op.name == "bwd/part/wave_grad/mul"
    assert rule_of(found.op.name) == "part/wave"
    assert rule_of("bwd/AddN") is None


def test_identity_adds_no_op_to_the_backward_pass():
    """Marks are Identity ops; if their derivative ever becomes an op, `links` must strip it from both passes."""
    with tf.Graph().as_default() as graph:
        x = tf.compat.v1.placeholder(tf.float32, [], "x")
        y = tf.identity(x)
        before = len(graph.get_operations())
        seed = tf.ones([])
        found = tf.gradients(y, [x, y], grad_ys=seed, name="bwd")
    assert found[0] is found[1]
    assert len(graph.get_operations()) == before + 2  # the ones, and TensorFlow's own Identity of them
