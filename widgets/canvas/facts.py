"""What the cards and wires of one scene say at one moment: numbers as text, what is not computed yet, widths. No Qt.

A column that has not arrived says nothing. Once it is there, an id that is missing or not reached yet by the playback
is "not computed yet"; it is never shown as 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from explorer.capture.record import Cell, Column
from explorer.flow.playback import PlaybackState
from explorer.graph import places, roles
from explorer.picture.labels import MINUS, number_text, value_text
from explorer.picture.scene import BACKWARD, SAVED
from explorer.picture.widths import HAIRLINE, widths
from widgets.canvas.index import SceneIndex

ACCUMULATE: Final = roles.ROLES.index(roles.ACCUMULATE)
MOST_TERMS: Final = 4  # more summands than this are not written out

LASTING: Final = ("_uses_of", "_sent_together", "width", "share_width")  # the same at every moment of a playback


@dataclass(frozen=True, slots=True)
class Entry:
    """One number row of a card: `texts`, the best first, of which the first that fits is shown.

    `cell` is None and `pending` is set for "not computed yet".
    """

    texts: tuple[str, ...]
    cell: Cell | None = None
    pending: bool = False
    backward: bool = False


@dataclass(frozen=True, slots=True)
class Numbers:
    """The columns of one stage; None for one that has not arrived."""

    value: Column | None = None
    cotangent: Column | None = None
    shares: Column | None = None


class Facts:
    """Numbers and playback over one scene."""

    def __init__(self, index: SceneIndex, numbers: Numbers, playback: PlaybackState | None) -> None:
        self.index, self.numbers, self.playback = index, numbers, playback
        self._value = _cells(numbers.value)
        self._cotangent = _cells(numbers.cotangent)
        self._shares = _cells(numbers.shares)
        self.text_scale = index.scene.text_scale
        self._entries: dict[int, tuple[Entry | None, Entry | None]] = {}

    def at(self, playback: PlaybackState | None) -> Facts:
        """The same scene and numbers at another moment. What does not depend on the moment is kept."""
        facts = Facts(self.index, self.numbers, playback)
        facts.__dict__.update({name: self.__dict__[name] for name in LASTING if name in self.__dict__})
        return facts

    # one card

    def entries(self, card: int) -> tuple[Entry | None, Entry | None]:
        """The value row and the adjoint row of a card; None for a row with nothing to say."""
        if card not in self._entries:
            self._entries[card] = self._value_entry(card), self._adjoint_entry(card)
        return self._entries[card]

    @cached_property
    def pending(self) -> np.ndarray:
        """bool (n,): cards whose value is not computed yet."""
        if self.numbers.value is None:
            return np.zeros(self.index.count, bool)
        found = np.array([bool(value) and not self.value_reached(value) for value in self.index.scene.shown], bool)
        return found | (self.index.is_group & ~self._come_out_of)

    @cached_property
    def _come_out_of(self) -> np.ndarray:
        """bool (n,): cards that something has come out of; a group without a way out counts once it is reached."""
        scene, found = self.index.scene, np.zeros(self.index.count, bool)
        leaves = np.zeros(self.index.count, bool)
        leaves[scene.wire_ends[:, 0]] = True
        found[scene.wire_ends[~self.wire_pending, 0]] = True
        if self.playback is None:
            return found | ~leaves
        for place, card in zip(scene.hidden, scene.hidden_card.tolist(), strict=True):
            if not leaves[card] and self._when_reached(place):
                found[card] = True
        return found

    def _when_reached(self, value: str) -> bool:
        """What a called graph computes is there with its call."""
        outermost = places.path(value)
        return self.playback is None or (outermost[0][0] if outermost else value) in self.playback.values

    def value_cell(self, card: int) -> Cell | None:
        return self._value.get(self.index.scene.shown[card])

    def adjoint_cell(self, card: int) -> Cell | None:
        return self._cotangent.get(self.index.scene.shown[card])

    def value_reached(self, value: str) -> bool:
        return value in self._value and self._when_reached(value)

    def adjoint_reached(self, value: str) -> bool:
        return value in self._cotangent and (self.playback is None or value in self.playback.adjoints)

    def _value_entry(self, card: int) -> Entry | None:
        value, backward = self.index.scene.shown[card], bool(self.index.backward[card])
        if not value or self.numbers.value is None:
            return None
        if not self.value_reached(value):
            return Entry((), None, True, backward)
        cell = self._value[value]
        texts = (self._formula(card), self._sum_text(card, cell), value_text(cell))
        return Entry(tuple(text for text in texts if text), cell, False, backward)

    def _adjoint_entry(self, card: int) -> Entry | None:
        value = self.index.scene.shown[card]
        if value not in self._cotangent:
            return None
        if not self.adjoint_reached(value):
            return Entry((), None, True, True)
        cell = self._cotangent[value]
        uses = [use for use in self._uses_of.get(value, ()) if use in self._shares]
        if self._sent_together[card]:
            uses = []  # not every summand has a wire of its own
        texts = (_sum([self._shares[use] for use in uses], cell), value_text(cell))
        return Entry(tuple(text for text in texts if text), cell, False, True)

    def _formula(self, card: int) -> str:
        """The step that was just taken, in numbers, on the card that it filled; empty on every other card."""
        step = self.playback
        shown = self.index.scene.shown[card]
        if step is None or step.value != shown or shown in step.adjoints:
            return ""
        return step.formula if step.node == self.index.scene.nodes[card] else ""

    def _sum_text(self, card: int, total: Cell) -> str:
        """`5 + 2 = 7` for a card that accumulates shares; empty otherwise."""
        if self.index.scene.role[card] != ACCUMULATE:
            return ""
        scene = self.index.scene
        fed = np.flatnonzero((scene.wire_ends[:, 1] == card) & (scene.wire_kind == BACKWARD))
        if (self.index.uses[fed] > 1).any():
            return ""
        ordered = fed[np.argsort(scene.wire_operand[fed], kind="stable")]
        terms = [self._value.get(scene.wire_value[wire]) for wire in ordered.tolist()]
        return _sum([term for term in terms if term is not None], total)

    @cached_property
    def _uses_of(self) -> dict[str, list[str]]:
        uses: dict[str, list[str]] = {}
        for value, use in zip(self.index.scene.wire_value, self.index.use, strict=True):
            uses.setdefault(value, []).append(use)
        return uses

    @cached_property
    def _sent_together(self) -> np.ndarray:
        """bool (n,): cards with a wire to a closed group that stands for several uses."""
        found = np.zeros(self.index.count, bool)
        found[self.index.scene.wire_ends[self.index.uses > 1, 0]] = True
        return found

    # all wires

    @cached_property
    def wire_pending(self) -> np.ndarray:
        """bool (m,): nothing has come along the wire yet."""
        if self.numbers.value is None:
            return np.zeros(len(self.index.use), bool)
        return np.array([not self.value_reached(value) for value in self.index.scene.wire_value], bool)

    @cached_property
    def share_there(self) -> np.ndarray:
        """bool (m,): a share of a cotangent has come back along a forward wire."""
        values = zip(self.index.scene.wire_value, self.index.use, strict=True)
        return np.array([use in self._shares and self.adjoint_reached(value) for value, use in values], bool)

    @cached_property
    def current(self) -> np.ndarray:
        """bool (m,): wires of the step that was just taken."""
        found = np.zeros(len(self.index.use), bool)
        if self.playback is not None:
            found[[self.index.wire_of[use] for use in self.playback.wires if use in self.index.wire_of]] = True
        return found

    @cached_property
    def width(self) -> np.ndarray:
        """float64 (m,): pixels at 100 % by the magnitude of the value that flows along."""
        cells = self._value if self.numbers.value is not None else None
        found = widths(self.index.scene.wire_value, cells)
        return np.where(self.index.scene.wire_kind == SAVED, 1.6 * HAIRLINE, found)

    @cached_property
    def share_width(self) -> np.ndarray:
        """float64 (m,): the same for the share that flows back along a forward wire."""
        return widths(self.index.use, self._shares)

    def flowing(self, wire: int) -> Cell | None:
        """What a wire carries at this moment: the share that came back along it, else its value."""
        if self.share_there[wire]:
            return self._shares[self.index.use[wire]]
        value = self.index.scene.wire_value[wire]
        return self._value[value] if self.value_reached(value) else None

    @property
    def fills_adjoint(self) -> bool:
        """True where the current step brings an adjoint to a card, not a value."""
        step = self.playback
        return step is not None and step.phase == "backward" and step.value in self._cotangent

    def against(self, wire: int) -> bool:
        """True while the current step flows back along a forward wire."""
        return self.fills_adjoint and bool(self.current[wire])

    def receiving(self) -> int:
        """The card the current step fills, or the closed group it works in; -1 for none."""
        if self.playback is None or self.playback.node is None:
            return -1
        return self.index.scene.card_of(self.playback.node)


def scalar(cell: Cell | None) -> float | None:
    """The one real number in a cell; None for anything else."""
    if isinstance(cell, np.ndarray) and cell.size == 1 and cell.dtype.kind != "c":
        number: float = cell.item()
        return number
    return None


def byte_count(cell: Cell) -> int:
    if isinstance(cell, np.ndarray):
        return cell.nbytes
    bits = "".join(filter(str.isdigit, cell.dtype)) or "8"
    return int(np.prod(cell.shape, dtype=np.int64)) * max(int(bits) // 8, 1)


def _cells(column: Column | None) -> Mapping[str, Cell]:
    return {} if column is None else column.cells


def _sum(terms: list[Cell], total: Cell) -> str:
    """`5 + 2 = 7`; empty unless there are a few scalar terms."""
    numbers = [scalar(term) for term in terms]
    if scalar(total) is None or not 2 <= len(numbers) <= MOST_TERMS or None in numbers:
        return ""
    first, *rest = (number for number in numbers if number is not None)
    text = number_text(first)
    for number in rest:
        text += f" {MINUS} {number_text(-number)}" if number < 0 else f" + {number_text(number)}"
    return f"{text} = {value_text(total)}"
