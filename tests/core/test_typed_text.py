"""What is typed: its Source, its inputs table, and when new numbers need no new capture."""

import pytest

from explorer import typed_text
from explorer.capture.record import InputInfo
from explorer.errors import ProgramError
from explorer.graph.ir import TensorType
from explorer.session import State

MODEL = "import torch\nx = torch.ones(2)\ndef f(x, k):\n    return x * k\n"
INFOS = (InputInfo("x", TensorType("float32", (2,))), InputInfo("k", TensorType("float32"), "3.0"))


def test_an_expression_gives_every_free_name_a_value():
    state = State(text="a*b", inputs={"a": "2.0", ".x": "9.0"}, entry="f")
    typed = typed_text.read(state.text)
    source = typed_text.source(state, typed)
    assert (dict(source.inputs), source.entry) == ({"a": "2.0", "b": "1.0"}, None)
    assert [row.name for row in typed_text.table(state, typed, INFOS)] == ["a", "b"]


def test_a_model_gets_the_values_that_were_given_for_a_model():
    state = State(text=MODEL, inputs={"x": "2.0", ".x": "normal(2)", ".gone": "1.0"}, entry="f")
    typed = typed_text.read(state.text)
    assert (typed.is_model, typed.frameworks) == (True, ("pytorch",))
    source = typed_text.source(state, typed)
    assert (dict(source.inputs), source.entry) == ({"x": "normal(2)"}, "f")


def test_the_table_of_a_model_says_what_the_text_defines():
    typed = typed_text.read(MODEL)
    x, k = typed_text.table(State(text=MODEL), typed, INFOS)
    assert (x.value, x.own, x.range) == ("", "f32[2]", None)
    assert (k.value, k.own, k.range) == ("3.0", "", (-5.0, 5.0))


@pytest.mark.parametrize(
    ("captured", "new", "fits"),
    [
        ({"a": "2.0"}, {"a": "3"}, True),
        ({"a": "2.0"}, {"a": "2.0:float64"}, False),
        ({"a": "2.0"}, {"a": "?"}, False),
        ({"a": "normal(4, 3)"}, {"a": "uniform(4,3)"}, True),
        ({"a": "normal(4, 3)"}, {"a": "normal(3, 4)"}, False),
        ({"a": "2.0"}, {"a": "2.0", "b": "1.0"}, False),
        ({}, {"x": "normal(2)"}, True),
        ({}, {"x": "normal(3)"}, False),
        ({"x": "normal(2)"}, {}, False),
    ],
)
def test_new_numbers_of_one_shape_and_dtype_need_no_new_capture(captured, new, fits):
    assert typed_text.fits(captured, new, INFOS) is fits


@pytest.mark.parametrize(("text", "code"), [("a*(", "syntax"), ("import torch\nx = (", "syntax"), ("", "empty_source")])
def test_what_python_cannot_read_is_said(text, code):
    with pytest.raises(ProgramError) as caught:
        typed_text.read(text)
    assert caught.value.code == code
