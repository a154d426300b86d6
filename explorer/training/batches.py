"""Which points go into which update, and which hidden units sit out: made in NumPy, so the same in every framework."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from explorer.training.config import Initial, RunConfig

ORDER_STREAM, MASK_STREAM = 4, 5  # set the random numbers apart from those of weights (1, 2) and data (3)


@dataclass(frozen=True, slots=True)
class Batch:
    """One update. `index` int32 (b,): rows of the training points. `masks`: for each hidden layer (b, width), of the
    run's dtype: 0 for a unit left out, 1 / (1 - dropout) for one that stays; empty without dropout.
    """

    index: np.ndarray
    masks: tuple[np.ndarray, ...]


class Batches:
    """The updates of one run, epoch by epoch. An epoch depends on its number and the seed alone, so a resumed run has
    the same ones. The points are shuffled anew each epoch; what is left over makes a last, shorter batch.
    """

    def __init__(self, config: RunConfig, initial: Initial) -> None:
        self._config = config
        self._count = len(initial.x)
        self.size = min(config.batch, self._count) or self._count  # of all batches but perhaps the last
        self._widths = [len(bias) for _, bias in initial.layers[:-1]] if config.dropout else []
        self._dtype = np.dtype(config.dtype)

    @property
    def whole(self) -> bool:
        """All points at once and every unit at work: the loss that is shown is the one that is descended."""
        return self.size == self._count and not self._widths

    @property
    def per_epoch(self) -> int:
        return -(-self._count // self.size)

    def epoch(self, number: int) -> Iterator[Batch]:
        order = self._order(number)
        masks = self._masks(number)
        for first in range(0, self._count, self.size):
            part = slice(first, first + self.size)
            yield Batch(order[part], tuple(mask[part] for mask in masks))

    def together(self, number: int) -> tuple[Batch | None, list[Batch]]:
        """The epoch for a loop inside the framework: its batches of the usual size as one, whose arrays have one more
        axis in front, and what is left over. None where there are not two to be put together.
        """
        batches = list(self.epoch(number))
        full = [batch for batch in batches if len(batch.index) == self.size]
        if len(full) < 2:
            return None, batches
        masks = tuple(np.stack(masks) for masks in zip(*(batch.masks for batch in full), strict=True))
        return Batch(np.stack([batch.index for batch in full]), masks), batches[len(full) :]

    def _order(self, number: int) -> np.ndarray:
        if self.size == self._count:
            return np.arange(self._count, dtype=np.int32)
        rng = np.random.default_rng([ORDER_STREAM, self._config.seed, number])
        return rng.permutation(self._count).astype(np.int32)

    def _masks(self, number: int) -> Sequence[np.ndarray]:
        rng = np.random.default_rng([MASK_STREAM, self._config.seed, number])
        kept = self._dtype.type(1.0 / (1.0 - self._config.dropout))
        drawn = [rng.random((self._count, width), dtype=np.float32) for width in self._widths]
        return [(numbers >= self._config.dropout) * kept for numbers in drawn]
