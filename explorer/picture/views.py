"""What a page shows when its reader opens or closes a group: each view laid out beforehand.

A page has no layout of its own, so there is one view for each group: a closed one opens together with those around it,
an open one closes, and everything else is as it is at the start. That grows with the number of groups, not with that of
their combinations.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import product
from typing import Final, Literal

import numpy as np

from explorer.graph.ir import Graph
from explorer.graph.scopes import Groups, groups_of
from explorer.layout.options import LayoutOptions
from explorer.picture.build import build_scene
from explorer.picture.scene import Scene

Direction = Literal["down", "right"]
MOST_VIEWS: Final = 30  # in one page, the outermost groups first
MOST_CARDS: Final = 200  # in one view


def views(scene: Scene, graph: Graph) -> Iterator[tuple[str, Scene]]:
    """(group, scene in which it is open where it is closed in `scene`, or closed where it is open).

    A part of a picture has no outline and no views.
    """
    outline = scene.outline
    numbers = zip(outline.ids, outline.parent.tolist(), strict=True)
    parent = {name: outline.ids[outer] if outer >= 0 else "" for name, outer in numbers}
    start = {name for name, is_open in zip(outline.ids, outline.is_open.tolist(), strict=True) if is_open}
    groups = groups_of(graph)
    options = _options(scene, graph, groups, start) if parent else None
    if options is None:
        return
    count = 0
    for name in sorted(outline.ids, key=lambda name: len(around(name, parent))):
        inner = {other for other in start if name in (other, *around(other, parent))}
        chosen = start - inner if name in start else start | {name, *around(name, parent)}
        options = replace(options, open=tuple(sorted(chosen)))
        drawn = build_scene(scene.stage, scene.framework, graph, options, groups)
        if len(drawn.nodes) <= MOST_CARDS:
            yield name, drawn
            count += 1
        if count == MOST_VIEWS:
            return


def _options(scene: Scene, graph: Graph, groups: Groups, is_open: Collection[str]) -> LayoutOptions | None:
    """What `scene` was laid out with; None where it does not come from `graph`."""
    ways: tuple[Direction, ...] = ("down", "right")
    for fold, direction in product((True, False), ways):
        options = LayoutOptions(direction, fold, scene.text_scale, tuple(sorted(is_open)))
        same = build_scene(scene.stage, scene.framework, graph, options, groups)
        if same.nodes == scene.nodes and np.array_equal(same.rect, scene.rect):
            return options
    return None


def around(name: str, parent: dict[str, str]) -> list[str]:
    """Ids of the groups around a group, the innermost first."""
    found = []
    while name := parent.get(name, ""):
        found.append(name)
    return found
