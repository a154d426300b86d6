"""Workers without processes: the real answers of `explorer.worker`, over the toy framework, when a test says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from explorer.adapters import FRAMEWORK_KEYS
from explorer.capture.record import Diagnostic
from explorer.errors import ExplorerError
from explorer.training.control import Control
from explorer.worker.answers import Answers
from explorer.worker.events import Died, Done, Event, Failed
from explorer.worker.requests import (
    Acknowledge,
    ArrayRequest,
    CaptureRequest,
    EvaluateRequest,
    LayoutRequest,
    Prepare,
    Request,
    StagesRequest,
)
from tests.ui.toy_adapter import ToyAdapter

REPLACES = {
    CaptureRequest: (CaptureRequest, StagesRequest, EvaluateRequest, ArrayRequest),
    EvaluateRequest: (EvaluateRequest,),
    LayoutRequest: (LayoutRequest,),
}


class ToyWorkers(QObject):
    """Answers by itself in the next turn of the event loop; while `holds` is set, requests wait for `answer`.

    `sent` keeps every request by its worker's key, `events` everything that was said. A key in `dying` loses its
    process at the next request, one in `failing` has no framework. `replays` are recorded events, given to every
    capture and layout from then on, or a function from the request to such events.
    """

    event = Signal(str, object)
    state = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, Request]] = []
        self.events: list[tuple[str, Event]] = []
        self.cancelled: list[tuple[str, int]] = []
        self.holds = False
        self.dying: set[str] = set()
        self.failing: set[str] = set()
        self.replays: dict[str, list[Event] | Callable[[Request], list[Event]]] = {}
        self._waiting: list[tuple[str, int, Request]] = []
        self._answers = {key: self._new_answers(key) for key in (*FRAMEWORK_KEYS, "layout")}
        self._turn = QTimer(self, singleShot=True, interval=0)
        self._turn.timeout.connect(self.answer)

    def send(self, key: str, request: Request) -> int:
        self.sent.append((key, request))
        number = len(self.sent)
        replaced = REPLACES.get(type(request), ())
        self._waiting = [one for one in self._waiting if one[0] != key or not isinstance(one[2], replaced)]
        self._waiting.append((key, number, request))
        if not self.holds:
            self._turn.start()
        return number

    def cancel(self, key: str, number: int) -> None:
        self.cancelled.append((key, number))
        found = [one for one in self._waiting if one[:2] == (key, number)]
        self._waiting = [one for one in self._waiting if one not in found]
        for _ in found:
            self._say(key, Failed(number, Diagnostic("notice", "cancelled")))

    def answer(self) -> None:
        """Answer what waits, in order."""
        waiting, self._waiting = self._waiting, []
        for key, number, request in waiting:
            self._answer(key, number, request)

    def requests(self, kind: type[Request]) -> list[Request]:
        """Those of one kind, oldest first."""
        return [request for _, request in self.sent if isinstance(request, kind)]

    def said(self, kind: type) -> list[Event]:
        return [event for _, event in self.events if isinstance(event, kind)]

    def say(self, key: str, event: Event) -> None:
        """Something a worker says of itself."""
        self._say(key, event)

    def _answer(self, key: str, number: int, request: Request) -> None:
        if self.replays and isinstance(request, CaptureRequest | LayoutRequest):
            self._replay(key, number, request)
            return
        if key in self.dying and not isinstance(request, Prepare):
            self.dying.discard(key)
            self._answers[key] = self._new_answers(key)
            diagnostic = Diagnostic("error", "worker_lost", {"framework": key})
            self._say(key, Died(number, diagnostic))
            return
        if isinstance(request, Acknowledge):
            return
        try:
            if key in self.failing:
                raise ExplorerError("framework_absent", framework=key, extra=key)
            self._answers[key].answer(request, number)
        except ExplorerError as error:
            self._say(key, Failed(number, error.diagnostic()))
        else:
            self._say(key, Done(number, 0.001))

    def _replay(self, key: str, number: int, request: Request) -> None:
        """The recorded events as answers to `number`, one per turn of the event loop, as `widgets.workers` does."""
        found = self.replays["layout" if key == "layout" else "capture"]
        for event in found(request) if callable(found) else found:
            QTimer.singleShot(0, self, lambda event=event: self._say(key, replace(event, request=number)))

    def _new_answers(self, key: str) -> Answers:
        return Answers(key, lambda: ToyAdapter(key), lambda event: self._say(key, event), Control)

    def _say(self, key: str, event: Event) -> None:
        self.events.append((key, event))
        self.event.emit(key, event)
