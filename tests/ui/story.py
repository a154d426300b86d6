"""What a person does with the window, and what they see there."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from explorer.session import State
from explorer.worker.requests import CaptureRequest
from tests.ui.toy_workers import ToyWorkers
from widgets.main_window import MainWindow

Key = Qt.Key
WAIT = 10_000  # milliseconds, only for a test that fails


class Story:
    """Does things with mouse and keyboard where the test is about them, else through the document."""

    def __init__(self, qtbot: QtBot, window: MainWindow, workers: ToyWorkers) -> None:
        self.qtbot, self.window, self.workers = qtbot, window, workers
        self.document = window.document
        self.canvas = window.graph.canvas
        self.editor = window.source.editor

    # ---- doing ----

    def open_text(self, text: str, inputs: dict[str, str] | None = None, **state: object) -> None:
        """The text as a document, and its picture on the canvas."""
        self.window.files.show(State(text=text, inputs=inputs or {}, **state))
        self.wait_for_picture()

    def type(self, text: str) -> None:
        self.editor.setFocus()
        QTest.keyClicks(self.editor, text)

    def press(self, key: Key, *, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """A key wherever the keyboard is."""
        QTest.keyClick(self.window.focusWidget() or self.window, key, held)

    def do(self, command: str) -> None:
        """A command of the menus."""
        self.window.actions_by_name[command].trigger()

    def show_stage(self, key: str) -> None:
        self.click(self.window.graph.stages.pills[key])
        self.qtbot.waitUntil(lambda: self.document.stage == key, timeout=WAIT)

    def click(self, widget: QWidget) -> None:
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton)

    # ---- seeing ----

    def wait_for_picture(self) -> None:
        """Until what is typed is what is drawn, with all its numbers."""

        def settled() -> bool:
            shown, text = self.document.shown, self.document.session.state.text
            if shown is None or shown.source.text != text or self.document.is_stale:
                return False
            return not self.document.capturing.is_busy and "cotangent" in shown.columns.get(shown.first, {})

        self.qtbot.waitUntil(settled, timeout=WAIT)

    @property
    def captures(self) -> list[CaptureRequest]:
        return self.workers.requests(CaptureRequest)

    @property
    def cards(self) -> tuple[str, ...]:
        """Node ids on the canvas."""
        return tuple(self.canvas.index.scene.nodes) if self.canvas.index else ()

    def card_text(self, node: str) -> str:
        """The value row of a card; "" while it is not computed yet."""
        card = self.canvas.index.number[node]
        entry = self.canvas.facts.entries(card)[0]
        return entry.texts[0] if entry and not entry.pending else ""

    def adjoint_text(self, node: str) -> str:
        card = self.canvas.index.number[node]
        entry = self.canvas.facts.entries(card)[1]
        return entry.texts[0] if entry and not entry.pending else ""

    def texts(self, widget: QWidget) -> list[str]:
        """Every visible label's text."""
        return [label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget) and label.text()]

    @property
    def strip(self) -> str:
        """The sentence over the panels; "" where there is none."""
        return self.window.strip.text.text() if self.window.strip.isVisible() else ""

    def underlined(self) -> list[str]:
        """Stretches of the source that are marked as wrong."""
        wave = (
            self.editor.extraSelections()[0].format.UnderlineStyle.WaveUnderline
            if self.editor.extraSelections()
            else None
        )
        return [
            found.cursor.selectedText() for found in self.editor.extraSelections()
            if found.format.underlineStyle() == wave
        ]  # fmt: skip

    def lit(self) -> list[str]:
        """Stretches of the source that belong to what is selected or hovered."""
        return [
            found.cursor.selectedText() for found in self.editor.extraSelections()
            if found.cursor.selectedText() not in self.underlined()
        ]  # fmt: skip
