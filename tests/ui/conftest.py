"""Every test of the window: no display, its own folder for what is remembered, nothing left running at its end."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QProcess, QSettings, QThread, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.ui.story import Story
from tests.ui.toy_workers import ToyWorkers
from widgets.main_window import MainWindow
from widgets.theme import Themes, load_fonts
from widgets.workers import Workers


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    return ["backflow"]


@pytest.fixture(scope="session", autouse=True)
def _fonts(qapp: QApplication) -> None:
    load_fonts()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this test's window keeps what it remembers; no test can reach a person's own."""
    place = tmp_path / "data"
    for variable in ("BACKFLOW_DATA", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(variable, str(place))
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(place))
    return place


@pytest.fixture(autouse=True)
def _nothing_outlives(qapp: QApplication, folder: Path) -> Iterator[None]:
    """After the test and its fixtures: no timer, thread, process or window that was not there before."""
    before = set(map(id, _living()))
    yield
    for _ in range(3):
        qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        qapp.processEvents()
    gc.collect()
    left = [thing for thing in _living() if id(thing) not in before]
    assert not left, f"left running: {[(thing, thing.parent()) for thing in left]}"


def _living() -> list[object]:
    """Running timers, threads and processes that Python knows of, and windows on the screen."""
    found: list[object] = [window for window in QApplication.topLevelWidgets() if window.isVisible()]
    for thing in gc.get_objects():
        match thing:
            case QTimer() if _alive(thing) and thing.isActive():
                found.append(thing)
            case QThread() if _alive(thing) and thing.isRunning():
                found.append(thing)
            case QProcess() if _alive(thing) and thing.state() != QProcess.ProcessState.NotRunning:
                found.append(thing)
    return found


def _alive(thing: object) -> bool:
    import shiboken6

    return bool(shiboken6.isValid(thing))


@pytest.fixture
def workers(qapp: QApplication) -> Iterator[ToyWorkers]:
    made = ToyWorkers()
    yield made
    made.deleteLater()


@pytest.fixture
def themes(qapp: QApplication) -> Iterator[Themes]:
    made = Themes(chosen="light")
    made.apply()
    yield made
    made.deleteLater()


@pytest.fixture
def window(qtbot: QtBot, workers: ToyWorkers, themes: Themes, folder: Path) -> Iterator[MainWindow]:
    made = MainWindow(workers, themes, folder)
    made.resize(1440, 900)
    made.graph.canvas.reduced_motion = True
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def real_window(qtbot: QtBot, themes: Themes, folder: Path) -> Iterator[MainWindow]:
    """A window with processes of its own."""
    workers = Workers()
    made = MainWindow(workers, themes, folder)
    made.resize(1440, 900)
    made.graph.canvas.reduced_motion = True
    made.show()
    yield made
    made.close()
    made.deleteLater()
    workers.close()


@pytest.fixture
def story(qtbot: QtBot, window: MainWindow, workers: ToyWorkers) -> Story:
    """The window in words a person would use."""
    return Story(qtbot, window, workers)


def pytest_configure() -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
