"""Graphs as columns: what goes in comes out, slices are bounded, and columns that do not fit are refused."""

import collections
import contextlib
import enum

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.graph import plain
from explorer.graph.columns import PackedGraph, pack, unpack
from explorer.graph.ir import Graph, Node, Span, TensorType, Value

texts = st.text(max_size=6)
plain_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts | st.binary(max_size=4)
    | st.complex_numbers(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple)
    | st.dictionaries(texts | st.integers(), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
types = st.builds(TensorType, texts, st.lists(st.integers(0, 9) | texts, max_size=3).map(tuple))
lines = st.integers(0, 10**6)
ids = st.text(max_size=4)
nodes = st.builds(
    Node, ids, texts, st.lists(ids, max_size=3).map(tuple),
    st.lists(st.builds(Value, ids, types, texts), max_size=2).map(tuple),
    st.dictionaries(texts, plain_data, max_size=2), st.sampled_from(["primal", "input", "cotangent"]),
    st.lists(texts, max_size=2).map(tuple), st.none() | st.builds(Span, lines, lines, lines, lines),
    st.lists(texts, max_size=2).map(tuple),
)  # fmt: skip


def graphs(nested):
    ends = st.lists(ids, max_size=3).map(tuple)
    return st.builds(Graph, texts, ends, ends, st.lists(nodes, max_size=6).map(tuple), nested)


nested_graphs = st.recursive(
    graphs(st.just(())), lambda inner: graphs(st.lists(inner, max_size=2).map(tuple)), max_leaves=3
)


def chain(count):
    """A graph of `count` nodes, one reading the other."""
    kind = TensorType("float32", (2, "n"))
    rows = [Node("n0", "input", (), (Value("n0", kind),), role="input")]
    for k in range(1, count):
        span = Span(k, 1, k, 5)
        rows.append(Node(f"n{k}", "add", (f"n{k - 1}", "n0"), (Value(f"n{k}", kind),), {"k": k}, span=span))
    return Graph("chain", ("n0",), (rows[-1].id,), tuple(rows))


@settings(max_examples=60, deadline=None)
@given(nested_graphs)
def test_a_graph_comes_back_as_it_was(graph):
    header, arrays = pack(graph)
    assert unpack(plain.unpack(plain.pack(header)), arrays) == graph


@settings(max_examples=100, deadline=None)
@given(plain_data)
def test_plain_data_comes_back_as_it_was(value):
    assert plain.unpack(plain.pack(value)) == value


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=64))
def test_other_bytes_are_no_plain_data_or_some(data):
    with contextlib.suppress(ValueError):  # and nothing else
        plain.unpack(data)


def test_tuples_numbers_of_numpy_and_odd_text_survive_in_params():
    params = {"axes": (1, (2,)), "scale": np.float32(0.5), "big": 2**80, "text": "half \ud800", "table": np.arange(3)}
    graph = Graph("g", (), (), (Node("a", "op", params=params),))
    back = unpack(*pack(graph)).nodes[0].params
    np.testing.assert_array_equal(back.pop("table"), params.pop("table"))
    assert back == params
    assert isinstance(back["axes"], tuple)
    assert back["scale"].dtype == np.float32


def test_a_subclass_comes_back_as_its_class():
    class Frozen(list):
        pass

    class Kind(enum.IntEnum):
        FIRST = 1

    assert plain.unpack(plain.pack([Frozen([1]), Kind.FIRST, collections.OrderedDict(a=2)])) == [[1], 1, {"a": 2}]


def test_a_param_that_is_no_data_is_named():
    with pytest.raises(TypeError, match="object is not plain data"):
        pack(Graph("g", (), (), (Node("a", "op", params={"what": object()}),)))


def test_nesting_without_end_is_refused_and_not_a_crash():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ValueError, match=r"limit|deep"):
        plain.pack(deep)
    with pytest.raises(ValueError, match="not plain data"):
        plain.unpack(b"\x91" * 100_000 + b"\xc0")


def test_41128_nodes_come_in_slices_of_a_bounded_number():
    graph = chain(41_128)
    header, arrays = pack(graph)
    slices = PackedGraph(header, arrays).slices(nodes=500, clock=lambda: 0.0)
    made = [0, *slices]
    assert np.diff(made).max() <= 512
    assert len(made) > 41_128 // 512
    assert unpack(header, arrays) == graph


def test_a_slice_ends_when_its_time_is_over():
    ticks = iter(range(10**6))  # every look at the clock takes a "second"
    slices = PackedGraph(*pack(chain(1000))).slices(seconds=1.5, clock=lambda: next(ticks))
    assert next(slices) < 200


def test_single_nodes_are_made_on_demand():
    graph = chain(300)
    packed = PackedGraph(*pack(graph))
    assert len(packed) == 300
    assert [packed.node(row) for row in (299, 0, 17)] == [graph.nodes[row] for row in (299, 0, 17)]


def test_packing_a_received_graph_again_costs_nothing():
    received = unpack(*pack(chain(50)))
    header, arrays = pack(received)
    again = pack(received)
    assert again[0] is header
    assert all(one is other for one, other in zip(arrays, again[1], strict=True))


def broken_columns():
    header, arrays = pack(chain(4))
    names = list(PackedGraph(header, arrays)._columns)
    yield "no header", {}, arrays
    yield "wrong count", {**header, "nodes": 5}, arrays
    yield "negative count", {**header, "nodes": -1}, arrays
    yield "missing column", header, arrays[:-1]
    yield "extra column", header, [*arrays, arrays[0]]
    for name, change in {
        "op": lambda a: a + 1000, "input_value": lambda a: a - 1000, "text_offsets": lambda a: a[::-1],
        "span": lambda a: a[:, :3], "value_type": lambda a: a.astype(np.float64), "record_bytes": lambda a: a[:-1],
        "input_offsets": lambda a: a * 2,
    }.items():  # fmt: skip
        changed = list(arrays)
        changed[names.index(name)] = change(arrays[names.index(name)])
        yield name, header, changed


@pytest.mark.parametrize(
    ("what", "header", "arrays"), list(broken_columns()), ids=lambda case: case if type(case) is str else ""
)
def test_columns_that_do_not_fit_are_refused(what, header, arrays):
    with pytest.raises(ValueError, match=r"fit together|header of a graph"):
        PackedGraph(header, arrays)


def test_records_of_another_kind_are_refused_when_read():
    header, arrays = pack(Graph("g", (), (), (Node("a", "op", params={"k": 1}),)))
    names = list(PackedGraph(header, arrays)._columns)
    op, params = names.index("op"), names.index("params")
    arrays[op], arrays[params] = arrays[params], arrays[op]
    with pytest.raises(ValueError, match="text record"):
        unpack(header, arrays)
