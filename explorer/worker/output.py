"""What a child prints, on its way to the output panel: read without pause, passed on at a bounded rate."""

from __future__ import annotations

import codecs
import os
import threading
import time
from collections.abc import Callable

from explorer.worker.pipes import READ_BYTES

MOST_CHARACTERS = 65_536  # in one INTERVAL, the last ones; those before are counted
INTERVAL = 0.1  # seconds; also between two messages, so that a loop of prints is not a flood of frames
KEPT_CHARACTERS = 4096  # of the end, for the detail of a crash

Say = Callable[[str, int], None]


class OutputLimiter:
    """Text in, at most MOST_CHARACTERS each INTERVAL out, with the number of characters left out."""

    def __init__(self) -> None:
        self._kept = ""
        self._dropped = 0
        self._next = float("-inf")

    def add(self, text: str) -> None:
        together = self._kept + text
        self._kept = together[-MOST_CHARACTERS:]
        self._dropped += len(together) - len(self._kept)

    def wait(self, now: float) -> float | None:
        """Seconds until `take` may be called; None when there is nothing to take."""
        return max(0.0, self._next - now) if self._kept else None

    def take(self, now: float) -> tuple[str, int]:
        """The text so far, and how many characters were left out before it."""
        text, dropped = self._kept, self._dropped
        self._kept, self._dropped, self._next = "", 0, now + INTERVAL
        return text, dropped


class OutputPump:
    """Reads a child's output until its end and calls `say(text, dropped)`. Sleeps while nothing is printed."""

    def __init__(self, descriptor: int, say: Say) -> None:
        self._descriptor, self._say = descriptor, say
        self._limiter = OutputLimiter()
        self._ended = False
        self._changed = threading.Condition()
        self.tail = ""  # the last characters, also of what was left out
        self._reader = threading.Thread(target=self._read, name="output reader", daemon=True)
        self._sayer = threading.Thread(target=self._speak, name="output", daemon=True)
        self._reader.start()
        self._sayer.start()

    def finish(self, seconds: float) -> None:
        """Wait for the end of the output, at most so long: a process of the user's may live on and hold it open."""
        self._reader.join(seconds)
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._sayer.join(seconds)

    def _read(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        while data := _read_some(self._descriptor):
            text = decoder.decode(data)
            self.tail = (self.tail + text)[-KEPT_CHARACTERS:]
            with self._changed:
                self._limiter.add(text)
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _speak(self) -> None:
        while (taken := self._next()) is not None:
            self._say(*taken)

    def _next(self) -> tuple[str, int] | None:
        """The next text that may go out; None at the end."""
        with self._changed:
            while not self._ended:
                wait = self._limiter.wait(time.monotonic())
                if wait == 0.0:
                    break
                self._changed.wait(wait)
            now = time.monotonic()
            return None if self._limiter.wait(now) is None else self._limiter.take(now)


def _read_some(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, READ_BYTES)
    except OSError:
        return b""
