"""A part of a Scene: some of its cards and the wires between them, or what a view shows. The cards stay where they are.

Pure functions over the columns; every form of picture is written from what they give.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from explorer.picture.scene import Frames, Outline, Scene

Box = tuple[float, float, float, float]  # left, top, right, bottom


def cropped(scene: Scene, cards: Collection[int] | np.ndarray) -> Scene:
    """`scene` with only `cards` (numbers; in any order) and the wires that start and end at them.

    A frame stays where all that it holds stays; there is no outline.
    """
    kept = np.unique(np.array(cards if isinstance(cards, np.ndarray) else sorted(cards), dtype=int))
    number = np.full(len(scene.nodes), -1, np.int32)
    number[kept] = np.arange(len(kept))
    ends = number[scene.wire_ends].reshape(-1, 2)
    wires = np.flatnonzero((ends >= 0).all(axis=1))
    wire_number = np.full(len(scene.wire_value), -1, np.int32)
    wire_number[wires] = np.arange(len(wires))
    curves = np.flatnonzero(wire_number[scene.curve_wire] >= 0)
    hidden = np.flatnonzero(number[scene.hidden_card] >= 0)
    return replace(
        scene,
        nodes=_of(scene.nodes, kept),
        rect=scene.rect[kept],
        category=scene.category[kept],
        role=scene.role[kept],
        title=_of(scene.title, kept),
        word=_of(scene.word, kept),
        type_text=_of(scene.type_text, kept),
        shown=_of(scene.shown, kept),
        wire_ends=ends[wires],
        wire_operand=scene.wire_operand[wires],
        wire_value=_of(scene.wire_value, wires),
        wire_kind=scene.wire_kind[wires],
        curves=scene.curves[curves],
        curve_wire=wire_number[scene.curve_wire[curves]],
        inside=_rows(scene.inside, kept),
        repeats=_rows(scene.repeats, kept),
        wire_uses=_rows(scene.wire_uses, wires),
        hidden=_of(scene.hidden, hidden),
        hidden_card=number[scene.hidden_card[hidden]],
        frames=_frames(scene, number),
        outline=Outline(),
    )


def seen(scene: Scene, box: Box) -> np.ndarray:
    """int (k,): the cards that a view of `box` needs: those in it, and the ends of every wire that runs through it."""
    left, top, right, bottom = box
    x, y, width, height = scene.rect.T
    inside = (x < right) & (x + width > left) & (y < bottom) & (y + height > top)
    low, high = scene.curves.min(axis=1), scene.curves.max(axis=1)
    through = (low[:, 0] < right) & (high[:, 0] > left) & (low[:, 1] < bottom) & (high[:, 1] > top)
    ends = scene.wire_ends[scene.curve_wire[through]].ravel()
    return np.unique(np.concatenate([np.flatnonzero(inside), ends]))


def _frames(scene: Scene, number: np.ndarray) -> Frames:
    """Frames that lose nothing of what they hold."""
    frames = scene.frames
    middle = scene.rect[:, :2] + scene.rect[:, 2:] / 2
    low, high = frames.rect[:, None, :2], frames.rect[:, None, :2] + frames.rect[:, None, 2:]
    holds = ((middle >= low) & (middle <= high)).all(axis=2)
    kept = np.flatnonzero(holds.any(axis=1) & ~holds[:, number < 0].any(axis=1))
    return Frames(
        ids=_of(frames.ids, kept),
        rect=frames.rect[kept],
        title=_of(frames.title, kept),
        word=_of(frames.word, kept),
        count=frames.count[kept],
        depth=frames.depth[kept],
        backward=frames.backward[kept],
    )


def _of(texts: Sequence[str], places: np.ndarray) -> tuple[str, ...]:
    return tuple(texts[place] for place in places.tolist())


def _rows(column: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Rows of a column that may be left out."""
    return column[places] if len(column) else column
