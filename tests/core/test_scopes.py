"""The tree of groups: from scopes and calls, the same for both halves, never in a circle."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.graph import places, roles
from explorer.graph.ir import Graph, Node, TensorType, Value
from explorer.graph.scope_paths import plain, without_counters
from explorer.graph.scopes import Groups, groups_of
from tests.core.graphs_for_tests import Blocks, block_graph

FLOAT = TensorType("float32")

F32 = TensorType("float32")


def ids(found: Groups) -> list[str]:
    return [group.id for group in found.groups]


def around(found: Groups, place: str) -> list[str]:
    """Ids of the groups around a place, innermost first."""
    number = found.group_of[found.entered.places.index(place)]
    way = []
    while number >= 0:
        way.append(found.groups[number].id)
        number = found.groups[number].parent
    return way


def test_scopes_nest_and_every_node_is_counted() -> None:
    graph = block_graph(2, gradient=False)
    found = groups_of(graph)
    assert ids(found) == [
        "model/", "model/block0/", "model/block0/norm/", "model/block0/mlp/",
        "model/block1/", "model/block1/norm/", "model/block1/mlp/",
    ]  # fmt: skip
    assert around(found, "tanh_2") == ["model/block1/mlp/", "model/block1/", "model/"]
    assert found.groups[0].count == len(graph.nodes) - 2, "all but the input and the result"
    assert around(found, "x") == around(found, "output_sum_1") == []


def test_the_way_back_has_groups_of_its_own_and_each_knows_its_partner() -> None:
    found = groups_of(block_graph(2))
    by_id = {group.id: group for group in found.groups}
    assert around(found, "tanh_slope_1") == ["~model/block1/mlp/", "~model/block1/", "~model/"]
    for group in found.groups:
        assert group.backward == group.id.startswith("~")
        if group.partner >= 0:
            partner = found.groups[group.partner]
            assert partner.id == (group.id[1:] if group.backward else f"~{group.id}")
            assert found.groups[partner.partner] is group
    assert by_id["model/block0/mlp/"].partner >= 0


def test_parameters_stand_beside_their_reader_and_gradients_beside_their_maker() -> None:
    found = groups_of(block_graph(2))
    assert around(found, "block1.first")[0] == "model/block1/mlp/", "read by the forward half and by the way back"
    assert around(found, "output_matmul_t_1")[0] == "~model/block1/mlp/"


def test_a_parameter_that_two_groups_read_stands_in_the_group_around_both() -> None:
    g = Blocks()
    x, w = g.given("x"), g.given("w", "parameter")
    for scope in (("m", "a"), ("m", "b")):
        x = g.add("tanh", g.add("matmul", x, w, scope=scope), scope=scope)
    assert around(groups_of(g.graph(x)), "w") == ["m/"]


def test_a_group_of_one_node_is_none_and_groups_that_hold_one_group_are_one() -> None:
    g = Blocks()
    x = g.given("x")
    x = g.add("mul", g.add("mul", x, scope=("a", "b", "c")), scope=("a", "b", "c"))
    x = g.add("mul", x, scope=("lonely",))
    found = groups_of(g.graph(x))
    assert ids(found) == ["a/b/c/"]
    assert found.groups[0].title == "a/b/c"
    assert around(found, "mul_3") == []


def test_tensorflows_noise_is_no_scope() -> None:
    assert plain(("gradient_tape", "gpt", "dense")) == ("gpt", "dense")
    assert plain(("transpose(jvp(block0))", "attn")) == ("block0", "attn")
    paths = {1: ("gpt_1", "dense"), 2: ("gpt_1", "dense_1"), 3: ("gpt_1", "out_2")}
    assert list(without_counters(paths).values()) == [("gpt", "dense"), ("gpt", "dense_1"), ("gpt", "out")]

    def op(name: str, *inputs: str, role: str = roles.PRIMAL) -> Node:
        return Node(name, "Op", inputs, (Value(name, F32),), role=role, scope=tuple(name.split("/")[:-1]))

    nodes = (
        Node("x", "input", (), (Value("x", F32, "x"),), role=roles.INPUT),
        op("dense_1/MatMul", "x"),
        op("dense_1/BiasAdd", "dense_1/MatMul"),
        op("gradient_tape/dense_1/MatMul/MatMul", "dense_1/BiasAdd", role=roles.COTANGENT),
        op("gradient_tape/dense_1/MatMul/MatMul_1", "gradient_tape/dense_1/MatMul/MatMul", role=roles.COTANGENT),
    )
    found = groups_of(Graph("f", ("x",), ("dense_1/BiasAdd",), nodes))
    assert ids(found) == ["dense/", "~dense/"], "the op that a derivative belongs to is no scope either"


def test_sums_of_derivatives_without_a_scope_are_in_the_group_they_stand_in() -> None:
    g = Blocks()
    x = g.given("x")
    back = {"role": "cotangent", "scope": ("m", "a")}
    y = g.add("mul", g.add("mul", x, scope=("m", "a")), scope=("m", "a"))
    y = g.add("exp", g.add("exp", y, scope=("m", "b")), scope=("m", "b"))
    seed = g.add("ones", role="cotangent")
    c = g.add("mul", g.add("mul", seed, **back), **back)
    total = g.add("add", c, seed, role="accumulate")
    g.add("neg", g.add("neg", total, **back), **back)
    found = groups_of(g.graph(y))
    assert around(found, "add_1")[0] == "~m/a/"
    assert ids(found).count("~m/a/2") == 0


def test_alike_blocks_in_a_row_are_one_group() -> None:
    found = groups_of(block_graph(12))
    runs = [group for group in found.groups if group.kind == "repeat"]
    assert [(run.id, run.repeats, run.title) for run in runs] == [
        ("model/block0..block11/", 12, "block0 … block11"),
        ("~model/block0..block11/", 12, "block0 … block11"),
    ]
    assert found.groups[runs[0].partner] is runs[1]
    assert len([group for group in groups_of(block_graph(2)).groups if group.kind == "repeat"]) == 0


def test_a_block_that_differs_is_in_no_run() -> None:
    graph = block_graph(4, gradient=False)
    odd = tuple(replace(n, op="relu") if n.id == "tanh_2" else n for n in graph.nodes)
    assert all(group.kind != "repeat" for group in groups_of(replace(graph, nodes=odd)).groups)


def test_a_list_of_alike_blocks_is_itself_the_run() -> None:
    g = Blocks()
    x = g.given("x")
    for k in range(5):
        x = g.add("tanh", g.add("mul", x, scope=("blocks", str(k))), scope=("blocks", str(k)))
    found = groups_of(g.graph(x))
    assert [(group.id, group.kind, group.repeats) for group in found.groups][:2] == [
        ("blocks/", "repeat", 5),
        ("blocks/0/", "scope", 1),
    ]


def test_a_scope_that_is_entered_again_is_cut_where_the_value_comes_back() -> None:
    g = Blocks()
    x = g.given("x")
    for scope, op in (("a", "mul"), ("b", "div"), ("a", "mul")):
        x = g.add("tanh", g.add(op, x, scope=(scope,)), scope=(scope,))
    found = groups_of(g.graph(x))
    assert ids(found) == ["a/", "b/", "a/2"]
    assert around(found, "mul_1") == ["a/"]
    assert around(found, "mul_2") == ["a/2"]


def call_graph() -> Graph:
    """A loop over a body of two operations, and a reduction whose body has one."""

    def op(name: str, kind: str, *inputs: str, **more: object) -> Node:
        return Node(name, kind, inputs, (Value(name, F32),), **more)  # type: ignore[arg-type]

    x = Node("x", "input", (), (Value("x", F32),), role=roles.INPUT)
    body = Graph("body", ("x",), ("step",), (x, op("slope", "mul", "x", "x"), op("step", "sub", "x", "slope")))
    add = Graph("add", ("x",), ("sum",), (x, op("sum", "add", "x", "x")))
    nodes = (
        x,
        op("loop", "fori", "x", calls=("body",)),
        op("all", "reduce", "loop", calls=("add",)),
        op("choice", "cond", "all", "loop", calls=("body", "add"), params={"call_operands": [[1], [1]]}),
        op("last", "neg", "choice"),
    )
    return Graph("main", ("x",), ("last",), nodes, (body, add))


def test_a_call_is_a_group_around_what_it_leads_to() -> None:
    found = groups_of(call_graph())
    entered = found.entered
    assert ids(found) == ["loop", "choice", "choice@0>", "choice@1>"], "a body of one operation stays in its caller"
    assert around(found, "loop@0>slope") == ["loop"]
    assert around(found, "choice@0>step") == ["choice@0>", "choice"]
    known = set(entered.places) | set(entered.stands_for)
    assert known == {place for place, *_ in places.walk(call_graph())}
    uses = {(entered.places[u.source], u.value, entered.places[u.user]) for u in entered.uses}
    assert ("x", "x", "loop@0>x") in uses, "the loop's operand goes to the input of its body"
    assert ("loop@0>step", "loop", "all") in uses, (
        "what the body gives back is read outside, by the caller's name for it"
    )
    assert ("all", "all", "choice") in uses, "what no graph takes, the caller reads"
    assert ("choice@0>step", "choice@0>step", "choice") in uses
    assert ("choice", "choice", "last") in uses
    assert entered.places[entered.stands_for["all@0>sum"]] == "all"
    assert entered.places[entered.stands_for["loop"]] == "loop@0>step"


@st.composite
def scoped(draw: st.DrawFn) -> Graph:
    """A gradient graph whose scopes are dealt out at random: most of them lead back to themselves."""
    g = Blocks()
    names = [g.given("x"), g.given("y")]
    scopes = st.lists(st.sampled_from("abc"), max_size=3).map(tuple)
    forward = 2 + draw(st.integers(0, 20))
    for k in range(draw(st.integers(1, 40))):
        role = "primal" if k < forward else "cotangent"
        inputs = draw(st.lists(st.sampled_from(names[-8:]), min_size=1, max_size=3))
        names.append(g.add("op", *inputs, scope=draw(scopes), role=role))
    return g.graph(names[-1])


@settings(max_examples=60, deadline=None)
@given(scoped())
def test_no_group_leads_back_to_itself(graph: Graph) -> None:
    found = groups_of(graph)
    assert len(set(ids(found))) == len(found.groups)
    assert sum(group.count for group in found.groups if group.parent < 0) + found.group_of.count(-1) == len(graph.nodes)
    ways = [around_numbers(found, k) for k in range(len(graph.nodes))]
    arcs: dict[int, set[tuple[object, object]]] = {}
    for use in found.entered.uses:
        source, user = ways[use.source], ways[use.user]
        level = next((k for k, (a, b) in enumerate(zip(source, user, strict=False)) if a != b), None)
        if level is not None:
            arcs.setdefault(source[level - 1] if level else -1, set()).add((source[level], user[level]))
    for level_arcs in arcs.values():
        assert not has_cycle(level_arcs)


def around_numbers(found: Groups, number: int) -> list[object]:
    """Groups around a place from the outermost on, then the place itself."""
    way: list[object] = [("place", number)]
    group = found.group_of[number]
    while group >= 0:
        way.append(group)
        group = found.groups[group].parent
    return way[::-1]


def has_cycle(arcs: set[tuple[object, object]]) -> bool:
    while arcs:
        kept = {arc for arc in arcs if arc[0] in {b for _, b in arcs}}
        if len(kept) == len(arcs):
            return True
        arcs = kept
    return False


def test_a_graph_with_very_many_inputs_and_no_scopes_has_them_in_one_group():
    count = 70
    nodes = [Node(f"p{k}", "input", (), (Value(f"p{k}", FLOAT),), role="parameter") for k in range(count)]
    total = "p0"
    for k in range(1, 4):
        nodes.append(Node(f"s{k}", "add", (total, f"p{k}"), (Value(f"s{k}", FLOAT),)))
        total = f"s{k}"
    many = Graph("g", tuple(f"p{k}" for k in range(count)), (total,), tuple(nodes))
    (group,) = groups_of(many).groups
    assert (group.id, group.kind, group.count) == ("inputs/", "ends", count)
    few = Graph("g", ("p0", "p1"), ("s1",), (nodes[0], nodes[1], nodes[count]))
    assert groups_of(few).groups == ()
