"""Where cards and wires go: a layered drawing, folded where there is a backward half. `layout` is the public name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from explorer.layout.options import LayoutOptions

if TYPE_CHECKING:
    from explorer.layout.nest import Nest
    from explorer.layout.placement import Placement

__all__ = ["layout"]


def layout(
    size: np.ndarray,
    edges: np.ndarray,
    *,
    value: np.ndarray | None = None,
    backward: np.ndarray | None = None,
    beside: np.ndarray | None = None,
    nest: Nest | None = None,
    drawn: np.ndarray | None = None,
    options: LayoutOptions | None = None,
) -> Placement:
    """Place n cards and route m wires.

    `size` float64 (n, 2): width and height of each card, n in execution order. `edges` int (m, 2): source and target
    card; the wires that meet one card stand in operand order. `value` int (m,): wires of one number carry the same
    value and share a trunk (default: the source). `backward` bool (n,): cards of the half that flows back; drawn
    apart when `options.fold`. `beside` int (k, 2): pairs of cards that would like to stand in one row of a folded
    drawing. Text scale is the caller's: it is in `size` already, and the gaps follow it.

    With `nest` (`explorer.layout.nest`), the n cards stand in g groups, and `size` (n + g, 2) goes on with the groups'
    sizes as cards, for where they are closed. `edges` are all uses between cards, whether or not groups hide them.
    `drawn` int (w,): the edges that are drawn, one for each wire to be seen; wire k of the Placement is drawn[k], from
    the box that shows its source to the box that shows its target. Ranks and order follow from `edges` and `nest`,
    whatever is open: opening a group moves its siblings apart and never past one another.

    Forward wires go down (right with direction "right"), wires of the backward half go up (left) in a folded drawing
    and with the others in a flat one. No two cards overlap, no wire passes through a card that is not its end; the
    same arguments give the same drawing. Raises ValueError where the edges hold a cycle, between cards or between
    groups, or name no card.
    """
    from explorer.layout.placement import place  # brings SciPy: the window, which only needs the options, does without

    return place(
        np.asarray(size, dtype=np.float64).reshape(-1, 2),
        np.asarray(edges, dtype=np.int64).reshape(-1, 2),
        value=value,
        backward=backward,
        beside=beside,
        nest=nest,
        drawn=drawn,
        options=options or LayoutOptions(),
    )
