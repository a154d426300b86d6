"""Pictures of the training panel for looking at: `python -m tests.ui.training_shots FOLDER`.

The runs are made by the NumPy trainer of the tests, in this process; sizes are those of the panel inside the window.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication

from explorer.session import State
from explorer.training.config import RunConfig
from explorer.training.control import Control
from explorer.training.models import initial
from explorer.training.runs import run
from explorer.training.typed import TextTrainer
from explorer.worker.requests import TrainRequest
from tests.core.training_trainer import Line, NumpyTrainer
from widgets.panels.training import TrainPanel
from widgets.theme import CHOICES, Themes, load_fonts

SIZES = ((1024, 712), (1440, 844), (1920, 1024))


class ReplayWorkers(QObject):
    """Answers a TrainRequest with a whole run at once."""

    event = Signal(str, object)

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[object] = []

    def send(self, framework: str, request: object) -> int:
        self.sent.append(request)
        return len(self.sent)

    def cancel(self, framework: str, request: int) -> None:
        self.sent.append(("cancel", framework, request))

    def answer(self, framework: str) -> None:
        """Play the run that was asked for last."""
        number, request = max(
            (index + 1, request) for index, request in enumerate(self.sent) if isinstance(request, TrainRequest)
        )
        for event in events(request.config, number):
            self.event.emit(framework, event)


def events(config: RunConfig, request: int = 1) -> Iterator[object]:
    """Every event of a run by the NumPy trainer, in order; of a text, which stands for any, that of a line."""
    found: list[object] = []
    start = None if config.task == "typed" else initial(config)
    trainer = TextTrainer(Line(), config) if start is None else NumpyTrainer(config, start)
    run(trainer, config, start, found.append, Control(), request=request)
    yield from found


def shots(folder: Path) -> None:
    app = QApplication.instance() or QApplication([])
    load_fonts()
    folder.mkdir(parents=True, exist_ok=True)
    for name in CHOICES:
        themes = Themes(app, chosen=name)
        themes.apply()
        for width, height in SIZES:
            workers = ReplayWorkers()
            panel = TrainPanel(themes.current, workers)
            panel.resize(width, height)
            panel.show()
            app.processEvents()
            panel.grab().save(str(folder / f"{name}-{width}-first.png"))
            for model in ("linear", "mlp7"):
                panel.form.choose_model(model)
                panel.toggle()
                workers.answer("jax")
            app.processEvents()
            panel.grab().save(str(folder / f"{name}-{width}-overfit.png"))
            panel.go_to_best()
            app.processEvents()
            panel.grab().save(str(folder / f"{name}-{width}-best.png"))
            for task in ("moons", "digits", "typed"):
                panel.set_text(State("sum((w*x + b - y)**2)", {"x": "[1,2,3]", "y": "[3,5,7]"}))
                panel.form.task.setCurrentIndex(panel.form.task.findData(task))
                app.processEvents()
                panel.grab().save(str(folder / f"{name}-{width}-{task}-first.png"))
                panel.toggle()
                workers.answer("jax")
                panel.moments_bar.setValue(panel.moments_bar.maximum() // 2)
                app.processEvents()
                panel.grab().save(str(folder / f"{name}-{width}-{task}.png"))
            panel.close()


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    shots(Path(sys.argv[1]))
