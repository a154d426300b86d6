"""The node card at 100 %: sizes shared by every pen that draws it. Lengths are pixels; times the Scene's text scale.

Row 1: title and plain word. Row 2: type. Row 3: value. Row 4: adjoint. Which rows a card has depends on the graph
alone, so numbers that come and go never move anything.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from explorer.picture.fonts import Font, elide, elide_front, text_width
from explorer.picture.scene import Scene

MIN_WIDTH: Final = 160.0
TENSOR_WIDTH: Final = 204.0  # least of a card that shows an array: `-0.1234 … -0.1234` fits at full size
MAX_WIDTH: Final = 240.0
RADIUS: Final = 8.0
BORDER: Final = 1.0
BAR: Final = 4.0  # the category bar at the left
PAD_LEFT: Final = 16.0  # from the card's left edge to its text
PAD_RIGHT: Final = 12.0
PAD_Y: Final = 9.0
WORD_GAP: Final = 14.0  # between title and word


@dataclass(frozen=True, slots=True)
class Style:
    """How one kind of text is set, and how high its row is."""

    font: Font
    size: float
    row: float


TITLE: Final = Style("mono-bold", 14.0, 20.0)
WORD: Final = Style("sans", 12.0, 20.0)  # shares the title's row, on the same baseline
TYPE: Final = Style("mono", 12.0, 17.0)
VALUE: Final = Style("mono", 17.0, 25.0)
ADJOINT: Final = Style("mono", 17.0, 25.0)
NUMBERS: Final = (VALUE, Style("mono", 14.0, 25.0), Style("mono", 12.0, 25.0))  # a number row takes the first that fits
ASCENT: Final = 0.36  # a row's baseline is this much of the font size below the row's middle


@dataclass(frozen=True, slots=True)
class Baselines:
    """y of each row's text baseline from the card's top, None for a row that the card has not got. Text scale is in."""

    title: float
    type: float | None
    value: float | None
    adjoint: float | None


@dataclass(frozen=True, slots=True)
class CardText:
    """Row 1 and 2, cut to fit, and the size of the card that holds them, at 100 %."""

    title: str
    word: str
    type_text: str
    width: float
    height: float


def fitted(
    title: str, word: str, type_text: str, *, value: bool, adjoint: bool, tensor: bool = False, is_name: bool = False
) -> CardText:
    """A card for these texts. `value` and `adjoint`: whether it has those rows. The title comes first: a word that
    does not fit beside it is left out. Of a title that `is_name` (a parameter's path) the end is kept."""
    rows = [TITLE.row, TYPE.row if type_text else 0.0, VALUE.row if value else 0.0, ADJOINT.row if adjoint else 0.0]
    title_width, word_width = text_width(title, TITLE.font, TITLE.size), text_width(word, WORD.font, WORD.size)
    first = title_width + (WORD_GAP + word_width if word else 0.0)
    wanted = PAD_LEFT + max(first, text_width(type_text, TYPE.font, TYPE.size)) + PAD_RIGHT
    width = float(math.ceil(min(MAX_WIDTH, max(TENSOR_WIDTH if tensor else MIN_WIDTH, wanted))))
    room = width - PAD_LEFT - PAD_RIGHT
    title = (elide_front if is_name else elide)(title, TITLE.font, TITLE.size, room)
    beside_title = room - text_width(title, TITLE.font, TITLE.size) - WORD_GAP
    word = word if text_width(word, WORD.font, WORD.size) <= beside_title else ""
    type_text = elide(type_text, TYPE.font, TYPE.size, room)
    return CardText(title, word, type_text, width, 2 * PAD_Y + sum(rows))


def baselines(scene: Scene, card: int) -> Baselines:
    """Where the texts of card number `card` stand."""
    scale = scene.text_scale
    height = float(scene.rect[card, 3]) / scale
    has_type, has_value = bool(scene.type_text[card]), bool(scene.shown[card])
    used = 2 * PAD_Y + TITLE.row + (TYPE.row if has_type else 0.0) + (VALUE.row if has_value else 0.0)
    top = PAD_Y
    found: list[float | None] = []
    for style, present in ((TITLE, True), (TYPE, has_type), (VALUE, has_value), (ADJOINT, height - used > 1.0)):
        found.append((top + style.row / 2 + ASCENT * style.size) * scale if present else None)
        top += style.row if present else 0.0
    return Baselines(found[0] or 0.0, *found[1:])


def fitted_number(texts: Sequence[str], room: float) -> tuple[str, Style]:
    """The first of `texts` (fullest first) that fits into `room` pixels at 100 %, as large as it fits; else the last,
    cut."""
    for text in texts:
        for style in NUMBERS:
            if text_width(text, style.font, style.size) <= room:
                return text, style
    return elide(texts[-1], NUMBERS[-1].font, NUMBERS[-1].size, room), NUMBERS[-1]


def text_room(scene: Scene, card: int) -> float:
    """Width there is for a row of text."""
    return float(scene.rect[card, 2]) - (PAD_LEFT + PAD_RIGHT) * scene.text_scale
