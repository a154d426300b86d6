"""Paints one picture of a graph into a file, without a window: `python -m widgets.export`, a sheet on standard input.

The canvas's own painter draws it, with every row and true curves. Runs in a process of its own on Qt's offscreen
platform, so that a large graph holds up no window; the window and the command line start it alike.
"""

from __future__ import annotations

import os
import sys
from math import ceil, sqrt
from pathlib import Path
from typing import Final

from PySide6.QtCore import QMarginsF, QSize, QSizeF
from PySide6.QtGui import QImage, QImageWriter, QPageSize, QPainter, QPdfWriter

from explorer.picture.extent import Box
from explorer.picture.sheet import Sheet
from explorer.worker.drawing import UNWRITABLE, from_bytes
from explorer.worker.protocol import BadFrame
from widgets.canvas.camera import MARGIN, Camera
from widgets.canvas.facts import Facts, Numbers
from widgets.canvas.index import SceneIndex
from widgets.canvas.painter import Look, ScenePainter
from widgets.theme import Theme, load_fonts

MOST_PIXELS: Final = 120e6  # of an image: half a gigabyte
MOST_SIDE: Final = 30_000  # pixels; Qt's own limit is 32767
MOST_POINTS: Final = 14_400  # a side of a PDF page, by its specification
POINTS: Final = 72  # per inch
FINENESS: Final = 1200  # dots per inch of a PDF's coordinates


class Sketch:
    """The painter of a sheet and the part of the scene that is drawn."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        numbers = Numbers(sheet.value, sheet.cotangent, sheet.shares)
        self.theme = Theme.load(sheet.theme)
        self._pen = ScenePainter(Facts(SceneIndex(sheet.scene), numbers, None), self.theme)
        left, top, right, bottom = sheet.box or _with_margin(sheet.scene.bounds)
        self.width, self.height = max(right - left, 1.0), max(bottom - top, 1.0)
        self._camera = Camera((left + right) / 2, (top + bottom) / 2, 1.0)

    def paint(self, painter: QPainter, scale: float) -> None:
        """All of it, `scale` times its size at 100 %."""
        painter.scale(scale, scale)
        painter.fillRect(0, 0, ceil(self.width), ceil(self.height), self.theme.colour("surface.canvas"))
        self._pen.paint(painter, (self.width, self.height), self._camera, Look(exact=True))

    def image(self) -> QImage:
        """Pixels; fewer than asked for where that many would not fit into an image."""
        room = min(MOST_SIDE / max(self.width, self.height), sqrt(MOST_PIXELS / (self.width * self.height)))
        scale = min(self._sheet.scale, room)
        image = QImage(
            QSize(max(1, round(self.width * scale)), max(1, round(self.height * scale))), QImage.Format.Format_RGB32
        )
        image.setDevicePixelRatio(scale)
        painter = QPainter(image)
        try:
            self.paint(painter, 1.0)
        finally:
            painter.end()
        return image

    def write_pdf(self, path: str) -> bool:
        """One page as large as the picture, a point per pixel at 100 %; smaller where no page is that large."""
        scale = min(1.0, MOST_POINTS / max(self.width, self.height))
        writer = QPdfWriter(path)
        writer.setCreator("Backflow")
        writer.setResolution(FINENESS)
        size = QSizeF(self.width * scale, self.height * scale)
        writer.setPageSize(QPageSize(size, QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.ExactMatch))
        writer.setPageMargins(QMarginsF(0, 0, 0, 0))
        painter = QPainter()
        if not painter.begin(writer):
            return False
        try:
            self.paint(painter, scale * FINENESS / POINTS)
        finally:
            painter.end()
        return True


def write(sheet: Sheet) -> str:
    """Paint `sheet` into its file and return its size in words. Raises OSError with the reason."""
    sketch = Sketch(sheet)
    if sheet.path.endswith(".pdf"):
        if not sketch.write_pdf(sheet.path):
            raise OSError("no picture can be written there")
        return f"{sketch.width:.0f} x {sketch.height:.0f} points"
    image = sketch.image()
    writer = QImageWriter(sheet.path, b"png")
    writer.setText("Software", "Backflow")
    if not writer.write(image):
        raise OSError(writer.errorString())
    return f"{image.width()} x {image.height()} pixels"


def _with_margin(bounds: Box) -> Box:
    left, top, right, bottom = bounds
    return left - MARGIN, top - MARGIN, right + MARGIN, bottom + MARGIN


def main() -> int:
    """Exit code 0 with the size on standard output, or 2 with one sentence where the file cannot be written."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"  # also where there is a display: nothing is to appear on it
    from widgets.application import application

    application(("backflow",))
    load_fonts()
    try:
        sheet = from_bytes(sys.stdin.buffer.read())
        Path(sheet.path).open("ab").close()  # Qt tells no reasons
        print(write(sheet))
    except OSError as error:
        print(error.strerror or str(error), file=sys.stderr)
        return UNWRITABLE
    except BadFrame as error:
        print(f"Not a sheet: {error}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
