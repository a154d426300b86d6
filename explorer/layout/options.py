"""What a reader may ask of a layout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class LayoutOptions:
    """`fold`: forward down on the left, cotangents up on the right. `text_scale` multiplies card sizes.

    `open` are the ids of the groups that stand open (`explorer.graph.scopes`), all others are one card each; None opens
    as many, from the outermost on, as leave at most `most` boxes, and with `room` (width and height in pixels) as can
    be read when all of them are in view there.
    """

    direction: Literal["down", "right"] = "down"
    fold: bool = True
    text_scale: float = 1.0
    open: tuple[str, ...] | None = None
    most: int = 60
    room: tuple[float, float] | None = None
