"""`backflow capture`: write one stage; the suffix of the file decides the form."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from explorer import api
from explorer.adapters import framework
from explorer.capture.ops import describe
from explorer.capture.record import Capture, Stage
from explorer.commands import numbers
from explorer.commands.asking import each_framework, report, source_of, title
from explorer.errors import UsageError
from explorer.graph import places, search
from explorer.messages import sentence
from explorer.picture.files import PICTURES, SUFFIXES, Drawing, as_text, drawing_of, write
from explorer.picture.sheet import PAINTED
from explorer.worker.client import Worker
from explorer.worker.drawing import check_qt
from explorer.worker.events import Ready
from explorer.worker.requests import CaptureRequest


def run(options: argparse.Namespace) -> int:
    """Write the stage, or print its text form."""
    entry = framework(options.framework)
    if entry.stage(options.stage) is None:
        known = ", ".join(stage.key for stage in entry.stages)
        raise UsageError("unknown_stage", framework=entry.title, stage=options.stage, known=known)
    numbers.check(options)
    if numbers.wanted(options):
        return numbers.run(options)
    _check(options)

    def work(worker: Worker, key: str, _ready: Ready) -> Capture:
        source = source_of(options, key)
        return api.collect(source, worker.ask(CaptureRequest(source, (options.stage,))))

    _, result = next(iter(each_framework(options.framework, options.text, work)))
    stage = result.stage(options.stage)
    for problem in result.diagnostics:
        report(problem, options.text)
        if problem.severity == "error":
            return 1
    if stage is None:
        raise UsageError("forward_only")
    drawing = _drawing(options, result, stage)
    if options.output is None:
        print(as_text(drawing), end="")
        return 0
    size = write(drawing, Path(options.output))
    about = f"{title(result.source.framework)} {stage.key}, {len(stage.graph.nodes)} nodes"
    print(f"{options.output}: {about}{', ' if size else ''}{size}")
    return 0


def _drawing(options: argparse.Namespace, result: Capture, stage: Stage) -> Drawing:
    cards = None
    if options.only is not None:
        key = result.source.framework
        query = search.parse(options.only, lambda node: describe(key, node).word)
        cards = frozenset(place for place, node, _ in places.walk(stage.graph) if query.matches(node))
    return replace(drawing_of(result, stage), theme=options.theme, cards=cards, scale=options.scale)


def _check(options: argparse.Namespace) -> None:
    """What can be known to be wrong before anything is captured."""
    suffix = Path(options.output).suffix if options.output else ".txt"
    if suffix not in SUFFIXES:
        shown = suffix or sentence("no_suffix", {})
        raise UsageError(
            "unknown_suffix", path=options.output, suffix=shown, known=", ".join((*SUFFIXES, numbers.SUFFIX))
        )
    if options.only is not None:
        if suffix not in PICTURES:
            raise UsageError("only_pictures", known=", ".join(PICTURES))
        search.parse(options.only)
    if suffix in PAINTED:
        check_qt()
