"""Requests and events as frames, and back. The table of what may travel is the two unions of messages, nothing else."""

from __future__ import annotations

import typing
from collections.abc import Generator, Mapping
from typing import Any

from explorer.worker import events, requests
from explorer.worker.codecs import Codec, codec
from explorer.worker.events import Event
from explorer.worker.protocol import BadFrame, Buffer, Frame, encode
from explorer.worker.requests import Request

REQUESTS: Mapping[str, type] = {kind.__name__: kind for kind in typing.get_args(requests.Request)}
EVENTS: Mapping[str, type] = {kind.__name__: kind for kind in typing.get_args(events.Event)}


def encode_request(request: Request, number: int) -> list[Buffer]:
    """A request with its number as a frame. Raises TypeError or ValueError for one that cannot be sent."""
    return _encode(request, number)


def encode_event(event: Event) -> list[Buffer]:
    """An event as a frame. Raises TypeError or ValueError for one that cannot be sent."""
    return _encode(event, getattr(event, "request", 0))


def decode_request(frame: Frame) -> tuple[Request, int]:
    """The request in a frame and its number. Raises BadFrame."""
    kind, number = frame.peek()
    request: Request = _codec(kind, REQUESTS).decode(frame.body(), frame.buffers)
    return request, number


def decode_event(frame: Frame) -> Event:
    """The event in a frame, at once. Raises BadFrame."""
    steps = event_steps(frame)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            event: Event = end.value
            return event


def event_steps(frame: Frame) -> Generator[None, None, Event]:
    """The event in a frame, read in short steps; the generator returns it. Raises BadFrame."""
    kind, number = frame.peek()
    event: Event = yield from _codec(kind, EVENTS).steps(frame.body(), frame.buffers)
    if getattr(event, "request", 0) != number:
        raise BadFrame("an event under another request's number")
    return event


def _encode(message: Any, number: int) -> list[Buffer]:
    buffers: list[Buffer] = []
    kind = type(message).__name__
    body = codec({**REQUESTS, **EVENTS}[kind]).encode(message, buffers)
    return encode(kind, number, body, buffers)


def _codec(kind: str, known: Mapping[str, type]) -> Codec:
    if kind not in known:
        raise BadFrame("unknown kind of message")
    return codec(known[kind])
