"""Texts that are Python modules: which kind a text is, running it, its mistakes; choosing and binding an entry."""

import inspect
import sys

import numpy as np
import pytest

from explorer.capture.entries import bind, candidates, choose
from explorer.capture.module_text import frameworks_of, kind_of, load_module
from explorer.capture.positions import FILENAME
from explorer.errors import ProgramError, UsageError


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("a*(a+b)", "expression"),
        ("h = tanh(w*x)\nh*h", "expression"),
        ("torch.sin(x)", "expression"),  # one clear sentence about the dot is better than running it
        ("", "expression"),
        ("a*(", "expression"),
        ("import torch\nx = torch.ones(2)", "definitions"),
        ('"""About."""\nimport torch\ntorch.manual_seed(0)\ndef f(x):\n    return x', "definitions"),
        ("def f(x):\n    return x\nif __name__ == '__main__':\n    print(f(1))", "definitions"),
        ("import torch\nprint(1)", "script"),
        ("import torch\nfor k in range(3):\n    pass", "script"),
        ("import torch\nmodel = (", "definitions"),
    ],
)
def test_kinds_of_text(text, kind):
    assert kind_of(text) == kind


def test_the_frameworks_a_text_is_written_for_are_those_it_imports():
    assert frameworks_of("import numpy\nimport torch.nn as nn\nfrom torch import fx") == ("pytorch",)
    assert frameworks_of("from flax import linen\nimport keras") == ("jax", "tensorflow")
    assert frameworks_of("a*(a+b)") == () == frameworks_of("import (")


def test_a_module_is_run_and_its_source_can_be_found():
    module = load_module("import math\n\ndef f(x):\n    return math.sin(x)\n\nx = 2.0\ny, z = 1, 2\n")
    assert module.lines_of == {"f": 3, "x": 6, "y": 7, "z": 7}
    assert "return math.sin(x)" in inspect.getsource(module.names["f"])
    assert module.names["f"].__code__.co_filename == FILENAME
    assert sys.modules[module.names["f"].__module__].x == 2.0


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("import math\nx = (", "syntax", "2:5"),
        ("import math\n\ndef f(x):\n    return 1 / x\n\ny = f(0)", "module_failed", "4:12"),
        ("import math\nexit(3)", "module_failed", "2:1"),
        ("import nothing_of_this_name", "missing_module", "1:1"),
        ("import time\ntime.sleep(60)", "module_too_slow", "None"),
        ("import time\nwhile True:\n    pass", "module_too_slow", "None"),
    ],
)
def test_a_mistake_is_one_sentence_with_its_place(text, code, place):
    with pytest.raises(ProgramError) as caught:
        load_module(text, seconds=0.2)
    assert caught.value.code == code
    assert str(caught.value.span) == place
    assert str(caught.value)


def _entries(text):
    module = load_module(text)
    return module, candidates(module, lambda each: "function" if inspect.isfunction(each) else None, lambda each: each)


def _choose(text, wanted=None, values=()):
    module, found = _entries(text)
    return choose(module, found, wanted, dict(values), seed=0, is_array=lambda each: isinstance(each, np.ndarray))


MODEL = """
import numpy as np

def helper(things):
    return things

def f(x, y, scale=2.0):
    return x * y * scale

x = np.ones(3)
y = np.zeros(3)
"""


def test_the_last_entry_whose_parameters_are_defined_is_taken():
    chosen = _choose(MODEL)
    assert [(each.name, each.line) for each in chosen.entries] == [("helper", 4), ("f", 7)]
    assert chosen.bound.candidate.entry.name == "f"
    assert list(chosen.bound.arguments) == ["x", "y"]


def test_a_value_from_outside_comes_before_a_variable():
    bound = _choose(MODEL, values={"x": "normal(2)", "scale": "3.0", "other": "1.0"}).bound
    assert bound.arguments["x"].shape == (2,)
    assert bound.arguments["scale"] == np.float32(3)
    assert bound.given == {"x", "scale"}


def test_an_entry_can_be_named_and_says_what_it_lacks():
    with pytest.raises(UsageError, match="no g"):
        _choose(MODEL, wanted="g")
    with pytest.raises(ProgramError) as caught:
        _choose("def f(things, stuff):\n    return things\n")
    assert (caught.value.code, caught.value.params["missing"], caught.value.span.line) == (
        "entry_not_bound",
        "things, stuff",
        1,
    )
    with pytest.raises(ProgramError, match="nothing"):
        _choose("import numpy\nx = 1")


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("example_inputs = (np.ones(1), np.ones(2))", ["a", "b"]),
        ("example_inputs = {'b': np.ones(2), 'a': np.ones(1)}", ["a", "b"]),
        ("u = np.ones(1)\nv = np.ones(2)", ["a", "b"]),
        ("a = np.ones(1)\nv = np.ones(2)", ["a", "b"]),
    ],
)
def test_arguments_are_found_by_example_inputs_or_position(given, names):
    module, found = _entries(f"import numpy as np\ndef f(a, b):\n    return a\n{given}")
    bound = bind(module, found[0], {}, seed=0, is_array=lambda each: isinstance(each, np.ndarray))
    assert list(bound.arguments) == names
    assert [array.shape for array in bound.arguments.values()] == [(1,), (2,)]
