"""The graph type, its rules, its text and its JSON."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.errors import UsageError
from explorer.graph import codec, roles
from explorer.graph.ir import Graph, Node, Span, TensorType, Value, use_key
from explorer.graph.text import graph_text
from explorer.graph.verify import verify

F32 = TensorType("float32")


def product_of_sum() -> Graph:
    """a*(a+b), by hand."""
    return Graph(
        "forward",
        ("a", "b"),
        ("mul",),
        (
            Node("a", "input", (), (Value("a", F32, "a"),), role=roles.INPUT),
            Node("b", "input", (), (Value("b", F32, "b"),), role=roles.INPUT),
            Node("add", "add", ("a", "b"), (Value("add", F32),), span=Span(1, 4, 1, 7)),
            Node("mul", "mul", ("a", "add"), (Value("mul", F32),), span=Span(1, 1, 1, 8)),
        ),
    )


def test_edges_are_uses_of_values():
    graph = product_of_sum()
    verify(graph)
    assert [(node.id, operand) for node, operand in graph.users["a"]] == [("add", 0), ("mul", 0)]
    assert [(a.id, value, b.id, k) for a, value, b, k in graph.edges()] == [
        ("a", "a", "add", 0),
        ("b", "b", "add", 1),
        ("a", "a", "mul", 0),
        ("add", "add", "mul", 1),
    ]
    assert use_key("mul", 1) == "mul#1"


def test_the_text_form_is_one_line_a_node():
    assert graph_text(product_of_sum()) == (
        "graph forward(a: f32[], b: f32[]) -> mul\n"
        "  a: f32[] = input()                                        input\n"
        "  b: f32[] = input()                                        input\n"
        "  add: f32[] = add(a, b)                                    primal  1:4-1:7\n"
        "  mul: f32[] = mul(a, add)                                  primal  1:1-1:8\n"
    )


def test_literals_stand_in_operand_order():
    node = Node("sub", "sub", ("x",), (Value("sub", F32),), {"literals": {"0": 1.0}, "k": 2})
    text = graph_text(Graph("g", (), ("sub",), (node,)))
    assert "sub(1.0, x) {k=2}" in text


def broken() -> list[tuple[str, Graph]]:
    def with_nodes(*nodes: Node, inputs=("a",), outputs=("a",)) -> Graph:
        return Graph("g", inputs, outputs, (Node("a", "input", (), (Value("a", F32),), role=roles.INPUT), *nodes))

    return [
        ("which nothing before it defines", with_nodes(Node("n", "neg", ("z",), (Value("n", F32),)))),
        ("stands twice", with_nodes(Node("a", "neg", ("a",), (Value("n", F32),)))),
        ("is defined twice", with_nodes(Node("n", "neg", ("a",), (Value("a", F32),)))),
        ("unknown role", with_nodes(Node("n", "neg", ("a",), (Value("n", F32),), role="boss"))),
        ("has the role primal", with_nodes(Node("n", "input", (), (Value("n", F32),)))),
        ("are not the input nodes' values", with_nodes(inputs=())),
        ("are not defined", with_nodes(outputs=("q",))),
        ("is not there", with_nodes(Node("n", "call", ("a",), (Value("n", F32),), calls=("body",)))),
    ]


@pytest.mark.parametrize(("words", "graph"), broken())
def test_verify_names_the_broken_rule(words, graph):
    with pytest.raises(ValueError, match=words):
        verify(graph)


def test_json_has_the_contract_keys_and_comes_back_equal():
    graph = product_of_sum()
    document = json.loads(json.dumps(codec.encode(graph, framework="jax", stage="jaxpr")))
    assert list(document) == ["format", "version", "framework", "stage", "graph"]
    assert list(document["graph"]) == ["name", "inputs", "outputs", "nodes", "graphs"]
    assert list(document["graph"]["nodes"][2]) == [
        "id", "op", "inputs", "outputs", "params", "role", "scope", "span", "calls",
    ]  # fmt: skip
    assert list(document["graph"]["nodes"][2]["outputs"][0]) == ["id", "dtype", "shape", "name"]
    assert codec.decode(document) == (graph, "jax", "jaxpr")


@pytest.mark.parametrize(
    "document",
    [{}, [], "x", {"format": "backflow-graph", "version": 99}, {"format": "backflow-graph", "version": 1},
     {"format": "backflow-graph", "version": 1, "framework": "jax", "stage": "s", "graph": {"name": 1, "nodes": 3}}],
)  # fmt: skip
def test_a_damaged_file_is_one_sentence(document):
    with pytest.raises(UsageError, match="not a graph file"):
        codec.decode(document)


def test_json_is_strict():
    assert json.dumps(codec.plain({"a": float("inf"), "b": (1, float("nan")), "c": F32}), allow_nan=False)


@st.composite
def graphs(draw) -> Graph:
    nodes = [Node("n0", "input", (), (Value("n0", F32, "x"),), role=roles.INPUT)]
    for k in range(1, draw(st.integers(1, 12))):
        reads = tuple(f"n{draw(st.integers(0, k - 1))}" for _ in range(draw(st.integers(0, 3))))
        shape = tuple(draw(st.lists(st.integers(0, 5) | st.sampled_from(["n", "m"]), max_size=3)))
        span = Span(k, 1, k, 4) if draw(st.booleans()) else None
        value = Value(f"n{k}", TensorType(draw(st.sampled_from(["float32", "bfloat16", "bool"])), shape))
        role = draw(st.sampled_from([roles.PRIMAL, roles.RESIDUAL, roles.COTANGENT, roles.ACCUMULATE]))
        nodes.append(
            Node(f"n{k}", draw(st.text("abc.:/é", max_size=5)) + "op", reads, (value,), {"k": k}, role, ("s",), span)
        )
    return Graph("g", ("n0",), (nodes[-1].id,), tuple(nodes))


@given(graphs())
@settings(max_examples=60, deadline=None)
def test_any_graph_survives_json_and_prints_a_line_per_node(graph):
    verify(graph)
    assert codec.decode(json.loads(json.dumps(codec.encode(graph, framework="f", stage="s"))))[0] == graph
    assert graph_text(graph).count("\n") == len(graph.nodes) + 1
