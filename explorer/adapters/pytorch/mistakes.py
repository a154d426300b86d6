"""From what torch or Python raised inside the user's text to one sentence with its place."""

from __future__ import annotations

import traceback
from functools import lru_cache
from types import CodeType, TracebackType
from typing import Any

from explorer.capture.expression import Expression
from explorer.errors import ProgramError
from explorer.graph.ir import Graph, Span

# The name of every program's code: one is traced at a time, and the printout of the same text stays the same.
FILENAME = "<user-1>"


def operation_failed(
    expression: Expression, error: Exception, *, partial: Graph | None = None, op: str = "",
    shapes: str = "these operands", **more: Any,
) -> ProgramError:  # fmt: skip
    """ProgramError `operation_failed` at the innermost place of the text on the way to `error`.

    `op` and `shapes` default to the user's own words there: a step of plain Python (`1/0`) has no operation of torch.
    """
    span = _raised_at(expression, error.__traceback__)
    params = {"op": op or _excerpt(expression.text, span), "shapes": shapes, "reason": first_line(error), **more}
    return ProgramError("operation_failed", span=span, partial=partial, detail=report(error), **params)


def first_line(error: Exception) -> str:
    """torch's own words, without the advice that often follows them and without a full stop."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__).rstrip(".")


def report(error: Exception) -> str:
    """The whole traceback."""
    return "".join(traceback.format_exception(error))


def position(expression: Expression, code: CodeType, instruction: int) -> Span | None:
    """The stretch of text that the instruction at byte offset `instruction` was compiled from."""
    line, end_line, column, end_column = _positions(code)[instruction // 2]  # CPython's code units are two bytes each
    return expression.positions(line, end_line, column, end_column) if line else None


@lru_cache(maxsize=1)
def _positions(code: CodeType) -> tuple[tuple[int | None, int | None, int | None, int | None], ...]:
    return tuple(code.co_positions())


def _raised_at(expression: Expression, entry: TracebackType | None) -> Span | None:
    found = None
    while entry is not None:
        if entry.tb_frame.f_code.co_filename == FILENAME:
            found = position(expression, entry.tb_frame.f_code, entry.tb_lasti)
        entry = entry.tb_next
    return found


def _excerpt(text: str, span: Span | None) -> str:
    """The user's own words at `span`, up to the end of its first line."""
    if span is None:
        return text.strip()
    end = span.end_column - 1 if span.end_line == span.line else None
    return text.split("\n")[span.line - 1][span.column - 1 : end].strip()
