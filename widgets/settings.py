"""How the window was left: geometry, splitters. An INI file in a folder that is passed in; nothing of the document."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings
from PySide6.QtWidgets import QMainWindow, QSplitter


class Layouts:
    """Remembers a window and its named splitters."""

    def __init__(self, folder: Path) -> None:
        self._settings = QSettings(str(folder / "window.ini"), QSettings.Format.IniFormat)

    def restore(self, window: QMainWindow, splitters: dict[str, QSplitter]) -> bool:
        """As it was left; True where splitters were. What does not fit this Qt or screen stays as it is."""
        geometry = self._settings.value("geometry")
        if isinstance(geometry, QByteArray):
            window.restoreGeometry(geometry)
        there = False
        for name, splitter in splitters.items():
            state = self._settings.value(f"splitter/{name}")
            if isinstance(state, QByteArray):
                there = splitter.restoreState(state) or there
        return there

    def save(self, window: QMainWindow, splitters: dict[str, QSplitter]) -> None:
        """Keep the window's geometry and the splitters that are given: those that were moved by hand."""
        self._settings.setValue("geometry", window.saveGeometry())
        for name, splitter in splitters.items():
            self._settings.setValue(f"splitter/{name}", splitter.saveState())
        self._settings.sync()
