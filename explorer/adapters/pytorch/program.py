"""A loaded text: the function it stands for, its example inputs on the device, its value and torch's own gradients.

`PyTorchProgram` is what the stages see; `ExpressionProgram` here and `ModelProgram` in `model.py` say what is run.
"""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import fx, nn

from explorer.adapters.pytorch.arrays import array_from, number_dtype, tensor_from
from explorer.adapters.pytorch.functions import functions, is_number
from explorer.adapters.pytorch.mistakes import first_line, operation_failed
from explorer.capture.expression import Expression, compile_forward, parse
from explorer.capture.inputs import DEFAULT_VALUE, example
from explorer.capture.module_text import module_failed
from explorer.capture.positions import FILENAME, Written
from explorer.capture.record import EXPRESSION_ENTRY, Diagnostic, Entry, Source
from explorer.errors import ProgramError
from explorer.graph.ir import Graph, Span

if TYPE_CHECKING:
    from explorer.adapters.pytorch.joint import Joint
    from explorer.adapters.pytorch.links import Flow
    from explorer.adapters.pytorch.traced import Traced

Number = Callable[[float], Any]  # what makes a tensor, or a tracer's stand-in for one, of a number in the text


@dataclass(frozen=True)
class Tensors:
    """What a program is run with: fresh leaves by name. Float inputs and trained weights ask for a gradient."""

    inputs: dict[str, torch.Tensor]
    held: dict[str, torch.Tensor]  # parameters, buffers and constants of a model

    @property
    def differentiated(self) -> dict[str, torch.Tensor]:
        return {name: tensor for name, tensor in {**self.held, **self.inputs}.items() if tensor.requires_grad}


class PyTorchProgram(ABC):
    """See `explorer.adapters.base.Program`; and what the stages ask for."""

    entry: Entry = EXPRESSION_ENTRY
    entries: tuple[Entry, ...] = (EXPRESSION_ENTRY,)
    fallback: Span | None = None  # the place of an operation that no line of the text calls itself
    root: nn.Module  # whose submodules are the scopes

    def __init__(self, source: Source, written: Written) -> None:
        self.source, self.written = source, written
        self.inputs: Mapping[str, np.ndarray] = {}
        self.parameters: Mapping[str, np.ndarray] = {}
        self.notices: list[Diagnostic] = []
        # What was traced last: the fx graph; core ATen; the joint with what is known about its nodes.
        self.module: fx.GraphModule | None = None
        self.aten: Traced | None = None
        self.joint: tuple[Joint, Flow] | None = None
        # Read back from a tensor, not believed: "cuda" becomes "cuda:0".
        self.device = str(torch.zeros((), device=source.device).device)

    @abstractmethod
    def tensors(self, inputs: Mapping[str, np.ndarray]) -> Tensors:
        """Fresh tensors on the program's device, inputs in order of first use; `inputs` may name parameters too."""

    @abstractmethod
    def function(self, number: Number) -> Callable[..., Any]:
        """The text as a function of its inputs in their order."""

    @abstractmethod
    def output(self, tensors: Tensors) -> torch.Tensor:
        """The result that is differentiated, run eagerly. Raises ProgramError with the place in the text."""

    @contextlib.contextmanager
    def running(self, tensors: Tensors) -> Iterator[None]:  # noqa: ARG002
        """Around everything that runs the text: with these tensors in place, and the same random numbers every time."""
        with self.seeded(), torch.device(self.source.device):
            yield

    @contextlib.contextmanager
    def seeded(self) -> Iterator[None]:
        """The same random numbers every time."""
        with torch.random.fork_rng():
            torch.manual_seed(self.source.seed)
            yield

    @property
    def examples(self) -> Tensors:
        return self.tensors(self.inputs)

    def value(self, inputs: Mapping[str, np.ndarray]) -> np.ndarray:
        """The output for `inputs`, in torch's own result dtype (float64 inputs give float64)."""
        with torch.no_grad():
            return array_from(self.output(self.tensors(inputs)))

    def value_and_gradients(self, inputs: Mapping[str, np.ndarray]) -> tuple[np.ndarray, dict[str, np.ndarray | None]]:
        """The output and `torch.autograd.grad` of its sum; None for an integer input or where no path leads to it."""
        tensors = self.tensors(inputs)
        output = self.output(tensors)
        gradients: dict[str, np.ndarray | None] = dict.fromkeys([*self.parameters, *self.inputs])
        if output.requires_grad:
            self.note_sum(output)
            wanted = tensors.differentiated
            found = zip(wanted, gradients_of(output, list(wanted.values())), strict=True)
            gradients |= {name: None if each is None else array_from(each) for name, each in found}
        return array_from(output), gradients

    def runs(self) -> bool:
        """Whether the text runs by itself, so that it is tracing that failed."""
        try:
            self.output(self.examples)
        except ProgramError:
            return False
        return True

    def failure(self, error: Exception, *, partial: Graph | None = None, **said: str) -> ProgramError:
        """What to say of an error on the way through the text: an operation of torch that failed, or Python's own."""
        if self.fallback and not said and self.written.raised_at(error.__traceback__) is None:
            said = {"op": self.entry.name}
        if said or isinstance(error, RuntimeError) or not self.fallback:
            failed = operation_failed(self.written, error, partial=partial, **said)
        else:
            failed = module_failed(error, self.written)
            failed.partial = partial
        failed.span = failed.span or self.fallback
        return failed

    def note(self, code: str, **params: Any) -> None:
        """Say something once."""
        if all(notice.code != code for notice in self.notices):
            self.notices.append(Diagnostic("notice", code, params))

    def note_sum(self, output: torch.Tensor) -> None:
        """Say once that an output of several entries is summed for its gradients."""
        if output.dim():
            self.note("output_summed", shape=str(tuple(output.shape)))


