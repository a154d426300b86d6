"""Which row a card stands in: ranks that make the sum of all wire lengths, counted in rows, as small as possible."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence

import numpy as np

from explorer.layout.solver import least

Arc = tuple[int, int]  # (upper, lower): the lower one stands at least one row further down

EXACT_LIMIT = 4000  # cards; beyond it the linear programme takes longer than the rest of the layout


def topological_order(n: int, arcs: Sequence[Arc]) -> list[int]:
    """Indices 0..n-1, every arc leading onwards, small indices first. Raises ValueError where there is a cycle."""
    waits = [0] * n
    below: list[list[int]] = [[] for _ in range(n)]
    for upper, lower in arcs:
        waits[lower] += 1
        below[upper].append(lower)
    ready = [i for i in range(n) if not waits[i]]
    order: list[int] = []
    while ready:
        i = heapq.heappop(ready)
        order.append(i)
        for j in below[i]:
            waits[j] -= 1
            if not waits[j]:
                heapq.heappush(ready, j)
    if len(order) < n:
        raise ValueError("the edges hold a cycle")
    return order


def ranks(n: int, arcs: Sequence[Arc]) -> list[int]:
    """Rank of each card, the smallest is 0.

    Gansner et al., "A Technique for Drawing Directed Graphs" (1993), section 2; solved as a linear programme, whose
    optimum is whole numbers because the constraint matrix is totally unimodular.
    """
    start = tightened(n, arcs)
    arcs = sorted(set(arcs))
    if n < 3 or not arcs or n > EXACT_LIMIT or _is_tight(start, arcs):
        return start
    return solve(n, arcs, attract={}) or start


def _is_tight(rank: Sequence[int], arcs: Sequence[Arc]) -> bool:
    """True where every wire spans one row: then no ranking is shorter."""
    return all(rank[lower] - rank[upper] == 1 for upper, lower in arcs)


def tightened(n: int, arcs: Sequence[Arc], *, passes: int = 4) -> list[int]:
    """Longest path from the top; then cards move to the side where they have more wires, as far as they can."""
    order = topological_order(n, arcs)
    above: list[list[int]] = [[] for _ in range(n)]
    below: list[list[int]] = [[] for _ in range(n)]
    for upper, lower in arcs:
        below[upper].append(lower)
        above[lower].append(upper)
    rank = [0] * n
    for i in order:
        rank[i] = max((rank[j] + 1 for j in above[i]), default=0)
    for _ in range(passes):
        if not _shift(order, above, below, rank):
            break
    lowest = min(rank, default=0)
    return [r - lowest for r in rank]


def _shift(order: list[int], above: list[list[int]], below: list[list[int]], rank: list[int]) -> bool:
    moved = False
    for i in reversed(order):
        if len(below[i]) > len(above[i]):
            best = min(rank[j] for j in below[i]) - 1
            moved |= best != rank[i]
            rank[i] = best
    for i in order:
        if len(above[i]) > len(below[i]):
            best = max(rank[j] for j in above[i]) + 1
            moved |= best != rank[i]
            rank[i] = best
    return moved


def solve(n: int, arcs: Sequence[Arc], *, attract: Mapping[Arc, float]) -> list[int] | None:
    """Ranks by linear programme: least sum of spans, plus the weighted distance of each pair in `attract`.

    None where the solver gives up; the caller has a ranking to fall back on.
    """
    upper, lower = np.array(arcs, dtype=np.int64).reshape(-1, 2).T
    first, second = np.array([*attract], dtype=np.int64).reshape(-1, 2).T
    m, k = len(upper), len(first)
    span_cost = np.bincount(lower, minlength=n) - np.bincount(upper, minlength=n).astype(np.float64)
    row, pair = np.arange(m), np.arange(k)
    distance = n + pair
    one = np.ones
    found = least(
        np.concatenate([span_cost, np.array([*attract.values()], dtype=np.float64)]),
        (
            np.concatenate([one(m), -one(m), one(k), -one(k), -one(k), -one(k), one(k), -one(k)]),
            np.concatenate([row, row] + [m + pair] * 3 + [m + k + pair] * 3),
            np.concatenate([upper, lower] + [first, second, distance] * 2),
        ),
        np.concatenate([-one(m), np.zeros(2 * k)]),
        0.0,
        2.0 * n,
    )
    if found is None:
        return None
    rank = np.round(found[:n]).astype(int)
    return [int(r) for r in rank - rank.min()]
