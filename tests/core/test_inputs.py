"""The VALUE of an input."""

import numpy as np
import pytest

from explorer.capture.inputs import example
from explorer.errors import UsageError


@pytest.mark.parametrize(
    ("value", "dtype", "shape"),
    [
        ("2.0", "float32", ()),
        ("-3", "float32", ()),
        ("2:int32", "int32", ()),
        ("0.5:float64", "float64", ()),
        ("[1, 2, 3]", "float32", (3,)),
        ("[[1, 2], [3, 4]]", "float32", (2, 2)),
        ("normal(4,3)", "float32", (4, 3)),
        ("normal(3):bfloat16", "bfloat16", (3,)),
        ("zeros(2)", "float32", (2,)),
        ("ones()", "float32", ()),
        ("uniform(2, 2)", "float32", (2, 2)),
        ("arange(5)", "float32", (5,)),
        ("eye(3)", "float32", (3, 3)),
        ("True", "float32", ()),
    ],
)
def test_a_value_has_the_dtype_and_shape_it_says(value, dtype, shape):
    array = example("x", value)
    assert array.dtype.name == dtype
    assert array.shape == shape


def test_random_values_follow_the_seed_and_the_name_alone():
    assert np.array_equal(example("x", "normal(3)", 1), example("x", "normal(3)", 1))
    assert not np.array_equal(example("x", "normal(3)", 1), example("x", "normal(3)", 2))
    assert not np.array_equal(example("x", "normal(3)"), example("y", "normal(3)"))


@pytest.mark.parametrize(
    "value",
    [
        *("", "abc", "normal", "normal(x)", "normal(-1)", "normal(1.5)", "normal(size=3)", "normal(99999, 99999)"),
        *("open('x')", "os.system(1)", "[1, [2]]", "'text'", "1 +", "None", "1e400:int32"),
        *("eye()", "eye(1, 2, 3)", "arange(1, 2, 3, 4)"),
    ],
)
def test_anything_else_is_one_sentence(value):
    with pytest.raises(UsageError) as caught:
        example("x", value)
    assert "x=" in str(caught.value)


def test_an_unknown_dtype_names_the_known_ones():
    with pytest.raises(UsageError, match="float7"):
        example("x", "2:float7")
