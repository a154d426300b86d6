"""What every adapter offers, and nothing else that they share.

An adapter module has a function `adapter() -> Adapter`.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np

from explorer.adapters import framework
from explorer.capture.record import Column, Diagnostic, Entry, Provenance, Source, Stage
from explorer.training.config import Checkpoint, Initial, RunConfig


@dataclass(frozen=True, slots=True)
class Device:
    """One device as its framework reports it. Memory in bytes, None where the framework does not say."""

    id: str
    kind: str
    name: str
    memory_total: int | None = None
    memory_free: int | None = None


@dataclass(frozen=True, slots=True)
class Probe:
    """What a framework says about itself."""

    version: str
    devices: tuple[Device, ...]


class Program(Protocol):
    """A loaded text, ready to be captured and called. Inputs and results are NumPy arrays in the user's dtypes.

    An expression has inputs only. A model has parameters too: arrays of its own that it learns (`0.weight`,
    `dense/kernel`, `params['w']`), each with a graph input of role `parameter`. A model with several outputs is
    differentiated by the first scalar float one, else by the first float one, and says which.
    """

    source: Source
    inputs: Mapping[str, np.ndarray]  # name -> example value, in order of first use
    parameters: Mapping[str, np.ndarray]  # name -> starting value, in the framework's order; {} for an expression
    entry: Entry  # what of the text this is
    entries: tuple[Entry, ...]  # everything in the text that could be captured, `entry` among them
    device: str  # the device the arrays really live on, read back from one
    notices: list[Diagnostic]  # e.g. "the output has 3 entries: gradients are of its sum"

    def value(self, inputs: Mapping[str, np.ndarray]) -> np.ndarray:
        """The output for these inputs; their dtypes may differ from the example's (float64 for finite differences).

        `inputs` may name parameters too; an input or parameter that is not named keeps its starting value, in the
        widest float dtype of those that are named.
        """

    def value_and_gradients(self, inputs: Mapping[str, np.ndarray]) -> tuple[np.ndarray, dict[str, np.ndarray | None]]:
        """The output and the framework's own gradient of its sum with respect to each input and each parameter.

        None for one that has no gradient (an integer, or the framework reports no path). `inputs` as in `value`.
        """


class Trainer(Protocol):
    """One model in one framework, trained from given initial weights. A step is an epoch. Losses are Python floats.

    A loss is that of the data alone, over all points, without dropout and without the penalty of l2.
    """

    device: str
    names: tuple[str, ...]  # of the weights
    updates_per_epoch: int
    fused: bool  # `step` computes losses and gradients together; else it is `losses` and then `update`

    def step(self) -> tuple[float, ...]:
        """Losses at the present weights, then one epoch of updates.

        (training, validation), and for a task with classes then the two accuracies, shares of points in 0 to 1.
        """

    def losses(self) -> tuple[float, ...]:
        """What `step` returns, at the present weights, no update."""

    def update(self) -> None:
        """One epoch of updates. Only of a trainer that is not fused."""

    def set_learning_rate(self, rate: float) -> None: ...

    def predict(self, x: np.ndarray, held: Any = None) -> np.ndarray:
        """Model output, shape (n, outputs), for inputs of shape (n, inputs), without dropout: with the present weights,
        or with those that `hold` gave.
        """

    def weights(self) -> list[np.ndarray]:
        """Copies of the weights, in the order of `Initial.arrays`."""

    def hold(self) -> Any:
        """The present weights as they will stay, taken as cheaply as the framework can; `arrays` reads them."""

    def arrays(self, held: Any) -> list[np.ndarray]:
        """What `weights` would have given when `hold` was called."""

    def restore(self, weights: list[np.ndarray]) -> None:
        """Put weights in place; what the optimizer remembers stays."""

    def memory(self) -> tuple[int, list[np.ndarray]]:
        """Number of updates made and copies of what the optimizer remembers, for a Checkpoint."""

    def resume(self, checkpoint: Checkpoint) -> None:
        """Go on where a run of the same config left off: weights, the optimizer's memory, the number of the epoch."""


class Adapter(Protocol):
    """One framework. Every method may raise ProgramError (the user's text) or UnavailableError (the machine)."""

    def probe(self) -> Probe: ...

    def load(self, source: Source) -> Program:
        """Read the text, make the example inputs, put them on the device. Raises ProgramError with a span."""

    def capture(self, program: Program, stage: str) -> Stage:
        """Trace one stage. A ProgramError raised here carries the partial graph up to the mistake."""

    def provenance(self, program: Program, stage: str) -> Provenance | None:
        """Links from the stage that `stage` is derived from, or from the first one where that is the source.

        None for the first stage itself, and where nothing tells what came from what.
        """

    def evaluate(self, program: Program, stage: str, inputs: Mapping[str, np.ndarray]) -> Iterator[Column]:
        """Numbers of a captured stage: `value`; of the first stage also `cotangent` (by value), `share` (by use).

        `inputs` may name parameters too; those that are not named keep their starting values.
        """

    def trainer(self, config: RunConfig, initial: Initial) -> Trainer:
        """A model with the given initial weights, on the configured device."""


def load_adapter(key: str) -> Adapter:
    """Import the adapter of framework `key`. Only a worker process, a test of that adapter or a notebook calls this."""
    module = importlib.import_module(framework(key).module)
    return cast(Adapter, module.adapter())
