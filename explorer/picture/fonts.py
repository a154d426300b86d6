"""Text widths from tables of the shipped fonts, so that a Scene can be built where there is no Qt and no font file."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from typing import Final, Literal

from explorer.paths import resources

Font = Literal["sans", "sans-bold", "mono", "mono-bold"]

ELLIPSIS: Final = "…"
# CSS and Qt names of the shipped families, then what a machine without them is likely to have.
FAMILIES: Final = {
    "sans": ("Inter", "Noto Sans", "Segoe UI", "Helvetica Neue", "DejaVu Sans", "sans-serif"),
    "mono": ("JetBrains Mono", "Noto Sans Mono", "Cascadia Mono", "Menlo", "DejaVu Sans Mono", "monospace"),
}
# A sign that a font lacks comes from another font: spaces are made by the shaper in their own width (HarfBuzz,
# fallback spaces), anything else is taken to be as wide as an ideograph, so that a text never turns out wider.
FALLBACK: Final = {"\u2009": 200, "\u200a": 100, "\u202f": 200}
UNKNOWN_WIDTH: Final = 1000


@cache
def advances(font: Font) -> dict[str, int]:
    """Character -> advance width in thousandths of the font size."""
    table = json.loads((resources() / "fonts" / "widths.json").read_text("utf-8"))[font]
    found = dict(FALLBACK)
    for width, runs in table.items():
        for first, last in zip(runs[::2], runs[1::2], strict=True):
            found.update((chr(code), int(width)) for code in range(first, last + 1))
    return found


@lru_cache(maxsize=16384)
def text_width(text: str, font: Font, size: float) -> float:
    """Width of one line of `text` in pixels, without kerning. `size` is the font's pixel size."""
    widths = advances(font)
    return sum([widths.get(sign, UNKNOWN_WIDTH) for sign in text]) * size / 1000


@lru_cache(maxsize=16384)
def elide(text: str, font: Font, size: float, width: float) -> str:
    """`text`, cut at its end with an ellipsis so that it is at most `width` pixels wide; "" where nothing fits."""
    if text_width(text, font, size) <= width:
        return text
    widths = advances(font)
    room = width * 1000 / size - widths[ELLIPSIS]  # in the unit of the table: whole numbers add up without error
    if room < 0:
        return ""
    kept = used = 0
    for sign in text:
        used += widths.get(sign, UNKNOWN_WIDTH)
        if used > room:
            break
        kept += 1
    return text[:kept].rstrip() + ELLIPSIS


def elide_front(text: str, font: Font, size: float, width: float) -> str:
    """`text`, cut at its beginning: what tells `encoder.0.weight` from `encoder.0.bias` stands at the end."""
    return elide(text[::-1], font, size, width)[::-1]
