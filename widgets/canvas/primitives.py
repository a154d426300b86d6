"""Arrays as Qt's own primitives, so that thousands of them are drawn by one call."""

from __future__ import annotations

from typing import Generic, TypeVar

import numpy as np
import shiboken6
from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QPainter, QPixmap

T = TypeVar("T", QLineF, QRectF, QPainter.PixmapFragment)


class _Row(Generic[T]):
    """Memory that Qt reads as a row of `kind`, which is nothing but `width` doubles. Kept, for it is costly to wrap."""

    def __init__(self, kind: type[T], width: int) -> None:
        self._kind, self._width = kind, width
        self._grow(256)

    def first(self, numbers: np.ndarray) -> T:
        """(k, width) numbers, as the first of k primitives; they stand there until the next call."""
        if len(numbers) > len(self._memory):
            self._grow(2 * len(numbers))
        self._memory[: len(numbers)] = numbers
        return self._first

    def _grow(self, count: int) -> None:
        self._memory = np.zeros((count, self._width))
        self._first: T = shiboken6.wrapInstance(self._memory.ctypes.data, self._kind)


_lines, _rects, _fragments = _Row(QLineF, 4), _Row(QRectF, 4), _Row(QPainter.PixmapFragment, 10)


def draw_lines(painter: QPainter, lines: np.ndarray) -> None:
    """float64 (k, 4): x1, y1, x2, y2."""
    if len(lines):
        painter.drawLines(_lines.first(lines), len(lines))


def draw_rects(painter: QPainter, rects: np.ndarray) -> None:
    """float64 (k, 4): x, y, width, height."""
    if len(rects):
        painter.drawRects(_rects.first(rects), len(rects))


def draw_fragments(painter: QPainter, fragments: np.ndarray, sprite: QPixmap) -> None:
    """float64 (k, 10), as the members of QPainter.PixmapFragment: middle x, y, source x, y, width, height, scale x, y,
    rotation, opacity.
    """
    if len(fragments):
        painter.drawPixmapFragments(_fragments.first(fragments), len(fragments), sprite)
