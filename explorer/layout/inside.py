"""The inside of open groups: each drawn alone, the innermost first, then a box of that size in the group around it.

A group and its partner share their rows, so that they are equally high and what is saved runs level from one to the
other; that holds where only one of them is open, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from explorer.layout.coordinates import horizontal
from explorer.layout.drawing import HEADER, Drawing, Fixed, Inside, Wire
from explorer.layout.fold import folded_ranks
from explorer.layout.lanes import SideEnd
from explorer.layout.nest import Piece, Structure
from explorer.layout.options import LayoutOptions
from explorer.layout.routing import Curve


@dataclass(slots=True)
class Frame:
    """An open group, drawn. `corner` and `size` of its frame in the drawing, whose first cards are `boxes`; `edge` of
    each piece. `meet` and `leave` by value: where wires meet the frame, from its middle; `side` by (value, True) where
    they leave at the side and (use, False) where they arrive there."""

    drawing: Drawing
    corner: np.ndarray
    size: np.ndarray
    boxes: dict[int, int]
    edge: dict[int, int]
    meet: dict[int, float] = field(default_factory=dict)
    leave: dict[int, float] = field(default_factory=dict)
    side: dict[tuple[int, bool], float] = field(default_factory=dict)

    def curves(self, piece: int) -> list[Curve]:
        return self.drawing.curves[self.edge[piece]]


class Frames:
    """Draws open groups on demand. `size` float64 (n + g, 2), turned for the direction already."""

    def __init__(self, structure: Structure, size: np.ndarray, options: LayoutOptions) -> None:
        self.structure, self.size, self.options = structure, size, options
        self.drawn: dict[int, Frame] = {}
        self._alike: dict[object, Drawing] = {}

    def size_of(self, box: int) -> np.ndarray:
        frame = self.of(box)
        return np.asarray(self.size[box] if frame is None else frame.size)

    def of(self, box: int) -> Frame | None:
        """The frame of a box that is an open group."""
        group = box - self.structure.n
        if group < 0 or not self.structure.shows[group]:
            return None
        if group not in self.drawn:
            self._draw(group)
        return self.drawn[group]

    def fixed(self, boxes: Sequence[int], edges: Mapping[tuple[int, int], int], values: Mapping[int, int]) -> Fixed:
        """Where wires meet those of `boxes` that are open. A box is its position, a value what `values` calls it, and
        a use that arrives at a box what `edges` calls it."""
        meet: dict[tuple[int, int], float] = {}
        leave: dict[tuple[int, int], float] = {}
        side: dict[tuple[int, int, bool], float] = {}
        for card, box in enumerate(boxes):
            frame = self.of(box)
            if frame is not None:
                meet |= {(card, values[value]): offset for value, offset in frame.meet.items()}
                leave |= {(card, values[value]): offset for value, offset in frame.leave.items()}
                for (name, leaves), offset in frame.side.items():
                    side[card, values[name] if leaves else edges[box, name], leaves] = offset
        return Fixed(meet, leave, side)

    def _draw(self, group: int) -> None:
        """Draw a group, with its partner where that is open too."""
        partner = self._partner(group)
        together = partner >= 0 and self.structure.shows[partner]
        homes = sorted({group, partner} if together else {group}, key=self._flows_up)
        rank, rows = self._ranks(group, partner)
        unit = _Unit(self, homes, [self._flows_up(home) for home in homes], rank, rows)
        key = unit.key()
        drawing = self._alike.get(key)
        if drawing is None:
            drawing = self._alike[key] = unit.draw(self.options)
        for home, frame in unit.frames(drawing):
            self.drawn[home] = frame

    def _partner(self, group: int) -> int:
        partner = int(self.structure.nest.partner[group]) if self.structure.sides is not None else -1
        return partner if partner in self.structure.homes else -1

    def _flows_up(self, home: int) -> bool:
        return self.structure.sides is not None and bool(self.structure.nest.backward[home])

    def _ranks(self, group: int, partner: int) -> tuple[dict[int, int], int]:
        """Row of each box of the group and its partner; how many rows there are. Row 0 and the last are for ports."""
        homes = sorted({group, partner} - {-1})
        boxes = [box for home in homes for box in self.structure.homes[home].boxes]
        number = {box: k for k, box in enumerate(boxes)}
        down = []
        for home in homes:
            within = [
                (number[p.source], number[p.target]) for p in self.structure.homes[home].pieces if p.way == "within"
            ]
            down += [(b, a) for a, b in within] if self._flows_up(home) else within
        across = [(number[a], number[b]) for a, b in self.structure.pairs[group]]
        beside = [
            (k, number[other])
            for box, k in number.items()
            if (other := self.structure.partner(box)) in number and number[other] > k
        ]
        found = folded_ranks(len(boxes), tuple(down), tuple(across), tuple(beside))
        return {box: found[k] + 1 for box, k in number.items()}, max(found, default=0) + 3


class _Unit:
    """One or two homes as the arguments of a Drawing, in numbers of its own: alike groups have the same."""

    def __init__(self, frames: Frames, homes: list[int], up: list[bool], rank: dict[int, int], rows: int) -> None:
        structure = frames.structure
        self.homes, self.up, self.rows = homes, up, rows
        self.boxes = [box for home in homes for box in structure.homes[home].boxes]
        self.card = {box: k for k, box in enumerate(self.boxes)}
        self.rank = [rank[box] for box in self.boxes]
        self.backward = [flows for home, flows in zip(homes, up, strict=True) for _ in structure.homes[home].boxes]
        self.value: dict[int, int] = {}
        self.wires: list[Wire] = []
        self.ends: list[SideEnd] = []
        self.unused: set[int] = set()
        self.edge: list[dict[int, int]] = []  # of each home: piece -> edge
        self.ports: dict[tuple[int, bool, int], int] = {}  # (home's position, whether it leads out, value) -> card
        self.sides: list[tuple[int, int, bool, int]] = []  # (home's position, value or use, leaves, edge)
        arriving: dict[tuple[int, int], int] = {}
        count = 0
        for k, home in enumerate(homes):
            own = structure.homes[home]
            self.edge.append({})
            for piece, number in own.pieces.items():
                self.edge[k][number] = count
                if number not in own.drawn:
                    self.unused.add(count)
                if piece.use >= 0:
                    arriving[piece.target, piece.use] = count
                self._take(k, piece, count)
                count += 1
        self.size = np.array([*(frames.size_of(box) for box in self.boxes), *[np.zeros(2)] * len(self.ports)])
        self.fixed = frames.fixed(self.boxes, arriving, self.value)

    def _take(self, k: int, piece: Piece, edge: int) -> None:
        value = self.value.setdefault(piece.value, len(self.value))
        if piece.way == "within":
            self.wires.append(Wire(edge, self.card[piece.source], self.card[piece.target], value))
        elif piece.way == "in":
            self.wires.append(Wire(edge, self._port(k, False, value), self.card[piece.target], value))
        elif piece.way == "out":
            self.wires.append(Wire(edge, self.card[piece.source], self._port(k, True, value), value))
        else:
            leaves = piece.way == "side out"
            card = self.card[piece.source if leaves else piece.target]
            self.ends.append(SideEnd(edge, card, value, not self.up[k], leaves, self.rank[card]))
            self.sides.append((k, piece.value if leaves else piece.use, leaves, edge))

    def _port(self, k: int, out: bool, value: int) -> int:
        key = (k, out, value)
        if key not in self.ports:
            self.ports[key] = len(self.card) + len(self.ports)
            self.rank.append(self.rows - 1 if out != self.up[k] else 0)
            self.backward.append(self.up[k])
        return self.ports[key]

    def key(self) -> object:
        """Equal for units whose drawings are equal."""
        fixed = tuple(tuple(part.items()) for part in (self.fixed.meet, self.fixed.leave, self.fixed.side))
        return (
            tuple(self.up), tuple(self.rank), tuple(self.wires), tuple(self.ends), frozenset(self.unused), self.rows,
            len(self.boxes), self.size.tobytes(), fixed,
        )  # fmt: skip

    def draw(self, options: LayoutOptions) -> Drawing:
        header = HEADER * options.text_scale
        above, beside = (header, 0.0) if options.direction == "down" else (0.0, header)
        inside = Inside(self.rows, len(self.ports), tuple(self.ends), above, beside)
        drawing = Drawing(
            self.size, self.wires, self.rank, backward=self.backward, scale=options.text_scale, fixed=self.fixed,
            unused=frozenset(self.unused), inside=inside,
        )  # fmt: skip
        drawing.plan()
        drawing.finish(horizontal(drawing.ordered))
        return drawing

    def frames(self, drawing: Drawing) -> list[tuple[int, Frame]]:
        """What the drawing is of each home."""
        name = {number: value for value, number in self.value.items()}
        found = []
        for k, (home, up) in enumerate(zip(self.homes, self.up, strict=True)):
            left, right = (drawing.channel[1], drawing.right) if up else (0.0, drawing.channel[0])
            frame = Frame(
                drawing, np.array([left, 0.0]), np.array([right - left, drawing.bottom]), self.card, self.edge[k]
            )
            middle = (left + right) / 2
            for (own, out, value), card in self.ports.items():
                if own == k:
                    (frame.leave if out else frame.meet)[name[value]] = float(drawing.rect[card, 0]) - middle
            for own, value_or_use, leaves, edge in self.sides:
                if own == k and edge not in self.unused:
                    curve = drawing.curves[edge][-1][3] if leaves else drawing.curves[edge][0][0]
                    frame.side[value_or_use, leaves] = curve[1] - drawing.bottom / 2
            found.append((home, frame))
        return found
