"""Weights of some steps of a run, so that the fit of a step that lies back can be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from explorer.adapters.base import Trainer

MOST_KEPT = 64
MOST_BYTES = 64 << 20


def planned_steps(steps: int, most: int = MOST_KEPT) -> tuple[int, ...]:
    """At most `most` of the steps 0 to steps - 1: half of them evenly apart, half by equal factors, since most happens
    early, and so that a run that is stopped long before its end has some too.
    """
    last, half = max(steps - 1, 0), most // 2
    evenly = np.linspace(0, last, most - half)
    by_factors = np.geomspace(1, last + 1, half) - 1
    return tuple(sorted({round(float(step)) for step in (*evenly, *by_factors)}))


class History:
    """Copies of weights at planned steps of a run of `steps`, fewer where they are large: 64 MiB in all."""

    def __init__(self, steps: int, weights: list[np.ndarray], first: int = 0) -> None:
        size = max(1, sum(array.nbytes for array in weights))
        most = max(2, min(MOST_KEPT, MOST_BYTES // size))
        self._planned = [step for step in planned_steps(steps, most) if step >= first][::-1]
        self.kept: dict[int, Any] = {}  # what `Trainer.hold` gave

    @property
    def next(self) -> int:
        """The next planned step; beyond any run where none is left."""
        return self._planned[-1] if self._planned else 1 << 62

    def see(self, step: int, trainer: Trainer) -> None:
        """Hold the trainer's weights, those of `step`, if they are planned."""
        while self._planned and self._planned[-1] <= step:
            if self._planned.pop() == step:
                self.kept[step] = trainer.hold()

    def nearest(self, step: int) -> int:
        """The kept step nearest to `step`, the earlier of two; there must be one."""
        return min(self.kept, key=lambda kept: (abs(kept - step), kept))
