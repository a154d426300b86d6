"""From what torch or Python raised inside the user's text to one sentence with its place."""

from __future__ import annotations

import traceback
from typing import Any

from explorer.capture.positions import Written
from explorer.errors import ProgramError
from explorer.graph.ir import Graph


def operation_failed(
    written: Written, error: Exception, *, partial: Graph | None = None, op: str = "",
    shapes: str = "these operands", **more: Any,
) -> ProgramError:  # fmt: skip
    """ProgramError `operation_failed` at the innermost place of the text on the way to `error`.

    `op` and `shapes` default to the user's own words there: a step of plain Python (`1/0`) has no operation of torch.
    """
    span = written.raised_at(error.__traceback__)
    params = {"op": op or written.excerpt(span), "shapes": shapes, "reason": first_line(error), **more}
    return ProgramError("operation_failed", span=span, partial=partial, detail=report(error), **params)


def first_line(error: Exception) -> str:
    """torch's own words, without the advice that often follows them and without a full stop."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__).rstrip(".")


def report(error: Exception) -> str:
    """The whole traceback."""
    return "".join(traceback.format_exception(error))
