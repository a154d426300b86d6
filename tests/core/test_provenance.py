"""Links followed from stage to stage, both ways; why a node has no counterpart."""

from explorer.capture.provenance import Counterpart, Linked
from explorer.capture.record import Absence, Link, Provenance
from explorer.graph.ir import Graph, Node, TensorType, Value

F32 = TensorType("float32")


def graph(name, *ids):
    nodes = [Node("x", "input", (), (Value("x", F32),), role="input")]
    nodes += [Node(each, each, ("x",), (Value(each, F32),)) for each in ids]
    return Graph(name, ("x",), (ids[-1],), tuple(nodes))


GRAPHS = {
    "first": graph("first", "mul", "add"),
    "gradient": graph("gradient", "mul", "add", "mul_1"),
    "hlo": graph("hlo", "multiply.1", "multiply.2", "add.1"),
    "other": graph("other", "Mul"),
}
LINKS = (
    Provenance("first", "gradient", (
        Link(("mul",), ("mul",)),
        Link(("add",), ("add",), "same", "guess"),
        Link(("mul",), ("mul_1",), "cotangent"),
        Link(("add#0",), ("mul_1",), "share"),
    )),
    Provenance("gradient", "hlo", (
        Link(("mul",), ("multiply.1",), "same", "name"),
        Link(("add",), ("fusion@0>add.1", "fusion")),
        Link(("mul_1",), ("multiply.2",)),
    ), {"add": Absence("fused_into", {"fusion": "fusion"})}),
    Provenance("gradient", "other", (Link(("mul",), ("Mul",)),)),
)  # fmt: skip
linked = Linked(GRAPHS, LINKS)


def test_a_node_is_found_in_every_stage_down_to_the_last():
    assert linked.of("first", "mul") == [
        Counterpart("gradient", "mul"),
        Counterpart("gradient", "mul_1", "cotangent"),
        Counterpart("hlo", "multiply.1", "same", "name"),
        Counterpart("hlo", "multiply.2", "cotangent"),
        Counterpart("other", "Mul"),
    ]
    assert [each.node for each in linked.of("first", "add") if each.stage == "hlo"] == [
        "fusion@0>add.1", "fusion", "multiply.2",
    ]  # fmt: skip


def test_and_back_up_and_into_another_branch():
    found = linked.of("hlo", "multiply.1")
    assert {(each.stage, each.node) for each in found} == {("gradient", "mul"), ("first", "mul"), ("other", "Mul")}
    back = linked.of("hlo", "multiply.2")
    assert Counterpart("first", "mul", "cotangent") in back
    assert Counterpart("first", "add", "share") in back
    assert linked.of("hlo", "x") == []


def test_the_weakest_link_says_how_sure_the_whole_way_is():
    (found,) = [each for each in linked.of("hlo", "fusion") if each.stage == "first" and each.relation == "same"]
    assert (found.node, found.evidence) == ("add", "guess")
    (found,) = [each for each in linked.of("hlo", "multiply.1") if each.stage == "first"]
    assert found.evidence == "name"


def test_a_stage_that_was_not_captured_does_not_cut_the_way():
    part = Linked({key: each for key, each in GRAPHS.items() if key != "gradient"}, LINKS)
    assert [each.node for each in part.of("first", "mul") if each.stage == "hlo"] == ["multiply.1"]


def test_what_continues_a_card_of_another_stage():
    assert linked.continued("hlo", "first") == {"multiply.1": "mul", "fusion@0>add.1": "add", "fusion": "add"}
    assert linked.continued("first", "hlo") == {"mul": "multiply.1", "add": "fusion@0>add.1"}
    assert linked.continued("first", "nowhere") == {}


def test_why_there_is_no_counterpart_of_its_own():
    assert linked.absent("gradient", "add") == [("hlo", Absence("fused_into", {"fusion": "fusion"}))]
    assert linked.absent("gradient", "mul") == []
