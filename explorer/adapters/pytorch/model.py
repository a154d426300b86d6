"""A text that defines a model, as a program: its entry, its arguments, its parameters by their names.

An entry is a module, a module's class that needs no arguments, or a function that returns something. A module that a
function calls is found by the name of its variable, so a parameter is called `model.hidden.weight` there.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import types
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from functools import reduce
from typing import Any

import numpy as np
import torch
from torch import nn

from explorer.adapters.pytorch.arrays import array_from, tensor_from
from explorer.adapters.pytorch.held import held_by, in_place
from explorer.adapters.pytorch.program import Number, PyTorchProgram, Tensors
from explorer.adapters.pytorch.results import chosen, leaves, put
from explorer.capture.entries import candidates, choose
from explorer.capture.module_text import MODULE_NAME, Module, load_module, place_of_name
from explorer.capture.record import Source
from explorer.errors import ProgramError


class ModelProgram(PyTorchProgram):
    """See `explorer.adapters.base.Program`. The text runs once; what it defines is never changed."""

    def __init__(self, source: Source) -> None:
        module = load_module(source.text)
        super().__init__(source, module)
        found = choose(
            module, candidates(module, _Kinds(module), call_of), source.entry, source.inputs,
            seed=source.seed, is_array=is_example,
        )  # fmt: skip
        bound, self.entries = found.bound, found.entries
        self.entry = bound.candidate.entry
        self.fallback = place_of_name(module, self.entry.name)
        self._target = plain(bound.candidate.target)
        self._arguments = {name: _as_tensor(value) for name, value in bound.arguments.items()}
        self._positional = [
            name
            for name, parameter in bound.candidate.signature.parameters.items()
            if parameter.kind is parameter.POSITIONAL_ONLY and name in self._arguments
        ]
        if isinstance(self._target, type):
            self._target = self._made(self._target)
        variables = getattr(self._target, "__globals__", module.names)
        names = [] if isinstance(self._target, nn.Module) else _reached(self._target, variables)
        self.root = self._target if isinstance(self._target, nn.Module) else _room(variables, names)
        self._examples = dict(self._leaves())
        self._finish_lazy()
        held = held_by(self.root, variables, [name for name in names if is_tensor(variables[name])])
        self._held = {f"self.{name}" if name in self._examples else name: each for name, each in held.items()}
        self.inputs = {name: array_from(tensor) for name, tensor in self._examples.items()}
        self.parameters = {name: array_from(held.tensor) for name, held in self._held.items() if held.trained}

    def tensors(self, inputs: Mapping[str, np.ndarray]) -> Tensors:
        """What `inputs` does not name keeps its starting value, in the dtype that the others were widened to."""
        dtype, device = self._widened(inputs), self.source.device
        made = {}
        for name, example in self._examples.items():
            given = tensor_from(inputs[name], device) if name in inputs else _in_dtype(example, dtype).to(device)
            made[name] = given.detach().clone().requires_grad_(given.is_floating_point())
        held = {name: each.copy(dtype, device) for name, each in self._held.items()}
        with torch.no_grad():
            for name in held.keys() & inputs.keys():
                held[name].copy_(tensor_from(inputs[name], device))
        return Tensors(made, held)

    def function(self, number: Number) -> Callable[..., Any]:  # noqa: ARG002
        def call(*inputs: Any) -> Any:
            remaining = iter(inputs)
            given = {name: put(value, is_tensor, remaining) for name, value in self._arguments.items()}
            first = [given.pop(name) for name in self._positional]
            return self._target(*first, **given)

        return call

    @contextlib.contextmanager
    def running(self, tensors: Tensors) -> Iterator[None]:
        with super().running(tensors), in_place(self.root, self._held, tensors.held), _default(tensors):
            yield

    def output(self, tensors: Tensors) -> torch.Tensor:
        """The first float scalar of the results, else the first float. Raises ProgramError with the place."""
        try:
            with self.running(tensors):
                # A copy: what the text changes in place is not a leaf, as it is not where the text itself calls it.
                result = self.function(float)(*[tensor.clone() for tensor in tensors.inputs.values()])
        except Exception as error:
            raise self.failure(error) from None
        return self.pick(result)

    def pick(self, result: Any) -> torch.Tensor:
        """The tensor of `result` that is differentiated; says once which, where there are several."""
        found = list(leaves(result, is_tensor))
        if not found:
            raise ProgramError("pytorch_no_tensor", span=self.fallback, name=self.entry.name)
        position = chosen([tensor for _, tensor in found])
        if len(found) > 1:
            self.note("output_chosen", number=position + 1, count=len(found))
        tensor: torch.Tensor = found[position][1]
        return tensor

    def _leaves(self) -> Iterator[tuple[str, torch.Tensor]]:
        for name, value in self._arguments.items():
            yield from leaves(value, is_tensor, name)

    def _widened(self, inputs: Mapping[str, np.ndarray]) -> torch.dtype | None:
        """The float dtype that arrays came in, where it is not that of the starting values."""
        before = {**self.inputs, **self.parameters}
        changed = [array for name, array in inputs.items() if name in before and array.dtype != before[name].dtype]
        dtypes = [tensor_from(array[..., :0] if array.ndim else array, "cpu").dtype for array in changed]
        floats = [dtype for dtype in dtypes if dtype.is_floating_point]
        return reduce(torch.promote_types, floats) if floats else None

    def _made(self, kind: type[nn.Module]) -> nn.Module:
        try:
            with self.seeded():
                return kind()
        except Exception as error:
            raise self.failure(error) from None

    def _finish_lazy(self) -> None:
        """Run a model with lazy layers once: until then their parameters have no shape."""
        if any(torch.nn.parameter.is_lazy(parameter) for parameter in self.root.parameters()):
            try:
                with torch.no_grad():
                    self.function(float)(*self._examples.values())
            except Exception as error:
                raise self.failure(error) from None


class _Kinds:
    """What of a text is an entry: `kind_of` for `explorer.capture.entries.candidates`."""

    def __init__(self, module: Module) -> None:
        instances = [value for value in module.names.values() if isinstance(value, nn.Module)]
        self._made = {type(part) for instance in instances for part in instance.modules()}
        self._returning = _returning(module.text)

    def __call__(self, target: Any) -> str | None:
        target = plain(target)
        if isinstance(target, nn.Module):
            return None if type(target).__module__ == "torch.nn.modules.loss" else "module"
        if getattr(target, "__module__", None) != MODULE_NAME:
            return None
        if isinstance(target, type) and issubclass(target, nn.Module):
            return None if target in self._made or _needs_arguments(target) else "class"
        if isinstance(target, types.FunctionType):
            return "function" if target.__name__ in {*self._returning, "<lambda>"} else None
        return None


def is_tensor(value: Any) -> bool:
    return isinstance(value, torch.Tensor)


def is_example(value: Any) -> bool:
    """True for what may be an argument although nothing but its position says so."""
    return is_tensor(value) and not isinstance(value, nn.Parameter)


def plain(target: Any) -> Any:
    """What `torch.compile` was given, where `target` is what it gave."""
    for attribute in ("_orig_mod", "_torchdynamo_orig_callable"):
        target = getattr(target, attribute, target)
    return target


def call_of(target: Any) -> Callable[..., Any]:
    """The function whose parameters are those of a call of the entry."""
    target = plain(target)
    if isinstance(target, type):
        return types.MethodType(target.forward, object())  # type: ignore[attr-defined]
    call: Callable[..., Any] = target.forward if isinstance(target, nn.Module) else target
    return call


def _needs_arguments(kind: type) -> bool:
    parameters = inspect.signature(kind).parameters.values()
    return any(each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
               for each in parameters)  # fmt: skip


def _returning(text: str) -> set[str]:
    """Names of the functions of the module level that return something: others compute nothing to show."""
    functions = [each for each in ast.parse(text).body if isinstance(each, ast.FunctionDef)]
    returns = {each.name: [node for node in ast.walk(each) if isinstance(node, ast.Return)] for each in functions}
    return {name for name, found in returns.items() if any(node.value is not None for node in found)}


def _reached(function: types.FunctionType, variables: Mapping[str, Any]) -> list[str]:
    """Names of the modules and tensors that a function reads from its globals, itself or through other functions."""
    found: dict[str, None] = {}
    waiting: list[types.CodeType] = [function.__code__]
    seen: set[types.CodeType] = set()
    while waiting:
        if (code := waiting.pop(0)) in seen:
            continue
        seen.add(code)
        waiting += [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
        for name in code.co_names:
            value = plain(variables.get(name))
            if isinstance(value, nn.Module | torch.Tensor):
                found.setdefault(name)
            elif isinstance(value, types.FunctionType) and value.__module__ == MODULE_NAME:
                waiting.append(value.__code__)
    return list(found)


def _room(variables: MutableMapping[str, Any], names: list[str]) -> nn.Module:
    """A module that has the modules called `names` as its own."""
    room = nn.Module()
    room._modules.update({name: variables[name] for name in names if isinstance(variables[name], nn.Module)})
    return room


def _as_tensor(value: Any) -> Any:
    return tensor_from(value, "cpu") if isinstance(value, np.ndarray) else value


def _in_dtype(tensor: torch.Tensor, dtype: torch.dtype | None) -> torch.Tensor:
    return tensor.to(dtype) if dtype is not None and tensor.is_floating_point() else tensor


@contextlib.contextmanager
def _default(tensors: Tensors) -> Iterator[None]:
    """In float64 throughout where all floats are: what the text makes of its own (`torch.zeros(3)`) fits then too."""
    floats = {tensor.dtype for tensor in {**tensors.inputs, **tensors.held}.values() if tensor.is_floating_point()}
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64 if floats == {torch.float64} else before)
    try:
        yield
    finally:
        torch.set_default_dtype(before)
