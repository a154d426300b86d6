"""`backflow capture -o x.npy`: the numbers of one value, or its adjoint, as a NumPy file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

import numpy as np

from explorer import api
from explorer.capture.npy import save_array
from explorer.capture.record import Capture, Stage
from explorer.commands.asking import each_framework, report, source_of
from explorer.errors import UsageError
from explorer.worker.client import Worker
from explorer.worker.events import ArrayEvent, DiagnosticEvent, Ready
from explorer.worker.requests import ArrayRequest, CaptureRequest

SUFFIX: Final = ".npy"
MOST_BYTES: Final = 512 << 20
MOST_NAMED: Final = 12  # values that are listed where one is not known


def check(options: argparse.Namespace) -> None:
    """--value and --adjoint are for numbers alone. Raises UsageError `only_numbers`."""
    if not wanted(options) and (options.value is not None or options.adjoint):
        raise UsageError("only_numbers")


def wanted(options: argparse.Namespace) -> bool:
    """The file that was named holds numbers."""
    return options.output is not None and Path(options.output).suffix == SUFFIX


def run(options: argparse.Namespace) -> int:
    """Write one array."""

    def work(worker: Worker, key: str, _ready: Ready) -> tuple[str, np.ndarray] | None:
        source = source_of(options, key)
        result = api.collect(source, worker.ask(CaptureRequest(source, (options.stage,))))
        stage = _captured(result, options)
        return None if stage is None else _ask(worker, stage, options)

    _, found = next(iter(each_framework(options.framework, options.text, work)))
    if found is None:
        return 1
    value, array = found
    dtype = save_array(array, Path(options.output))
    shape = ", ".join(map(str, array.shape))
    print(f"{options.output}: {'adjoint of ' if options.adjoint else ''}{value}, {dtype}[{shape}]")
    return 0


def _captured(result: Capture, options: argparse.Namespace) -> Stage | None:
    """The stage; None where the text failed, which is said."""
    for problem in result.diagnostics:
        report(problem, options.text)
        if problem.severity == "error":
            return None
    stage = result.stage(options.stage)
    if stage is None:
        raise UsageError("forward_only")
    return stage


def _ask(worker: Worker, stage: Stage, options: argparse.Namespace) -> tuple[str, np.ndarray]:
    value = value_id(stage, options.value)
    request = ArrayRequest(stage.key, "cotangent" if options.adjoint else "value", value, MOST_BYTES)
    arrays = []
    for event in worker.ask(request):
        match event:
            case DiagnosticEvent(diagnostic=diagnostic):
                report(diagnostic, options.text)
            case ArrayEvent(array=array):
                arrays.append(array)
    return value, arrays[0]


def value_id(stage: Stage, asked: str | None) -> str:
    """The id of the value with this id or name; without one, the stage's result. Raises UsageError `unknown_value`."""
    graph = stage.graph
    if asked is None:
        return graph.outputs[0]
    if asked in graph.value_by_id:
        return asked
    named = [value.id for value in graph.value_by_id.values() if value.name == asked]
    if not named:
        known = list(graph.value_by_id)
        listed = ", ".join(known[:MOST_NAMED]) + (", …" if len(known) > MOST_NAMED else "")
        raise UsageError("unknown_value", value=asked, stage=stage.key, known=listed)
    return named[0]
