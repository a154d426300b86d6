"""From the user's text to a traced FuncGraph, by `tf.function(...).get_concrete_function(...)`.

The text is compiled with a line number of its own for every operation (TensorFlow records lines, no columns), so the
traceback of an op leads to exactly the stretch of text that made it.
"""

from __future__ import annotations

import ast
import copy
import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.adapters.tensorflow.environment import tf
from explorer.adapters.tensorflow.functions import functions
from explorer.adapters.tensorflow.mistakes import FILENAME, Failure, mistake
from explorer.capture.expression import Expression, compile_forward
from explorer.graph.ir import Span

Body = Callable[[tf.Tensor, Mapping[str, tf.Tensor]], Sequence[tf.Tensor]]
NODE_NAME = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*")


@dataclass(frozen=True)
class Traced:
    """A text as a concrete function. `inputs` maps an input's name to its tensor in `graph`, `line_spans` a line."""

    function: Any  # ConcreteFunction: returns what the body returned
    graph: Any  # FuncGraph
    inputs: Mapping[str, tf.Tensor]
    line_spans: Mapping[int, Span]

    def __call__(self, tensors: Sequence[tf.Tensor]) -> list[tf.Tensor]:
        """Run it; one tensor per input, in the order of `inputs`."""
        return list(self.function(*tensors))

    def span(self, operation: tf.Operation) -> Span | None:
        """The stretch of the user's text whose execution made `operation`."""
        lines = [frame.lineno for frame in operation.traceback or () if frame.filename == FILENAME]
        return self.line_spans.get(lines[-1]) if lines else None


def specification(inputs: Mapping[str, np.ndarray]) -> dict[str, tf.TensorSpec]:
    """Shape and dtype of each input. A name that TensorFlow does not take for an op (`α`) is numbered instead."""
    return {
        name: tf.TensorSpec(array.shape, array.dtype, name if NODE_NAME.fullmatch(name) else f"input_{position}")
        for position, (name, array) in enumerate(inputs.items())
    }


def trace(expression: Expression, specs: Mapping[str, tf.TensorSpec], body: Body) -> Traced:
    """Trace `body(result, inputs)`, where `result` is what the text computes from one placeholder per input.

    Raises ProgramError `operation_failed` with the graph up to the operation that TensorFlow refused.
    """
    tracing = _Tracing(expression, specs, body)
    function = tf.function(tracing, autograph=False).get_concrete_function(*specs.values())
    outcome = Traced(function, function.graph, tracing.placeholders, tracing.line_spans)
    if tracing.failures:
        raise mistake(Failure(
            tracing.failures[0], tracing.text, outcome.graph, outcome.inputs, outcome.line_spans, outcome.span
        ))  # fmt: skip
    return outcome


def lowered(expression: Expression, specs: Mapping[str, tf.TensorSpec], body: Body, stage: str) -> str:
    """What XLA prints of the same function: stage `hlo` as it gets it, `optimized_hlo` as it leaves it.

    The text is one that `trace` has traced before. Raises what TensorFlow raises where XLA cannot compile it.
    """
    function = tf.function(_Tracing(expression, specs, body), autograph=False, jit_compile=True)
    return str(function.experimental_get_compiler_ir(*specs.values())(stage=stage))


class _Tracing:
    """The function that is traced: `body` on what the text computes from one tensor per input."""

    def __init__(self, expression: Expression, specs: Mapping[str, tf.TensorSpec], body: Body) -> None:
        number = _number_dtype(specs.values())
        self.text = _in_tensorflow_terms(expression)
        self._forward, self.line_spans = compile_forward(
            self.text, functions(number), filename=FILENAME, unique_lines=True
        )
        self._names, self._body = list(specs), body
        self.placeholders: dict[str, tf.Tensor] = {}
        self.failures: list[Exception] = []

    def __call__(self, *tensors: tf.Tensor) -> Sequence[tf.Tensor] | None:
        self.placeholders = dict(zip(self._names, tensors, strict=True))
        try:
            result = tf.convert_to_tensor(self._forward(*tensors))
        except Exception as error:  # whatever TensorFlow or Python object to; the ops so far stay in the graph
            self.failures.append(error)
            return None
        return list(self._body(result, self.placeholders))


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