class ExpressionProgram(PyTorchProgram):
    """An expression: its free names are inputs, and there is nothing else."""

    def __init__(self, source: Source) -> None:
        self.expression: Expression = parse(source.text)
        super().__init__(source, self.expression)
        self.root = nn.Module()
        self.inputs = {
            name: example(name, source.inputs.get(name, DEFAULT_VALUE), source.seed) for name in self.expression.names
        }
        self._eager: dict[torch.dtype | None, Callable[..., Any]] = {}

    def tensors(self, inputs: Mapping[str, np.ndarray]) -> Tensors:
        made = {name: tensor_from(inputs[name], self.source.device) for name in self.expression.names}
        return Tensors({name: tensor.requires_grad_(tensor.is_floating_point()) for name, tensor in made.items()}, {})

    def function(self, number: Number) -> Callable[..., Any]:
        """The text over torch functions; see `functions`. A text without names gives a plain number."""
        return compile_forward(self.expression, functions(number), filename=FILENAME)[0]

    def constant(self, number: float, dtype: torch.dtype | None) -> torch.Tensor:
        """A number of the text as a tensor on the program's device, True and False as booleans."""
        return torch.tensor(number, dtype=None if isinstance(number, bool) else dtype, device=self.source.device)

    def output(self, tensors: Tensors) -> torch.Tensor:
        """A text of numbers only gives a tensor all the same. Raises `operation_failed`."""
        dtype = number_dtype(tensors.inputs.values())
        if dtype not in self._eager:
            self._eager[dtype] = self.function(lambda number: self.constant(number, dtype))
        try:
            result = self._eager[dtype](*tensors.inputs.values())
        except Exception as error:
            raise self.failure(error) from None
        return self.constant(result, dtype) if is_number(result) else result


def gradients_of(output: torch.Tensor, tensors: Sequence[torch.Tensor]) -> Sequence[torch.Tensor | None]:
    """`torch.autograd.grad` of the sum of `output`; None where no path leads to a tensor.

    Raises ProgramError `pytorch_no_derivative` for the few operations that torch cannot differentiate (`2 % x`).
    """
    try:
        found: Sequence[torch.Tensor | None] = torch.autograd.grad(
            output, tensors, torch.ones_like(output), allow_unused=True
        )
    except RuntimeError as error:
        raise ProgramError("pytorch_no_derivative", reason=first_line(error)) from None
    return found
