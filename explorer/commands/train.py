"""`backflow train`: one run without a window, with a progress line on a terminal."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from explorer.adapters import FRAMEWORKS
from explorer.capture.expression import parse
from explorer.capture.module_text import kind_of
from explorer.capture.record import Source
from explorer.commands.asking import given_inputs, read_inputs, read_source, report, say, title
from explorer.errors import UnavailableError, UsageError
from explorer.picture.files import save
from explorer.training import checkpoints, models
from explorer.training.choices import OPTIMIZERS
from explorer.training.config import RunConfig, Schedule
from explorer.training.datasets import TASKS, defaults, task, usual_loss
from explorer.training.models import initial
from explorer.training.overfitting import fine
from explorer.training.record import RunBuilder, RunRecord, read
from explorer.training.typed import check
from explorer.worker.client import Worker
from explorer.worker.events import DiagnosticEvent, Event, Metrics
from explorer.worker.requests import Prepare, TrainRequest

FORMS = (".json", ".csv", ".png")
# Options whose names differ from the fields of RunConfig that they set.
FIELDS = {"epochs": "steps", "lr": "schedule"}
DATA_FIELDS = ("points", "noise", "label_noise", "train_share", "function", "parameters")
LAYER_FIELDS = ("loss", "batch", "widths", "activation", "dropout", "mode")  # a text has none of these
TASK_LIKE = re.compile(r"[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*")


@dataclass(frozen=True)
class Ask:
    """What to train: the config, the text where one was given, and the run that it goes on from."""

    config: RunConfig
    text: str = ""
    inputs: tuple[tuple[str, str], ...] = ()
    entry: str | None = None
    earlier: RunRecord | None = None

    def request(self, config: RunConfig) -> TrainRequest:
        """For the framework of `config`."""
        resume = (
            None
            if self.earlier is None
            else checkpoints.resumable(config, self.earlier.config, self.earlier.checkpoint)
        )
        source = None
        if config.task == "typed":
            source = Source(
                self.text, config.framework, dict(self.inputs), entry=self.entry, seed=config.seed, device=config.device
            )
        return TrainRequest(config, source=source, resume=resume)


def run(options: argparse.Namespace) -> int:
    """Train, print the outcome, write the record in the form the suffix names."""
    asked = read_options(options)
    output = Path(options.output) if options.output else None
    if output and output.suffix not in FORMS:
        raise UsageError("unknown_suffix", path=str(output), suffix=output.suffix, known=", ".join(FORMS))
    record = train_alone(asked) if asked.config.framework else _first_installed(asked)
    if options.json:
        print(record.to_json())
    else:
        print(summary(record))
        print(record.diagnosis.text())
        print(record.note)
    if output:
        write(record, output)
    return 0


def summary(record: RunRecord) -> str:
    """One line: what was trained, how far down it got, how fast and where."""
    last, best = len(record.train) - 1, record.best_step
    words = [f"{title(record.config.framework)} {models.title(record.config)}: train {record.train[-1]:.3f}"]
    alone = bool((record.validation != record.validation).all())  # nan: the task has no validation points
    if not alone:
        words[0] += f", validation {fine(record.validation[-1])}"
    words[0] += f" at step {last}"
    if not alone:
        words.append(f"best validation {fine(record.validation[best])} at step {best}")
    if len(record.validation_accuracy):
        words.append(f"accuracy {record.train_accuracy[-1]:.1%} and {record.validation_accuracy[-1]:.1%}")
    if record.config.task == "typed" and record.checkpoint is not None:
        pairs = zip(record.names, record.checkpoint.best_weights, strict=True)
        words.append(", ".join(f"{name} = {array:.6g}" for name, array in pairs if not array.shape) or "trained")
    words.append(f"{record.steps_per_second:.0f} steps/s on {record.device}")
    return "; ".join(words)


def read_options(options: argparse.Namespace) -> Ask:
    """What the options ask for, checked before a worker starts."""
    given = _given(options)
    text = "" if options.task in TASKS and options.task != "typed" else _read_text(options.task)
    earlier = read(Path(options.resume)) if options.resume else None
    base = earlier.config if earlier else defaults("typed" if text else options.task)
    if earlier:
        given = {"task": "typed" if text else options.task, **given}
    config = replace(base, **{**({} if earlier else _usual(base.task, given)), **given})
    _refuse_what_does_nothing(config, given)
    if text:
        _check_text(config)
        return Ask(config, text, _inputs(options, text), options.entry, earlier)
    if options.input or options.entry:
        raise UsageError("training_option_unused", name="input" if options.input else "entry", task=config.task)
    initial(config)  # what cannot be is said now
    if earlier:
        checkpoints.resumable(config, earlier.config, earlier.checkpoint)
    return Ask(config, earlier=earlier)


def _usual(task_key: str, given: dict[str, Any]) -> dict[str, Any]:
    """What follows from what was given: a perceptron's loss, a rate that suits the optimizer, the first framework."""
    found: dict[str, Any] = {"framework": ""}
    if given.get("model") == "perceptron":
        found["loss"] = usual_loss(task_key, "perceptron")
    optimizer = OPTIMIZERS.get(given.get("optimizer", "adam"))
    if optimizer is not None and optimizer.key not in ("adam", "keras-adam"):
        found["schedule"] = Schedule(optimizer.rate, optimizer.rate, 0)
    return found


