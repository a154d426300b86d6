"""Where the viewer looks: pure maths, no Qt. Scene units are pixels at 100 %; screen units are widget pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

Point = tuple[float, float]
Size = tuple[float, float]
Box = tuple[float, float, float, float]  # left, top, right, bottom

SMALLEST: Final = 0.005
LARGEST: Final = 8.0
MARGIN: Final = 32.0


@dataclass(frozen=True, slots=True)
class Camera:
    """`x`, `y` is the scene point in the middle of the view; `scale` is screen pixels per scene unit."""

    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0

    @classmethod
    def fit(cls, box: Box, size: Size, *, largest: float = 1.0, margin: float = MARGIN) -> Camera:
        """The whole of `box` in view, with a margin, and not larger than `largest`."""
        left, top, right, bottom = box
        room = max(size[0] - 2 * margin, 1.0), max(size[1] - 2 * margin, 1.0)
        scale = min(room[0] / max(right - left, 1.0), room[1] / max(bottom - top, 1.0), largest)
        return cls((left + right) / 2, (top + bottom) / 2, _clamped(scale))

    def to_scene(self, point: Point, size: Size) -> Point:
        """The scene point under a screen point of a view of `size`."""
        return self.x + (point[0] - size[0] / 2) / self.scale, self.y + (point[1] - size[1] / 2) / self.scale

    def to_screen(self, point: Point, size: Size) -> Point:
        """Where a scene point is on screen."""
        return (point[0] - self.x) * self.scale + size[0] / 2, (point[1] - self.y) * self.scale + size[1] / 2

    def view(self, size: Size) -> Box:
        """The part of the scene that is in view."""
        return *self.to_scene((0.0, 0.0), size), *self.to_scene(size, size)

    def panned(self, dx: float, dy: float) -> Camera:
        """The picture moved by screen pixels."""
        return replace(self, x=self.x - dx / self.scale, y=self.y - dy / self.scale)

    def zoomed_at(self, point: Point, factor: float, size: Size) -> Camera:
        """Larger by `factor`; what is under the screen point `point` stays under it."""
        x, y = self.to_scene(point, size)
        scale = _clamped(self.scale * factor)
        kept = self.scale / scale
        return Camera(x + (self.x - x) * kept, y + (self.y - y) * kept, scale)

    def showing(self, box: Box, size: Size, *, margin: float = MARGIN) -> Camera:
        """The nearest camera of the same scale that has `box` in view; a box larger than the view is centred."""
        left, top, right, bottom = self.view(size)
        inset = margin / self.scale
        return replace(
            self,
            x=self.x + _push(box[0], box[2], left + inset, right - inset),
            y=self.y + _push(box[1], box[3], top + inset, bottom - inset),
        )

    def toward(self, other: Camera, t: float) -> Camera:
        """On the way to `other`, t in [0, 1]: scale changes evenly, and one scene point stands still, as in a zoom."""
        scale = self.scale * (other.scale / self.scale) ** t
        if abs(other.scale - self.scale) < 1e-6 * self.scale:
            along = t
        else:
            along = (1 / scale - 1 / self.scale) / (1 / other.scale - 1 / self.scale)
        return Camera(self.x + (other.x - self.x) * along, self.y + (other.y - self.y) * along, scale)


def ease_out(t: float) -> float:
    """Fast first, slow at the end: cubic, from 0 at 0 to 1 at 1; clamped outside."""
    return 1 - (1 - min(max(t, 0.0), 1.0)) ** 3


def _clamped(scale: float) -> float:
    return min(max(scale, SMALLEST), LARGEST)


def _push(low: float, high: float, left: float, right: float) -> float:
    """How far the view must move so that low..high lies in left..right."""
    if high - low > right - left:
        return (low + high - left - right) / 2
    return min(low - left, 0.0) + max(high - right, 0.0)
