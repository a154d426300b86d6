"""The inputs table."""

import numpy as np
import pytest

from explorer.capture.inputs import example
from explorer.errors import UsageError
from explorer.input_rows import SLIDER_STEPS, form, position_of, rows, value_at

VALUES = [
    "2", "2.0", "-0.5:float64", "2:int32", "normal(4, 3)", "normal(4,3):bfloat16", "zeros()", "ones(2)",
    "uniform(0, 2)",
    "arange(5)", "arange(2, 9, 3)", "eye(3)", "eye(2, 4):int32", "[1.0, 2.0]", "[[1], [2]]", "[]", "True",
]  # fmt: skip
WRONG = [
    "",
    "normal",
    "normal(-1)",
    "hello",
    "2:float31",
    "[1, [2]]",
    "open('x')",
    "normal(2.5)",
    "'a'",
    "1j",
    "x.y(1)",
]


@pytest.mark.parametrize("value", VALUES)
def test_shape_and_dtype_are_those_of_the_array(value):
    array = example("x", value)
    found = form(value)
    assert (found.shape, found.dtype) == (array.shape, array.dtype.name)


@pytest.mark.parametrize("value", WRONG)
def test_what_cannot_be_read_has_no_form(value):
    assert form(value) is None
    with pytest.raises(UsageError):
        example("x", value)


def test_one_float_has_a_slider_and_nothing_else_has():
    made = rows(
        ["a", "i", "W", "bad", "inf"], {"a": "2.0", "i": "2:int32", "W": "normal(3)", "bad": "?", "inf": "1e999"}, {}
    )
    assert [row.range is not None for row in made] == [True, False, False, False, False]


def test_a_name_without_a_value_has_the_default():
    assert rows(["q"], {}, {})[0].value == "1.0"


def test_a_slider_keeps_its_ends_while_the_value_is_inside_them():
    assert rows(["a"], {"a": "3"}, {"a": (0.0, 4.0)})[0].range == (0.0, 4.0)
    assert rows(["a"], {"a": "9"}, {"a": (0.0, 4.0)})[0].range == (-10.0, 10.0)


def test_slider_and_value_go_round_and_keep_the_dtype():
    ends = (-5.0, 5.0)
    for position in (0, 1, 499, 500, 700, SLIDER_STEPS):
        text = value_at(position, ends, "1.0:float64")
        assert text.endswith(":float64")
        assert position_of(form(text).number, ends) == position
    assert value_at(500, ends, "1.0") == "0.0"
    assert position_of(99.0, ends) == SLIDER_STEPS
    assert np.isfinite(form(value_at(3, (-2e5, 2e5), "0")).number)
