"""A loaded text: its inputs on the device, its value and gradients, and the traces that its stages are read from."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property

import numpy as np

from explorer.adapters.tensorflow import devices, funcgraph, gradient, grappler, hlo, links
from explorer.adapters.tensorflow.backward import add_backward
from explorer.adapters.tensorflow.environment import tf
from explorer.adapters.tensorflow.formula import Formula
from explorer.adapters.tensorflow.gradient import TracedGradient
from explorer.adapters.tensorflow.marks import definition_of
from explorer.adapters.tensorflow.mistakes import runtime_mistake
from explorer.adapters.tensorflow.scopes import Scopes, plain_scope
from explorer.adapters.tensorflow.tracing import Body, Text, Traced, Tracing, lowered, specification
from explorer.adapters.tensorflow.values import ForwardNumbers, GraphNumbers, LinkedNumbers
from explorer.capture.expression import parse
from explorer.capture.inputs import DEFAULT_VALUE, example
from explorer.capture.record import EXPRESSION_ENTRY, Column, Diagnostic, Entry, Provenance, Source, Stage
from explorer.errors import ProgramError
from explorer.graph.ir import Graph

Arrays = Mapping[str, np.ndarray]
Signature = tuple[tuple[str, tuple[int, ...], str], ...]
NOTHING_TO_DIFFERENTIATE = frozenset({"no_float_input", "no_float_result"})


class TensorFlowProgram(ABC):
    """See `explorer.adapters.base.Program`. Nothing is traced before it is asked for, and nothing is traced twice.

    What an expression and a model have in common: the stages, their links and numbers.
    """

    inputs: Arrays
    parameters: Arrays
    entry: Entry
    entries: tuple[Entry, ...]
    scopes: Scopes = staticmethod(plain_scope)

    def __init__(self, source: Source) -> None:
        """Raises UnavailableError (the device)."""
        self.source = source
        self._placement = devices.placement(devices.resolve(source.device))
        with tf.device(self._placement):
            self.device = devices.device_of(tf.zeros([]) + 1.0)  # computed, not asked for
        self.notices: list[Diagnostic] = []
        self._forwards: dict[Signature, Traced] = {}
        self._gradients: dict[Signature, TracedGradient] = {}
        self._compilations: dict[str, hlo.Compiled] = {}
        self._graphs: dict[str, Graph] = {}  # of the stages captured so far

    @abstractmethod
    def text(self, inputs: Arrays) -> Text:
        """What is traced for inputs of these shapes and dtypes."""

    @abstractmethod
    def value(self, inputs: Arrays) -> np.ndarray: ...

    @abstractmethod
    def value_and_gradients(self, inputs: Arrays) -> tuple[np.ndarray, dict[str, np.ndarray | None]]: ...

    def stage(self, key: str) -> Stage:
        """Trace a stage. Raises ProgramError with the graph up to the mistake, or why there is no such stage."""
        started = time.perf_counter()
        match key:
            case funcgraph.KEY:
                stage = funcgraph.stage(self._forward(self.inputs), self.scopes, started)
            case gradient.KEY:
                self._forward(self.inputs)  # a mistake in the text is told with the graph of the text alone
                traced = self._gradient(self.inputs)
                stage = gradient.stage(traced, self._links.accumulations, self.scopes, started)
            case grappler.KEY:
                stage = self._optimized.stage(started)
            case _:
                stage = self._compiled(key).stage(started)
        self._graphs[key] = stage.graph
        return stage

    def provenance(self, key: str) -> Provenance | None:
        """Links along `derived_from`: from `funcgraph` to `gradient`, from there to `grappler` and `hlo`, and so on."""
        match key:
            case funcgraph.KEY:
                return None
            case gradient.KEY:
                inside = links.inside(self._graph(funcgraph.KEY), self._graph(gradient.KEY))
                return Provenance(funcgraph.KEY, gradient.KEY, (*self._links.links, *inside))
            case grappler.KEY:
                return self._optimized.provenance()
            case hlo.KEY:
                return self._compiled(hlo.KEY).provenance()
        return hlo.optimized_provenance(self._compiled(hlo.KEY), self._compiled(hlo.OPTIMIZED_KEY))

    def columns(self, key: str, inputs: Arrays) -> Iterator[Column]:
        """Numbers of a stage for inputs of the captured shapes and dtypes. XLA gives out none from inside."""
        match key:
            case funcgraph.KEY:
                numbers: ForwardNumbers | LinkedNumbers | GraphNumbers = self.forward_numbers
            case gradient.KEY:
                numbers = self.gradient_numbers
            case grappler.KEY:
                numbers = self._optimized.numbers
            case _:
                return
        with self._running(self._forward(self.inputs), inputs):
            results = numbers.run(self._tensors(inputs))
        yield from numbers.columns(results, self._graph(key))

    @cached_property
    def forward_numbers(self) -> ForwardNumbers | LinkedNumbers:
        forward = self._forward(self.inputs)
        try:
            numbers = ForwardNumbers(forward, self._specs, funcgraph.KEY)
            if numbers.closed:
                return numbers
        except (TypeError, ValueError, LookupError):
            if not self.differentiable:
                raise
        found = {link.source[0]: link.target[0] for link in self._links.links if link.relation == "cotangent"}
        return LinkedNumbers(forward, self.gradient_numbers, found, funcgraph.KEY)

    @cached_property
    def gradient_numbers(self) -> GraphNumbers:
        traced = self._gradient(self.inputs).traced
        return GraphNumbers(definition_of(traced), traced, self._specs, gradient.KEY)

    def _graph(self, key: str) -> Graph:
        return self._graphs.get(key) or self.stage(key).graph

    @cached_property
    def _links(self) -> links.Links:
        return links.find(self._forward(self.inputs), self._gradient(self.inputs), self._specs)

    @cached_property
    def _optimized(self) -> grappler.Optimized:
        with tf.device(self._placement):
            return grappler.optimize(self._whole, self._specs, self._source_stage, self.scopes)

    def _compiled(self, key: str) -> hlo.Compiled:
        """The stage `hlo` or `optimized_hlo`. Raises ProgramError where XLA does not compile the text."""
        if key not in self._compilations:
            self._compilations[key] = self._compile(key)
        return self._compilations[key]

    def _compile(self, key: str) -> hlo.Compiled:
        """Of value and gradients; of the text itself where only that can be compiled, which a notice says."""
        source, differentiable = self._source_stage, self.differentiable
        try:
            text = self._lowered(key, self._returned)
        except hlo.REFUSALS as error:
            if not differentiable:
                raise hlo.refused(error) from None
            text = self._lowered_forward(key, error)
            source, differentiable = self.stage(funcgraph.KEY), False
        names = [name for name, tensor in self._gradients_of.items() if tensor is not None] if differentiable else []
        return hlo.compiled(key, text, source, names)

    def _lowered(self, key: str, body: Body) -> str:
        with tf.device(self._placement):
            return lowered(self._forward(self.inputs).text, specification(self.inputs), body, key)

    def _lowered_forward(self, key: str, refusal: Exception) -> str:
        try:
            text = self._lowered(key, lambda tracing: [tracing.result])
        except hlo.REFUSALS:
            raise hlo.refused(refusal) from None
        self._notice("xla_forward_only", stage=key, reason=hlo.refused(refusal).params["reason"])
        return text

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
        return self._gradient(self.inputs).backward.of_sources if self.differentiable else {}

    def _returned(self, tracing: Tracing) -> list[tf.Tensor]:
        result = tracing.result
        return gradient.returned(result, add_backward(result, tracing.sources)) if self.differentiable else [result]

    @property
    def _specs(self) -> list[tf.TensorSpec]:
        return list(specification(self.inputs).values())

    def _forward(self, inputs: Arrays) -> Traced:
        key = _signature(inputs)
        if key not in self._forwards:
            traced = funcgraph.trace_forward(self.text(inputs), specification(inputs))
            self._forwards[key] = traced
            self._notice_chosen(traced)
        return self._forwards[key]

    def _gradient(self, inputs: Arrays) -> TracedGradient:
        key = _signature(inputs)
        if key not in self._gradients:
            text = self._forward(inputs).text
            self._gradients[key] = gradient.trace_gradient(text, specification(inputs))
            self._notice_sum(self._gradients[key].output)
        return self._gradients[key]

    def _notice_sum(self, output: tf.Tensor) -> None:
        """Say once that gradients are those of the sum."""
        if output.shape.rank:
            self._notice("output_summed", stage=gradient.KEY, shape=str(tuple(output.shape.as_list())))

    def _notice_chosen(self, traced: Traced) -> None:
        """Say once which of several results is differentiated."""
        if len(traced.results) > 1:
            self._notice(
                "tensorflow_output_chosen", stage=funcgraph.KEY, number=traced.chosen + 1, count=len(traced.results)
            )

    def _notice(self, code: str, *, stage: str, **params: object) -> None:
        if all(notice.code != code for notice in self.notices):
            self.notices.append(Diagnostic("notice", code, params, stage=stage))

    def _tensors(self, inputs: Arrays) -> list[tf.Tensor]:
        with tf.device(self._placement):
            return [tf.constant(inputs.get(name, array)) for name, array in self.inputs.items()]

    @contextmanager
    def _running(self, function: Traced, inputs: Arrays) -> Iterator[None]:  # noqa: ARG002
        """Run on the device; an operation that refuses its values is the text's mistake."""
        try:
            with tf.device(self._placement):
                yield
        except tf.errors.OpError as error:
            raise runtime_mistake(error, function) from None


