"""Cells of columns, and the finite differences that check a gradient."""

import ml_dtypes
import numpy as np
import pytest

from explorer.capture.cells import cell
from explorer.capture.record import FULL_CELL_LIMIT, Summary
from explorer.flow.finite_difference import MOST_ENTRIES, differences, relative_error


class Cubes:
    """sum(x**3) * n, in NumPy."""

    def value(self, inputs):
        return inputs["x"] ** 3 * inputs["n"]


def test_differences_are_those_of_the_sum_in_float64():
    found = differences(Cubes(), {"x": np.array([1.0, -2.0], np.float32), "n": np.array(2, np.int32)})
    assert list(found) == ["x"]  # an integer has no derivative
    assert found["x"].dtype == np.float64
    assert found["x"] == pytest.approx([6.0, 24.0], rel=1e-8)


def test_bfloat16_inputs_are_widened():
    found = differences(Cubes(), {"x": np.array(1.5, ml_dtypes.bfloat16), "n": np.array(1)})
    assert found["x"] == pytest.approx(6.75, rel=1e-8)


def test_an_input_too_large_to_check_is_left_out_not_zero():
    assert differences(Cubes(), {"x": np.ones(MOST_ENTRIES + 1, np.float32), "n": np.array(1)}) == {}


def test_relative_error_of_a_wrong_gradient_is_large():
    assert relative_error(np.array(7.0), np.array(7.0)) == 0
    assert relative_error(np.array(0.0), np.array(7.0)) == 1
    assert np.isnan(relative_error(np.array(np.nan), np.array(1.0)))


def test_a_small_array_is_kept_whole_and_apart():
    array = np.arange(3.0)
    kept = cell(array)
    array[0] = 9
    assert kept.tolist() == [0, 1, 2]


def test_a_large_array_becomes_its_summary():
    array = np.ones((100, 100), np.float32)
    array[0, 0], array[1, 1], array[2, 2], array[3, 3] = np.nan, np.inf, 0, -5
    found = cell(array)
    assert array.size > FULL_CELL_LIMIT
    assert isinstance(found, Summary)
    assert (found.shape, found.dtype, found.nans, found.infinities, found.zeros) == ((100, 100), "float32", 1, 1, 1)
    assert (found.minimum, found.maximum) == (-5, 1)
    assert max(found.thumbnail.shape) <= 48


def test_an_array_without_a_finite_entry_has_no_minimum():
    assert np.isnan(cell(np.full(5000, np.nan)).minimum)
