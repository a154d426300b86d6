"""Nested graphs are entered in place: a graph that is called twice stands in two places."""

from __future__ import annotations

from dataclasses import replace

import pytest

from explorer.graph import places, roles
from explorer.graph.ir import Graph, Node, TensorType, Value
from explorer.graph.verify import verify

F32 = TensorType("float32")


def node(name: str, op: str, *inputs: str, role: str = roles.PRIMAL, **more: object) -> Node:
    return Node(name, op, inputs, (Value(name, F32),), role=role, **more)  # type: ignore[arg-type]


def graph() -> Graph:
    """Two calls of `double`, which itself calls `add`, a graph that stands beside it."""
    add = Graph("add", ("x",), ("sum",), (node("x", "input", role=roles.INPUT), node("sum", "add", "x", "x")))
    double = Graph("double", ("x",), ("all",), (
        node("x", "input", role=roles.INPUT), node("all", "call", "x", calls=("add",)),
    ))  # fmt: skip
    nodes = (
        node("a", "input", role=roles.INPUT),
        node("one", "call", "a", calls=("double",)),
        node("two", "cond", "a", "one", calls=("double", "add")),
    )
    return Graph("main", ("a",), ("two",), nodes, (double, add))


def test_every_call_gives_its_graph_places_of_its_own() -> None:
    found = [place for place, *_ in places.walk(graph())]
    assert found == [
        "a", "one", "one@0>x", "one@0>all", "one@0>all@0>x", "one@0>all@0>sum",
        "two", "two@0>x", "two@0>all", "two@0>all@0>x", "two@0>all@0>sum", "two@1>x", "two@1>sum",
    ]  # fmt: skip
    assert len(set(found)) == len(found)


def test_a_place_is_found_and_knows_the_way_to_itself() -> None:
    for place, expected, around in places.walk(graph()):
        assert places.find(graph(), place) == (expected, around)
        assert places.own_id(place) == expected.id
    assert places.path("two@0>all@0>sum") == (("two", 0), ("all", 0))
    assert places.caller_of("two@0>all@0>sum") == "two@0>all"
    assert places.caller_of("two") is None


@pytest.mark.parametrize("place", ["nothing", "a@0>x", "two@7>x", "one@0>nothing"])
def test_a_place_that_is_not_there_is_a_key_error(place: str) -> None:
    with pytest.raises(KeyError):
        places.find(graph(), place)


def test_operands_go_to_the_inputs_of_the_called_graph() -> None:
    main = graph()
    one, two = main.node_by_id["one"], main.node_by_id["two"]
    double = places.called(main, two, 0)
    assert double.name == "double"
    assert places.operands_of(one, 0, double) == (0,)
    assert places.operands_of(two, 0, double) == (1,), "a predicate comes first"
    said = replace(two, params={"call_operands": [[0], [-1]], "call_results": [[0], [-1]]})
    assert places.operands_of(said, 0, double) == (0,)
    assert places.operands_of(said, 1, double) == (places.NOT_GIVEN,)
    assert places.results_of(two, 0, double) == (0,)
    assert places.results_of(said, 1, double) == (places.NOT_GIVEN,)


def test_a_graph_may_call_one_that_stands_around_it_and_no_other() -> None:
    verify(graph())
    with pytest.raises(ValueError, match="calls add, which is not there"):
        verify(replace(graph(), graphs=graph().graphs[:1]))


def test_an_id_cannot_look_like_a_place() -> None:
    with pytest.raises(ValueError, match="places are written with"):
        verify(Graph("main", ("a@0>b",), (), (node("a@0>b", "input", role=roles.INPUT),)))
