"""What streaming costs the training thread: steps per CPU second with frames going out, against the bare loop.

Goal: at least 0.97. The bare loop calls `trainer.step()` and nothing else; with streaming, as many steps go through
`explorer.training.runs.run` at the default frame rate: losses, best weights and those of past steps kept, fits,
pictures of the plane (10 a second at most) or guesses at digits taken, frames encoded and written by the sender thread.
Each task as it is usually run. Segments alternate bare, streaming, streaming, bare in one process, so that a busy
machine hits both alike; every segment has a fresh trainer, compiled before the clock starts, and lasts about `SECONDS`,
so that what happens once a run does not weigh more than in a run that somebody watches; the fits of up to 64 past
steps, computed when a run has ended, are timed apart. `noise` compares bare with bare.

    python benchmarks/streaming.py [FRAMEWORK ...] [TASK ...]

Without tasks one of each kind is measured: five-points, function, moons (the other plane tasks differ in their points
alone) and digits. It takes ten minutes on a quiet machine.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace

from explorer.adapters import FRAMEWORKS, framework
from explorer.adapters.base import Adapter, Trainer, load_adapter
from explorer.training.config import RunConfig
from explorer.training.control import Control
from explorer.training.datasets import TASKS, defaults
from explorer.training.models import initial
from explorer.training.runs import run
from explorer.training.views import View
from explorer.worker.events import Metrics
from explorer.worker.requests import Acknowledge
from explorer.worker.wire import encode_event

GOAL = 0.97
ROUNDS = 4
SECONDS = 2.0
TRIAL_SECONDS = 0.3
AFTERWARDS: list[float] = []  # seconds of the training thread after the last step of each streaming segment
USUAL_TASKS = ("five-points", "function", "moons", "digits")

Segment = Callable[[Trainer, RunConfig], float]  # gives the thread time at its last step


def bare(trainer: Trainer, config: RunConfig) -> float:
    for _ in range(config.steps):
        trainer.step()
    return time.thread_time()


def streaming(trainer: Trainer, config: RunConfig) -> float:
    control, ended = Control(), 0.0
    with open(os.devnull, "wb") as pipe:

        def send(event: object) -> None:
            nonlocal ended
            for chunk in encode_event(event):
                pipe.write(chunk)
            if isinstance(event, Metrics):
                control.post(Acknowledge(event.sequence))
                ended = time.thread_time() if event.state == "done" else ended

        run(trainer, config, initial(config), send, control)
    AFTERWARDS.append(time.thread_time() - ended)
    return ended


def steps_per_cpu_second(adapter: Adapter, config: RunConfig, segment: Segment) -> float:
    """Of this thread; compiling and the making of the trainer are not counted."""
    start = initial(config)
    trainer = adapter.trainer(config, start)
    View(config, start).look(trainer, 0)
    trainer.step()
    trainer.losses()
    began = time.thread_time()
    return config.steps / (segment(trainer, config) - began)


def steps_for(adapter: Adapter, config: RunConfig) -> int:
    """How many steps the bare loop makes in about SECONDS of this thread's time."""
    steps = 8
    while True:
        speed = steps_per_cpu_second(adapter, replace(config, steps=steps), bare)
        if steps / speed > TRIAL_SECONDS:
            return max(2, int(SECONDS * speed))
        steps *= 4


def measure(key: str, task: str) -> None:
    """Print one line for one framework and task. Runs in a process of its own."""
    adapter, config = load_adapter(key), replace(defaults(task), framework=key)
    config = replace(config, steps=steps_for(adapter, config))
    bares, streamings = [], []
    for _ in range(ROUNDS):
        for segment in (bare, streaming, streaming, bare):
            found = streamings if segment is streaming else bares
            found.append(steps_per_cpu_second(adapter, config, segment))
    pairs = range(0, 2 * ROUNDS, 2)
    ratios = [(streamings[k] + streamings[k + 1]) / (bares[k] + bares[k + 1]) for k in pairs]
    noise = [bares[k + 1] / bares[k] for k in pairs]
    ratio = statistics.median(ratios)
    verdict = "met" if ratio >= GOAL else "missed"
    print(
        f"{framework(key).title:11} {task:11} bare {statistics.median(bares):8,.0f}"
        f"  streaming {statistics.median(streamings):8,.0f} steps/CPU-s"
        f"  ratio {ratio:.3f} ({min(ratios):.3f} to {max(ratios):.3f})"
        f"  noise {min(noise):.3f} to {max(noise):.3f}  goal {GOAL}: {verdict}"
        f"  fits of past steps {statistics.median(AFTERWARDS):.2f} s",
        flush=True,
    )


def main(words: list[str]) -> int:
    keys = [entry for entry in FRAMEWORKS if entry.key in words] or list(FRAMEWORKS)
    tasks = [task for task in TASKS if task in words] or USUAL_TASKS
    for entry in keys:
        if importlib.util.find_spec(entry.package) is None:
            print(f"{entry.title:11} skipped: not installed (pip install 'backflow[{entry.key}]')")
            continue
        for task in tasks:
            code = f"from benchmarks.streaming import measure; measure({entry.key!r}, {task!r})"
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TF_CPP_MIN_LOG_LEVEL": "3"}
            subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    return 0


if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    sys.exit(main(sys.argv[1:]))
