"""A text that defines a model: Keras models and layers, `tf.function`s, functions over tensors.

The module is run once. Variables stay the text's own; before anything is computed they are given the values that were
asked for, so a program has no memory. What a training step would change is put back too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, partial
from itertools import chain

import numpy as np

from explorer.adapters.tensorflow import entries
from explorer.adapters.tensorflow.environment import tf
from explorer.adapters.tensorflow.model_text import ModelText
from explorer.adapters.tensorflow.program import Arrays, TensorFlowProgram
from explorer.adapters.tensorflow.scopes import scope_of
from explorer.adapters.tensorflow.tracing import Captured, Text, Traced, Variable, specification
from explorer.adapters.tensorflow.variables import layers_of, tensor, variables_of
from explorer.adapters.tensorflow.wide import Wide
from explorer.capture.entries import candidates, choose
from explorer.capture.module_text import Module, load_module
from explorer.capture.record import Source
from explorer.flow.finite_difference import is_float
from explorer.graph import roles

RANDOM = re.compile(r"Random|TruncatedNormal|Multinomial|ParameterizedTruncatedNormal")  # not `StatelessRandom...`


class ModelProgram(TensorFlowProgram):
    """See `explorer.adapters.base.Program`."""

    def __init__(self, source: Source) -> None:
        """Run the text and trace its entry, which says what it learns.

        Raises ProgramError (the text), UsageError (an input, an entry) or UnavailableError (the device).
        """
        super().__init__(source)
        with tf.device(self._placement):
            self._module = _run(source)
            found = candidates(self._module, entries.kind, entries.call)
            chosen = choose(
                self._module, found, source.entry, source.inputs, seed=source.seed, is_array=entries.is_array
            )
        bound = chosen.bound
        self.entry, self.entries = bound.candidate.entry, chosen.entries
        self.inputs = {name: np.asarray(value) for name, value in entries.leaves(bound.arguments)}
        self._arguments = [value for _, value in entries.leaves(bound.arguments)]
        self._text = ModelText(self._module, bound.candidate.target, bound.arguments, list(self.inputs), source.seed)
        self._prepare()
        self._start = {name: np.array(each.numpy()) for name, each in self._held.items()}
        learned = {each.placeholder.op.name for each in self._traced.captured if each.role == roles.PARAMETER}
        self.parameters = {
            name: self._start[name]
            for name, placeholder in self._traced.given.items()
            if placeholder.op.name in learned
        }

    def text(self, inputs: Arrays) -> Text:  # noqa: ARG002 - a model is traced for the dtypes of its example inputs
        return self._text

    def value(self, inputs: Arrays) -> np.ndarray:
        """The differentiated output; in float64 where a float64 array stands for one of another float type."""
        if self._is_wide(inputs):
            return self._wide.value({**self.inputs, **self._start, **inputs})
        with self._running(self._traced, inputs):
            return np.asarray(self._traced(self._tensors(inputs))[self._traced.chosen].numpy())

    def value_and_gradients(self, inputs: Arrays) -> tuple[np.ndarray, dict[str, np.ndarray | None]]:
        """The output and the gradients of its sum for each input and parameter; None where there is none."""
        names: dict[str, np.ndarray | None] = dict.fromkeys([*self.inputs, *self.parameters])
        if not self.differentiable:
            return self.value(inputs), names
        if self._is_wide(inputs):
            value, gradients = self._wide.value_and_gradients({**self.inputs, **self._start, **inputs})
            return value, {**names, **gradients}
        traced = self._gradient(self.inputs)
        with self._running(traced.traced, inputs):
            value, *found = (np.asarray(tensor.numpy()) for tensor in traced.traced(self._tensors(inputs)))
        there = [name for name, tensor in traced.backward.of_sources.items() if tensor is not None]
        return value, {**names, **dict(zip(there, found, strict=True))}

    def _prepare(self) -> None:
        """Let layers make their variables, and find out which variables are read."""
        layers = layers_of(self._module.names.values())
        if any(not layer.built for layer in layers):
            self._build()
        self.scopes = partial(
            scope_of, layers=frozenset(layer.name for layer in layers_of(self._module.names.values()))
        )
        arguments = {id(value) for value in self._arguments}
        reachable = variables_of(self._module.names)
        self._text.variables = [each for each in reachable if id(each.outside) not in arguments]
        captured = self._traced.captured
        known = {id(each.outside): each for each in self._text.variables}
        self._text.variables = [known.get(id(each.outside)) or _named(each) for each in captured]
        if any(id(each.outside) not in known for each in captured):
            self._forwards.clear()  # traced anew, with names that do not stand in the way of an op's

    def _build(self) -> None:
        """A first trace that only makes variables. What is wrong is told by the trace that is shown."""
        try:
            with tf.device(self._placement):
                specs = specification(self.inputs).values()
                tf.function(self._text, autograph=False).get_concrete_function(*specs)
        except Exception:
            pass

    @property
    def _traced(self) -> Traced:
        return self._forward(self.inputs)

    @property
    def _held(self) -> Mapping[str, tf.Variable]:
        """The variables that are read, by name."""
        names = list(self._traced.given)[len(self.inputs) :]
        pairs = zip(names, self._traced.captured, strict=True)
        return {name: each.variable for name, each in pairs if each.variable is not None}

    @cached_property
    def _is_random(self) -> bool:
        """Whether there are random numbers that go on from call to call."""
        definition = self._traced.graph.as_graph_def()
        bodies = (function.node_def for function in definition.library.function)
        return any(RANDOM.match(node.op) for node in chain(definition.node, *bodies))

    @cached_property
    def _wide(self) -> Wide:
        with tf.device(self._placement):
            return Wide(self._traced, self.inputs, self._start)

    def _is_wide(self, inputs: Arrays) -> bool:
        known = {**self.inputs, **self._start}
        return any(
            is_float(known[name]) and array.dtype == np.float64 != known[name].dtype
            for name, array in inputs.items()
            if name in known
        )

    @contextmanager
    def _running(self, function: Traced, inputs: Arrays) -> Iterator[None]:
        with super()._running(function, inputs):
            if self._is_random:
                tf.random.set_seed(self.source.seed)  # each function starts its random numbers again
            for name, variable in self._held.items():
                variable.assign(inputs.get(name, self._start[name]))
            yield


def _named(captured: Captured) -> Variable:
    """What a text holds where nobody sees it: in a closure, in an object."""
    if captured.variable is not None:
        return Variable(captured.name, captured.role, captured.variable)
    return tensor(captured.name.replace("/", "."), captured.outside)


def _run(source: Source) -> Module:
    """Run the text with names and random numbers that do not depend on what was run before."""
    tf.keras.utils.clear_session()
    tf.keras.config.disable_traceback_filtering()
    tf.keras.utils.set_random_seed(source.seed)
    module = load_module(source.text)
    # `keras.Input` and what layers make of it are no arrays: the inputs of a model made of layers have their names.
    names = {name: value for name, value in module.names.items() if not isinstance(value, tf.keras.KerasTensor)}
    return replace(module, names=names)
