"""Pictures of the window with real workers: `python -m widgets.shots OUT_DIR [--size WIDTHxHEIGHT ...]`.

One process, and each worker is started once. Every picture is of what a person would see after the same few clicks.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from explorer.adapters import FRAMEWORKS, Framework, framework
from explorer.commands.window import display_available
from explorer.session import State
from explorer.worker.events import Ready
from widgets import model_shots
from widgets.application import application
from widgets.main_window import MainWindow
from widgets.samples import sample, state_of
from widgets.theme import CHOICES, Themes
from widgets.workers import Workers

SIZES: Final = ((1024, 768), (1440, 900), (1920, 1080))
MOST_SECONDS: Final = 120.0  # for one thing to happen: a framework's first import on a slow disk takes a minute
TURN_MS: Final = 20
SETTLE_SECONDS: Final = 0.3  # longer than anything moves
LAYER: Final = State(
    text="h = relu(x @ W + b)\nsum(h)", inputs={"x": "normal(4, 3)", "W": "normal(3, 2)", "b": "normal(2)"}
)
LINE: Final = State(text="sum((w*x + b - y)**2)", inputs={"x": "[1, 2, 3]", "y": "[3, 5, 7]"})
TRAINED: Final = {"moons": "train-boundary", "digits": "train-digits", "typed": "train-text"}
WRONG: Final = {"b": "normal(3)"}  # which cannot be added to x @ W


class Studio:
    """A window to take pictures of."""

    def __init__(self, folder: Path, sizes: Sequence[tuple[int, int]], themes: Sequence[str]) -> None:
        self.app = application()
        self.app.setCursorFlashTime(0)
        self._folder, self._sizes, self._names = folder, sizes, themes
        self._kept = tempfile.TemporaryDirectory(prefix="backflow-shots-")
        self.themes = Themes(chosen=themes[0])
        self.themes.apply()
        self.workers = Workers()
        self.window = MainWindow(self.workers, self.themes, Path(self._kept.name))
        self.document = self.window.document
        self.window.graph.canvas.reduced_motion = True
        self.window.resize(*sizes[0])
        self.window.show()

    def take(self, name: str) -> Iterator[Path]:
        """The window as it stands, in every theme and size."""
        for theme in self._names:
            self.document.session.show(theme=theme)
            for width, height in self._sizes:
                self.window.resize(width, height)
                self.rest()
                path = self._folder / f"{name}-{theme}-{width}x{height}.png"
                if not self.window.grab().save(str(path)):
                    raise OSError(f"{path} could not be written")
                yield path

    def open(self, state: State) -> None:
        """Show a document and wait for its picture and all its numbers."""
        self.window.files.show(state)
        self.wait_for("a picture", self._is_whole)

    def wait_for(self, what: str, there: Callable[[], bool]) -> None:
        """Let the window run until `there()`. Raises TimeoutError that says what has not come."""
        end = time.monotonic() + MOST_SECONDS
        while not there():
            self.app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, TURN_MS)
            time.sleep(0.001)
            if time.monotonic() > end:
                raise TimeoutError(f"{what} has not come within {MOST_SECONDS:.0f} s")

    def rest(self) -> None:
        """Let everything come to rest."""
        end = time.monotonic() + SETTLE_SECONDS
        self.wait_for("rest", lambda: time.monotonic() > end)

    def installed(self) -> Framework | None:
        """The first framework that is installed."""
        answers = self.document.capturing.readiness
        for entry in FRAMEWORKS:
            self.document.capturing.prepare(entry.key)
            self.wait_for(entry.title, lambda key=entry.key: key in answers)
            if isinstance(answers[entry.key], Ready):
                return entry
        return None

    def close(self) -> None:
        self.window.close()
        self.workers.close()
        self._kept.cleanup()

    def _is_whole(self) -> bool:
        document = self.document
        shown, state = document.shown, document.session.state
        if shown is None or document.capturing.is_busy or document.is_stale:
            return False
        asked = (shown.source.text, shown.source.framework) == (state.text, state.framework)
        ended = all(
            "value" in shown.columns.get(stage.key, {}) or shown.trouble(stage.key)
            for stage in framework(shown.source.framework).stages
            if stage.on
        )
        return asked and ended


def pictures(studio: Studio) -> Iterator[Path]:
    """Every picture, one after the other. Without a framework there is only the first start."""
    studio.rest()
    yield from studio.take("first-start")
    entry = studio.installed()
    if entry is None:
        return
    example = state_of(sample("product-of-a-sum"), State(framework=entry.key))
    studio.open(example)
    _select_input(studio)
    yield from studio.take("graph-backward")
    studio.document.session.show(text_beside=True)
    yield from studio.take("text-beside")
    _two_stages(studio, entry)
    yield from studio.take("two-stages")
    studio.document.session.show(beside="")
    _fold(studio, entry)
    yield from studio.take("graph-folded")
    _mistake(studio, entry)
    yield from studio.take("error")
    if _optimized(studio):
        yield from studio.take("optimized-hlo")
    _train(studio)
    yield from studio.take("train-overfitting")
    for key, name in TRAINED.items():
        _train_task(studio, key)
        yield from studio.take(name)


def _select_input(studio: Studio) -> None:
    """The input whose two shares add up."""
    assert studio.document.shown is not None
    studio.document.select(studio.document.shown.inputs()[0].id)


def _two_stages(studio: Studio, entry: Framework) -> None:
    """The gradient stage beside the first one, where the selected input has its counterparts."""
    second = studio.window.graph.second
    gradient = next(stage.key for stage in entry.stages if stage.gradient)
    studio.document.session.show(text_beside=False, beside=gradient)
    studio.wait_for("the second stage", lambda: second.stage == gradient and not studio.document.capturing.is_busy)


def _fold(studio: Studio, entry: Framework) -> None:
    """The gradient stage, one step before the shares are added."""
    stage = next(stage for stage in entry.stages if stage.gradient)
    studio.document.select("")
    studio.document.show_stage(stage.key)
    studio.wait_for(stage.title, lambda: studio.document.stage == stage.key)
    assert studio.document.playback is not None
    studio.document.seek(studio.document.playback.total - 1)


def _mistake(studio: Studio, entry: Framework) -> None:
    """A layer, then a bias that does not fit: the picture before stays."""
    studio.document.seek(2**31 - 1)
    studio.open(State(LAYER.text, LAYER.inputs, framework=entry.key, theme=studio.document.session.state.theme))
    studio.document.session.set_inputs(WRONG)
    studio.wait_for("the mistake", lambda: studio.document.is_stale and bool(studio.document.problems))


def _optimized(studio: Studio) -> bool:
    """The layer as XLA compiles it for JAX; False where JAX is not installed."""
    studio.document.capturing.prepare("jax")
    answers = studio.document.capturing.readiness
    studio.wait_for("JAX", lambda: "jax" in answers)
    if not isinstance(answers["jax"], Ready):
        return False
    studio.open(State(LAYER.text, LAYER.inputs, framework="jax", theme=studio.document.session.state.theme))
    studio.document.show_stage("optimized_hlo")
    studio.wait_for("the optimized HLO", lambda: studio.document.stage == "optimized_hlo")
    return True


def _train_task(studio: Studio, key: str) -> None:
    """Another task, to the end, and then back to a step in the middle."""
    panel = studio.window.train
    before = len(panel.runs.records)
    if key == "typed":
        state = studio.document.session.state
        studio.document.session.open(replace(LINE, framework=state.framework, theme=state.theme))
    panel.form.task.setCurrentIndex(panel.form.task.findData(key))
    panel.toggle()
    studio.wait_for("the end of the run", lambda: panel.state == "idle" and len(panel.runs.records) > before)
    panel.moments_bar.setValue(panel.moments_bar.maximum() // 2)


def _train(studio: Studio) -> None:
    """A line, then the network that overfits, to the end."""
    studio.window.show_tab("train")
    panel = studio.window.train
    for count, key in enumerate(("linear", "mlp7"), 1):
        panel.form.choose_model(key)
        panel.toggle()
        studio.wait_for(
            "the end of the run", lambda wanted=count: panel.state == "idle" and len(panel.runs.records) >= wanted
        )


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m widgets.shots", description="Pictures of the window.")
    made.add_argument("folder", type=Path, metavar="OUT_DIR")
    made.add_argument("--size", type=size, nargs="+", default=list(SIZES), metavar="WIDTHxHEIGHT")
    made.add_argument("--models", action="store_true", help="of the sample models instead")
    made.add_argument("--theme", choices=CHOICES, nargs="+", default=list(CHOICES))
    return made


def size(text: str) -> tuple[int, int]:
    """`1440x900` in numbers. Raises ValueError for anything else."""
    width, height = (int(part) for part in text.split("x"))
    return width, height


def main(arguments: Sequence[str] | None = None) -> int:
    """Take every picture and print its path. 1 where something did not come, with a sentence on stderr."""
    options = parser().parse_args(arguments)
    if not display_available():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    options.folder.mkdir(parents=True, exist_ok=True)
    studio = Studio(options.folder, options.size, options.theme)
    try:
        for path in (model_shots.pictures if options.models else pictures)(studio):
            print(path, flush=True)
    except (TimeoutError, OSError) as error:
        print(f"{error}.", file=sys.stderr)
        return 1
    finally:
        studio.close()
        QApplication.processEvents()
    return 0


if __name__ == "__main__":
    sys.exit(main())
