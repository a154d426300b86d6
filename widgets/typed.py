"""What is typed: the half of a Document that reads the text, has it captured, and says what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from explorer import typed_text
from explorer.capture.record import Diagnostic, InputInfo
from explorer.errors import ProgramError
from explorer.input_rows import InputRow
from widgets.messages import Problem, from_error, problem

if TYPE_CHECKING:
    from PySide6.QtCore import QTimer

    from explorer.layout.options import LayoutOptions
    from explorer.session import Session
    from explorer.typed_text import Typed
    from widgets.capturing import Capturing
    from widgets.results import Results

PAUSE_MS = 250


class TypedDocument(QObject):
    """The other half, `widgets.documents.Document`, makes what stands here and shows what comes back."""

    inputs_changed = Signal()  # rows of the inputs table
    problems_changed = Signal()
    status_changed = Signal()  # busy, stale, what the worker does
    settled = Signal()  # typing or dragging has paused
    waits = Signal(object)  # a Problem that says why the text does not run by itself; None when it runs
    trusted = Signal()  # somebody ran a text from outside

    session: Session
    capturing: Capturing
    shown: Results | None
    typed: Typed
    is_trusted: bool
    _wrong: Problem | None
    _pause: QTimer
    _canvas: tuple[float, float] | None
    _room: tuple[float, float] | None

    if TYPE_CHECKING:

        def clear(self) -> None: ...
        def choose_framework(self, key: str) -> None: ...
        def wanted_stage(self) -> str: ...
        def _options(self, stage: str) -> LayoutOptions: ...

    def run(self) -> None:
        """Somebody says so: capture the text as it stands, in the shown framework. Only now may a script run."""
        if not self.is_trusted:
            self.is_trusted = True
            self.trusted.emit()
        self._run(asked=True)

    def run_typed(self) -> None:
        """After a pause: capture what can be captured by itself. A script waits, and so does what came from outside."""
        self._run(asked=False)

    def _run(self, *, asked: bool) -> None:
        self._pause.stop()
        self.session.checkpoint()
        self._wrong = None
        try:
            self.typed = typed_text.read(self.session.state.text)
        except ProgramError as error:
            self._wrong = None if error.code == "empty_source" else from_error(error)
            self.capturing.forget()
            if self._wrong is None:
                self.clear()
        else:
            if asked or self._is_live():
                self.waits.emit(None)
                self._capture()
            else:
                self._wait()
        self.inputs_changed.emit()
        self.problems_changed.emit()
        self.status_changed.emit()
        self.settled.emit()

    def _is_live(self) -> bool:
        return not self.typed.is_model or (self.typed.kind == "definitions" and self.is_trusted)

    def _wait(self) -> None:
        """Nothing runs by itself. A script's last picture stays; a text from outside has none of its own yet."""
        self.capturing.forget()
        if not self.is_trusted:
            typed = self.typed
            self.clear()
            self.typed = typed
        self._wrong = problem(Diagnostic("notice", "script_waits" if self.is_trusted else "outside_waits"))
        self.waits.emit(self._wrong)

    def _capture(self) -> None:
        if self.session.state.framework not in self.typed.frameworks:
            self.choose_framework(self.typed.frameworks[0])
            self._pause.stop()  # the change is captured now
        self._room = self._canvas
        source = typed_text.source(self.session.state, self.typed)
        self.capturing.capture(source, self.wanted_stage(), self._options(self.wanted_stage()))

    def input_rows(self) -> list[InputRow]:
        return typed_text.table(self.session.state, self.typed, self._infos())

    def set_input(self, name: str, value: str) -> None:
        """New VALUE for one input: evaluated where shape and dtype stay, else captured again."""
        row = next((row for row in self.input_rows() if row.name == name), None)
        if row and row.value == value:
            return
        key = self.typed.key(name)
        if row and row.range:
            self.session.show(ranges={**self.session.state.ranges, key: row.range})
        self.session.set_input(key, value)

    @property
    def problems(self) -> list[Problem]:
        """What is wrong with the text, else what the newest capture had to say."""
        if self._wrong:
            return [self._wrong]
        newest = self.capturing.newest
        found = [problem(diagnostic) for diagnostic in newest.diagnostics] if newest else []
        # One mistake of the text keeps every stage away and is told once.
        return list({(each.text, each.span): each for each in reversed(found)}.values())[::-1]

    def _inputs_changed(self) -> None:
        values = typed_text.values(self.session.state, self.typed)
        newest = self.capturing.newest
        fits = newest is not None and typed_text.fits(newest.source.inputs, values, newest.inputs_reported)
        if fits and self._wrong is None and newest is not None and newest.stages:
            self.capturing.evaluate(values)
        else:
            self._pause.start(PAUSE_MS)

    def _infos(self) -> tuple[InputInfo, ...]:
        """What the worker said of the inputs of the newest capture; of the shown one until it has."""
        newest = self.capturing.newest
        reported = newest.inputs_reported if newest else ()
        return reported or (self.shown.inputs_reported if self.shown else ())
