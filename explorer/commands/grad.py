"""`backflow grad`: value and gradient of every input, checked against finite differences and the other frameworks."""

from __future__ import annotations

import argparse
import itertools
import json
from typing import Any

import numpy as np

from explorer.commands.asking import chosen, each_framework, report, source_of, title
from explorer.flow.finite_difference import relative_error
from explorer.graph.codec import plain
from explorer.worker.client import Worker
from explorer.worker.events import DiagnosticEvent, GradientEvent, Ready
from explorer.worker.requests import GradientRequest


def run(options: argparse.Namespace) -> int:
    """Print a line per framework, or one JSON object with `results` and `agreement`."""
    said: set[str] = set()

    def work(worker: Worker, key: str, _ready: Ready) -> GradientEvent:
        events = worker.ask(GradientRequest(source_of(options, key), check=options.check, shares=options.shares))
        for event in events:
            if isinstance(event, DiagnosticEvent) and event.diagnostic.code not in said:
                said.add(event.diagnostic.code)
                report(event.diagnostic, options.text)
        return next(event for event in events if isinstance(event, GradientEvent))

    source_of(options, chosen(options.framework, options.text)[0])  # a mistake is one sentence, not one per framework
    results = dict(each_framework(options.framework, options.text, work))
    agreement = agree(list(results.values()))
    if options.json:
        document = {"results": [_result(event, options) for event in results.values()], "agreement": agreement}
        print(json.dumps(plain(document), indent=2, ensure_ascii=False))
    else:
        _print(results, agreement)
    return 0


def agree(events: list[GradientEvent]) -> dict[str, float]:
    """Input name -> largest relative difference of its gradient between any two frameworks; {} for a single one.

    The scale is the larger of the two gradients' largest entries, so that tiny entries of a large gradient count
    by the gradient's size; 0 where both are all zero.
    """
    return {
        name: max(_difference(one.gradients[name], other.gradients.get(name)) for one, other in pairs)
        for name in (events[0].gradients if events else ())
        if (pairs := list(itertools.combinations(events, 2)))
    }


def _difference(one: np.ndarray | None, other: np.ndarray | None) -> float:
    if one is None or other is None:
        return 0.0 if one is other else float("nan")
    a, b = np.asarray(one, np.float64), np.asarray(other, np.float64)
    if a.size == 0 or np.array_equal(a, b, equal_nan=True):
        return 0.0
    return float(np.max(np.abs(a - b)) / max(np.max(np.abs(a)), np.max(np.abs(b))))


def _result(event: GradientEvent, options: argparse.Namespace) -> dict[str, Any]:
    result: dict[str, Any] = {
        "framework": event.framework,
        "device": event.device,
        "value": _nested(event.value),
        "gradients": {name: _nested(gradient) for name, gradient in event.gradients.items()},
    }
    if options.check:
        result["check"] = {
            name: {"finite_difference": _nested(difference), "relative_error": relative_error(gradient, difference)}
            for name, difference in event.differences.items()
            if (gradient := event.gradients.get(name)) is not None
        }
    if options.shares:
        result["shares"] = [
            {"value": value, "user": user, "operand": operand, "share": _nested(share)}
            for value, user, operand, share in event.shares
        ]
    return result


def _nested(array: np.ndarray | None) -> Any:
    """A number or nested list; None where nothing was computed."""
    if array is None:
        return None
    wide = array.astype(np.float64) if array.dtype.kind == "V" or array.dtype.name == "bfloat16" else array
    return wide.tolist()


def _print(results: dict[str, GradientEvent], agreement: dict[str, float]) -> None:
    for key, event in results.items():
        print(f"{title(key):<11} value {_short(event.value)}")
        for name, gradient in event.gradients.items():
            line = f"{'':<11} ∂/∂{name} = {'no gradient' if gradient is None else _short(gradient)}"
            if gradient is not None and name in event.differences:
                difference = event.differences[name]
                error = relative_error(gradient, difference)
                line += f"   finite difference {_short(difference)}, relative error {error:.1e}"
            print(line)
    for name, apart in agreement.items():
        print(f"{'agreement':<11} ∂/∂{name}: {apart:.1e}")


def _short(array: np.ndarray) -> str:
    return np.array2string(np.asarray(array, np.float64), precision=6, separator=", ", threshold=64)
