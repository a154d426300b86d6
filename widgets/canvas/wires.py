"""Wires: many at once as short lines in one call per colour and width; true curves where one looks closely."""

from __future__ import annotations

from typing import Final

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from explorer.picture.scene import BACKWARD, FORWARD, SAVED
from explorer.picture.widths import PLAIN
from widgets.canvas.camera import Box
from widgets.canvas.facts import Facts
from widgets.canvas.index import SceneIndex, flatten
from widgets.canvas.primitives import draw_lines
from widgets.theme import Theme

KINDS: Final = {FORWARD: "wire.forward", BACKWARD: "wire.backward", SAVED: "wire.saved"}
SHARE: Final = 3  # beside the kinds: what flows back along a forward wire
PENDING, DIMMED = 0.6, 0.25  # how much of a colour is left
DASHES: Final = (6.0, 5.0)  # pixels
DOTS: Final = (0.1, 4.0)
THINNEST: Final = 0.75
DOT: Final = 1.5  # pixels
OVERLAP: Final = 0.7  # pixels
TOLERANCE: Final = 0.25  # pixels of the screen between a curve and the lines it is drawn as
COUNTS: Final = np.array([1, 4, 8, 12, 16, 24, 32, 48])
CURVES_FROM: Final = 2.2  # scale from which wires are true curves; below that, lines of a few pixels look the same
MOST_DASHED: Final = 400
MOST_FAR: Final = 20_000
GAP: Final = 3.0  # pixels between a wire and what flows back along it


class WirePen:
    """Draws the wires of one scene in one theme."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self._canvas = theme.colour("surface.canvas")

    def colour(self, kind: int, *, pending: bool = False, dimmed: bool = False) -> QColor:
        """Solid also where it is paler, so that crossings do not show."""
        left = (PENDING if pending else 1.0) * (DIMMED if dimmed else 1.0)
        return mixed(self._canvas, self.theme.colour(KINDS.get(kind, "cotangent.wire")), left)

    def pixels(self, width: float, scale: float) -> float:
        """The pen for a width at 100 %: follows the zoom within limits."""
        return max(width * min(max(scale, 0.5), 1.5) * self.theme.line, THINNEST)

    def offset(self, facts: Facts, wires: np.ndarray, scale: float) -> np.ndarray:
        """How far beside its wire the share flows, in scene units."""
        return (np.asarray(facts.width[wires]) + facts.share_width[wires]) / 2 * self.theme.line + GAP / scale

    def paint(
        self,
        painter: QPainter,
        index: SceneIndex,
        facts: Facts,
        view: Box,
        scale: float,
        *,
        related: np.ndarray | None,
        under_way: np.ndarray,
        exact: bool,
    ) -> None:
        """All wires in view, and over them the shares that have come back."""
        seen = index.curves_in(view)
        wires = index.scene.curve_wire[seen]
        pending = facts.wire_pending.copy()
        forward_step = under_way[~facts.share_there[under_way]] if len(under_way) else under_way
        pending[forward_step] = True
        ends = index.scene.wire_ends
        dim = dimmed(ends, related)
        few = exact or scale >= CURVES_FROM
        kind = index.scene.wire_kind.astype(int)
        self._layer(painter, index, seen, kind, facts.width, pending, dim, scale, few=few)
        back = facts.share_there.copy()
        back[under_way] = False
        beside = seen[back[wires]]
        if len(beside):
            moved = index.moved_curves(beside, self.offset(facts, index.scene.curve_wire[beside], scale))
            none = np.zeros(len(ends), bool)
            self._layer(painter, index, beside, np.full(len(ends), SHARE), facts.share_width, none, dim, scale,
                        few=few, curves=moved)  # fmt: skip

    def paint_far(self, painter: QPainter, index: SceneIndex, view: Box, related: np.ndarray | None) -> None:
        """Straight hairlines, for a graph whose texts cannot be read."""
        seen = index.curves_in(view)
        seen = seen[:: len(seen) // MOST_FAR + 1]
        wires = index.scene.curve_wire[seen]
        look = 4 * ~dimmed(index.scene.wire_ends, related)[wires] + index.scene.wire_kind[wires]
        for each in np.unique(look).tolist():
            lit, kind = divmod(each, 4)
            curves = index.scene.curves[seen[look == each]]
            painter.setPen(_pen(self.colour(kind, pending=kind == SAVED, dimmed=not lit), 0.0))
            draw_lines(painter, curves[:, [0, 3]].reshape(-1, 4))

    def _layer(
        self,
        painter: QPainter,
        index: SceneIndex,
        seen: np.ndarray,
        kind: np.ndarray,
        width: np.ndarray,
        pending: np.ndarray,
        dim: np.ndarray,
        scale: float,
        *,
        few: bool,
        curves: np.ndarray | None = None,
    ) -> None:
        """One call per look: kind, paler or not, width to half a pixel. The quiet ones lie below."""
        curves = index.scene.curves[seen] if curves is None else curves
        wires = index.scene.curve_wire[seen]
        half = np.where(pending[wires], PLAIN * 2, np.round(width[wires] * 2)).astype(int)
        look = ((~dim[wires] * 2 + ~pending[wires]) * 4 + kind[wires]) * 64 + half
        if not few:
            lines, curve_of = short_lines(curves, scale * painter.device().devicePixelRatioF(), OVERLAP / scale)
            look_of = look[curve_of]
        for each in np.unique(look).tolist():
            rest, wide = divmod(each, 64)
            rest, what = divmod(rest, 4)
            lit, come = divmod(rest, 2)
            pixels = DOT * self.theme.line if what == SAVED else self.pixels(wide / 2, scale)
            pen = _pen(self.colour(what, pending=not come, dimmed=not lit), pixels / scale)
            these = np.flatnonzero(look == each)
            dashed = (not come or what == SAVED) and len(these) <= MOST_DASHED
            if dashed:
                pen.setDashPattern([length / pixels for length in (DOTS if what == SAVED else DASHES)])
                pen.setCapStyle(Qt.PenCapStyle.RoundCap if what == SAVED else Qt.PenCapStyle.FlatCap)
            painter.setPen(pen)
            if few or dashed:
                self._curves(painter, curves[these], wires[these])
            else:
                draw_lines(painter, lines[look_of == each])

    def _curves(self, painter: QPainter, curves: np.ndarray, wires: np.ndarray) -> None:
        """One path per wire, so that dashes run on from curve to curve."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        starts = np.flatnonzero(np.diff(wires, prepend=-1)).tolist()
        for first, last in zip(starts, [*starts[1:], len(wires)], strict=True):
            painter.drawPath(curve_path(curves[first:last]))


