"""One linear programme, solved by HiGHS."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp


def least(
    cost: np.ndarray,
    entries: tuple[np.ndarray, np.ndarray, np.ndarray],
    limit: np.ndarray,
    lower: np.ndarray | float,
    upper: np.ndarray | float,
) -> np.ndarray | None:
    """x that makes `cost @ x` least under `A @ x <= limit` and `lower <= x <= upper`; None where the solver gives up.

    `entries` are A's (data, row, column). `milp` without whole-number variables: the same solver as `linprog`, called
    with a third of its preparation, which is most of the time for a small drawing.
    """
    data, row, column = entries
    matrix = sparse.csc_matrix((data, (row, column)), shape=(len(limit), len(cost)))
    found = milp(cost, constraints=LinearConstraint(matrix, -np.inf, limit), bounds=Bounds(lower, upper))
    return np.asarray(found.x) if found.status == 0 and found.x is not None else None
