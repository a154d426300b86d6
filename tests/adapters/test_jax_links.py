"""The two stages of JAX belong together: what computes the same, which variable holds which cotangent and share."""

from __future__ import annotations

import numpy as np
import pytest

jax = pytest.importorskip("jax")

from explorer.adapters.base import load_adapter  # noqa: E402
from explorer.adapters.jax import links, marks  # noqa: E402
from explorer.capture.record import Source, Summary  # noqa: E402
from explorer.graph import places, roles  # noqa: E402
from explorer.graph.ir import use_key  # noqa: E402
from tests.adapters.cases import CASES, IDS, SAMPLES  # noqa: E402

adapter = load_adapter("jax")

# What derivative rules do differently: calls with a rule of their own, ties, products, jits in jits, unread equations.
HARD = {
    "relu": ("relu(x) * x", {"x": "[-1.0, 0.0, 2.0]"}),
    "logsumexp": ("logsumexp(x) * sum(x)", {"x": "[1.0, 2.0, 3.0]"}),
    "softmax of softmax": ("softmax(softmax(x)) * x", {"x": "[1.0, 2.0, 3.0]"}),
    "where used often": ("where(x > y, x*y, y/x) * where(x > 1, x, y)", {"x": "[0.5, 2.0]", "y": "[1.0, 1.5]"}),
    "softplus": ("softplus(x*y) + softplus(x)", {"x": "[-1.0, 2.0]", "y": "3.0"}),
    "product": ("prod(x) * max(x)", {"x": "[2.0, 3.0, 2.5]"}),
    "std in norm": ("norm(x / std(x) + x)", {"x": "[2.0, 3.0, 2.5]"}),
    "joined": ("sum(concatenate([x, x * x]) * 2)", {"x": "[2.0, 3.0]"}),
    "many uses": ("x*x*x + x/x - sin(x)**3", {"x": "1.3"}),
    "sum of inputs": ("x + y", {"x": "1.0", "y": "2.0"}),
    "stopped": ("stop_gradient(x*y) * x", {"x": "2.0", "y": "3.0"}),
    "steps": ("round(x) * x + sign(x)", {"x": "[1.7, -0.4]"}),
    "unused line": ("h = exp(x)\nx * 2", {"x": "2.0"}),
    "other types": ("x * i + where(b, x, y)", {"x": "2.0", "i": "3:int32", "b": "True:bool", "y": "1:float64"}),
    "handed on": ("y + 0.5 + (0.5 - y) / (y * 0.5)", {"y": "0.9"}),
    "handed on and used": ("h = x + 1\nsin(h) * h * x + exp(x)", {"x": "0.9"}),
    "half": ("sum(tanh(x) * x)", {"x": "[1.0, 2.0]:bfloat16"}),
}


def load(text, **inputs):
    return adapter.load(Source(text, "jax", inputs))


def numbers(program, stage, inputs=None):
    columns = adapter.evaluate(program, stage, inputs or program.inputs)
    return {column.key: column for column in columns}


def found_links(program):
    assert adapter.provenance(program, "jaxpr") is None
    return adapter.provenance(program, "gradient").links


def close(actual, expected, dtype):
    tolerance = 2e-2 if dtype in ("bfloat16", "float16") else 1e-5
    np.testing.assert_allclose(np.float64(actual), np.float64(expected), rtol=tolerance, atol=tolerance / 10)


def check_program(program):
    """Every link is exact and the numbers at its two ends are the same; shares of a value sum to its cotangent."""
    first = adapter.capture(program, "jaxpr").graph
    second = adapter.capture(program, "gradient").graph
    columns, later = numbers(program, "jaxpr"), numbers(program, "gradient")["value"].cells
    values, cotangents, shares = (columns[key].cells for key in ("value", "cotangent", "share"))
    assert set(values) == set(first.value_by_id)
    assert set(later) == set(second.value_by_id)
    for link in found_links(program):
        (source,), (target,) = link.source, link.target
        assert link.evidence == "exact"
        if link.relation == "same":
            ours, theirs = first.node_by_id[source].outputs[0], second.node_by_id[target].outputs[0]
            close(later[theirs.id], values[ours.id], ours.type.dtype)
        else:
            held = cotangents if link.relation == "cotangent" else shares
            close(later[target], held[source], second.value_by_id[target].type.dtype)
    check_sums(first, cotangents, shares)
    check_gradients(program, first, cotangents)
    check_completeness(program, first, second, columns)


def check_sums(graph, cotangents, shares):
    for value, cotangent in cotangents.items():
        parts = [use_key(node.id, operand) for node, operand in graph.users.get(value, ())]
        parts = [np.float64(shares[part]) for part in parts if part in shares]
        if parts and value not in graph.outputs:
            close(cotangent, sum(parts), graph.value_by_id[value].type.dtype)


