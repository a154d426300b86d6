"""The two ends of a pipe as the worker's processes use them: bounded writing from a thread of its own, wide pipes."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections import deque
from collections.abc import Callable

from explorer.worker.protocol import Buffer

READ_BYTES = 1 << 18
PIPE_BYTES = 1 << 20  # Linux lets anybody have a pipe of this size; the usual one holds 64 KiB
MOST_QUEUED = 8 << 20


class Writer:
    """Writes pieces to a descriptor in the order given. At most about MOST_QUEUED bytes wait, then `put` does.

    A frame larger than that waits alone. `on_broken` is called once, from the writer's thread, when the reader is gone;
    what is put from then on is dropped.
    """

    def __init__(self, descriptor: int, *, on_broken: Callable[[], None] = lambda: None) -> None:
        self._descriptor = descriptor
        self._on_broken = on_broken
        self._pieces: deque[Buffer] = deque()
        self._queued = 0
        self._blocked = 0
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()

    @property
    def blocked(self) -> bool:
        """Somebody waits in `put`: the reader is slow."""
        return self._blocked > 0

    def put(self, *pieces: Buffer, wait: bool = True) -> None:
        """Queue the pieces of one frame. With `wait` False never waits: for small frames of bounded number."""
        size = sum(memoryview(piece).nbytes for piece in pieces)
        with self._changed:
            if wait and self._queued > MOST_QUEUED:
                self._blocked += 1
                self._changed.wait_for(lambda: self._queued <= MOST_QUEUED or self._closed)
                self._blocked -= 1
            if not self._closed:
                self._pieces.extend(pieces)
                self._queued += size
                self._changed.notify_all()

    def close(self) -> None:
        """Drop what waits and end the thread."""
        with self._changed:
            self._closed = True
            self._pieces.clear()
            self._queued = 0
            self._changed.notify_all()

    def flush(self, seconds: float) -> None:
        """Wait until everything is written, at most so long."""
        with self._changed:
            self._changed.wait_for(lambda: self._queued == 0 or self._closed, seconds)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._pieces or self._closed)
                if self._closed:
                    return
                piece = self._pieces.popleft()
            try:
                write_all(self._descriptor, piece)
            except OSError:
                self.close()
                self._on_broken()
                return
            with self._changed:
                self._queued = max(0, self._queued - memoryview(piece).nbytes)
                self._changed.notify_all()


def write_all(descriptor: int, data: Buffer) -> None:
    """Write all of `data`; OSError when the reader is gone."""
    rest = memoryview(data)
    while rest.nbytes:
        rest = rest[os.write(descriptor, rest) :]


def widen(descriptor: int) -> None:
    """Let a pipe hold more, where the system can: fewer turns for the same bytes."""
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def binary(*descriptors: int) -> None:
    """Switch off the translation of line ends that Windows does on descriptors."""
    if sys.platform == "win32":
        import msvcrt

        for descriptor in descriptors:
            msvcrt.setmode(descriptor, os.O_BINARY)
