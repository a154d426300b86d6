"""A loaded text: its function, its inputs on a device, and what was traced of it so far."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from explorer.adapters.jax import compiled_links, devices, gradient, hlo, jaxpr, links, stablehlo
from explorer.adapters.jax.equations import Flat, Step
from explorer.adapters.jax.flattening import flatten
from explorer.adapters.jax.loaded import Loaded, load_expression
from explorer.adapters.jax.mistakes import gradient_failed
from explorer.adapters.jax.model import load_model
from explorer.adapters.jax.names import assigned_names
from explorer.adapters.jax.source_info import span
from explorer.adapters.jax.values import Evaluator, ForwardNumbers, GradientNumbers
from explorer.capture.module_text import kind_of
from explorer.capture.record import Column, Diagnostic, Source, Stage
from explorer.errors import ProgramError
from explorer.graph import roles
from explorer.graph.ir import Span

WIDE = 8  # bytes of an entry from which on JAX needs its 64-bit mode

# Stages of a lowered module, which are made once. What XLA computes inside is not given out.
COMPILED: Mapping[str, Callable[[JaxProgram], Stage]] = {
    stablehlo.KEY: stablehlo.capture,
    hlo.KEY: hlo.capture,
    hlo.OPTIMIZED_KEY: hlo.capture_optimized,
}

Arrays = Mapping[str, np.ndarray]


class JaxProgram:
    """One text in JAX. Traced at most once per stage; every trace is of a function made for it alone.

    JAX caches traces by function object and would otherwise hand out an old one.
    """

    def __init__(self, source: Source) -> None:
        """Raises ProgramError for a text that cannot be read or run, UsageError for a VALUE or an entry,
        UnavailableError for a device."""
        self.source = source
        self._device = devices.resolve(source.device)
        with jax.default_device(self._device):
            self.loaded: Loaded = (
                load_expression(source) if kind_of(source.text) == "expression" else load_model(source)
            )
        self.text, self.forward = self.loaded.written, self.loaded.forward
        self.entry, self.entries = self.loaded.entry, self.loaded.entries
        self.names = tuple(self.loaded.arrays)
        given = self.loaded.arrays.items()
        self.inputs: Arrays = {name: array for name, array in given if name not in self.loaded.parameters}
        self.parameters: Arrays = {name: array for name, array in given if name in self.loaded.parameters}
        self.notices: list[Diagnostic] = list(self.loaded.notices)
        self.trace_seconds: dict[str, float] = {}
        self._evaluators: dict[str, Evaluator] = {}
        self._stages: dict[str, Stage] = {}
        with self.setting(self.loaded.arrays):
            self.device = devices.device_of(next(iter(self.arrays({})), jnp.zeros(())))

    @property
    def float_inputs(self) -> tuple[int, ...]:
        """Positions of the inputs and parameters that have a gradient, among all."""
        return _floats(self.loaded.arrays.values())

    @property
    def input_roles(self) -> dict[str, str]:
        """Roles of the graph's inputs by id."""
        return {name: roles.PARAMETER if name in self.parameters else roles.INPUT for name in self.names}

    @contextmanager
    def setting(self, inputs: Arrays) -> Iterator[None]:
        """JAX's modes for these inputs: 64-bit numbers only where an input has them, and this program's device."""
        arrays = (*self.loaded.arrays.values(), *inputs.values())
        wide = any(np.asarray(array).dtype.itemsize >= WIDE for array in arrays)
        with jax.enable_x64(wide), jax.default_device(self._device):
            yield

    def arrays(self, inputs: Arrays) -> list[jax.Array]:
        """Inputs and parameters in order, on the device. Call it inside `setting`.

        Those that `inputs` does not name have their starting values, in the widest float dtype of those it does name.
        """
        own = {name: array for name, array in self.loaded.arrays.items() if name not in inputs}
        floats = [np.asarray(array).dtype for array in inputs.values() if _is_float(np.asarray(array))]
        if floats:
            widest = max(floats, key=lambda dtype: dtype.itemsize)
            own = {name: _widened(array, widest) for name, array in own.items()}
        return [jax.device_put(np.asarray({**inputs, **own}[name]), self._device) for name in self.names]

    def value(self, inputs: Arrays) -> np.ndarray:
        """The output for these inputs. Raises ProgramError as `capture` does."""
        self._check()
        with self.setting(inputs):
            return np.asarray(self._run(*self.arrays(inputs)))

    def value_and_gradients(self, inputs: Arrays) -> tuple[np.ndarray, dict[str, np.ndarray | None]]:
        """The output and JAX's own gradient of its sum by every float input and parameter. Raises as `capture` does."""
        self._check()
        with self.setting(inputs):
            arrays = self.arrays(inputs)
            floats = _floats(arrays)
            with self._differentiating():
                value, found = self._run_gradients(floats, *arrays)
        gradients: dict[str, np.ndarray | None] = dict.fromkeys(self.names)
        gradients |= {self.names[k]: np.asarray(array) for k, array in zip(floats, found, strict=False)}
        return np.asarray(value), gradients

    def _check(self) -> None:
        """Raises ProgramError for an operation that fails, where a compiled call would only show a traceback."""
        _ = self.forward_list

    @cached_property
    def _run(self) -> Callable[..., jax.Array]:
        return jax.jit(lambda *arrays: self.forward(*arrays)[self.output_number])  # type: ignore[no-any-return]

    @cached_property
    def _run_gradients(self) -> Callable[..., tuple[jax.Array, Sequence[jax.Array]]]:
        def output(*arrays: jax.Array) -> jax.Array:
            chosen: jax.Array = self.forward(*arrays)[self.output_number]
            return chosen

        def run(floats: tuple[int, ...], *arrays: jax.Array) -> tuple[jax.Array, Sequence[jax.Array]]:
            value, back = jax.vjp(gradient.of_floats(output, floats, arrays), *(arrays[k] for k in floats))
            if not floats or not jnp.issubdtype(jnp.result_type(value), jnp.floating):
                return value, ()
            return value, back(jnp.ones_like(value))

        return jax.jit(run, static_argnums=0)  # type: ignore[no-any-return]

    @cached_property
    def forward_list(self) -> Flat:
        """The first stage's steps. Raises ProgramError with the graph up to the mistake."""
        caught: list[Exception] = []

        def attempt(*arrays: jax.Array) -> Any:
            # make_jaxpr keeps all equations made before the mistake if the function still returns.
            try:
                return self.forward(*arrays)
            except Exception as error:
                caught.append(error)
                return ()

        with self.setting({}):
            flat = self.flat(jaxpr.KEY, attempt)
        if caught:
            partial_graph = jaxpr.build(flat, spans=self.span, names={}, role=self.input_roles)
            raise self.loaded.failed(caught[0], partial_graph) from None
        if not flat.output_ids:
            raise ProgramError("jax_no_result", name=self.entry.name)
        self.notices += self._about_output(flat)
        return flat

    def _about_output(self, flat: Flat) -> list[Diagnostic]:
        """Which output is differentiated, and that it is summed, where that is not plain."""
        number = _differentiated(flat)
        output = flat.avals[flat.output_ids[number]]
        found = []
        if len(flat.output_ids) > 1:
            params = {
                "name": self.entry.name, "count": len(flat.output_ids), "number": number + 1,
                "type": str(jaxpr.tensor_type(output)),
            }  # fmt: skip
            found.append(Diagnostic("notice", "jax_output_chosen", params))
        if output.shape and self.float_inputs and jnp.issubdtype(output.dtype, jnp.floating):
            found.append(Diagnostic("notice", "output_summed", {"shape": str(tuple(output.shape))}))
        return found

    @property
    def output_number(self) -> int:
        """Which of the outputs is differentiated: the first scalar float one, else the first float one."""
        return _differentiated(self.forward_list)

    @property
    def output(self) -> Any:
        """Shape and dtype of the output that is differentiated."""
        return self.forward_list.avals[self.forward_list.output_ids[self.output_number]]

    @cached_property
    def gradient_list(self) -> Flat:
        """The gradient stage's steps. Raises ProgramError as `forward_list`, or for nothing to differentiate."""
        output = self.output
        if not self.float_inputs:
            raise ProgramError("no_float_input")
        if not jnp.issubdtype(output.dtype, jnp.floating):
            raise ProgramError("no_float_result", dtype=str(output.dtype))
        with self.setting({}), self._differentiating():
            return self.flat(gradient.KEY, gradient.gradient_of(self, self.forward))

    @contextmanager
    def _differentiating(self) -> Iterator[None]:
        """A text that runs forward may still hold what JAX cannot differentiate: ProgramError for that."""
        try:
            yield
        except ProgramError:
            raise
        except Exception as error:
            raise gradient_failed(error, self.entry.name) from None

    @cached_property
    def findings(self) -> links.Findings:
        """What of the gradient stage belongs to what of the first. Raises ProgramError as `gradient_list`."""
        shown = self.gradient_list
        with self.setting({}):
            return links.find(self.forward_list, shown, self._marked_gradient)

    def _marked_gradient(self, marked: Callable[..., Any]) -> Any:
        return self.closed(gradient.gradient_of(self, marked))

    def closed(self, function: Callable[..., Any]) -> Any:
        """A jaxpr of `function` over the example inputs' shapes; the wrapper is new, so the trace is."""
        return jax.make_jaxpr(lambda *arrays: function(*arrays))(*self.arrays({}))

    def flat(self, stage: str, function: Callable[..., Any]) -> Flat:
        """The steps of `function`, made for `stage`; the time it took is kept in `trace_seconds`."""
        start = time.perf_counter()
        flat = flatten(self.closed(function), self.names)
        self.trace_seconds[stage] = time.perf_counter() - start
        return flat

    def stage(self, key: str) -> Stage:
        """A stage that XLA or MLIR prints, made once."""
        if key not in self._stages:
            self._stages[key] = COMPILED[key](self)
        return self._stages[key]

    @cached_property
    def tagged_module(self) -> compiled_links.TaggedModule:
        """The module with a tag on every equation, for links."""
        return compiled_links.TaggedModule(self)

    @property
    def has_gradient(self) -> bool:
        """False for what runs forward only (`lax.while_loop`). Raises ProgramError as `forward_list`."""
        _ = self.output
        try:
            _ = self.gradient_list
        except ProgramError:
            return False
        return True

    def span(self, step: Step) -> Span | None:
        """The stretch of the user's text that a step belongs to."""
        return span(step.written, self.text)

    @cached_property
    def value_names(self) -> Mapping[str, str]:
        """What people call values of the first stage, by id."""
        return assigned_names(self.text, self.loaded.statements, self.forward_list, self.span)

    def columns(self, stage: str, inputs: Arrays) -> Iterator[Column]:
        """Numbers of a stage for inputs of the captured shapes and dtypes."""
        with self.setting({}):
            columns = list(self.evaluator(stage).columns(self.arrays(inputs)))
        yield from columns

    def evaluator(self, stage: str) -> Evaluator:
        """What computes the numbers of a stage, compiled once."""
        if stage not in self._evaluators:
            if stage == jaxpr.KEY:
                flat = self.forward_list
                found = None if self.source.forward_only else self._findings_or_none()
                output = flat.output_ids[self.output_number]
                self._evaluators[stage] = ForwardNumbers(flat, found, output, stage)
            else:
                self._evaluators[stage] = GradientNumbers(self.gradient_list, stage)
        return self._evaluators[stage]

    def _findings_or_none(self) -> links.Findings | None:
        try:
            return self.findings
        except ProgramError:
            return None  # nothing to differentiate: the gradient stage says so


def _differentiated(flat: Flat) -> int:
    """The number of the first scalar float output, else of the first float one, else of the first."""
    outputs = [flat.avals[name] for name in flat.output_ids]
    floats = [number for number, aval in enumerate(outputs) if jnp.issubdtype(aval.dtype, jnp.floating)]
    return next((number for number in floats if not outputs[number].shape), floats[0] if floats else 0)


def _floats(arrays: Iterable[Any]) -> tuple[int, ...]:
    return tuple(number for number, array in enumerate(arrays) if _is_float(array))


def _is_float(array: Any) -> bool:
    return bool(jnp.issubdtype(array.dtype, jnp.floating))


def _widened(array: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """A float array in `dtype` where that is wider."""
    return array.astype(dtype) if _is_float(array) and array.dtype.itemsize < dtype.itemsize else array
