"""Cards as seen from three distances: bodies, category bars and signs, and the rows of text.

Cards do not lie over one another, so each row is drawn over all of them: pens and fonts then change a few times per
picture and not a few times per card.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from PySide6.QtCore import QCoreApplication, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from explorer.capture.ops import CATEGORIES
from explorer.capture.record import Cell
from explorer.picture import card as geometry
from explorer.picture.fonts import elide, text_width
from widgets.canvas.counting import COMES, on_the_way
from widgets.canvas.facts import Entry, Facts, scalar
from widgets.canvas.glyphs import draw_sign
from widgets.canvas.groups import GroupPen
from widgets.canvas.index import SceneIndex
from widgets.canvas.primitives import draw_rects
from widgets.canvas.sprites import draw_bars, draw_boxes, draw_signs, has_pixels
from widgets.canvas.texts import HOLLOW, Face, Faces
from widgets.canvas.thumbnails import picture_of
from widgets.theme import Theme

DASHES: Final = [4.0, 3.0]
SIGN: Final = 9.0  # side of the category's sign, above the bar
SIGN_LEFT: Final = 3.5
PICTURE_WIDTH, PICTURE_HEIGHT = 48.0, 16.0  # of a tensor, at the end of the type's row
GAP: Final = 8.0


class CardPen:
    """Draws cards of one theme and text scale. Coordinates are the scene's; the painter holds the camera."""

    def __init__(self, theme: Theme, text_scale: float) -> None:
        self.theme, self.scale = theme, text_scale
        self.faces = Faces(text_scale)
        self.groups = GroupPen(theme, text_scale)
        self._pictures: dict[int, tuple[object, QImage | None]] = {}
        self._lines: dict[int, geometry.Baselines] = {}
        self._lines_of: object = None
        self._colours: dict[str, QColor] = {}
        self._missing = QCoreApplication.translate("CardPen", "not computed yet")

    def far(self, painter: QPainter, facts: Facts, index: SceneIndex, cards: np.ndarray) -> None:
        """A box per card, in the colour of its bar; hollow while it is not computed."""
        looks, pending = self._bar_looks(index, cards), facts.pending[cards]
        for look in np.unique(looks).tolist():
            colour = self._bar_colour(look)
            for hollow in (False, True):
                painter.setPen(QPen(colour, 0) if hollow else Qt.PenStyle.NoPen)
                painter.setBrush(self._colour("surface.canvas") if hollow else colour)
                these = cards[(looks == look) & (pending == hollow)]
                draw_rects(painter, index.scene.rect[these])
                draw_rects(painter, _underlines(painter, index.scene.rect[these[index.is_group[these]]]))

    def bodies(
        self, painter: QPainter, facts: Facts, cards: np.ndarray, rects: np.ndarray, scale: float, *, hollow: np.ndarray
    ) -> None:
        """Rounded boxes with their signs and bars. What is not computed yet (`hollow`, per card) is dashed."""
        border = max(self.theme.line, 1.0) / scale
        backward, closed = facts.index.backward[cards], facts.index.is_group[cards]
        for back in (False, True):
            for sheet in self.groups.sheets(rects[closed & (backward == back)], scale):
                self._boxes(painter, sheet, border, back=back, empty=False)
            for empty in (False, True):
                self._boxes(painter, rects[(backward == back) & (hollow == empty)], border, back=back, empty=empty)
        self._signs(painter, facts.index, cards, rects)

    def _boxes(self, painter: QPainter, rects: np.ndarray, border: float, *, back: bool, empty: bool) -> None:
        edge = self._colour("cotangent.border" if back else "border.card")
        ground = self._colour("surface.canvas" if empty else "surface.card")
        radius = geometry.RADIUS * self.scale
        if has_pixels(painter) and not empty:
            return draw_boxes(painter, rects, radius, border, edge, ground)
        pen = QPen(edge, border)
        if empty:
            pen.setDashPattern(DASHES)
        painter.setPen(pen)
        painter.setBrush(ground)
        return _rounded(painter, rects + np.array([0.5, 0.5, -1.0, -1.0]) * border, radius)

    def _signs(self, painter: QPainter, index: SceneIndex, cards: np.ndarray, rects: np.ndarray) -> None:
        """The sign of the category, and below it a bar, both in its colour (vermilion in the backward pass)."""
        top = (geometry.PAD_Y + (geometry.TITLE.row - SIGN) / 2) * self.scale
        looks = self._bar_looks(index, cards)
        painter.setPen(Qt.PenStyle.NoPen)
        pixels = has_pixels(painter)
        for look in np.unique(looks).tolist():
            colour, here = self._bar_colour(look), looks == look
            signed = here & ~index.is_group[cards]
            painter.setBrush(colour)
            corners = rects[signed, :2] + [SIGN_LEFT * self.scale, top]
            self._draw_signs(painter, index.scene.category[cards[signed]], colour, corners, pixels=pixels)
            bar, start = geometry.BAR * self.scale, top + (SIGN + 4.0) * self.scale
            bars = rects[here] + [(SIGN_LEFT + SIGN / 2) * self.scale - bar / 2, start, 0.0, 0.0]
            bars[:, 2], bars[:, 3] = bar, rects[here, 3] - start - geometry.RADIUS * self.scale
            bars = bars[bars[:, 3] > bar]
            if pixels:
                draw_bars(painter, bars, colour)
            else:
                draw_rects(painter, bars)
            self.groups.chevrons(painter, rects[here & ~signed], colour)
            painter.setPen(Qt.PenStyle.NoPen)

    def _draw_signs(
        self, painter: QPainter, categories: np.ndarray, colour: QColor, corners: np.ndarray, *, pixels: bool
    ) -> None:
        side = SIGN * self.scale
        for category in np.unique(categories).tolist():
            places = corners[categories == category]
            if pixels:
                draw_signs(painter, category, colour, places, side)
                continue
            for x, y in places.tolist():
                draw_sign(painter, category, colour, x, y, side)

    def _bar_looks(self, index: SceneIndex, cards: np.ndarray) -> np.ndarray:
        """Category number, or one past the last for the backward pass."""
        return np.where(index.backward[cards], len(CATEGORIES), index.scene.category[cards])

    def _bar_colour(self, look: int) -> QColor:
        return self._colour("cotangent.wire" if look == len(CATEGORIES) else f"category.{CATEGORIES[look]}")

    # rows of text

    def labels(
        self,
        painter: QPainter,
        facts: Facts,
        index: SceneIndex,
        cards: np.ndarray,
        rects: np.ndarray,
        smallest: float,
    ) -> None:
        """What matters from some way off: title, value and adjoint, as large as they fit, nothing below `smallest`.

        A title is cut where it does not fit; a number is left out, for a part of it would be another number.
        """
        titles, numbers = (
            [sizes[0], *(pair for pair in sizes[1:] if pair[0].size * self.scale >= smallest)]
            for sizes in (self.faces.labels, self.faces.label_numbers)
        )
        for card, (x, y, width, height) in _pairs(cards, rects):
            lines = self.lines(index, card)
            rows = 1 + (lines.value is not None) + (lines.adjoint is not None)
            step = height / (rows + 0.4)
            middle, left = y + 0.7 * step, x + geometry.PAD_LEFT * self.scale
            room = width / self.scale - geometry.PAD_LEFT - geometry.PAD_RIGHT
            text, style, face = _fitting([index.scene.title[card]], _no_higher(titles, step / self.scale), room)
            self._begin(painter, face, "text.strong")
            self.faces.draw(painter, face, left, middle + geometry.ASCENT * style.size * self.scale, text)
            for row, (entry, mark) in enumerate(zip(facts.entries(card)[: rows - 1], ("", "∂ "), strict=False), 1):
                if entry is not None and not entry.pending:
                    fitting = _no_higher(numbers, step / self.scale)
                    self._label_number(painter, entry, mark, fitting, left, middle + row * step, room)

    def _label_number(
        self,
        painter: QPainter,
        entry: Entry,
        mark: str,
        sizes: list[tuple[geometry.Style, Face]],
        left: float,
        middle: float,
        room: float,
    ) -> None:
        text, style, face = _fitting([mark + text for text in entry.texts], sizes, room)
        if text_width(text, style.font, style.size) <= room and text.removeprefix(mark) in entry.texts:
            self._begin(painter, face, "cotangent.text" if entry.backward else "text.strong")
            self.faces.draw(painter, face, left, middle + geometry.ASCENT * style.size * self.scale, text)

    def titles(self, painter: QPainter, index: SceneIndex, cards: np.ndarray, rects: np.ndarray) -> None:
        """Rows 1 and 2."""
        scene, faces, left = index.scene, self.faces, geometry.PAD_LEFT * self.scale
        placed = [(card, x, y, width, self.lines(index, card)) for card, (x, y, width, _) in _pairs(cards, rects)]
        self._begin(painter, faces.title, "text.strong")
        for card, x, y, _, lines in placed:
            faces.draw(painter, faces.title, x + left, y + lines.title, scene.title[card])
        self._begin(painter, faces.word, "text.quiet")
        for card, x, y, width, lines in placed:
            if scene.word[card]:
                used = text_width(scene.word[card], geometry.WORD.font, geometry.WORD.size) + geometry.PAD_RIGHT
                faces.draw(painter, faces.word, x + width - used * self.scale, y + lines.title, scene.word[card])
        self._begin(painter, faces.type, "text.quiet")
        for card, x, y, _, lines in placed:
            if lines.type is not None:
                faces.draw(painter, faces.type, x + left, y + lines.type, scene.type_text[card])

    def numbers(
        self, painter: QPainter, facts: Facts, cards: np.ndarray, rects: np.ndarray, *, counted: float = 1.0
    ) -> None:
        """Rows 3 and 4. `counted` below 1 shows the row that the current step fills on its way there."""
        for card, (x, y, width, _) in _pairs(cards, rects):
            lines = self.lines(facts.index, card)
            value, adjoint = facts.entries(card)
            if value is not None and value.cell is not None and lines.type is not None and counted >= COMES:
                self._picture(painter, facts.index, card, value.cell, x + width, y + lines.type)
            if counted < 1 and facts.fills_adjoint:
                adjoint = on_the_way(adjoint, counted)
            elif counted < 1:
                value = on_the_way(value, counted)
            if value is not None and lines.value is not None:
                self._entry(painter, facts, card, value, x, y + lines.value)
            if adjoint is not None and lines.adjoint is not None:
                self._entry(painter, facts, card, adjoint, x, y + lines.adjoint, mark="∂ ")

    def _entry(
        self, painter: QPainter, facts: Facts, card: int, entry: Entry, x: float, baseline: float, *, mark: str = ""
    ) -> None:
        """One number row: the first of the entry's texts that fits."""
        left = x + geometry.PAD_LEFT * self.scale
        room = geometry.text_room(facts.index.scene, card) / self.scale
        if entry.pending:
            self._pending(painter, left, baseline, room, mark)
            return
        sizes = self.faces.sizes if scalar(entry.cell) is not None else self.faces.sizes[1:]
        text, _, face = _fitting([mark + text for text in entry.texts], sizes, room)
        self._begin(painter, face, "cotangent.text" if entry.backward else "text.strong")
        self.faces.draw(painter, face, left, baseline, text)

    def _pending(self, painter: QPainter, left: float, baseline: float, room: float, mark: str) -> None:
        """A number's place before it is there; an adjoint's is hollow and dashed, as a whole card is for its value."""
        self._begin(painter, self.faces.type, "text.quiet")
        self.faces.draw(painter, self.faces.type, left, baseline, mark)
        inset = HOLLOW.row / 2 if mark else 0.0
        used = text_width(mark, geometry.TYPE.font, geometry.TYPE.size) + inset
        text = elide(self._missing, HOLLOW.font, HOLLOW.size, room - used - inset)
        self._begin(painter, self.faces.hollow, "text.quiet")
        self.faces.draw(painter, self.faces.hollow, left + used * self.scale, baseline, text)
        if mark:
            width = (text_width(text, HOLLOW.font, HOLLOW.size) + 2 * inset) * self.scale
            height = HOLLOW.row * self.scale
            middle = baseline - geometry.ASCENT * HOLLOW.size * self.scale
            pen = QPen(self._colour("text.quiet"), 1.0)
            pen.setCosmetic(True)
            pen.setDashPattern([3.0, 3.0])
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            box = QRectF(left + (used - inset) * self.scale, middle - height / 2, width, height)
            painter.drawRoundedRect(box, height / 2, height / 2)

    def _picture(
        self, painter: QPainter, index: SceneIndex, card: int, cell: Cell, right: float, baseline: float
    ) -> None:
        """The tensor as a picture at the end of the type's row, where there is room for one."""
        if self._pictures.get(card, (None, None))[0] is not cell:
            self._pictures[card] = (cell, picture_of(cell, self.theme))
        picture = self._pictures[card][1]
        if picture is None:
            return
        grow = min(PICTURE_HEIGHT / picture.height(), PICTURE_WIDTH / picture.width())
        width, height = max(picture.width() * grow, 4.0), max(picture.height() * grow, 4.0)
        used = text_width(index.scene.type_text[card], geometry.TYPE.font, geometry.TYPE.size)
        if used + GAP + width <= geometry.text_room(index.scene, card) / self.scale:
            middle = baseline - geometry.ASCENT * geometry.TYPE.size * self.scale
            width, height = width * self.scale, height * self.scale
            end = right - geometry.PAD_RIGHT * self.scale
            painter.drawImage(QRectF(end - width, middle - height / 2, width, height), picture)

    def lines(self, index: SceneIndex, card: int) -> geometry.Baselines:
        """Baselines of a card's rows; kept, for they depend on the scene alone."""
        if self._lines_of is not index.scene.nodes:
            self._lines, self._lines_of = {}, index.scene.nodes
        if card not in self._lines:
            self._lines[card] = geometry.baselines(index.scene, card)
        return self._lines[card]

    def _begin(self, painter: QPainter, face: Face, colour: str) -> None:
        painter.setFont(face.font)
        painter.setPen(self._colour(colour))

    def _colour(self, name: str) -> QColor:
        found = self._colours.get(name)
        if found is None:
            found = self._colours[name] = self.theme.colour(name)
        return found


