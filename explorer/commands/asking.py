"""What the commands share: reading SOURCE and its options, asking one worker per framework, saying what went wrong."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from explorer.adapters import FRAMEWORK_KEYS, FRAMEWORKS, framework
from explorer.capture.expression import parse, parsed
from explorer.capture.inputs import DEFAULT_VALUE, example
from explorer.capture.module_text import frameworks_of, kind_of
from explorer.capture.record import Diagnostic, Source
from explorer.errors import ExplorerError, UnavailableError, UsageError
from explorer.messages import hint, sentence
from explorer.worker.client import Worker
from explorer.worker.events import Ready
from explorer.worker.requests import Prepare

Result = TypeVar("Result")

# Suffixes that make SOURCE a file even when it does not exist.
FILE_SUFFIXES = (".py", ".txt", ".onnx", ".pt2", ".hlo", ".mlir", ".json", ".pb", ".keras", ".stablehlo", ".ipynb")
TEXT_SUFFIXES = (".py", ".txt", "")


def read_source(argument: str) -> str:
    """The text that SOURCE stands for: a file, `-` for standard input, else the expression itself."""
    if argument == "-":
        return sys.stdin.read()
    path = Path(argument)
    try:
        is_file = path.is_file()
    except (OSError, ValueError):  # too long, or a character no file name has: an expression
        is_file = False
    if not is_file:
        if path.suffix in FILE_SUFFIXES:
            raise UsageError("missing_file", path=argument)
        return argument
    if path.suffix not in TEXT_SUFFIXES:
        raise UsageError("unknown_suffix", path=argument, suffix=path.suffix, known=".py and .txt")
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "no UTF-8 text"
        raise UsageError("unreadable_file", path=argument, reason=reason) from None


def read_inputs(options: argparse.Namespace, names: Sequence[str]) -> dict[str, str]:
    """`--input NAME=VALUE` pairs, checked; a name without one gets the default, said on standard error."""
    given = given_inputs(options)
    for name in given:
        if name not in names:
            raise UsageError("unknown_input", name=name, known=", ".join(names) or "none")
    for name in names:
        if name not in given:
            say("default_input", name=name, value=DEFAULT_VALUE)
    return {name: given.get(name, DEFAULT_VALUE) for name in names}


def given_inputs(options: argparse.Namespace) -> dict[str, str]:
    """`--input NAME=VALUE` pairs, each VALUE checked."""
    given: dict[str, str] = {}
    for pair in options.input:
        name, equals, value = pair.partition("=")
        if not equals:
            raise UsageError("input_without_value", pair=pair)
        example(name, value, options.seed)
        given[name] = value
    return given


def source_of(options: argparse.Namespace, key: str) -> Source:
    """The Source for framework `key`. ProgramError for a mistake in the text."""
    if kind_of(options.text) == "expression":
        if options.entry is not None:
            raise UsageError("no_entries")
        names = parse(options.text).names
        inputs = options.values if hasattr(options, "values") else _remember(options, names)
    else:
        parsed(options.text)
        inputs = given_inputs(options)
    return Source(
        text=options.text,
        framework=key,
        inputs=inputs,
        entry=options.entry,
        seed=options.seed,
        device=options.device,
        forward_only=options.forward_only,
    )


def _remember(options: argparse.Namespace, names: Sequence[str]) -> dict[str, str]:
    """Read the inputs once for all frameworks, so that notices are said once."""
    options.values = read_inputs(options, names)
    return dict(options.values)


def chosen(name: str, text: str) -> tuple[str, ...]:
    """Framework keys for `--framework`: one, or all that the text can be for: a model is written for one."""
    if name != "all":
        return (name,)
    return (frameworks_of(text) if kind_of(text) != "expression" else ()) or FRAMEWORK_KEYS


def each_framework(name: str, text: str, work: Callable[[Worker, str, Ready], Result]) -> Iterator[tuple[str, Result]]:
    """Run `work` in the worker of each chosen framework. With `all`, an absent framework is said and passed over.

    UnavailableError where the one asked for, or every one, is absent.
    """
    absent: list[ExplorerError] = []
    keys = chosen(name, text)
    for key in keys:
        with Worker(key) as worker:
            try:
                ready = next(event for event in worker.ask(Prepare()) if isinstance(event, Ready))
            except UnavailableError as error:
                absent.append(error)
                if name != "all":
                    raise
                say(error.code, **error.params)
                continue
            yield key, work(worker, key, ready)
    if len(absent) == len(keys):
        raise absent[0] if len(keys) < len(FRAMEWORKS) else UnavailableError("no_framework")


def say(code: str, /, **params: object) -> None:
    """One sentence, and what to do, on standard error."""
    print(f"backflow: {sentence(code, params)} {hint(code, params)}".rstrip(), file=sys.stderr)


def report(problem: Diagnostic | ExplorerError, text: str = "", name: str = "") -> None:
    """One sentence on standard error with the place in the user's text, and the line itself with a mark under it."""
    place = f"{name or 'expression'}:{problem.span.line}:{problem.span.column}: " if problem.span else ""
    words = f"{sentence(problem.code, problem.params)} {hint(problem.code, problem.params)}".rstrip()
    print(f"backflow: {place}{words}", file=sys.stderr)
    lines = text.split("\n")
    if problem.span and problem.span.column and problem.span.line <= len(lines):
        line, span = lines[problem.span.line - 1], problem.span
        end = span.end_column if span.end_line == span.line else len(line) + 1
        print(f"    {line}\n    {' ' * (span.column - 1)}{'^' * max(1, end - span.column)}", file=sys.stderr)


def title(key: str) -> str:
    """The name people know."""
    return framework(key).title
