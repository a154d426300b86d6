"""Drawings that people will look at first: what stands where."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.layout import layout
from explorer.layout.options import LayoutOptions
from explorer.layout.placement import Placement
from tests.core.layout_rules import overlaps, passes_through, wire_ends

FLAT = LayoutOptions(fold=False)


def drawn(n: int, edges: list[tuple[int, int]], *, backward: tuple[int, ...] = (), options: LayoutOptions = FLAT,
          beside: list[tuple[int, int]] | None = None) -> Placement:  # fmt: skip
    placement = layout(
        np.full((n, 2), [160.0, 80.0]),
        np.array(edges).reshape(-1, 2),
        backward=np.isin(np.arange(n), backward),
        beside=np.array(beside or []).reshape(-1, 2),
        options=options,
    )
    assert overlaps(placement) == []
    assert passes_through(placement, np.array(edges).reshape(-1, 2)) == []
    return placement


def middle(placement: Placement, card: int) -> np.ndarray:
    return placement.rect[card, :2] + placement.rect[card, 2:] / 2


def test_nothing_to_draw() -> None:
    placement = layout(np.zeros((0, 2)), np.zeros((0, 2)))
    assert placement.rect.shape == (0, 4)
    assert placement.curves.shape == (0, 4, 2)


def test_one_card_stands_at_the_corner() -> None:
    assert drawn(1, []).rect.tolist() == [[0.0, 0.0, 160.0, 80.0]]


def test_operands_meet_the_card_in_argument_order() -> None:
    """a*(a+b): the wire of the first operand ends to the left of the second's, and a stands left of b."""
    placement = drawn(4, [(0, 2), (1, 2), (0, 3), (2, 3)])
    assert middle(placement, 0)[0] < middle(placement, 1)[0]
    for first, second in ((0, 1), (2, 3)):
        assert wire_ends(placement, first)[1][0] < wire_ends(placement, second)[1][0]
    assert wire_ends(placement, 0)[0][0] != wire_ends(placement, 2)[0][0], "two users, two places to leave from"


def test_a_square_has_two_wires_to_two_ports() -> None:
    placement = drawn(2, [(0, 1), (0, 1)])
    assert wire_ends(placement, 0)[1][0] < wire_ends(placement, 1)[1][0]


def test_a_parent_of_two_stands_in_the_middle() -> None:
    placement = drawn(3, [(0, 1), (0, 2)])
    assert middle(placement, 0)[0] == pytest.approx((middle(placement, 1)[0] + middle(placement, 2)[0]) / 2)


def test_a_chain_is_one_straight_line() -> None:
    placement = drawn(40, [(i, i + 1) for i in range(39)])
    assert np.ptp(placement.rect[:, 0]) < 1e-6
    assert (np.diff(placement.rect[:, 1]) > 80).all()


def test_an_input_stands_right_above_its_reader() -> None:
    """A weight that only the last operation reads is not drawn at the top of a long chain."""
    chain = [(i, i + 1) for i in range(9)]
    placement = drawn(11, [*chain, (10, 9)])
    assert placement.rect[10, 1] == placement.rect[8, 1]


def test_the_folded_gradient_of_a_product() -> None:
    """a*(a+b): every adjoint in the row of its primal, saved values level or nearly so, cotangents flow up."""
    a, b, seed, add, mul, share_b, share_a, accumulate = range(8)
    edges = [(a, add), (b, add), (a, mul), (add, mul), (seed, share_b), (a, share_b), (seed, share_a), (add, share_a),
             (share_a, accumulate), (share_b, accumulate)]  # fmt: skip
    placement = drawn(8, edges, backward=(seed, share_b, share_a, accumulate), options=LayoutOptions(),
                      beside=[(mul, seed)])  # fmt: skip
    y = placement.rect[:, 1]
    assert y[accumulate] == y[a] == y[b]
    assert y[share_a] == y[share_b] == y[add]
    assert y[seed] == y[mul]
    saved = placement.curves[placement.curve_wire == 7]
    assert np.ptp(saved[:, :, 1]) == pytest.approx(0.0), "the sum is saved for the card beside it: a level wire"
    start, end = wire_ends(placement, 7)
    assert start[0] == placement.rect[add, 0] + placement.rect[add, 2], "it leaves at the right side"
    assert end[0] == placement.rect[share_a, 0], "and arrives at the left side"
    assert wire_ends(placement, 8)[0][1] > wire_ends(placement, 8)[1][1]


def test_direction_right_is_the_same_drawing_turned() -> None:
    edges = [(0, 2), (1, 2), (0, 3), (2, 3)]
    placement = drawn(4, edges, options=LayoutOptions(direction="right"))
    assert placement.rect[3, 0] > placement.rect[2, 0] > placement.rect[0, 0] == placement.rect[1, 0]
    start, end = wire_ends(placement, 0)
    assert start[0] == placement.rect[0, 0] + placement.rect[0, 2]
    assert end[0] == placement.rect[2, 0]


def test_many_loose_cards_fill_a_rectangle_and_not_one_row() -> None:
    placement = drawn(60, [])
    extent = (placement.rect[:, :2] + placement.rect[:, 2:]).max(axis=0)
    assert extent[0] < 4 * extent[1]


def test_loose_cards_stand_below_the_drawing_they_have_nothing_to_do_with() -> None:
    chain = [(i, i + 1) for i in range(1, 9)]
    placement = drawn(10, chain)
    assert placement.rect[0, 1] > placement.rect[1:, 1].max()


def test_a_hub_with_many_readers_and_a_card_with_many_operands() -> None:
    many = 40
    edges = [(0, i) for i in range(1, many)] + [(i, many) for i in range(1, many)]
    placement = drawn(many + 1, edges)
    ends = [wire_ends(placement, many - 1 + i)[1][0] for i in range(many - 1)]
    assert ends == sorted(ends)
    assert len(set(ends)) == len(ends)


def test_a_cycle_and_a_missing_card_are_refused() -> None:
    with pytest.raises(ValueError, match="cycle"):
        drawn(2, [(0, 1), (1, 0)])
    with pytest.raises(ValueError, match="not there"):
        drawn(2, [(0, 2)])
