"""Draws a Scene and its numbers to any QPainter: a widget, an image, a PDF.

From far away: coloured boxes. Nearer: titles. At reading distance: rows 1 and 2, then all rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QTransform

from explorer.picture import card as geometry
from widgets.canvas.camera import Camera, Size
from widgets.canvas.cards import CardPen
from widgets.canvas.counting import COMES
from widgets.canvas.facts import Facts
from widgets.canvas.groups import GroupPen
from widgets.canvas.index import SceneIndex, flatten
from widgets.canvas.labels import LabelPen
from widgets.canvas.texts import LABELS
from widgets.canvas.wires import DIMMED, WirePen
from widgets.theme import Theme

READABLE: Final = 6.5  # pixels on screen below which a large title is not drawn
QUIET_ROWS: Final = 5.7  # the same for rows 1 and 2, by the size of their smallest text
ARRIVED: Final = 0.7  # of its way: from here on a card that appears has its wires
ALL_ROWS: Final = 6.0  # numbers are set larger, so they can be read as soon as the rows above them


class Level(IntEnum):
    """How much of a card is drawn."""

    FAR = 0
    LABEL = 1
    CARD = 2
    DETAIL = 3

    @classmethod
    def at(cls, scale: float) -> Level:
        """By the size that texts have on screen; `scale` includes the scene's text scale."""
        if LABELS[0].size * scale < READABLE:
            return cls.FAR
        smallest = geometry.TYPE.size * scale
        return cls.LABEL if smallest < QUIET_ROWS else cls.CARD if smallest < ALL_ROWS else cls.DETAIL


@dataclass(frozen=True)
class Look:
    """What is painted differently from the plain picture.

    `related` bool (k, n): sets of cards that belong together. Cards in none, and wires with no set that holds both
    ends, are dimmed; None dims nothing. `under_way`: wires that a step is filling.
    `labelled`: wires with what flows along them written beside. `exact`: every row and true curves, for a file.
    `coming`: cards that appear, and how far they have come (0 to 1); None while nothing appears.
    """

    related: np.ndarray | None = None
    under_way: np.ndarray = field(default_factory=lambda: np.zeros(0, int))
    labelled: tuple[int, ...] = ()
    exact: bool = False
    coming: tuple[np.ndarray, float] | None = None


