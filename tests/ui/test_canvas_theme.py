"""Colours that can be read: contrast by WCAG 2, and vermilion for cotangents only."""

from __future__ import annotations

import itertools

import pytest
from PySide6.QtGui import QColor

from explorer.capture.ops import CATEGORIES
from widgets.theme import CHOICES, LECTURE_SCALE, Theme

THEMES = pytest.mark.parametrize("name", CHOICES)
GROUNDS = ("surface.window", "surface.canvas", "surface.card", "surface.field", "surface.hover", "surface.chosen")


def luminance(colour: QColor) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.getRgbF()[:3]]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: QColor, two: QColor) -> float:
    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


@THEMES
@pytest.mark.parametrize("text", ["text.strong", "text.normal", "text.quiet"])
def test_text_can_be_read_on_every_ground(name: str, text: str) -> None:
    theme = Theme.load(name)
    for ground in GROUNDS:
        found = contrast(theme.colour(text), theme.colour(ground))
        assert found >= theme.contrast, f"{text} on {ground} in {name}: {found:.2f}"


@THEMES
def test_cotangents_can_be_read_where_they_are_written(name: str) -> None:
    theme = Theme.load(name)
    for ground in ("surface.canvas", "surface.card", "cotangent.tint"):
        assert contrast(theme.colour("cotangent.text"), theme.colour(ground)) >= theme.contrast


@THEMES
def test_text_on_a_button_and_on_what_is_chosen_can_be_read(name: str) -> None:
    theme = Theme.load(name)
    assert contrast(theme.colour("text.on_strong"), theme.colour("surface.strong")) >= theme.contrast
    assert contrast(theme.colour("text.chosen"), theme.colour("surface.chosen")) >= theme.contrast


def test_the_projector_asks_for_more_than_the_others() -> None:
    assert {name: Theme.load(name).contrast for name in CHOICES} == {"light": 4.5, "dark": 4.5, "projector": 7.0}
    assert Theme.load("projector").line > Theme.load("light").line


@THEMES
def test_wires_and_the_outline_of_the_selection_stand_out(name: str) -> None:
    """Graphics that carry meaning: at least 3:1 (WCAG 2.2, 1.4.11)."""
    theme = Theme.load(name)
    for role in ("wire.forward", "wire.backward", "border.strong", "border.focus"):
        assert contrast(theme.colour(role), theme.colour("surface.canvas")) >= 3.0


@THEMES
def test_cotangents_have_one_hue_and_no_category_has_it(name: str) -> None:
    theme = Theme.load(name)
    cotangent = theme.colour("cotangent.wire").hueF() * 360
    for role in ("cotangent.text", "wire.backward"):
        assert abs(theme.colour(role).hueF() * 360 - cotangent) < 4
    for category in range(len(CATEGORIES)):
        colour = theme.category(category)
        assert colour.saturationF() < 0.2 or abs(colour.hueF() * 360 - cotangent) > 10


@THEMES
def test_coloured_categories_differ_from_one_another(name: str) -> None:
    theme = Theme.load(name)
    coloured = [category for category in range(len(CATEGORIES)) if CATEGORIES[category] not in ("neutral", "shape")]
    for one, two in itertools.combinations(coloured, 2):
        apart = [a - b for a, b in zip(theme.category(one).getRgb(), theme.category(two).getRgb(), strict=True)]
        assert sum(map(abs, apart)) > 60


def test_lecture_mode_has_larger_text() -> None:
    assert Theme.load("light", scale=LECTURE_SCALE).pixels("body") == round(1.5 * Theme.load("light").pixels("body"))
