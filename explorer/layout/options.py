"""What a reader may ask of a layout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class LayoutOptions:
    """`fold`: forward down on the left, cotangents up on the right. `text_scale` multiplies card sizes."""

    direction: Literal["down", "right"] = "down"
    fold: bool = True
    text_scale: float = 1.0
