"""Lecture mode: type times 1.5, nothing but the graph, a presenter's remote for the steps, B for a blank screen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QAction, QPalette
from PySide6.QtWidgets import QWidget

from widgets.documents import Document
from widgets.player import Player
from widgets.theme import LECTURE_SCALE, Themes


class Lecture(QObject):
    """`hidden` are the widgets that step aside; `actions` work only in here."""

    changed = Signal(bool)

    def __init__(
        self,
        window: QWidget,
        document: Document,
        themes: Themes,
        *,
        player: Player,
        hidden: Sequence[QWidget],
        actions: Sequence[QAction],
    ) -> None:
        super().__init__(window)
        self._window, self._document, self._player, self._themes = window, document, player, themes
        self._hidden, self._actions = hidden, actions
        self._before: list[bool] = []
        self.is_on = False
        self.blank = QWidget(window)
        palette = QPalette()
        palette.setColor(QPalette.ColorRole.Window, Qt.GlobalColor.black)
        self.blank.setPalette(palette)
        self.blank.setAutoFillBackground(True)
        self.blank.setCursor(Qt.CursorShape.BlankCursor)
        self.blank.hide()
        window.installEventFilter(self)

    def set_on(self, on: bool) -> None:
        if on == self.is_on:
            return
        self.is_on = on
        if on:
            self._before = [widget.isVisibleTo(self._window) for widget in self._hidden]
        for widget, was in zip(self._hidden, self._before, strict=True):
            widget.setVisible(was and not on)
        for action in self._actions:
            action.setEnabled(on)
        self.blank.hide()
        scale = LECTURE_SCALE if on else 1.0
        self._themes.set_scale(scale)
        self._document.set_text_scale(scale)
        self.changed.emit(on)

    def go(self, by: int) -> None:
        """What the remote does: a step on (1) or back (-1); past the last step the next stage, before the first the
        one before."""
        self._player.pause()
        state = self._document.state()
        if state is None:
            return
        if 0 <= state.index + by <= state.total:
            self._document.seek(state.index + by)
        elif self._document.show_next_stage(by):
            self._document.session.show(cursor=0 if by > 0 else None)

    def toggle_blank(self) -> None:
        """Black, or the graph again."""
        self.blank.setGeometry(self._window.rect())
        self.blank.setVisible(not self.blank.isVisible())
        self.blank.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.blank.isVisible():
            self.blank.setGeometry(self._window.rect())
        return super().eventFilter(watched, event)
