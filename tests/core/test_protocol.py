"""Frames and messages: every chunking gives the same, and nothing but what was defined gets through."""

import struct
import tracemalloc
from dataclasses import fields, is_dataclass

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.adapters.base import Device
from explorer.capture.record import Column, Diagnostic, Histogram, Link, Provenance, Source, Stage, Summary
from explorer.graph.arrays import DTYPES
from explorer.graph.ir import Graph, Node, Span, TensorType, Value
from explorer.layout.options import LayoutOptions
from explorer.training.config import Checkpoint, Fit, Parameter, RunConfig
from explorer.worker import events, requests, supervisor, wire
from explorer.worker.protocol import HEAD, MAGIC, MOST_BYTES, BadFrame, Decoder, encode

frames = st.tuples(
    st.text(max_size=5), st.integers(0, 2**40), st.lists(st.integers(), max_size=3),
    st.lists(st.binary(max_size=300), max_size=3),
)  # fmt: skip


def joined(pieces):
    return b"".join(bytes(piece) for piece in pieces)


def one_frame(data):
    (frame,) = Decoder().feed(data)
    return frame


@settings(max_examples=100, deadline=None)
@given(st.lists(frames, max_size=4), st.data())
def test_any_chunking_gives_the_same_frames(sent, data):
    stream = joined(piece for frame in sent for piece in encode(*frame))
    decoder, received = Decoder(), []
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        received += decoder.feed(stream[:cut])
        stream = stream[cut:]
    assert [(*frame.peek(), frame.body(), [bytes(buffer) for buffer in frame.buffers]) for frame in received] == sent


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_garbage_is_refused_or_waits_and_never_hangs(garbage, with_magic):
    try:
        for frame in Decoder().feed((MAGIC if with_magic else b"") + garbage):
            wire.decode_event(frame)
    except BadFrame:
        pass  # and nothing else


