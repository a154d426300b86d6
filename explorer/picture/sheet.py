"""A picture that Qt paints into a file: what goes to the process that does it (`widgets.export`), and back to bytes.

Plain data as in the worker protocol, never pickled: the receiving process reads it with the same checks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from explorer.capture.record import Column
from explorer.picture.extent import Box
from explorer.picture.scene import Scene

PAINTED: Final = (".png", ".pdf")


@dataclass(frozen=True, slots=True)
class Sheet:
    """`scene` with its numbers, drawn in `theme` into the file `path`, whose suffix is one of `PAINTED`.

    `box` is the part that is drawn, None for all of it with a margin. `scale` is device pixels per pixel at 100 %, for
    `.png`; a `.pdf` is drawn with curves, and has 1/72 inch per pixel.
    """

    scene: Scene
    path: str
    theme: str = "light"
    value: Column | None = None
    cotangent: Column | None = None
    shares: Column | None = None
    box: Box | None = None
    scale: float = 2.0
