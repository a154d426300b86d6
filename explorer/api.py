"""The two calls for notebooks and scripts. The text runs in a worker process, as everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from explorer.capture.record import Capture, Source
    from explorer.graph.ir import Graph
    from explorer.worker.events import Event


def capture(
    source: str,
    *,
    framework: str,
    stage: str | None = None,
    inputs: Mapping[str, str | float] | None = None,
    entry: str | None = None,
    seed: int = 0,
    device: str = "cpu",
) -> Graph:
    """The graph of one stage (the framework's first if `stage` is None) of an expression or a model's text.

    `inputs` maps a name to a number or a VALUE text (`normal(4, 3)`, `2:int32`); a name left out is 1.0, or
    what the text defines. `entry` names what of a text is captured, where it defines several. Raises
    ProgramError for a mistake in the text, UsageError for an unknown name, UnavailableError for an absent framework.
    """
    from explorer.adapters import framework as table
    from explorer.errors import ProgramError

    key = stage or table(_known(framework)).first.key
    _check_stage(framework, key)
    result = run(source, framework=framework, stages=(key,), inputs=inputs, entry=entry, seed=seed, device=device)
    for problem in result.diagnostics:
        if problem.severity == "error":
            raise ProgramError(problem.code, span=problem.span, detail=problem.detail, **problem.params)
    captured = result.stage(key)
    assert captured is not None, "a stage without a problem is there"
    return captured.graph


def run(
    source: str,
    *,
    framework: str,
    stages: Iterable[str] = (),
    inputs: Mapping[str, str | float] | None = None,
    entry: str | None = None,
    seed: int = 0,
    device: str = "cpu",
) -> Capture:
    """Everything one framework makes of `source`: stages, provenance, values, cotangents, problems.

    A mistake in the text is a Diagnostic in the result, beside whatever could be captured; errors as in `capture`.
    """
    from explorer.capture.record import Source
    from explorer.worker.client import Worker
    from explorer.worker.requests import CaptureRequest, Prepare

    texts = {name: str(value) for name, value in (inputs or {}).items()}
    asked = Source(source, _known(framework), texts, entry, seed, device)
    with Worker(framework) as worker:
        ready = worker.ask(Prepare())
        return collect(asked, [*ready, *worker.ask(CaptureRequest(asked, tuple(stages)))])


def collect(source: Source, events: Iterable[Event]) -> Capture:
    """The Capture that a worker's events add up to."""
    from explorer.capture.record import EXPRESSION_ENTRY, Capture
    from explorer.worker import events as kinds

    stages, provenance, columns, diagnostics, versions = [], [], [], [], {}
    entry = EXPRESSION_ENTRY
    for event in events:
        match event:
            case kinds.Ready(framework=key, version=version):
                versions[key] = version
            case kinds.Loaded(entry=chosen):
                entry = chosen
            case kinds.StageEvent(stage=stage):
                stages.append(stage)
            case kinds.ProvenanceEvent(provenance=links):
                provenance.append(links)
            case kinds.ColumnEvent(column=column):
                columns.append(column)
            case kinds.DiagnosticEvent(diagnostic=diagnostic) | kinds.Failed(diagnostic=diagnostic):
                diagnostics.append(diagnostic)
    return Capture(source, versions, tuple(stages), tuple(provenance), tuple(columns), tuple(diagnostics), entry)


def _known(framework: str) -> str:
    from explorer.adapters import FRAMEWORK_KEYS
    from explorer.errors import UsageError

    if framework not in FRAMEWORK_KEYS:
        raise UsageError("unknown_framework", framework=framework, known=", ".join(FRAMEWORK_KEYS))
    return framework


def _check_stage(framework: str, stage: str) -> None:
    from explorer.adapters import framework as table
    from explorer.errors import UsageError

    known = [item.key for item in table(framework).stages]
    if stage not in known:
        raise UsageError("unknown_stage", framework=table(framework).title, stage=stage, known=", ".join(known))
