"""Sessions on disk: one JSON object with a version, the list of recent files, and autosaves that outlive a crash.

Nothing that is read here is run. A file that is not ours, or damaged, is one UsageError with a sentence.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from explorer.adapters import FRAMEWORK_KEYS
from explorer.capture.expression import MOST_CHARACTERS
from explorer.errors import UsageError
from explorer.session import THEMES, State

FORMAT: Final = "backflow-session"
VERSION: Final = 1
SUFFIX: Final = ".backflow"
MOST_BYTES: Final = 8 * MOST_CHARACTERS
MOST_RECENT: Final = 9
MOST_TRUSTED: Final = 200


def to_json(state: State) -> dict[str, Any]:
    """The object that a session file holds."""
    fields = {name: getattr(state, name) for name in State.__slots__}
    plain = {"inputs": dict(state.inputs), "ranges": {name: list(ends) for name, ends in state.ranges.items()}}
    plain["open"] = {stage: list(groups) for stage, groups in state.open.items()}
    return {"format": FORMAT, "version": VERSION, **fields, **plain, "selection": list(state.selection)}


def from_json(data: Any, *, path: str) -> State:
    """The state that `data` stands for. Raises UsageError `not_a_session`, `newer_session` or `damaged_session`."""
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise UsageError("not_a_session", path=path)
    if data.get("version") != VERSION:
        raise UsageError("newer_session", path=path, version=data.get("version"), known=VERSION)
    fields = {}
    for name, reads in FIELDS.items():
        if name in data:
            try:
                fields[name] = reads(data[name])
            except (TypeError, ValueError, AttributeError):
                raise UsageError("damaged_session", path=path, field=name) from None
    return State(**fields)


def save(state: State, path: Path) -> None:
    """Write `path` in one step: a reader sees the old file or the new one. Raises UsageError `cannot_write`."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps(to_json(state), ensure_ascii=False, indent=1), "utf-8")
        partial.replace(path)
    except OSError as error:
        raise UsageError("cannot_write", path=str(path), reason=error.strerror or str(error)) from None


def load(path: Path) -> State:
    """Read a session file. Raises UsageError."""
    text = read_text(path)
    try:
        return from_json(json.loads(text), path=str(path))
    except (json.JSONDecodeError, RecursionError):
        raise UsageError("not_a_session", path=str(path)) from None


def read_text(path: Path) -> str:
    """Text of a file from outside. Raises UsageError `cannot_read`, `file_too_long` or `not_text`."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError("cannot_read", path=str(path), reason=error.strerror or str(error)) from None
    if len(data) > MOST_BYTES:
        raise UsageError("file_too_long", path=str(path), most=MOST_BYTES)
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        raise UsageError("not_text", path=str(path)) from None


class RecentFiles:
    """The last nine files, newest first, kept in a JSON list at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def paths(self) -> list[Path]:
        try:
            listed = json.loads(self.path.read_text("utf-8"))
        except (OSError, ValueError):
            return []  # no list yet, or one that cannot be read: nothing is lost but a convenience
        return (
            [Path(item) for item in listed if isinstance(item, str)][:MOST_RECENT] if isinstance(listed, list) else []
        )

    def add(self, path: Path) -> None:
        path = path.absolute()
        listed = [str(path), *(str(item) for item in self.paths() if item != path)][:MOST_RECENT]
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(json.dumps(listed, ensure_ascii=False), "utf-8")
        except OSError:
            return  # a read-only home: the file is open all the same


class Trust:
    """Which files from outside somebody has run: their paths with a digest of the text, in a JSON object at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def holds(self, file: Path, text: str) -> bool:
        """True where this file was run with just this text."""
        return self._read().get(str(file.absolute())) == _digest(text)

    def add(self, file: Path, text: str) -> None:
        known = {**self._read(), str(file.absolute()): _digest(text)}
        kept = dict(list(known.items())[-MOST_TRUSTED:])
        with contextlib.suppress(OSError):  # a read-only home: it is asked again next time
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(json.dumps(kept, ensure_ascii=False), "utf-8")

    def _read(self) -> dict[str, str]:
        try:
            known = json.loads(self.path.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return {str(key): str(value) for key, value in known.items()} if isinstance(known, dict) else {}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Autosave:
    """One file per running process in `folder`; what a process leaves behind was lost in a crash."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / f"{os.getpid()}{SUFFIX}"

    def write(self, state: State) -> None:
        save(state, self.path)

    def clear(self) -> None:
        """The document was closed or saved by its owner."""
        self.path.unlink(missing_ok=True)

    def lost(self) -> State | None:
        """The newest document whose process is gone; all such files are removed. None where nothing was lost."""
        left = [file for file in self.folder.glob(f"*{SUFFIX}") if not _is_running(file.stem)]
        left.sort(key=lambda file: file.stat().st_mtime, reverse=True)
        found = None
        for file in left:
            with contextlib.suppress(UsageError):  # half a file, from a crash in the middle of a write
                found = found or load(file)
            file.unlink(missing_ok=True)
        return found if found is not None and found.text.strip() else None


def _is_running(pid: str) -> bool:
    import psutil  # here: the first painted frame does not wait for it

    return pid.isdigit() and psutil.pid_exists(int(pid))


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MOST_CHARACTERS:
        raise ValueError(value)
    return value


def _one_of(known: tuple[str, ...]) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in known:
            raise ValueError(value)
        return str(value)

    return read


def _texts(value: Mapping[str, Any]) -> dict[str, str]:
    return {_text(name): _text(item) for name, item in value.items()}


def _ranges(value: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    ranges = {_text(name): (float(low), float(high)) for name, (low, high) in value.items()}
    if not all(math.isfinite(low) and math.isfinite(high) and low < high for low, high in ranges.values()):
        raise ValueError(value)
    return ranges


def _place(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(value)
    return tuple(_text(item) for item in value)


def _open(value: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {_text(stage): _place(groups) for stage, groups in value.items()}


def _cursor(value: Any) -> int | None:
    if value is not None and (type(value) is not int or value < 0):
        raise ValueError(value)
    return value if value is None else int(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(value)
    return value


FIELDS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "text": _text,
    "inputs": _texts,
    "ranges": _ranges,
    "framework": _one_of(FRAMEWORK_KEYS),
    "entry": _text,
    "device": _text,
    "stage": _text,
    "selection": _place,
    "cursor": _cursor,
    "theme": _one_of(THEMES),
    "direction": _one_of(("down", "right")),
    "text_beside": _flag,
    "beside": _text,
    "open": _open,
}
