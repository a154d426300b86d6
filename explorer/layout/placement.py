"""From the caller's arrays to a Placement: checks, connected parts, packing, direction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.layout.coordinates import horizontal
from explorer.layout.drawing import Drawing, Fixed, Wire
from explorer.layout.fold import folded_ranks
from explorer.layout.inside import Frames
from explorer.layout.nest import ROOT, Nest, Structure, no_groups
from explorer.layout.options import LayoutOptions
from explorer.layout.ranks import ranks, topological_order

PART_GAP = 56.0  # pixels at 100 % between parts that no wire joins
ASPECT = 1.6  # width to height that packed parts aim at


@dataclass(frozen=True, slots=True)
class Placement:
    """`rect` float64 (n, 4): x, y, width, height. `curves` float64 (c, 4, 2): cubic curves in the direction of flow,
    `curve_wire` int32 (c,): the wire each belongs to, ascending. The drawing's upper left corner is (0, 0).

    With groups, `rect` goes on with theirs, float64 (n + g, 4): frames of open groups, cards of closed ones, and zeros
    for all that is in a closed group.
    """

    rect: np.ndarray
    curves: np.ndarray
    curve_wire: np.ndarray


def place(
    size: np.ndarray,
    edges: np.ndarray,
    *,
    value: np.ndarray | None,
    backward: np.ndarray | None,
    beside: np.ndarray | None,
    nest: Nest | None,
    drawn: np.ndarray | None,
    options: LayoutOptions,
) -> Placement:
    """See `explorer.layout.layout`."""
    nest = no_groups(len(size)) if nest is None else nest
    n, m = len(nest.inside), len(edges)
    if m and (edges.min() < 0 or edges.max() >= n):
        raise ValueError(f"an edge names a card that is not there: {n} cards")
    arcs = [(int(source), int(target)) for source, target in edges]
    topological_order(n, arcs)
    values = [source for source, _ in arcs] if value is None else [int(v) for v in value]
    sides = [bool(b) for b in backward] if backward is not None and options.fold and np.any(backward) else None
    structure = Structure(n, arcs, values, sides, nest, range(m) if drawn is None else [int(k) for k in drawn])
    turned = size[:, ::-1] if options.direction == "right" else size
    frames = Frames(structure, turned, options)
    pairs = np.asarray(beside).reshape(-1, 2).tolist() if beside is not None and sides else []
    parts = _parts(structure, frames, pairs, options)
    for part in parts:
        part.drawing.plan()
    x = horizontal([half for part in parts for half in part.drawing.ordered])
    for place, part in enumerate(parts):
        part.drawing.finish(x[2 * place : 2 * place + 2])
    return _assembled(structure, frames, parts, options)


def _parts(
    structure: Structure, frames: Frames, beside: Sequence[Sequence[int]], options: LayoutOptions
) -> list[_Part]:  # fmt: skip
    """What stands outermost, apart where no wire joins it."""
    root = structure.homes[ROOT]
    boxes, number = root.boxes, {box: k for k, box in enumerate(root.boxes)}
    wires = [Wire(k, number[p.source], number[p.target], p.value) for p, k in root.pieces.items()]
    sides = [structure.side(box) for box in boxes] if structure.sides is not None else None
    pairs = [(number[structure.ways[a][0]], number[structure.ways[b][0]]) for a, b in beside]
    if sides is not None:
        partners = ((box, structure.partner(box)) for box in boxes)
        pairs += [(number[a], number[b]) for a, b in partners if b in number and number[a] < number[b]]
    rank = _ranks(len(boxes), wires, sides, pairs)
    joined = connected_parts(len(boxes), [*((w.source, w.target) for w in wires), *pairs])
    joined.sort(key=lambda cards: len(cards) == 1)  # loose cards come last
    size = np.array([frames.size_of(box) for box in boxes]).reshape(-1, 2)
    unused = frozenset(range(len(wires))) - root.drawn
    arriving = {(p.target, p.use): k for p, k in root.pieces.items()}
    same = {wire.value: wire.value for wire in wires}
    return [
        _part(
            cards, size, wires, rank, sides, options.text_scale,
            frames.fixed([boxes[i] for i in cards], arriving, same), unused,
        )
        for cards in joined
    ]  # fmt: skip


def _ranks(
    n: int, wires: Sequence[Wire], sides: Sequence[bool] | None, pairs: Sequence[tuple[int, int]]
) -> list[int]:  # fmt: skip
    if sides is None:
        return ranks(n, [(wire.source, wire.target) for wire in wires])
    down = [
        (wire.target, wire.source) if sides[wire.source] else (wire.source, wire.target)
        for wire in wires
        if sides[wire.source] == sides[wire.target]
    ]
    across = [(wire.source, wire.target) for wire in wires if sides[wire.source] != sides[wire.target]]
    return list(folded_ranks(n, tuple(down), tuple(across), tuple(pairs)))


@dataclass(frozen=True, slots=True)
class _Part:
    cards: list[int]
    drawing: Drawing

    def box(self) -> tuple[np.ndarray, np.ndarray]:
        """Upper left corner and extent, each float64 (2,)."""
        rect, curves = self.drawing.rect, self.drawing.curves.values()
        points = np.array([point for wire in curves for curve in wire for point in curve]).reshape(-1, 2)
        corners = np.concatenate([rect[:, :2], rect[:, :2] + rect[:, 2:], points])
        return corners.min(axis=0), np.ptp(corners, axis=0)


def _part(
    cards: list[int], size: np.ndarray, wires: Sequence[Wire], rank: Sequence[int], sides: Sequence[bool] | None,
    scale: float, fixed: Fixed, unused: frozenset[int],
) -> _Part:  # fmt: skip
    local = {card: place for place, card in enumerate(cards)}
    own = [Wire(w.edge, local[w.source], local[w.target], w.value) for w in wires if w.source in local]
    backward = None if sides is None else [sides[i] for i in cards]
    drawing = Drawing(
        size[cards], own, [rank[i] for i in cards], backward=backward, scale=scale, fixed=fixed, unused=unused
    )
    return _Part(cards, drawing)


def connected_parts(n: int, pairs: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Cards that wires join, in ascending order of their first card."""
    leader = list(range(n))

    def find(i: int) -> int:
        while leader[i] != i:
            leader[i] = leader[leader[i]]
            i = leader[i]
        return i

    for a, b in pairs:
        first, second = sorted((find(a), find(b)))
        leader[second] = first
    parts: dict[int, list[int]] = {}
    for i in range(n):
        parts.setdefault(find(i), []).append(i)
    return list(parts.values())


