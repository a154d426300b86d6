"""Two classes of points in the plane: five classical shapes, drawn by formula from a seed.

Each takes a generator, the number of points and the noise (a standard deviation, added to both coordinates after the
label is fixed) and gives points float64 (n, 2) in no order, with labels int64 (n,), 0 or 1, half of each or nearly so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

Points = tuple[np.ndarray, np.ndarray]
Shape = Callable[[np.random.Generator, int, float], Points]


def _labels(count: int) -> np.ndarray:
    return np.arange(count, dtype=np.int64) % 2


def moons(rng: np.random.Generator, count: int, noise: float) -> Points:
    """Two half circles of radius 1, the second turned over and shifted by (1, 0.5)."""
    labels = _labels(count)
    angle = rng.uniform(0.0, np.pi, count)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1.0 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    return np.where(labels[:, None] == 0, upper, lower) + _blur(rng, count, noise), labels


def circles(rng: np.random.Generator, count: int, noise: float) -> Points:
    """A circle of radius 1 around one of radius 0.5."""
    labels = _labels(count)
    angle = rng.uniform(0.0, 2.0 * np.pi, count)
    radius = np.where(labels == 0, 1.0, 0.5)
    return _polar(angle, radius) + _blur(rng, count, noise), labels


def spirals(rng: np.random.Generator, count: int, noise: float) -> Points:
    """Two arms of one and a half turns, opposite each other, from radius 0.1 to 1.2, evenly filled along the arm."""
    labels = _labels(count)
    along = np.sqrt(rng.uniform(0.0, 1.0, count))
    angle = 3.0 * np.pi * along + np.pi * labels
    return _polar(angle, 0.1 + 1.1 * along) + _blur(rng, count, noise), labels


def xor(rng: np.random.Generator, count: int, noise: float) -> Points:
    """The square from -1 to 1; class 1 where the signs of the coordinates differ. Half of the points of each class."""
    labels = _labels(count)
    points = rng.uniform(-1.0, 1.0, (count, 2))
    wrong = (points[:, 0] * points[:, 1] < 0) != (labels == 1)
    points[wrong, 0] *= -1.0
    return points + _blur(rng, count, noise), labels


def linear(rng: np.random.Generator, count: int, noise: float) -> Points:
    """The square from -1 to 1, cut by the line x + y = 0, with a gap of 0.2 between the classes."""
    labels = _labels(count)
    side = np.where(labels == 1, 1.0, -1.0)[:, None]
    points = rng.uniform(-1.0, 1.0, (count, 2))
    across = np.array([1.0, 1.0]) / np.sqrt(2.0)
    distance = points @ across
    mirrored = points + (side[:, 0] * np.abs(distance) - distance)[:, None] * across
    return mirrored + 0.1 * side * across + _blur(rng, count, noise), labels


SHAPES: Mapping[str, Shape] = {
    "moons": moons, "circles": circles, "spirals": spirals, "xor": xor, "linear": linear,
}  # fmt: skip


def _polar(angle: np.ndarray, radius: np.ndarray) -> np.ndarray:
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def _blur(rng: np.random.Generator, count: int, noise: float) -> np.ndarray:
    return noise * rng.standard_normal((count, 2))
