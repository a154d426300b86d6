"""From the caller's arrays to a Placement: checks, connected parts, packing, direction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.layout.drawing import Drawing, Wire
from explorer.layout.options import LayoutOptions
from explorer.layout.ranks import topological_order

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
    if m and not (0 <= edges.min() and edges.max() < n):
        raise ValueError(f"an edge names a card that is not there: {n} cards")
    arcs = [(int(source), int(target)) for source, target in edges]
    topological_order(n, arcs)
    values = [source for source, _ in arcs] if value is None else [int(v) for v in value]
    wires = [Wire(k, source, target, values[k]) for k, (source, target) in enumerate(arcs)]
    sides = [bool(b) for b in backward] if backward is not None and options.fold and np.any(backward) else None
    pairs = [(int(a), int(b)) for a, b in np.asarray(beside).reshape(-1, 2)] if beside is not None and sides else []
    turned = size[:, ::-1] if options.direction == "right" else size
    parts = [
        _part(cards, turned, wires, sides, pairs, options.text_scale)
        for cards in connected_parts(n, [*arcs, *pairs])
    ]  # fmt: skip
    return _assembled(n, turned, parts, options)


@dataclass(slots=True)
class _Part:
    cards: list[int]
    drawing: Drawing
    corner: np.ndarray  # (2,)
    extent: np.ndarray  # (2,)


def _part(
    cards: list[int], size: np.ndarray, wires: Sequence[Wire], sides: Sequence[bool] | None,
    pairs: Sequence[tuple[int, int]], scale: float,
) -> _Part:  # fmt: skip
    local = {card: place for place, card in enumerate(cards)}
    drawing = Drawing(
        size[cards],
        [Wire(w.edge, local[w.source], local[w.target], w.value) for w in wires if w.source in local],
        backward=None if sides is None else [sides[i] for i in cards],
        beside=[(local[a], local[b]) for a, b in pairs if a in local],
        scale=scale,
    )
    drawing.draw()
    points = np.array([point for curves in drawing.curves.values() for curve in curves for point in curve])
    corners = np.concatenate([drawing.rect[:, :2], drawing.rect[:, :2] + drawing.rect[:, 2:], points.reshape(-1, 2)])
    return _Part(cards, drawing, corners.min(axis=0), np.ptp(corners, axis=0))


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
    for part, origin in zip(parts, _shelves(parts, PART_GAP * options.text_scale), strict=True):
        shift = origin - part.corner
        rect[part.cards, :2] = part.drawing.rect[:, :2] + shift
        for edge, curves in part.drawing.curves.items():
            by_edge[edge] = np.asarray(curves, dtype=np.float64).reshape(-1, 4, 2) + shift
    edges = sorted(by_edge)
    curves = np.concatenate([by_edge[e] for e in edges]) if edges else np.zeros((0, 4, 2))
    wire = np.repeat(np.array(edges, dtype=np.int32), [len(by_edge[e]) for e in edges])
    if options.direction == "right":
        rect, curves = rect[:, [1, 0, 3, 2]], curves[:, :, ::-1]
    return Placement(np.ascontiguousarray(rect), np.ascontiguousarray(curves), wire)


def _shelves(parts: list[_Part], gap: float) -> list[np.ndarray]:
    """Upper left corners: parts side by side, a new shelf where the row would be wider than the drawing should be."""
    if not parts:
        return []
    area = sum(float(np.prod(part.extent + gap)) for part in parts)
    width = max(float(np.sqrt(area * ASPECT)), *(float(part.extent[0]) for part in parts))
    corners, x, y, tallest = [], 0.0, 0.0, 0.0
    for part in parts:
        if x and x + part.extent[0] > width:
            x, y, tallest = 0.0, y + tallest + gap, 0.0
        corners.append(np.array([x, y]))
        x += float(part.extent[0]) + gap
        tallest = max(tallest, float(part.extent[1]))
    return corners
