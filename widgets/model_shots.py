"""Pictures of the twelve sample models: the start view of each, and the middle of its backward pass.

`python -m widgets.shots OUT_DIR --models`. A model whose framework is not installed is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.adapters import framework
from explorer.picture.scene import Outline
from explorer.session import State
from explorer.worker.events import Ready
from widgets.samples import models, state_of

if TYPE_CHECKING:
    from widgets.shots import Studio


def pictures(studio: Studio) -> Iterator[Path]:
    """Up to three pictures of each model, in every theme and size."""
    for sample in models():
        state = state_of(sample, State())
        if not _is_installed(studio, state.framework):
            continue
        studio.open(state)
        studio.window.graph.canvas.fit()
        yield from studio.take(f"model-{sample.path.stem}")
        if _half_way_back(studio):
            yield from studio.take(f"model-{sample.path.stem}-backward")
        if _one_group_open(studio):
            yield from studio.take(f"model-{sample.path.stem}-groups")
            studio.window.show_outline(False)


def _one_group_open(studio: Studio) -> bool:
    """All groups closed but the largest outermost one, beside the outline; False for a graph without groups."""
    document, canvas = studio.document, studio.window.graph.canvas
    outline = canvas.index.scene.outline if canvas.index is not None else Outline()
    outermost = [row for row, parent in enumerate(outline.parent.tolist()) if parent < 0]
    if not outermost:
        return False
    largest = outline.ids[max(outermost, key=lambda row: int(outline.count[row]))]
    document.grouping.close_all()
    studio.wait_for("closed groups", lambda: not document.capturing.is_busy)
    document.grouping.set_open(largest, True)
    studio.wait_for(largest, lambda: largest in canvas.index.scene.frames.ids)
    document.select(largest)
    canvas.fit()
    studio.window.show_outline(True)
    return True


def _is_installed(studio: Studio, key: str) -> bool:
    studio.document.capturing.prepare(key)
    answers = studio.document.capturing.readiness
    studio.wait_for(key, lambda: key in answers)
    return isinstance(answers[key], Ready)


def _half_way_back(studio: Studio) -> bool:
    """The gradient stage, half of its steps done; False where it is not there."""
    document = studio.document
    stage = next(stage for stage in framework(document.session.state.framework).stages if stage.gradient and stage.on)
    if document.shown is None or not document.shown.is_whole(stage.key):
        return False
    document.show_stage(stage.key)
    studio.wait_for(stage.title, lambda: document.stage == stage.key)
    if document.playback is not None:
        document.seek(document.playback.total * 3 // 4)
    return True
