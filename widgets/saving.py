"""Arrays written beside the event loop: a disk may be slow, and the window waits for nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal, Slot

from explorer.capture.npy import save_array
from explorer.errors import UsageError
from explorer.picture.labels import number_text
from widgets.messages import Problem, from_error


class ArraySaver(QObject):
    """Writes NumPy files, one after the other. `said` tells what was written, or why not."""

    said = Signal(object)  # a Problem
    _ended = Signal(str, int, object)  # name, entries, dtype or UsageError; from the other thread

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self, maxThreadCount=1)
        self._ended.connect(self._tell)

    def save(self, array: np.ndarray, path: Path) -> None:
        """Write `array` to `path`."""
        self._pool.start(_Task(array, path, self))

    def wait(self) -> None:
        """Until all is written: the end of the program."""
        self._pool.waitForDone()

    @Slot(str, int, object)
    def _tell(self, name: str, count: int, outcome: object) -> None:
        if isinstance(outcome, UsageError):
            self.said.emit(from_error(outcome))
            return
        text = self.tr("%1 saved: %2 numbers as %3.").replace("%1", name)
        self.said.emit(Problem("notice", text.replace("%2", number_text(count)).replace("%3", str(outcome))))


class _Task(QRunnable):
    def __init__(self, array: np.ndarray, path: Path, saver: ArraySaver) -> None:
        super().__init__()
        self._array, self._path, self._saver = array, path, saver

    def run(self) -> None:
        outcome: object
        try:
            outcome = save_array(self._array, self._path)
        except UsageError as error:
            outcome = error
        self._saver._ended.emit(self._path.name, int(self._array.size), outcome)
