"""A graph as columns: how it travels between processes, and how a large one becomes nodes without a long pause.

One row per node (op, role, scope, calls, params: indices into one table of records; a span), one row per value that a
node defines, operands as offsets and indices. Text and records stand in byte columns with offsets and are decoded when
a node is asked for, so that receiving 40,000 nodes costs nothing until they are wanted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

import numpy as np

from explorer.graph import plain
from explorer.graph.ir import Graph, Node, Span, TensorType, Value

Header = dict[str, Any]
Clock = Callable[[], float]

SLICE_SECONDS: Final = 0.010
SLICE_NODES: Final = 1024  # at most, whatever the clock says
CLOCK_NODES: Final = 32  # decoded between two looks at the clock

# name -> (dtype, columns of a two-dimensional one)
LAYOUT: Mapping[str, tuple[str, int]] = {
    "record_bytes": ("uint8", 0), "record_offsets": ("int64", 0),
    "text_bytes": ("uint8", 0), "text_offsets": ("int64", 0),
    "op": ("int32", 0), "role": ("int32", 0), "scope": ("int32", 0), "calls": ("int32", 0), "params": ("int32", 0),
    "span": ("int32", 4),
    "output_offsets": ("int64", 0), "value_type": ("int32", 0),
    "input_offsets": ("int64", 0), "input_value": ("int32", 0),
    "graph_inputs": ("int32", 0), "graph_outputs": ("int32", 0),
}  # fmt: skip
ENDS: Final = ("graph_inputs", "graph_outputs")
NO_SPAN: Final = (-1, 0, 0, 0)
CACHE: Final = "_columns"  # where a graph that came as columns keeps them


def pack(graph: Graph) -> tuple[Header, list[np.ndarray]]:
    """`graph` as a header of plain data and arrays, nested graphs' after its own. Free for a graph that came packed.

    Raises TypeError where a node's params are no plain data.
    """
    kept = graph.__dict__.get(CACHE)
    if kept is not None:
        return kept.header, kept.arrays
    columns = _columns(graph)
    header: Header = {"name": graph.name, "nodes": len(graph.nodes), "values": len(columns["value_type"]), "graphs": []}
    arrays = [columns[name] for name in LAYOUT]
    for inner in graph.graphs:
        inner_header, inner_arrays = pack(inner)
        header["graphs"].append(inner_header)
        arrays += inner_arrays
    return header, arrays


def _columns(graph: Graph) -> dict[str, np.ndarray]:
    """The arrays of one graph without the nested ones. Texts: node ids, value ids, value names, ids nobody defines."""
    records = _Records()
    values = [value for node in graph.nodes for value in node.outputs]
    position = {value.id: row for row, value in enumerate(values)}
    foreign: dict[str, int] = {}

    def row_of(value: str) -> int:
        row = position.get(value)
        return row if row is not None else foreign.setdefault(value, len(values) + len(foreign))

    input_value = [row_of(value) for node in graph.nodes for value in node.inputs]
    ends = [row_of(value) for value in (*graph.inputs, *graph.outputs)]
    rows = {
        "op": [records.known(node.op) for node in graph.nodes],
        "role": [records.known(node.role) for node in graph.nodes],
        "scope": [records.known(node.scope) for node in graph.nodes],
        "calls": [records.known(node.calls) for node in graph.nodes],
        "params": [records.row(dict(node.params)) for node in graph.nodes],
        "span": [_span_row(node.span) for node in graph.nodes],
        "output_offsets": _offsets(len(node.outputs) for node in graph.nodes),
        "value_type": [records.known(value.type) for value in values],
        "input_offsets": _offsets(len(node.inputs) for node in graph.nodes),
        "input_value": input_value,
        "graph_inputs": ends[: len(graph.inputs)],
        "graph_outputs": ends[len(graph.inputs) :],
    }
    texts = [node.id for node in graph.nodes], [value.id for value in values], [value.name for value in values], foreign
    data, offsets = _joined(text.encode("utf-8", plain.TEXT_ERRORS) for column in texts for text in column)
    columns = {name: _array(name, content) for name, content in rows.items()}
    columns["text_bytes"], columns["text_offsets"] = data, offsets
    columns["record_bytes"], columns["record_offsets"] = _joined(records.packed)
    return columns


class _Records:
    """Plain records, each different one kept once."""

    def __init__(self) -> None:
        self.packed: dict[bytes, int] = {}
        self._known: dict[Hashable, int] = {}

    def row(self, record: Any) -> int:
        return self.packed.setdefault(plain.pack(record), len(self.packed))

    def known(self, key: str | tuple[str, ...] | TensorType) -> int:
        """The row of a text, a tuple of texts or a type; packed at its first use only."""
        row = self._known.get(key)
        if row is None:
            match key:
                case str():
                    row = self.row(key)
                case TensorType(dtype, shape):
                    row = self.row([dtype, list(shape)])
                case _:
                    row = self.row(list(key))
            self._known[key] = row
        return row


def _span_row(span: Span | None) -> tuple[int, int, int, int]:
    return NO_SPAN if span is None else (span.line, span.column, span.end_line, span.end_column)


def _offsets(counts: Iterable[int]) -> list[int]:
    return list(accumulate(counts, initial=0))


def _array(name: str, content: Any) -> np.ndarray:
    dtype, width = LAYOUT[name]
    array = np.array(content, dtype)
    return array.reshape(-1, width) if width else array


def _joined(parts: Iterable[bytes]) -> tuple[np.ndarray, np.ndarray]:
    parts = list(parts)
    return np.frombuffer(b"".join(parts), np.uint8), np.array(_offsets(map(len, parts)), np.int64)


class PackedGraph:
    """A graph as columns. `node(row)` makes one node, `slices()` all of them in short steps, `unpack()` all at once.

    Columns are checked here, all at once and without making a node; ValueError for any that do not fit together. What
    stands in records and texts is checked when a node is made, ValueError likewise.
    """

    def __init__(self, header: Header, arrays: Sequence[np.ndarray]) -> None:
        match header:
            case {"name": str(name), "nodes": int(nodes), "values": int(values), "graphs": list(graphs)}:
                self.name, self._nodes, self._values = name, nodes, values
            case _:
                raise ValueError("not the header of a graph")
        self.header, self.arrays = header, list(arrays)
        self._columns = {name: _checked(name, arrays) for name in LAYOUT}
        self._check_sizes()
        self._cache: dict[tuple[str, int], Any] = {}
        try:
            self.graphs = tuple(_nested(graphs, arrays[len(LAYOUT) :]))
        except RecursionError:
            raise ValueError("graphs nested too deeply") from None

    def __len__(self) -> int:
        return self._nodes

    def _check_sizes(self) -> None:
        column, nodes, values = self._columns, self._nodes, self._values
        for name in ("op", "role", "scope", "calls", "params", "span"):
            _require(len(column[name]) == nodes, name)
        _require(len(column["value_type"]) == values, "value_type")
        records, texts = len(column["record_offsets"]) - 1, len(column["text_offsets"]) - 1
        _check_offsets(column["record_offsets"], records, len(column["record_bytes"]))
        _check_offsets(column["text_offsets"], texts, len(column["text_bytes"]))
        _check_offsets(column["output_offsets"], nodes, values)
        _check_offsets(column["input_offsets"], nodes, len(column["input_value"]))
        _require(texts >= nodes + 2 * values, "texts")
        for name in ("op", "role", "scope", "calls", "params", "value_type"):
            _check_rows(column[name], records)
        for name in ("input_value", *ENDS):
            _check_rows(column[name], texts - nodes - values)

    def node(self, row: int) -> Node:
        """The node in this row (0 is the first to run)."""
        return next(self._rows(row, row + 1))

    def unpack(self) -> Graph:
        """The whole graph at once."""
        return finish(self.slices())

    def slices(
        self,
        *,
        seconds: float = SLICE_SECONDS,
        nodes: int = SLICE_NODES,
        clock: Callable[[], float] = time.perf_counter,
    ) -> Generator[int, None, Graph]:
        """Decode in steps of at most `nodes` nodes and about `seconds` by `clock`; yields the nodes made so far.

        The generator returns the Graph (`yield from` gives it), which keeps its columns, so packing it again is free.
        """
        made: list[Node] = []
        end, since = clock() + seconds, 0
        while len(made) < self._nodes:
            step = min(CLOCK_NODES, nodes, self._nodes - len(made))
            made += self._rows(len(made), len(made) + step)
            since += step
            if since >= nodes or clock() >= end:
                yield len(made)
                end, since = clock() + seconds, 0
        graphs = []
        for inner in self.graphs:
            graphs.append((yield from inner.slices(seconds=seconds, nodes=nodes, clock=clock)))
            yield len(made)
        inputs, outputs = (tuple(map(self._value_id, self._columns[end].tolist())) for end in ENDS)
        graph = Graph(self.name, inputs, outputs, tuple(made), tuple(graphs))
        graph.__dict__[CACHE] = self
        return graph

    def _rows(self, first: int, last: int) -> Iterator[Node]:
        """The nodes of rows `first` to `last`, exclusive."""
        column = {name: self._columns[name][first:last].tolist() for name in ("op", "role", "scope", "calls", "params")}
        spans = self._columns["span"][first:last].tolist()
        outputs = self._columns["output_offsets"][first : last + 1].tolist()
        inputs = self._columns["input_offsets"][first : last + 1].tolist()
        for k in range(last - first):
            operands = self._columns["input_value"][inputs[k] : inputs[k + 1]].tolist()
            yield Node(
                self._text(first + k),
                self._record("text", column["op"][k]),
                tuple(map(self._value_id, operands)),
                tuple(self._value(row) for row in range(outputs[k], outputs[k + 1])),
                self._record("params", column["params"][k]),
                self._record("text", column["role"][k]),
                self._record("texts", column["scope"][k]),
                None if spans[k][0] < 0 else Span(*spans[k]),
                self._record("texts", column["calls"][k]),
            )

    def _value(self, row: int) -> Value:
        kind = self._record("type", int(self._columns["value_type"][row]))
        return Value(self._value_id(row), kind, self._text(self._nodes + self._values + row))

    def _value_id(self, row: int) -> str:
        """Rows beyond the values this graph defines are ids that it only reads; they stand after the value names."""
        return self._text(self._nodes + row + (self._values if row >= self._values else 0))

    def _text(self, row: int) -> str:
        start, end = self._columns["text_offsets"][row : row + 2].tolist()
        return self._columns["text_bytes"][start:end].tobytes().decode("utf-8", plain.TEXT_ERRORS)

    def _record(self, kind: str, row: int) -> Any:
        key = kind, row
        if key not in self._cache:
            start, end = self._columns["record_offsets"][row : row + 2].tolist()
            self._cache[key] = RECORDS[kind](plain.unpack(self._columns["record_bytes"][start:end].tobytes()))
        return self._cache[key]


def unpack(header: Header, arrays: Sequence[np.ndarray]) -> Graph:
    """The graph that `pack` took apart."""
    return PackedGraph(header, arrays).unpack()


def finish(slices: Generator[Any, None, Graph]) -> Graph:
    """Run a generator of slices to its end."""
    while True:
        try:
            next(slices)
        except StopIteration as end:
            graph: Graph = end.value
            return graph


def _text_record(record: Any) -> str:
    _require(isinstance(record, str), "text record")
    return str(record)


def _texts_record(record: Any) -> tuple[str, ...]:
    _require(isinstance(record, list) and all(isinstance(text, str) for text in record), "record of texts")
    return tuple(record)


def _params_record(record: Any) -> dict[str, Any]:
    _require(isinstance(record, dict) and all(isinstance(key, str) for key in record), "params")
    params: dict[str, Any] = record
    return params


def _type_record(record: Any) -> TensorType:
    match record:
        case [str(dtype), list(shape)] if all(type(size) in (int, str) for size in shape):
            return TensorType(dtype, tuple(shape))
    raise ValueError("bad type record")


RECORDS: Mapping[str, Callable[[Any], Any]] = {
    "text": _text_record, "texts": _texts_record, "params": _params_record, "type": _type_record,
}  # fmt: skip


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(f"columns of a graph do not fit together: {what}")


def _nested(headers: Sequence[Any], arrays: Sequence[np.ndarray]) -> Iterator[PackedGraph]:
    for header in headers:
        count = _array_count(header)
        yield PackedGraph(header, arrays[:count])
        arrays = arrays[count:]
    _require(not arrays, "too many columns")


def _array_count(header: Any) -> int:
    match header:
        case {"graphs": list(graphs)}:
            return len(LAYOUT) + sum(map(_array_count, graphs))
    raise ValueError("not the header of a graph")


ORDER: Mapping[str, int] = {name: position for position, name in enumerate(LAYOUT)}


def _checked(name: str, arrays: Sequence[np.ndarray]) -> np.ndarray:
    dtype, width = LAYOUT[name]
    _require(ORDER[name] < len(arrays), "too few columns")
    array = arrays[ORDER[name]]
    _require(array.dtype.name == dtype and array.ndim == (2 if width else 1), name)
    _require(not width or array.shape[1] == width, name)
    return array


def _check_offsets(offsets: np.ndarray, count: int, length: int) -> None:
    """`count` stretches one after the other over `length` entries."""
    _require(len(offsets) == count + 1 and count >= 0, "offsets")
    _require(int(offsets[0]) == 0 and int(offsets[-1]) == length and bool((np.diff(offsets) >= 0).all()), "offsets")


def _check_rows(rows: np.ndarray, count: int) -> None:
    _require(not rows.size or (int(rows.min()) >= 0 and int(rows.max()) < count), "rows")
