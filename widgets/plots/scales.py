"""From steps and losses to places on the plot and back, linear or logarithmic, and where the ticks stand."""

from __future__ import annotations

import math

import numpy as np

THIN_SPACE = "\u2009"
DECADES_SHOWN = 4  # below the best validation loss: further down is "passes through the points" all the same


class StepScale:
    """Steps from 0. The logarithmic form is log10(1 + step), so that step 0 has a place."""

    def __init__(self, log: bool) -> None:
        self.log = log
        self.finest = 248.0 if log else 1.0  # buckets per unit before any joining: one decade, or one step each

    def to_plot(self, steps: np.ndarray | float) -> np.ndarray:
        return np.log10(1.0 + np.asarray(steps)) if self.log else np.asarray(steps, dtype=np.float64)

    def to_step(self, place: float) -> int:
        """The step nearest to a place; beyond the ends of any run it is still finite."""
        return round(10 ** min(max(place, 0.0), 15.0) - 1) if self.log else round(max(place, 0.0))

    def ticks(self, last: int) -> list[tuple[float, str]]:
        """Places and labels for a run whose last step is `last`."""
        if self.log:
            steps = [0] + [10**power for power in range(1, len(str(last)))]
        else:
            steps = [int(step) for step in _round_steps(last)]
        return [(float(self.to_plot(step)), f"step {step}" if step == 0 else grouped(step)) for step in steps]


class LossScale:
    """Losses. In the logarithmic form what lies under the floor is drawn at the floor, and its tick says so; with
    losses below 0 (of a text) the form is linear.

    `head` is the share of the height to keep free at the top, for words.
    """

    def __init__(self, log: bool, *, least: float, greatest: float, best: float, head: float) -> None:
        self.log = log and least >= 0
        self._floor, self._is_cut = _floor(least, best)
        greatest = max(greatest, 2 * self._floor)
        if self.log:
            low, high = math.log10(self._floor), math.log10(greatest)
            self.range = (low - 0.02 * (high - low), low + (high - low) / (1 - head))
        else:
            low = min(0.0, least)
            self.range = (low, low + (greatest - low) / (1 - head))

    def to_plot(self, losses: np.ndarray | float) -> np.ndarray:
        return np.log10(np.maximum(losses, self._floor)) if self.log else np.asarray(losses, dtype=np.float64)

    def ticks(self) -> list[tuple[float, str]]:
        """Places and labels in the range shown."""
        low, high = self.range
        if not self.log:
            unit = _unit(max(high, -low))
            numbers = range(math.ceil(low / unit), math.floor(high / unit) + 1)
            return [(unit * number, plain(unit * number)) for number in numbers]
        mantissas = (1,) if high - low > 2 else (1, 2, 5)
        powers = range(math.floor(low), math.ceil(high) + 1)
        losses = [mantissa * 10.0**power for power in powers for mantissa in mantissas]
        shown = [loss for loss in losses if low <= math.log10(loss) <= high]
        return [(math.log10(loss), self._label(loss)) for loss in shown]

    def _label(self, loss: float) -> str:
        is_floor = self._is_cut and math.isclose(loss, self._floor)
        return f"≤ {plain(loss)}" if is_floor else plain(loss)


def _floor(least: float, best: float) -> tuple[float, bool]:
    """The lowest loss drawn in logarithmic form, and whether anything lies below it."""
    lowest = 10.0 ** (round(math.log10(best)) - DECADES_SHOWN) if 0 < best < math.inf else 1e-6
    return (10.0 ** math.floor(math.log10(least)), False) if least > lowest else (lowest, True)


def _round_steps(last: float) -> list[float]:
    """About five round numbers from 0 up to `last`."""
    if not 0 < last < math.inf:
        return [0.0]
    unit = _unit(last)
    return [unit * count for count in range(math.floor(last / unit) + 1)]


def _unit(last: float) -> float:
    """A round number, of which about five go into `last`."""
    if not 0 < last < math.inf:
        return 1.0
    size = 10.0 ** math.floor(math.log10(last))
    return next(size * part for part in (0.2, 0.5, 1.0, 2.0) if last / (size * part) <= 6)


def figure(value: float, digits: int = 3) -> str:
    """A loss in `digits` significant figures and at most three decimals: 20.0, 5.31, 0.012, 0.000."""
    if not math.isfinite(value):
        return "∞" if value > 0 else "nan"
    if abs(value) >= 1e6:
        return f"{value:.{digits}g}"
    whole = math.floor(math.log10(abs(value))) if value else -3
    return f"{value:.{min(3, max(0, digits - 1 - whole))}f}"


def small(loss: float) -> str:
    """A loss that may go to 0, in three significant figures: 14.0, 0.012, 3.65e-05."""
    return figure(loss) if not 0 < abs(loss) < 1e-3 else f"{loss:.3g}"


def grouped(number: int) -> str:
    """A whole number with thin spaces between groups of three."""
    return f"{number:,}".replace(",", THIN_SPACE)


def plain(value: float) -> str:
    """A round number for a tick."""
    if abs(value) >= 1e6:
        return f"{value:.3g}".replace("-", "−")
    return (grouped(round(value)) if abs(value) >= 1000 else f"{value:g}").replace("-", "−")
