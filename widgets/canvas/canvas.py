"""The canvas widget: a camera, two layers (a kept picture and what changes over it) and what each input does.

Nothing is painted and no timer runs while nothing moves.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil
from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QImage, QPainter, QPaintEvent, QPixmap, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from explorer.capture.record import Column
from explorer.flow.playback import PlaybackState
from explorer.graph.ir import Graph
from explorer.picture.scene import Scene
from widgets.canvas import access, motion
from widgets.canvas.camera import Camera
from widgets.canvas.cone import CanvasCone, Cone
from widgets.canvas.facts import Facts, Numbers
from widgets.canvas.index import SceneIndex
from widgets.canvas.input import CanvasInput
from widgets.canvas.motion import Flight, Move, Span, Step, motion_reduced
from widgets.canvas.notices import LINE, paint_busy, paint_hint, paint_stale, paint_tag
from widgets.canvas.overlay import Marks, Overlay
from widgets.canvas.painter import Look, ScenePainter
from widgets.canvas.view import Been, CanvasView, Held
from widgets.theme import Theme

FRAME_MS: Final = 16


class GraphCanvas(CanvasInput, CanvasCone, CanvasView, QWidget):
    """Shows one Scene.

    `hovered`, `selected` and `activated` carry a node's place or a group's id, "" for none. `group_asked` says which
    group is to be opened or closed, and whether with all groups in it. `camera_changed` follows every change of view.
    """

    hovered = Signal(str)
    selected = Signal(str)
    activated = Signal(str)
    group_asked = Signal(str, bool, bool)  # id, open, with all below
    group_back_asked = Signal()  # as it was before the last group was opened or closed
    menu_asked = Signal(QPoint)  # where on the screen
    scene_shown = Signal()
    camera_changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.camera = Camera()
        self.index: SceneIndex | None = None
        self.facts: Facts | None = None
        self.reduced_motion: bool | None = None  # None: as the system says
        self._numbers, self._playback = Numbers(), None
        self._pen: ScenePainter | None = None
        self._kept: QPixmap | None = None
        self._new = True  # what is to be seen has not been painted yet
        self._marks = Marks()
        self._whole = True  # the view shows all, and goes on doing so when the size or the scene changes
        self._hint, self._stale, self._busy = "", False, False
        self._flight: Flight | None = None
        self._move: Move | None = None
        self._step: Step | None = None
        self._been: list[Been] = []
        self._held: Held | None = None  # the group that stays where it is when it has opened or closed
        self._cone = Cone()
        self.accessible: access.AccessibleCanvas | None = None
        self._start_input()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(160, 120)
        self.setAccessibleName(self.tr("Graph"))
        self._timer = QTimer(self, interval=FRAME_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        access.install()

    # what is shown

    def set_scene(self, scene: Scene | None, links: dict[str, str] | None = None, graph: Graph | None = None) -> None:
        """Show `scene`; None empties the canvas.

        `links` maps ids of the new scene to the ids in the old one that they continue. Without it, equal ids of the
        same stage continue each other. Linked cards move from their old place in 200 ms, and a group that was asked to
        open or close stays under the mouse all the way. `graph` is what the scene was made from: it says which uses of
        values run into and out of closed groups.
        """
        old, view = self.index, (self.camera.x, self.camera.y)
        chosen = [old.ids[item] for item in self._marks.selected] if old else []
        self._flight = self._move = self._step = None
        self.index = SceneIndex(scene, graph) if scene is not None else None
        now = motion.seconds()
        same = _continues(old, self.index, links)
        self._renew()
        self._mark(self._marks_after(chosen, same))
        if self.index is None:
            return self._refresh()
        if old is None or not same:
            self._been.clear()
            self._look(self._whole_view())
            self._whole = True
        else:
            self._fly(self._view_after(old, same, view), now)
        self._anchor, self._held = -1, None
        if old is not None and same and not self._still():
            self._move = Move(Span(now, motion.MOVE_SECONDS), old, self.index, same)
            self._run()
        access.changed(self)
        self.scene_shown.emit()
        return self._refresh()

    def set_numbers(self, value: Column | None, cotangent: Column | None, shares: Column | None) -> None:
        """The columns whose numbers the cards show; None for one that is not there yet."""
        self._numbers = Numbers(value, cotangent, shares)
        self._renew()
        self._refresh()

    def set_playback(self, state: PlaybackState | None, *, seconds: float = motion.STEP_SECONDS) -> None:
        """What is reached; None shows everything there is. One step on from the last state runs along its wires."""
        last, self._playback, self._step = self._playback, state, None
        self._renew()
        if state is not None and last is not None and state.index == last.index + 1 and not self._still():
            self._start_step(seconds)
        self._refresh()

    def set_theme(self, theme: Theme) -> None:
        self.theme = theme
        self._renew()
        self._refresh()

    def set_hits(self, nodes: Iterable[str]) -> None:
        """Ring the cards a search has found, also closed groups that hold a hit."""
        found = {self.index.item_of(node) for node in nodes} if self.index else set()
        self._mark(self._with(hits=frozenset(found - {-1})))

    @property
    def hint(self) -> str:
        """The quiet text of an empty canvas."""
        return self._hint

    def set_hint(self, text: str) -> None:
        """The quiet text of an empty canvas."""
        self._hint = text
        self.update()

    def set_stale(self, stale: bool) -> None:
        """Mark the picture as older than what was typed."""
        self._stale = stale
        self.update()

    def set_busy(self, busy: bool) -> None:
        """Show a thin line at the top edge while something is under way."""
        self._busy = busy
        if busy and self.isVisible() and not self._still():
            self._run()
        self.update()

    # selection

    def select(self, node: str) -> None:
        """Light what shows `node`, "" for none, and bring it into view; the first of several selected keeps them all.

        That is its card, the closed group that holds it, or the frame of a group.
        """
        card = self.index.item_of(node) if self.index else -1
        if card < 0 or card != next(iter(self._marks.selected), -1):
            self._select((card,) if card >= 0 else (), tell=False)
        if card >= 0:
            self._show_card(card)

    def select_all(self, nodes: Iterable[str]) -> None:
        """Light what shows each of `nodes`, and bring the first into view. Tells nobody."""
        items = {item for node in nodes if (item := self.index.item_of(node) if self.index else -1) >= 0}
        self._select(tuple(items), tell=False)
        if items:
            self._show_card(min(items))

    def selected_nodes(self) -> tuple[str, ...]:
        """Ids of the selected cards and frames, in execution order."""
        return tuple(self.index.ids[item] for item in self._marks.selected) if self.index else ()

    @property
    def selected_group(self) -> bool:
        """Whether the first of what is selected is a group, open or closed."""
        return self.is_group(next(iter(self._marks.selected), -1))

    @property
    def is_inside_group(self) -> bool:
        """Whether the first of what is selected stands in an open group."""
        chosen = next(iter(self._marks.selected), -1)
        return self.index is not None and chosen >= 0 and self.index.frame_around(chosen) >= 0

    @property
    def selected_cards(self) -> tuple[int, ...]:
        return self._marks.selected

    @property
    def focused_card(self) -> int:
        """The card that the keyboard is at; -1 for none."""
        return self._marks.focused

    def _select(self, cards: tuple[int, ...], *, focus: int | None = None, tell: bool = True) -> None:
        cards = tuple(sorted(cards))
        focused = focus if focus is not None else (cards[0] if cards else -1)
        before = self._marks.selected
        if cards != before:
            self._remember()
        self._mark(self._with(selected=cards, focused=focused))
        if cards != before:
            self._refresh()
            access.focus_moved(self)
        if tell:  # also for a group that is lit already: then it was for a node inside
            self.selected.emit(self.index.ids[cards[0]] if cards and self.index else "")

    def grab_image(self, size: QSize | None = None, scale: float = 1.0) -> QImage:
        """The whole graph as a picture of `size` (default: as large as it is at 100 %) times `scale` device pixels."""
        left, top, right, bottom = self.index.bounds if self.index else (0.0, 0.0, 320.0, 180.0)
        size = size or QSize(round(right - left) + 64, round(bottom - top) + 64)
        image = QImage(size * scale, QImage.Format.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(scale)
        image.fill(self.theme.colour("surface.canvas"))
        if self._pen is not None:
            painter = QPainter(image)
            room = float(size.width()), float(size.height())
            self._pen.paint(painter, room, Camera.fit((left, top, right, bottom), room), Look(exact=True))
            painter.end()
        return image

    def card_rect(self, node: str) -> QRect:
        """Where a card or frame is on the widget; empty for one that is not there."""
        card = self.index.number.get(node, -1) if self.index else -1
        if self._pen is None or card < 0:
            return QRect()
        return self._pen.card_on_screen(card, self._size(), self.camera).toAlignedRect()

    # motion

    def _still(self) -> bool:
        return motion_reduced(self) if self.reduced_motion is None else self.reduced_motion

    def _start_step(self, length: float) -> None:
        if self.facts is None:
            return
        wires = np.flatnonzero(self.facts.current)
        against = np.array([self.facts.against(wire) for wire in wires.tolist()], bool)
        self._step = Step(Span(motion.seconds(), length), wires, against, self.facts.receiving())
        self._run()

    def _run(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _tick(self) -> None:
        now = motion.seconds()
        moving = self._flight or self._move or self._step
        if self._flight is not None:
            flight = self._flight
            self._look(flight.at(now))
            self._flight = flight if flight.span.at(now) < 1 else None
        if self._move is not None:
            self._move = self._move if self._move.span.at(now) < 1 else None
            self._forget_picture()
        if self._step is not None and self._step.at(now) >= 1:
            self._step = None
            self._forget_picture()
        if moving:
            self.update()
        elif self._busy:
            self.update(0, 0, self.width(), ceil(LINE))
        if not (self._flight or self._move or self._step or (self._busy and not self._still())):
            self._timer.stop()

    def showEvent(self, _event: QShowEvent) -> None:
        if self._busy and not self._still():
            self._run()

    def hideEvent(self, _event: QHideEvent) -> None:
        """Nobody sees what moves: it arrives at once."""
        self._timer.stop()
        if self._flight is not None:
            self._look(self._flight.end)
        self._move = self._step = None
        self._forget_picture()

    # painting

    def _renew(self) -> None:
        """Numbers, playback, theme or scene are new: so are the facts and the pen."""
        if self.index is None:
            self.facts = None
        elif self.facts is not None and self.facts.index is self.index and self.facts.numbers is self._numbers:
            self.facts = self.facts.at(self._playback)
        else:
            self.facts = Facts(self.index, self._numbers, self._playback)
        if self.facts is None:
            self._pen = None
        elif self._pen is None or self._pen.theme != self.theme or self._pen.text_scale != self.facts.text_scale:
            self._pen = ScenePainter(self.facts, self.theme)
        else:
            self._pen.facts = self.facts

    def _refresh(self) -> None:
        self._forget_picture()
        self.update()

    def _forget_picture(self) -> None:
        self._kept, self._new = None, True

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            self._paint_all(painter)
        finally:
            painter.end()  # one that an error leaves open would crash later

    def _paint_all(self, painter: QPainter) -> None:
        if self._pen is None:
            painter.fillRect(self.rect(), self.theme.colour("surface.canvas"))
            paint_hint(painter, self.rect(), self.theme, self._hint)
        else:
            self._paint_graph(painter, self._pen)
        if self._busy:
            paint_busy(painter, self.width(), self.theme, None if self._still() else motion.seconds())

    def _paint_graph(self, painter: QPainter, pen: ScenePainter) -> None:
        self._paint_picture(painter, pen)
        if self._stale:
            paint_stale(painter, self.rect(), self.theme, self.tr("Out of date"))
        elif self._cone and (text := self.cone_text()):
            paint_tag(painter, self.theme, text)
        if self._move is not None:
            return
        overlay = Overlay(pen)
        overlay.paint_working(painter, self._size(), self.camera)
        if self._step is not None:
            overlay.paint_step(painter, self._size(), self.camera, self._step, self._step.at(motion.seconds()))
        overlay.paint(painter, self._size(), self.camera, self._marks if self.hasFocus() else self._with(focused=-1))

    def _paint_picture(self, painter: QPainter, pen: ScenePainter) -> None:
        """A picture that is new goes straight to the screen; one that is asked for again is kept, for the next time.

        So a view that moves is painted once per frame, and a mark that moves over a still view repaints no card.
        """
        ratio = self.devicePixelRatioF()
        if self._kept is not None and self._kept.size() != self.size() * ratio:
            self._forget_picture()
        if self._new:
            self._new = False
            self._paint_scene(painter, pen)
            return
        if self._kept is None:
            self._kept = QPixmap(self.size() * ratio)
            self._kept.setDevicePixelRatio(ratio)
            kept_painter = QPainter(self._kept)
            try:
                self._paint_scene(kept_painter, pen)
            finally:
                kept_painter.end()
        painter.drawPixmap(0, 0, self._kept)

    def _paint_scene(self, painter: QPainter, pen: ScenePainter) -> None:
        painter.fillRect(self.rect(), self.theme.colour("surface.canvas"))
        places = self._move.at(motion.seconds()) if self._move else None
        pen.paint(painter, self._size(), self.camera, self._look_now(), places)

    def _look_now(self) -> Look:
        under_way = self._step.wires if self._step else np.zeros(0, int)
        coming = (self._move.coming, self._move.come(motion.seconds())) if self._move else None
        return Look(related=self._lit(), under_way=under_way, labelled=self._labelled(under_way), coming=coming)

    def _lit(self) -> np.ndarray | None:
        """Sets of cards that belong together: the way to or from one that was asked for, else that of the selection."""
        if self.index is None:
            return None
        if self._cone:
            item = self.index.item_of(self._cone.item)
            if item >= 0:
                return self.index.related(item)[self._cone.sides]
        if not self._marks.selected:
            return None
        return np.concatenate([self.index.related(item) for item in self._marks.selected])

    def _labelled(self, under_way: np.ndarray) -> tuple[int, ...]:
        """Wires that say what flows along them: those of the step just taken, or else of the one selected card."""
        if self.facts is None or len(under_way):
            return ()
        chosen = self._marks.selected
        wires = np.flatnonzero(self.facts.current)
        return tuple(wires.tolist()) or (tuple(self.index.wires_of(chosen[0]).tolist()) if len(chosen) == 1 else ())

    def resizeEvent(self, _event: QResizeEvent) -> None:
        self._forget_picture()
        if self._whole and self.index is not None:
            self._look(self._whole_view())

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.DevicePixelRatioChange, QEvent.Type.LanguageChange):
            self._refresh()
        return super().event(event)


def _continues(old: SceneIndex | None, new: SceneIndex | None, links: dict[str, str] | None) -> dict[str, str]:
    """New node id -> the old one it continues."""
    if old is None or new is None:
        return {}
    if links is None:
        same = (old.scene.framework, old.scene.stage) == (new.scene.framework, new.scene.stage)
        links = {node: node for node in new.ids} if same else {}
    return {after: before for after, before in links.items() if after in new.number and before in old.number}
