"""The table of frameworks and their stages. Loads nothing: a framework is imported by name, in its worker only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StageEntry:
    """One stage. `derived_from` is `source` or a stage's key; `gradient` marks one that holds the backward pass.

    `on`: captured with every edit; the others when somebody asks for them (`StagesRequest`, `backflow stages`).
    `numbers`: values are computed at this stage, so its cards have a row for them.
    """

    key: str
    title: str
    derived_from: str
    gradient: bool = False
    on: bool = True
    numbers: bool = True


@dataclass(frozen=True, slots=True)
class Framework:
    """One framework: key (and pip extra), the name people know, the module of its adapter, its pip package."""

    key: str
    title: str
    module: str
    package: str
    stages: tuple[StageEntry, ...]

    @property
    def first(self) -> StageEntry:
        return self.stages[0]

    def stage(self, key: str) -> StageEntry | None:
        return next((stage for stage in self.stages if stage.key == key), None)


FRAMEWORKS = (
    Framework("pytorch", "PyTorch", "explorer.adapters.pytorch.adapter", "torch", (
        StageEntry("fx", "fx", "source"),
        StageEntry("aten", "aten", "source", on=False),
        StageEntry("joint", "joint", "source", gradient=True),
    )),
    Framework("tensorflow", "TensorFlow", "explorer.adapters.tensorflow.adapter", "tensorflow", (
        StageEntry("funcgraph", "FuncGraph", "source"),
        StageEntry("gradient", "gradient", "funcgraph", gradient=True),
        StageEntry("grappler", "Grappler", "gradient", gradient=True, on=False),
        StageEntry("hlo", "HLO", "gradient", gradient=True, on=False, numbers=False),
        StageEntry("optimized_hlo", "optimized HLO", "hlo", gradient=True, on=False, numbers=False),
    )),
    Framework("jax", "JAX", "explorer.adapters.jax.adapter", "jax", (
        StageEntry("jaxpr", "jaxpr", "source"),
        StageEntry("gradient", "gradient", "jaxpr", gradient=True),
        StageEntry("stablehlo", "StableHLO", "gradient", gradient=True, on=False, numbers=False),
        StageEntry("hlo", "HLO", "stablehlo", gradient=True, on=False, numbers=False),
        StageEntry("optimized_hlo", "optimized HLO", "hlo", gradient=True, on=False, numbers=False),
    )),
)  # fmt: skip

FRAMEWORK_KEYS = tuple(framework.key for framework in FRAMEWORKS)


def framework(key: str) -> Framework:
    """The entry for `key`; KeyError for a name that is not in the table."""
    return {entry.key: entry for entry in FRAMEWORKS}[key]
