"""Colours of Python text by pygments, which is imported at the first line that is coloured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QColor, QFont, QSyntaxHighlighter, QTextCharFormat, QTextDocument

if TYPE_CHECKING:
    from pygments.token import _TokenType

    from widgets.theme import Theme


class PythonHighlighter(QSyntaxHighlighter):
    """Expressions have no text over several lines, so every line is read by itself."""

    def __init__(self, document: QTextDocument, theme: Theme) -> None:
        from pygments.lexers import PythonLexer

        super().__init__(document)
        self._lexer = PythonLexer(stripnl=False, ensurenl=False)
        self._formats = _formats(theme)

    def set_theme(self, theme: Theme) -> None:
        self._formats = _formats(theme)
        self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        # Positions count UTF-16 units in Qt and characters in Python: they differ past the basic plane only.
        for start, kind, part in self._lexer.get_tokens_unprocessed(text):
            found = self._format(kind)
            if found is not None:
                begin = len(text[:start].encode("utf-16-le")) // 2
                self.setFormat(begin, len(part.encode("utf-16-le")) // 2, found)

    def _format(self, kind: _TokenType) -> QTextCharFormat | None:
        return next((made for name, made in self._formats.items() if name in str(kind)), None)


def _formats(theme: Theme) -> dict[str, QTextCharFormat]:
    """By part of pygments' token name; the first that fits wins."""
    return {
        "Comment": _coloured(theme.colour("text.quiet"), italic=True),
        "Number": _coloured(theme.colour("text.chosen")),
        "Keyword": _coloured(theme.colour("text.strong"), bold=True),
        "Builtin": _coloured(theme.colour("text.strong"), bold=True),
        "String": _coloured(theme.colour("text.chosen")),
        "Operator": _coloured(theme.colour("text.quiet")),
        "Punctuation": _coloured(theme.colour("text.quiet")),
    }


def _coloured(colour: QColor, *, bold: bool = False, italic: bool = False) -> QTextCharFormat:
    made = QTextCharFormat()
    made.setForeground(colour)
    made.setFontItalic(italic)
    if bold:
        made.setFontWeight(QFont.Weight.DemiBold)
    return made