def _assembled(structure: Structure, frames: Frames, parts: list[_Part], options: LayoutOptions) -> Placement:
    rect = np.zeros((structure.n + len(structure.shows), 4))
    root = np.array(structure.homes[ROOT].boxes, dtype=np.int64)
    outer: dict[int, np.ndarray] = {}  # piece -> its curves
    boxes = [part.box() for part in parts]
    origins = _shelves([extent for _, extent in boxes], PART_GAP * options.text_scale)
    for part, (corner, _), origin in zip(parts, boxes, origins, strict=True):
        shift = origin - corner
        rect[root[part.cards]] = moved(part.drawing.rect, shift)
        for edge, curves in part.drawing.curves.items():
            outer[edge] = np.asarray(curves, dtype=np.float64).reshape(-1, 4, 2) + shift
    shift_of = _set_inner(rect, structure, frames)
    whole = []
    for route in structure.route:
        pieces = [
            outer[k] if home == ROOT else np.asarray(frames.drawn[home].curves(k)).reshape(-1, 4, 2) + shift_of[home]
            for home, k in route
        ]
        whole.append(np.concatenate(pieces) if len(pieces) > 1 else pieces[0])
    points = np.concatenate([np.zeros((0, 4, 2)), *whole])
    wire = np.repeat(np.arange(len(whole), dtype=np.int32), [len(curves) for curves in whole])
    if options.direction == "right":
        rect, points = rect[:, [1, 0, 3, 2]], points[:, :, ::-1]
    return Placement(np.ascontiguousarray(rect), np.ascontiguousarray(points), wire)


def moved(rect: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """float64 (n, 4): boxes moved by `shift`."""
    return np.concatenate([rect[:, :2] + shift, rect[:, 2:]], axis=1)


def _set_inner(rect: np.ndarray, structure: Structure, frames: Frames) -> dict[int, np.ndarray]:
    """Fill in what stands in open groups, the outer groups first; how far the drawing of each is moved."""
    shift_of: dict[int, np.ndarray] = {}
    for group, shows in enumerate(structure.shows):
        if shows:
            frame = frames.drawn[group]
            shift_of[group] = shift = rect[structure.n + group, :2] - frame.corner
            boxes = structure.homes[group].boxes
            inner = frame.drawing.rect[[frame.boxes[box] for box in boxes]]
            rect[boxes] = moved(inner, shift)
    return shift_of


def _shelves(extents: list[np.ndarray], gap: float) -> list[np.ndarray]:
    """Upper left corners: parts side by side, a new shelf where the row would be wider than the drawing should be."""
    if not extents:
        return []
    areas = [float(np.prod(extent + gap)) for extent in extents]
    width = max(float(extent[0]) for extent in extents)
    if max(areas) < sum(areas) / 2:  # where one part is most of the drawing, the others go below it
        width = max(width, float(np.sqrt(sum(areas) * ASPECT)))
    corners, x, y, tallest = [], 0.0, 0.0, 0.0
    for extent in extents:
        if x and x + extent[0] > width:
            x, y, tallest = 0.0, y + tallest + gap, 0.0
        corners.append(np.array([x, y]))
        x += float(extent[0]) + gap
        tallest = max(tallest, float(extent[1]))
    return corners
