"""A loaded text: its function, its inputs on a device, and what was traced of it so far."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from explorer.adapters.jax import devices, gradient, jaxpr, links
from explorer.adapters.jax.equations import Flat, Step
from explorer.adapters.jax.flattening import flatten
from explorer.adapters.jax.functions import FUNCTIONS
from explorer.adapters.jax.mistakes import operation_failed
from explorer.adapters.jax.names import assigned_names
from explorer.adapters.jax.source_info import span
from explorer.adapters.jax.values import Evaluator, ForwardNumbers, GradientNumbers
from explorer.capture.expression import compile_forward, parse
from explorer.capture.inputs import DEFAULT_VALUE, example
from explorer.capture.record import EXPRESSION_ENTRY, Column, Diagnostic, Entry, Source
from explorer.errors import ProgramError
from explorer.graph.ir import Span

# The file name of the user's code in tracebacks. One program is alive at a time, and it only has to differ from ours.
FILENAME = "<user-1>"
WIDE = 8  # bytes of an entry from which on JAX needs its 64-bit mode

Arrays = Mapping[str, np.ndarray]


class JaxProgram:
    """One expression in JAX. Traced at most once per stage; every trace is of a function made for it alone.

    JAX caches traces by function object and would otherwise hand out an old one.
    """

    def __init__(self, source: Source) -> None:
        """Raises ProgramError for text that is no expression, UsageError for a VALUE, UnavailableError for a device."""
        self.source = source
        self.expression = parse(source.text)
        self.forward, _ = compile_forward(self.expression, FUNCTIONS, filename=FILENAME)
        self.inputs: Arrays = {
            name: example(name, source.inputs.get(name, DEFAULT_VALUE), source.seed) for name in self.expression.names
        }
        self.parameters: Mapping[str, np.ndarray] = {}
        self.entry: Entry = EXPRESSION_ENTRY
        self.entries: tuple[Entry, ...] = (EXPRESSION_ENTRY,)
        self.notices: list[Diagnostic] = []
        self.trace_seconds: dict[str, float] = {}
        self._device = devices.resolve(source.device)
        self._evaluators: dict[str, Evaluator] = {}
        with self.setting(self.inputs):
            self.device = devices.device_of(self.arrays(self.inputs)[0] if self.inputs else jnp.zeros(()))

    @property
    def float_inputs(self) -> tuple[int, ...]:
        """Positions of the inputs that have a gradient."""
        return tuple(k for k, array in enumerate(self.inputs.values()) if jnp.issubdtype(array.dtype, jnp.floating))

    @contextmanager
    def setting(self, inputs: Arrays) -> Iterator[None]:
        """JAX's modes for these inputs: 64-bit numbers only where an input has them, and this program's device."""
        wide = any(np.asarray(array).dtype.itemsize >= WIDE for array in inputs.values())
        with jax.enable_x64(wide), jax.default_device(self._device):
            yield

    def arrays(self, inputs: Arrays) -> list[jax.Array]:
        """The inputs in order, on the device. Call it inside `setting`."""
        return [jax.device_put(np.asarray(inputs[name]), self._device) for name in self.expression.names]

    def value(self, inputs: Arrays) -> np.ndarray:
        """The output for these inputs. Raises ProgramError as `capture` does."""
        self._check()
        with self.setting(inputs):
            return np.asarray(self._run(*self.arrays(inputs)))

    def value_and_gradients(self, inputs: Arrays) -> tuple[np.ndarray, dict[str, np.ndarray | None]]:
        """The output and JAX's own gradient of its sum by every float input. Raises ProgramError as `capture` does."""
        self._check()
        with self.setting(inputs):
            arrays = self.arrays(inputs)
            floats = tuple(k for k, array in enumerate(arrays) if jnp.issubdtype(array.dtype, jnp.floating))
            value, found = self._run_gradients(floats, *arrays)
        gradients: dict[str, np.ndarray | None] = dict.fromkeys(self.expression.names)
        gradients |= {self.expression.names[k]: np.asarray(array) for k, array in zip(floats, found, strict=False)}
        return np.asarray(value), gradients

    def _check(self) -> None:
        """Raises ProgramError for an operation that fails, where a compiled call would only show a traceback."""
        _ = self.forward_list

    @cached_property
    def _run(self) -> Callable[..., jax.Array]:
        return jax.jit(lambda *arrays: self.forward(*arrays))  # type: ignore[no-any-return]

    @cached_property
    def _run_gradients(self) -> Callable[..., tuple[jax.Array, Sequence[jax.Array]]]:
        def run(floats: tuple[int, ...], *arrays: jax.Array) -> tuple[jax.Array, Sequence[jax.Array]]:
            output, back = jax.vjp(gradient.of_floats(self.forward, floats, arrays), *(arrays[k] for k in floats))
            if not floats or not jnp.issubdtype(jnp.result_type(output), jnp.floating):
                return output, ()
            return output, back(jnp.ones_like(output))

        return jax.jit(run, static_argnums=0)  # type: ignore[no-any-return]

    @cached_property
    def forward_list(self) -> Flat:
        """The first stage's steps. Raises ProgramError `operation_failed` with the graph up to the mistake."""
        caught: list[Exception] = []

        def attempt(*arrays: jax.Array) -> Any:
            # make_jaxpr keeps all equations made before the mistake if the function still returns.
            try:
                return self.forward(*arrays)
            except Exception as error:
                caught.append(error)
                return ()

        with self.setting(self.inputs):
            flat = self.flat(jaxpr.KEY, attempt)
            if caught:
                partial_graph = jaxpr.build(flat, spans=self.span, names={})
                raise operation_failed(caught[0], self.expression, FILENAME, partial_graph) from None
        output = flat.avals[flat.output_ids[0]]
        if output.shape and self.float_inputs and jnp.issubdtype(output.dtype, jnp.floating):
            self.notices.append(Diagnostic("notice", "output_summed", {"shape": str(tuple(output.shape))}))
        return flat

    @property
    def output(self) -> Any:
        """Shape and dtype of the output."""
        return self.forward_list.avals[self.forward_list.output_ids[0]]

    @cached_property
    def gradient_list(self) -> Flat:
        """The gradient stage's steps. Raises ProgramError as `forward_list`, or for nothing to differentiate."""
        output = self.output
        if not self.float_inputs:
            raise ProgramError("no_float_input")
        if not jnp.issubdtype(output.dtype, jnp.floating):
            raise ProgramError("no_float_result", dtype=str(output.dtype))
        with self.setting(self.inputs):
            return self.flat(gradient.KEY, gradient.function(self.forward, self.float_inputs, scalar=not output.shape))

    @cached_property
    def findings(self) -> links.Findings:
        """What of the gradient stage belongs to what of the first. Raises ProgramError as `gradient_list`."""
        shown = self.gradient_list
        with self.setting(self.inputs):
            return links.find(self.forward_list, shown, self._marked_gradient)

    def _marked_gradient(self, marked: Callable[..., Any]) -> Any:
        return self.closed(gradient.function(marked, self.float_inputs, scalar=not self.output.shape))

    def closed(self, function: Callable[..., Any]) -> Any:
        """A jaxpr of `function` over the example inputs' shapes; the wrapper is new, so the trace is."""
        return jax.make_jaxpr(lambda *arrays: function(*arrays))(*self.arrays(self.inputs))

    def flat(self, stage: str, function: Callable[..., Any]) -> Flat:
        """The steps of `function`, made for `stage`; the time it took is kept in `trace_seconds`."""
        start = time.perf_counter()
        flat = flatten(self.closed(function), self.expression.names)
        self.trace_seconds[stage] = time.perf_counter() - start
        return flat

    def span(self, step: Step) -> Span | None:
        """The stretch of the user's text that a step belongs to."""
        return span(step.outermost, FILENAME, self.expression)

    @cached_property
    def value_names(self) -> Mapping[str, str]:
        """What people call values of the first stage, by id."""
        return assigned_names(self.expression, self.forward_list, self.span)

    def columns(self, stage: str, inputs: Arrays) -> Iterator[Column]:
        """Numbers of a stage for inputs of the captured shapes and dtypes."""
        with self.setting(self.inputs):
            columns = list(self.evaluator(stage).columns(self.arrays(inputs)))
        yield from columns

    def evaluator(self, stage: str) -> Evaluator:
        """What computes the numbers of a stage, compiled once."""
        if stage not in self._evaluators:
            if stage == jaxpr.KEY:
                found = None if self.source.forward_only else self._findings_or_none()
                self._evaluators[stage] = ForwardNumbers(self.forward_list, found, stage)
            else:
                self._evaluators[stage] = GradientNumbers(self.gradient_list, stage)
        return self._evaluators[stage]

    def _findings_or_none(self) -> links.Findings | None:
        try:
            return self.findings
        except ProgramError:
            return None  # nothing to differentiate: the gradient stage says so
