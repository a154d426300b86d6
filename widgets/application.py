"""Starts the application: fonts, theme, language, window. The workers start once the window has been painted."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QLocale,
    QObject,
    QSize,
    QStandardPaths,
    QTimer,
    QTranslator,
    Signal,
)
from PySide6.QtWidgets import QApplication, QWidget

from explorer.paths import resources
from explorer.session import State
from widgets.main_window import MainWindow
from widgets.theme import Themes, load_fonts
from widgets.workers import Workers

DATA_VARIABLE: Final = "BACKFLOW_DATA"
FRAME_HEIGHT: Final = 32  # pixels that a title bar takes; no system tells before the window shows


def main(argv: Sequence[str] | None = None) -> int:
    """`python -m widgets [FILE or EXPRESSION]`; the whole command line is `explorer.cli`."""
    from explorer.cli import main as command_line

    return command_line(list(sys.argv[1:] if argv is None else argv))


def run(text: str | None = None, path: Path | None = None, *, quit_after_first_frame: bool = False) -> int:
    """Open the window, on a text or a file if given, and stay until it is closed. The exit code."""
    app = application()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl+C in the terminal; workers end with their input
    workers = Workers()
    themes = Themes()
    themes.apply()
    window = MainWindow(workers, themes, data_folder())
    fit_to_screen(window)
    report_faults(window)
    frame = FirstFrame(window)
    if quit_after_first_frame:
        frame.painted.connect(app.quit)
    elif path is not None:
        frame.painted.connect(lambda: window.files.open(path))
    elif text is not None:
        frame.painted.connect(lambda: window.files.show(State(text=text)))
    window.show()
    try:
        return app.exec()
    finally:
        sys.excepthook = sys.__excepthook__
        workers.close()


def fit_to_screen(window: QWidget) -> None:
    """No larger than the screen it opens on, frame included: a projector may have 1024 x 768."""
    room = window.screen().availableSize()
    window.resize(window.size().boundedTo(QSize(room.width(), room.height() - FRAME_HEIGHT)))


def application(arguments: Sequence[str] = ("backflow",)) -> QApplication:
    """The one QApplication, dressed and in the person's language."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    app = QApplication(list(arguments))
    app.setApplicationName("Backflow")
    app.setOrganizationName("Backflow")
    app.setStyle("Fusion")
    load_fonts()
    install_language(app, QLocale())
    return app


def install_language(app: QApplication, locale: QLocale, folder: Path | None = None) -> bool:
    """Put on the translation for `locale` where there is one (`backflow_bg.qm`); False where English stays."""
    translator = QTranslator(app)
    if not translator.load(locale, "backflow", "_", str(folder or resources() / "translations")):
        translator.deleteLater()
        return False
    return app.installTranslator(translator)


def data_folder() -> Path:
    """Where window layout, recent files and autosaves are kept: BACKFLOW_DATA, else the system's place for that."""
    chosen = os.environ.get(DATA_VARIABLE)
    return Path(chosen or QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppDataLocation))


class FirstFrame(QObject):
    """Says when a window has been painted for the first time."""

    painted = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and watched is self._window:
            self._window.removeEventFilter(self)
            QTimer.singleShot(0, self, self.painted.emit)  # its children are painted in the same turn
        return False


def report_faults(window: MainWindow) -> None:
    """A fault of ours is loud in the terminal, one sentence in the window, and does not end the program."""

    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        whole = "".join(traceback.format_exception(kind, error, trace))
        sys.stderr.write(whole)
        text = QCoreApplication.translate(
            "Application", "Something went wrong in Backflow itself: %1. Your text is safe."
        )
        copy = QCoreApplication.translate("Application", "Copy report")
        window.strip.say(text.replace("%1", kind.__name__), copy, lambda: QApplication.clipboard().setText(whole))

    sys.excepthook = report
