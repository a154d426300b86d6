"""The weights of the best validation loss, kept without copying the weights at every step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from explorer.adapters.base import Trainer

NEAR = 1.25  # a validation loss within this factor of the best may be followed by a new best
SLOWLY, QUICKLY = 0.9, 1.1  # and so may one that moved out of these bounds in a single step


class Best:
    """`Trainer.step` returns the losses of weights that it has then already replaced, so a copy must be taken before.

    Call `keep()` before a step while `near` holds, `see()` after it. `near` falls once validation is well above its
    best and calm; a step that then beats the best from there, without warning, is not taken: the weights are gone.
    With `always` no step is missed. A trainer that is not fused tells its losses before it updates: there `near` never
    holds, and whoever sees a loss under `loss` keeps the weights then.
    """

    def __init__(self, trainer: Trainer, *, always: bool = False) -> None:
        self.near = trainer.fused
        self._always = always
        self.step = 0
        self.held: Any = trainer.hold()
        self.loss = math.inf
        self._trainer = trainer
        self._candidate: Any = None
        self._far = math.inf
        self._previous = math.inf

    @property
    def weights(self) -> list[np.ndarray]:
        """Those of the best step."""
        return self._trainer.arrays(self.held)

    def resume(self, step: int, loss: float) -> None:
        """Begin with the best of an earlier part of the run, whose weights are in the trainer now."""
        self.step, self.loss, self.held = step, loss, self._trainer.hold()
        self._far = NEAR * loss

    def alert(self) -> None:
        """Something has changed: the next step may be a new best."""
        self.near = self._trainer.fused

    def keep(self) -> None:
        """Hold the weights whose losses come next."""
        self._candidate = self._trainer.hold()

    def see(self, step: int, validation: float) -> None:
        """Take the kept weights if `validation`, their loss, is the best so far."""
        previous, self._previous = self._previous, validation
        calm = SLOWLY * previous < validation < QUICKLY * previous
        if calm and not self.near and validation > self._far:
            return  # nearly every step of a long run ends here
        if validation < self.loss and self._candidate is not None:
            self.loss, self.step, self.held = validation, step, self._candidate
            self._far = NEAR * validation
        self.near = self._trainer.fused and (self._always or not calm or validation <= self._far)
        self._candidate = None
