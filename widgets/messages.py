"""Problems and notices as data, for the strip, the list and the details view."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.capture.record import Diagnostic
from explorer.errors import ExplorerError
from explorer.graph.ir import Span
from explorer.messages import catalogue, hint, sentence


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to tell: a sentence, where, what to do, and the framework's own words in `detail`."""

    severity: str
    text: str
    hint: str = ""
    span: Span | None = None
    stage: str | None = None
    node: str | None = None
    detail: str = ""


def problem(diagnostic: Diagnostic) -> Problem:
    """The catalogue's sentence. A code without one is our bug: it is shown as it is, with its parameters."""
    known = diagnostic.code in catalogue()
    params = diagnostic.params
    text = sentence(diagnostic.code, params) if known else f"{diagnostic.code}: {dict(params)}"
    advice = hint(diagnostic.code, params) if known else ""
    return Problem(
        diagnostic.severity, text, advice, diagnostic.span, diagnostic.stage, diagnostic.node, diagnostic.detail
    )


def from_error(error: ExplorerError) -> Problem:
    return problem(error.diagnostic())
