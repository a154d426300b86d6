"""The outer process of a worker: starts the child that runs user code, and stays in charge whatever happens in there.

It passes frames both ways, gives the child one request at a time and keeps the others, interrupts and kills, watches
memory and signs of life, and starts a fresh child when one ends. It imports no framework and no NumPy, runs nothing of
the user's, and while no request runs it sleeps.

Threads: the main one lives with one child after another (on Linux a child dies with the thread that started it); one
listens to the client; one watches while a request runs; writers and output pumps as in `pipes` and `output`.
Windows is provided for and not tested.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any, NoReturn

from explorer.worker import protocol
from explorer.worker.child import END_SECONDS, Child
from explorer.worker.memory import memory_limit, resident_bytes
from explorer.worker.pipes import READ_BYTES, Writer, binary, widen
from explorer.worker.protocol import BadFrame, Decoder, Frame, encode_bytes

GRACE_SECONDS = 2.0  # between the interrupt and the kill
IMPORT_SECONDS = 60.0  # an interrupted import leaves half a module behind, so it may finish first
SILENCE_SECONDS = 5.0
POLL_SECONDS = 0.1
MOST_PENDING_BYTES = 256 << 20  # of requests that wait; above it the client waits too

TRAIN, CONTROL = "TrainRequest", "TrainControl"
WORK = frozenset({
    "Prepare", "CaptureRequest", "StagesRequest", "EvaluateRequest", "ArrayRequest", "GradientRequest", TRAIN,
    "LayoutRequest",
})  # fmt: skip
STEERING = frozenset({CONTROL, "Acknowledge"})
LAST = frozenset({"Ready", "Done", "Failed"})  # the event that ends a request
RELAYED = LAST | {
    "Loaded", "StageEvent", "ProvenanceEvent", "ColumnEvent", "ArrayEvent", "DiagnosticEvent", "GradientEvent",
    "SceneEvent", "Metrics", "FitEvent", "TrainDone",
}  # fmt: skip


@dataclass(slots=True)
class Pending:
    """A request that waits, as frames: what steers a run follows it."""

    number: int
    kind: str
    data: bytes


@dataclass(slots=True)
class Running:
    """The request that the child works on. `cancelled` and `kill_at` are clock times once it has been interrupted."""

    number: int
    kind: str
    cancelled: float | None = None
    kill_at: float | None = None


class Supervisor:
    """One worker for one client, over two descriptors."""

    def __init__(self, key: str, title: str, source: int, sink: int) -> None:
        self._key, self._title, self._source = key, title, source
        self._outbox = Writer(sink, on_broken=self.leave)
        self._changed = threading.Condition(threading.RLock())
        self._pending: deque[Pending] = deque()
        self._running: Running | None = None
        self._settling: float | None = None  # when to kill a child that does not come back from an interrupt
        self._child: Child | None = None
        self._limit = memory_limit()

    def run(self) -> NoReturn:
        """Serve until the client is gone."""
        threading.Thread(target=self._listen, name="client", daemon=True).start()
        threading.Thread(target=self._watch, name="watch", daemon=True).start()
        while True:
            if self._live() == 0:  # it ended by itself: do not start one after the other for nobody
                with self._changed:
                    self._changed.wait_for(lambda: self._pending)

    def leave(self, *_: Any) -> NoReturn:
        """The client is gone, or this process is to end: nothing may stay behind."""
        child = self._child
        if child is not None:
            child.kill("closing")
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(END_SECONDS)
        os._exit(0)

    # ---- the client's side

    def _listen(self) -> None:
        decoder = Decoder()
        try:
            while data := os.read(self._source, READ_BYTES):
                for frame in decoder.feed(data):
                    self._from_client(frame)
        except (BadFrame, OSError):
            pass
        finally:
            self.leave()

    def _from_client(self, frame: Frame) -> None:
        kind, number = frame.peek()
        with self._changed:
            if kind == "Cancel":
                self._cancel(number)
            elif kind in STEERING:
                self._steer(kind, bytes(frame.raw))
            elif kind in WORK:
                self._changed.wait_for(lambda: sum(len(each.data) for each in self._pending) < MOST_PENDING_BYTES)
                self._pending.append(Pending(number, kind, bytes(frame.raw)))
                self._forward()
            else:
                raise BadFrame("unknown kind of request")

    def _steer(self, kind: str, data: bytes) -> None:
        """Pass on what is meant for a run: the newest one, also where it has not begun yet."""
        waiting = [each for each in self._pending if each.kind == TRAIN]
        if waiting and kind == CONTROL:
            waiting[-1].data += data
        elif self._running and self._running.kind == TRAIN and self._child:
            self._child.writer.put(data, wait=False)

    def _cancel(self, number: int) -> None:
        for waiting in self._pending:
            if waiting.number == number:
                self._pending.remove(waiting)
                self._say("Failed", number, _diagnostic("notice", "cancelled", {}))
                return
        running = self._running
        if running and running.number == number and running.cancelled is None and self._child:
            running.cancelled = time.monotonic()
            running.kill_at = running.cancelled + GRACE_SECONDS
            self._child.interrupt()

    def _forward(self) -> None:
        """Give the child its next request, if it is free."""
        child = self._child
        if child and child.greeted and self._pending and self._running is None and self._settling is None:
            request = self._pending.popleft()
            self._running = Running(request.number, request.kind)
            child.last_sign = time.monotonic()
            child.writer.put(request.data, wait=False)
        self._changed.notify_all()

    # ---- the child's side

    def _live(self) -> int:
        """One child from start to end; the number of the request that ended with it, 0 when it was idle."""
        child = Child(self._key, self._say_output)
        with self._changed:
            self._child = child
            self._changed.notify_all()
        decoder = Decoder()
        try:
            while data := os.read(child.source, READ_BYTES):
                for frame in decoder.feed(data):
                    self._from_child(child, frame)
        except (BadFrame, OSError):
            child.kill("faulty")
        return self._bury(child)

    def _from_child(self, child: Child, frame: Frame) -> None:
        kind, number = frame.peek()
        child.last_sign = time.monotonic()
        if child.silent:
            child.silent = False
            self._say("Silent", 0, [0.0])
        if kind in RELAYED:
            self._relay(kind, number, frame)
            return
        with self._changed:
            if kind == protocol.HELLO:
                child.greeted = True
                self._outbox.put(frame.raw)
            elif kind == protocol.HEARTBEAT:
                child.importing = frame.body() == [True]
            elif kind == protocol.SETTLED:
                self._settling = None
            else:
                raise BadFrame("unknown kind of event")
            self._forward()

    def _relay(self, kind: str, number: int, frame: Frame) -> None:
        running = self._running
        if running is None or running.number != number:
            return  # a thread of an interrupted request, speaking late
        self._outbox.put(frame.raw)
        if kind in LAST:
            with self._changed:
                self._running = None
                if running.cancelled is not None and self._child:
                    # The signal may still be on its way; the next request must not be hit by it.
                    self._settling = time.monotonic() + GRACE_SECONDS
                    self._child.writer.put(encode_bytes(protocol.SETTLE), wait=False)
                self._forward()

    def _bury(self, child: Child) -> int:
        code, params, detail = child.bury()
        with self._changed:
            self._child, self._settling = None, None
            running, self._running = self._running, None
            number = running.number if running else 0
            if not child.greeted and self._pending:
                number = self._pending.popleft().number
            severity = "notice" if child.ending == "cancelled" else "error"
            self._say("Died", number, _diagnostic(severity, code, {"framework": self._title, **params}, detail))
            return number if child.greeted else 0

    # ---- watching

    def _watch(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._child and (self._running or self._settling or self._pending))
                child = self._child
                assert child is not None
                self._look(child, time.monotonic())
            if resident_bytes(child.process.pid) > self._limit:
                child.kill("memory")
            time.sleep(POLL_SECONDS)

    def _look(self, child: Child, now: float) -> None:
        running = self._running
        if running and running.cancelled is not None and running.kill_at is not None:
            if child.importing and now < running.cancelled + IMPORT_SECONDS:
                running.kill_at = now + GRACE_SECONDS
            if now > running.kill_at:
                child.kill("cancelled")
        if self._settling is not None and now > self._settling:
            child.kill("cancelled")
        if self._outbox.blocked:
            child.last_sign = now  # it speaks, only nobody takes it
        silence = now - child.last_sign
        if silence > SILENCE_SECONDS and not child.silent:
            child.silent = True
            self._say("Silent", 0, [round(silence, 1)])

    # ---- what it says itself

    def _say(self, kind: str, number: int, body: list[Any]) -> None:
        own = body if kind == "Silent" else [number, body]
        self._outbox.put(encode_bytes(kind, number, own), wait=False)

    def _say_output(self, text: str, dropped: int) -> None:
        self._outbox.put(encode_bytes("Output", 0, [text, dropped]))


def _diagnostic(severity: str, code: str, params: dict[str, Any], detail: str = "") -> list[Any]:
    """A Diagnostic as `codecs` writes it: severity, code, params, span, stage, node, detail."""
    return [severity, code, params, None, None, None, detail]


def supervise(key: str, title: str) -> NoReturn:
    """Be the supervisor, with the client at standard input and output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is for the client
    source, sink = os.dup(0), os.dup(1)
    with open(os.devnull, "r+b") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(nothing.fileno(), 1)
    binary(source, sink)
    widen(sink)
    supervisor = Supervisor(key, title, source, sink)
    signal.signal(signal.SIGTERM, supervisor.leave)
    if sys.platform != "win32":
        signal.signal(signal.SIGHUP, supervisor.leave)
    supervisor.run()
