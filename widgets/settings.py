"""How the window was left: geometry, splitters, panes. An INI file in a given folder; nothing of the document."""

from __future__ import annotations

from collections.abc import Sequence
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

    def kept(self, name: str) -> str:
        """The text that was kept under `name`, "" for none."""
        return str(self._settings.value(name, ""))

    def keep(self, name: str, text: str) -> None:
        self._settings.setValue(name, text)
        self._settings.sync()

    def shares(self, name: str) -> list[float]:
        """The shares that were kept under `name`; none where there are none, or none that can be read."""
        try:
            return [float(share) for share in self.kept(f"shares/{name}").split()]
        except ValueError:
            return []

    def save_shares(self, name: str, shares: Sequence[float]) -> None:
        """Keep how a width is shared."""
        self.keep(f"shares/{name}", " ".join(f"{share:.4f}" for share in shares))
