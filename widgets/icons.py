"""Our own icons: 24 x 24 line drawings in `resources/icons/*.svg`, drawn in the theme's colours."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from explorer.paths import resources

if TYPE_CHECKING:
    from widgets.theme import Theme

# Device pixels; QIcon scales down from the next larger one, so 1x and 2x screens both get exact sizes.
SIZES: Final = (16, 20, 24, 32, 40, 48, 64, 96)
MODES: Final = (
    (QIcon.Mode.Normal, QIcon.State.Off, "text.normal"),
    (QIcon.Mode.Active, QIcon.State.Off, "text.strong"),
    (QIcon.Mode.Disabled, QIcon.State.Off, "text.disabled"),
    (QIcon.Mode.Normal, QIcon.State.On, "text.chosen"),
    (QIcon.Mode.Selected, QIcon.State.Off, "text.chosen"),
)


def icon(name: str, theme: Theme, *, role: str | None = None) -> QIcon:
    """Icon `name` in the theme's text colours, or in colour `role` throughout; FileNotFoundError for no such icon."""
    made = QIcon()
    for mode, state, usual in MODES:
        for size in SIZES:
            image = icon_image(name, theme.colour(role or usual).name(), size)
            made.addPixmap(QPixmap.fromImage(image), mode, state)
    return made


@cache
def icon_image(name: str, colour: str, size: int) -> QImage:
    """Icon `name` at `size` device pixels; `colour` stands for `currentColor` in the file."""
    drawn = QImage(size, size, QImage.Format.Format_ARGB32_Premultiplied)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    drawing = QByteArray(_svg(name).replace("currentColor", colour).encode())
    QSvgRenderer(drawing).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return drawn


@cache
def _svg(name: str) -> str:
    return (resources() / "icons" / f"{name}.svg").read_text("utf-8")
