"""HLO printouts of JAX and TensorFlow (`hlo_texts/`, written by `hlo_texts/make.py`) as graphs."""

import re
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.adapters.xla import text as hlo_text
from explorer.adapters.xla.hlo import read
from explorer.adapters.xla.op_names import jax_origin, jax_scope, tensorflow_origin
from explorer.adapters.xla.types import elements, tensor_type
from explorer.errors import ProgramError
from explorer.graph import columns, places, roles
from explorer.graph.ir import Span, TensorType
from explorer.graph.text import graph_text
from explorer.graph.verify import verify

TEXTS = Path(__file__).parent / "hlo_texts"
NAMES = sorted(file.name.removesuffix(".txt") for file in TEXTS.glob("*.txt"))


@cache
def stored(name):
    return (TEXTS / f"{name}.txt").read_text("utf-8")


@cache
def reading(name, file="", gradients=()):
    origins = jax_origin if name.startswith("jax") else tensorflow_origin
    return read(stored(name), origins=origins, file=file, gradients=gradients)


def node(graph, place):
    return places.find(graph, place)[0]


@pytest.mark.parametrize("name", NAMES)
def test_every_instruction_is_a_node_and_stands_in_its_line(name):
    graph, lines = reading(name).graph, reading(name).lines
    verify(graph)
    assert graph_text(columns.unpack(*columns.pack(graph))) == graph_text(graph)
    printed = stored(name).splitlines()
    assert set(lines) == {place for place, _, _ in places.walk(graph)}
    for place, each, _ in places.walk(graph):
        line = printed[lines[place] - 1]
        if each.role == roles.OUTPUT:
            assert "ROOT" in line
            continue
        assert re.match(rf"\s+(ROOT )?%?{re.escape(each.id)} = ", line), place
        assert f" {'parameter' if each.op == 'input' else each.op}(" in line, place
    written = sum(bool(re.match(r"\s+\S.* = ", line)) for line in printed)
    root_tuple = any(re.match(r"\s+ROOT .* tuple\(", line) for line in printed[max(lines.values()) - 1 :])
    kept = [each for inner in (graph, *graph.graphs) for each in inner.nodes if each.role != roles.OUTPUT]
    assert len(kept) == written - root_tuple


@pytest.mark.parametrize("name", NAMES)
def test_a_call_gives_every_input_of_what_it_calls_one_operand_or_none(name):
    for _, each, _ in places.walk(reading(name).graph):
        for call in range(len(each.calls)):
            inner = places.called(reading(name).graph, each, call)
            operands = places.operands_of(each, call, inner)
            assert len(operands) == len(inner.inputs)
            assert all(places.NOT_GIVEN <= operand < len(each.inputs) for operand in operands)
            outer = reading(name).graph if each in reading(name).graph.nodes else None
            for operand, value in zip(operands, inner.inputs, strict=True):
                if outer is not None and operand >= 0 and each.op == "fusion":
                    kind = outer.value_by_id[each.inputs[operand]].type
                    assert inner.value_by_id[value].type == kind


def test_the_gradient_of_a_product_with_its_places_in_the_text():
    graph = reading("jax-expression.hlo", file="<user-1>", gradients=("a", "b")).graph
    assert [graph.value_by_id[value].name for value in graph.inputs] == ["a", "b"]
    shown = [(each.id, each.op, each.role, each.span) for each in graph.nodes if each.op != "input"]
    product, total = Span(2, 12, 2, 19), Span(2, 15, 2, 18)
    assert shown == [
        ("add.1", "add", roles.PRIMAL, total),
        ("mul.1", "multiply", roles.PRIMAL, product),
        ("add_any.1", "add", roles.COTANGENT, total),
        ("tuple.1[0]", "output", roles.OUTPUT, None),
        ("tuple.1[1]", "output", roles.OUTPUT, None),
        ("tuple.1[2]", "output", roles.OUTPUT, None),
    ]
    assert [each.params.get("gradient") for each in graph.nodes if each.role == roles.OUTPUT] == [None, "a", "b"]
    assert graph.outputs == ("mul.1", "add_any.1", "a.1")


