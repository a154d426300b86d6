"""`backflow demo`: the tour without a display. Everything it writes was captured, computed and drawn on the spot."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from explorer import api
from explorer.adapters import framework
from explorer.capture.record import Capture, Source
from explorer.commands import grad, train
from explorer.commands.asking import each_framework, report, say, title
from explorer.errors import UsageError
from explorer.flow.finite_difference import relative_error
from explorer.graph.codec import plain
from explorer.picture.files import drawing_of, save, write
from explorer.training.config import RunConfig
from explorer.worker.client import Worker
from explorer.worker.events import GradientEvent, Ready
from explorer.worker.requests import CaptureRequest, GradientRequest, TrainRequest

TEXT = "a*(a+b)"
INPUTS = {"a": "2.0", "b": "3.0"}
MODELS = ("linear", "mlp7")
SHOTS_SECONDS = 420


def run(options: argparse.Namespace) -> int:
    """Write graphs (SVG), numbers (JSON), curves (PNG) and screenshots; 0 where the graphs and numbers are there."""
    folder = Path(options.output)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError("unwritable_file", path=str(folder), reason=error.strerror or str(error)) from None
    captures, gradients, runs = _frameworks(folder)
    numbers = {
        "expression": TEXT,
        "inputs": INPUTS,
        "results": [_result(captures[key], event) for key, event in gradients.items()],
        "agreement": grad.agree(list(gradients.values())),
        "training": runs,
    }
    save(folder / "numbers.json", json.dumps(plain(numbers), indent=2, ensure_ascii=False) + "\n")
    print(folder / "numbers.json")
    _screenshots(folder)
    return 0


def _frameworks(folder: Path) -> tuple[dict[str, Capture], dict[str, GradientEvent], list[dict[str, Any]]]:
    captures: dict[str, Capture] = {}
    gradients: dict[str, GradientEvent] = {}
    runs: list[dict[str, Any]] = []

    def work(worker: Worker, key: str, _ready: Ready) -> None:
        source = Source(TEXT, key, INPUTS)
        captures[key] = api.collect(source, worker.ask(CaptureRequest(source, _every_stage(key))))
        events = worker.ask(GradientRequest(source, check=True))
        gradients[key] = next(event for event in events if isinstance(event, GradientEvent))
        _graphs(folder, captures[key])
        runs.extend(_training(worker, folder, key, model) for model in MODELS)

    for _ in each_framework("all", TEXT, work):
        pass
    return captures, gradients, runs


def _every_stage(key: str) -> tuple[str, ...]:
    return tuple(stage.key for stage in framework(key).stages)


def _graphs(folder: Path, result: Capture) -> None:
    for problem in result.diagnostics:
        report(problem, TEXT)
    for stage in result.stages:
        path = folder / f"{result.source.framework}-{stage.key}.svg"
        write(drawing_of(result, stage), path)
        print(f"{path}: {title(result.source.framework)} {stage.key}, {len(stage.graph.nodes)} nodes")


def _training(worker: Worker, folder: Path, key: str, model: str) -> dict[str, Any]:
    record = train.train(worker, TrainRequest(RunConfig(framework=key, model=model)))
    name = f"{key}-five-points-{model}"
    train.write(record, folder / f"{name}.json")
    if train.draw(record, folder / f"{name}.png"):
        print(folder / f"{name}.png")
    print(f"{title(key)} {model}: train {record.train[-1]:.3f}, validation {record.validation[-1]:.2f}")
    return {
        "framework": key,
        "model": model,
        "train_loss": float(record.train[-1]),
        "validation_loss": float(record.validation[-1]),
        "best_epoch": record.best_step,
        "diagnosis": record.diagnosis.text(),
    }


def _result(result: Capture, event: GradientEvent) -> dict[str, Any]:
    return {
        "framework": event.framework,
        "version": result.versions.get(event.framework, ""),
        "stages": {stage.key: len(stage.graph.nodes) for stage in result.stages},
        "value": event.value.tolist(),
        "gradients": {name: None if array is None else array.tolist() for name, array in event.gradients.items()},
        "check": {
            name: {"finite_difference": difference.tolist(), "relative_error": relative_error(gradient, difference)}
            for name, difference in event.differences.items()
            if (gradient := event.gradients[name]) is not None
        },
    }


def _screenshots(folder: Path) -> None:
    """The window at 1920x1080 in three themes, by a child on Qt's platform without a display."""
    command = [sys.executable, "-m", "widgets.shots", str(folder), "--size", "1920x1080"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=SHOTS_SECONDS, env=_offscreen()
        )
    except subprocess.TimeoutExpired:
        say("step_skipped", what="screenshots", reason=f"no end after {SHOTS_SECONDS} s")
        return
    print(done.stdout, end="")
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [str(done.returncode)])[-1]
        say("step_skipped", what="screenshots", reason=reason)


def _offscreen() -> dict[str, str]:
    return {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
