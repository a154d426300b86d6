"""A failing operation in one sentence: which operation, on what, why, where, and the graph up to it."""

from __future__ import annotations

import ast
import re
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FrameType
from typing import Any

from explorer.adapters.tensorflow.backward import rule_of
from explorer.adapters.tensorflow.environment import tf
from explorer.adapters.tensorflow.reading import read, tensor_type
from explorer.adapters.tensorflow.tracing import Traced
from explorer.capture.expression import OPERATION_NODES, Expression
from explorer.capture.functions import function
from explorer.errors import ProgramError
from explorer.graph.ir import Graph, Span

FILENAME = "<expression>"
OPERATION = re.compile(r"'\{\{node [^}]*\}\} = (\w+)\[|'(\w+)' Op\b|of op '(\w+)'")
# What TensorFlow adds behind its sentence: the node once more, and where it was built.
NOISE = re.compile(r"\s*(?:for '\{\{node|\[\[\{\{node|\[Op:|Error: Expected).*", re.DOTALL)
SETTINGS = frozenset({"axis", "axes", "keepdims", "equation", "slope"})  # parameters that are no operands
SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Mod: "%", ast.Pow: "**", ast.MatMult: "@",
    ast.USub: "-", ast.UAdd: "+", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==",
    ast.NotEq: "!=",
}  # fmt: skip
DETECTED_AT = re.compile(r"Detected at node (\S+) defined at")


@dataclass(frozen=True)
class Failure:
    """What is known when a trace breaks off."""

    error: Exception
    expression: Expression
    graph: Any  # FuncGraph with the ops made so far
    inputs: Mapping[str, tf.Tensor]
    line_spans: Mapping[int, Span]
    span: Callable[[tf.Operation], Span | None]


def mistake(failure: Failure) -> ProgramError:
    """ProgramError `operation_failed` with span, partial graph, operation, operand types and TensorFlow's reason.

    `tensorflow_no_tensor` where all operations went well and the result is nothing that TensorFlow can hold.
    """
    error, place = failure.error, _user_frame(failure.error)
    span = failure.line_spans.get(place[1]) if place else None
    node = _operation_at(failure.expression, span)
    upto = read(failure.graph, inputs=failure.inputs, span=failure.span)
    detail, reason = "".join(traceback.format_exception(error)), _reason(str(error))
    if place is None or node is None:
        return ProgramError("tensorflow_no_tensor", span=span, partial=upto, detail=detail, reason=reason)
    op, shapes = _name(error, node), _operands(failure, node, place[0])
    return ProgramError("operation_failed", span=span, partial=upto, detail=detail, op=op, shapes=shapes, reason=reason)


def runtime_mistake(error: tf.errors.OpError, traced: Traced) -> ProgramError:
    """The same for an operation that was traced but refuses its values when it runs.

    `tensorflow_stopped` where the message names no operation of the text, as when memory runs out.
    """
    found = DETECTED_AT.search(str(error))
    operations = {operation.name: operation for operation in traced.graph.get_operations()}
    name = found[1] if found else ""
    operation = operations.get(rule_of(name) or name)
    reason = _reason(_runtime_sentence(str(error)))
    if operation is None:
        return ProgramError("tensorflow_stopped", detail=str(error), reason=reason)
    return ProgramError(
        "operation_failed",
        span=traced.span(operation),
        partial=partial(traced),
        detail=str(error),
        op=operation.type,
        shapes=" and ".join(str(tensor_type(tensor)) for tensor in operation.inputs),
        reason=reason,
    )


def partial(traced: Traced) -> Graph:
    """The graph up to a mistake."""
    return read(traced.graph, inputs=traced.inputs, captured=traced.captured, span=traced.span, without=traced.unread)


def _user_frame(error: Exception) -> tuple[FrameType, int] | None:
    frames = [frame for frame in traceback.walk_tb(error.__traceback__) if frame[0].f_code.co_filename == FILENAME]
    return frames[-1] if frames else None


def _operation_at(expression: Expression, span: Span | None) -> ast.AST | None:
    return next((node for node in _operations(expression) if expression.span(node) == span), None)


def _operations(expression: Expression) -> list[ast.AST]:
    nodes = [node for statement in expression.statements for node in ast.walk(statement)]
    return [node for node in nodes if isinstance(node, OPERATION_NODES)]


def _name(error: Exception, node: ast.AST) -> str:
    """TensorFlow's name of the operation where its message tells it, else the user's."""
    if found := OPERATION.search(str(error)):
        return next(name for name in found.groups() if name)
    match node:
        case ast.Call(func=ast.Name(id=name)):
            return name
        case ast.BinOp(op=operator) | ast.UnaryOp(op=operator) | ast.Compare(ops=[operator]):
            return SIGNS[type(operator)]
    return type(node).__name__


def _operands(failure: Failure, node: ast.AST, frame: FrameType) -> str:
    """Types of the values that the operation was given, such as `f32[2] and f32[3]`."""
    given: list[ast.expr | tuple[ast.expr, ...]]
    match node:
        case ast.BinOp(left=left, right=right):
            given = [left, right]
        case ast.Compare(left=left, comparators=[right]):
            given = [left, right]
        case ast.UnaryOp(operand=operand):
            given = [operand]
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=keywords):
            bound = function(name).signature().bind(*arguments, **{str(key.arg): key.value for key in keywords})
            given = [value for parameter, value in bound.arguments.items() if parameter not in SETTINGS]
        case _:
            given = []
    flat = [part for argument in given for part in _parts(argument)]
    return " and ".join(filter(None, (_described(failure, part, frame) for part in flat)))


def _parts(argument: ast.expr | tuple[ast.expr, ...]) -> list[ast.expr]:
    """The arrays of `stack([x, y])`, the operands of `einsum`; a literal such as `(2, 3)` stays one argument."""
    if isinstance(argument, tuple):
        return list(argument)
    if not isinstance(argument, (ast.List, ast.Tuple)):
        return [argument]
    names = any(not isinstance(element, ast.Constant) for element in argument.elts)
    return argument.elts if names else [argument]


def _described(failure: Failure, node: ast.expr, frame: FrameType) -> str:
    if isinstance(node, ast.Name):
        value = frame.f_locals.get(node.id)
        return str(tensor_type(value)) if tf.is_tensor(value) else ast.unparse(node)
    if isinstance(node, OPERATION_NODES):
        made = [op for op in failure.graph.get_operations() if failure.span(op) == failure.expression.span(node)]
        if made:
            return str(tensor_type(made[-1].outputs[0]))
    return ast.unparse(node)


def _reason(message: str) -> str:
    """TensorFlow's sentence on one line, without the node text behind it and without its full stop."""
    return " ".join(NOISE.sub("", message).split()).rstrip(".: ")


def _runtime_sentence(message: str) -> str:
    """The sentence after the report of where the node was built: the last lines of the message."""
    lines = [line for line in message.strip().splitlines() if line.strip() and not line.lstrip().startswith("[[{{")]
    return re.sub(r"\s*\[Op:\S+\]\s*$", "", lines[-1]) if lines else message
