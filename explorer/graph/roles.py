"""What a node is there for. Adapters set the role from the framework's own evidence; nothing else decides it."""

from __future__ import annotations

from typing import Final

INPUT: Final = "input"
PARAMETER: Final = "parameter"
CONSTANT: Final = "constant"
PRIMAL: Final = "primal"
RESIDUAL: Final = "residual"
COTANGENT: Final = "cotangent"
ACCUMULATE: Final = "accumulate"
UPDATE: Final = "update"
OUTPUT: Final = "output"
CONTROL: Final = "control"

ROLES: Final = (INPUT, PARAMETER, CONSTANT, PRIMAL, RESIDUAL, COTANGENT, ACCUMULATE, UPDATE, OUTPUT, CONTROL)

# A graph input is given from outside; the seed of a joint graph is one too, and it is the output's cotangent.
INPUT_ROLES: Final = frozenset({INPUT, PARAMETER, CONSTANT, COTANGENT})
BACKWARD_ROLES: Final = frozenset({COTANGENT, ACCUMULATE})


def is_backward(role: str) -> bool:
    """True for the half of a gradient graph that flows back."""
    return role in BACKWARD_ROLES
