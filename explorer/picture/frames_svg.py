"""Groups as SVG: an open one is a frame with a header line, a closed one a card that lies on others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from explorer.layout.drawing import HEADER
from explorer.picture import card as geometry
from explorer.picture.fonts import elide, text_width
from explorer.picture.labels import number_text
from explorer.picture.scene import Scene
from explorer.picture.svg_text import attribute, label, number, text

RADIUS: Final = 12.0  # of a frame's corners
TINT: Final = 0.06  # how much of its colour a frame lays over what is around it
SHEETS: Final = (2, 1)  # cards that a closed group lies on, the lowest first
SHEET_DOWN, SHEET_IN = 4.0, 5.0
GAP: Final = 8.0


def frames(scene: Scene, theme: Mapping[str, Any], line: float) -> list[str]:
    """Every open group, outermost first."""
    own, scale = scene.frames, scene.text_scale
    found = []
    for k, (x, y, width, height) in enumerate(own.rect.tolist()):
        back = bool(own.backward[k])
        tint = theme["cotangent"]["wire"] if back else theme["group"]["tint"]
        border = theme["cotangent"]["border"] if back else theme["group"]["border"]
        told = f"{own.ids[k]}: {own.word[k]}, {int(own.count[k])} nodes"
        found.append(
            f'<g class="group" data-id={attribute(own.ids[k])} data-count="{int(own.count[k])}" '
            f'transform="translate({number(x)} {number(y)})"><title>{text(told)}</title>'
            f'<rect class="frame" width="{number(width)}" height="{number(height)}" rx="{number(RADIUS * scale)}" '
            f'fill="{tint}" fill-opacity="{TINT}" stroke="{border}" stroke-width="{number(line)}"/></g>'
        )
    return found


def headers(scene: Scene, theme: Mapping[str, Any]) -> list[str]:
    """The header line of every open group: name, kind and count, as many as there is room for. Wires that enter the
    frame pass below it."""
    return [_header(scene, k, theme["surface"]["canvas"]) for k in range(len(scene.frames.ids))]


def _header(scene: Scene, k: int, ground: str) -> str:
    own, scale = scene.frames, scene.text_scale
    x, y, width, _ = own.rect[k].tolist()
    title_style, word_style = geometry.TITLE, geometry.WORD
    baseline = y + (HEADER / 2 + geometry.ASCENT * title_style.size) * scale
    room = width / scale - geometry.PAD_LEFT - geometry.PAD_RIGHT
    title = elide(own.title[k], title_style.font, title_style.size, room)
    used = text_width(title, title_style.font, title_style.size)
    parts = [label("mono header", x + geometry.PAD_LEFT * scale, baseline, title)]
    for words in (own.word[k], number_text(int(own.count[k]))):
        wide = text_width(words, word_style.font, word_style.size) + GAP
        if words and used + wide <= room:
            parts.append(label("sans word", x + (geometry.PAD_LEFT + used + GAP) * scale, baseline, words))
            used += wide
    under = (
        f'<rect class="under" x="{number(x + (geometry.PAD_LEFT - GAP / 2) * scale)}" y="{number(y + 4 * scale)}" '
        f'width="{number((used + GAP) * scale)}" height="{number((HEADER - 8) * scale)}" rx="{number(4 * scale)}" '
        f'fill="{ground}" fill-opacity="0.8"/>'
    )
    return under + "".join(parts)


def sheets(width: float, height: float, fill: str, outline: str, line: float, scale: float) -> list[str]:
    """What the card of a closed group lies on, the lowest first."""
    radius = geometry.RADIUS * scale
    return [
        f'<rect class="sheet" x="{number(SHEET_IN * k * scale)}" y="{number(SHEET_DOWN * k * scale)}" '
        f'width="{number(width - 2 * SHEET_IN * k * scale)}" height="{number(height)}" rx="{number(radius)}" '
        f'fill="{fill}" stroke="{outline}" stroke-width="{number(line)}"/>'
        for k in SHEETS
    ]
