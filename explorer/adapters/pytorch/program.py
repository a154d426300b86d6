"""A loaded text: the function it stands for, its example inputs on the device, its value and torch's own gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import fx

from explorer.adapters.pytorch.arrays import array_from, number_dtype, tensor_from
from explorer.adapters.pytorch.functions import functions, is_number
from explorer.adapters.pytorch.mistakes import FILENAME, first_line, operation_failed
from explorer.capture.expression import Expression, compile_forward, parse
from explorer.capture.inputs import DEFAULT_VALUE, example
from explorer.capture.record import EXPRESSION_ENTRY, Diagnostic, Entry, Source
from explorer.errors import ProgramError

if TYPE_CHECKING:
    from explorer.adapters.pytorch.joint import Joint
    from explorer.adapters.pytorch.links import Flow
    from explorer.adapters.pytorch.traced import Traced


class PyTorchProgram:
    """What `load` gives. `forward(dtype)` is the user's text over torch functions; it returns a tensor or a number."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.expression: Expression = parse(source.text)
        self.inputs: Mapping[str, np.ndarray] = {
            name: example(name, source.inputs.get(name, DEFAULT_VALUE), source.seed) for name in self.expression.names
        }
        self.parameters: Mapping[str, np.ndarray] = {}
        self.entry: Entry = EXPRESSION_ENTRY
        self.entries: tuple[Entry, ...] = (EXPRESSION_ENTRY,)
        self.notices: list[Diagnostic] = []
        # What was traced last: the fx graph; core ATen; the joint with what is known about its nodes.
        self.module: fx.GraphModule | None = None
        self.aten: Traced | None = None
        self.joint: tuple[Joint, Flow] | None = None
        self._eager: dict[torch.dtype | None, Callable[..., Any]] = {}
        self.examples: dict[str, torch.Tensor] = self.tensors(self.inputs)
        # Read back from a tensor, not believed: "cuda" becomes "cuda:0".
        self.device = str(torch.zeros((), device=source.device).device)

    def tensors(self, inputs: Mapping[str, np.ndarray]) -> dict[str, torch.Tensor]:
        """Fresh tensors on the program's device, in order of first use; float ones ask for a gradient."""
        made = {name: tensor_from(inputs[name], self.source.device) for name in self.expression.names}
        return {name: tensor.requires_grad_(tensor.is_floating_point()) for name, tensor in made.items()}

    def forward(self, constant: Callable[[float], Any]) -> Callable[..., Any]:
        """The text as a function of its names; see `functions`. A text without names gives a plain number."""
        return compile_forward(self.expression, functions(constant), filename=FILENAME)[0]

    def constant(self, number: float, dtype: torch.dtype | None) -> torch.Tensor:
        """A number of the text as a tensor on the program's device, True and False as booleans."""
        return torch.tensor(number, dtype=None if isinstance(number, bool) else dtype, device=self.source.device)

    def output(self, tensors: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """The text run eagerly. A text of numbers only gives a tensor all the same. Raises `operation_failed`."""
        dtype = number_dtype(tensors.values())
        if dtype not in self._eager:
            self._eager[dtype] = self.forward(lambda number: self.constant(number, dtype))
        try:
            result = self._eager[dtype](*tensors.values())
        except Exception as error:
            raise operation_failed(self.expression, error) from None
        return self.constant(result, dtype) if is_number(result) else result

    def value(self, inputs: Mapping[str, np.ndarray]) -> np.ndarray:
        """The output for `inputs`, in torch's own result dtype (float64 inputs give float64)."""
        with torch.no_grad():
            return array_from(self.output(self.tensors(inputs)))

    def value_and_gradients(self, inputs: Mapping[str, np.ndarray]) -> tuple[np.ndarray, dict[str, np.ndarray | None]]:
        """The output and `torch.autograd.grad` of its sum; None for an integer input or where no path leads to it."""
        tensors = self.tensors(inputs)
        output = self.output(tensors)
        floats = {name: tensor for name, tensor in tensors.items() if tensor.requires_grad}
        gradients: dict[str, np.ndarray | None] = dict.fromkeys(tensors)
        if output.requires_grad:
            self.note_sum(output)
            found = zip(floats, gradients_of(output, list(floats.values())), strict=True)
            gradients |= {name: None if each is None else array_from(each) for name, each in found}
        return array_from(output), gradients

    def note_sum(self, output: torch.Tensor) -> None:
        """Say once that an output of several entries is summed for its gradients."""
        if output.dim() and not any(notice.code == "output_summed" for notice in self.notices):
            self.notices.append(Diagnostic("notice", "output_summed", {"shape": str(tuple(output.shape))}))


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