def test_a_frame_of_the_user_is_found_through_frames_of_libraries():
    """`parent_frame_id` is printed one too high: frame 3 is called by frame 2, which is the user's."""
    text = stored("jax-expression.hlo")
    tables = """FileNames
1 "<user>"
2 "library.py"

FunctionNames
1 "forward"

FileLocations
1 {file_name_id=1 function_name_id=1 line=1 end_line=1 column=0 end_column=9}
2 {file_name_id=1 function_name_id=1 line=4 end_line=5 column=2 end_column=8}
3 {file_name_id=2 function_name_id=1 line=70 end_line=70 column=0 end_column=9}

StackFrames
1 {file_location_id=1 parent_frame_id=1}
2 {file_location_id=2 parent_frame_id=2}
3 {file_location_id=3 parent_frame_id=3}

"""
    text = tables.join(re.split(r"FileNames.*(?=\nENTRY)", text, flags=re.S)).replace("frame_id=4", "frame_id=3")
    graph = read(text, file="<user>").graph
    assert graph.node_by_id["mul.1"].span == graph.node_by_id["add.1"].span == Span(4, 3, 5, 9)
    assert read(text, file="other").graph.node_by_id["mul.1"].span is None
    endless = text.replace("line=4 end_line=5 column=2 end_column=8", "line=4 end_line=4 column=0 end_column=0")
    assert read(endless, file="<user>").graph.node_by_id["mul.1"].span == Span(4), "the line is known, its columns not"


def test_scopes_and_roles_come_from_op_names():
    graph = reading("jax-mlp.hlo").graph
    found = {(each.op, each.scope, each.role) for each in graph.nodes}
    assert ("tanh", ("hidden",), roles.PRIMAL) in found
    assert ("dot", ("out",), roles.PRIMAL) in found
    assert ("dot", ("hidden",), roles.COTANGENT) in found
    graph = reading("tensorflow-mlp.hlo").graph
    found = {(each.op, each.scope, each.role) for each in graph.nodes}
    assert ("tanh", ("mlp_1", "hidden_1"), roles.PRIMAL) in found
    assert any(op == "dot" and role == roles.COTANGENT for op, _, role in found)


def test_a_forward_value_that_only_the_way_back_reads_is_a_residual():
    graph = reading("jax-mlp.hlo").graph
    residual = {each.op for each in graph.nodes if each.role == roles.RESIDUAL}
    assert "subtract" in residual, "1 - tanh(x)^2 or its like"
    needed = {value for each in graph.nodes if each.role == roles.PRIMAL for value in each.inputs}
    assert needed.isdisjoint(each.id for each in graph.nodes if each.role == roles.RESIDUAL)
    forward = reading("jax-loops.hlo").graph
    assert roles.RESIDUAL not in {each.role for each in forward.nodes}
    assert roles.COTANGENT not in {each.role for _, each, _ in places.walk(forward)}


def test_a_fusion_is_entered():
    graph = reading("jax-mlp-tagged.optimized_hlo").graph
    fusion = graph.node_by_id["add_tanh_fusion"]
    assert (fusion.op, fusion.params["kind"], fusion.params["operations"], fusion.params["root"]) == (
        "fusion", "kLoop", 3, "tanh",
    )  # fmt: skip
    assert node(graph, "add_tanh_fusion@0>add.5").inputs == ("param_0.24", "add.6")
    assert places.operands_of(fusion, 0, places.called(graph, fusion, 0)) == (0, 1)
    assert node(graph, "reduce_multiply_fusion@0>reduce_sum.1@0>reduce_sum.5").op == "add"


def test_a_loop_and_a_choice_are_entered():
    graph = reading("jax-loops.hlo").graph
    (loop,) = [each for each in graph.nodes if each.op == "while"]
    condition, body = (places.called(graph, loop, call) for call in (0, 1))
    assert condition.producer[condition.outputs[0]].op == "compare"
    assert body.producer[body.outputs[0]].op == "tuple"
    assert loop.params["call_operands"] == [[0], [0]]
    assert loop.outputs[0].type == TensorType("tuple", (4,))
    assert loop.params["elements"] == ["i32[]", "f32[4]", "f32[5]", "f32[4, 4]"]
    inside = {each.op for place, each, _ in places.walk(graph) if place.startswith(f"{loop.id}@1>")}
    assert {"dot", "tanh", "dynamic-update-slice"} <= inside, "through the calls inside the body"
    (choice,) = [each for each in graph.nodes if each.op == "conditional"]
    assert choice.params["call_operands"] == [[1], [2]]
    assert [places.called(graph, choice, call).nodes[-1].op for call in (0, 1)] == ["multiply", "call"]


