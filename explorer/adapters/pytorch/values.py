"""The numbers: every value of every stage, every cotangent and share of the fx stage by torch's own autograd."""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import fx

from explorer.adapters.pytorch.arrays import array_from
from explorer.adapters.pytorch.fx import is_part, result_of, uses, value_id
from explorer.adapters.pytorch.joint import Joint
from explorer.adapters.pytorch.program import PyTorchProgram, gradients_of
from explorer.adapters.pytorch.traced import SEED, Traced
from explorer.capture.cells import cells
from explorer.capture.record import Column, On
from explorer.errors import ProgramError
from explorer.graph.ir import use_key


def fx_columns(program: PyTorchProgram, module: fx.GraphModule, inputs: Mapping[str, np.ndarray]) -> Iterator[Column]:
    """`value`, then `cotangent` and `share` unless only the forward pass was asked for."""
    run = _EachUse(module, _given(program, module, inputs))
    with program.seeded():
        run.run(*[None for _ in program.inputs])
    yield Column("value", "fx", "value", cells(run.values, _array))
    if not program.source.forward_only:
        yield from _cotangents(run)


def aten_columns(
    program: PyTorchProgram, module: fx.GraphModule, traced: Traced, inputs: Mapping[str, np.ndarray]
) -> Iterator[Column]:
    """`value` of every value."""
    yield _recorded("aten", program, traced, _given(program, module, inputs))


def joint_columns(
    program: PyTorchProgram, module: fx.GraphModule, joint: Joint, inputs: Mapping[str, np.ndarray]
) -> Iterator[Column]:
    """`value` of every value, the seed being ones."""
    seed = next(node for node in joint.nodes if joint.given.get(node.name) == SEED).meta["val"]
    # Of the strides that it was traced with: torch chooses views and copies by them.
    ones = torch.empty_strided(seed.shape, seed.stride(), dtype=seed.dtype, device=program.source.device).fill_(1)
    yield _recorded("joint", program, joint, {**_given(program, module, inputs), SEED: ones})


def _recorded(stage: str, program: PyTorchProgram, traced: Traced, given: Mapping[str, torch.Tensor]) -> Column:
    run = _Recorder(traced.module)
    with torch.no_grad(), program.seeded():
        run.run(*(given[giver] for giver in traced.given.values()))
    return Column("value", stage, "value", cells(run.values, _array))


def _given(
    program: PyTorchProgram, module: fx.GraphModule, inputs: Mapping[str, np.ndarray]
) -> dict[str, torch.Tensor]:
    """What each fx node that computes nothing stands for: inputs and parameters as they are now, constants as ever."""
    tensors = program.tensors(inputs)
    given = {node.name: tensors.inputs[node.meta["name"]] for node in module.graph.nodes if node.op == "placeholder"}
    for node in module.graph.nodes:
        if node.op == "get_attr":
            held = tensors.held.get(node.target)
            given[node.name] = operator.attrgetter(node.target)(module).clone() if held is None else held
    return given