def check_gradients(program, graph, cotangents):
    _, gradients = program.value_and_gradients(program.inputs)
    for name in graph.inputs:
        if name in cotangents:
            close(cotangents[name], gradients[name], graph.value_by_id[name].type.dtype)
        else:
            assert gradients[name] is None or not np.any(gradients[name])


def check_completeness(program, first, second, columns):
    """Every value has a cotangent or a reason; every node its counterpart; nothing is linked that is not there."""
    cotangent, share = columns["cotangent"], columns["share"]
    known = {*cotangent.cells, *cotangent.absent}
    assert {value for value in known if places.INTO not in value} == set(first.value_by_id)
    assert not set(cotangent.cells) & set(cotangent.absent)
    uses = {use_key(node.id, k) for node in first.nodes for k in range(len(node.inputs))}
    assert set(share.cells) | set(share.absent) == uses
    relations = {kind: {link.source[0] for link in found_links(program) if link.relation == kind} for kind in
                 ("same", "cotangent", "share")}  # fmt: skip
    assert relations["same"] == set(first.node_by_id)
    # A literal seed (1.0 of a scalar result) is no value, nor is it where an addition hands it on; and an addition of a
    # number hands on its tangent, so JAX may sum the cotangents of its result and of its operand in one go.
    for value in set(cotangent.cells) - relations["cotangent"]:
        assert cotangent.cells[value] == 1 or first.producer[value].op in ("add", "sub")
    accumulated = {link.target[0] for link in found_links(program) if link.relation == "cotangent"}
    sums = [node for node in second.nodes if node.role == roles.ACCUMULATE]
    assert all(node.op == "add_any" for node in sums)
    assert {node.outputs[0].id for node in sums} & accumulated or not sums


@pytest.mark.parametrize("name", [*SAMPLES, *HARD])
def test_linked_numbers_are_equal(name):
    text, inputs = {**SAMPLES, **HARD}[name]
    check_program(load(text, **inputs))


@pytest.mark.parametrize(("text", "inputs"), CASES, ids=IDS)
def test_links_of_every_function_are_exact_and_complete(text, inputs):
    """Structure only, for all cases: the marked trace is the shown one, and every node has its counterpart."""
    program = load(text, **{name: str(np.asarray(array).tolist()) for name, array in inputs.items()})
    first = adapter.capture(program, "jaxpr").graph
    found = found_links(program)
    assert {link.evidence for link in found} == {"exact"}
    assert {link.source[0] for link in found if link.relation == "same"} == set(first.node_by_id)
    for name in program.inputs:
        reached = program.findings.reached
        linked = {link.source[0] for link in found if link.relation == "cotangent"}
        assert (name in linked) == (name in reached)


def test_the_shares_of_a_fan_in_are_five_and_two_and_sum_to_seven():
    program = load("a*(a+b)", a="2.0", b="3.0")
    columns = numbers(program, "jaxpr")
    assert {key: cell.item() for key, cell in columns["value"].cells.items()} == {"a": 2, "b": 3, "add": 5, "mul": 10}
    assert {key: cell.item() for key, cell in columns["cotangent"].cells.items()} == {
        "a": 7,
        "b": 2,
        "add": 2,
        "mul": 1,
    }
    assert {key: cell.item() for key, cell in columns["share"].cells.items()} == {
        "mul#0": 5, "mul#1": 2, "add#0": 2, "add#1": 2,
    }  # fmt: skip
    graph = adapter.capture(program, "gradient").graph
    (total,) = (node for node in graph.nodes if node.role == roles.ACCUMULATE)
    links_to = {(link.relation, link.source, link.target) for link in found_links(program)}
    assert ("cotangent", ("a",), (total.id,)) in links_to
    later = numbers(program, "gradient")["value"].cells
    assert sorted(later[value].item() for value in total.inputs) == [2, 5]
    assert later[total.id].item() == 7


def test_a_cotangent_that_jax_never_computes_alone_has_a_number_and_no_link():
    """The tangent of h is that of x: JAX adds the cotangents of both to one sum."""
    program = load("h = x + 1\nsin(h) * h * x", x="0.9")
    cotangents = numbers(program, "jaxpr")["cotangent"].cells
    np.testing.assert_allclose(cotangents["add"], 0.9 * (np.sin(1.9) + 1.9 * np.cos(1.9)), rtol=1e-6)
    linked = {link.source[0] for link in found_links(program) if link.relation == "cotangent"}
    assert "add" not in linked
    assert "x" in linked
    graph = adapter.capture(program, "gradient").graph
    assert [node.role for node in graph.nodes if node.op == "add_any"] == [roles.ACCUMULATE] * 2


