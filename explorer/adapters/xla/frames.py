"""Where in the user's text an instruction came from: XLA's tables of stack frames, or the line it prints.

JAX writes `stack_frame_id` and, above the computations, which file, lines and columns a frame has and which frame
called it; columns count bytes from 0, as JAX has them. TensorFlow writes `source_file` and `source_line`, which are of
its own library as a rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from explorer.adapters.xla.text import Module
from explorer.graph.ir import Span

Positions = Callable[[int, int | None, int | None, int | None], Span]
Spans = Callable[[Mapping[str, Any]], Span | None]


def spans_of(module: Module, file: str, positions: Positions) -> Spans:
    """Metadata of an instruction -> the stretch of `file`, the user's text, that made it; None where none is known.

    `positions` makes a Span of line, end line (both from 1), column and end column (in bytes, from 0).
    """
    known: dict[int, Span | None] = {}

    def span(metadata: Mapping[str, Any]) -> Span | None:
        frame = metadata.get("stack_frame_id")
        if isinstance(frame, int):
            if frame not in known:
                known[frame] = _span_of_frame(module, frame, file, positions)
            return known[frame]
        line = metadata.get("source_line")
        return Span(line) if metadata.get("source_file") == file and isinstance(line, int) else None

    return span


def _span_of_frame(module: Module, frame: int, file: str, positions: Positions) -> Span | None:
    files = module.tables["FileNames"]
    for place in _outwards(module, frame):
        if files.get(place.get("file_name_id", 0)) == file:
            line, column = place.get("line", 1), place.get("column", 0)
            end_line, end_column = place.get("end_line", line), place.get("end_column", 0)
            # JAX 0.10.2 loses the end of what begins in the first column; then the line is all that is known.
            return (
                positions(line, end_line, column, end_column) if (end_line, end_column) > (line, column) else Span(line)
            )
    return None


def _outwards(module: Module, frame: int) -> Iterator[Mapping[str, Any]]:
    """File locations from the innermost frame to the outermost.

    A printed `parent_frame_id` is one more than the row of the caller (JAX 0.10.2; 1 is "no caller"), so a caller's
    row is always smaller than its frame's; anything else ends the walk.
    """
    frames, locations = module.tables["StackFrames"], module.tables["FileLocations"]
    while frame in frames:
        yield locations.get(frames[frame].get("file_location_id", 0), {})
        parent = frames[frame].get("parent_frame_id", 1) - 1
        if not 0 < parent < frame:
            return
        frame = parent


def from_one(line: int, end_line: int | None, column: int | None, end_column: int | None) -> Span:
    """A Span where bytes are characters."""
    return Span(line, (column or 0) + 1, end_line or line, (end_column or 0) + 1)
