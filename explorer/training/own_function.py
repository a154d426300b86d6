"""A function of one variable that the user typed, evaluated in NumPy by walking its checked tree.

Nothing of the text is ever executed: numbers, the one variable, arithmetic and the functions of this table are all that
can be reached. A number counts as float64 from the start, so that `9**9**9` is infinite at once instead of a whole
number with 369 million digits.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from explorer.capture.expression import Expression, parse
from explorer.capture.functions import CONSTANTS, function
from explorer.errors import UsageError

Values = dict[str, Any]  # arrays and numbers by name

OPERATORS: Mapping[type[ast.AST], Callable[..., Any]] = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide, ast.Mod: np.mod,
    ast.Pow: np.power, ast.USub: np.negative, ast.UAdd: np.positive, ast.Lt: np.less, ast.LtE: np.less_equal,
    ast.Gt: np.greater, ast.GtE: np.greater_equal, ast.Eq: np.equal, ast.NotEq: np.not_equal,
}  # fmt: skip


@cache
def functions() -> Mapping[str, Callable[..., Any]]:
    """What each elementwise function of `explorer.capture.functions` is in NumPy or SciPy."""
    from scipy import special  # here: every worker imports this module, and hardly any needs it

    return {
        **{name: getattr(np, name) for name in (
            "abs", "square", "sqrt", "reciprocal", "exp", "expm1", "log", "log1p", "log2", "sin", "cos", "tan", "sinh",
            "cosh", "tanh", "sign", "floor", "ceil", "round", "minimum", "maximum", "where",
        )},
        "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "atan2": np.arctan2, "pow": np.power,
        "erf": special.erf, "sigmoid": special.expit, "softplus": lambda x: np.logaddexp(0.0, x),
        "rsqrt": lambda x: 1.0 / np.sqrt(x), "relu": lambda x: np.maximum(x, 0.0), "elu": _elu,
        "leaky_relu": lambda x, slope=0.01: np.where(x > 0, x, slope * x), "gelu": lambda x: x * special.ndtr(x),
        "silu": lambda x: x * special.expit(x), "clip": lambda x, low, high: np.minimum(np.maximum(x, low), high),
        "stop_gradient": np.positive,
    }  # fmt: skip


def _elu(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0.0)))


def evaluate(text: str, x: np.ndarray) -> np.ndarray:
    """The values of the function `text` at `x`, float64 of the shape of `x`; not finite where it has none.

    ProgramError for a text that is no expression; UsageError for one that is no function of one variable.
    """
    expression = parse(text)
    if len(expression.names) != 1:
        raise UsageError("training_one_variable", text=text, names=", ".join(expression.names) or "none")
    with np.errstate(all="ignore"):
        return np.broadcast_to(_run(expression, x), x.shape).astype(np.float64)


def _run(expression: Expression, x: np.ndarray) -> Any:
    values: Values = {name: np.float64(number) for name, number in CONSTANTS.items()}
    values[expression.names[0]] = np.asarray(x, np.float64)
    result: Any = None
    for statement in expression.statements:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                result = values[name] = _value(value, values)
            case ast.Expr(value=value):
                result = _value(value, values)
    return result


def _value(node: ast.expr, values: Values) -> Any:
    match node:
        case ast.Name(id=name):
            return values[name]
        case ast.Constant(value=number):
            return np.float64(_float(number))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return OPERATORS[type(op)](_value(left, values), _value(right, values))
        case ast.UnaryOp(op=op, operand=operand) if type(op) in OPERATORS:
            return OPERATORS[type(op)](_value(operand, values))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return OPERATORS[type(op)](_value(left, values), _value(right, values))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=keywords) if name in functions():
            bound = function(name).signature().bind(*arguments, **{str(each.arg): each.value for each in keywords})
            return functions()[name](*(_value(argument, values) for argument in bound.args))
    raise UsageError("training_elementwise", text=ast.unparse(node)[:40])


def _float(number: Any) -> float:
    try:
        return float(number)
    except OverflowError:  # a whole number of more than 308 digits
        return float("inf")
