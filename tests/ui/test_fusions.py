"""Optimized HLO in the window: a fusion opens where it stands, with the layout that the worker has."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from explorer.capture.record import Stage
from explorer.picture.build import build_scene
from explorer.worker.events import ColumnEvent, Done, Event, SceneEvent, StageEvent
from explorer.worker.requests import LayoutRequest
from tests.core.test_hlo import reading, stored
from tests.ui.canvas_groups import blocks, replays
from tests.ui.story import WAIT, Story

NAME = "jax-mlp-tagged.optimized_hlo"
FUSION = "add_tanh_fusion"
INNER = f"{FUSION}@0>tanh.0"


def recording() -> dict[str, Any]:
    """A compiled layer, as JAX's worker gave it once; the layout is the real one."""
    read = reading(NAME)
    first = replays(blocks(1))["capture"]
    columns = [event for event in first if isinstance(event, ColumnEvent)]
    shown = next(event for event in first if isinstance(event, StageEvent))
    compiled = StageEvent(0, Stage("optimized_hlo", read.graph, stored(NAME), read.lines, 0.001))

    def laid_out(request: LayoutRequest) -> list[Event]:
        scene = build_scene(request.stage, request.framework, request.graph, request.options)
        return [SceneEvent(0, scene), Done(0, 0.001)]

    return {"capture": [shown, compiled, *columns, Done(0, 0.001)], "layout": laid_out}


@pytest.fixture(autouse=True)
def _picture(story: Story) -> None:
    story.workers.replays = recording()
    story.open_text("x + x", framework="jax", stage="optimized_hlo")
    story.document.grouping.close_all()
    story.qtbot.waitUntil(lambda: FUSION in story.cards, timeout=WAIT)


def test_a_fusion_opens_in_place_with_what_it_fuses(story: Story) -> None:
    before = story.cards
    title = story.canvas.card_rect(FUSION).topLeft() + QPoint(30, 8)
    QTest.mouseDClick(story.canvas, Qt.MouseButton.LeftButton, pos=title)
    story.qtbot.waitUntil(lambda: INNER in story.cards, timeout=WAIT)
    assert {*before} - {FUSION} <= {*story.cards}  # all others stay
    assert story.canvas.index.ids[story.canvas.item_at(title)] == FUSION
    inside = story.canvas.card_rect(FUSION)
    assert inside.contains(story.canvas.card_rect(INNER))
    assert not any(inside.intersects(story.canvas.card_rect(card)) for card in before if card != FUSION)
    QTest.mouseDClick(story.canvas, Qt.MouseButton.LeftButton, pos=title)
    story.qtbot.waitUntil(lambda: INNER not in story.cards, timeout=WAIT)
    assert story.cards == before


def test_an_operation_inside_a_fusion_can_be_found_and_looked_at(story: Story) -> None:
    story.do("find")
    QTest.keyClicks(story.window.graph.find.field, "tanh.0")
    assert INNER in story.window.graph.find.hits
    story.window.graph.find.step(1)
    story.qtbot.waitUntil(lambda: INNER in story.cards, timeout=WAIT)
    assert story.canvas.selected_nodes() == (INNER,)
    assert story.window.inspector.rows["id"].text() == INNER
    assert "tanh" in story.texts(story.window.inspector)
