"""PyTorch: the links between the fx graph and the joint graph, checked by the numbers on both ends."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from explorer.adapters.base import load_adapter  # noqa: E402
from explorer.adapters.pytorch import joint as joint_module  # noqa: E402
from explorer.adapters.pytorch import links as links_module  # noqa: E402
from explorer.capture.ops import table  # noqa: E402
from explorer.capture.record import Absence, Source, Summary  # noqa: E402
from explorer.errors import UnavailableError  # noqa: E402
from explorer.graph import roles  # noqa: E402
from explorer.graph.ir import INPUT_OP, use_key  # noqa: E402
from explorer.graph.verify import verify  # noqa: E402
from tests.adapters.cases import CASES, IDS, SAMPLES  # noqa: E402

adapter = load_adapter("pytorch")


class Both:
    """A text captured in both stages, with everything that is said about it."""

    def __init__(self, text, inputs):
        self.program = adapter.load(Source(text, "pytorch", inputs))
        self.fx, self.joint = (adapter.capture(self.program, stage).graph for stage in ("fx", "joint"))
        verify(self.fx)
        verify(self.joint)
        self.links = adapter.provenance(self.program, "joint").links
        evaluate = {stage: adapter.evaluate(self.program, stage, self.program.inputs) for stage in ("fx", "joint")}
        self.columns = {column.key: column for column in evaluate["fx"]}
        self.values = next(evaluate["joint"]).cells

    def linked(self, relation):
        return {link.source[0]: link.target[0] for link in self.links if link.relation == relation}


def same(one, other):
    np.testing.assert_allclose(np.asarray(one), np.asarray(other), rtol=1e-5, atol=1e-6)


def check_links(both):
    """Every link is exact, and what it links has the same number; shares add up to cotangents."""
    assert {link.evidence for link in both.links} == {"exact"}
    for relation in ("cotangent", "share"):
        column, linked = both.columns[relation].cells, both.linked(relation)
        assert set(linked) == set(column)
        for source, target in linked.items():
            assert both.joint.producer[target].role in (roles.COTANGENT, roles.ACCUMULATE)
            same(column[source], both.values[target])
    for value, users in both.fx.users.items():
        shares = [both.columns["share"].cells.get(use_key(node.id, operand)) for node, operand in users]
        if value in both.columns["cotangent"].cells:
            same(sum(share for share in shares if share is not None), both.columns["cotangent"].cells[value])
    check_same(both)
    check_accumulation(both)
    rows = table("pytorch")
    ops = {node.op for graph in (both.fx, both.joint) for node in graph.nodes} - {INPUT_OP, "output"}
    assert ops <= set(rows), "an operation has no row in resources/ops/pytorch.toml"


def check_same(both):
    for link in both.links:
        if link.relation == "same" and link.source != ("output",):
            source, *_ = both.fx.node_by_id[link.source[0]].outputs
            first, *_ = both.joint.node_by_id[link.target[-1]].outputs
            same(both.columns["value"].cells[source.id], both.values[first.id])


def check_accumulation(both):
    """A value with k shares has k - 1 additions behind its cotangent, and there are no others."""
    shared = both.linked("share")
    expected = 0
    for users in both.fx.users.values():
        expected += max(0, sum(use_key(node.id, operand) in shared for node, operand in users) - 1)
    found = [node for node in both.joint.nodes if node.role == roles.ACCUMULATE]
    assert len(found) == expected
    assert {node.op for node in found} <= {"aten.add.Tensor"}


@pytest.mark.parametrize(("text", "inputs"), CASES, ids=IDS)
def test_links_of_every_case_are_exact_and_their_numbers_agree(text, inputs):
    check_links(Both(text, {name: str(array.tolist()) for name, array in inputs.items()}))


@pytest.mark.parametrize("name", SAMPLES)
def test_links_of_the_samples_are_exact_and_their_numbers_agree(name):
    check_links(Both(*SAMPLES[name]))


MORE = [
    ("x", {}), ("+x", {}), ("x + x", {}), ("x * x * x", {}), ("y = x\ny * y", {}), ("z = y + 1\nx*2", {}),
    ("y = x*x\nz = y+1\ny", {}), ("stop_gradient(x)*x", {}), ("n*x", {"n": "2:int32"}), ("(x > 0)*x", {}),
    ("h = tanh(x)\nh*h + h + sin(h)*x", {"x": "normal(3)"}), ("x * y", {"x": "normal(3):bfloat16", "y": "normal(3)"}),
    ("x * y + y", {"x": "normal(3):float64", "y": "2.0"}), ("stack([x, y, 2]) * x", {}), ("sum(x)", {"x": "zeros(0)"}),
    ("reshape(transpose(x), (6,)) * reshape(broadcast_to(y, (2, 3)), (6,))", {"x": "normal(2,3)"}),
    ("clip(x, y, 2) + maximum(x, 0.5)", {}), ("clip(x, 0, y)", {}), ("clip(x, y, z)", {}), ("sin(2)*x + sin(2)", {}),
    ("x @ y", {"x": "normal(5,2,3)", "y": "normal(3,4)"}), ("x @ y", {"x": "normal(3)", "y": "normal(3,4)"}),
    ("where(x != 1, x, 2)", {}), ("where(x == y, x, y)", {}), ("where(x >= y, n*x, x)", {"n": "2:int64"}),
    ("where(x < 1, 1, 2)*x", {}), ("x % 2", {}), ("sum(squeeze(x, (0, 2)))", {"x": "normal(1,3,1)"}),
    ("norm(x, axis=(0,1)) + norm(y)", {"x": "normal(2,3)"}), ("where(1 < 2, x, y) + sigmoid(1)*x", {}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "inputs"), MORE, ids=[text for text, _ in MORE])
def test_links_of_unusual_texts_are_exact_too(text, inputs):
    check_links(Both(text, inputs))


def test_the_two_shares_of_a_in_the_famous_product():
    both = Both("a*(a+b)", {"a": "2.0", "b": "3.0"})
    shares = {key: float(cell) for key, cell in both.columns["share"].cells.items()}
    assert shares == {"mul#0": 5, "mul#1": 2, "add#0": 2, "add#1": 2, "output#0": 1}
    assert both.linked("cotangent") == {"a": "add_1", "b": "mul_1", "add": "mul_1", "mul": "tangents_1"}
    assert both.linked("share")["mul#0"] == "mul_2"
    total = both.joint.node_by_id["add_1"]
    assert total.role == roles.ACCUMULATE
    assert [float(both.values[value]) for value in total.inputs] == [5, 2]
    assert float(both.values["add_1"]) == 7


def test_every_operation_of_the_fx_graph_is_found_in_the_joint():
    both = Both("sum(relu(x @ W + b))", {"x": "normal(4,3)", "W": "normal(3,2)", "b": "normal(2)"})
    found = {link.source[0]: link.target for link in both.links if link.relation == "same"}
    assert found == {
        "x": ("primals_1",), "W": ("primals_2",), "b": ("primals_3",), "matmul": ("mm",), "add": ("add",),
        "relu": ("relu",), "sum_1": ("sum_1",), "output": ("output",),
    }  # fmt: skip


def test_one_operation_may_become_several():
    both = Both("x @ y", {"x": "normal(5,2,3)", "y": "normal(3,4)"})
    (product,) = [link for link in both.links if link.source == ("matmul",) and link.relation == "same"]
    assert [both.joint.node_by_id[node].op for node in product.target] == [
        "aten.view.default", "aten.mm.default", "aten._unsafe_view.default",
    ]  # fmt: skip


def test_a_line_that_nothing_reads_is_dropped_from_the_joint():
    both = Both("z = y + 1\nx*2", {})
    assert "add" in both.fx.node_by_id
    assert not [link for link in both.links if link.source == ("add",)]
    assert adapter.provenance(both.program, "joint").absent == {"add": Absence("pytorch_not_needed")}
    assert [node.op for node in both.joint.nodes if node.role == roles.PRIMAL] == ["aten.mul.Tensor"]


def test_the_first_stage_has_no_links():
    assert adapter.provenance(adapter.load(Source("x*x", "pytorch")), "fx") is None


def test_the_reason_stands_where_there_is_no_cotangent():
    both = Both("z = y + 1\nwhere(x > 0, stop_gradient(x)*x, n*x)", {"n": "2:int32"})
    absent = both.columns["cotangent"].absent
    assert absent == {
        "y": "pytorch_no_path", "add": "pytorch_no_path", "gt": "not_float", "n": "not_float",
        "detach": "pytorch_no_path",
    }  # fmt: skip
    assert both.columns["share"].absent["gt#0"] == "pytorch_no_path"
    assert set(both.columns["cotangent"].cells).isdisjoint(absent)
    assert both.columns["value"].cells["gt"].dtype == bool


def test_forward_only_gives_no_cotangents():
    program = adapter.load(Source("x*x", "pytorch", forward_only=True))
    assert [column.key for column in adapter.evaluate(program, "fx", program.inputs)] == ["value"]


def test_other_inputs_need_no_new_trace():
    both = Both("x * sin(x)", {"x": "2.0"})
    module, joint = both.program.module, both.program.joint
    moved = {"x": np.float32(-0.5)}
    columns = {column.key: column for column in adapter.evaluate(both.program, "fx", moved)}
    values = next(iter(adapter.evaluate(both.program, "joint", moved))).cells
    same(columns["cotangent"].cells["x"], np.sin(-0.5) - 0.5 * np.cos(-0.5))
    same(columns["cotangent"].cells["x"], values[both.linked("cotangent")["x"]])
    assert both.program.module is module
    assert both.program.joint is joint


def test_a_large_value_is_summed_up():
    both = Both("x * 2", {"x": "normal(100, 100)"})
    cell = both.columns["value"].cells["mul"]
    assert isinstance(cell, Summary)
    assert cell.shape == (100, 100)


def test_links_say_guess_when_the_marked_trace_is_another_graph(monkeypatch):
    monkeypatch.setattr(links_module, "match", lambda one, other: None)
    both = Both("a*(a+b)", {"a": "2.0", "b": "3.0"})
    assert {link.evidence for link in both.links if link.relation != "same"} == {"guess"}
    assert {link.evidence for link in both.links if link.relation == "same"} == {"exact"}
    assert both.linked("cotangent")["a"] == "add_1"


def test_marks_on_values_alone_are_the_second_choice(monkeypatch):
    answers = iter([None])
    real = links_module.match
    monkeypatch.setattr(links_module, "match", lambda one, other: next(answers, real(one, other)))
    both = Both("a*(a+b)", {"a": "2.0", "b": "3.0"})
    assert both.linked("cotangent") == {"a": "add_1", "b": "mul_1", "add": "mul_1", "mul": "tangents_1"}
    assert set(both.linked("share")) == {"mul#1", "add#1", "output#0"}, "only single uses are certain"


def test_two_graphs_that_differ_do_not_match():
    programs = [adapter.load(Source(text, "pytorch")) for text in ("a*b + a", "a*b + b", "a*b + a*2", "a*b + a")]
    graphs = []
    for program in programs:
        adapter.capture(program, "joint")
        graphs.append(program.joint[0].module.graph)
    assert [links_module.match(graphs[0], graph) is not None for graph in graphs] == [True, False, False, True]


def test_torch_still_traces_the_joint_graph_where_we_look_for_it():
    """Private: fails with the name of what moved."""
    from torch._functorch import aot_autograd

    assert hasattr(aot_autograd, "aot_export_joint_with_descriptors"), (
        "torch._functorch.aot_autograd.aot_export_joint_with_descriptors is gone: joint.py:_aot_joint needs another way"
    )


def test_torch_still_hands_metadata_down_and_tags_the_backward_pass():
    """Private: `meta["custom"]`, `meta["partitioner_tag"]` and `meta["desc"]` of the joint graph's nodes."""
    both = Both("a*(a+b)", {"a": "2.0", "b": "3.0"})
    joint, _ = both.program.joint
    calls = {node.name: node for node in joint.nodes if node.op == "call_function"}
    origins = {name: node.meta["origin"] for name, node in calls.items()}
    assert origins == {"add": "add", "mul": "mul", "mul_1": "mul", "mul_2": "mul", "add_1": ""}, (
        'torch no longer copies node.meta["custom"] of an fx node to its ATen nodes: marks.py:handed_down relies on it'
    )
    assert {name for name, node in calls.items() if joint_module.is_backward(node)} == {"mul_1", "mul_2", "add_1"}, (
        'torch no longer sets node.meta["partitioner_tag"] = "is_backward": joint.py:is_backward relies on it'
    )
    assert [node.id for node in both.joint.nodes if node.op == INPUT_OP] == list(joint.given)
    assert list(joint.given.values()) == ["a", "b", joint_module.SEED], (
        'torch no longer puts a descriptor into node.meta["desc"] of a placeholder: joint.py:_giver relies on it'
    )


def test_a_torch_without_the_private_call_says_so(monkeypatch):
    from torch._functorch import aot_autograd

    monkeypatch.delattr(aot_autograd, "aot_export_joint_with_descriptors")
    program = adapter.load(Source("a*b", "pytorch"))
    adapter.capture(program, "fx")
    with pytest.raises(UnavailableError, match="no longer has aot_export_joint_with_descriptors"):
        adapter.capture(program, "joint")
