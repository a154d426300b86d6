"""What the two loss curves of a run say, by rules that can be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from explorer.messages import sentence

FEWEST = 20  # evaluations below which nothing is said
STRETCH = 0.1  # "lately": the last tenth of the run, at least ten evaluations
RISE = 1.1  # validation counts as risen from 10 % over its best
SETTLED = 0.01  # a loss that changed by less than 1 % lately has settled
EXACT = 1e-3  # a training loss under this share of the data's variance passes through the points
TOGETHER = 1.5  # validation within this factor of training: what was learned holds for new points
NOISE = 0.2  # a median change of 20 % from one evaluation to the next hides any trend
BLOWN = 10.0  # a training loss this many times its start has diverged


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A message code of `training.toml` and what fills it. `since`: where an overfit run should have stopped."""

    code: str
    params: Mapping[str, float | int] = field(default_factory=dict)

    @property
    def overfits(self) -> bool:
        return self.code in ("training_overfits", "training_overfits_exactly")

    @property
    def since(self) -> int | None:
        return int(self.params["best_step"]) if self.overfits else None

    def text(self, language: str = "en") -> str:
        return sentence(self.code, self.params, language)


def diagnose(
    train: np.ndarray, validation: np.ndarray, *, parameters: int, points: int, spread: float, first: int = 0
) -> Diagnosis:
    """Judge a run by its losses (n,), one per step from step `first`; `spread` is the variance of the training targets.

    The first rule that holds, lately meaning the last tenth of the run (at least ten evaluations):

    - early: fewer than 20 evaluations;
    - diverges: the training loss is not finite, or ten times what it was at the start;
    - noisy: lately validation changes by 20 % (median) from one evaluation to the next, and by 20 % of its best;
    - overfits since n, the best validation step: n is longer ago than lately, all of lately validation is 10 % or more
      over its best, and the training loss is now below what it was at n;
    - improving: the training loss fell by 1 % or more lately, and the best validation is of lately;
    - turning: the training loss fell by 1 % or more lately, the best validation is older;
    - underfits: settled, and training leaves 90 % or more of the spread: no better than a constant;
    - fits: settled, validation within 1.5 times training, or within 1.5 times the exactness limit;
    - gap: settled, validation further away than that, but not risen.

    A run without validation points (`validation` all nan) can diverge, improve or settle; nothing can be said about
    overfitting. A `spread` that is not a number (no constant output to compare with) counts as the loss at the start.
    """
    if len(train) == 0:
        return Diagnosis("training_early", {"steps": 0})
    spread = float(train[0]) if np.isnan(spread) else spread
    params = _params(train, validation, first, parameters, points, spread)
    if not np.isfinite(train[-1]) or train[-1] > BLOWN * max(train[0], spread * EXACT):
        return Diagnosis("training_diverges", params)
    if len(train) < FEWEST:
        return Diagnosis("training_early", params)
    lately = slice(-max(10, round(STRETCH * len(train))), None)
    if np.isnan(validation).all():
        falls = _falls(train, lately, spread)
        return Diagnosis("training_alone_improving" if falls else "training_alone_settled", params)
    if _noisy(validation[lately], params["best"]):
        return Diagnosis("training_noisy", params)
    if _overfits(train, validation, lately):
        return Diagnosis("training_overfits_exactly" if train[-1] < EXACT * spread else "training_overfits", params)
    return Diagnosis(_without_overfitting(train, validation, lately, spread), params)


def _params(
    train: np.ndarray, validation: np.ndarray, first: int, parameters: int, points: int, spread: float
) -> dict[str, float | int]:
    best = best_index(validation)
    return {
        "steps": len(train),
        "train": float(train[-1]),
        "start": float(train[0]),
        "validation": float(validation[-1]),
        "best": float(validation[best]),
        "best_step": first + best,
        "parameters": parameters,
        "points": points,
        "unexplained": float(train[-1]) / spread if spread else 0.0,
    }


def best_index(validation: np.ndarray) -> int:
    """Where validation is least; the first of equals, and 0 where no entry is finite."""
    return int(np.argmin(np.where(np.isfinite(validation), validation, np.inf)))


def _noisy(validation: np.ndarray, best: float) -> bool:
    moves = float(np.median(np.abs(np.diff(validation))))
    return moves > NOISE * float(np.median(np.abs(validation))) and moves > NOISE * best


def _overfits(train: np.ndarray, validation: np.ndarray, lately: slice) -> bool:
    best = best_index(validation)
    old = best < len(validation) + lately.start
    risen = bool(np.all(validation[lately] >= RISE * validation[best]))
    return old and risen and bool(train[-1] < train[best])


def _without_overfitting(train: np.ndarray, validation: np.ndarray, lately: slice, spread: float) -> str:
    exact, now = EXACT * spread, float(train[-1])
    if _falls(train, lately, spread):
        recent = best_index(validation) >= len(validation) + lately.start
        return "training_improving" if recent else "training_turning"
    if now >= 0.9 * spread:
        return "training_underfits"
    return "training_fits" if validation[-1] <= TOGETHER * max(now, exact) else "training_gap"


def _falls(train: np.ndarray, lately: slice, spread: float) -> bool:
    """The training loss fell by 1 % or more lately, and has not passed through the points before."""
    before, now = float(train[lately][0]), float(train[-1])
    return before > EXACT * spread and before - now > SETTLED * before
