"""One client's side of the talk with a worker, without input and output: the same for QProcess and for subprocess.

Numbers requests, turns received bytes into events, and keeps the rule that the newest request wins:

- a CaptureRequest replaces captures, further stages, evaluations and arrays under way, a LayoutRequest layouts, a
  TrainRequest a run: the old one is cancelled, and whatever it still answers is dropped;
- an EvaluateRequest waits for the one that runs, so that a dragged slider shows numbers while it moves; of those that
  wait only the newest is sent.

All others queue in the supervisor. Metrics are acknowledged when the consumer comes back for the next event.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from explorer.capture.record import Diagnostic
from explorer.worker import protocol
from explorer.worker.events import Died, Done, Event, Failed, Metrics, Ready, Silent
from explorer.worker.protocol import BadFrame, Buffer, Decoder, Frame
from explorer.worker.requests import (
    Acknowledge,
    ArrayRequest,
    Cancel,
    CaptureRequest,
    EvaluateRequest,
    LayoutRequest,
    Request,
    StagesRequest,
    TrainControl,
    TrainRequest,
)
from explorer.worker.wire import encode_request, event_steps

MUCH_BYTES = 1 << 18
State = Literal["starting", "ready", "busy", "silent", "dead"]

REPLACES: Mapping[type, tuple[type, ...]] = {
    CaptureRequest: (CaptureRequest, StagesRequest, EvaluateRequest, ArrayRequest),
    LayoutRequest: (LayoutRequest,),
    TrainRequest: (TrainRequest,),
}


class Conversation:
    """What one client and one worker process have said to each other. Not for two threads at once."""

    def __init__(self, ids: Iterator[int] | None = None) -> None:
        self._ids = ids or itertools.count(1)
        self._alive = False
        self._reset()

    def _reset(self) -> None:
        self.in_flight: dict[int, Request] = {}
        self._waiting: tuple[int, EvaluateRequest] | None = None
        self._decoder = Decoder()
        self._frames: deque[Frame] = deque()
        self._own: deque[Event] = deque()  # events that this side has to say itself
        self._outgoing: list[Buffer] = []
        self._greeted = self._silent = self._much = False

    @property
    def state(self) -> State:
        """`starting` until the process has said hello, `busy` while a request is in flight."""
        if not self._alive:
            return "dead"
        if not self._greeted:
            return "starting"
        if self._silent:
            return "silent"
        return "busy" if self.in_flight else "ready"

    def begin(self) -> None:
        """A process has been started."""
        self._reset()
        self._alive = True

    def send(self, request: Request) -> int:
        """Number a request and queue what has to be written. TypeError or ValueError for one that cannot travel."""
        number = next(self._ids)
        match request:
            case Cancel():
                self.cancel(request.request)
            case TrainControl() | Acknowledge():
                self._put(request, number)
            case EvaluateRequest() if self._running(EvaluateRequest):
                self._waiting = number, request
            case _:
                frame = encode_request(request, number)
                self._replace(request)
                self._outgoing += frame
                self.in_flight[number] = request
        return number

    def cancel(self, number: int) -> None:
        """Ask for the end of a request; its last event follows. A number that is not in flight is ignored."""
        if self._waiting and self._waiting[0] == number:
            self._waiting = None
            self._own.append(Failed(number, Diagnostic("notice", "cancelled")))
        elif number in self.in_flight:
            self._put(Cancel(number), number)

    def outgoing(self) -> list[Buffer]:
        """What has to be written now, in this order; each piece is given once."""
        pieces, self._outgoing = self._outgoing, []
        return pieces

    def feed(self, data: Buffer) -> None:
        """Take received bytes; cheap. Raises BadFrame."""
        self._frames.extend(self._decoder.feed(data))

    def decode(self) -> Iterator[Event | None]:
        """The events in what was fed; None wherever the reading of a large one may pause. Raises BadFrame.

        Look at `outgoing` afterwards.
        """
        while self._own or self._frames:
            if self._own:
                yield self._own.popleft()
            else:
                yield from self._read(self._frames.popleft())

    @property
    def reading_much(self) -> bool:
        """The last step of `decode` was on a large frame: it left many objects that live long."""
        return self._much

    def lost(self, code: str | None = None, **params: Any) -> list[Event]:
        """The process is gone. With a message code: what to tell, Failed for each request that was in flight."""
        numbers = [*self.in_flight, *([self._waiting[0]] if self._waiting else [])]
        self._reset()
        self._alive = False
        if code is None:
            return []
        diagnostic = Diagnostic("error", code, params)
        return [Failed(number, diagnostic) for number in numbers] or [Died(0, diagnostic)]

    def _read(self, frame: Frame) -> Iterator[Event | None]:
        kind, number = frame.peek()
        self._much = frame.raw.nbytes > MUCH_BYTES
        if kind == protocol.HELLO:
            self._greet(frame.body())
            yield None
            return
        event = None
        if self._wanted(kind, number):
            steps = event_steps(frame)
            while event is None:
                try:
                    next(steps)
                except StopIteration as end:
                    event = end.value
                else:
                    yield None
        if event is None or not self._wanted(kind, number):  # a newer request may have come between two steps
            yield None
            return
        self._note(event)
        yield event
        if isinstance(event, Metrics) and event.request in self.in_flight:
            self._put(Acknowledge(event.sequence), next(self._ids))

    def _wanted(self, kind: str, number: int) -> bool:
        return number == 0 or number in self.in_flight or kind == Died.__name__

    def _greet(self, body: Any) -> None:
        if not isinstance(body, list) or body[:1] != [protocol.VERSION]:
            raise BadFrame("a worker of another version")
        self._greeted = True

    def _note(self, event: Event) -> None:
        match event:
            case Silent(seconds=seconds):
                self._silent = seconds > 0
            case Died():
                self._greeted = self._silent = False
                self._end(event.request)
            case Ready() | Done() | Failed():
                self._end(event.request)

    def _end(self, number: int) -> None:
        self.in_flight.pop(number, None)
        if self._waiting and not self._running(EvaluateRequest):
            (number, request), self._waiting = self._waiting, None
            self._outgoing += encode_request(request, number)
            self.in_flight[number] = request

    def _running(self, *kinds: type) -> list[int]:
        return [number for number, request in self.in_flight.items() if isinstance(request, kinds)]

    def _replace(self, request: Request) -> None:
        replaced = REPLACES.get(type(request), ())
        if EvaluateRequest in replaced:
            self._waiting = None
        for number in self._running(*replaced):
            self.cancel(number)
            del self.in_flight[number]

    def _put(self, request: Request, number: int) -> None:
        self._outgoing += encode_request(request, number)
