"""From the caller's arrays to a Placement: checks, connected parts, packing, direction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.layout.coordinates import horizontal
from explorer.layout.drawing import Drawing, Wire
from explorer.layout.fold import folded_ranks
from explorer.layout.options import LayoutOptions
from explorer.layout.ranks import ranks, topological_order

PART_GAP = 56.0  # pixels at 100 % between parts that no wire joins
ASPECT = 1.6  # width to height that packed parts aim at


@dataclass(frozen=True, slots=True)
class Placement:
    """`rect` float64 (n, 4): x, y, width, height. `curves` float64 (c, 4, 2): cubic curves in the direction of flow,
    `curve_wire` int32 (c,): the edge each belongs to, ascending. The drawing's upper left corner is (0, 0)."""

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
    options: LayoutOptions,
) -> Placement:
    """See `explorer.layout.layout`."""
    n, m = len(size), len(edges)
    if m and (edges.min() < 0 or edges.max() >= n):
        raise ValueError(f"an edge names a card that is not there: {n} cards")
    arcs = [(int(source), int(target)) for source, target in edges]
    topological_order(n, arcs)
    values = [source for source, _ in arcs] if value is None else [int(v) for v in value]
    wires = [Wire(k, source, target, values[k]) for k, (source, target) in enumerate(arcs)]
    sides = [bool(b) for b in backward] if backward is not None and options.fold and np.any(backward) else None
    pairs = [(int(a), int(b)) for a, b in np.asarray(beside).reshape(-1, 2)] if beside is not None and sides else []
    turned = size[:, ::-1] if options.direction == "right" else size
    rank = _ranks(n, wires, sides, pairs)
    joined = sorted(connected_parts(n, [*arcs, *pairs]), key=lambda cards: len(cards) == 1)  # loose cards come last
    parts = [_part(cards, turned, wires, rank, sides, options.text_scale) for cards in joined]
    for part in parts:
        part.drawing.plan()
    x = horizontal([half for part in parts for half in part.drawing.ordered])
    for place, part in enumerate(parts):
        part.drawing.finish(x[2 * place : 2 * place + 2])
    return _assembled(n, turned, parts, options)


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
    return folded_ranks(n, down, across, pairs)


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
    scale: float,
) -> _Part:  # fmt: skip
    local = {card: place for place, card in enumerate(cards)}
    own = [Wire(w.edge, local[w.source], local[w.target], w.value) for w in wires if w.source in local]
    backward = None if sides is None else [sides[i] for i in cards]
    return _Part(cards, Drawing(size[cards], own, [rank[i] for i in cards], backward=backward, scale=scale))


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


def _assembled(n: int, size: np.ndarray, parts: list[_Part], options: LayoutOptions) -> Placement:
    rect = np.zeros((n, 4))
    rect[:, 2:] = size
    by_edge: dict[int, np.ndarray] = {}
    boxes = [part.box() for part in parts]
    origins = _shelves([extent for _, extent in boxes], PART_GAP * options.text_scale)
    for part, (corner, _), origin in zip(parts, boxes, origins, strict=True):
        shift = origin - corner
        rect[part.cards, :2] = part.drawing.rect[:, :2] + shift
        for edge, curves in part.drawing.curves.items():
            by_edge[edge] = np.asarray(curves, dtype=np.float64).reshape(-1, 4, 2) + shift
    edges = sorted(by_edge)
    points = np.concatenate([np.zeros((0, 4, 2)), *(by_edge[e] for e in edges)])
    wire = np.repeat(np.array(edges, dtype=np.int32), [len(by_edge[e]) for e in edges])
    if options.direction == "right":
        rect, points = rect[:, [1, 0, 3, 2]], points[:, :, ::-1]
    return Placement(np.ascontiguousarray(rect), np.ascontiguousarray(points), wire)


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
