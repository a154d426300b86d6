"""From a text to a traced FuncGraph, by `tf.function(...).get_concrete_function(...)`.

What the text is, an expression or a model, is for the `Text` to know: it computes the result and knows its places.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from explorer.adapters.tensorflow.environment import tf
from explorer.errors import ProgramError
from explorer.graph import roles
from explorer.graph.ir import Span, TensorType

NODE_NAME = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*")


@dataclass(frozen=True)
class Variable:
    """A variable of the text, or a tensor that it holds. `role` is that of its graph input: `parameter` for what is
    learned, else `constant`.
    """

    name: str
    role: str
    variable: Any = None  # tf.Variable
    tensor: Any = None

    @property
    def outside(self) -> Any:
        """What a graph captures: the handle of a variable, else the tensor itself."""
        return self.tensor if self.variable is None else self.variable.handle


class Text(Protocol):
    """What is traced. `variables` are captured before anything else, so that their graph inputs have their names."""

    variables: Sequence[Variable]

    def __call__(self, *tensors: tf.Tensor) -> Any:
        """What the text computes of one tensor per input: a tensor, or a nest of them."""

    def place(self, lines: Sequence[tuple[str, int]]) -> Span | None:
        """The stretch of the user's text that (file name, line) of an op's traceback, innermost last, lead to."""

    def mistake(self, error: Exception, traced: Traced) -> ProgramError:
        """What people are told of an exception; `traced` holds the ops up to it."""


@dataclass(frozen=True)
class Captured:
    """What a FuncGraph takes from outside: its `placeholder` stands for `outside`, a variable's handle or a tensor."""

    name: str
    role: str
    outside: Any
    placeholder: tf.Tensor
    variable: Any = None

    @property
    def type(self) -> TensorType:
        """Of the numbers: for a variable those that it holds."""
        held = self.placeholder if self.variable is None else self.variable
        return TensorType(held.dtype.name, tuple(held.shape.as_list()))


@dataclass(frozen=True)
class Traced:
    """A text as a concrete function. `inputs` maps an input's name to its tensor in `graph`.

    `results` are the tensors that the text computes, in `graph`; `chosen` is the one that is differentiated.
    """

    function: Any  # ConcreteFunction: returns what the body returned
    graph: Any  # FuncGraph
    inputs: Mapping[str, tf.Tensor]
    captured: tuple[Captured, ...]
    results: Sequence[tf.Tensor]
    text: Text

    def __call__(self, tensors: Sequence[tf.Tensor]) -> list[tf.Tensor]:
        """Run it; one tensor per input, in the order of `inputs`."""
        return list(self.function(*tensors))

    @cached_property
    def chosen(self) -> int:
        return chosen(self.results)

    @cached_property
    def given(self) -> dict[str, tf.Tensor]:
        """All placeholders: of the inputs, then of what is captured, by names that are unique here."""
        return given(self.inputs, self.captured)

    @cached_property
    def sources(self) -> dict[str, tf.Tensor]:
        """What the result can be differentiated by: float inputs and parameters (their handles)."""
        return sources(self.inputs, self.captured)

    @property
    def unread(self) -> frozenset[str]:
        """Names of the placeholders of variables that nothing reads."""
        taken = {each.placeholder.op.name for each in self.captured}
        outside = {placeholder.op.name for _, placeholder in self.graph.captures}
        return frozenset(outside - taken)

    def span(self, operation: tf.Operation) -> Span | None:
        """The stretch of the user's text whose execution made `operation`."""
        return self.text.place([(frame.filename, frame.lineno) for frame in operation.traceback or ()])


Body = Callable[["Tracing"], Sequence[tf.Tensor]]


def specification(inputs: Mapping[str, np.ndarray]) -> dict[str, tf.TensorSpec]:
    """Shape and dtype of each input. A name that TensorFlow does not take for an op (`α`) is numbered instead."""
    return {
        name: tf.TensorSpec(array.shape, array.dtype, name if NODE_NAME.fullmatch(name) else f"input_{position}")
        for position, (name, array) in enumerate(inputs.items())
    }


def trace(text: Text, specs: Mapping[str, tf.TensorSpec], body: Body) -> Traced:
    """Trace `body` on what the text computes from one placeholder per input.

    Raises the text's ProgramError for a mistake, with the graph up to it.
    """
    tracing = Tracing(text, specs, body)
    function = tf.function(tracing, autograph=False).get_concrete_function(*specs.values())
    outcome = Traced(
        function, function.graph, tracing.inputs, captures(function.graph, text.variables), tracing.results, text
    )
    if tracing.failures:
        raise text.mistake(tracing.failures[0], outcome)
    return outcome


