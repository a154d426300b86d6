"""The tasks one can train on: a few named data sets, each with what an honest teacher says about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.errors import UsageError


@dataclass(frozen=True, slots=True)
class Task:
    """Training and validation points of one regression task. `note`: message code of what to know about it."""

    key: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    validation_x: tuple[float, ...]
    validation_y: tuple[float, ...]
    note: str

    @property
    def spread(self) -> float:
        """Mean squared error of the best constant on the training points: their variance."""
        return float(np.var(self.y))


# A line 1.5 x + 3 under noise. The noise is scaled so that the best line has errors 5.3 and 5.1, and the draw was
# picked for a validation error near 20 with seven parameters: the note says so wherever the numbers are shown.
FIVE_POINTS = Task(
    "five-points",
    x=(-2.0, -1.0, 0.0, 1.0, 2.0),
    y=(-2.17, 2.51, 6.49, 5.29, 3.12),
    validation_x=(-1.75, -1.25, -0.5, 0.5, 1.5),
    validation_y=(4.77, 1.12, 1.47, 0.94, 5.71),
    note="five_points_note",
)

TASKS = {task.key: task for task in (FIVE_POINTS,)}


def task(key: str) -> Task:
    """The task called `key`; UsageError naming the known ones for any other name."""
    if key not in TASKS:
        raise UsageError("training_unknown_task", name=key, known=", ".join(TASKS))
    return TASKS[key]


def column(values: tuple[float, ...]) -> np.ndarray:
    """float64 of shape (n, 1), as the models take it."""
    return np.array(values, dtype=np.float64).reshape(-1, 1)
