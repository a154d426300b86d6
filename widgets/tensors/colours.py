"""From numbers to colours: signed ones around 0, others by magnitude; the scale is one for a whole tensor."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtGui import QColor

from explorer.capture.record import Summary
from widgets.theme import Theme


@dataclass(frozen=True, slots=True)
class Scale:
    """`most` is the magnitude that has the strongest colour."""

    most: float
    signed: bool

    @classmethod
    def of(cls, known: Summary) -> Scale:
        """The scale for everything that `known` counted."""
        if math.isnan(known.minimum):
            return cls(0.0, signed=False)
        return cls(max(abs(known.minimum), abs(known.maximum)), signed=known.minimum < 0)

    def stops(self, theme: Theme) -> list[str]:
        """The colours of the map, from one end to the other."""
        return list(theme.values["map"]["signed" if self.signed else "magnitude"])

    def pixels(self, numbers: np.ndarray, theme: Theme) -> np.ndarray:
        """uint8 (..., 3) for float64 numbers; what is not finite has the colour of 0."""
        share = np.where(np.isfinite(numbers), numbers, 0.0) / (self.most or 1.0)
        return mapped((share + 1) / 2 if self.signed else share, self.stops(theme))


def mapped(share: np.ndarray, stops: list[str]) -> np.ndarray:
    """Numbers in [0, 1] -> uint8 (..., 3)."""
    colours = np.array([QColor(stop).getRgb()[:3] for stop in stops], float)
    at = np.linspace(0, 1, len(stops))
    return np.stack([np.interp(share, at, colours[:, channel]) for channel in range(3)], axis=-1).astype(np.uint8)


def ink_on(colour: np.ndarray) -> QColor:
    """Black or white, whichever can be read on `colour` (3,), by relative luminance (WCAG 2)."""
    linear = (colour / 255.0) ** 2.2
    luminance = float(linear @ np.array([0.2126, 0.7152, 0.0722]))
    return QColor("#000000" if luminance > 0.18 else "#FFFFFF")
