"""Other tools see the same graph."""

import shutil
import subprocess

import networkx as nx
import pytest

from explorer.graph.interop import to_dot, to_graphml
from explorer.graph.ir import Graph, Node, TensorType, Value
from tests.core.test_graph import product_of_sum


def test_networkx_has_every_node_and_every_use():
    found = product_of_sum().to_networkx()
    assert isinstance(found, nx.MultiDiGraph)
    assert list(found.nodes) == ["a", "b", "add", "mul"]
    assert found.nodes["add"] == {
        "op": "add", "role": "primal", "scope": (), "span": "1:4", "types": ("f32[]",), "params": {},
    }  # fmt: skip
    assert nx.descendants(found, "b") == {"add", "mul"}
    assert found.edges["a", "mul", ("a", 0)]["type"] == "f32[]"


def test_two_uses_by_one_node_are_two_edges():
    square = Graph(
        "g",
        ("x",),
        ("mul",),
        (
            Node("x", "input", (), (Value("x", TensorType("float32")),), role="input"),
            Node("mul", "mul", ("x", "x"), (Value("mul", TensorType("float32", (3,))),)),
        ),
    )
    assert square.to_networkx().number_of_edges("x", "mul") == 2
    assert to_dot(square).count('"x" -> "mul"') == 2


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed: apt-get install graphviz")
def test_graphviz_reads_the_dot_text_of_any_names():
    odd = Graph(
        'say "g"\\',
        ("a",),
        ("b\n",),
        (
            Node("a", "input", (), (Value("a", TensorType("bool")),), role="input"),
            Node("b\n", 'op "x" \\N {1}', ("a",), (Value("b\n", TensorType("float32", ("n", 2))),)),
        ),
    )
    for graph in (product_of_sum(), odd):
        done = subprocess.run(["dot", "-Tplain"], input=to_dot(graph), capture_output=True, text=True, check=True)
        assert sum(line.startswith("node ") for line in done.stdout.splitlines()) == len(graph.nodes)


def test_graphml_read_again_has_the_same_nodes_and_edges():
    inner = Graph("body", ("p",), ("p",), (Node("p", "input", (), (Value("p", TensorType("float32")),), role="input"),))
    odd = 'x <"&\n\x00'
    graph = Graph(
        "g",
        (odd,),
        ("mul",),
        (
            Node(odd, "input", (), (Value(odd, TensorType("float32", ("n", 3))),), role="input"),
            Node("mul", "mul", (odd, odd), (Value("mul", TensorType("float32", ("n", 3))),), scope=("block", "0")),
            Node("call", "call", ("mul",), calls=("body",)),
        ),
        (inner,),
    )
    for whole in (graph, product_of_sum()):
        read = nx.parse_graphml(to_graphml(whole), force_multigraph=True)
        assert list(read.nodes) == [node.id.replace("\x00", "�") for node in whole.nodes]
        told = [(read.nodes[n]["op"], read.nodes[n]["role"]) for n in read.nodes]
        assert told == [(node.op, node.role) for node in whole.nodes]
        found = {(source, user, data["value"], data["operand"]) for source, user, data in read.edges(data=True)}
        uses = {(source.id, user.id, value, operand) for source, value, user, operand in whole.edges()}
        assert found == {tuple(x.replace("\x00", "�") if isinstance(x, str) else x for x in use) for use in uses}
        assert read.number_of_edges() == len(uses)
    read = nx.parse_graphml(to_graphml(graph), force_multigraph=True)
    told = read.nodes["mul"]
    assert (told["dtype"], told["shape"], told["scope"]) == ("float32", "[n, 3]", "block/0")
    assert nx.parse_graphml(to_graphml(product_of_sum())).nodes["add"]["span"] == "1:4"
    assert read.nodes["call"]["calls"] == "body"
    assert '<graph edgedefault="directed" id="body">' in to_graphml(graph)
