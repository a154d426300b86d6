"""Things that move: by the clock, so that a slow frame is skipped and never delays the end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtWidgets import QStyle, QWidget

from widgets.canvas.camera import Camera, ease_out
from widgets.canvas.index import SceneIndex

Clock = Callable[[], float]
seconds: Clock = time.perf_counter

MOVE_SECONDS = 0.2
STEP_SECONDS = 0.4


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time. `at` says how far it is gone: 0 at the start, 1 from the end on."""

    start: float
    length: float

    def at(self, now: float) -> float:
        return min(max((now - self.start) / self.length, 0.0), 1.0) if self.length > 0 else 1.0


@dataclass(frozen=True, slots=True)
class Flight:
    """The camera on its way."""

    span: Span
    start: Camera
    end: Camera

    def at(self, now: float) -> Camera:
        t = self.span.at(now)
        return self.end if t >= 1 else self.start.toward(self.end, ease_out(t))


@dataclass(frozen=True, slots=True)
class Step:
    """A playback step on its way along `wires`; `against[k]` is set where it runs from user to producer."""

    span: Span
    wires: np.ndarray
    against: np.ndarray
    card: int

    def at(self, now: float) -> float:
        return self.span.at(now)


class Move:
    """Cards, frames and wires of one scene on their way from where they were in the scene before.

    `links` names, for a card of the new scene, the card of the old one that it continues. A group that was opened or
    closed continues itself: its frame grows out of the card, or shrinks to it, and what is new inside comes along with
    it. Any other card with no counterpart stands in its new place from the start; so does a wire whose ends did not
    both move, or whose shape changed.
    """

    def __init__(self, span: Span, old: SceneIndex, new: SceneIndex, links: dict[str, str]) -> None:
        self.span, self._new = span, new
        self._rect = new.rect.astype(float, copy=True)
        self.known = np.zeros(len(new.ids), bool)
        for item, node in enumerate(new.ids):
            before = old.number.get(links.get(node, ""), -1)
            if before >= 0:
                self._rect[item] = old.rect[before]
                self.known[item] = True
        self.coming = self._come_along()
        self._curves = _curves_before(self._rect[: new.count], old, new, links)

    def _come_along(self) -> np.ndarray:
        """What is new starts where it stands in the nearest frame that is not. bool (n,): the new cards."""
        coming = np.zeros(self._new.count, bool)
        for item in np.flatnonzero(~self.known).tolist():
            frame = self._new.frame_around(item)
            while frame >= 0 and not self.known[frame]:
                frame = self._new.frame_around(frame)
            if frame >= 0:
                self._rect[item, :2] += self._rect[frame, :2] - self._new.rect[frame, :2]
                if item < self._new.count:
                    coming[item] = True
        return coming

    def at(self, now: float) -> SceneIndex:
        """The scene on the way; its ids, cards and wires are those of the new scene."""
        t = ease_out(self.span.at(now))
        scene, count = self._new.scene, self._new.count
        rect = self._rect + (self._new.rect - self._rect) * t
        curves = self._curves + (scene.curves - self._curves) * t
        frames = replace(scene.frames, rect=rect[count:])
        return self._new.moved(replace(scene, rect=rect[:count], curves=curves, frames=frames))

    def come(self, now: float) -> float:
        """How far what is new has come: nothing is seen of it in the first third."""
        return min(max((self.span.at(now) - 1 / 3) * 1.5, 0.0), 1.0)


def _curves_before(rect: np.ndarray, old: SceneIndex, new: SceneIndex, links: dict[str, str]) -> np.ndarray:
    """Where the new scene's curves start: the old curve of the same use, else the new one moved with its two cards."""
    scene = new.scene
    ends = scene.wire_ends[scene.curve_wire]
    shift = (rect[:, :2] + rect[:, 2:] / 2) - (scene.rect[:, :2] + scene.rect[:, 2:] / 2)
    at_start, at_end = shift[ends[:, 0]][:, None], shift[ends[:, 1]][:, None]
    part = _position_in_wire(scene.curve_wire)[..., None]
    curves = scene.curves + at_start + (at_end - at_start) * part
    before = {use: wire for wire, use in enumerate(old.use)}
    (first, count), (old_first, old_count) = _curve_ranges(new), _curve_ranges(old)
    for wire, use in enumerate(new.use):
        user, _, operand = use.rpartition("#")
        then = before.get(f"{links.get(user, '')}#{operand}", -1)
        if then >= 0 and count[wire] == old_count[then]:
            here, there = first[wire], old_first[then]
            curves[here : here + count[wire]] = old.scene.curves[there : there + count[wire]]
    return curves


def _curve_ranges(index: SceneIndex) -> tuple[list[int], list[int]]:
    """Per wire, its first curve and how many it has."""
    wires = np.arange(len(index.use))
    first, end = (np.searchsorted(index.scene.curve_wire, wires, side) for side in ("left", "right"))
    return first.tolist(), (end - first).tolist()


def _position_in_wire(curve_wire: np.ndarray) -> np.ndarray:
    """(c, 4): how far along its wire each control point is, from 0 to 1."""
    if not len(curve_wire):
        return np.zeros((0, 4))
    wires, first, count = np.unique(curve_wire, return_index=True, return_counts=True)
    place = np.searchsorted(wires, curve_wire)
    order = np.arange(len(curve_wire)) - first[place]
    return (order[:, None] + np.linspace(0, 1, 4)) / count[place][:, None]


def motion_reduced(widget: QWidget) -> bool:
    """Whether the system asks for no animation, as far as Qt passes it on: a style then gives 0 ms."""
    return widget.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration, None, widget) == 0
