"""A worker for callers without an event loop: command line, notebook, tests. The window uses `widgets/workers.py`.

with Worker("jax") as worker:
    events = worker.ask(CaptureRequest(source))
"""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType

from explorer.capture.record import Diagnostic
from explorer.errors import ExplorerError, ProgramError, UnavailableError, UsageError
from explorer.worker.conversation import Conversation
from explorer.worker.events import Died, Done, Event, Failed, Ready
from explorer.worker.pipes import READ_BYTES, binary, widen, write_all
from explorer.worker.protocol import BadFrame
from explorer.worker.requests import Request
from explorer.worker.start import worker_command, worker_environment, worker_title

STOP_SECONDS = 3.0  # a supervisor ends within milliseconds of its input closing; this is for a broken one
CANCEL_SECONDS = 5.0  # the kill comes after two; then the fresh process answers

# What an exception is, is not sent; only its code is.
KINDS: Mapping[str, type[ExplorerError]] = {
    **dict.fromkeys(("framework_absent", "framework_broken", "device_absent"), UnavailableError),
    **dict.fromkeys(
        ("unknown_stage", "unknown_input", "unknown_entry", "bad_input", "unknown_dtype", "input_changed_type"),
        UsageError,
    ),
}

OnEvent = Callable[[Event], None]


class Worker:
    """One worker process of a framework, or the `layout` worker. Starts at once; `close` leaves no process behind.

    For one thread. A process that was lost is started again by the next request.
    """

    def __init__(self, framework: str, *, environment: Mapping[str, str] | None = None) -> None:
        self._key = framework
        self._title = worker_title(framework)
        self._environment = environment
        self._conversation = Conversation()
        self._process: subprocess.Popen[bytes] | None = None
        self._received: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._start()

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """Of the supervisor; None when there is no process."""
        return self._process.pid if self._process else None

    def ask(self, request: Request, on_event: OnEvent | None = None, timeout: float | None = None) -> list[Event]:
        """All events that answer a request, the last one included; `on_event` gets each as it comes.

        Raises ExplorerError for Failed and Died; `timed_out` after `timeout` seconds, the request being cancelled then.
        """
        collected = []
        for event in self.events(request, timeout):
            collected.append(event)
            if on_event is not None:
                on_event(event)
        last = collected[-1]
        if isinstance(last, Failed | Died):
            raise error_of(last.diagnostic)
        return collected

    def events(self, request: Request, timeout: float | None = None) -> Iterator[Event]:
        """The events that answer a request, and Output and Silent between them, as they come. Ends after the last.

        Leaving the loop early cancels the request.
        """
        number = self.send(request)
        end = None if timeout is None else time.monotonic() + timeout
        finished = False
        try:
            for event in self._incoming(end):
                if getattr(event, "request", 0) not in (0, number):
                    continue
                finished = _is_last(event, number)
                yield event
                if finished:
                    return
            raise ExplorerError("timed_out", seconds=timeout)
        finally:
            if not finished:
                self._give_up(number)

    def send(self, request: Request) -> int:
        """Send without waiting; returns the request's number."""
        self._start()
        number = self._conversation.send(request)
        self._flush()
        return number

    def cancel(self, request: int) -> None:
        """Interrupt a request; `events` then gives its last event."""
        self._conversation.cancel(request)
        self._flush()

    def close(self) -> None:
        """End the process and everything it started."""
        process, self._process = self._process, None
        if process is None:
            return
        self._conversation.lost()
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(OSError):
            process.stdin.close()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

    def _start(self) -> None:
        if self._process is not None:
            return
        process = subprocess.Popen(
            worker_command(self._key), env=worker_environment(self._environment),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        binary(process.stdin.fileno(), process.stdout.fileno())
        widen(process.stdin.fileno())
        self._process, self._received = process, queue.SimpleQueue()
        self._conversation.begin()
        # The pipe is emptied all the time, so that a large request and a large answer never wait for each other.
        reader = threading.Thread(target=_read, args=(process.stdout.fileno(), self._received), daemon=True)
        reader.start()

    def _flush(self) -> None:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        with contextlib.suppress(OSError):  # its end is seen by the reader
            for piece in self._conversation.outgoing():
                write_all(process.stdin.fileno(), piece)

    def _incoming(self, end: float | None) -> Iterator[Event]:
        """Every event until `end` by the clock. A worker that is lost is told as the conversation tells it."""
        while True:
            for event in self._decoded():
                if event is not None:
                    yield event
            if self._process is None:
                return
            self._flush()
            wait = None if end is None else max(0.0, end - time.monotonic())
            try:
                data = self._received.get(timeout=wait)
            except queue.Empty:
                return
            if not data:
                yield from self._lost("worker_lost")
                return
            try:
                self._conversation.feed(data)
            except BadFrame:
                yield from self._lost("worker_bad_frame")
                return

    def _decoded(self) -> Iterator[Event | None]:
        try:
            yield from self._conversation.decode()
        except BadFrame:
            yield from self._lost("worker_bad_frame")

    def _lost(self, code: str) -> list[Event]:
        events = self._conversation.lost(code, framework=self._title)
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        return events

    def _give_up(self, number: int) -> None:
        """Cancel, and wait for the end, so that the next request finds the worker free."""
        if self._process is None or number not in self._conversation.in_flight:
            return
        self.cancel(number)
        for event in self._incoming(time.monotonic() + CANCEL_SECONDS):
            if _is_last(event, number):
                return


def error_of(diagnostic: Diagnostic) -> ExplorerError:
    """A diagnostic as an exception of the kind that its code belongs to, for the exit code."""
    kind = KINDS.get(diagnostic.code, ProgramError if diagnostic.span is not None else ExplorerError)
    return kind(diagnostic.code, span=diagnostic.span, detail=diagnostic.detail, **diagnostic.params)


def _is_last(event: Event, number: int) -> bool:
    """The event that ends a request."""
    match event:
        case Ready(request=request) | Done(request=request) | Failed(request=request) | Died(request=request):
            return request == number
    return False


def _read(source: int, received: queue.SimpleQueue[bytes]) -> None:
    """Everything that comes, then b"" once."""
    while True:
        try:
            data = os.read(source, READ_BYTES)
        except OSError:
            data = b""
        received.put(data)
        if not data:
            return
