"""The three kinds of trouble, as exceptions that carry data; `explorer.messages` has the sentence for a code."""

from __future__ import annotations

from typing import Any

from explorer.capture.record import Diagnostic, Severity
from explorer.graph.ir import Graph, Span


class ExplorerError(Exception):
    """Base. `code` names a sentence in the message catalogue, `params` fills it; `exit_code` is the command line's."""

    exit_code = 1

    def __init__(self, code: str, /, *, span: Span | None = None, detail: str = "", **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params
        self.span = span
        self.detail = detail

    def diagnostic(self, *, stage: str | None = None, severity: Severity = "error") -> Diagnostic:
        return Diagnostic(severity, self.code, self.params, self.span, stage, None, self.detail)

    def __str__(self) -> str:
        from explorer.messages import sentence

        return sentence(self.code, self.params)


class ProgramError(ExplorerError):
    """The user's program is at fault. `partial` is the graph up to the mistake."""

    def __init__(self, code: str, /, *, partial: Graph | None = None, **rest: Any) -> None:
        super().__init__(code, **rest)
        self.partial = partial


class UsageError(ExplorerError):
    """Bad option or missing file."""

    exit_code = 2


class UnavailableError(ExplorerError):
    """A framework or a device is not there."""

    exit_code = 3
