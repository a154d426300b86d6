"""The folded drawing: forward rows run down on the left, the backward half runs up on the right, row beside row."""

from __future__ import annotations

from functools import lru_cache

from explorer.layout.ranks import EXACT_LIMIT, Arc, solve, tightened

NEARNESS = 0.7  # a row between the two ends of a saved wire costs this much of a row within a half
BESIDE = 2.0  # the same for a pair that the caller wants in one row


@lru_cache(maxsize=256)
def folded_ranks(
    n: int, down: tuple[Arc, ...], across: tuple[Arc, ...], beside: tuple[Arc, ...]
) -> tuple[int, ...]:  # fmt: skip
    """Rank of each card. `down` holds both halves' wires as (upper, lower); `across` the wires between the halves, and
    `beside` pairs that are to stand side by side.

    Least sum of spans within the halves and of distances across; without the solver each half is ranked alone.
    """
    arcs = sorted(set(down))
    attract = dict.fromkeys(sorted(set(across)), NEARNESS) | dict.fromkeys(sorted(set(beside)), BESIDE)
    found = solve(n, arcs, attract=attract) if 0 < n <= EXACT_LIMIT else None
    if found is None:
        found = tightened(n, arcs)
    used = {rank: place for place, rank in enumerate(sorted(set(found)))}
    return tuple(used[rank] for rank in found)