def _given(options: argparse.Namespace) -> dict[str, Any]:
    """The fields of RunConfig that the user set, and only those."""
    found: dict[str, Any] = {}
    names = {field.name for field in fields(RunConfig)} - {"task", "schedule", "dtype"}
    for option, value in vars(options).items():
        if value is not None and (FIELDS.get(option, option)) in names:
            found[FIELDS.get(option, option)] = value
    if options.lr is not None:
        found["schedule"] = Schedule(options.lr, options.lr, 0)
    for name in ("widths", "parameters"):
        if name in found:
            found[name] = _list(name, found[name])
    return found


def _list(name: str, text: str) -> tuple[Any, ...]:
    parts = [part.strip() for part in text.split(",")]
    if name == "parameters":
        return tuple(part for part in parts if part)
    try:
        return tuple(int(part) for part in parts)
    except ValueError:
        raise UsageError("training_field", text=text, name=name) from None


def _refuse_what_does_nothing(config: RunConfig, given: dict[str, Any]) -> None:
    """An option that would be ignored is a mistake of whoever typed it."""
    about = task(config.task)
    for name in given:
        unused = name in DATA_FIELDS and name not in about.options
        unused = unused or (name in ("widths", "activation", "dropout") and config.model in ("linear", "perceptron"))
        unused = unused or (name in ("widths", "activation") and config.model == "mlp7")
        unused = unused or (name in LAYER_FIELDS and config.task == "typed")
        if unused:
            raise UsageError("training_option_unused", name=name.replace("_", "-"), task=config.task)


def _read_text(argument: str) -> str:
    """The text of a file, of standard input, or the expression itself; UsageError for what looks like a task's name."""
    if TASK_LIKE.fullmatch(argument) and not Path(argument).is_file():
        known = ", ".join(key for key in TASKS if key != "typed")
        raise UsageError("training_unknown_task", name=argument, known=known)
    return read_source(argument)


def _check_text(config: RunConfig) -> None:
    check(config)
    if config.model != "text":
        raise UsageError("training_model_elsewhere", model=config.model, task="typed", known="text")


def _inputs(options: argparse.Namespace, text: str) -> tuple[tuple[str, str], ...]:
    """Values of the free names of an expression; the default, said on standard error, where none is given. Which inputs
    a text has that defines a model only the worker can say.
    """
    asked = argparse.Namespace(input=options.input, seed=options.seed or 0)
    if kind_of(text) != "expression":
        return tuple(given_inputs(asked).items())
    return tuple(read_inputs(asked, parse(text).names).items())


def train_alone(asked: Ask) -> RunRecord:
    """Run in a worker of its own. UnavailableError where its framework is not installed."""
    with Worker(asked.config.framework) as worker:
        worker.ask(Prepare())
        return train(worker, asked.request(asked.config), asked.earlier)


def train(worker: Worker, request: TrainRequest, earlier: RunRecord | None = None) -> RunRecord:
    """Run `request` in `worker`; a progress line on standard error where that is a terminal."""
    text = request.source.text if request.source else ""
    builder = RunBuilder(request.config, earlier, source=text)
    show = _progress_line(request.config.steps) if sys.stderr.isatty() else None

    def on_event(event: Event) -> None:
        builder.add(event)
        if isinstance(event, DiagnosticEvent):
            report(event.diagnostic, text)
        if show is not None and isinstance(event, Metrics):
            show(len(builder.train))

    worker.ask(request, on_event=on_event)
    if show is not None:
        print(file=sys.stderr)
    return builder.record()


def _progress_line(steps: int) -> Callable[[int], None]:
    def show(done: int) -> None:
        bar = "█" * (30 * done // steps)
        print(f"\r{bar:<30} {done}/{steps}", end="", file=sys.stderr, flush=True)

    return show


def _first_installed(asked: Ask) -> RunRecord:
    """Run in the first framework of the table that is there."""
    for framework in FRAMEWORKS:
        try:
            return train_alone(replace(asked, config=replace(asked.config, framework=framework.key)))
        except UnavailableError as error:
            if error.code != "framework_absent":
                raise
    raise UnavailableError("no_framework")


def write(record: RunRecord, output: Path) -> None:
    """The record as JSON, CSV, or its curves as PNG (drawn by the window's own plot code, in a child)."""
    match output.suffix:
        case ".json":
            save(output, record.to_json())
        case ".csv":
            save(output, record.to_csv())
        case _:
            draw(record, output)


def draw(record: RunRecord, output: Path) -> bool:
    """Write the curves as PNG; False, with a sentence on standard error, where Qt is not there."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "run.json"
        save(data, record.to_json())
        command = [sys.executable, "-m", "widgets.plots.picture", str(data), str(output)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["?"])[-1]
        say("step_skipped", what=str(output), reason=reason)
    return done.returncode == 0