def lowered(text: Text, specs: Mapping[str, tf.TensorSpec], body: Body, stage: str) -> str:
    """What XLA prints of the same function: stage `hlo` as it gets it, `optimized_hlo` as it leaves it.

    The text is one that `trace` has traced before. Raises what TensorFlow raises where XLA cannot compile it.
    """
    function = tf.function(Tracing(text, specs, body), autograph=False, jit_compile=True)
    return str(function.experimental_get_compiler_ir(*specs.values())(stage=stage))


class Tracing:
    """The function that is traced. The body reads `results` and `sources` of the graph that is being made."""

    def __init__(self, text: Text, specs: Mapping[str, tf.TensorSpec], body: Body) -> None:
        self._text, self._names, self._body = text, list(specs), body
        self.inputs: dict[str, tf.Tensor] = {}
        self.results: list[tf.Tensor] = []
        self.failures: list[Exception] = []

    def __call__(self, *tensors: tf.Tensor) -> Sequence[tf.Tensor] | None:
        graph = tf.compat.v1.get_default_graph()
        self.inputs = dict(zip(self._names, tensors, strict=True))
        for variable in self._text.variables:
            capture(graph, variable.outside, variable.name)
        try:
            found = tf.nest.flatten(self._text(*tensors))
            self.results = [tf.convert_to_tensor(each) for each in found if each is not None]
            chosen(self.results)
        except Exception as error:  # whatever TensorFlow or Python object to; the ops so far stay in the graph
            self.failures.append(error)
            return None
        return list(self._body(self))

    @property
    def result(self) -> tf.Tensor:
        """The tensor that is differentiated."""
        return self.results[chosen(self.results)]

    @property
    def sources(self) -> dict[str, tf.Tensor]:
        return sources(self.inputs, captures(tf.compat.v1.get_default_graph(), self._text.variables))


def receive(
    traced: Traced, tensors: Sequence[tf.Tensor], outside: Mapping[str, Any] | None = None
) -> dict[str, tf.Tensor]:
    """In another function that is being traced: the tensors that stand for the placeholders of `traced`, by name.

    What is captured there is captured here as well; `outside` gives other variables' handles for some of it.
    """
    graph = tf.compat.v1.get_default_graph()
    received = dict(zip(traced.inputs, tensors, strict=True))
    names = list(traced.given)[len(received) :]
    for name, each in zip(names, traced.captured, strict=True):
        received[name] = capture(graph, (outside or {}).get(name, each.outside), each.placeholder.op.name)
    return received


def capture(graph: Any, tensor: Any, name: str) -> tf.Tensor:
    """A placeholder for a tensor from outside of the FuncGraph `graph`, under a name of our choice.

    `FuncGraph.capture` is no documented part of TensorFlow; guarded by `test_captured_variables_have_their_names`.
    """
    return graph.capture(tensor, name=re.sub(r"[^A-Za-z0-9_./-]", "_", name.lstrip("_/-")) or "captured")


def captures(graph: Any, variables: Sequence[Variable]) -> tuple[Captured, ...]:
    """What a FuncGraph takes from outside and reads, in the order in which it was first needed."""
    by_handle = {id(each.outside): each for each in variables}
    by_handle |= {
        id(each.handle): Variable(each.name.removesuffix(":0"), _role(each), each)
        for each in graph.variables
        if id(each.handle) not in by_handle
    }
    found = []
    for outside, placeholder in graph.captures:
        known = by_handle.get(id(outside))
        if known is not None and placeholder.consumers():
            found.append(Captured(known.name, known.role, outside, placeholder, known.variable))
        elif known is None:
            found.append(Captured(placeholder.op.name, roles.CONSTANT, outside, placeholder))
    return tuple(found)


def given(inputs: Mapping[str, tf.Tensor], captured: Sequence[Captured]) -> dict[str, tf.Tensor]:
    found = dict(inputs)
    for each in captured:
        found[each.name if each.name not in found else f"{each.name} ({each.placeholder.op.name})"] = each.placeholder
    return found


def sources(inputs: Mapping[str, tf.Tensor], captured: Sequence[Captured]) -> dict[str, tf.Tensor]:
    parameters = {each.placeholder.op.name for each in captured if each.role == roles.PARAMETER}
    return {
        name: tensor
        for name, tensor in given(inputs, captured).items()
        if tensor.dtype.is_floating or tensor.op.name in parameters
    }


def chosen(results: Sequence[tf.Tensor]) -> int:
    """Which result is differentiated: the first scalar float, else the first float, else the first.

    Raises ValueError where there is none at all.
    """
    if not results:
        raise ValueError("the function returns nothing")
    floats = [position for position, tensor in enumerate(results) if tensor.dtype.is_floating]
    scalars = [position for position in floats if results[position].shape.rank == 0]
    return next(iter([*scalars, *floats]), 0)


def _role(variable: Any) -> str:
    return roles.PARAMETER if variable.trainable and variable.dtype.is_floating else roles.CONSTANT