class ExpressionProgram(TensorFlowProgram):
    """An expression: it is traced anew for every set of dtypes, since numbers in it take the inputs'."""

    def __init__(self, source: Source) -> None:
        """Raises ProgramError (the text), UsageError (an input) or UnavailableError (the device)."""
        self.expression = parse(source.text)
        values = {name: source.inputs.get(name, DEFAULT_VALUE) for name in self.expression.names}
        self.inputs = {name: example(name, value, source.seed) for name, value in values.items()}
        self.parameters: Arrays = {}
        self.entry: Entry = EXPRESSION_ENTRY
        self.entries: tuple[Entry, ...] = (EXPRESSION_ENTRY,)
        super().__init__(source)

    def text(self, inputs: Arrays) -> Text:
        return Formula(self.expression, specification(inputs))

    def value(self, inputs: Arrays) -> np.ndarray:
        """The output, in the dtype that the inputs lead to."""
        function = self._forward(inputs)
        with self._running(function, inputs):
            return np.asarray(function(self._tensors(inputs))[0].numpy())

    def value_and_gradients(self, inputs: Arrays) -> tuple[np.ndarray, dict[str, np.ndarray | None]]:
        """The output and the gradient of its sum for each input; None where there is none."""
        try:
            traced = self._gradient(inputs)
        except ProgramError as error:
            if error.code not in NOTHING_TO_DIFFERENTIATE:
                raise
            return self.value(inputs), dict.fromkeys(inputs)
        with self._running(traced.traced, inputs):
            value, *found = (np.asarray(tensor.numpy()) for tensor in traced.traced(self._tensors(inputs)))
        names = [name for name, tensor in traced.backward.of_sources.items() if tensor is not None]
        return value, {**dict.fromkeys(inputs), **dict(zip(names, found, strict=True))}


def _signature(inputs: Arrays) -> Signature:
    return tuple((name, array.shape, array.dtype.name) for name, array in inputs.items())
