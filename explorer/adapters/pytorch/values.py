"""The numbers: every value of every stage, every cotangent and share of the fx stage by torch's own autograd."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import fx

from explorer.adapters.pytorch.arrays import array_from
from explorer.adapters.pytorch.fx import uses
from explorer.adapters.pytorch.joint import Joint
from explorer.adapters.pytorch.program import PyTorchProgram, gradients_of
from explorer.adapters.pytorch.traced import SEED, Traced, value_id
from explorer.capture.cells import cells
from explorer.capture.record import Column, On
from explorer.errors import ProgramError
from explorer.graph.ir import use_key


def fx_columns(program: PyTorchProgram, module: fx.GraphModule, inputs: Mapping[str, np.ndarray]) -> Iterator[Column]:
    """`value`, then `cotangent` and `share` unless only the forward pass was asked for."""
    tensors = program.tensors(inputs)
    run = _EachUse(module)
    output = run.run(*tensors.values())
    yield Column("value", "fx", "value", cells(run.values, array_from))
    if not program.source.forward_only:
        yield from _cotangents(run, output)


def aten_columns(
    program: PyTorchProgram, module: fx.GraphModule, traced: Traced, inputs: Mapping[str, np.ndarray]
) -> Iterator[Column]:
    """`value` of every value."""
    yield _recorded("aten", traced, _given(program, module, inputs))


def joint_columns(
    program: PyTorchProgram, module: fx.GraphModule, joint: Joint, inputs: Mapping[str, np.ndarray]
) -> Iterator[Column]:
    """`value` of every value, the seed being ones."""
    seed = next(node for node in joint.nodes if joint.given.get(node.name) == SEED).meta["val"]
    ones = torch.ones(seed.shape, dtype=seed.dtype, device=program.source.device)
    yield _recorded("joint", joint, {**_given(program, module, inputs), SEED: ones})


def _recorded(stage: str, traced: Traced, given: Mapping[str, torch.Tensor]) -> Column:
    run = _Recorder(traced.module)
    with torch.no_grad():
        run.run(*(given[giver] for giver in traced.given.values()))
    return Column("value", stage, "value", cells(run.values, array_from))


def _given(
    program: PyTorchProgram, module: fx.GraphModule, inputs: Mapping[str, np.ndarray]
) -> dict[str, torch.Tensor]:
    """What each fx node that computes nothing stands for: inputs as they are now, constants as the module has them."""
    tensors = program.tensors(inputs)
    given = {node.name: tensors[node.meta["name"]] for node in module.graph.nodes if node.op == "placeholder"}
    held = (node for node in module.graph.nodes if node.op == "get_attr")
    return given | {node.name: getattr(module, node.target) for node in held}


class _EachUse(fx.Interpreter):  # type: ignore[misc]
    """Runs an fx graph with a view of its own for every use of a value: each view then has a gradient of its own."""

    def __init__(self, module: fx.GraphModule) -> None:
        super().__init__(module)
        self.values: dict[str, torch.Tensor] = {}
        self.shares: dict[str, torch.Tensor] = {}

    def run_node(self, node: fx.Node) -> Any:
        operands = []
        for operand, value in enumerate(uses(node)):
            mine = self.env[value].view_as(self.env[value])
            self.shares[use_key(node.name, operand)] = mine
            operands.append(mine)
        remaining = iter(operands)
        args, kwargs = fx.node.map_arg((node.args, node.kwargs), lambda _: next(remaining))
        result = getattr(self, node.op)(node.target, args, kwargs)
        if node.op != "output":
            self.values[node.name] = result
        return result


class _Recorder(fx.Interpreter):  # type: ignore[misc]
    """Runs an ATen graph and keeps every value under its id."""

    def __init__(self, module: fx.GraphModule) -> None:
        super().__init__(module)
        self.values: dict[str, torch.Tensor] = {}

    def run_node(self, node: fx.Node) -> Any:
        result = super().run_node(node)
        if node.op != "output":
            several = enumerate(result) if isinstance(result, (tuple, list)) else [(0, result)]
            self.values |= {value_id(node) if not k else f"{node.name}:{k}": each for k, each in several}
        return result


def _cotangents(run: _EachUse, output: torch.Tensor) -> Iterator[Column]:
    """`torch.autograd.grad` of the summed output with respect to every value and every use at once."""
    wanted: dict[tuple[On, str], torch.Tensor] = {
        ("value", name): tensor for name, tensor in run.values.items() if tensor.requires_grad
    }
    wanted |= {("use", key): tensor for key, tensor in run.shares.items() if tensor.requires_grad}
    found: Mapping[tuple[On, str], torch.Tensor | None] = {}
    if output.requires_grad:
        with contextlib.suppress(ProgramError):  # no derivative: then all are absent
            found = dict(zip(wanted, gradients_of(output, list(wanted.values())), strict=True))
    yield _column("cotangent", "value", run.values, found)
    yield _column("share", "use", run.shares, found)


def _column(
    key: str, on: On, tensors: Mapping[str, torch.Tensor], found: Mapping[tuple[On, str], torch.Tensor | None]
) -> Column:
    gradients = {name: gradient for name in tensors if (gradient := found.get((on, name))) is not None}
    absent = {
        name: "pytorch_no_path" if tensor.is_floating_point() else "not_float"
        for name, tensor in tensors.items()
        if name not in gradients
    }
    return Column(key, "fx", on, cells(gradients, array_from), absent=absent)
