"""A loaded text: its inputs on the device, its value and gradients, and the traces that its stages are read from."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property

import numpy as np

from explorer.adapters.tensorflow import devices, funcgraph, gradient, grappler, hlo, links
from explorer.adapters.tensorflow.backward import add_backward
from explorer.adapters.tensorflow.environment import tf
from explorer.adapters.tensorflow.gradient import TracedGradient
from explorer.adapters.tensorflow.marks import definition_of
from explorer.adapters.tensorflow.mistakes import runtime_mistake
from explorer.adapters.tensorflow.tracing import Traced, lowered, specification
from explorer.adapters.tensorflow.values import ForwardNumbers, GraphNumbers
from explorer.capture.expression import parse
from explorer.capture.inputs import DEFAULT_VALUE, example
from explorer.capture.record import EXPRESSION_ENTRY, Column, Diagnostic, Entry, Provenance, Source, Stage
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
        self.parameters: Mapping[str, np.ndarray] = {}
        self.entry: Entry = EXPRESSION_ENTRY
        self.entries: tuple[Entry, ...] = (EXPRESSION_ENTRY,)
        self.notices: list[Diagnostic] = []
        self._forwards: dict[Signature, Traced] = {}
        self._gradients: dict[Signature, TracedGradient] = {}
        self._compilations: dict[str, hlo.Compiled] = {}

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
        """Trace a stage. Raises ProgramError with the graph up to the mistake, or why there is no such stage."""
        started = time.perf_counter()
        match key:
            case funcgraph.KEY:
                return funcgraph.stage(self._forward(self.inputs), started)
            case gradient.KEY:
                self._forward(self.inputs)  # a mistake in the text is told with the graph of the text alone
                return gradient.stage(self._gradient(self.inputs), self._links.accumulations, started)
            case grappler.KEY:
                return self._optimized.stage(started)
        return self._compiled(key).stage(started)

    def provenance(self, key: str) -> Provenance | None:
        """Links along `derived_from`: from `funcgraph` to `gradient`, from there to `grappler` and `hlo`, and so on."""
        match key:
            case funcgraph.KEY:
                return None
            case gradient.KEY:
                return Provenance(funcgraph.KEY, gradient.KEY, self._links.links)
            case grappler.KEY:
                return self._optimized.provenance()
            case hlo.KEY:
                return self._compiled(hlo.KEY).provenance()
        return hlo.optimized_provenance(self._compiled(hlo.KEY), self._compiled(hlo.OPTIMIZED_KEY))

    def columns(self, key: str, inputs: Arrays) -> Iterator[Column]:
        """Numbers of a stage for inputs of the captured shapes and dtypes. XLA gives out none from inside."""
        match key:
            case funcgraph.KEY:
                numbers: ForwardNumbers | GraphNumbers = self.forward_numbers
            case gradient.KEY:
                numbers = self.gradient_numbers
            case grappler.KEY:
                numbers = self._optimized.numbers
            case _:
                return
        with self._running(self._forward(self.inputs)):
            results = numbers.run(self._tensors(inputs))
        yield from numbers.columns(results)

    @cached_property
    def forward_numbers(self) -> ForwardNumbers:
        return ForwardNumbers(self._forward(self.inputs), self._specs, funcgraph.KEY)

    @cached_property
    def gradient_numbers(self) -> GraphNumbers:
        traced = self._gradient(self.inputs).traced
        return GraphNumbers(definition_of(traced.graph, traced.inputs), traced.inputs, self._specs, gradient.KEY)

    @cached_property
    def _links(self) -> links.Links:
        return links.find(self._forward(self.inputs), self._gradient(self.inputs), self._specs)

    @cached_property
    def _optimized(self) -> grappler.Optimized:
        with tf.device(self._placement):
            return grappler.optimize(self._whole, self._specs, self._source_stage)

    def _compiled(self, key: str) -> hlo.Compiled:
        """The stage `hlo` or `optimized_hlo`. Raises ProgramError where XLA does not compile the text."""
        if key not in self._compilations:
            names = [name for name, tensor in self._gradients_of.items() if tensor is not None]
            with tf.device(self._placement):
                try:
                    text = lowered(self.expression, specification(self.inputs), self._returned, key)
                except hlo.REFUSALS as error:
                    raise hlo.refused(error) from None
            self._compilations[key] = hlo.compiled(key, text, self._source_stage, names)
        return self._compilations[key]

    @cached_property
    def differentiable(self) -> bool:
        """Whether there is a gradient stage, so that the stages made from it are of value and gradients."""
        if self.source.forward_only:
            return False
        try:
            self._gradient(self.inputs)
        except ProgramError as error:
            if error.code not in NOTHING_TO_DIFFERENTIATE:
                raise
            return False
        return True

    @cached_property
    def _source_stage(self) -> Stage:
        """The stage that `grappler` and `hlo` are made from."""
        return self.stage(gradient.KEY if self.differentiable else funcgraph.KEY)

    @property
    def _whole(self) -> Traced:
        return self._gradient(self.inputs).traced if self.differentiable else self._forward(self.inputs)

    @property
    def _gradients_of(self) -> Mapping[str, tf.Tensor | None]:
        return self._gradient(self.inputs).backward.of_inputs if self.differentiable else {}

    def _returned(self, result: tf.Tensor, inputs: Mapping[str, tf.Tensor]) -> list[tf.Tensor]:
        return gradient.returned(result, add_backward(result, inputs)) if self.differentiable else [result]

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
