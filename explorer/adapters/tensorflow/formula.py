"""An expression as a `Text` (see `tracing.py`).

It is compiled with a line number of its own for every operation (TensorFlow records lines, no columns), so the
traceback of an op leads to exactly the stretch of text that made it.
"""

from __future__ import annotations

import ast
import copy
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from explorer.adapters.tensorflow.environment import tf
from explorer.adapters.tensorflow.functions import functions
from explorer.adapters.tensorflow.mistakes import FILENAME, Failure, mistake
from explorer.adapters.tensorflow.tracing import Traced, Variable
from explorer.capture.expression import Expression, compile_forward
from explorer.errors import ProgramError
from explorer.graph.ir import Span


class Formula:
    """See `explorer.adapters.tensorflow.tracing.Text`."""

    variables: Sequence[Variable] = ()

    def __init__(self, expression: Expression, specs: Mapping[str, tf.TensorSpec]) -> None:
        number = _number_dtype(specs.values())
        self.expression = _in_tensorflow_terms(expression)
        self._forward, self._line_spans = compile_forward(
            self.expression, functions(number), filename=FILENAME, unique_lines=True
        )

    def __call__(self, *tensors: tf.Tensor) -> Any:
        return tf.convert_to_tensor(self._forward(*tensors))

    def place(self, lines: Sequence[tuple[str, int]]) -> Span | None:
        found = [line for file, line in lines if file == FILENAME]
        return self._line_spans.get(found[-1]) if found else None

    def mistake(self, error: Exception, traced: Traced) -> ProgramError:
        return mistake(Failure(error, self.expression, traced.graph, traced.inputs, self._line_spans, traced.span))


def _number_dtype(specs: Sequence[tf.TensorSpec] | Any) -> tf.DType:
    """The dtype of numbers that meet no tensor (`sqrt(2)`): the widest float of the inputs, else float32."""
    floats = [spec.dtype for spec in specs if spec.dtype.is_floating]
    return max(floats, key=lambda dtype: dtype.size, default=tf.float32)


def _in_tensorflow_terms(expression: Expression) -> Expression:
    """The two operators that a tensor does not have, at the same places: `x @ y` for vectors, and `+x`."""
    statements = tuple(_Operators().visit(copy.deepcopy(statement)) for statement in expression.statements)
    return dataclasses.replace(expression, statements=statements)


class _Operators(ast.NodeTransformer):
    """`x @ y` becomes `matmul(x, y)`, `+x` becomes `x`."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        if not isinstance(node.op, ast.MatMult):
            return node
        name = ast.copy_location(ast.Name("matmul", ast.Load()), node)
        return ast.copy_location(ast.Call(name, [node.left, node.right], []), node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        return node.operand if isinstance(node.op, ast.UAdd) else node
