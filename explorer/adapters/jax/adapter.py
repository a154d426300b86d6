"""The JAX adapter: what `explorer.adapters.base.Adapter` asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

import jax
import numpy as np

from explorer.adapters import framework
from explorer.adapters.base import Adapter, Probe, Program
from explorer.adapters.jax import compiled_links, devices, gradient, jaxpr, links
from explorer.adapters.jax.program import COMPILED, JaxProgram
from explorer.adapters.jax.training import JaxTrainer
from explorer.capture.record import Column, Provenance, Source, Stage
from explorer.errors import UsageError
from explorer.training.config import Initial, RunConfig

TRACED = {jaxpr.KEY: jaxpr.capture, gradient.KEY: gradient.capture}


class JaxAdapter:
    """Stateless: everything that was traced is kept by the program."""

    def probe(self) -> Probe:
        return Probe(jax.__version__, devices.devices())

    def load(self, source: Source) -> JaxProgram:
        return JaxProgram(source)

    def capture(self, program: Program, stage: str) -> Stage:
        mine = cast(JaxProgram, program)
        return mine.stage(stage) if _known(stage) in COMPILED else TRACED[stage](mine)

    def provenance(self, program: Program, stage: str) -> Provenance | None:
        mine = cast(JaxProgram, program)
        if _known(stage) == jaxpr.KEY:
            return None
        if stage in COMPILED:
            return compiled_links.provenance(mine, stage)
        return links.provenance(mine, jaxpr.KEY, stage)

    def evaluate(self, program: Program, stage: str, inputs: Mapping[str, np.ndarray]) -> Iterator[Column]:
        if _known(stage) in COMPILED:
            return iter(())
        return cast(JaxProgram, program).columns(stage, inputs)

    def trainer(self, config: RunConfig, initial: Initial) -> JaxTrainer:
        return JaxTrainer(config, initial)


def _known(stage: str) -> str:
    """`stage`. Raises UsageError for one that JAX does not have."""
    if framework("jax").stage(stage) is None:
        known = ", ".join(entry.key for entry in framework("jax").stages)
        raise UsageError("unknown_stage", framework="JAX", stage=stage, known=known)
    return stage


def adapter() -> Adapter:
    return JaxAdapter()
