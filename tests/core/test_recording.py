"""How much of an evaluation is kept, and one array in full on request: the answers of a worker, in this process."""

import numpy as np
import pytest

from explorer.capture.cells import cell, cells
from explorer.capture.record import FULL_CELL_LIMIT, Source, Summary
from explorer.capture.recording import ALWAYS_WHOLE, MIB, SMALL_SIDE, VARIABLE, Recording, kept_bytes, recording_limit
from explorer.errors import UsageError
from explorer.messages import sentence
from explorer.training.control import Control
from explorer.worker.answers import Answers
from explorer.worker.events import ArrayEvent, ColumnEvent, DiagnosticEvent
from explorer.worker.requests import ArrayRequest, CaptureRequest, EvaluateRequest
from tests.core.faulty_adapter import FaultyAdapter

LARGE = {"x": "normal(100, 100)"}


class Told(list):
    """What a worker says, and its answers."""

    def __init__(self):
        super().__init__()
        self._answers = Answers("jax", FaultyAdapter, self.append, Control)

    def ask(self, request):
        self.clear()
        self._answers.answer(request, 1)
        return list(self)

    def capture(self, inputs, text="ok"):
        return self.ask(CaptureRequest(Source(text, "jax", inputs)))

    def array(self, *request, **more):
        events = self.ask(ArrayRequest(*request, **more))
        return next(event.array for event in events if isinstance(event, ArrayEvent))


@pytest.fixture
def worker():
    return Told()


def codes(events):
    return [event.diagnostic.code for event in events if isinstance(event, DiagnosticEvent)]


def cells_of(events):
    return [made for event in events if isinstance(event, ColumnEvent) for made in event.column.cells.values()]


# ---- the limit ----


def test_within_the_limit_arrays_are_kept_whole():
    recording = Recording(most_bytes=1 << 20)
    with recording.open():
        kept = [cell(np.ones(FULL_CELL_LIMIT)), cell(np.ones(FULL_CELL_LIMIT + 1))]
    assert isinstance(kept[0], np.ndarray)
    assert isinstance(kept[1], Summary)
    assert recording.bytes == sum(map(kept_bytes, kept))
    assert recording.reduced == 0


def test_above_the_limit_a_tensor_is_a_summary_and_a_scalar_still_a_number():
    recording = Recording(most_bytes=1000)
    with recording.open():
        kept = [cell(np.ones(200)), cell(np.arange(200.0)), cell(np.array(7.0)), cell(np.ones(ALWAYS_WHOLE))]
    assert [type(each) for each in kept] == [np.ndarray, Summary, np.ndarray, np.ndarray]
    assert max(kept[1].thumbnail.shape) <= SMALL_SIDE
    assert kept[1].maximum == 199
    assert recording.reduced == 1


def test_many_arrays_take_the_limit_and_two_kilobytes_each():
    recording = Recording(most_bytes=100_000)
    with recording.open():
        for _ in range(500):
            cell(np.random.default_rng(0).standard_normal((60, 60)))
    assert recording.bytes < 100_000 + 60 * 60 * 8 + 500 * 2048
    assert recording.reduced > 400


def test_outside_a_recording_there_is_no_limit():
    with Recording(most_bytes=0).open():
        pass
    assert isinstance(cell(np.ones(FULL_CELL_LIMIT)), np.ndarray)


def test_the_limit_is_stated_and_can_be_set(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert recording_limit() == 128 * MIB
    monkeypatch.setenv(VARIABLE, "0.5")
    assert recording_limit() == MIB // 2
    monkeypatch.setenv(VARIABLE, "much")
    assert recording_limit() == 128 * MIB


def test_a_recording_that_is_full_is_said_once(monkeypatch, worker):
    monkeypatch.setenv(VARIABLE, "0")
    events = worker.capture({"x": "normal(20, 20)"})
    assert all(isinstance(made, Summary) for made in cells_of(events))
    assert codes(events) == ["recording_full"]
    (notice,) = [event.diagnostic for event in events if isinstance(event, DiagnosticEvent)]
    assert "0 B" in sentence(notice.code, notice.params)
    assert codes(worker.ask(EvaluateRequest({"x": "ones(20, 20)"}))) == []


# ---- one array ----


def test_only_the_array_that_is_asked_for_is_read():
    read = []
    with Recording(only="b").open():
        made = cells({"a": 1, "b": 2}, lambda size: read.append(size) or np.zeros((size, 5000)))
    assert read == [2]
    assert made["b"].shape == (2, 5000)


def test_a_large_array_comes_in_full_on_request(worker):
    (first, *_) = cells_of(worker.capture(LARGE))
    assert isinstance(first, Summary)
    array = worker.array("jaxpr", "value", "mul_0")
    x = worker.array("jaxpr", "value", "x")
    assert array.shape == (100, 100)
    np.testing.assert_array_equal(array, x * x)
    assert x.mean(dtype=np.float64) == pytest.approx(first.mean)


def test_the_array_is_the_one_of_the_inputs_evaluated_last(worker):
    worker.capture(LARGE)
    worker.ask(EvaluateRequest({"x": "ones(100, 100)"}))
    assert (worker.array("jaxpr", "value", "mul_0") == 1).all()


def test_an_array_above_the_limit_is_refused_with_its_size(worker):
    worker.capture(LARGE)
    with pytest.raises(UsageError) as caught:
        worker.ask(ArrayRequest("jaxpr", "value", "x", most_bytes=10_000))
    assert str(caught.value) == "x has 10000 numbers, 39.06 KB: more than the 9.766 KB that are given out in full."


@pytest.mark.parametrize("wanted", [("jaxpr", "value", "y"), ("jaxpr", "cotangent", "x"), ("hlo", "value", "x")])
def test_what_was_not_computed_cannot_be_given(worker, wanted):
    worker.capture(LARGE)
    with pytest.raises(UsageError) as caught:
        worker.ask(ArrayRequest(*wanted))
    assert caught.value.code == "array_absent"


def test_nothing_is_given_before_a_capture(worker):
    with pytest.raises(UsageError) as caught:
        worker.ask(ArrayRequest("jaxpr", "value", "x"))
    assert caught.value.code == "nothing_captured"


def test_an_array_that_is_not_the_one_on_the_screen_says_so(worker):
    worker.capture(LARGE)
    assert codes(worker.ask(ArrayRequest("jaxpr", "value", "mul_0"))) == []
    worker.capture(LARGE, text="random")
    assert codes(worker.ask(ArrayRequest("jaxpr", "value", "mul_0"))) == ["array_differs"]
