"""Pictures that need Qt, painted in a process of their own: `python -m widgets.export`, found by name only."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from typing import Final

from explorer.errors import ExplorerError, UnavailableError, UsageError
from explorer.picture.sheet import Sheet
from explorer.worker.codecs import codec
from explorer.worker.protocol import BadFrame, Buffer, Decoder, encode
from explorer.worker.start import worker_environment

KIND: Final = "Sheet"
UNWRITABLE: Final = 2  # exit code of the child: one sentence on its standard error says why

Started = Callable[[subprocess.Popen[bytes]], None]


def check_qt() -> None:
    """Raises UnavailableError where Qt is not installed."""
    try:
        found = importlib.util.find_spec("PySide6") is not None
    except ModuleNotFoundError:
        found = False
    if not found:
        raise UnavailableError("no_qt_for_pictures")


def draw(sheet: Sheet, started: Started = lambda _process: None) -> str:
    """Paint `sheet` into its file and wait for it; returns the size of the picture in words.

    `started` gets the process, which may be killed. Raises UnavailableError, UsageError `unwritable_file`, or
    ExplorerError `picture_failed` with the reason.
    """
    check_qt()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "widgets.export"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=worker_environment({"QT_QPA_PLATFORM": "offscreen"}),
    )  # fmt: skip
    started(process)
    said, complaint = process.communicate(to_bytes(sheet))
    reason = (complaint.decode(errors="replace").strip().splitlines() or ["?"])[-1]
    if process.returncode == UNWRITABLE:
        raise UsageError("unwritable_file", path=sheet.path, reason=reason)
    if process.returncode:
        raise ExplorerError("picture_failed", path=sheet.path, reason=reason)
    return said.decode().strip()


def to_bytes(sheet: Sheet) -> bytes:
    """One frame of the worker protocol."""
    buffers: list[Buffer] = []
    body = codec(Sheet).encode(sheet, buffers)
    return b"".join(bytes(piece) for piece in encode(KIND, 0, body, buffers))


def from_bytes(data: bytes) -> Sheet:
    """The sheet in a frame. Raises BadFrame."""
    frame = next(Decoder().feed(data), None)
    if frame is None or frame.peek() != (KIND, 0):
        raise BadFrame("not a sheet")
    sheet: Sheet = codec(Sheet).decode(frame.body(), frame.buffers)
    return sheet
