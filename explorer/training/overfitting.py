"""What the two loss curves of a run say, by rules that can be read. `docs/overfitting.md` has them in plain words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from explorer.messages import sentence

FEWEST = 20  # evaluations below which nothing is said
STRETCH = 0.1  # "lately": the last tenth of the run, at least ten evaluations
RISE = 0.1  # validation counts as risen from 10 % over its best
SETTLED = 0.01  # a loss that changed by less than 1 % lately has settled
EXACT = 1e-3  # a training loss under this share of the data's variance passes through the points
TOGETHER = 1.5  # validation within this factor of training: what was learned holds for new points
CONSTANT = 0.9  # a training loss of this share of the best constant's has learned nothing
NOISE = 0.2  # a median change of 20 % from one evaluation to the next hides any trend
BLOWN = 10.0  # a training loss this many times its start has diverged
RISEN = 2.0  # and so has one that lately never was under twice its start
CALM = 0.01  # a jitter of less than 1 % of the best is left as it is; more is averaged away
MOST_AVERAGED = 0.1  # of the run, at most
CERTAIN = 3.0  # standard deviations of what jitter is left, within which nothing is claimed
LOSSES = ("train", "start", "validation", "best")  # params that a sentence has as `short` or `fine` too
SAMPLED = 10_000  # places where the jitter of a long run is measured


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A message code of `training.toml` and what fills it. `since`: where validation turned in an overfit run."""

    code: str
    params: Mapping[str, float | int | str] = field(default_factory=dict)

    @property
    def overfits(self) -> bool:
        return self.code in ("training_overfits", "training_overfits_exactly")

    @property
    def since(self) -> int | None:
        return int(self.params["since"]) if self.overfits else None

    def text(self, language: str = "en") -> str:
        losses = {name: float(self.params[name]) for name in LOSSES if name in self.params}
        figures = {f"{name}_{form.__name__}": form(loss) for name, loss in losses.items() for form in (short, fine)}
        return sentence(self.code, {**self.params, **figures}, language)


def diagnose(
    train: np.ndarray, validation: np.ndarray, *, parameters: int, points: int, spread: float, first: int = 0
) -> Diagnosis:
    """Judge a run by its losses (n,), one per step from step `first`; `spread` is the loss of the best constant.

    A curve that jitters from one evaluation to the next by more than 1 % of its best is averaged first, over as many
    evaluations as bring the jitter under 1 %, but at most a tenth of the run. The first rule that holds, lately meaning
    the last tenth of the run (at least ten evaluations):

    - early: fewer than 20 evaluations;
    - diverges: the training loss is not finite, or ten times what it was at the start, or lately never under twice
      that;
    - noisy: lately validation changes by 20 % (median) from one evaluation to the next, and by 20 % of its best;
    - overfits since n, where validation is least: n is longer ago than lately, all of lately validation is over its
      best by 10 % and by what jitter is left (three standard deviations), and the training loss is now below what it
      was at n;
    - noisy: the best validation is older than lately, and three standard deviations of the jitter that is left are more
      than the 10 % that would count;
    - improving: the training loss fell lately, by 1 % and by what jitter is left, and the best validation is of lately;
    - turning: the training loss fell likewise, the best validation is older;
    - underfits: settled, and training leaves 90 % or more of the spread: no better than a constant;
    - fits: settled, validation within 1.5 times training, or within 1.5 times the exactness limit;
    - gap: settled, validation further away than that, but not risen.

    A run without validation points (`validation` all nan) can diverge, improve or settle; nothing can be said about
    overfitting. A `spread` that is not a number (no constant output to compare with) counts as the loss at the start:
    such a loss is the output of a text, which may also be below 0.
    """
    if len(train) == 0:
        return Diagnosis("training_early", {"steps": 0})
    spread = abs(float(train[0])) if math.isnan(spread) else spread
    params = _params(train, validation, first, parameters, points, spread)
    lately = slice(-max(10, round(STRETCH * len(train))), None)
    if _diverges(train, lately, spread):
        return Diagnosis("training_diverges", params)
    if len(train) < FEWEST:
        return Diagnosis("training_early", params)
    falling, uncertain = averaged(train)
    falls = _falls(falling, uncertain, lately, spread)
    if np.isnan(validation).all():
        return Diagnosis("training_alone_improving" if falls else "training_alone_settled", params)
    if _noisy(validation[lately], float(params["best"])):
        return Diagnosis("training_noisy", params)
    calm, jitter = averaged(validation)
    turn = best_index(calm)
    if _overfits(falling, calm, jitter, lately):
        params |= {"since": first + turn, "best": float(calm[turn])}
        return Diagnosis("training_overfits_exactly" if train[-1] < EXACT * spread else "training_overfits", params)
    if turn < len(calm) + lately.start and CERTAIN * jitter > RISE * calm[turn]:
        return Diagnosis("training_noisy", params)
    return Diagnosis(_without_overfitting(falling, calm, falls, lately, spread), params)


