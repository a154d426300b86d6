"""The hard rules of a drawing, on random graphs: nothing overlaps, nothing is crossed out, everything flows one way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explorer.layout import layout
from explorer.layout.options import LayoutOptions
from explorer.layout.placement import Placement
from tests.core.layout_rules import broken, on_border, overlaps, passes_through, wire_ends

Case = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@st.composite
def cases(draw: st.DrawFn, largest: int = 200) -> Case:
    """Sizes, edges, value of each edge and sides of a random acyclic graph: multi-edges, hubs, loose ends."""
    n = draw(st.integers(0, largest))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    reach = draw(st.sampled_from([2, 6, 30, 200]))
    density = draw(st.sampled_from([0.3, 1.0, 1.6, 2.5]))
    edges = []
    for user in range(1, n):
        operands = int(random.poisson(density))
        edges += [(max(0, user - 1 - int(random.integers(0, reach))), user) for _ in range(operands)]
    share = draw(st.sampled_from([0.0, 0.1, 0.5, 1.0]))
    mixed = draw(st.booleans())
    backward = random.random(n) < share if mixed else np.arange(n) >= n * (1 - share)
    size = np.column_stack([random.integers(160, 241, n), random.choice([46, 80, 105], n)]).astype(float)
    value = np.array([source * 2 + random.integers(0, 2) for source, _ in edges], dtype=np.int64)
    return size, np.array(edges, dtype=np.int64).reshape(-1, 2), value, backward


def drawn(case: Case, options: LayoutOptions) -> Placement:
    size, edges, value, backward = case
    return layout(size * options.text_scale, edges, value=value, backward=backward, options=options)


every_option = st.builds(
    LayoutOptions,
    direction=st.sampled_from(["down", "right"]),
    fold=st.booleans(),
    text_scale=st.sampled_from([1.0, 1.5]),
)
thorough = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@thorough
@given(cases(), every_option)
def test_no_two_cards_overlap_and_no_wire_passes_through_a_card(case: Case, options: LayoutOptions) -> None:
    placement = drawn(case, options)
    assert overlaps(placement) == []
    assert passes_through(placement, case[1]) == []


@thorough
@given(cases(largest=60), every_option)
def test_every_wire_joins_its_two_cards_in_one_piece(case: Case, options: LayoutOptions) -> None:
    placement = drawn(case, options)
    assert sorted(set(placement.curve_wire.tolist())) == list(range(len(case[1])))
    assert broken(placement) == []
    for wire, (source, target) in enumerate(case[1]):
        start, end = wire_ends(placement, wire)
        assert on_border(placement.rect[source], start), wire
        assert on_border(placement.rect[target], end), wire


@thorough
@given(cases(largest=60), every_option)
def test_values_flow_down_and_cotangents_up(case: Case, options: LayoutOptions) -> None:
    size, edges, _, backward = case
    placement = drawn(case, options)
    along = 0 if options.direction == "right" else 1
    folded = options.fold and backward.any()
    for wire, (source, target) in enumerate(edges):
        start, end = (point[along] for point in wire_ends(placement, wire))
        if not folded or (not backward[source] and not backward[target]):
            assert start < end, wire
        elif backward[source] and backward[target]:
            assert start > end, wire
    if folded and not backward.all():
        across = 1 - along
        far = (placement.rect[:, across] + placement.rect[:, across + 2])[~backward]
        connected = len(edges) > 0 and _is_connected(len(size), edges)
        assert not connected or far.max() < placement.rect[backward, across].min()


def _is_connected(n: int, edges: np.ndarray) -> bool:
    from explorer.layout.placement import connected_parts

    return len(connected_parts(n, [(int(a), int(b)) for a, b in edges])) == 1


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases(), every_option)
def test_the_same_graph_gives_the_same_drawing(case: Case, options: LayoutOptions) -> None:
    first, second = drawn(case, options), drawn(case, options)
    assert np.array_equal(first.rect, second.rect)
    assert np.array_equal(first.curves, second.curves)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases(largest=40), st.booleans())
def test_text_scale_only_enlarges(case: Case, fold: bool) -> None:
    plain = drawn(case, LayoutOptions(fold=fold))
    large = drawn(case, LayoutOptions(fold=fold, text_scale=1.5))
    assert overlaps(large) == []
    assert large.rect[:, 2:] == pytest.approx(plain.rect[:, 2:] * 1.5)
