"""A plane of a tensor as a heat map: one colour per number, the number itself where there is room, a mark for NaN."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.picture.labels import number_text
from explorer.picture.planes import Plane
from widgets.canvas.thumbnails import HATCH
from widgets.tensors.colours import Scale, ink_on
from widgets.theme import Theme

MOST_HEIGHT: Final = 168.0
MOST_SIDE: Final = 24.0  # of an entry without its number
LEAST_STRIP: Final = 18.0  # height of a vector
NUMBER_WIDTH, NUMBER_HEIGHT = 46.0, 22.0  # room for a number, before the text scale
MOST_NUMBER_ROWS: Final = 8
HATCHED_FROM: Final = 6.0  # side of an entry that has room for hatching
MOVES: Final = {
    Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Grid:
    """What of the plane is drawn, and how large: every `steps`-th row and column, `rows` x `columns` of them."""

    rows: int
    columns: int
    steps: tuple[int, int]
    width: float  # of one entry
    height: float
    with_numbers: bool

    @property
    def size(self) -> QSize:
        return QSize(round(self.columns * self.width), round(self.rows * self.height))


class HeatMap(QWidget):
    """`pointed` carries row and column of the plane that the mouse or the arrow keys are on, (-1, -1) for none."""

    pointed = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plane: Plane | None = None
        self._scale = Scale(0.0, signed=False)
        self._theme: Theme | None = None
        self._at: tuple[int, int] | None = None  # in the grid
        self._drawn: tuple[Grid, np.ndarray, QImage] | None = None
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("picture of the numbers"))

    def show_plane(self, plane: Plane, scale: Scale, theme: Theme) -> None:
        """Draw another plane."""
        self._plane, self._scale, self._theme = plane, scale, theme
        self._drawn = None
        self.setAccessibleDescription(plane.text)
        self.updateGeometry()
        self.update()

    @property
    def share(self) -> float:
        """Numbers of the plane for one that is drawn."""
        if self._plane is None:
            return 1.0
        grid = grid_of(self._plane, self._width, self._theme_scale)
        return self._plane.matrix.size / (grid.rows * grid.columns)

    # ---- size ----

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return 0 if self._plane is None else grid_of(self._plane, width - 2, self._theme_scale).size.height() + 2

    def sizeHint(self) -> QSize:
        return QSize(160, self.heightForWidth(160))

    def minimumSizeHint(self) -> QSize:
        return QSize(40, self.heightForWidth(max(self.width(), 40)))

    @property
    def _width(self) -> int:
        return max(self.width() - 2, 1)  # a line of room for the mark on either side

    @property
    def _theme_scale(self) -> float:
        return self._theme.scale if self._theme else 1.0

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._drawn = None

    # ---- painting ----

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._plane is None or self._theme is None:
            return
        grid, numbers, image = self._drawing(self._plane, self._theme)
        painter = QPainter(self)
        area = QRectF(QPointF(1, 1), grid.size)
        painter.drawImage(area, image)
        if min(grid.width, grid.height) >= HATCHED_FROM:
            self._hatch(painter, grid, numbers)
        if grid.with_numbers:
            self._numbers(painter, grid, numbers, self._theme)
        if self._at is not None:
            painter.setPen(QPen(self._theme.colour("border.strong"), 2.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(_rect(grid, *self._at))

    def _drawing(self, plane: Plane, theme: Theme) -> tuple[Grid, np.ndarray, QImage]:
        """The grid, its numbers (float64) and one pixel for each; kept until something changes."""
        if self._drawn is None:
            grid = grid_of(plane, self._width, theme.scale)
            numbers = plane.matrix[:: grid.steps[0], :: grid.steps[1]].astype(np.float64)
            pixels = self._scale.pixels(numbers, theme)
            rows, columns = np.nonzero(~np.isfinite(numbers))
            pixels[rows, columns] = np.array(HATCH, np.uint8)[(rows + columns) % 2]
            image = QImage(pixels.tobytes(), grid.columns, grid.rows, 3 * grid.columns, QImage.Format.Format_RGB888)
            self._drawn = grid, numbers, image.copy()
        return self._drawn

    def _hatch(self, painter: QPainter, grid: Grid, numbers: np.ndarray) -> None:
        """What is not finite: black stripes on white."""
        painter.setPen(Qt.PenStyle.NoPen)
        for row, column in np.argwhere(~np.isfinite(numbers)).tolist():
            rect = _rect(grid, row, column)
            painter.fillRect(rect, QColor(*HATCH[1]))
            painter.fillRect(rect, QBrush(QColor(*HATCH[0]), Qt.BrushStyle.BDiagPattern))

    def _numbers(self, painter: QPainter, grid: Grid, numbers: np.ndarray, theme: Theme) -> None:
        """Every number on its colour; none where one does not fit, for a part of it would be another number."""
        font = theme.font("mono", "small")
        painter.setFont(font)
        metrics = painter.fontMetrics()
        texts = [[self.text_at(row, column) for column in range(grid.columns)] for row in range(grid.rows)]
        if max(metrics.horizontalAdvance(text) for line in texts for text in line) > grid.width - 2:
            return
        pixels = self._scale.pixels(numbers, theme)
        for row, line in enumerate(texts):
            for column, text in enumerate(line):
                rect = _rect(grid, row, column)
                if np.isfinite(numbers[row, column]):
                    painter.setPen(ink_on(pixels[row, column]))
                else:
                    painter.fillRect(metrics.boundingRect(rect.toRect(), CENTRE, text), QColor(*HATCH[1]))
                    painter.setPen(QColor(*HATCH[0]))
                painter.drawText(rect, CENTRE, text)

    def text_at(self, row: int, column: int) -> str:
        """One number of the plane as people read it."""
        return number_text(self._plane.matrix[row, column].item()) if self._plane else ""

    # ---- pointing ----

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._plane is None:
            return
        grid = grid_of(self._plane, self._width, self._theme_scale)
        at = event.position() - QPointF(1, 1)
        row, column = int(at.y() // grid.height), int(at.x() // grid.width)
        self._point((row, column) if 0 <= row < grid.rows and 0 <= column < grid.columns else None)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        move = MOVES.get(Qt.Key(event.key()))
        if self._plane is None or move is None:
            super().keyPressEvent(event)
            return
        grid = grid_of(self._plane, self._width, self._theme_scale)
        row, column = self._at or (0, 0)
        if self._at is not None:
            row, column = row + move[0], column + move[1]
        self._point((max(0, min(row, grid.rows - 1)), max(0, min(column, grid.columns - 1))))

    def _point(self, at: tuple[int, int] | None) -> None:
        if at == self._at:
            return
        self._at = at
        self.update()
        if at is None or self._plane is None:
            self.pointed.emit(-1, -1)
            return
        steps = grid_of(self._plane, self._width, self._theme_scale).steps
        self.pointed.emit(at[0] * steps[0], at[1] * steps[1])


CENTRE: Final = Qt.AlignmentFlag.AlignCenter


def grid_of(plane: Plane, width: float, scale: float) -> Grid:
    """How `plane` is drawn in `width` pixels: with numbers where all have room, else as large as fits."""
    rows, columns = plane.matrix.shape
    if columns * NUMBER_WIDTH * scale <= width and rows <= MOST_NUMBER_ROWS:
        side = min(width / columns, 3 * NUMBER_WIDTH * scale)
        return Grid(rows, columns, (1, 1), side, NUMBER_HEIGHT * scale, with_numbers=True)
    steps = max(1, -(-rows // int(MOST_HEIGHT))), max(1, -(-columns // max(int(width), 1)))
    rows, columns = -(-rows // steps[0]), -(-columns // steps[1])
    side = min(width / columns, MOST_HEIGHT / rows, MOST_SIDE)
    side = float(int(side)) if side >= 4 else side  # equal squares; below that nobody sees the difference
    return Grid(rows, columns, steps, side, max(side, LEAST_STRIP) if rows == 1 else side, with_numbers=False)


def _rect(grid: Grid, row: int, column: int) -> QRectF:
    return QRectF(1 + column * grid.width, 1 + row * grid.height, grid.width, grid.height)
