"""What makes a process fit to run somebody's program: private descriptors, interrupts at safe moments, crash traces."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType

from explorer.worker import protocol
from explorer.worker.pipes import binary, write_all
from explorer.worker.protocol import Buffer, encode_bytes

HEARTBEAT_SECONDS = 1.0
RETRY_SECONDS = 0.01  # until an interrupt that came at a bad moment is tried again
IMPORT_FILE = "<frozen importlib._bootstrap"


def take_descriptors() -> tuple[int, int]:
    """Private copies of standard input and output. From now on prints go to stderr's pipe and input() finds the end."""
    source, sink = os.dup(0), os.dup(1)
    binary(source, sink)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(line_buffering=True)  # a pipe would hold prints back until the end
    return source, sink


def report_crashes(trace: int | None) -> None:
    """Write the Python stacks to `trace` (stderr if None) when the process crashes natively; leave no core file."""
    if trace is None:
        faulthandler.enable()
        return
    os.set_inheritable(trace, False)
    os.set_blocking(trace, False)  # nobody reads it before the end
    faulthandler.enable(trace)
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def die_with_parent() -> None:
    """Linux: be killed when the supervisor is, even inside a native loop. Elsewhere the end of the input has to do."""
    if sys.platform == "linux":
        import ctypes

        parent_death_signal = 1  # PR_SET_PDEATHSIG of <sys/prctl.h>
        parent = os.getppid()
        ctypes.CDLL(None).prctl(parent_death_signal, int(signal.SIGKILL))
        if os.getppid() != parent:
            os._exit(0)


def is_importing(frame: FrameType | None) -> bool:
    """A module is being imported in this stack. Stopping there would leave half a module behind for good."""
    while frame is not None:
        if frame.f_code.co_filename.startswith(IMPORT_FILE):
            return True
        frame = frame.f_back
    return False


class Interrupts:
    """Turns the supervisor's signal into KeyboardInterrupt in the main thread: once, and only while a request runs.

    A signal that comes before its request has begun is kept for it. One that comes while a frame is written or a
    module imported is tried again a little later.
    """

    def __init__(self) -> None:
        self._armed = self._held = self._early = False
        for name in ("SIGINT", "SIGBREAK"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._handle)
        if hasattr(signal, "SIGALRM"):
            signal.signal(signal.SIGALRM, self._retry)

    def arm(self) -> None:
        """A request begins. Raises KeyboardInterrupt where it is already cancelled."""
        self._armed = True
        if self._early:
            self._armed = self._early = False
            raise KeyboardInterrupt

    def disarm(self) -> None:
        """The request is over."""
        self._armed = False

    def settle(self) -> None:
        """Forget what came too late for the request it was meant for."""
        self._early = False
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0.0)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """No interrupt in here, later instead."""
        before, self._held = self._held, True
        try:
            yield
        finally:
            self._held = before

    def _handle(self, _signal: int, frame: FrameType | None) -> None:
        if self._armed:
            self._interrupt(frame)
        else:
            self._early = True

    def _retry(self, _signal: int, frame: FrameType | None) -> None:
        if self._armed:
            self._interrupt(frame)

    def _interrupt(self, frame: FrameType | None) -> None:
        if hasattr(signal, "setitimer") and (self._held or is_importing(frame)):
            signal.setitimer(signal.ITIMER_REAL, RETRY_SECONDS)
            return
        self._armed = False
        raise KeyboardInterrupt


class Channel:
    """The way out: whole frames only, from any thread."""

    def __init__(self, sink: int, interrupts: Interrupts) -> None:
        self._sink, self._interrupts = sink, interrupts
        self._lock = threading.Lock()
        self._main = threading.main_thread()

    def send(self, *pieces: Buffer) -> None:
        """Write one frame. Waits while the client is slow."""
        # Held before the lock is taken: an interrupt between the two would leave the lock closed.
        guard = self._interrupts.held() if threading.current_thread() is self._main else contextlib.nullcontext()
        with guard, self._lock:
            for piece in pieces:
                write_all(self._sink, piece)


class Heart:
    """Says once a second, while a request runs, that this process is alive and whether it is importing."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._busy = False
        self._changed = threading.Condition()
        threading.Thread(target=self._work, name="heart", daemon=True).start()

    @contextlib.contextmanager
    def beating(self) -> Iterator[None]:
        """In here a request runs."""
        self._set(True)
        try:
            yield
        finally:
            self._set(False)

    def beat(self, *, importing: bool) -> None:
        """One sign, now."""
        self._channel.send(encode_bytes(protocol.HEARTBEAT, 0, [importing]))

    def _set(self, busy: bool) -> None:
        with self._changed:
            self._busy = busy
            self._changed.notify_all()

    def _work(self) -> None:
        main = threading.main_thread().ident
        assert main is not None
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._busy)
                self._changed.wait(HEARTBEAT_SECONDS)
                busy = self._busy
            if busy:
                self.beat(importing=is_importing(sys._current_frames().get(main)))
