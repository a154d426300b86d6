"""A loaded text: its inputs on the device, its value and gradients, and the traces that its stages are read from."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property

import numpy as np

from explorer.adapters.tensorflow import devices, funcgraph, gradient, links
from explorer.adapters.tensorflow.environment import tf
from explorer.adapters.tensorflow.gradient import TracedGradient
from explorer.adapters.tensorflow.mistakes import runtime_mistake
from explorer.adapters.tensorflow.tracing import Traced, specification
from explorer.adapters.tensorflow.values import ForwardNumbers, GradientNumbers
from explorer.capture.expression import parse
from explorer.capture.inputs import DEFAULT_VALUE, example
from explorer.capture.record import Column, Diagnostic, Provenance, Source, Stage
from explorer.errors import ProgramError

Arrays = Mapping[str, np.ndarray]
Signature = tuple[tuple[str, tuple[int, ...], str], ...]
NOTHING_TO_DIFFERENTIATE = frozenset({"no_float_input", "no_float_result"})


class TensorFlowProgram:
    """See `explorer.adapters.base.Program`. Nothing is traced before it is asked for, and nothing is traced twice."""

    def __init__(self, source: Source) -> None:
        """Raises ProgramError (the text), UsageError (an input) or UnavailableError (the device)."""
        self.source = source
        self.expression = parse(source.text)
        values = {name: source.inputs.get(name, DEFAULT_VALUE) for name in self.expression.names}
        self.inputs: Arrays = {name: example(name, value, source.seed) for name, value in values.items()}
        self._placement = devices.placement(devices.resolve(source.device))
        with tf.device(self._placement):
            self.device = devices.device_of(tf.zeros([]) + 1.0)  # computed, not asked for
        self.notices: list[Diagnostic] = []
        self._forwards: dict[Signature, Traced] = {}
        self._gradients: dict[Signature, TracedGradient] = {}

    def value(self, inputs: Arrays) -> np.ndarray:
        """The output, in the dtype that the inputs lead to."""
        function = self._forward(inputs)
        with self._running(function):
            return np.asarray(function(self._tensors(inputs))[0].numpy())

    def value_and_gradients(self, inputs: Arrays) -> tuple[np.ndarray, dict[str, np.ndarray | None]]:
        """The output and the gradient of its sum for each input; None where there is none."""
        try:
            traced = self._gradient(inputs)
        except ProgramError as error:
            if error.code not in NOTHING_TO_DIFFERENTIATE:
                raise
            return self.value(inputs), dict.fromkeys(inputs)
        with self._running(traced.traced):
            value, *found = (np.asarray(tensor.numpy()) for tensor in traced.traced(self._tensors(inputs)))
        names = [name for name, tensor in traced.backward.of_inputs.items() if tensor is not None]
        return value, {**dict.fromkeys(inputs), **dict(zip(names, found, strict=True))}

    def stage(self, key: str) -> Stage:
        """Trace a stage. Raises ProgramError with the graph up to the mistake, or why there is no gradient."""
        started = time.perf_counter()
        forward = self._forward(self.inputs)
        if key == funcgraph.KEY:
            return funcgraph.stage(forward, started)
        return gradient.stage(self._gradient(self.inputs), self._links.accumulations, started)

    def provenance(self) -> Provenance:
        return Provenance(funcgraph.KEY, gradient.KEY, self._links.links)

    def columns(self, key: str, inputs: Arrays) -> Iterator[Column]:
        """Numbers of a stage for inputs of the captured shapes and dtypes."""
        numbers = self.forward_numbers if key == funcgraph.KEY else self.gradient_numbers
        with self._running(numbers.traced):
            results = numbers.run(self._tensors(inputs))
        yield from numbers.columns(results)

    @cached_property
    def forward_numbers(self) -> ForwardNumbers:
        return ForwardNumbers(self._forward(self.inputs), self._specs, funcgraph.KEY)

    @cached_property
    def gradient_numbers(self) -> GradientNumbers:
        return GradientNumbers(self._gradient(self.inputs).traced, self._specs, gradient.KEY)

    @cached_property
    def _links(self) -> links.Links:
        return links.find(self._forward(self.inputs), self._gradient(self.inputs), self._specs)

    @property
    def _specs(self) -> list[tf.TensorSpec]:
        return list(specification(self.inputs).values())

    def _forward(self, inputs: Arrays) -> Traced:
        key = _signature(inputs)
        if key not in self._forwards:
            self._forwards[key] = funcgraph.trace_forward(self.expression, specification(inputs))
        return self._forwards[key]

    def _gradient(self, inputs: Arrays) -> TracedGradient:
        key = _signature(inputs)
        if key not in self._gradients:
            self._gradients[key] = gradient.trace_gradient(self.expression, specification(inputs))
            self._notice_sum(self._gradients[key].output)
        return self._gradients[key]

    def _notice_sum(self, output: tf.Tensor) -> None:
        """Say once that gradients are those of the sum."""
        if output.shape.rank and not self.notices:
            shape = str(tuple(output.shape.as_list()))
            self.notices.append(Diagnostic("notice", "output_summed", {"shape": shape}, stage=gradient.KEY))

    def _tensors(self, inputs: Arrays) -> list[tf.Tensor]:
        with tf.device(self._placement):
            return [tf.constant(inputs[name]) for name in self.inputs]

    @contextmanager
    def _running(self, function: Traced) -> Iterator[None]:
        """Run on the device; an operation that refuses its values is the text's mistake."""
        try:
            with tf.device(self._placement):
                yield
        except tf.errors.OpError as error:
            raise runtime_mistake(error, function.graph, function.inputs, function.span) from None


def _signature(inputs: Arrays) -> Signature:
    return tuple((name, array.shape, array.dtype.name) for name, array in inputs.items())
