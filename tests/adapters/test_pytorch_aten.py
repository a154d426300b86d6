"""PyTorch: core ATen, and its links to the fx graph, checked by the numbers on both ends."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from explorer.adapters.base import load_adapter  # noqa: E402
from explorer.capture.ops import table  # noqa: E402
from explorer.capture.record import Source  # noqa: E402
from explorer.errors import ProgramError  # noqa: E402
from explorer.graph.ir import INPUT_OP, Span  # noqa: E402
from explorer.messages import hint  # noqa: E402
from tests.adapters.cases import SAMPLES  # noqa: E402

adapter = load_adapter("pytorch")


def values(program, stage):
    return next(column for column in adapter.evaluate(program, stage, program.inputs) if column.key == "value").cells


@pytest.mark.parametrize("name", ["layer", "softmax", "branch"])
def test_every_operation_is_linked_and_has_the_number_of_what_it_is_linked_to(name):
    text, inputs = SAMPLES[name]
    program = adapter.load(Source(text, "pytorch", inputs))
    fx, aten = (adapter.capture(program, stage).graph for stage in ("fx", "aten"))
    before, after = values(program, "fx"), values(program, "aten")
    links = adapter.provenance(program, "aten").links
    assert {link.source[0] for link in links} == set(fx.node_by_id)
    assert {node for link in links for node in link.target} == set(aten.node_by_id)
    assert {(link.relation, link.evidence) for link in links} == {("same", "exact")}
    for link in links:
        made, last = fx.node_by_id[link.source[0]], aten.node_by_id[link.target[-1]]
        for one, other in zip(made.outputs, last.outputs, strict=True):
            np.testing.assert_allclose(before[one.id], after[other.id], rtol=1e-6)
    rows = table("pytorch")
    assert all(node.op in rows for node in aten.nodes if node.op not in (INPUT_OP, "output"))


def test_a_composite_operation_is_taken_apart_and_every_part_has_its_place():
    program = adapter.load(Source("y = x + 1\nstd(y)", "pytorch", {"x": "normal(4)"}))
    graph = adapter.capture(program, "aten").graph
    parts = [(node.op, node.span) for node in graph.nodes if node.op.startswith("aten.")]
    assert parts == [
        ("aten.add.Tensor", Span(1, 5, 1, 10)),
        ("aten.var.correction", Span(2, 1, 2, 7)),
        ("aten.sqrt.default", Span(2, 1, 2, 7)),
    ]


def test_what_torch_cannot_export_is_said_in_one_sentence(monkeypatch):
    def refuse(*arguments, **settings):
        raise RuntimeError("something new.\nwith advice")

    monkeypatch.setattr(torch.export, "export", refuse)
    with pytest.raises(ProgramError) as raised:
        adapter.capture(adapter.load(Source("a*b", "pytorch")), "aten")
    assert str(raised.value) == "PyTorch cannot export this to core ATen: something new."
    assert hint(raised.value.code, raised.value.params)
    assert "with advice" in raised.value.detail
