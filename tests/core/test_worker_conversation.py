"""The client's side without any process: numbers, the newest request wins, what is told when the process is gone."""

import numpy as np
import pytest

from explorer.capture.record import Diagnostic, Source
from explorer.training.config import RunConfig
from explorer.worker import wire
from explorer.worker.conversation import Conversation
from explorer.worker.events import Died, Done, Failed, Metrics, Output, Ready, Silent
from explorer.worker.protocol import HELLO, VERSION, BadFrame, Decoder, encode
from explorer.worker.requests import (
    Acknowledge,
    Cancel,
    CaptureRequest,
    EvaluateRequest,
    GradientRequest,
    Prepare,
    StagesRequest,
    TrainControl,
    TrainRequest,
)

CAPTURE = CaptureRequest(Source("a*b", "jax"))
TELL = Diagnostic("error", "worker_crashed", {"framework": "JAX", "signal": "SIGSEGV"})


def joined(pieces):
    return b"".join(bytes(piece) for piece in pieces)


class Talk:
    """A conversation with the worker's part played by the test."""

    def __init__(self):
        self.conversation = Conversation()
        self.conversation.begin()
        self.feed(encode(HELLO, 0, [VERSION, 1]))
        assert self.heard() == []

    def feed(self, pieces):
        self.conversation.feed(joined(pieces))

    def heard(self):
        return [event for event in self.conversation.decode() if event is not None]

    def answer(self, *events):
        for event in events:
            self.feed(wire.encode_event(event))
        return self.heard()

    def sent(self):
        stream = joined(self.conversation.outgoing())
        return [wire.decode_request(frame) for frame in Decoder().feed(stream)]


@pytest.fixture
def talk():
    return Talk()


def test_requests_are_numbered_and_answers_end_them(talk):
    number = talk.conversation.send(Prepare())
    assert talk.sent() == [(Prepare(), number)]
    assert talk.conversation.state == "busy"
    ready = Ready(number, "jax", "1", (), 0.1)
    assert talk.answer(ready) == [ready]
    assert talk.conversation.state == "ready"


def test_a_newer_capture_cancels_the_older_and_drops_its_answers(talk):
    old = talk.conversation.send(CAPTURE)
    talk.sent()
    new = talk.conversation.send(CAPTURE)
    assert talk.sent() == [(Cancel(old), old), (CAPTURE, new)]
    assert talk.answer(Done(old, 0.1), Done(new, 0.1)) == [Done(new, 0.1)]


def test_other_requests_queue(talk):
    first, second = talk.conversation.send(GradientRequest(Source("a", "jax"))), talk.conversation.send(Prepare())
    assert [number for _, number in talk.sent()] == [first, second]


def test_a_dragged_slider_sends_the_newest_values_when_the_last_ones_are_shown(talk):
    first = talk.conversation.send(EvaluateRequest({"a": "1"}))
    assert [number for _, number in talk.sent()] == [first]
    for value in ("2", "3", "4"):
        newest = talk.conversation.send(EvaluateRequest({"a": value}))
    assert talk.sent() == []
    assert talk.answer(Done(first, 0.1)) == [Done(first, 0.1)]
    assert talk.sent() == [(EvaluateRequest({"a": "4"}), newest)]


def test_a_capture_replaces_evaluations_of_the_old_text(talk):
    running = talk.conversation.send(EvaluateRequest({"a": "1"}))
    talk.conversation.send(EvaluateRequest({"a": "2"}))
    talk.sent()
    capture = talk.conversation.send(CAPTURE)
    assert talk.sent() == [(Cancel(running), running), (CAPTURE, capture)]
    talk.answer(Failed(running, Diagnostic("notice", "cancelled")), Done(capture, 0.1))
    assert talk.sent() == []


def test_a_capture_replaces_further_stages_of_the_old_text(talk):
    running = talk.conversation.send(StagesRequest(("hlo",)))
    talk.sent()
    capture = talk.conversation.send(CAPTURE)
    assert talk.sent() == [(Cancel(running), running), (CAPTURE, capture)]


def test_a_waiting_evaluation_can_be_cancelled(talk):
    talk.conversation.send(EvaluateRequest({"a": "1"}))
    waiting = talk.conversation.send(EvaluateRequest({"a": "2"}))
    talk.conversation.cancel(waiting)
    (event,) = talk.heard()
    assert (event.request, event.diagnostic.code) == (waiting, "cancelled")


def test_cancel_of_an_unknown_number_is_ignored(talk):
    talk.conversation.cancel(99)
    assert talk.sent() == []


def test_metrics_are_acknowledged_once_they_are_dealt_with(talk):
    run = talk.conversation.send(TrainRequest(RunConfig()))
    talk.conversation.send(TrainControl("pause"))
    assert [type(request) for request, _ in talk.sent()] == [TrainRequest, TrainControl]
    none = np.zeros(0)
    talk.feed(wire.encode_event(Metrics(run, 7, none, none, none, np.zeros((0, 2)), 0.1, "running", "cpu", 1.0)))
    events = talk.conversation.decode()
    assert next(event for event in events if event is not None).sequence == 7
    assert talk.sent() == []
    assert list(events) == []
    assert [request for request, _ in talk.sent()] == [Acknowledge(7)]


def test_a_death_ends_its_request_and_the_next_hello_starts_anew(talk):
    number, waiting = talk.conversation.send(CAPTURE), talk.conversation.send(Prepare())
    died = Died(number, TELL)
    assert talk.answer(Output("last words"), died) == [Output("last words"), died]
    assert talk.conversation.state == "starting"
    assert list(talk.conversation.in_flight) == [waiting]  # the supervisor gives it to the fresh child
    talk.feed(encode(HELLO, 0, [VERSION, 2]))
    assert talk.heard() == []
    assert talk.conversation.state == "busy"


def test_the_death_of_a_replaced_request_is_told(talk):
    old = talk.conversation.send(CAPTURE)
    talk.conversation.send(CAPTURE)
    assert talk.answer(Died(old, TELL)) == [Died(old, TELL)]


def test_a_lost_process_fails_every_request(talk):
    numbers = [talk.conversation.send(CAPTURE), talk.conversation.send(Prepare())]
    numbers += [talk.conversation.send(EvaluateRequest({})), talk.conversation.send(EvaluateRequest({}))]
    events = talk.conversation.lost("worker_lost", framework="JAX")
    assert [event.request for event in events] == numbers
    assert {event.diagnostic.code for event in events} == {"worker_lost"}
    assert talk.conversation.state == "dead"


def test_a_process_lost_while_idle_is_told_too(talk):
    (event,) = talk.conversation.lost("worker_lost", framework="JAX")
    assert isinstance(event, Died)
    assert event.request == 0


def test_silence_shows_in_the_state(talk):
    talk.conversation.send(CAPTURE)
    talk.answer(Silent(5.0))
    assert talk.conversation.state == "silent"
    talk.answer(Silent(0.0))
    assert talk.conversation.state == "busy"


def test_a_worker_of_another_version_is_refused(talk):
    talk.feed(encode(HELLO, 0, [VERSION + 1, 1]))
    with pytest.raises(BadFrame):
        talk.heard()


def test_a_request_that_cannot_travel_replaces_nothing(talk):
    old = talk.conversation.send(CAPTURE)
    with pytest.raises(TypeError):
        talk.conversation.send(CaptureRequest(Source(object(), "jax")))
    assert list(talk.conversation.in_flight) == [old]