def _underlines(painter: QPainter, rects: np.ndarray) -> np.ndarray:
    """A line below each card of a closed group, where the sheets it lies on are too small to see."""
    pixel = 1.0 / painter.transform().m11()
    lines = rects + np.array([2.0, 0.0, -4.0, 0.0]) * pixel
    lines[:, 1], lines[:, 3] = rects[:, 1] + rects[:, 3] + 1.5 * pixel, 1.5 * pixel
    return lines


def _rounded(painter: QPainter, rects: np.ndarray, radius: float) -> None:
    for x, y, width, height in rects.tolist():
        painter.drawRoundedRect(QRectF(x, y, width, height), radius, radius)


def _pairs(cards: np.ndarray, rects: np.ndarray) -> list[tuple[int, list[float]]]:
    return list(zip(cards.tolist(), rects.tolist(), strict=True))


def _no_higher(sizes: list[tuple[geometry.Style, Face]], row: float) -> list[tuple[geometry.Style, Face]]:
    """Those that fit into a row of this height, or the smallest."""
    return [pair for pair in sizes if pair[0].size <= row] or sizes[-1:]


def _fitting(
    texts: list[str], sizes: list[tuple[geometry.Style, Face]], room: float
) -> tuple[str, geometry.Style, Face]:
    """The first text that fits, as large as it fits; else the last, cut."""
    for text in texts:
        for style, face in sizes:
            if text_width(text, style.font, style.size) <= room:
                return text, style, face
    style, face = sizes[-1]
    return elide(texts[-1] if texts else "", style.font, style.size, room), style, face
