"""Opening, saving, recent files and what a crash left behind, for one document. No dialogs: paths come from outside."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from explorer.errors import UsageError
from explorer.paths import samples
from explorer.session import State
from explorer.session_files import SUFFIX, Autosave, RecentFiles, Trust, load, read_text, save
from widgets import samples as sample_files
from widgets.documents import Document
from widgets.messages import from_error


class Files(QObject):
    """`folder` keeps the list of recent files and the autosaves. `changed` follows the path and the list."""

    changed = Signal()

    def __init__(self, document: Document, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self.recent = RecentFiles(folder / "recent.json")
        self._autosave = Autosave(folder / "autosave")
        self._trust = Trust(folder / "trusted.json")
        self._opened: Path | None = None  # what is shown was read there
        self.path: Path | None = None  # where Save writes
        self._saved = document.session.state
        document.settled.connect(self._settled)
        document.trusted.connect(self._remember)

    @property
    def is_saved(self) -> bool:
        """True where closing loses nothing that was typed."""
        state = self._document.session.state
        return not state.text.strip() or (state.text, state.inputs) == (self._saved.text, self._saved.inputs)

    def open(self, path: Path) -> bool:
        """Show a file. What cannot be opened is said, and the document stays."""
        try:
            state = self._read(path)
        except UsageError as error:
            self._document.said.emit(from_error(error))
            return False
        ours = path.suffix == SUFFIX
        trusted = _is_sample(path) or self._trust.holds(path, state.text)
        self.show(state, path if ours else None, is_trusted=trusted)
        self._opened = path
        if not _is_sample(path):
            self.recent.add(path)
        self.changed.emit()
        return True

    def show(self, state: State, path: Path | None = None, *, is_saved: bool = True, is_trusted: bool = True) -> None:
        """Another document in place of this one. `is_saved` is False for one that stands nowhere else. What is not
        `is_trusted` and holds more than an expression is shown only, until somebody runs it."""
        self._document.is_trusted = is_trusted
        self._document.session.open(state)
        self.path, self._saved = path, state if is_saved else State()
        self._document.run_typed()
        self.changed.emit()

    def save(self, path: Path) -> bool:
        """Write the session to `path`."""
        path = path if path.suffix else path.with_suffix(SUFFIX)
        state = self._document.session.state
        try:
            save(state, path)
        except UsageError as error:
            self._document.said.emit(from_error(error))
            return False
        self.path, self._saved = path, state
        self.recent.add(path)
        self._autosave.clear()
        self.changed.emit()
        return True

    def lost(self) -> State | None:
        """What an earlier process left unsaved."""
        return self._autosave.lost()

    def close(self) -> None:
        """The window closes. What is not saved stays for the next start."""
        self._settled()

    def _remember(self) -> None:
        """Somebody ran what was opened: the same file with the same text runs by itself from now on."""
        if self._opened is not None:
            self._trust.add(self._opened, self._document.session.state.text)

    def _settled(self) -> None:
        if self.is_saved:
            self._autosave.clear()
            return
        try:
            self._autosave.write(self._document.session.state)
        except UsageError as error:
            self._document.said.emit(from_error(error))

    def _read(self, path: Path) -> State:
        now = self._document.session.state
        if path.suffix == SUFFIX:
            return load(path)
        if _is_sample(path):
            return sample_files.state_of(sample_files.read(path), now)
        text = read_text(path)
        return now.another(text)


def _is_sample(path: Path) -> bool:
    return path.absolute().is_relative_to(samples())
