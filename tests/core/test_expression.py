"""What may be typed, what it becomes, and the place and sentence of every mistake."""

import ast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.capture.expression import compile_forward, parse
from explorer.capture.functions import FUNCTION_NAMES, FUNCTIONS
from explorer.errors import ProgramError
from explorer.graph.ir import Span
from explorer.messages import hint, sentence
from tests.adapters.cases import CASES, NUMPY, numpy_gradients, numpy_value


def test_free_names_are_inputs_in_order_of_first_use():
    assert parse("b*(a+b)").names == ("b", "a")
    assert parse("h = tanh(w*x)\nh + b").names == ("w", "x", "b")
    assert parse("2*pi").names == ()


@pytest.mark.parametrize(
    ("text", "code", "span"),
    [
        ("", "empty_source", None),
        ("a*(a+", "syntax", Span(1, 3, 1, 4)),
        ("a +* b", "syntax", Span(1, 4, 1, 5)),
        ("a*qqq(b)", "unknown_function", Span(1, 3, 1, 6)),
        ("a*sine(b)", "unknown_function_close", Span(1, 3, 1, 7)),
        ("sin", "function_without_call", Span(1, 1, 1, 4)),
        ("sin(1, 2)", "wrong_arguments", Span(1, 1, 1, 10)),
        ("sum(x, axis=k)", "literal_needed", Span(1, 13, 1, 14)),
        ("log('x')", "text_value", Span(1, 5, 1, 8)),
        ("x.T", "attribute", Span(1, 1, 1, 4)),
        ("x.sum()", "attribute", Span(1, 1, 1, 8)),
        ("[y for y in x]", "not_in_expressions", Span(1, 1, 1, 15)),
        ("(lambda: 1)()", "not_in_expressions", Span(1, 1, 1, 14)),
        ("x[0]", "not_in_expressions", Span(1, 1, 1, 5)),
        ("__import__('os')", "unknown_function", Span(1, 1, 1, 11)),
        ("__builtins__", "private_name", Span(1, 1, 1, 13)),
        ("import os", "not_an_expression", Span(1, 1, 1, 10)),
        ("x*2\ny", "unused_line", Span(1, 1, 1, 4)),
        ("a, b = x", "assign_one_name", Span(1, 1, 1, 9)),
        ("sin = x", "reserved_name", Span(1, 1, 1, 4)),
        ("y = x\nx = y\nx", "assigned_after_use", Span(2, 1, 2, 2)),
        ("a < b < c", "chained_comparison", Span(1, 1, 1, 10)),
        ("concatenate(x)", "list_needed", Span(1, 13, 1, 14)),
        ("sum(*x)", "not_in_expressions", Span(1, 1, 1, 8)),
        ("x if y else z", "not_in_expressions", Span(1, 1, 1, 14)),
        ("a and b", "not_in_expressions", Span(1, 1, 1, 8)),
        ("x // y", "not_in_expressions", Span(1, 1, 1, 7)),
        ("sqrt(θ) + größe.x", "attribute", Span(1, 11, 1, 18)),
    ],
)
def test_a_mistake_has_a_place_and_a_sentence(text, code, span):
    with pytest.raises(ProgramError) as caught:
        parse(text)
    assert caught.value.code == code
    assert caught.value.span == span
    words = f"{sentence(code, caught.value.params)} {hint(code, caught.value.params)}"
    assert "{" not in words
    assert "Traceback" not in words


def test_deep_nesting_is_a_sentence_not_a_crash():
    with pytest.raises(ProgramError):
        parse("(" * 5000 + "x" + ")" * 5000)
    with pytest.raises(ProgramError):
        parse("-" * 50_000 + "x")


def test_a_formula_of_three_hundred_factors_compiles():
    text = "*".join(f"(x+{k})" for k in range(300))
    forward, spans = compile_forward(parse(text), NUMPY, filename="<user-0>", unique_lines=True)
    assert forward(0.0) == 0
    assert len(spans) == 599


def test_the_compiled_function_reaches_nothing_else():
    forward, _ = compile_forward(parse("a*(a+b)"), NUMPY, filename="<user-1>")
    assert forward(2, 3) == 10
    assert forward.__globals__["__builtins__"] == {}


def test_unique_lines_map_back_to_the_very_operation():
    forward, spans = compile_forward(parse("c = a + b\na*sin(c)"), NUMPY, filename="<user-2>", unique_lines=True)
    assert set(spans.values()) == {Span(1, 5, 1, 10), Span(2, 1, 2, 9), Span(2, 3, 2, 9)}
    assert forward(2.0, 3.0) == pytest.approx(2 * np.sin(5.0))


def test_an_assignment_as_last_line_is_the_result():
    forward, _ = compile_forward(parse("y = 2*x"), NUMPY, filename="<user-3>")
    assert forward(4) == 8


def test_every_function_has_a_meaning_in_numpy_and_a_case():
    assert set(NUMPY) == FUNCTION_NAMES
    assert len(FUNCTIONS) >= 40
    for text, inputs in CASES:
        numpy_value(text, inputs)
    called = {node.func.id for text, _ in CASES for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)}
    assert FUNCTION_NAMES - called == {"stop_gradient"}  # its derivative is no finite difference: tested on its own


def test_finite_differences_of_a_known_function():
    gradients = numpy_gradients("a*(a+b)", {"a": 2.0, "b": 3.0})
    assert gradients["a"] == pytest.approx(7, abs=1e-6)
    assert gradients["b"] == pytest.approx(2, abs=1e-6)


NAMES = st.sampled_from(["a", "b", "x"])
TEXTS = st.recursive(
    NAMES | st.integers(1, 9).map(str),
    lambda inner: (
        st.tuples(inner, st.sampled_from(["+", "*", "-"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})")
        | inner.map(lambda t: f"sin({t})")
    ),
    max_leaves=12,
)


@given(TEXTS)
@settings(max_examples=60, deadline=None)
def test_any_formula_computes_what_python_computes(text):
    expression = parse(text)
    forward, spans = compile_forward(expression, NUMPY, filename="<user-h>", unique_lines=True)
    values = {"a": 0.5, "b": -1.25, "x": 2.0}
    assert forward(*(values[name] for name in expression.names)) == eval(text, {"sin": np.sin}, values)
    for span in spans.values():
        parse(text[span.column - 1 : span.end_column - 1])  # a span covers a whole operation


@given(st.text(max_size=40))
@settings(max_examples=150, deadline=None)
def test_any_text_is_an_expression_or_a_sentence(text):
    try:
        parse(text)
    except ProgramError as error:
        assert sentence(error.code, error.params)  # noqa: PT017
