"""Text of a graph, laid out once and drawn at any zoom. Sizes are pixels at 100 %."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QStaticText

from explorer.picture import card
from widgets.theme import scene_font

MOST_KEPT: Final = 20_000
LABELS: Final = [
    card.Style("mono-bold", size, 0.0) for size in (28.0, 21.0, 17.0, 14.0)
]  # a title seen from some way off
LABEL_NUMBERS: Final = [card.Style("mono", label.size, 0.0) for label in LABELS]
HOLLOW: Final = card.Style("sans", 11.0, 17.0)  # where a number is not computed yet
SMALLER: Final = card.Style("mono", 14.0, 25.0)


@dataclass(frozen=True)
class Face:
    """A font at one text scale."""

    font: QFont
    ascent: float

    @classmethod
    def of(cls, style: card.Style, scale: float) -> Face:
        kind, _, weight = style.font.partition("-")
        font = scene_font(kind, style.size * scale, bold=weight == "bold")
        return cls(font, QFontMetricsF(font).ascent())


class Faces:
    """The fonts of a card's rows, and the texts laid out in them."""

    def __init__(self, scale: float) -> None:
        self.title, self.word, self.type = (Face.of(style, scale) for style in (card.TITLE, card.WORD, card.TYPE))
        self.hollow = Face.of(HOLLOW, scale)
        # A text takes the largest of these that fits.
        self.labels = [(style, Face.of(style, scale)) for style in LABELS]
        self.label_numbers = [(style, Face.of(style, scale)) for style in LABEL_NUMBERS]
        self.sizes = [(style, Face.of(style, scale)) for style in (card.VALUE, SMALLER, card.TYPE)]
        self._kept: dict[tuple[str, int], QStaticText] = {}

    def static(self, text: str, face: Face) -> QStaticText:
        """`text`, laid out."""
        key = text, id(face)
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) > MOST_KEPT:
                self._kept.clear()
            found = QStaticText(text)
            found.setTextFormat(Qt.TextFormat.PlainText)
            found.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
            found.prepare(font=face.font)
            self._kept[key] = found
        return found

    def draw(self, painter: QPainter, face: Face, x: float, baseline: float, text: str) -> None:
        """`text` at its left end; the painter has the face's font already."""
        painter.drawStaticText(QPointF(x, baseline - face.ascent), self.static(text, face))
