"""`backflow stages`: which stages there are, with node count and seconds, or one sentence why not."""

from __future__ import annotations

import argparse
import json
from typing import Any

from explorer.adapters import framework
from explorer.api import collect
from explorer.capture.record import Capture, Diagnostic
from explorer.commands.asking import chosen, each_framework, report, source_of, title
from explorer.messages import sentence
from explorer.worker.client import Worker
from explorer.worker.events import Ready
from explorer.worker.requests import CaptureRequest


def run(options: argparse.Namespace) -> int:
    """Print the table, or one JSON object with `programs`."""

    def work(worker: Worker, key: str, _ready: Ready) -> Capture:
        source = source_of(options, key)
        every = tuple(entry.key for entry in framework(key).stages if not (entry.gradient and source.forward_only))
        return collect(source, worker.ask(CaptureRequest(source, every)))

    source_of(options, chosen(options.framework, options.text)[0])  # a mistake is one sentence, not one per framework
    captures = dict(each_framework(options.framework, options.text, work))
    programs = [_program(key, result) for key, result in captures.items()]
    if options.json:
        print(json.dumps({"programs": programs}, indent=2))
    else:
        _table(programs)
    for result in captures.values():
        if mistake := _first_stage_mistake(result):
            report(mistake, options.text)
            return 1
    return 0


def _first_stage_mistake(result: Capture) -> Diagnostic | None:
    """Why the first stage is not there; a later stage that is not there is normal and stands in the table."""
    first = framework(result.source.framework).first.key
    errors = (problem for problem in result.diagnostics if problem.severity == "error")
    return next((problem for problem in errors if problem.stage in (first, None)), None)


def _program(key: str, result: Capture) -> dict[str, Any]:
    stages: list[dict[str, Any]] = []
    problems = {problem.stage: problem for problem in result.diagnostics if problem.severity == "error"}
    for entry in framework(key).stages:
        stage = result.stage(entry.key)
        problem = problems.get(entry.key) or problems.get(None)
        if stage and not problem:
            nodes, seconds = len(stage.graph.nodes), round(stage.seconds, 6)
            stages.append({"key": entry.key, "derived_from": entry.derived_from, "nodes": nodes, "seconds": seconds})
        elif problem:
            stages.append({"key": entry.key, "why": sentence(problem.code, problem.params)})
        else:
            stages.append({"key": entry.key, "why": sentence("forward_only", {})})
    shown = result.entry
    return {"name": shown.name, "kind": shown.kind, "framework": key, "line": shown.line, "stages": stages}


def _table(programs: list[dict[str, Any]]) -> None:
    for program in programs:
        for stage in program["stages"]:
            size = f"{stage['nodes']:>4} nodes {stage['seconds'] * 1000:8.1f} ms" if "nodes" in stage else stage["why"]
            print(f"{title(program['framework']):<11} {stage['key']:<13} {size}")
