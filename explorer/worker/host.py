"""The inner process of a worker: reads requests, runs one after the other, and says how each ended.

A thread reads; the main thread runs, so that an interrupt reaches the program. How a kind of request is answered stands
in `answers`. Whatever happens in a request ends it with one event: Done, or Failed with a sentence.
"""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import threading
import time
import traceback
from typing import NoReturn

from explorer.adapters import framework
from explorer.adapters.base import Adapter, load_adapter
from explorer.capture.record import Diagnostic
from explorer.errors import ExplorerError, UnavailableError
from explorer.training.control import Control
from explorer.worker import protocol
from explorer.worker.answers import Answers
from explorer.worker.events import Done, Event, Failed
from explorer.worker.inner import Channel, Heart, Interrupts, die_with_parent, report_crashes, take_descriptors
from explorer.worker.pipes import READ_BYTES
from explorer.worker.protocol import BadFrame, Decoder, Frame, encode_bytes
from explorer.worker.requests import Acknowledge, Prepare, Request, TrainControl, TrainRequest
from explorer.worker.testing import named_adapter
from explorer.worker.wire import decode_request, encode_event

FAULTY = 70  # exit code for a client that does not keep to the protocol (EX_SOFTWARE)


class Host:
    """One framework's adapter, or none for layout, and the requests to it."""

    def __init__(self, key: str, channel: Channel, interrupts: Interrupts) -> None:
        self._key, self._channel, self._interrupts = key, channel, interrupts
        self._heart = Heart(channel)
        self._inbox: queue.SimpleQueue[Frame] = queue.SimpleQueue()
        self._control = Control()  # of the run in progress, or of the last one
        self._adapter: Adapter | None = None
        self._answers = Answers(key, self.adapter, self.send, self.control)

    def run(self, source: int) -> NoReturn:
        """Serve the requests that come over `source`, in this thread, for ever: the reader ends the process."""
        threading.Thread(target=self._read, args=(source,), name="reader", daemon=True).start()
        self._channel.send(encode_bytes(protocol.HELLO, 0, [protocol.VERSION, os.getpid()]))
        while True:
            frame = self._inbox.get()
            if frame.peek()[0] == protocol.SETTLE:
                self._interrupts.settle()
                self._channel.send(encode_bytes(protocol.SETTLED))
            else:
                self._serve(*decode_request(frame))

    def send(self, event: Event) -> None:
        """Send one event, from any thread. One that does not fit into a frame is an ExplorerError."""
        try:
            pieces = encode_event(event)
        except ValueError as error:
            raise ExplorerError("result_too_large", detail=str(error)) from None
        self._channel.send(*pieces)

    def adapter(self) -> Adapter:
        """The framework's adapter; imports the framework at the first call. Raises UnavailableError."""
        if self._adapter is None:
            with self._interrupts.held():
                self._heart.beat(importing=True)
                try:
                    self._adapter = named_adapter() or load_adapter(self._key)
                except ImportError as error:
                    raise _import_failure(self._key, error) from error
                finally:
                    self._heart.beat(importing=False)
        return self._adapter

    def control(self) -> Control:
        """Where TrainControl and Acknowledge for the present run go, from the moment that its request has arrived."""
        return self._control

    def _read(self, source: int) -> None:
        decoder = Decoder()
        try:
            while data := os.read(source, READ_BYTES):
                for frame in decoder.feed(data):
                    self._receive(frame)
        except BadFrame:
            os._exit(FAULTY)
        except OSError:
            pass
        os._exit(0)

    def _receive(self, frame: Frame) -> None:
        kind = frame.peek()[0]
        if kind in (TrainControl.__name__, Acknowledge.__name__):
            message, _ = decode_request(frame)
            assert isinstance(message, TrainControl | Acknowledge)
            self._control.post(message)
            return
        if kind == TrainRequest.__name__:
            self._control = Control()  # the supervisor sends a request when the one before has ended
        self._inbox.put(frame)

    def _serve(self, request: Request, number: int) -> None:
        """Run one request and say how it ended."""
        began = time.perf_counter()
        with self._heart.beating():
            last = self._attempt(request, number)
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):  # what user code put in their place
                stream.flush()
        if last is not None:
            self._send_failure(last)
        elif not isinstance(request, Prepare):  # Ready was its last event
            self.send(Done(number, time.perf_counter() - began))

    def _send_failure(self, failed: Failed) -> None:
        try:
            self.send(failed)
        except TypeError as error:  # params that are no plain data: a bug of ours, said instead of the failure
            reason = {"reason": f"{failed.diagnostic.code}: {error}"}
            self.send(Failed(failed.request, Diagnostic("error", "internal_error", reason)))

    def _attempt(self, request: Request, number: int) -> Failed | None:
        try:
            try:
                self._interrupts.arm()
                self._answers.answer(request, number)
            finally:
                self._interrupts.disarm()
        except BaseException as error:
            return Failed(number, diagnostic_of(error))
        return None


def diagnostic_of(error: BaseException) -> Diagnostic:
    """What to tell about an exception that ended a request."""
    detail = "".join(traceback.format_exception(error))
    match error:
        case ExplorerError():
            return error.diagnostic()
        case KeyboardInterrupt():
            return Diagnostic("notice", "cancelled")
        case SystemExit(code=code):
            return Diagnostic("error", "program_exited", {"code": str(code or 0)}, detail=detail)
        case EOFError() if "reading a line" in str(error):
            return Diagnostic("error", "input_not_available", detail=detail)
        case MemoryError():
            return Diagnostic("error", "not_enough_memory", detail=detail)
    return Diagnostic("error", "internal_error", {"reason": _first_line(error)}, detail=detail)


def _first_line(error: BaseException) -> str:
    text = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _import_failure(key: str, error: ImportError) -> ExplorerError:
    """The framework is not installed, or cannot be loaded. Raises `error` where a module of ours is missing."""
    entry = framework(key)
    missing = (error.name or "").partition(".")[0]
    if missing == "explorer":
        raise error
    if isinstance(error, ModuleNotFoundError) and missing == entry.package:
        return UnavailableError("framework_absent", framework=entry.title, extra=key)
    return UnavailableError(
        "framework_broken", framework=entry.title, extra=key, reason=_first_line(error),
        detail="".join(traceback.format_exception(error)),
    )  # fmt: skip


def serve(key: str, trace: int | None) -> NoReturn:
    """Be the inner process, with the supervisor at standard input and output."""
    source, sink = take_descriptors()
    report_crashes(trace)
    die_with_parent()
    interrupts = Interrupts()
    Host(key, Channel(sink, interrupts), interrupts).run(source)
