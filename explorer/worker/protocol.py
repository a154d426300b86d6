"""Frames: how messages stand in a stream of bytes. Does no input or output, and loads no NumPy: the supervisor uses it.

    magic (4) | header length u32 | buffer count u32 | buffer lengths u64 each | header | buffers

all little-endian. The header is plain data (`explorer.graph.plain`): [kind, request id, body]. Buffers are the bytes of
large arrays. Every limit is checked on the fixed part, before anything that depends on it is allocated.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgpack

from explorer.graph import plain

VERSION: Final = 1  # of the messages; said in Hello, so that two releases never misread each other
MAGIC: Final = b"BKF1"
HEAD: Final = struct.Struct("<4sII")
MOST_BYTES: Final = 1 << 30  # of a whole frame
MOST_BUFFERS: Final = 1 << 18
MOST_PEEKED: Final = 128  # bytes of a header that hold its kind and id

# Kinds that are no Request and no Event: between child, supervisor and client about themselves.
HELLO: Final = "Hello"  # child -> client: [protocol version, process id]
HEARTBEAT: Final = "Heartbeat"  # child -> supervisor, once a second while a request runs: [it is importing modules]
SETTLE: Final = "Settle"  # supervisor -> child after an interrupt: say Settled once the signal is behind you
SETTLED: Final = "Settled"

Buffer = bytes | bytearray | memoryview


class BadFrame(ValueError):  # noqa: N818 - what it is, not what went wrong
    """Bytes that are no frame, or a frame that is no message. The stream cannot be trusted from here on."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, its header not yet read. All parts are views of what was received; `raw` is the whole."""

    header: memoryview
    buffers: tuple[memoryview, ...]
    raw: memoryview

    def peek(self) -> tuple[str, int]:
        """Kind and request id, without reading the body. Raises BadFrame."""
        try:
            unpacker = msgpack.Unpacker(raw=False)
            unpacker.feed(self.header[:MOST_PEEKED])
            if unpacker.read_array_header() != 3:
                raise BadFrame("a header has three parts")
            kind, request = unpacker.unpack(), unpacker.unpack()
        except (ValueError, msgpack.exceptions.UnpackException) as error:
            raise BadFrame(f"not a header: {error}") from None
        if not isinstance(kind, str) or type(request) is not int:
            raise BadFrame("a header begins with a kind and a number")
        return kind, request

    def body(self) -> Any:
        """The body as plain data. Raises BadFrame."""
        try:
            match plain.unpack(self.header):
                case [str(), int(), body]:
                    return body
        except ValueError as error:
            raise BadFrame(str(error)) from None
        raise BadFrame("not a header")


def encode(kind: str, request: int = 0, body: Any = None, buffers: Sequence[Buffer] = ()) -> list[Buffer]:
    """A frame as pieces to be written one after the other. Raises ValueError for one that is over a limit."""
    header = plain.pack([kind, request, body])
    sizes = [memoryview(buffer).nbytes for buffer in buffers]
    lengths = struct.pack(f"<{len(sizes)}Q", *sizes)
    if _frame_bytes(len(header), sizes) > MOST_BYTES or len(sizes) > MOST_BUFFERS:
        raise ValueError("too large for one frame")
    return [HEAD.pack(MAGIC, len(header), len(sizes)) + lengths + header, *buffers]


def encode_bytes(kind: str, request: int = 0, body: Any = None) -> bytes:
    """A frame without buffers."""
    return bytes(encode(kind, request, body)[0])


class Decoder:
    """Cuts a stream into frames. `feed` takes any pieces; BadFrame ends its use."""

    def __init__(self, limit: int = MOST_BYTES) -> None:
        self._limit = limit
        self._bytes = bytearray()
        self._needed = HEAD.size  # bytes before looking again is worth while

    def feed(self, data: Buffer) -> Iterator[Frame]:
        """Take `data` at once and return the frames that are whole now, to be taken when it suits."""
        self._bytes += data
        if len(self._bytes) < self._needed:
            return iter(())
        return iter(self._cut())

    def _cut(self) -> list[Frame]:
        # Frames are views of the old bytes, which are never changed again; what is left over starts a new array.
        whole, frames, at = memoryview(self._bytes).toreadonly(), [], 0
        while (end := self._frame_end(whole, at)) is not None:
            frames.append(_frame(whole[at:end]))
            at = end
        self._bytes = bytearray(whole[at:]) if at else self._bytes
        if not at:
            whole.release()
        return frames

    def _frame_end(self, whole: memoryview, at: int) -> int | None:
        """Where the frame that begins at `at` ends; None while it is not all there."""
        there = len(whole) - at
        if there < HEAD.size:
            if whole[at : at + 4] != MAGIC[: min(4, there)]:
                raise BadFrame("not the start of a frame")
            self._needed = HEAD.size
            return None
        magic, header, buffers = HEAD.unpack_from(whole, at)
        if magic != MAGIC:
            raise BadFrame("not the start of a frame")
        if buffers > MOST_BUFFERS or _frame_bytes(header, (), buffers) > self._limit:
            raise BadFrame("too large a frame")
        fixed = HEAD.size + 8 * buffers
        if there < fixed:
            self._needed = fixed
            return None
        size = _frame_bytes(header, struct.unpack_from(f"<{buffers}Q", whole, at + HEAD.size))
        if size > self._limit:
            raise BadFrame("too large a frame")
        self._needed = HEAD.size if there >= size else size
        return at + size if there >= size else None


def _frame_bytes(header: int, sizes: Sequence[int], buffers: int | None = None) -> int:
    return HEAD.size + 8 * (len(sizes) if buffers is None else buffers) + header + sum(sizes)


def _frame(raw: memoryview) -> Frame:
    """Take a whole frame, checked before, apart."""
    _, header, buffers = HEAD.unpack_from(raw)
    at = HEAD.size + 8 * buffers
    parts, start = [], at + header
    for size in struct.unpack_from(f"<{buffers}Q", raw, HEAD.size):
        parts.append(raw[start : start + size])
        start += size
    return Frame(raw[at : at + header], tuple(parts), raw)
