"""First, back, play, forward, last; a scrubber, slate forward and vermilion back; where it stands; speed."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from explorer.flow.playback import PlaybackState
from widgets.actions import tooltip
from widgets.documents import Document
from widgets.panels.pieces import button, label, mono, restyle
from widgets.player import Player
from widgets.theme import Theme, Themes, icon

BUTTONS = ("first", "back", "play", "forward", "last")
ICONS = {"first": "first", "back": "step-back", "play": "play", "forward": "step-forward", "last": "last"}


class Scrubber(QWidget):
    """Every index from the start to the end. What is behind the cursor is strong, what is ahead pale."""

    moved = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.set_theme(theme)
        self.index, self.total, self.forward = 0, 0, 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def set_theme(self, theme: Theme) -> None:
        """Colours, and a size that grows with the text."""
        self.theme = theme
        self._unit = theme.pixels("body") / 14
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, round(28 * self._unit))

    def minimumSizeHint(self) -> QSize:
        return QSize(80, round(28 * self._unit))

    def show_at(self, index: int, total: int, forward: int) -> None:
        self.index, self.total, self.forward = index, total, forward
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._go(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._go(event.position().x())

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self.total:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        thick = 6 * self._unit
        cursor, turn = self._x(self.index), self._x(self.forward)
        for start, end, name in ((self._x(0), turn, "wire.forward"), (turn, self._x(self.total), "wire.backward")):
            for left, right, strength in ((start, min(end, cursor), 1.0), (max(start, cursor), end, 0.28)):
                if right > left:
                    colour = self.theme.colour(name)
                    colour.setAlphaF(strength)
                    painter.setBrush(colour)
                    painter.drawRect(QRectF(left, self.height() / 2 - thick / 2, right - left, thick))
        edge = "wire.backward" if self.index > self.forward else "wire.forward"
        painter.setPen(QPen(self.theme.colour(edge), 2))
        painter.setBrush(self.theme.colour("surface.card"))
        painter.drawEllipse(QPointF(cursor, self.height() / 2), 7 * self._unit, 7 * self._unit)

    @property
    def _edge(self) -> float:
        return 9 * self._unit

    def _x(self, index: int) -> float:
        return self._edge + (self.width() - 2 * self._edge) * index / max(1, self.total)

    def _go(self, x: float) -> None:
        share = (x - self._edge) / max(1.0, self.width() - 2 * self._edge)
        self.moved.emit(max(0, min(self.total, round(share * self.total))))


class PlayerBar(QFrame):
    """The keys work while the focus is in here: Left, Right, Home, End, Space, Up, Down."""

    def __init__(self, document: Document, player: Player, themes: Themes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "raised")
        self._document, self._player, self._themes = document, player, themes
        self.buttons: dict[str, QToolButton] = {}
        self.scrubber = Scrubber(themes.current)
        self.where = mono(label())
        self.speed = button()
        self._make()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        document.playback_changed.connect(self.refresh)
        player.changed.connect(self.refresh)
        themes.changed.connect(self._theme_changed)
        self._theme_changed(themes.current)
        self.refresh()

    def _make(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 6, 12, 6)
        row.setSpacing(2)
        runs = (self._player.first, lambda: self._player.step(-1), self._player.toggle, lambda: self._player.step(1))
        for name, run in zip(BUTTONS, (*runs, self._player.last), strict=True):
            made = button("round" if name == "play" else "")
            made.clicked.connect(run)
            made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            if name != "play":
                made.setStyleSheet("padding: 2px;")
            self.buttons[name] = made
            row.addWidget(made)
        row.addSpacing(8)
        row.addWidget(self.scrubber, 1)
        row.addSpacing(8)
        row.addWidget(self.where)
        self.speed.clicked.connect(self._next_speed)
        self.speed.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        row.addWidget(self.speed)
        self.scrubber.moved.connect(self._scrub)

    def refresh(self) -> None:
        state, playback = self._document.state(), self._document.playback
        self.setVisible(playback is not None and bool(playback.total))
        if state is None or playback is None:
            return
        self.scrubber.show_at(state.index, state.total, playback.forward)
        self.where.setText(self._where(state))
        restyle(self.where, "role", "adjoint" if state.phase == "backward" else "small")
        self.where.setMinimumWidth(self._widest())
        for name in ("first", "back"):
            self.buttons[name].setEnabled(state.index > 0)
        for name in ("forward", "last"):
            self.buttons[name].setEnabled(state.index < state.total)
        self.speed.setText(f"{self._player.speed:g}×")
        self._show_play()

    def _where(self, state: PlaybackState) -> str:
        phase = self.tr("backward") if state.phase == "backward" else self.tr("forward")
        return f"{phase} {state.k} / {state.n}"

    def _widest(self) -> int:
        """Room for the longest text, so that nothing moves while it plays."""
        assert self._document.playback is not None
        most = max(self._document.playback.forward, self._document.playback.total - self._document.playback.forward)
        texts = (f"{phase} {most} / {most}" for phase in (self.tr("backward"), self.tr("forward")))
        return max(self.where.fontMetrics().horizontalAdvance(text) for text in texts)

    def _show_play(self) -> None:
        playing = self._player.is_playing
        made = self.buttons["play"]
        made.setIcon(icon("pause" if playing else "play", self._themes.current, role="text.on_strong"))
        made.setAccessibleName(self.tr("Pause") if playing else self.tr("Play"))

    def _theme_changed(self, theme: Theme) -> None:
        self.scrubber.set_theme(theme)
        side = round(18 * theme.pixels("body") / 14)
        for name, made in self.buttons.items():
            made.setIcon(icon(ICONS[name], theme, role="text.on_strong" if name == "play" else None))
            made.setIconSize(QSize(side, side))
            made.setToolTip(tooltip(f"player_{name}"))
        radius = side  # Qt draws a square where a style sheet's radius is more than half of the side
        self.buttons["play"].setFixedSize(2 * radius, 2 * radius)
        self.buttons["play"].setStyleSheet(f"border-radius: {radius}px;")
        self.speed.setToolTip(tooltip("player_faster"))
        self._show_play()

    def _scrub(self, index: int) -> None:
        self._player.pause()
        self._document.seek(index)

    def _next_speed(self) -> None:
        """Round and round by click; Up and Down go one way."""
        before = self._player.speed
        self._player.change_speed(1)
        if self._player.speed == before:
            self._player.set_speed(0.25)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys are actions of `widgets/actions.py`; what they do not take goes on."""
        event.ignore()
