"""The functions an expression may call: one meaning in all three frameworks.

`docs/expressions.md` is made from this table. `category` is the colour family of `explorer.capture.ops`. Each adapter
maps every name to its own function; a test of the adapter fails when one is missing.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Function:
    """A callable name. `parameters` is its signature as Python would write it; `meaning` one plain sentence."""

    name: str
    parameters: str
    category: str
    meaning: str

    def signature(self) -> inspect.Signature:
        """The signature, with every default a literal."""
        scope: dict[str, object] = {}
        exec(f"def f({self.parameters}): ...", {"__builtins__": {}}, scope)  # our own constant text, never the user's
        return inspect.signature(scope["f"])  # type: ignore[arg-type]


AXIS = "x, axis=None, keepdims=False"


def _table() -> tuple[Function, ...]:
    elementwise = "elementwise"
    rows = [
        ("abs", "x", elementwise, "distance from zero"),
        ("square", "x", elementwise, "x times x"),
        ("sqrt", "x", elementwise, "square root"),
        ("rsqrt", "x", elementwise, "one over the square root"),
        ("reciprocal", "x", elementwise, "one over x"),
        ("exp", "x", elementwise, "e to the power x"),
        ("expm1", "x", elementwise, "e to the power x, minus one, exact near zero"),
        ("log", "x", elementwise, "natural logarithm"),
        ("log1p", "x", elementwise, "natural logarithm of 1 + x, exact near zero"),
        ("log2", "x", elementwise, "logarithm to base 2"),
        ("sin", "x", elementwise, "sine"),
        ("cos", "x", elementwise, "cosine"),
        ("tan", "x", elementwise, "tangent"),
        ("asin", "x", elementwise, "inverse sine"),
        ("acos", "x", elementwise, "inverse cosine"),
        ("atan", "x", elementwise, "inverse tangent"),
        ("atan2", "y, x", elementwise, "angle of the point (x, y)"),
        ("sinh", "x", elementwise, "hyperbolic sine"),
        ("cosh", "x", elementwise, "hyperbolic cosine"),
        ("tanh", "x", elementwise, "hyperbolic tangent"),
        ("erf", "x", elementwise, "error function"),
        ("sigmoid", "x", elementwise, "logistic function, 1 / (1 + exp(-x))"),
        ("softplus", "x", elementwise, "log(1 + exp(x))"),
        ("relu", "x", elementwise, "x where positive, else 0"),
        ("leaky_relu", "x, slope=0.01", elementwise, "x where positive, else slope times x"),
        ("elu", "x", elementwise, "x where positive, else exp(x) - 1"),
        ("gelu", "x", elementwise, "x times the normal distribution function, exact form"),
        ("silu", "x", elementwise, "x times sigmoid(x)"),
        ("sign", "x", elementwise, "-1, 0 or 1"),
        ("floor", "x", elementwise, "largest integer not above x"),
        ("ceil", "x", elementwise, "smallest integer not below x"),
        ("round", "x", elementwise, "nearest integer, halves to even"),
        ("minimum", "x, y", elementwise, "the smaller of two, entry by entry"),
        ("maximum", "x, y", elementwise, "the larger of two, entry by entry"),
        ("clip", "x, low, high", elementwise, "x kept between two numbers"),
        ("pow", "x, y", elementwise, "x to the power y"),
        ("where", "condition, x, y", elementwise, "x where the condition holds, else y"),
        ("stop_gradient", "x", elementwise, "x forward, nothing back"),
        ("sum", AXIS, "reduction", "sum of the entries"),
        ("mean", AXIS, "reduction", "mean of the entries"),
        ("prod", AXIS, "reduction", "product of the entries"),
        ("max", AXIS, "reduction", "largest entry"),
        ("min", AXIS, "reduction", "smallest entry"),
        ("var", AXIS, "reduction", "variance of the entries, divided by n"),
        ("std", AXIS, "reduction", "standard deviation of the entries, divided by n"),
        ("norm", AXIS, "reduction", "Euclidean length, square root of the sum of squares"),
        ("logsumexp", AXIS, "reduction", "log of the sum of exponentials, safe for large x"),
        ("cumsum", "x, axis=0", "reduction", "running sum along an axis"),
        ("softmax", "x, axis=-1", "normalisation", "exponentials divided by their sum"),
        ("log_softmax", "x, axis=-1", "normalisation", "logarithm of softmax"),
        ("matmul", "x, y", "linear", "matrix product"),
        ("dot", "x, y", "linear", "inner product of two vectors"),
        ("outer", "x, y", "linear", "every entry of x times every entry of y"),
        ("einsum", "equation, *operands", "linear", "sum of products by index letters"),
        ("transpose", "x, axes=None", "shape", "axes reversed, or in the given order"),
        ("reshape", "x, shape", "shape", "same entries, new shape"),
        ("expand_dims", "x, axis", "shape", "a new axis of length 1"),
        ("squeeze", "x, axis=None", "shape", "axes of length 1 removed"),
        ("broadcast_to", "x, shape", "shape", "repeated to a larger shape"),
        ("concatenate", "arrays, axis=0", "shape", "joined along an axis"),
        ("stack", "arrays, axis=0", "shape", "joined along a new axis"),
    ]
    return tuple(Function(*row) for row in rows)


FUNCTIONS = _table()
FUNCTION_NAMES = frozenset(function.name for function in FUNCTIONS)
CONSTANTS = {"pi": 3.141592653589793}


def function(name: str) -> Function:
    """The entry for `name`; KeyError for a name that is not in the table."""
    return {entry.name: entry for entry in FUNCTIONS}[name]