def test_relu_at_a_kink_follows_its_own_rule_and_not_that_of_the_maximum_inside():
    columns = numbers(load("sum(relu(x))", x="[0.0, 3.0]"), "jaxpr")
    assert columns["cotangent"].cells["x"].tolist() == [0, 1]
    assert columns["share"].cells["max#0"].tolist() == [0, 1]
    tied = numbers(load("sum(maximum(x, 0))", x="[0.0, 3.0]"), "jaxpr")
    assert tied["cotangent"].cells["x"].tolist() == [0.5, 1]


def test_what_has_no_cotangent_says_why():
    columns = numbers(load("stop_gradient(x) * y + where(x > 0, y, 1)"), "jaxpr")
    absent = columns["cotangent"].absent
    assert (absent["x"], absent["stop_gradient"], absent["gt"]) == ("jax_no_path", "jax_no_path", "not_float")
    assert columns["share"].absent["stop_gradient#0"] == "jax_no_path"


def test_there_are_only_values_where_nothing_can_be_differentiated():
    assert list(numbers(load("x*2", x="3:int32"), "jaxpr")) == ["value"]
    assert list(numbers(load("x > 2"), "jaxpr")) == ["value"]
    program = adapter.load(Source("x*2", "jax", forward_only=True))
    assert list(numbers(program, "jaxpr")) == ["value"]


def test_negative_zero_keeps_its_sign():
    program = load("atan2(x, y)", x="-0.0", y="-1.0")
    cells = numbers(program, "jaxpr")["value"].cells
    assert np.signbit(cells["x"])
    assert cells["atan2"] == np.float32(-np.pi)


def test_large_arrays_are_summarised():
    cells = numbers(load("sum(x*x)", x="ones(100, 100)"), "jaxpr")["cotangent"].cells
    assert isinstance(cells["x"], Summary)
    assert (cells["x"].shape, cells["x"].mean) == ((100, 100), 2)


def test_a_slider_traces_nothing_again():
    program = load("sum(relu(x @ W + b))", x="normal(4, 3)", W="normal(3, 2)", b="normal(2)")
    for stage in ("jaxpr", "gradient"):
        for scale in (1, 2, 3):
            inputs = {name: array * np.float32(scale) for name, array in program.inputs.items()}
            value = numbers(program, stage, inputs)["value"].cells
            np.testing.assert_allclose(value["W"], inputs["W"])
        assert program.evaluator(stage).traces == 1


def test_marks_that_change_the_program_give_guesses_and_say_so(monkeypatch):
    monkeypatch.setattr(links, "correspondence", lambda ours, theirs: None)
    program = load("a*(a+b)")
    adapter.capture(program, "gradient")
    found = found_links(program)
    assert {link.evidence for link in found} == {"guess"}
    assert {link.relation for link in found} == {"same"}
    assert {(link.source, link.target) for link in found} >= {(("add",), ("add",)), (("mul",), ("mul",))}
    assert numbers(program, "jaxpr")["cotangent"].cells["a"] == 3


def test_values_alone_are_marked_where_marks_on_uses_change_the_order(monkeypatch):
    """The links of cotangents stay exact, the shares have none."""
    real = links.marked
    asked = []

    def marked(flat, *, uses, reverse):
        asked.append((uses, reverse))
        program = real(flat, uses=uses, reverse=reverse)
        return (lambda *arrays: tuple(map(jax.numpy.negative, program(*arrays)))) if uses else program

    monkeypatch.setattr(links, "marked", marked)
    program = load("a*(a+b)")
    found = found_links(program)
    assert asked == [(True, False), (True, True), (False, False)]
    assert {link.evidence for link in found} == {"exact"}
    assert {link.relation for link in found} == {"same", "cotangent"}
    assert adapter.capture(program, "gradient").graph.node_by_id["add_any"].role == roles.ACCUMULATE
    assert numbers(program, "jaxpr")["share"].cells["mul#0"] == 2


def test_jax_lets_a_primitive_of_our_own_be_differentiated():
    """Guards of what marks stand on; see explorer/adapters/jax/marks.py."""
    from jax.interpreters import ad

    for name in ("Zero", "primitive_jvps", "primitive_transposes"):
        assert hasattr(ad, name), f"JAX moved jax.interpreters.ad.{name}: links between the stages cannot be found"
    assert ad.primitive_jvps[marks.mark()], "JAX took the derivative rule of the mark away"


def test_jax_tells_a_literal_from_a_variable_under_trace():
    assert found_links(load("sum(x)", x="[1.0]:bfloat16"))[0].evidence == "exact", (
        "JAX moved Tracer.get_const: links of texts with several float types are guesses (marks.is_number)"
    )
