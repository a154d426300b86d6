"""PyTorch: what `explorer.adapters.base.Adapter` asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

import numpy as np
import torch
from torch import fx

from explorer.adapters import framework
from explorer.adapters.base import Probe, Program
from explorer.adapters.pytorch.aten import aten_stage
from explorer.adapters.pytorch.devices import check_device, devices
from explorer.adapters.pytorch.fx import fx_stage
from explorer.adapters.pytorch.joint import Joint
from explorer.adapters.pytorch.joint_graph import joint_stage
from explorer.adapters.pytorch.links import Flow, aten_provenance, joint_provenance
from explorer.adapters.pytorch.model import ModelProgram
from explorer.adapters.pytorch.program import ExpressionProgram, PyTorchProgram
from explorer.adapters.pytorch.traced import Traced
from explorer.adapters.pytorch.training import PyTorchTrainer
from explorer.adapters.pytorch.values import aten_columns, fx_columns, joint_columns
from explorer.capture.module_text import kind_of
from explorer.capture.record import Column, Provenance, Source, Stage
from explorer.errors import UsageError
from explorer.training.config import Initial, RunConfig


class PyTorchAdapter:
    """Keeps nothing itself: what was traced is kept on the program, and a new capture traces the text anew."""

    def probe(self) -> Probe:
        return Probe(torch.__version__, devices())

    def load(self, source: Source) -> PyTorchProgram:
        check_device(source.device)
        return ExpressionProgram(source) if kind_of(source.text) == "expression" else ModelProgram(source)

    def capture(self, program: Program, stage: str) -> Stage:
        mine = cast(PyTorchProgram, program)
        match stage:
            case "fx":
                return fx_stage(mine)
            case "aten":
                return aten_stage(mine, _module(mine))
            case "joint":
                return joint_stage(mine, _module(mine))
        known = ", ".join(entry.key for entry in framework("pytorch").stages)
        raise UsageError("unknown_stage", framework="PyTorch", stage=stage, known=known)

    def provenance(self, program: Program, stage: str) -> Provenance | None:
        mine = cast(PyTorchProgram, program)
        match stage:
            case "aten":
                return aten_provenance(_module(mine), _aten(mine))
            case "joint":
                return joint_provenance(_module(mine), *_joint(mine))
        return None

    def evaluate(self, program: Program, stage: str, inputs: Mapping[str, np.ndarray]) -> Iterator[Column]:
        """fx: `value`, `cotangent`, `share`; else `value`. The stage is captured first where it was not yet."""
        mine = cast(PyTorchProgram, program)
        match stage:
            case "aten":
                return aten_columns(mine, _module(mine), _aten(mine), inputs)
            case "joint":
                return joint_columns(mine, _module(mine), _joint(mine)[0], inputs)
        return fx_columns(mine, _module(mine), inputs)

    def trainer(self, config: RunConfig, initial: Initial) -> PyTorchTrainer:
        return PyTorchTrainer(config, initial)


def adapter() -> PyTorchAdapter:
    return PyTorchAdapter()


def _module(program: PyTorchProgram) -> fx.GraphModule:
    if program.module is None:
        fx_stage(program)
    assert program.module is not None
    return program.module


def _aten(program: PyTorchProgram) -> Traced:
    if program.aten is None:
        aten_stage(program, _module(program))
    assert program.aten is not None
    return program.aten


def _joint(program: PyTorchProgram) -> tuple[Joint, Flow]:
    if program.joint is None:
        joint_stage(program, _module(program))
    assert program.joint is not None
    return program.joint