class _EachUse(fx.Interpreter):  # type: ignore[misc]
    """Runs an fx graph with a view of its own for every use of a value: each view then has a gradient of its own.

    A value that is overwritten in place is kept as it was, and has no gradient of its own: `overwritten` has the ids of
    those values and uses.
    """

    def __init__(self, module: fx.GraphModule, given: Mapping[str, torch.Tensor]) -> None:
        super().__init__(module)
        self.given = given
        self.values: dict[str, Any] = {}
        self.tensors: dict[str, torch.Tensor] = {}  # those of `values` that gradients are asked for
        self.shares: dict[str, torch.Tensor] = {}
        self.overwritten: set[str] = set()
        self.done: set[str] = set()  # nodes that have overwritten something
        self.result: torch.Tensor | None = None

    def run_node(self, node: fx.Node) -> Any:
        if is_part(node):
            result = self.env[node.args[0]][node.args[1]]
        elif node.op in ("placeholder", "get_attr"):
            given = self.given[node.name]
            result = given.clone() if "overwritten" in node.meta else given  # a leaf may not be overwritten
        else:
            result = self._call(node)
        if node.op != "output":
            self._keep(node, result)
        if "overwrites" in node.meta:
            self.done.add(node.name)
        return result

    def _call(self, node: fx.Node) -> Any:
        operands = [self._used(node, operand, value) for operand, value in enumerate(uses(node))]
        if node.op == "output":
            self.result = operands[uses(node).index(result_of(self.module))]
            return None
        remaining = iter(operands)
        args, kwargs = fx.node.map_arg((node.args, node.kwargs), lambda _: next(remaining))
        with torch.set_grad_enabled(not node.meta.get("no_grad")):
            return getattr(self, node.op)(node.target, args, kwargs)

    def _used(self, node: fx.Node, operand: int, value: fx.Node) -> Any:
        key, whole = use_key(node.name, operand), self.env[value]
        if not isinstance(whole, torch.Tensor):
            return whole
        if value.meta.get("overwritten") not in (None, *self.done):  # this use reads what will not be there for long
            self.overwritten.add(key)
        mine = whole if value.name in node.meta.get("overwrites", ()) else whole.view_as(whole)
        self.shares[key] = mine
        return mine

    def _keep(self, node: fx.Node, result: Any) -> None:
        several = result if isinstance(result, (tuple, list)) else [result]
        several = [each for each in several if each is not None]  # setting entries gives nothing
        first = value_id(node)
        for place, each in enumerate(several):
            name = f"{first}:{place}" if place else first
            tensor = isinstance(each, torch.Tensor)
            if tensor:
                self.tensors[name] = each
            if "overwritten" in node.meta:
                self.overwritten.add(name)
                each = each.detach().clone() if tensor else each
            self.values[name] = each


class _Recorder(fx.Interpreter):  # type: ignore[misc]
    """Runs an ATen graph and keeps every value under its id."""

    def __init__(self, module: fx.GraphModule) -> None:
        super().__init__(module)
        self.values: dict[str, torch.Tensor] = {}

    def run_node(self, node: fx.Node) -> Any:
        result = super().run_node(node)
        if node.op != "output":
            several = enumerate(result) if isinstance(result, (tuple, list)) else [(0, result)]
            found = {value_id(node) if not k else f"{node.name}:{k}": each for k, each in several}
            self.values |= {name: each for name, each in found.items() if each is not None}
        return result


def _cotangents(run: _EachUse) -> Iterator[Column]:
    """`torch.autograd.grad` of the summed result with respect to every value and every use at once."""
    places: list[tuple[On, dict[str, torch.Tensor]]] = [("value", run.tensors), ("use", run.shares)]
    wanted = {
        (on, name): tensor
        for on, tensors in places
        for name, tensor in tensors.items()
        if tensor.requires_grad and name not in run.overwritten
    }
    found: Mapping[tuple[On, str], torch.Tensor | None] = {}
    if run.result is not None and run.result.requires_grad:
        with contextlib.suppress(ProgramError):  # no derivative: then all are absent
            found = dict(zip(wanted, gradients_of(run.result, list(wanted.values())), strict=True))
    yield _column("cotangent", "value", run, run.tensors, found)
    yield _column("share", "use", run, run.shares, found)


def _column(
    key: str, on: On, run: _EachUse, tensors: Mapping[str, torch.Tensor],
    found: Mapping[tuple[On, str], torch.Tensor | None],
) -> Column:  # fmt: skip
    gradients = {name: gradient for name in tensors if (gradient := found.get((on, name))) is not None}
    absent = {}
    for name, tensor in tensors.items():
        if name in run.overwritten:
            absent[name] = "pytorch_overwritten"
        elif name not in gradients:
            absent[name] = "pytorch_no_path" if tensor.is_floating_point() else "not_float"
    return Column(key, "fx", on, cells(gradients, array_from), absent=absent)


def _array(value: Any) -> np.ndarray:
    """The numbers of a tensor, or a number that a text took out of one."""
    return array_from(value) if isinstance(value, torch.Tensor) else np.asarray(value)