def test_a_reducer_and_a_comparison_have_no_operands_of_the_call():
    graph = reading("jax-loops.hlo").graph
    found = {each.op: each.params["call_operands"] for _, each, _ in places.walk(graph) if each.calls}
    assert found["reduce"] == [[-1, -1]]
    assert found["sort"] == [[-1, -1]]


def test_inside_a_call_without_a_name_the_role_is_that_of_the_call():
    text = """HloModule m

helper {
  p = f32[] parameter(0)
  ROOT twice = f32[] add(p, p)
}

ENTRY main {
  x = f32[] parameter(0)
  y = f32[] sine(x), metadata={op_name="jit(f)/jvp()/sin"}
  c = f32[] call(x), to_apply=helper, metadata={op_name="jit(f)/transpose(jvp())/jit(twice)"}
  ROOT t = (f32[], f32[]) tuple(y, c)
}
"""
    graph = read(text, origins=jax_origin).graph
    assert node(graph, "c@0>twice").role == roles.COTANGENT
    assert graph.node_by_id["y"].role == roles.PRIMAL


def test_attributes_are_plain_data():
    text = """HloModule m

ENTRY %main (p: f32[<=5,3], q: bf16[2]) -> f32[] {
  %q = bf16[2]{0:T(256)(2,1)} parameter(1)
  %p = f32[<=5,3]{1,0} parameter(0), sharding={replicated}
  %k = s32[2,2]{1,0} constant({ { 1, 2 }, { 3, 4 } })
  %c = f32[] custom-call(%p, /*index=1*/%q), custom_call_target="a, \\"b\\" )", api_version=API_VERSION_TYPED_FFI, \
backend_config={"x":[1,{"y":"}"}]}, metadata={op_name="caf\\303\\251" source_file="f.py" source_line=3}
  ROOT %r = f32[] add(f32[] %c, f32[] %c), control-predecessors={%k}
}
"""
    graph = read(text, file="f.py").graph
    verify(graph)
    assert graph.inputs == ("p", "q")
    assert graph.value_by_id["p"].type == TensorType("float32", ("<=5", 3))
    assert graph.value_by_id["q"].type == TensorType("bfloat16", (2,))
    assert graph.node_by_id["k"].params == {"value": "{ { 1, 2 }, { 3, 4 } }"}
    call = graph.node_by_id["c"]
    assert call.inputs == ("p", "q")
    assert call.params["custom_call_target"] == 'a, "b" )'
    assert call.params["backend_config"] == '{"x":[1,{"y":"}"}]}'
    assert (call.params["op_name"], call.span) == ("café", Span(3))
    assert graph.node_by_id["r"].inputs == ("c", "c")


def test_constants_are_literals():
    graph = reading("jax-mlp-tagged.optimized_hlo").graph
    assert node(graph, "wrapped_reduce").inputs[1] == "constant.9"
    assert graph.node_by_id["constant.9"].params["literals"] == {"0": 0}
    assert node(graph, "reduce_multiply_fusion@0>constant.12").params["literals"] == {"0": 0.333333343}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("f32[3,4]{1,0}", TensorType("float32", (3, 4))),
        ("pred[]", TensorType("bool")),
        ("u8[0]{0}", TensorType("uint8", (0,))),
        ("s4[7]", TensorType("int4", (7,))),
        ("f8e4m3fn[2]", TensorType("float8_e4m3fn", (2,))),
        ("c64[]", TensorType("complex64")),
        ("token[]", TensorType("token")),
        ("()", TensorType("tuple", (0,))),
        ("(f32[], (s32[2]{0}, pred[]), /*index=2*/f32[1,2]{1,0})", TensorType("tuple", (3,))),
    ],
)
def test_types(text, kind):
    assert tensor_type(text) == kind
    assert text[0] != "(" or len(elements(text)) == kind.shape[0]


