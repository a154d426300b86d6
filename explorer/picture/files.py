"""One stage written to a file: the suffix decides the form. The command line and the window write alike.

`.json .txt .dot .graphml` hold the graph; `.svg .html .png .pdf` are pictures, of all of it or of a part.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from explorer.adapters import framework
from explorer.capture.record import Capture, Column, Source, Stage
from explorer.errors import UsageError
from explorer.graph import codec
from explorer.graph.text import graph_text
from explorer.layout.options import LayoutOptions
from explorer.picture.extent import Box, cropped, seen
from explorer.picture.scene import Scene
from explorer.picture.sheet import PAINTED, Sheet
from explorer.worker.drawing import Started, draw


@dataclass(frozen=True)
class Drawing:
    """What is to be written. `columns` are the stage's numbers by key (value, cotangent, share).

    `scene` is its picture where there is one already. Of a picture, only `cards` are drawn (places; None for all), or
    only what `box` shows. `scale` is device pixels per pixel at 100 %, for `.png`.
    """

    stage: Stage
    framework: str
    heading: str
    columns: Mapping[str, Column] = field(default_factory=dict)
    scene: Scene | None = None
    theme: str = "light"
    cards: frozenset[str] | None = None
    box: Box | None = None
    scale: float = 2.0

    def picture(self) -> Scene:
        """The scene, cut to its part. Lays the graph out where nobody has yet."""
        scene = self.scene
        if scene is None:
            from explorer.picture.build import build_scene  # loads SciPy and the layout

            scene = build_scene(self.stage.key, self.framework, self.stage.graph, LayoutOptions())
        if self.cards is not None:
            chosen = {scene.card_of(place) for place in self.cards} - {-1}
            if not chosen:
                raise UsageError("nothing_to_draw")
            return cropped(scene, chosen)
        return cropped(scene, seen(scene, self.box)) if self.box else scene


def heading(source: Source, stage: str) -> str:
    """What a picture is called: the text's first line, and where it was captured."""
    first, *more = source.text.strip().splitlines() or [""]
    return f"{first}{' …' if more else ''} · {framework(source.framework).title} {stage}"


def drawing_of(result: Capture, stage: Stage) -> Drawing:
    """`stage` of a capture with all its numbers."""
    columns = {column.key: column for column in result.columns if column.stage == stage.key}
    return Drawing(stage, result.source.framework, heading(result.source, stage.key), columns)


def as_json(drawing: Drawing) -> str:
    whole = codec.encode(drawing.stage.graph, framework=drawing.framework, stage=drawing.stage.key)
    return json.dumps(whole, indent=1) + "\n"


def as_text(drawing: Drawing) -> str:
    return graph_text(drawing.stage.graph)


def as_dot(drawing: Drawing) -> str:
    from explorer.graph.interop import to_dot

    return to_dot(drawing.stage.graph)


def as_graphml(drawing: Drawing) -> str:
    from explorer.graph.interop import to_graphml

    return to_graphml(drawing.stage.graph)


def as_svg(drawing: Drawing) -> str:
    from explorer.picture.svg import scene_svg

    value, cotangent = drawing.columns.get("value"), drawing.columns.get("cotangent")
    return scene_svg(
        drawing.picture(), drawing.theme, value=value, cotangent=cotangent, graph=drawing.stage.graph,
        title=drawing.heading, box=drawing.box,
    )  # fmt: skip


def as_html(drawing: Drawing) -> str:
    from explorer.picture.html import scene_html

    value, cotangent = drawing.columns.get("value"), drawing.columns.get("cotangent")
    return scene_html(drawing.picture(), drawing.stage.graph, drawing.heading, value=value, cotangent=cotangent)


WRITTEN: Final[Mapping[str, Callable[[Drawing], str]]] = {
    ".json": as_json,
    ".txt": as_text,
    ".svg": as_svg,
    ".html": as_html,
    ".dot": as_dot,
    ".graphml": as_graphml,
}
SUFFIXES: Final = (*WRITTEN, *PAINTED)
PICTURES: Final = (*PAINTED, ".svg", ".html")  # forms that have a part, and all but `.html` a theme


def write(drawing: Drawing, path: Path, started: Started = lambda _process: None) -> str:
    """Write `path`, whose suffix is one of `SUFFIXES`; returns the size of a painted picture in words, else "".

    `started` gets the process that paints. Raises UsageError, UnavailableError, or ExplorerError `picture_failed`.
    """
    if path.suffix in PAINTED:
        return draw(_sheet(drawing, path), started)
    save(path, WRITTEN[path.suffix](drawing))
    return ""


def _sheet(drawing: Drawing, path: Path) -> Sheet:
    columns = drawing.columns
    return Sheet(
        drawing.picture(), str(path.absolute()), drawing.theme, columns.get("value"), columns.get("cotangent"),
        columns.get("share"), drawing.box, drawing.scale,
    )  # fmt: skip


def save(path: Path, text: str) -> None:
    """Write `text`; UsageError with the reason where that cannot be done."""
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError("unwritable_file", path=str(path), reason=error.strerror or str(error)) from None
