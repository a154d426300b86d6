"""From a declared type to its plain form and back, checking everything on the way back.

`codec(type)` is built from the annotations of our own dataclasses, so the messages are defined once, where they are
documented. A dataclass is the list of its fields; a large array is the number of a buffer; a graph goes as columns.
Collections of more than `CHUNK` entries are cut into chunks that are packed on their own, so that reading one can pause
between them: `steps` is `decode` as a generator that yields wherever a pause is possible.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Generator, Iterable, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any, Literal

import numpy as np

from explorer.graph import plain
from explorer.graph.arrays import array_from, array_parts
from explorer.graph.columns import PackedGraph, pack
from explorer.graph.ir import Graph
from explorer.worker.protocol import BadFrame, Buffer

CHUNK = 1024
INLINE_BYTES = 512  # a smaller array stands in the header; a column has thousands of them
SLICE_SECONDS = 0.004  # of decoding nodes between two pauses

Steps = Generator[None, None, Any]


class Codec:
    """How one type travels. `buffers` collects, or gives, what does not stand in the header itself."""

    def encode(self, value: Any, buffers: list[Buffer]) -> Any:
        """The plain form. Raises TypeError for a value that is not of this type."""
        raise NotImplementedError

    def decode(self, form: Any, buffers: Sequence[memoryview]) -> Any:
        """The value. Raises BadFrame for any other form."""
        raise NotImplementedError

    def steps(self, form: Any, buffers: Sequence[memoryview]) -> Steps:
        """`decode` with pauses; the generator returns the value."""
        return self.decode(form, buffers)
        yield


class Scalar(Codec):
    """str, int, float, bool or None, and no other type in its place; a float may arrive as an int."""

    def __init__(self, kind: type) -> None:
        self.kind = kind

    def encode(self, value: Any, _buffers: list[Buffer]) -> Any:
        return self.kind(value) if isinstance(value, np.generic) else self._check(value, TypeError)

    def decode(self, form: Any, _buffers: Sequence[memoryview]) -> Any:
        return self._check(form, BadFrame)

    def _check(self, value: Any, error: type[Exception]) -> Any:
        if type(value) is self.kind:
            return value
        if self.kind is float and type(value) is int:
            return float(value)
        if isinstance(value, self.kind) and not isinstance(value, bool):
            return self.kind(value)  # an enumeration's member, NumPy's float64
        raise error(f"{type(value).__name__} instead of {self.kind.__name__}")


class Plain(Codec):
    """Anything that is plain data already."""

    def encode(self, value: Any, _buffers: list[Buffer]) -> Any:
        return value

    def decode(self, form: Any, _buffers: Sequence[memoryview]) -> Any:
        return form


class OneOf(Codec):
    """A Literal."""

    def __init__(self, values: Sequence[Any]) -> None:
        self.values = values

    def encode(self, value: Any, _buffers: list[Buffer]) -> Any:
        if value not in self.values:
            raise TypeError(f"{value!r} is none of {self.values}")
        return value

    def decode(self, form: Any, _buffers: Sequence[memoryview]) -> Any:
        if not isinstance(form, str) or form not in self.values:
            raise BadFrame("not one of the words that may stand here")
        return form


class Array(Codec):
    """A NumPy array: [dtype, shape, bytes or the number of a buffer]."""

    def encode(self, value: Any, buffers: list[Buffer]) -> Any:
        name, shape, data = array_parts(np.asarray(value))
        if data.nbytes <= INLINE_BYTES:
            return [name, list(shape), bytes(data)]
        buffers.append(data)
        return [name, list(shape), len(buffers) - 1]

    def decode(self, form: Any, buffers: Sequence[memoryview]) -> Any:
        match form:
            case [name, shape, bytes(data)]:
                content: bytes | memoryview = data
            case [name, shape, int(number)] if 0 <= number < len(buffers):
                content = buffers[number]
            case _:
                raise BadFrame("not an array")
        try:
            return array_from(name, shape, content)
        except (ValueError, OverflowError) as error:
            raise BadFrame(str(error)) from None


class Columns(Codec):
    """A Graph: [header, forms of the arrays]."""

    arrays = Array()

    def encode(self, value: Any, buffers: list[Buffer]) -> Any:
        header, arrays = pack(value)
        return [header, [self.arrays.encode(array, buffers) for array in arrays]]

    def decode(self, form: Any, buffers: Sequence[memoryview]) -> Any:
        return _run(self.steps(form, buffers))

    def steps(self, form: Any, buffers: Sequence[memoryview]) -> Steps:
        match form:
            case [dict(header), list(forms)]:
                try:
                    packed = PackedGraph(header, [self.arrays.decode(array, buffers) for array in forms])
                    slices = packed.slices(seconds=SLICE_SECONDS)
                    while True:
                        try:
                            next(slices)
                        except StopIteration as end:
                            return end.value
                        yield
                except ValueError as error:
                    raise BadFrame(str(error)) from None
        raise BadFrame("not a graph")


class Either(Codec):
    """A union: None, or [which, form]."""

    def __init__(self, members: Sequence[type]) -> None:
        self.members = [member for member in members if member is not types.NoneType]
        self.codecs = [codec(member) for member in self.members]
        self.optional = len(self.members) < len(members)

    def encode(self, value: Any, buffers: list[Buffer]) -> Any:
        if value is None and self.optional:
            return None
        for which, member in enumerate(self.members):
            if isinstance(value, typing.get_origin(member) or member):
                return [which, self.codecs[which].encode(value, buffers)]
        raise TypeError(f"{type(value).__name__} is none of {self.members}")

    def decode(self, form: Any, buffers: Sequence[memoryview]) -> Any:
        match form:
            case None if self.optional:
                return None
            case [int(which), inner] if 0 <= which < len(self.codecs):
                return self.codecs[which].decode(inner, buffers)
        raise BadFrame("not one of the types that may stand here")


class Fixed(Codec):
    """A tuple of known length."""

    def __init__(self, members: Sequence[Any]) -> None:
        self.codecs = [codec(member) for member in members]

    def encode(self, value: Any, buffers: list[Buffer]) -> Any:
        return [inner.encode(item, buffers) for inner, item in zip(self.codecs, value, strict=True)]

    def decode(self, form: Any, buffers: Sequence[memoryview]) -> Any:
        if not isinstance(form, list) or len(form) != len(self.codecs):
            raise BadFrame("a tuple of another length")
        return tuple(inner.decode(item, buffers) for inner, item in zip(self.codecs, form, strict=True))


class Items(Codec):
    """A tuple of any length of one type: a list, or a tuple of packed lists."""

    def __init__(self, member: Any) -> None:
        self.member = codec(member)

    def encode(self, value: Any, buffers: list[Buffer]) -> Any:
        if not isinstance(value, list | tuple):
            raise TypeError(f"{type(value).__name__} instead of a tuple")
        forms = [self.member.encode(item, buffers) for item in value]
        return forms if len(forms) <= CHUNK else tuple(plain.pack(chunk) for chunk in _chunks(forms))

    def decode(self, form: Any, buffers: Sequence[memoryview]) -> Any:
        return _run(self.steps(form, buffers))

    def steps(self, form: Any, buffers: Sequence[memoryview]) -> Steps:
        pieces = [form] if isinstance(form, list) else _unpacked(form, list)
        items: list[Any] = []
        for number, piece in enumerate(pieces):
            if number:
                yield
            items += [self.member.decode(item, buffers) for item in piece]
        return tuple(items)


class Table(Codec):
    """A mapping from text to one type: a dict, or a tuple of packed dicts."""

    def __init__(self, member: Any) -> None:
        self.key, self.member = Scalar(str), codec(member)

    def encode(self, value: Any, buffers: list[Buffer]) -> Any:
        if not isinstance(value, Mapping):
            raise TypeError(f"{type(value).__name__} instead of a mapping")
        forms = {self.key.encode(name, buffers): self.member.encode(item, buffers) for name, item in value.items()}
        return forms if len(forms) <= CHUNK else tuple(plain.pack(dict(chunk)) for chunk in _chunks(forms.items()))

    def decode(self, form: Any, buffers: Sequence[memoryview]) -> Any:
        return _run(self.steps(form, buffers))

    def steps(self, form: Any, buffers: Sequence[memoryview]) -> Steps:
        pieces = [form] if isinstance(form, dict) else _unpacked(form, dict)
        table: dict[str, Any] = {}
        for number, piece in enumerate(pieces):
            if number:
                yield
            for name, item in piece.items():
                table[self.key.decode(name, buffers)] = self.member.decode(item, buffers)
        return table


class Record(Codec):
    """A dataclass: the list of its fields."""

    def __init__(self, kind: type) -> None:
        self.kind = kind
        hints = typing.get_type_hints(kind)
        self.fields = {field.name: codec(hints[field.name]) for field in dataclasses.fields(kind)}

    def encode(self, value: Any, buffers: list[Buffer]) -> Any:
        if type(value) is not self.kind:
            raise TypeError(f"{type(value).__name__} instead of {self.kind.__name__}")
        forms = []
        for name, inner in self.fields.items():
            try:
                forms.append(inner.encode(getattr(value, name), buffers))
            except (TypeError, ValueError) as error:
                raise TypeError(f"{self.kind.__name__}.{name}: {error}") from None
        return forms

    def decode(self, form: Any, buffers: Sequence[memoryview]) -> Any:
        fields = zip(self.fields.values(), self._check(form), strict=True)
        return self.kind(*(inner.decode(item, buffers) for inner, item in fields))

    def steps(self, form: Any, buffers: Sequence[memoryview]) -> Steps:
        values = []
        for inner, item in zip(self.fields.values(), self._check(form), strict=True):
            values.append((yield from inner.steps(item, buffers)))
            yield
        return self.kind(*values)

    def _check(self, form: Any) -> list[Any]:
        if not isinstance(form, list) or len(form) != len(self.fields):
            raise BadFrame(f"not the fields of {self.kind.__name__}")
        return form


@cache
def codec(kind: Any) -> Codec:
    """The codec of a declared type. TypeError for a type that messages may not use."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return Plain()
    if kind in (str, int, float, bool):
        return Scalar(kind)
    if kind is np.ndarray or origin is np.ndarray:
        return Array()
    if kind is Graph:
        return Columns()
    if origin is Literal:
        return OneOf(arguments)
    if origin in (types.UnionType, typing.Union):
        return Either(arguments)
    if origin is tuple:
        return Items(arguments[0]) if arguments[1:] == (...,) else Fixed(arguments)
    if origin is not None and issubclass(origin, Mapping) and arguments[0] is str:
        return Table(arguments[1])
    if isinstance(kind, type) and dataclasses.is_dataclass(kind) and kind.__module__.startswith("explorer."):
        return Record(kind)
    raise TypeError(f"{kind} has no place in a message")


def _chunks(entries: Iterable[Any]) -> Iterable[list[Any]]:
    rest = iter(entries)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def _unpacked(form: Any, kind: type) -> Iterable[Any]:
    """The chunks of a large collection, each unpacked only when its turn comes."""
    match form:
        case tuple() if all(isinstance(chunk, bytes) for chunk in form):
            pass
        case _:
            raise BadFrame("not a collection")
    for chunk in form:
        try:
            entries = plain.unpack(chunk)
        except ValueError as error:
            raise BadFrame(str(error)) from None
        if not isinstance(entries, kind):
            raise BadFrame("not a chunk of a collection")
        yield entries


def _run(steps: Steps) -> Any:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value
