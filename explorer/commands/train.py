"""`backflow train`: one run without a window, with a progress line on a terminal."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from explorer.adapters import FRAMEWORKS
from explorer.commands.asking import say, title
from explorer.commands.capture import save
from explorer.errors import UnavailableError, UsageError
from explorer.training.config import RunConfig, Schedule
from explorer.training.models import initial
from explorer.training.record import RunBuilder, RunRecord
from explorer.worker.client import Worker
from explorer.worker.events import Event, Metrics
from explorer.worker.requests import Prepare, TrainRequest

FORMS = (".json", ".csv", ".png")


def run(options: argparse.Namespace) -> int:
    """Train, print the outcome, write the record in the form the suffix names."""
    config = read_config(options)
    initial(config)  # what cannot be is said before a worker starts
    output = Path(options.output) if options.output else None
    if output and output.suffix not in FORMS:
        raise UsageError("unknown_suffix", path=str(output), suffix=output.suffix, known=", ".join(FORMS))
    record = train_alone(config) if options.framework else _first_installed(config)
    print(
        f"{title(record.config.framework)} {record.config.model}: train {record.train[-1]:.3f}, "
        f"validation {record.validation[-1]:.2f} at step {len(record.train) - 1}; "
        f"best validation {record.validation[record.best_step]:.2f} at step {record.best_step}; "
        f"{record.steps_per_second:.0f} steps/s on {record.device}"
    )
    print(record.diagnosis.text())
    print(record.note)
    if output:
        write(record, output)
    return 0


def read_config(options: argparse.Namespace) -> RunConfig:
    """The run the options ask for; `initial` checks it."""
    return RunConfig(
        task=options.task,
        model=options.model,
        framework=options.framework or "",
        steps=options.epochs,
        schedule=Schedule() if options.lr is None else Schedule(options.lr, options.lr, 0),
        device=options.device,
        seed=options.seed,
    )


def train_alone(config: RunConfig) -> RunRecord:
    """Run `config` in a worker of its own. UnavailableError where its framework is not installed."""
    with Worker(config.framework) as worker:
        worker.ask(Prepare())
        return train(worker, config)


def train(worker: Worker, config: RunConfig) -> RunRecord:
    """Run `config` in `worker`; a progress line on standard error where that is a terminal."""
    builder = RunBuilder(config)
    shown = sys.stderr.isatty()

    def on_event(event: Event) -> None:
        builder.add(event)
        if shown and isinstance(event, Metrics):
            done = len(builder.train)
            bar = "█" * (30 * done // config.steps)
            print(f"\r{bar:<30} {done}/{config.steps}", end="", file=sys.stderr, flush=True)

    worker.ask(TrainRequest(config), on_event=on_event)
    if shown:
        print(file=sys.stderr)
    return builder.record()


def _first_installed(config: RunConfig) -> RunRecord:
    """Run in the first framework of the table that is there."""
    for framework in FRAMEWORKS:
        try:
            return train_alone(replace(config, framework=framework.key))
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