class ScenePainter:
    """Paints one scene in one theme; `facts` may be replaced by newer ones of the same scene."""

    def __init__(self, facts: Facts, theme: Theme) -> None:
        self.facts, self.theme, self.text_scale = facts, theme, facts.text_scale
        self._cards = CardPen(theme, self.text_scale)
        self._wires = WirePen(theme)
        self._labels = LabelPen(theme, self.text_scale)
        self._groups = GroupPen(theme, self.text_scale)

    @property
    def radius(self) -> float:
        """Of a card's corners, in scene units."""
        return geometry.RADIUS * self.text_scale

    def level(self, scale: float, *, exact: bool = False) -> Level:
        return Level.DETAIL if exact else Level.at(scale * self.text_scale)

    def paint(
        self, painter: QPainter, size: Size, camera: Camera, look: Look, places: SceneIndex | None = None
    ) -> None:
        """Everything in view. `places` holds cards and wires on their way, else they are where the scene has them."""
        index = places or self.facts.index
        ratio = self._begin(painter, size, camera)
        view, scale, level = camera.view(size), camera.scale, self.level(camera.scale, exact=look.exact)
        cards = index.cards_in(view)
        if len(index.scene.frames.ids):
            lit = np.ones(index.count, bool) if look.related is None else look.related.any(axis=0)
            self._groups.paint_frames(painter, index, view, scale, ~index.frames_with(lit))
        if level is Level.FAR:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            self._wires.paint_far(painter, index, view, look.related)
        else:
            self._wires.paint(painter, index, self.facts, view, scale, related=_wire_sets(look, index.count),
                              under_way=look.under_way, exact=look.exact)  # fmt: skip
        self._by_opacity(painter, index, cards, scale, ratio, level, look)
        painter.restore()
        if len(index.scene.frames.ids):
            self._groups.paint_names(painter, index, view, camera, size)
        if level >= Level.CARD:
            self._labels.paint_counts(painter, index, view, camera, size)
            self._labels.paint(painter, self.facts, index, look.labelled, camera, size)

    def _by_opacity(
        self,
        painter: QPainter,
        index: SceneIndex,
        cards: np.ndarray,
        scale: float,
        ratio: float,
        level: Level,
        look: Look,
    ) -> None:
        """All cards, the palest first."""
        opacity = np.ones(index.count)
        if look.related is not None:
            opacity[~look.related.any(axis=0)] = DIMMED
        if look.coming is not None:
            opacity[look.coming[0]] *= look.coming[1]
        shown = opacity[cards]
        for each in np.unique(shown).tolist():
            these = cards[shown == each]
            if each > 0:
                painter.setOpacity(each)
                rects = snapped(index.scene.rect[these], scale * ratio)
                if level is Level.FAR:
                    self._cards.far(painter, self.facts, index, these)
                else:
                    self._paint_cards(painter, index, these, rects, scale, level)

    def _paint_cards(
        self,
        painter: QPainter,
        index: SceneIndex,
        cards: np.ndarray,
        rects: np.ndarray,
        scale: float,
        level: Level,
        *,
        counted: float = 1.0,
    ) -> None:
        hollow = self.facts.pending[cards]
        if counted < COMES and not self.facts.fills_adjoint:
            hollow = ~index.is_group[cards]
        self._cards.bodies(painter, self.facts, cards, rects, scale, hollow=hollow)
        at_rest = self.facts.index  # which rows a card has does not change on its way
        if level is Level.LABEL:
            self._cards.labels(painter, self.facts, at_rest, cards, rects, READABLE / scale)
            return
        self._cards.titles(painter, at_rest, cards, rects)
        if level is Level.DETAIL:
            self._cards.numbers(painter, self.facts, cards, rects, counted=counted)

    # what an overlay needs

    def card_on_screen(self, card: int, size: Size, camera: Camera) -> QRectF:
        """Where a card is in the view."""
        left, top, right, bottom = self.facts.index.box(card)
        (x, y), (end_x, end_y) = camera.to_screen((left, top), size), camera.to_screen((right, bottom), size)
        return QRectF(x, y, end_x - x, end_y - y)

    def paint_card(self, painter: QPainter, size: Size, camera: Camera, card: int, *, counted: float) -> None:
        """One card over the picture, its number on the way."""
        level = self.level(camera.scale)
        if level is Level.FAR:
            return
        ratio = self._begin(painter, size, camera)
        cards = np.array([card])
        rects = snapped(self.facts.index.scene.rect[cards], camera.scale * ratio)
        self._paint_cards(painter, self.facts.index, cards, rects, camera.scale, level, counted=counted)
        painter.restore()

    def paint_wire_label(self, painter: QPainter, size: Size, camera: Camera, wire: int) -> None:
        """What flows along one wire, written beside it."""
        self._labels.paint(painter, self.facts, self.facts.index, (wire,), camera, size)

    def wire_points(self, wire: int, scale: float, *, back: bool) -> np.ndarray:
        """float64 (p, 2): points along a wire as it flows now; `back`: the share that returns beside it."""
        index = self.facts.index
        curves = index.curves_of(wire)
        if not back:
            return np.concatenate(flatten(index.scene.curves[curves], 24))
        wires = np.full(len(curves), wire)
        moved = index.moved_curves(curves, self._wires.offset(self.facts, wires, scale))
        return np.concatenate(flatten(moved, 24))[::-1]

    def wire_style(self, wire: int, scale: float, *, back: bool) -> tuple[QColor, float]:
        """Colour and pixels of a wire as it flows now."""
        if back:
            return self.theme.colour("cotangent.wire"), self._wires.pixels(self.facts.share_width[wire], scale)
        kind = int(self.facts.index.scene.wire_kind[wire])
        return self._wires.colour(kind), self._wires.pixels(self.facts.width[wire], scale)

    def _begin(self, painter: QPainter, size: Size, camera: Camera) -> float:
        """Put the camera on the painter, shifted to whole device pixels. Gives device pixels per pixel."""
        ratio = painter.device().devicePixelRatio()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        x, y = camera.to_screen((0.0, 0.0), size)
        moved = QTransform.fromTranslate(round(x * ratio) / ratio, round(y * ratio) / ratio)
        painter.setTransform(QTransform.fromScale(camera.scale, camera.scale) * moved, True)
        return float(ratio)


def _wire_sets(look: Look, count: int) -> np.ndarray | None:
    """`look.related`, in which wires between cards that are still to come belong to no set either."""
    if look.coming is None or look.coming[1] >= ARRIVED:
        return look.related
    there = np.ones(count, bool)
    there[look.coming[0]] = False
    return there[None] if look.related is None else look.related & there


def snapped(rects: np.ndarray, pixels: float) -> np.ndarray:
    """Rectangles on whole device pixels, of which `pixels` make a scene unit, so that their hairlines are crisp."""
    low, high = np.round(rects[:, :2] * pixels), np.round((rects[:, :2] + rects[:, 2:]) * pixels)
    return np.concatenate([low, high - low], axis=1) / pixels