@pytest.mark.parametrize(
    "head",
    [
        HEAD.pack(b"NOPE", 1, 0),
        HEAD.pack(MAGIC, 2**32 - 1, 0),
        HEAD.pack(MAGIC, 1, 2**32 - 1),
        HEAD.pack(MAGIC, 1, 1) + struct.pack("<Q", 2**63),
        HEAD.pack(MAGIC, 1, 2) + struct.pack("<QQ", MOST_BYTES // 2, MOST_BYTES // 2),
    ],
)
def test_a_frame_over_a_limit_is_refused_before_anything_is_allocated(head):
    tracemalloc.start()
    with pytest.raises(BadFrame):
        list(Decoder().feed(head))
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


def test_large_frames_do_not_read_the_same_bytes_again_and_again():
    content = bytes(4 << 20)
    stream = joined(encode("Big", 1, None, [content]))
    decoder, found = Decoder(), []
    for start in range(0, len(stream), 1 << 16):
        found += decoder.feed(stream[start : start + (1 << 16)])
    assert bytes(found[0].buffers[0]) == content


GRAPH = Graph(
    "g", ("x",), ("y",),
    (
        Node("x", "input", (), (Value("x", TensorType("bfloat16", (2, "n"))),), role="input"),
        Node("y", "scan", ("x",), (Value("y", TensorType("float32")),), {"axes": (0, 1)}, "primal", ("a", "b"),
             Span(1, 2, 3, 4), ("inner",)),
    ),
    (Graph("inner", (), (), (Node("z", "const"),)),),
)  # fmt: skip
HISTOGRAM = Histogram(np.linspace(-1, 1, 33), np.arange(32))
SUMMARY = Summary("float32", (9, 9), -1.0, float("inf"), 0.5, 2.0, 1, 2, 3, np.ones((3, 3), np.float32), 0.7, HISTOGRAM)
DIAGNOSTIC = Diagnostic("error", "syntax", {"shapes": ((2,), 3), "text": "\ud800"}, Span(1, 2), "fx", "n", "detail")
ARRAYS = {name: np.arange(6).reshape(2, 3).astype(dtype) for name, dtype in DTYPES.items()}
CELLS = {"big": np.arange(1000.0), "none": np.zeros((0, 3)), "scalar": np.array(2.5), "summary": SUMMARY, **ARRAYS}
MANY = tuple(Link((f"a{k}",), (f"b{k}", "c"), "share", "name") for k in range(3000))
SCENE = events.Scene(
    "fx", "pytorch", ("x",), np.ones((1, 4)), np.zeros(1, np.uint8), np.zeros(1, np.uint8), ("t",), ("w",), ("f32[]",),
    ("x",), np.zeros((0, 2), np.int32), np.zeros(0, np.int32), (), np.zeros(0, np.uint8), np.zeros((0, 4, 2)),
    np.zeros(0, np.int32), 1.5,
)  # fmt: skip

FIT = Fit(
    3, np.ones((5, 2)), np.ones((64, 64), np.float32), np.arange(4), np.ones(4, np.float32), np.eye(3, dtype=np.int64),
    (Parameter("w", (), 0.5), Parameter("W", (2, 3), 1.5)),
)  # fmt: skip
CHECKPOINT = Checkpoint(4, 12, (np.ones(2), np.ones((2, 2))), (np.zeros(2),), 3, 0.5, (np.ones(2), np.ones((2, 2))))
EVENTS = [
    events.Ready(1, "jax", "0.10", (Device("cpu:0", "cpu", "CPU", None, 5),), 0.5),
    events.Loaded(2, "cpu"),
    events.StageEvent(2, Stage("fx", GRAPH, "text", {f"n{k}": k for k in range(2500)}, 0.1)),
    events.ProvenanceEvent(3, Provenance("fx", "joint", MANY)),
    events.ColumnEvent(4, Column("value", "fx", "value", CELLS, "unit", {"q": "code"})),
    events.ColumnEvent(4, Column("value", "fx", "use", {f"n{k}": np.array(k) for k in range(2500)})),
    events.ArrayEvent(4, "fx", "cotangent", "x", np.ones((2, 3), np.float16)),
    events.DiagnosticEvent(5, DIAGNOSTIC),
    events.GradientEvent(6, "jax", np.array(2.0), {"x": np.ones(3), "k": None}, {}, (("x", "y", 0, np.ones(2)),)),
    events.SceneEvent(7, SCENE),
    events.Metrics(8, 1, np.arange(3), np.ones(3), np.ones(3), np.ones((5, 2)), 0.1, "running", "cpu", 12.5),
    events.TrainDone(9, 3, 2, (np.ones(2), np.ones((2, 2))), (), np.ones((1, 2)), 3.0, "cpu"),
    events.FitEvent(9, FIT),
    events.TrainDone(9, 3, 2, (), (), np.ones((1, 2)), 3.0, "cpu", ("w",), "early", FIT, (FIT, FIT), CHECKPOINT),
    events.Output("text", 3),
    events.Done(10, 0.1),
    events.Failed(11, DIAGNOSTIC),
    events.Died(0, DIAGNOSTIC),
    events.Silent(5.0),
]
REQUESTS = [
    requests.Prepare(),
    requests.CaptureRequest(Source("a*b", "jax", {"a": "2.0"}, seed=2**70), ("jaxpr",)),
    requests.StagesRequest(("hlo", "optimized_hlo")),
    requests.EvaluateRequest({"a": "3"}),
    requests.ArrayRequest("fx", "share", "mul#1", 2**30),
    requests.GradientRequest(Source("a", "jax"), True, True),
    requests.TrainRequest(RunConfig(), 10.0, True),
    requests.TrainRequest(RunConfig(task="typed"), source=Source("w*w", "jax"), resume=CHECKPOINT),
    requests.TrainControl("rate", 0.5),
    requests.Acknowledge(4),
    requests.LayoutRequest("fx", "pytorch", GRAPH, LayoutOptions("right", False, 1.5)),
    requests.Cancel(3),
]


def same(one, other):
    """Equal, with arrays compared by dtype and entries."""
    if isinstance(one, np.ndarray):
        return isinstance(other, np.ndarray) and one.dtype == other.dtype and np.array_equal(one, other)
    if type(one) is not type(other):
        return False
    if is_dataclass(one) and not isinstance(one, Graph):
        return all(same(getattr(one, field.name), getattr(other, field.name)) for field in fields(one))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_every_event_comes_back_as_it_was(event):
    assert same(wire.decode_event(one_frame(joined(wire.encode_event(event)))), event)


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: type(request).__name__)
def test_every_request_comes_back_as_it_was(request_):
    back, number = wire.decode_request(one_frame(joined(wire.encode_request(request_, 42))))
    assert number == 42
    assert same(back, request_)


