"""Plays the steps of a document: a timer that runs only while something plays."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from widgets.documents import Document

STEP_MS: Final = 800  # a step at speed 1: 400 ms of movement, then as long to read it
SPEEDS: Final = (0.25, 0.5, 1.0, 2.0, 4.0)


class Player(QObject):
    """Play, pause, step and speed. The cursor itself is the session's."""

    changed = Signal()  # playing or not, and the speed

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self.speed = 1.0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        document.playback_changed.connect(self._moved)

    @property
    def is_playing(self) -> bool:
        return self._timer.isActive()

    def toggle(self) -> None:
        """Play or pause; at the end, play from the start."""
        playback = self._document.playback
        if self.is_playing or playback is None or not playback.total:
            self.pause()
            return
        if self._index() == playback.total:
            self._document.seek(0)
        self._timer.start(round(STEP_MS / self.speed))
        self.changed.emit()

    def pause(self) -> None:
        if self.is_playing:
            self._timer.stop()
            self.changed.emit()

    def step(self, by: int) -> None:
        """One step forward (1) or back (-1); stops playing."""
        self.pause()
        self._document.seek(self._index() + by)

    def first(self) -> None:
        self.pause()
        self._document.seek(0)

    def last(self) -> None:
        self.pause()
        self._document.seek(2**31 - 1)

    def change_speed(self, by: int) -> None:
        """The next faster (1) or slower (-1) speed."""
        place = SPEEDS.index(self.speed) + by
        self.set_speed(SPEEDS[max(0, min(place, len(SPEEDS) - 1))])

    def set_speed(self, speed: float) -> None:
        self.speed = speed
        if self.is_playing:
            self._timer.start(round(STEP_MS / speed))
        self.changed.emit()

    def _index(self) -> int:
        cursor, playback = self._document.session.state.cursor, self._document.playback
        if playback is None:
            return 0
        return playback.total if cursor is None else min(cursor, playback.total)

    def _tick(self) -> None:
        self._document.seek(self._index() + 1)

    def _moved(self) -> None:
        playback = self._document.playback
        if playback is None or self._index() >= playback.total:
            self.pause()
