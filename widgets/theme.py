"""Colours, fonts and sizes by what they mean; the values stand in `resources/themes/*.toml`.

`Theme` is one immutable set of them. `Themes` holds the one in use, follows the system's light or dark until somebody
chooses, and dresses the application.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from explorer.capture.ops import CATEGORIES
from explorer.paths import resources
from explorer.picture.fonts import FAMILIES
from widgets.icons import icon
from widgets.stylesheet import stylesheet

__all__ = ["CHOICES", "LECTURE_SCALE", "Theme", "Themes", "icon", "load_fonts"]

CHOICES: Final = ("light", "dark", "projector")
LECTURE_SCALE: Final = 1.5
SIZES: Final = ("small", "body", "large", "title", "display")
# What the shipped files hold; asking for another weight would make Qt draw a false one.
BOLD: Final = {"sans": QFont.Weight.DemiBold, "mono": QFont.Weight.Bold}


@dataclass(frozen=True)
class Theme:
    """One theme. `scale` multiplies every text size: 1.0, or `LECTURE_SCALE` in lecture mode."""

    name: str
    values: Mapping[str, Any] = field(compare=False, repr=False)
    dark: bool
    contrast: float
    scale: float = 1.0

    @classmethod
    def load(cls, name: str, *, scale: float = 1.0) -> Theme:
        """The theme `resources/themes/<name>.toml`; FileNotFoundError for a name that is not in `CHOICES`."""
        values = _file(name)
        return cls(name, values, values["scheme"] == "dark", values["contrast"], scale)

    def colour(self, name: str) -> QColor:
        """A colour by role, such as `text.quiet` or `cotangent.wire`; KeyError for a role that is not there."""
        table, _, key = name.partition(".")
        return QColor(self.values[table][key])

    def category(self, index: int) -> QColor:
        """The colour of category number `index` of `explorer.capture.ops.CATEGORIES`."""
        return self.colour(f"category.{CATEGORIES[index]}")

    def pixels(self, size: str) -> int:
        """Pixel size of a step of the type scale: small, body, large, title or display."""
        return round(self.values["size"][size] * self.scale)

    @property
    def line(self) -> float:
        """Factor on the thickness of wires and borders."""
        return float(self.values["size"]["line"])

    def font(self, kind: str = "sans", size: str = "body", *, bold: bool = False) -> QFont:
        """Kind is `sans` or `mono`. Not hinted, so that text keeps its shape while a graph is zoomed."""
        return scene_font(kind, self.pixels(size), bold=bold)

    def palette(self) -> QPalette:
        """Qt's own roles, for what the stylesheet does not reach (text cursors, links, item views)."""
        palette = QPalette()
        for role, name in PALETTE.items():
            palette.setColor(role, self.colour(name))
        for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, role, self.colour("text.disabled"))
        return palette

    def stylesheet(self) -> str:
        """One sheet for the whole application."""
        return stylesheet(self)


PALETTE: Final = {
    QPalette.ColorRole.Window: "surface.window",
    QPalette.ColorRole.WindowText: "text.normal",
    QPalette.ColorRole.Base: "surface.field",
    QPalette.ColorRole.AlternateBase: "surface.hover",
    QPalette.ColorRole.Text: "text.strong",
    QPalette.ColorRole.Button: "surface.window",
    QPalette.ColorRole.ButtonText: "text.normal",
    QPalette.ColorRole.PlaceholderText: "text.quiet",
    QPalette.ColorRole.Highlight: "surface.chosen",
    QPalette.ColorRole.HighlightedText: "text.chosen",
    QPalette.ColorRole.Link: "text.chosen",
    QPalette.ColorRole.ToolTipBase: "surface.card",
    QPalette.ColorRole.ToolTipText: "text.strong",
    QPalette.ColorRole.Accent: "border.focus",
    QPalette.ColorRole.Light: "surface.hover",
    QPalette.ColorRole.Mid: "border.hairline",
    QPalette.ColorRole.Dark: "border.field",
}


@cache
def _file(name: str) -> Mapping[str, Any]:
    return tomllib.loads((resources() / "themes" / f"{name}.toml").read_text("utf-8"))


def scene_font(kind: str, pixels: float, *, bold: bool = False) -> QFont:
    """A font of `pixels` size; mono has figures of one width."""
    font = QFont(list(FAMILIES[kind][:-1]))  # the last is CSS's generic name; Qt has a style hint for it
    font.setPixelSize(max(1, round(pixels)))
    font.setWeight(BOLD[kind] if bold else QFont.Weight.Normal)
    font.setStyleHint(QFont.StyleHint.Monospace if kind == "mono" else QFont.StyleHint.SansSerif)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


def load_fonts() -> tuple[str, ...]:
    """Make the shipped fonts known to Qt and return their families. A file Qt cannot read is left out: text then
    falls back to a family of the machine. Needs a QGuiApplication."""
    families: list[str] = []
    for file in sorted((resources() / "fonts").glob("*.[to]tf")):
        families += QFontDatabase.applicationFontFamilies(QFontDatabase.addApplicationFont(str(file)))
    return tuple(dict.fromkeys(families))


def system_theme() -> str:
    """The name of the theme that fits the system's colour scheme; light where the system does not say."""
    return "dark" if QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark else "light"


class Themes(QObject):
    """The theme in use. `changed` carries the new Theme, after the application has put it on."""

    changed = Signal(object)

    def __init__(self, parent: QObject | None = None, *, chosen: str | None = None, scale: float = 1.0) -> None:
        super().__init__(parent)
        self._chosen = chosen if chosen in CHOICES else None
        self._scale = scale
        self.current = Theme.load(self._chosen or system_theme(), scale=scale)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._system_changed)

    @property
    def chosen(self) -> str | None:
        """What was chosen; None while the system is followed."""
        return self._chosen

    def choose(self, name: str | None) -> None:
        """Use theme `name`, or follow the system again."""
        self._chosen = name
        self._use()

    def set_scale(self, scale: float) -> None:
        """Text sizes times `scale`."""
        self._scale = scale
        self._use()

    def apply(self) -> None:
        """Dress the application in the current theme."""
        app = QApplication.instance()
        if isinstance(app, QApplication):
            if app.style().name() != "fusion":
                app.setStyle("Fusion")  # the only style that takes a palette whole on every system
            app.setFont(self.current.font())
            app.setPalette(self.current.palette())
            app.setStyleSheet(self.current.stylesheet())

    def _system_changed(self) -> None:
        if self._chosen is None:
            self._use()

    def _use(self) -> None:
        theme = Theme.load(self._chosen or system_theme(), scale=self._scale)
        if theme == self.current:
            return
        self.current = theme
        self.apply()
        self.changed.emit(theme)