def test_no_kind_of_message_is_forgotten():
    assert {type(event).__name__ for event in EVENTS} == set(wire.EVENTS)
    assert {type(request).__name__ for request in REQUESTS} == set(wire.REQUESTS)


def test_the_supervisor_knows_the_same_kinds():
    assert supervisor.WORK | supervisor.STEERING | {"Cancel"} == set(wire.REQUESTS)
    assert supervisor.RELAYED | {"Output", "Died", "Silent"} == set(wire.EVENTS)


def test_bfloat16_travels_under_its_name():
    frame = one_frame(joined(wire.encode_event(EVENTS[4])))
    assert b"bfloat16" in bytes(frame.raw)
    assert wire.decode_event(frame).column.cells["bfloat16"].dtype == ml_dtypes.bfloat16


def test_what_is_received_cannot_be_changed_by_accident():
    received = wire.decode_event(one_frame(joined(wire.encode_event(EVENTS[4]))))
    with pytest.raises(ValueError, match="read-only"):
        received.column.cells["big"][0] = 1


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("Done", [1]),  # a field is missing
        ("Done", [1, "soon"]),
        ("Done", [True, 0.5]),
        ("Done", {"request": 1}),
        ("Done", [2, 0.5]),  # under another number
        ("Prepare", []),  # a request, not an event
        ("os.system", ["true"]),
        ("Failed", [1, ["fatal", "code", {}, None, None, None, ""]]),
        ("Failed", [1, ["error", "code", [1], None, None, None, ""]]),
        ("ColumnEvent", [1, ["k", "s", "value", {"a": [0, ["object", [1], b"12345678"]]}, "", {}]]),
        ("ColumnEvent", [1, ["k", "s", "value", {"a": [0, ["float32", [3], b"1234"]]}, "", {}]]),
        ("ColumnEvent", [1, ["k", "s", "value", {"a": [0, ["float32", [-1], b"1234"]]}, "", {}]]),
        ("ColumnEvent", [1, ["k", "s", "value", {"a": [0, ["float32", [1], 7]]}, "", {}]]),
        ("ColumnEvent", [1, ["k", "s", "value", {"a": [5, None]}, "", {}]]),
        ("ColumnEvent", [1, ["k", "s", "value", (b"\xff\xff",), "", {}]]),
        ("ColumnEvent", [1, ["k", "s", "value", {1: [0, ["float32", [1], b"1234"]]}, "", {}]]),
        ("StageEvent", [1, ["fx", [{"name": "g"}, []], "", {}, 0.1]]),
        ("ProvenanceEvent", [1, ["a", "b", 3]]),
    ],
)  # fmt: skip
def test_a_malformed_message_is_refused(kind, body):
    with pytest.raises(BadFrame):
        wire.decode_event(one_frame(joined(encode(kind, 1, body))))


@pytest.mark.parametrize(
    "event",
    [
        events.DiagnosticEvent(1, Diagnostic("error", "code", {"what": object()})),
        events.ColumnEvent(1, Column("k", "s", "value", {"a": np.array([object()])})),
        events.Done(1, "soon"),
        events.Output(["not text"]),
    ],
)
def test_what_is_no_plain_data_is_not_sent(event):
    with pytest.raises(TypeError):
        wire.encode_event(event)
