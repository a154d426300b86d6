"""How fast a run goes."""

from __future__ import annotations

import time


class StepWatch:
    """Updates per second of wall time, without pauses and without step 0, in which a framework may compile."""

    def __init__(self, updates_per_epoch: int) -> None:
        self._updates = updates_per_epoch
        self._seconds = 0.0
        self._steps = 0
        self._since: tuple[float, int] | None = None

    def start(self, step: int) -> None:
        if self._since is None and step > 0:
            self._since = time.perf_counter(), step

    def pass_by(self, step: int) -> None:
        if self._since is None:
            return
        began, first = self._since
        now = time.perf_counter()
        self._seconds += now - began
        self._steps += step - first
        self._since = now, step

    def stop(self) -> None:
        self._since = None

    @property
    def steps_per_second(self) -> float:
        return self._updates * self._steps / self._seconds if self._seconds > 0 else 0.0
