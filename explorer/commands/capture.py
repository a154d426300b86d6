"""`backflow capture`: write one stage; the suffix of the file decides the form."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from explorer import api
from explorer.adapters import framework
from explorer.capture.record import Capture, Stage
from explorer.commands.asking import each_framework, report, source_of, title
from explorer.errors import UsageError
from explorer.graph import codec
from explorer.graph.text import graph_text
from explorer.messages import sentence
from explorer.worker.client import Worker
from explorer.worker.events import Ready
from explorer.worker.requests import CaptureRequest

Writer = Callable[[Capture, Stage], str]


def as_json(result: Capture, stage: Stage) -> str:
    return json.dumps(codec.encode(stage.graph, framework=result.source.framework, stage=stage.key), indent=1) + "\n"


def as_text(_result: Capture, stage: Stage) -> str:
    return graph_text(stage.graph)


def as_svg(result: Capture, stage: Stage) -> str:
    from explorer.layout.options import LayoutOptions
    from explorer.picture.build import build_scene
    from explorer.picture.svg import scene_svg

    scene = build_scene(stage.key, result.source.framework, stage.graph, LayoutOptions())
    return scene_svg(scene, value=result.column(stage.key, "value"), cotangent=result.column(stage.key, "cotangent"))


def as_dot(_result: Capture, stage: Stage) -> str:
    from explorer.graph.interop import to_dot

    return to_dot(stage.graph)


def as_graphml(_result: Capture, stage: Stage) -> str:
    from explorer.graph.interop import to_graphml

    return to_graphml(stage.graph)


def as_html(result: Capture, stage: Stage) -> str:
    from explorer.layout.options import LayoutOptions
    from explorer.picture.build import build_scene
    from explorer.picture.html import scene_html

    scene = build_scene(stage.key, result.source.framework, stage.graph, LayoutOptions())
    columns = {key: result.column(stage.key, key) for key in ("value", "cotangent")}
    first, *more = result.source.text.strip().splitlines() or [""]
    heading = f"{first}{' …' if more else ''} · {title(result.source.framework)} {stage.key}"
    return scene_html(scene, stage.graph, heading, **columns)


WRITERS: dict[str, Writer] = {
    ".json": as_json,
    ".txt": as_text,
    ".svg": as_svg,
    ".html": as_html,
    ".dot": as_dot,
    ".graphml": as_graphml,
}


def run(options: argparse.Namespace) -> int:
    """Write the stage, or print its text form."""
    entry = framework(options.framework)
    if entry.stage(options.stage) is None:
        known = ", ".join(stage.key for stage in entry.stages)
        raise UsageError("unknown_stage", framework=entry.title, stage=options.stage, known=known)
    write = _writer(options.output)

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
    text = write(result, stage)
    if options.output is None:
        print(text, end="")
    else:
        save(Path(options.output), text)
        print(f"{options.output}: {title(result.source.framework)} {stage.key}, {len(stage.graph.nodes)} nodes")
    return 0


def save(path: Path, text: str) -> None:
    """Write `text`; UsageError with the reason where that cannot be done."""
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError("unwritable_file", path=str(path), reason=error.strerror or str(error)) from None


def _writer(output: str | None) -> Writer:
    suffix = Path(output).suffix if output else ".txt"
    if suffix not in WRITERS:
        shown = suffix or sentence("no_suffix", {})
        raise UsageError("unknown_suffix", path=output, suffix=shown, known=", ".join(WRITERS))
    return WRITERS[suffix]
