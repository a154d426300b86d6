"""Writes what is on the canvas to a file, in a thread, so that a large graph holds up nothing.

A painted picture is made by a child process (`explorer.worker.drawing`), every other form in the thread itself.
"""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal

from PySide6.QtCore import QObject, QThread, QTimer, Signal

from explorer.capture.record import Column
from explorer.errors import ExplorerError
from explorer.picture.files import Drawing, heading, write
from widgets.beside import Beside
from widgets.canvas.canvas import GraphCanvas
from widgets.documents import Document
from widgets.messages import Problem, from_error

CANCEL_AFTER_MS: Final = 500
Extent = Literal["all", "view", "selection"]


class Exporting(QObject):
    """`slow` says that writing a file takes long enough to offer a way out; `ended` how it ended."""

    slow = Signal(Path)
    ended = Signal(Path, str)  # the size of a painted picture in words, else ""
    failed = Signal(object)  # a Problem
    stopped = Signal(Path)

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._writing: Writing | None = None
        self._slow = QTimer(self, interval=CANCEL_AFTER_MS, singleShot=True)
        self._slow.timeout.connect(lambda: self.slow.emit(self._writing.path) if self._writing else None)

    @property
    def is_busy(self) -> bool:
        return self._writing is not None

    def start(self, drawing: Drawing, path: Path) -> None:
        """Begin to write `path`; one file at a time, a newer one takes the place of one under way."""
        self.stop()
        writing = Writing(drawing, path, self)
        writing.finished.connect(lambda: self._finished(writing))
        self._writing = writing
        self._slow.start()
        writing.start()

    def stop(self) -> None:
        """Give up what is under way, and wait for its thread (milliseconds)."""
        writing, self._writing = self._writing, None
        self._slow.stop()
        if writing is not None:
            writing.stop()
            writing.wait()
            self.stopped.emit(writing.path)

    def _finished(self, writing: Writing) -> None:
        writing.deleteLater()
        if writing is not self._writing:
            return
        self._writing = None
        self._slow.stop()
        if writing.problem is None:
            self.ended.emit(writing.path, writing.size)
        else:
            self.failed.emit(writing.problem)


class Writing(QThread):
    """One file. Afterwards `size` or `problem` says what came of it."""

    def __init__(self, drawing: Drawing, path: Path, parent: QObject) -> None:
        super().__init__(parent)
        self.drawing, self.path = drawing, path
        self.size = ""
        self.problem: Problem | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def run(self) -> None:
        try:
            self.size = write(self.drawing, self.path, self._started)
        except ExplorerError as error:
            self.problem = from_error(error)

    def stop(self) -> None:
        """Kill the process that paints; a text form is written to its end, which takes no longer than a moment."""
        self._stopped = True
        if self._process is not None:
            self._process.kill()

    def _started(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        if self._stopped:
            process.kill()


def drawing_of(
    view: Document | Beside, canvas: GraphCanvas, extent: Extent = "all", theme: str = "light"
) -> Drawing | None:
    """What the canvas shows at this moment of the playback; None without a graph.

    Numbers that the playback has not reached are left out, so that the file too shows them as not computed yet.
    """
    shown, stage = view.shown, view.stage
    if shown is None or stage not in shown.scenes:
        return None
    columns, state = dict(shown.columns.get(stage, {})), view.state()
    if state is not None:
        for key, reached in (("value", state.values), ("cotangent", state.adjoints)):
            if key in columns:
                columns[key] = _reached(columns[key], reached)
    drawing = Drawing(
        shown.stages[stage], shown.source.framework, heading(shown.source, stage), columns, shown.scenes[stage], theme
    )
    if extent == "selection":
        return replace(drawing, cards=frozenset(canvas.selected_nodes()))
    if extent == "view":
        return replace(drawing, box=canvas.camera.view((float(canvas.width()), float(canvas.height()))))
    return drawing


def _reached(column: Column, ids: frozenset[str]) -> Column:
    return replace(column, cells={name: cell for name, cell in column.cells.items() if name in ids})
