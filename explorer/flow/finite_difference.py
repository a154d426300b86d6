"""The independent check of a shown gradient: central finite differences of the same program, in float64."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

RELATIVE_STEP = 6e-6  # about the cube root of float64's epsilon: the best step of a central difference
MOST_ENTRIES = 2048  # two evaluations each; a larger input is not checked, and said so


class Callable64(Protocol):
    def value(self, inputs: Mapping[str, np.ndarray]) -> np.ndarray: ...


def is_float(array: np.ndarray) -> bool:
    """True for every floating dtype, bfloat16 included."""
    return array.dtype.kind == "f" or array.dtype.name == "bfloat16"


def differences(program: Callable64, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Derivative of the sum of the output by every entry of every float input: name -> float64 array of its shape.

    The step is 6e-6 of the entry's size (at least of 1). Inputs with more than MOST_ENTRIES entries are left out.
    Two evaluations an entry; (f(x + h) - f(x - h)) / 2h, error of order h squared.
    """
    wide = {name: np.asarray(array, np.float64) if is_float(array) else array for name, array in inputs.items()}
    return {
        name: _by_entry(program, wide, name)
        for name, array in inputs.items()
        if is_float(array) and array.size <= MOST_ENTRIES
    }


def _by_entry(program: Callable64, inputs: dict[str, np.ndarray], name: str) -> np.ndarray:
    gradient = np.zeros(inputs[name].shape)
    for index in np.ndindex(gradient.shape):
        step = RELATIVE_STEP * max(1.0, abs(float(inputs[name][index])))
        ahead, behind = (_moved(program, inputs, name, index, sign * step) for sign in (1, -1))
        gradient[index] = (ahead - behind) / (2 * step)
    return gradient


def _moved(program: Callable64, inputs: dict[str, np.ndarray], name: str, index: tuple[int, ...], step: float) -> float:
    array = inputs[name].copy()
    array[index] += step
    return float(np.sum(program.value({**inputs, name: array}), dtype=np.float64))


def relative_error(gradient: np.ndarray, difference: np.ndarray) -> float:
    """Largest deviation over the larger of 1 and the largest finite difference; NaN where either has no number."""
    if gradient.size == 0:
        return 0.0
    gap = np.abs(np.asarray(gradient, np.float64) - difference)
    return float(gap.max() / max(1.0, float(np.abs(difference).max())))
