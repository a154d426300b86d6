"""Places in the user's text: from syntax trees, code positions and tracebacks to spans."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import CodeType, TracebackType

from explorer.graph.ir import Span

# The file name of the user's code in code objects and tracebacks. One program is alive at a time, and the name only has
# to differ from the names of our own files.
FILENAME = "<user-1>"


@dataclass(frozen=True)
class Written:
    """A text as it was typed."""

    text: str

    def span(self, node: ast.AST) -> Span:
        """The stretch of text that `node` covers."""
        line, end = node.lineno, node.end_lineno or node.lineno  # type: ignore[attr-defined]
        return self.positions(line, end, node.col_offset, node.end_col_offset)  # type: ignore[attr-defined]

    def positions(self, line: int, end_line: int | None, column: int | None, end_column: int | None) -> Span:
        """A Span from a code position (`code.co_positions()`, lines from 1, byte columns from 0)."""
        last = end_line or line
        return Span(line, self._character(line, column or 0), last, self._character(last, end_column or 0))

    def instruction(self, code: CodeType, offset: int) -> Span | None:
        """The stretch that the instruction at byte offset `offset` was compiled from; None where Python has none."""
        line, end_line, column, end_column = _positions(code)[offset // 2]  # CPython's code units are two bytes each
        return self.positions(line, end_line, column, end_column) if line else None

    def raised_at(self, entry: TracebackType | None) -> Span | None:
        """The innermost place of this text on the way to an error; None where it was raised outside."""
        found = None
        while entry is not None:
            if entry.tb_frame.f_code.co_filename == FILENAME:
                found = self.instruction(entry.tb_frame.f_code, entry.tb_lasti)
            entry = entry.tb_next
        return found

    def excerpt(self, span: Span | None) -> str:
        """The user's own words at `span`, up to the end of its first line; the whole text without a span."""
        if span is None:
            return self.text.strip()
        end = span.end_column - 1 if span.end_line == span.line else None
        return self.lines[span.line - 1][span.column - 1 : end].strip()

    @cached_property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    def _character(self, line: int, byte: int) -> int:
        text = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        return len(text.encode()[:byte].decode(errors="ignore")) + 1


@lru_cache(maxsize=64)
def _positions(code: CodeType) -> tuple[tuple[int | None, int | None, int | None, int | None], ...]:
    return tuple(code.co_positions())
