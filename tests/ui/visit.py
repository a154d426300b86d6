"""One visit to the real program, for `test_display`: starts it, presses keys, writes down what is on the screen."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from widgets import application
from widgets.main_window import MainWindow

MOST_SECONDS = 120.0
TURN_MS = 20

Wait = tuple[str, Callable[[], bool]]


def visit(window: MainWindow, folder: Path) -> Iterator[Wait]:
    """Every step; what is yielded is waited for."""
    seen: dict[str, object] = {"platform": QApplication.platformName()}
    document, editor = window.document, window.source.editor
    window.activateWindow()  # there is no window manager to do so
    yield "the active window", window.isActiveWindow
    titles = [label.text() for label in window.graph.empty.findChildren(QLabel)]
    seen["first screen"] = titles[0]

    editor.setFocus()
    QTest.keyClicks(editor, "a*(a+b)")
    yield "the inputs", lambda: list(window.inputs.rows) == ["a", "b"]
    for name, value in (("a", "2.0"), ("b", "3.0")):
        field = window.inputs.rows[name].field
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, value)
        QTest.keyClick(field, Qt.Key.Key_Return)
    yield "numbers", lambda: window.result.value.text().startswith("10.0")
    yield "gradients", lambda: all("=" in made.text() for made in window.result.gradients.values())
    seen["typed"] = results(window)
    picture(window, folder / "typed.png")

    window.graph.stages.pills["joint"].click()
    yield "the joint graph", lambda: document.stage == "joint"
    window.graph.player.setFocus()
    QTest.keyClick(window.graph.player, Qt.Key.Key_Left)
    waiting = [name for name, made in window.result.gradients.items() if "not computed yet" in made.text()]
    seen["one step back"] = {"waiting": len(waiting), "where": window.graph.player.where.text()}
    picture(window, folder / "gradient.png")
    QTest.keyClick(window.graph.player, Qt.Key.Key_End)

    QTest.mouseClick(window.header.frameworks["jax"], Qt.MouseButton.LeftButton)
    yield "JAX", lambda: document.stage == "gradient" and not document.is_stale
    yield "its gradients", lambda: all("=" in made.text() for made in window.result.gradients.values())
    seen["switched"] = results(window)

    QTest.mouseClick(window.header.tabs["train"], Qt.MouseButton.LeftButton)
    panel = window.train
    panel.form.choose_model("mlp7")
    panel.setFocus()
    QTest.keyClick(panel, Qt.Key.Key_Space)
    yield "training", lambda: panel.state == "idle" and bool(panel.runs.records)
    record = panel.runs.records[-1]
    banner = " ".join(label.text() for label in panel.banner.findChildren(QLabel))
    seen["trained"] = {"training": record.train[-1], "validation": record.validation[-1], "banner": banner}
    picture(window, folder / "trained.png")
    (folder / "seen.json").write_text(json.dumps(seen, default=float), "utf-8")


def results(window: MainWindow) -> dict[str, str]:
    shown = {name: made.text() for name, made in window.result.gradients.items()}
    framework = window.document.shown.source.framework
    return {"framework": framework, "result": window.result.value.text().split()[0], **shown}


def picture(window: MainWindow, path: Path) -> None:
    QApplication.processEvents()
    window.grab().save(str(path))


class Visitor:
    """Takes the next step of the visit as soon as what it waits for is there."""

    def __init__(self, window: MainWindow, folder: Path) -> None:
        self._window, self._steps = window, visit(window, folder)
        self._what, self._there, self._end = "", lambda: True, time.monotonic()
        self.failure = ""
        self._timer = QTimer(window, interval=TURN_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        if self._there():
            try:
                self._what, self._there = next(self._steps)
                self._end = time.monotonic() + MOST_SECONDS
            except StopIteration:
                self._leave("")
            except Exception as error:
                self._leave(repr(error))
                raise
        elif time.monotonic() > self._end:
            said = [found.text for found in self._window.document.problems]
            self._leave(f"{self._what} did not come; problems: {said}; strip: {self._window.strip.text.text()}")

    def _leave(self, failure: str) -> None:
        self.failure = failure
        self._timer.stop()
        self._window.close()


def main(folder: Path) -> int:
    visitors: list[Visitor] = []
    app = application.application()

    def meet() -> None:
        window = next(window for window in app.topLevelWidgets() if isinstance(window, MainWindow))
        visitors.append(Visitor(window, folder))

    QTimer.singleShot(0, app, meet)
    code = application.run(None, None)
    if visitors[0].failure:
        print(visitors[0].failure, file=sys.stderr)
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
