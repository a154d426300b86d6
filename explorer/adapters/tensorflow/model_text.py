"""A model as a `Text` (see `tracing.py`): what one entry of a module computes, and where in the module that is.

Functions are converted by AutoGraph first, as `tf.function` does it. TensorFlow records lines, so places are lines.
"""

from __future__ import annotations

import ast
import re
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from explorer.adapters.tensorflow.entries import arguments_of, is_traceable, with_leaves
from explorer.adapters.tensorflow.environment import tf
from explorer.adapters.tensorflow.mistakes import partial
from explorer.adapters.tensorflow.tracing import Traced, Variable
from explorer.capture.module_text import Module
from explorer.capture.positions import FILENAME, Written
from explorer.errors import ProgramError
from explorer.graph.ir import Span

IN_USER_CODE: Final = re.compile(rf'File "{re.escape(FILENAME)}", line (\d+)')
BOLD: Final = re.compile(r"\x1b\[1m(.*?)\x1b\[0m", re.DOTALL)
STYLE: Final = re.compile(r"\x1b\[\d*m")
ERROR_LINE: Final = re.compile(r"^ {4}(\w+): (.*)$", re.MULTILINE)


class ModelText:
    """See `explorer.adapters.tensorflow.tracing.Text`."""

    def __init__(
        self, module: Module, target: Any, arguments: Mapping[str, Any], inputs: Sequence[str], seed: int
    ) -> None:
        self._module, self._target, self._arguments, self._inputs, self._seed = module, target, arguments, inputs, seed
        self._places = Places(module)
        self.variables: Sequence[Variable] = ()

    def __call__(self, *tensors: tf.Tensor) -> Any:
        """What the entry returns; random numbers are those of the program's seed."""
        tf.random.set_seed(self._seed)
        given = with_leaves(self._arguments, dict(zip(self._inputs, tensors, strict=True)))
        positional, named = arguments_of(self._target, given)
        return _called(self._target)(*positional, **named)

    def place(self, lines: Sequence[tuple[str, int]]) -> Span | None:
        found = [line for file, line in lines if file == FILENAME]
        return self._places.of_line(found[-1]) if found else None

    def mistake(self, error: Exception, traced: Traced) -> ProgramError:
        """ProgramError `module_failed` with the graph up to the mistake."""
        message = str(error)
        told = IN_USER_CODE.findall(message)
        span = self._module.raised_at(error.__traceback__) or (self._places.of_line(int(told[-1])) if told else None)
        return ProgramError(
            "module_failed",
            span=span,
            partial=partial(traced),
            detail=STYLE.sub("", "".join(traceback.format_exception(error))),
            reason=reason(type(error).__name__, message),
        )


class Places:
    """What of a line computes something: TensorFlow records lines, no columns."""

    def __init__(self, text: Written) -> None:
        self._text = text
        self._widest: dict[int, ast.expr] = {}
        for node in ast.walk(ast.parse(text.text)):
            if isinstance(node, ast.expr) and not isinstance(getattr(node, "ctx", None), ast.Store):
                known = self._widest.get(node.lineno)
                if node.lineno == node.end_lineno and (known is None or _width(node) > _width(known)):
                    self._widest[node.lineno] = node

    def of_line(self, line: int) -> Span:
        """The longest expression that stands on `line` (from 1) and on no other, else the line alone."""
        return self._text.span(self._widest[line]) if line in self._widest else Span(line)


def _width(node: ast.expr) -> int:
    return (node.end_col_offset or 0) - node.col_offset


def reason(kind: str, message: str) -> str:
    """What went wrong, without the frames that AutoGraph puts before it and the arguments that Keras puts behind it."""
    if (bold := BOLD.search(message)) is not None:
        message = bold[1]
    elif (converted := ERROR_LINE.findall(message)) and "in user code" in message:
        kind, message = converted[-1]
    paragraphs = [" ".join(part.split()) for part in STYLE.sub("", message).split("\n\n") if part.strip()]
    first = next((part for part in paragraphs if not part.startswith("Exception encountered")), "")
    first = re.sub(r"\s*(?:for '\{\{node|\{\{function_node|\[\[\{\{node|\[Op:).*", "", first).rstrip(". ")
    return f"{kind}: {first}" if first else kind


def _called(target: Any) -> Callable[..., Any]:
    """The callable that is traced in the graph at hand, not as a function of its own."""
    if isinstance(target, tf.keras.layers.Layer):
        return target  # type: ignore[no-any-return]
    if not is_traceable(target):
        return _converted(target)
    function = target.python_function
    return _converted(function) if getattr(target, "_autograph", True) else function


def _converted(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` as AutoGraph converts it: `if` and `while` on tensors become ops.

    `ag_ctx` is TensorFlow's own; guarded by `test_a_branch_on_a_tensor_becomes_an_op`.
    """
    from tensorflow.python.autograph.core import ag_ctx

    enabled = ag_ctx.ControlStatusCtx(status=ag_ctx.Status.ENABLED)
    return tf.__internal__.autograph.tf_convert(function, enabled)  # type: ignore[no-any-return]
