"""Arrays as NumPy files, and which value is meant."""

import ml_dtypes
import numpy as np
import pytest

from explorer.capture.npy import save_array
from explorer.capture.record import Stage
from explorer.commands.numbers import value_id
from explorer.errors import UsageError
from explorer.graph.ir import Graph, Node, TensorType, Value


@pytest.mark.parametrize("dtype", ["float32", "float64", "int8", "bool", "complex64"])
def test_what_is_written_is_read_again(tmp_path, dtype):
    array = np.arange(6).reshape(2, 3).astype(dtype)
    assert save_array(array, tmp_path / "x.npy") == dtype
    back = np.load(tmp_path / "x.npy", allow_pickle=False)
    assert back.dtype == array.dtype
    np.testing.assert_array_equal(back, array)


@pytest.mark.parametrize(
    ("dtype", "written"), [("bfloat16", "float32"), ("float8_e4m3fn", "float32"), ("int4", "int8")]
)
def test_a_dtype_that_numpy_has_not_is_written_without_loss(tmp_path, dtype, written):
    array = np.array([-1.5, 0.25, 3.0]).astype(getattr(ml_dtypes, dtype))
    assert save_array(array, tmp_path / "x.npy") == written
    back = np.load(tmp_path / "x.npy", allow_pickle=False)
    assert back.dtype == np.dtype(written)
    np.testing.assert_array_equal(back, array.astype(np.float32))


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(UsageError) as caught:
        save_array(np.ones(2), tmp_path / "nowhere" / "x.npy")
    assert caught.value.code == "cannot_write"


KIND = TensorType("float32")
STAGE = Stage(
    "fx",
    Graph("g", ("arg0",), ("mul",), (
        Node("arg0", "input", (), (Value("arg0", KIND, "weight"),), role="input"),
        Node("mul", "mul", ("arg0", "arg0"), (Value("mul", KIND),)),
    )),
    "", {}, 0.0,
)  # fmt: skip


@pytest.mark.parametrize(("asked", "found"), [(None, "mul"), ("mul", "mul"), ("weight", "arg0"), ("arg0", "arg0")])
def test_a_value_is_known_by_id_and_by_name(asked, found):
    assert value_id(STAGE, asked) == found


def test_an_unknown_value_lists_those_there_are():
    with pytest.raises(UsageError) as caught:
        value_id(STAGE, "bias")
    assert caught.value.params["known"] == "arg0, mul"
