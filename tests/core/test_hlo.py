"""Stored HLO printouts as graphs: operands, types, calls, roles, and what enters a called computation."""

from __future__ import annotations

from pathlib import Path

import pytest

from explorer.adapters.xla.hlo import read, scope
from explorer.adapters.xla.syntax import dtype, pieces, plain, read_type
from explorer.graph import roles
from explorer.graph.ir import TensorType
from explorer.graph.places import called, operands_of, walk
from explorer.graph.verify import verify

TEXTS = Path(__file__).parent / "hlo_texts"


def stored(name):
    text = (TEXTS / f"{name}.txt").read_text("utf-8")
    graph, lines = read(text, inputs=("x", "w", "b"))
    verify(graph)
    return graph, lines, text.splitlines()


@pytest.mark.parametrize("name", ["layer", "layer_optimized", "control"])
def test_every_line_is_an_instruction_of_the_graph(name):
    graph, lines, printed = stored(name)
    assert set(lines) == set(graph.node_by_id)
    for node, line in lines.items():
        assert printed[line - 1].split(" = ")[0].split()[-1].lstrip("%") == node
    count = sum(len(each.nodes) for each in (graph, *graph.graphs))
    assert count == sum(" = " in line and line.startswith("  ") for line in printed)


def test_the_entry_is_the_graph_and_the_others_are_nested_in_it():
    graph, _, _ = stored("layer")
    assert graph.name == "main.5"
    assert [inner.name for inner in graph.graphs] == ["relu.1", "region_0.2", "region_1.3", "region_2.4"]
    assert graph.inputs == ("x.1", "w.1", "b.1")
    assert graph.outputs == ("tuple.1",)
    assert [graph.value_by_id[value].name for value in graph.inputs] == ["x", "w", "b"]
    compare = graph.node_by_id["gt.1"]
    assert (compare.op, compare.inputs, compare.params) == ("compare", ("add.7", "broadcast.5"), {"direction": "GT"})
    assert compare.outputs[0].type == TensorType("bool", (4, 3))
    assert graph.node_by_id["constant.5"].params == {"literal": "1"}
    assert graph.node_by_id["transpose.1"].params == {"dimensions": [1, 0]}


def test_inputs_stand_in_the_order_of_their_numbers():
    text = (
        "HloModule m\n\nENTRY e {\n  y = f32[] parameter(1)\n  x = f32[] parameter(0)\n  ROOT s = f32[] add(y, x)\n}\n"
    )
    graph, _ = read(text, inputs=("first", "second"))
    assert graph.inputs == ("x", "y")
    assert graph.value_by_id["y"].name == "second"


def test_a_fusion_calls_the_computation_that_holds_its_parts():
    graph, _, _ = stored("layer_optimized")
    fusion = graph.node_by_id["maximum_reduce_fusion"]
    inner = called(graph, fusion, 0)
    assert (fusion.op, fusion.params["kind"], inner.name) == ("fusion", "kLoop", "fused_computation.2")
    assert operands_of(fusion, 0, inner) == (0, 1)
    assert [node.op for node in inner.nodes][-1] == "reduce"
    assert "maximum_reduce_fusion@0>max.2" in {place for place, _, _ in walk(graph)}


def test_roles_come_from_the_path_that_xla_keeps():
    graph, _, _ = stored("layer_optimized")
    found = {node.id: node.role for node in graph.nodes}
    assert found["dot_general.2"] == found["maximum_reduce_fusion"] == roles.PRIMAL
    assert found["dot"] == found["select_reduce_fusion"] == roles.COTANGENT
    assert found["x.1"] == roles.INPUT
    assert found["tuple.1"] == roles.OUTPUT


def test_a_reducer_gets_single_entries_of_no_operand():
    graph, _, _ = stored("layer")
    node = graph.node_by_id["reduce_sum.21"]
    assert node.calls == ("region_0.2",)
    assert operands_of(node, 0, called(graph, node, 0)) == (-1, -1)
    relu = graph.node_by_id["jit_relu_.1"]
    assert operands_of(relu, 0, called(graph, relu, 0)) == (0,)


def test_a_loop_and_a_branch_say_what_enters_where():
    graph, _, _ = stored("control")
    loop, branch = graph.node_by_id["while.5"], graph.node_by_id["cond.1"]
    assert loop.calls == ("region_1.2", "region_0.1")
    assert loop.params["call_operands"] == [[0], [0]]
    assert branch.calls == ("region_2.3", "region_3.4")
    assert branch.params["call_operands"] == [[1], [2]]
    assert loop.outputs[0].type == TensorType("tuple")
    assert graph.node_by_id["while.7"].params["index"] == 1
    sine = next(node for inner in graph.graphs for node in inner.nodes if node.id == "sin.1")
    assert sine.scope == ("while", "body")
    assert sine.params["op_name"] == "jit(control)/while/body/sin"


@pytest.mark.parametrize(
    ("op_name", "expected"),
    [
        ("jit(f)/transpose(jvp(layer))/inner/mul", ("layer", "inner")),
        ("jit(f)/jvp()/jit(relu)/max", ()),
        ("", ()),
    ],
)
def test_scopes_are_the_programs_own(op_name, expected):
    assert scope(op_name) == expected


def test_types_and_attributes():
    assert read_type("(s32[], /*index=1*/f32[2]{0}) tuple(a)") == (TensorType("tuple"), "tuple(a)")
    assert read_type("bf16[8,128]{1,0:T(8,128)} add(a, b)")[0] == TensorType("bfloat16", (8, 128))
    assert [dtype(name) for name in ("pred", "s64", "u8", "f16", "f8e4m3fn", "token")] == [
        "bool", "int64", "uint8", "float16", "float8_e4m3fn", "token",
    ]  # fmt: skip
    assert list(pieces('a={1, 2}, b="x, \\"y", c')) == ["a={1, 2}", 'b="x, \\"y"', "c"]
    assert [plain(text) for text in ("{}", "{0,1}", "3", "true", '"__cublas$gemm"', "GT")] == [
        [], [0, 1], 3, True, "__cublas$gemm", "GT",
    ]  # fmt: skip


def test_a_library_call_keeps_its_target():
    text = (
        "HloModule m\n\nENTRY %e (x: f32[2]) -> f32[2] {\n  %x = f32[2]{0} parameter(0)\n"
        '  ROOT %c = f32[2]{0} custom-call(f32[2]{0} %x), custom_call_target="f", backend_config="{\\"a\\": [1]}"\n}\n'
    )
    node = read(text)[0].node_by_id["c"]
    assert node.inputs == ("x",)
    assert node.params["custom_call_target"] == "f"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("HloModule m\n", "no ENTRY"),
        ("ENTRY e {\n  nonsense\n}\n", "line 2"),
        ("ENTRY e {\n  a = f32[] \n}\n", "opcode"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(text, said):
    with pytest.raises(ValueError, match=said):
        read(text)