@pytest.mark.parametrize(
    ("op_name", "scope"),
    [
        ("jit(loss)/jvp(l1)/dot_general", ("l1",)),
        ("jit(loss)/transpose(jvp(l1))/l2/mul", ("l1", "l2")),
        ("jit(f)/jvp()/jit(relu)/max", ("relu",)),
        ("jit(f)/jvp()/while/body/closed_call/tanh", ()),
        ("jit(f)/jvp()/cond/branch_1_fun/jit(sort)/sort", ("sort",)),
        ("jit(f)/vmap(jit(norm))/block/body/add", ("norm", "block", "body")),
        ("jit(f)/while/cond/lt", ()),
        ("mul", ()),
    ],
)
def test_jax_scopes(op_name, scope):
    assert jax_scope(op_name) == scope


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("", "hlo_no_entry", None),
        ("HloModule m\n", "hlo_no_entry", None),
        ("HloModule m\n\nENTRY main {\n}\n", "hlo_no_entry", None),
        ("HloModule m\n\nENTRY main {\n  what is this\n}\n", "hlo_unreadable", 4),
        ("HloModule m\n\nENTRY main {\n  x = f32[] add(a, b\n}\n", "hlo_unreadable", 4),
        ("HloModule m\nmodule @jit_f {\n  func.func public @main\n", "hlo_unreadable", 2),
        ("import jax\n", "hlo_unreadable", 1),
    ],
)
def test_a_text_that_is_no_hlo_is_one_sentence_with_its_line(text, code, line):
    with pytest.raises(ProgramError) as error:
        read(text)
    assert error.value.code == code
    assert error.value.params.get("line") == line
    assert str(error.value)


@given(st.sampled_from(NAMES), st.data())
@settings(max_examples=40, deadline=None)
def test_a_text_cut_anywhere_is_read_or_refused(name, data):
    """Nothing but the one error for people leaves the parser, wherever a text ends."""
    text = stored(name)
    with suppress(ProgramError):
        assert hlo_text.parse(text[: data.draw(st.integers(0, len(text)))]).entry.instructions


NAME = st.text("abcdefgxyz_.-0123456789", min_size=1, max_size=8)
KINDS = st.sampled_from(["f32[]", "f32[2,3]{1,0}", "(f32[], s32[2]{0})", "pred[4]{0}"])


@given(
    st.lists(st.tuples(NAME, KINDS, st.integers(0, 3)), min_size=1, max_size=12, unique_by=lambda row: row[0]),
    st.data(),
)
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read(rows, data):
    lines, expected = [], []
    for number, (name, kind, count) in enumerate(rows):
        operands = [data.draw(st.sampled_from(rows[:number]))[0] for _ in range(count if number else 0)]
        sign = data.draw(st.sampled_from(["", "%"]))
        lines.append(
            f"  {sign}{name} = {kind} op-{count}({', '.join(sign + each for each in operands)}), index={number}"
        )
        expected.append((name, f"op-{count}", tuple(operands), number, tensor_type(kind)))
    text = "HloModule m\n\nENTRY main {\n" + "\n".join(lines) + "\n}\n"
    graph = read(text).graph
    verify(graph)
    found = [each for each in graph.nodes if each.role != roles.OUTPUT]
    assert [(n.id, n.op, n.inputs, n.params["index"], n.outputs[0].type) for n in found] == expected


def test_a_module_of_forty_thousand_instructions_is_read_whole():
    copies = 340
    text = stored("jax-mlp-tagged.optimized_hlo")
    head, _, rest = text.partition("\n\n\n")
    called, _, entry = rest.partition("ENTRY ")
    header, *body = [line for line in entry.splitlines() if line.strip(" }")]

    def numbered(lines, copy):
        return re.sub(r"%(?!arguments_)([\w.-]+)", rf"%\1.c{copy}", lines)

    parameters = [line for line in body if " parameter(" in line]
    work = "\n".join(line.replace("ROOT ", "") for line in body if " parameter(" not in line)
    blocks = "".join(numbered(called, copy) for copy in range(copies))
    entry = "\n".join([f"ENTRY {header}", *parameters, *(numbered(work, copy) for copy in range(copies)), "}\n"])
    reading = read(f"{head}\n\n\n{blocks}{entry}", origins=jax_origin)
    verify(reading.graph)
    count = sum(len(inner.nodes) for inner in (reading.graph, *reading.graph.graphs))
    assert count > 36_000
    assert len(reading.lines) == count
