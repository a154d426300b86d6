"""Small widgets that several panels are made of."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFormLayout, QFrame, QLabel, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from widgets.theme import FAMILIES

W = TypeVar("W", bound=QWidget)
LINK_PADDING = 14


def label(text: str = "", role: str = "", *, wrap: bool = False, parent: QWidget | None = None) -> QLabel:
    """A label whose look is `role` (see `widgets/stylesheet.py`). Plain text: it may come from a file."""
    made = QLabel(text, parent)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    if role:
        made.setProperty("role", role)
    return made


def mono(widget: W, *, weight: int = 400) -> W:
    """Put `widget` into the font of code and numbers, whatever its role says."""
    families = ", ".join(f'"{family}"' for family in FAMILIES["mono"])
    widget.setStyleSheet(f"font-family: {families}; font-weight: {weight};")
    return widget


def heading(text: str) -> QLabel:
    """Small capitals over a section."""
    return label(text.upper(), "heading")


def button(role: str = "", *, checkable: bool = False) -> QToolButton:
    made = QToolButton()
    made.setCheckable(checkable)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    if role:
        made.setProperty("role", role)
    return made


def framed(role: str, layout: type = QVBoxLayout, *, margins: tuple[int, int, int, int] = (0, 0, 0, 0)) -> QFrame:
    """A frame of one look with an empty layout."""
    frame = QFrame()
    frame.setProperty("role", role)
    inner = layout(frame)
    inner.setContentsMargins(*margins)
    return frame


def form_layout() -> QFormLayout:
    """Rows of a name and what it stands for."""
    form = QFormLayout()
    form.setHorizontalSpacing(16)
    form.setVerticalSpacing(6)
    form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
    return form


def discard(widget: QWidget) -> None:
    """Take `widget` off the screen now; Qt deletes it once nothing uses it any more."""
    widget.hide()
    widget.deleteLater()


def restyle(widget: QWidget, name: str, value: object) -> None:
    """Set a property that the style sheet looks at."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


class Link(QPushButton):
    """A text to click, in one line: cut with an ellipsis where there is no room."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setProperty("role", "link")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(text)
        self._text = text

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = self.width() - LINK_PADDING
        shown = QFontMetrics(self.font()).elidedText(self._text, Qt.TextElideMode.ElideRight, room)
        if shown != self.text():
            self.setText(shown)
            if shown != self._text and not self.toolTip():
                self.setToolTip(self._text)


class Elided(QLabel):
    """One line that ends in an ellipsis where there is no room; the whole text is its tooltip then."""

    def __init__(self, text: str = "", role: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        if role:
            self.setProperty("role", role)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        metrics = QFontMetrics(self.font())
        area = self.contentsRect()
        shown = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, area.width())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(area, int(self.alignment()), shown)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            fits = QFontMetrics(self.font()).horizontalAdvance(self.text()) <= self.contentsRect().width()
            self.setToolTip("" if fits else self.text())
        return super().event(event)