def short(loss: float) -> str:
    """A loss in few figures: 20.0, 0.34, 0.053."""
    return f"{loss:.3g}" if loss >= 1e6 else f"{loss:.{1 if loss >= 1 else 2 if loss >= 0.1 else 3}f}"


def fine(loss: float) -> str:
    """A loss in some more: 20.00, 0.34, 0.053."""
    return f"{loss:.3g}" if loss >= 1e6 else f"{loss:.{2 if loss >= 0.1 else 3}f}"


def _params(
    train: np.ndarray, validation: np.ndarray, first: int, parameters: int, points: int, spread: float
) -> dict[str, float | int | str]:
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


def averaged(curve: np.ndarray) -> tuple[np.ndarray, float]:
    """The curve without its jitter, shape (n,), and the standard deviation of the jitter that is left.

    A running mean over evaluations on both sides, fewer at the ends; the curve itself where it is calm. Entries that
    are not finite count as the largest that is.
    """
    finite = np.isfinite(curve)
    curve = curve if finite.all() else np.where(finite, curve, np.max(curve[finite], initial=0.0))
    jitter, calm = _jitter(curve), CALM * float(np.min(curve))
    if jitter <= max(calm, 0.0):
        return curve, jitter
    half = math.ceil(((jitter / calm) ** 2 - 1) / 2) if calm > 0 else len(curve)
    half = min(half, int(MOST_AVERAGED * len(curve) / 2))
    return _running_mean(curve, half), jitter / math.sqrt(2 * half + 1)


def _running_mean(curve: np.ndarray, half: int) -> np.ndarray:
    """Each entry with `half` more on either side, fewer at the ends."""
    totals = np.concatenate([[0.0], np.cumsum(curve)])
    counts = np.arange(half + 1, 2 * half + 1)
    first = totals[half + 1 : 2 * half + 1] / counts
    last = (totals[-1] - totals[-2 * half - 1 : -half - 1]) / counts[::-1]
    return np.concatenate([first, (totals[2 * half + 1 :] - totals[: -2 * half - 1]) / (2 * half + 1), last])


def _jitter(curve: np.ndarray) -> float:
    """Standard deviation of what changes from one evaluation to the next without a trend, from second differences:
    those of a straight line are 0, those of independent noise six times its variance.
    """
    if len(curve) < 3:
        return 0.0
    places = np.arange(1, len(curve) - 1, max(1, len(curve) // SAMPLED))
    second = curve[places - 1] - 2 * curve[places] + curve[places + 1]
    return float(np.median(np.abs(second))) / (0.6745 * math.sqrt(6.0))


def _diverges(train: np.ndarray, lately: slice, spread: float) -> bool:
    start = max(abs(float(train[0])), spread * EXACT)
    if not np.isfinite(train[-1]) or train[-1] > BLOWN * start:
        return True
    return len(train) >= FEWEST and bool(np.min(train[lately]) > RISEN * start)


def _noisy(validation: np.ndarray, best: float) -> bool:
    moves = float(np.median(np.abs(np.diff(validation))))
    return moves > NOISE * float(np.median(np.abs(validation))) and moves > NOISE * best


def _overfits(train: np.ndarray, validation: np.ndarray, jitter: float, lately: slice) -> bool:
    best = best_index(validation)
    old = best < len(validation) + lately.start
    risen = bool(np.all(validation[lately] >= (1 + RISE) * validation[best] + CERTAIN * jitter))
    return old and risen and bool(train[-1] < train[best])


def _without_overfitting(train: np.ndarray, validation: np.ndarray, falls: bool, lately: slice, spread: float) -> str:
    exact, now = EXACT * spread, float(train[-1])
    if falls:
        recent = best_index(validation) >= len(validation) + lately.start
        return "training_improving" if recent else "training_turning"
    if now >= CONSTANT * spread:
        return "training_underfits"
    return "training_fits" if validation[-1] <= TOGETHER * max(now, exact) else "training_gap"


def _falls(train: np.ndarray, jitter: float, lately: slice, spread: float) -> bool:
    """The training loss fell by 1 % or more lately, and has not passed through the points before."""
    before, now = float(train[lately][0]), float(train[-1])
    passed = 0 <= before <= EXACT * spread
    return not passed and before - now > SETTLED * abs(before) + CERTAIN * jitter
