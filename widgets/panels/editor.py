"""A text field with line numbers, problems underlined and spans lit. Knows no document."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy, QTextEdit, QWidget

from explorer.graph.ir import Span
from widgets.theme import Theme

FEWEST_LINES, MOST_LINES = 3, 12


class _Gutter(QWidget):
    def __init__(self, editor: Editor) -> None:
        super().__init__(editor)
        self._editor = editor

    def sizeHint(self) -> QSize:
        return QSize(self._editor.gutter_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._editor.paint_gutter(event)


class Editor(QPlainTextEdit):
    """`typed` after every change by the person; `left` when Esc is pressed; `pointed` when the caret moves by hand."""

    typed = Signal(str)
    left = Signal()
    pointed = Signal(int, int)  # line and column, both from 1

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._room = 0
        self.setProperty("role", "plain")
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setUndoRedoEnabled(False)  # the session keeps the past: text and inputs together
        self.setTabChangesFocus(True)
        self._theme = theme
        self._problems: list[Span] = []
        self._lit: tuple[Span, bool] | None = None
        self._gutter = _Gutter(self)
        self._taking = False
        self._text = ""
        self.blockCountChanged.connect(self._make_room)
        self.blockCountChanged.connect(self.updateGeometry)
        self.horizontalScrollBar().rangeChanged.connect(self.updateGeometry)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.updateRequest.connect(self._scrolled)
        self.textChanged.connect(self._text_changed)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        font = theme.font("mono", "body")
        self.document().setDefaultFont(font)
        self.setStyleSheet(f"Editor {{ font-size: {theme.pixels('body')}px; }}")
        self._make_room()
        self._show_spans()

    def set_text(self, text: str) -> None:
        """Text from elsewhere (undo, a file): only the part that differs is changed, so the caret keeps its place."""
        old = self.toPlainText()
        if old == text:
            return
        start = _common(old, text)
        end = _common(old[start:][::-1], text[start:][::-1])
        self._taking = True
        cursor = QTextCursor(self.document())
        cursor.setPosition(_units(old[:start]))
        cursor.setPosition(_units(old[: len(old) - end]), QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(text[start : len(text) - end])
        self._taking = False

    def set_problems(self, spans: list[Span]) -> None:
        """Underline these."""
        self._problems = spans
        self._show_spans()

    def light(self, span: Span | None, *, backward: bool = False) -> None:
        """Light one span: of what is selected or hovered."""
        self._lit = (span, backward) if span else None
        self._show_spans()

    def go_to(self, span: Span) -> None:
        """Put the caret at the start of `span` and the keyboard into the editor."""
        cursor = self.textCursor()
        cursor.setPosition(self._position(span.line, span.column or 1))
        self.setTextCursor(cursor)
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def set_room(self, height: int) -> None:
        """Pixels that the editor may take for a long text."""
        self._room = height
        self.updateGeometry()

    # ---- Qt ----

    def sizeHint(self) -> QSize:
        """As high as the text, within reason: twelve lines, or more where the window is high."""
        most = max(MOST_LINES, self._room // self.fontMetrics().lineSpacing())
        lines = max(FEWEST_LINES, min(self.blockCount(), most))
        across = self.horizontalScrollBar()
        below = across.sizeHint().height() if across.maximum() > 0 else 0
        return QSize(super().sizeHint().width(), lines * self.fontMetrics().lineSpacing() + below + 28)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, FEWEST_LINES * self.fontMetrics().lineSpacing() + 28)

    def event(self, event: QEvent) -> bool:
        """Undo and redo are the window's: the field would keep their keys to itself."""
        keys = QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo
        if event.type() == QEvent.Type.ShortcutOverride and any(map(event.matches, keys)):
            event.ignore()
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
            return
        super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        cursor = self.textCursor()
        if not cursor.hasSelection():
            block = cursor.block()
            column = len(block.text().encode("utf-16-le")[: 2 * cursor.positionInBlock()].decode("utf-16-le")) + 1
            self.pointed.emit(block.blockNumber() + 1, column)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        area = self.contentsRect()
        self._gutter.setGeometry(QRect(area.left(), area.top(), self.gutter_width(), area.height()))

    def gutter_width(self) -> int:
        digits = max(2, len(str(self.blockCount())))
        return 12 + digits * self.fontMetrics().horizontalAdvance("0")

    def paint_gutter(self, event: QPaintEvent) -> None:
        painter = QPainter(self._gutter)
        painter.setFont(self._theme.font("mono", "small"))
        painter.setPen(self._theme.colour("text.quiet"))
        block = self.firstVisibleBlock()
        top = self.blockBoundingGeometry(block).translated(self.contentOffset()).top()
        while block.isValid() and top <= event.rect().bottom():
            height = self.blockBoundingRect(block).height()
            area = QRect(0, round(top), self._gutter.width() - 8, round(height))
            painter.drawText(
                area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(block.blockNumber() + 1)
            )
            top += height
            block = block.next()

    def _text_changed(self) -> None:
        """Highlighting anew says that the text has changed, too."""
        text = self.toPlainText()
        if text == self._text:
            return
        self._text = text
        self._lit = None
        self._problems = []
        self._show_spans()
        if not self._taking:
            self.typed.emit(text)

    def _make_room(self) -> None:
        self.setViewportMargins(self.gutter_width(), 0, 0, 0)

    def _scrolled(self, area: QRect, by: int) -> None:
        if by:
            self._gutter.scroll(0, by)
        else:
            self._gutter.update(0, area.y(), self._gutter.width(), area.height())

    def _show_spans(self) -> None:
        shown = [self._selection(span, self._problem_format()) for span in self._problems]
        if self._lit:
            span, backward = self._lit
            shown.insert(0, self._selection(span, self._lit_format(backward=backward)))
        self.setExtraSelections(shown)

    def _problem_format(self) -> QTextCharFormat:
        made = QTextCharFormat()
        made.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
        made.setUnderlineColor(self._theme.colour("text.strong"))
        made.setBackground(self._theme.colour("surface.pressed"))
        return made

    def _lit_format(self, *, backward: bool) -> QTextCharFormat:
        made = QTextCharFormat()
        made.setBackground(QColor(self._theme.colour("cotangent.tint" if backward else "surface.chosen")))
        made.setUnderlineStyle(QTextCharFormat.UnderlineStyle.SingleUnderline)
        made.setUnderlineColor(self._theme.colour("cotangent.wire" if backward else "border.focus"))
        return made

    def _selection(self, span: Span, look: QTextCharFormat) -> QTextEdit.ExtraSelection:
        made = QTextEdit.ExtraSelection()
        made.cursor = QTextCursor(self.document())
        made.cursor.setPosition(self._position(span.line, span.column or 1))
        last = self.document().findBlockByNumber((span.end_line or span.line) - 1)
        end = self._position(span.end_line or span.line, span.end_column or len(last.text()) + 1)
        made.cursor.setPosition(max(end, made.cursor.position()), QTextCursor.MoveMode.KeepAnchor)
        made.format = look
        return made

    def _position(self, line: int, column: int) -> int:
        """Qt's position (in UTF-16 units) of a place in the text; the nearest one for a place outside."""
        block = self.document().findBlockByNumber(max(0, min(line, self.blockCount()) - 1))
        return block.position() + _units(block.text()[: max(0, column - 1)])


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _common(first: str, second: str) -> int:
    """Length of the common beginning."""
    for position, (one, other) in enumerate(zip(first, second, strict=False)):
        if one != other:
            return position
    return min(len(first), len(second))
