"""A failing operation in one sentence: which operation, on what, why, where, and the graph up to it."""

from __future__ import annotations

import ast
import traceback
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any

import jax
import numpy as np

from explorer.adapters.jax.jaxpr import tensor_type
from explorer.capture.expression import OPERATION_NODES, Expression
from explorer.capture.functions import function
from explorer.capture.positions import FILENAME, Written
from explorer.errors import ProgramError
from explorer.graph.ir import Graph, Span

# What `jax.numpy` calls the operators.
OPERATORS: Mapping[type[ast.AST], str] = {
    ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide", ast.Mod: "remainder",
    ast.Pow: "power", ast.MatMult: "matmul", ast.USub: "negative", ast.UAdd: "positive", ast.Lt: "less",
    ast.LtE: "less_equal", ast.Gt: "greater", ast.GtE: "greater_equal", ast.Eq: "equal", ast.NotEq: "not_equal",
}  # fmt: skip
# Arguments that shape a call and are no arrays.
LITERAL_PARAMETERS = frozenset({"axis", "axes", "shape", "keepdims", "slope", "equation"})
# What a program may not ask of a traced value: JAX's errors, the special ones first.
ASKING: Mapping[type[Exception], str] = {
    jax.errors.TracerBoolConversionError: "jax_asks_truth",
    jax.errors.NonConcreteBooleanIndexError: "jax_asks_shape",
    jax.errors.TracerArrayConversionError: "jax_asks_numpy",
    jax.errors.TracerIntegerConversionError: "jax_asks_number",
    jax.errors.ConcretizationTypeError: "jax_asks_number",
}


def operation_failed(error: Exception, expression: Expression, partial: Graph) -> ProgramError:
    """ProgramError `operation_failed`: span, partial graph, the operation's name, operand types, JAX's first line."""
    frame, span = _user_frame(error, expression)
    node = _operation_at(expression, span)
    types = [_type(operand, frame) for operand in _operands(node)] if node and frame else []
    return ProgramError(
        "operation_failed",
        span=span,
        partial=partial,
        detail="".join(traceback.format_exception(error)),
        op=_name(node),
        shapes=" and ".join(types) or "these operands",
        reason=first_line(error) or type(error).__name__,
    )


def call_failed(error: Exception, name: str, text: Written, partial: Graph) -> ProgramError:
    """ProgramError for what a function of the user's raised while it was traced, at the innermost place of the text."""
    span = text.raised_at(error.__traceback__)
    code = next((code for kind, code in ASKING.items() if isinstance(error, kind)), "jax_call_failed")
    line = first_line(error)
    return ProgramError(
        code,
        span=span,
        partial=partial,
        detail="".join(traceback.format_exception(error)),
        name=name,
        what=text.excerpt(span) if span else "a value",
        error=type(error).__name__,
        reason=f"{type(error).__name__}: {line}" if line else type(error).__name__,
    )


def gradient_failed(error: Exception, name: str) -> ProgramError:
    """ProgramError for what JAX cannot differentiate."""
    detail = "".join(traceback.format_exception(error))
    if "while_loop" in str(error):
        return ProgramError("jax_while", detail=detail)
    reason = first_line(error) or type(error).__name__
    return ProgramError("jax_gradient_failed", detail=detail, name=name, reason=reason)


def first_line(error: BaseException) -> str:
    """The first line of an error's message, without a full stop; empty where it has none."""
    return next(iter(str(error).strip().splitlines()), "").rstrip(".")


def _user_frame(error: Exception, expression: Expression) -> tuple[FrameType | None, Span | None]:
    """The innermost frame of the user's text, and the stretch of text it was working on."""
    frame, entry = None, error.__traceback__
    while entry is not None:
        if entry.tb_frame.f_code.co_filename == FILENAME:
            frame = entry.tb_frame
        entry = entry.tb_next
    return frame, expression.raised_at(error.__traceback__)


def _operation_at(expression: Expression, span: Span | None) -> ast.AST | None:
    nodes = (node for statement in expression.statements for node in ast.walk(statement))
    return next((node for node in nodes if isinstance(node, OPERATION_NODES) and expression.span(node) == span), None)


def _name(node: ast.AST | None) -> str:
    match node:
        case ast.Call(func=ast.Name(id=name)):
            return name
        case ast.BinOp(op=operator) | ast.UnaryOp(op=operator) | ast.Compare(ops=[operator]):
            return OPERATORS[type(operator)]
    return "this"


def _operands(node: ast.AST) -> Iterator[ast.expr]:
    """The operands of an operation that are arrays or numbers, in order."""
    match node:
        case ast.BinOp(left=left, right=right) | ast.Compare(left=left, comparators=[right]):
            yield from (left, right)
        case ast.UnaryOp(operand=operand):
            yield operand
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=keywords):
            given = {str(keyword.arg): keyword.value for keyword in keywords}
            for parameter, value in function(name).signature().bind(*arguments, **given).arguments.items():
                if parameter not in LITERAL_PARAMETERS:
                    yield from _arrays(value)


def _arrays(value: Any) -> Iterator[ast.expr]:
    """`stack([x, y])` has one argument that is two arrays; `einsum` takes its operands one by one."""
    match value:
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            yield from elements
        case tuple():
            yield from value
        case _:
            yield value


def _type(operand: ast.expr, frame: FrameType) -> str:
    """Shape and dtype of an operand, worked out again without computing it; a number stands as written."""
    if isinstance(operand, ast.Constant):
        return ast.unparse(operand)
    code = compile(ast.Expression(operand), "<operand>", "eval")
    numbers, arrays = _locals(frame)
    # A plain `eval` of checked text in the scope it came from: the white list of `explorer.capture.expression` holds.
    aval = jax.eval_shape(lambda **given: eval(code, frame.f_globals, {**numbers, **given}), **arrays)
    return str(tensor_type(aval))


def _locals(frame: FrameType) -> tuple[Mapping[str, Any], Mapping[str, jax.ShapeDtypeStruct]]:
    """The frame's numbers as they are, and its arrays by shape and dtype."""
    numbers, arrays = {}, {}
    for name, value in frame.f_locals.items():
        if isinstance(value, (bool, int, float)):
            numbers[name] = value
        else:
            arrays[name] = jax.ShapeDtypeStruct(np.shape(value), value.dtype)
    return numbers, arrays
