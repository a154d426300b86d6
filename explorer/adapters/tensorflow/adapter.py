"""TensorFlow behind `explorer.adapters.base.Adapter`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from explorer.adapters import framework
from explorer.adapters.base import Probe, Trainer
from explorer.adapters.tensorflow import devices
from explorer.adapters.tensorflow.environment import tf
from explorer.adapters.tensorflow.model import ModelProgram
from explorer.adapters.tensorflow.program import ExpressionProgram, TensorFlowProgram
from explorer.adapters.tensorflow.training import TensorFlowTrainer
from explorer.capture.module_text import kind_of
from explorer.capture.record import Column, Provenance, Source, Stage
from explorer.errors import UsageError
from explorer.training.config import Initial, RunConfig


class TensorFlowAdapter:
    """See `explorer.adapters.base.Adapter`. Programs are those that `load` made."""

    def probe(self) -> Probe:
        return Probe(tf.__version__, devices.devices())

    def load(self, source: Source) -> TensorFlowProgram:
        return ExpressionProgram(source) if kind_of(source.text) == "expression" else ModelProgram(source)

    def capture(self, program: TensorFlowProgram, stage: str) -> Stage:
        return program.stage(_known(stage))

    def provenance(self, program: TensorFlowProgram, stage: str) -> Provenance | None:
        return program.provenance(_known(stage))

    def evaluate(self, program: TensorFlowProgram, stage: str, inputs: Mapping[str, np.ndarray]) -> Iterator[Column]:
        return program.columns(_known(stage), inputs)

    def trainer(self, config: RunConfig, initial: Initial) -> Trainer:
        return TensorFlowTrainer(config, initial)


def adapter() -> TensorFlowAdapter:
    """The adapter; the first call decides how GPU memory is shared."""
    devices.prepare()
    return TensorFlowAdapter()


def _known(stage: str) -> str:
    entry = framework("tensorflow")
    if entry.stage(stage) is None:
        known = ", ".join(row.key for row in entry.stages)
        raise UsageError("unknown_stage", framework=entry.title, stage=stage, known=known)
    return stage