def dimmed(ends: np.ndarray, related: np.ndarray | None) -> np.ndarray:
    """bool (m,): wires of which no set of `related` (k, n) holds both ends."""
    if related is None:
        return np.zeros(len(ends), bool)
    return np.asarray(~(related[:, ends[:, 0]] & related[:, ends[:, 1]]).any(axis=0))


def short_lines(curves: np.ndarray, pixels: float, overlap: float) -> tuple[np.ndarray, np.ndarray]:
    """Straight lines that cannot be told from the curves where `pixels` of the screen make a scene unit, float64
    (k, 4), and the curve that each is a part of, int (k,). Each reaches `overlap` into the next, so that no seam shows.
    """
    needed = lines_needed(curves, pixels)
    lines, curve_of = [np.zeros((0, 4))], [np.zeros(0, int)]
    for count in np.unique(needed).tolist():
        these = np.flatnonzero(needed == count)
        points = flatten(curves[these], count)
        start, along = points[:, :-1], np.diff(points, axis=1)
        length = np.maximum(np.hypot(along[..., 0], along[..., 1]), 1e-9)[..., None]
        lines.append(np.concatenate([start, start + along * (1 + overlap / length)], axis=2).reshape(-1, 4))
        curve_of.append(np.repeat(these, count))
    return np.concatenate(lines), np.concatenate(curve_of)


def lines_needed(curves: np.ndarray, pixels: float) -> np.ndarray:
    """How many lines each curve (c, 4, 2) takes to be nowhere further from it than TOLERANCE pixels, int (c,).

    Wang's bound (Goldman, Pyramid Algorithms, 2003, 5.6.3), rounded up to one of COUNTS; 1 for a straight curve.
    """
    second = np.diff(curves, n=2, axis=1)
    bend = np.hypot(second[..., 0], second[..., 1]).max(axis=1)
    chord = curves[:, 3] - curves[:, 0]
    aside = curves[:, 1:3] - curves[:, :1]
    crosswise = np.abs(aside[..., 0] * chord[:, None, 1] - aside[..., 1] * chord[:, None, 0]).max(axis=1)
    straight = crosswise <= TOLERANCE / pixels * np.hypot(chord[:, 0], chord[:, 1])
    wanted = np.where(straight, 1, np.sqrt(0.75 * bend * pixels / TOLERANCE))
    return COUNTS[np.minimum(np.searchsorted(COUNTS, wanted), len(COUNTS) - 1)]


def curve_path(curves: np.ndarray) -> QPainterPath:
    """Joined cubic curves."""
    path = QPainterPath()
    at = None
    for start, first, second, end in curves.tolist():
        if start != at:
            path.moveTo(*start)
        path.cubicTo(*first, *second, *end)
        at = end
    return path


def mixed(ground: QColor, colour: QColor, share: float) -> QColor:
    """`share` of `colour` over `ground`, solid."""
    if share >= 1:
        return colour
    parts = zip(ground.getRgbF()[:3], colour.getRgbF()[:3], strict=True)
    return QColor.fromRgbF(*(below + (above - below) * share for below, above in parts))


def _pen(colour: QColor, width: float) -> QPen:
    """`width` in scene units, 0 for a hairline. Cosmetic pens are half as thick where a pixel is two device pixels."""
    return QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap, Qt.PenJoinStyle.RoundJoin)
