"""Frames from the training thread to the client: what it costs is bounded, what it carries is never thinned out.

The losses of every step wait in a list until the next frame takes them along; of the fit only the newest is sent. A
sender thread decides when a frame is due and does the writing, so that a slow client never holds up a step: at most
`WINDOW` frames go unacknowledged, at most `frames_per_second` are sent, and taking the fit costs at most `BUDGET` of
the time.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from threading import Thread
from types import TracebackType

from explorer.training.control import Control
from explorer.worker.events import Metrics

WINDOW = 2
BUDGET = 0.005  # of the time, for taking a frame; waking up and sending cost about as much again: 1 % in all

Send = Callable[[Metrics], None]


class Stream:
    """The way out of one run, as a context. `due` says that a frame is wanted; `offer` gives it.

    `control.attention` goes up when a frame falls due. Nothing wakes up while `fresh` is False: a paused run is silent.
    """

    def __init__(self, send: Send, control: Control, *, frames_per_second: float) -> None:
        self.due = False
        self.fresh = False  # there is something the client has not seen
        self._send = send
        self._control = control
        self._pause = 1.0 / frames_per_second if frames_per_second > 0 else float("inf")
        self._costs: deque[float] = deque(maxlen=5)
        self._next = 0.0
        self._sent = 0
        self._slot: Metrics | None = None
        self._closing = False
        self._failure: Exception | None = None
        self._thread = Thread(target=self._work, name="training stream", daemon=True)

    def __enter__(self) -> Stream:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the sender thread; a frame already offered is still written."""
        self._control.changed(self._close)
        self._thread.join()

    def refresh(self) -> None:
        """There is something new to show."""
        if not self.fresh:
            self._control.changed(self._set_fresh)

    def offer(self, frame: Metrics, *, cost: float) -> None:
        """Hand the frame that was due to the sender; taking it took `cost` CPU seconds. Raises what a send raised."""
        self.check()
        self._costs.append(cost)
        # The least of the last costs: one that met a cold cache or the garbage collector says nothing about the next.
        self._next = time.perf_counter() + max(self._pause, min(self._costs) / BUDGET)
        self._control.changed(lambda: self._put(frame))

    def check(self) -> None:
        """Raise what the sender thread met, if anything."""
        if self._failure is not None:
            raise self._failure

    def _close(self) -> None:
        self._closing = True

    def _set_fresh(self) -> None:
        self.fresh = True

    def _put(self, frame: Metrics) -> None:
        self._slot, self.due, self.fresh = frame, False, False

    def _work(self) -> None:
        try:
            while self._wait_until_due():
                self._sent += 1
                frame, self._slot = self._slot, None
                assert frame is not None  # _wait_until_due returned True
                self._send(frame)
        except Exception as error:
            self._failure = error
            self._control.call()

    def _wait_until_due(self) -> bool:
        """Ask for a frame when one may go out, and wait for it. False when the run is over and nothing is left."""
        control = self._control
        control.wait_for(lambda: self._closing or (self.fresh and self._sent - control.acknowledged < WINDOW))
        while not self._closing and (rest := self._next - time.perf_counter()) > 0:
            control.wait_for(lambda: self._closing, min(rest, 3600.0))
        if not self._closing:
            self.due = True
            control.call()
            control.wait_for(lambda: self._closing or self._slot is not None)
        return self._slot is not None
