"""Checkpoints in files, as plain data, and which run may go on from one."""

from __future__ import annotations

import base64
import math
from typing import Any

import numpy as np

from explorer.errors import UsageError
from explorer.graph.arrays import array_from, array_parts
from explorer.training.config import Checkpoint, RunConfig
from explorer.training.models import initial
from explorer.training.optimizers import SLOTS

# What may change when a run is resumed: how long it goes on, at which rate, and where it is computed.
FREE = ("steps", "schedule", "device", "framework", "mode", "early_stopping")


def plain(checkpoint: Checkpoint) -> dict[str, Any]:
    """For JSON: arrays as a dtype's name, a shape and their bytes in base 64. Nothing in there is ever unpickled."""
    return {
        "epoch": checkpoint.epoch,
        "updates": checkpoint.updates,
        "best_epoch": checkpoint.best_step,
        "best_loss": checkpoint.best_loss if math.isfinite(checkpoint.best_loss) else None,
        **{name: [_plain(array) for array in getattr(checkpoint, name)] for name in ARRAYS},
    }


ARRAYS = ("weights", "slots", "best_weights")


def from_plain(data: dict[str, Any]) -> Checkpoint:
    """What `plain` made. ValueError, KeyError or TypeError for anything else."""
    best = data["best_loss"]
    return Checkpoint(
        epoch=int(data["epoch"]),
        updates=int(data["updates"]),
        best_step=int(data["best_epoch"]),
        best_loss=math.inf if best is None else float(best),
        **{name: tuple(_array(each) for each in data[name]) for name in ARRAYS},
    )


def resumable(config: RunConfig, earlier: RunConfig, checkpoint: Checkpoint | None) -> Checkpoint:
    """Where a run of `config` can go on after one of `earlier`. UsageError where it cannot, with the reason."""
    if checkpoint is None:
        raise UsageError("training_no_checkpoint")
    for name in earlier.__dataclass_fields__:
        if name not in FREE and getattr(config, name) != getattr(earlier, name):
            new, old = getattr(config, name), getattr(earlier, name)
            raise UsageError("training_resume_differs", name=name.replace("_", " "), new=new, old=old)
    if config.task != "typed" and not _suits(config, checkpoint):
        raise UsageError("training_no_checkpoint")
    if config.steps <= checkpoint.epoch + 1:
        raise UsageError("training_resume_over", steps=config.steps, done=checkpoint.epoch + 1)
    return checkpoint


def _suits(config: RunConfig, checkpoint: Checkpoint) -> bool:
    """Whether the arrays have the shapes of this model's: a file can hold anything."""
    shapes = [array.shape for array in initial(config).arrays]
    kept = [array.shape for array in checkpoint.slots]
    slots = shapes * SLOTS[config.optimizer] if config.optimizer in SLOTS else kept  # those of Keras are its own
    return kept == slots and all(
        [array.shape for array in arrays] == shapes for arrays in (checkpoint.weights, checkpoint.best_weights)
    )


def _plain(array: np.ndarray) -> dict[str, Any]:
    name, shape, data = array_parts(array)
    return {"dtype": name, "shape": list(shape), "data": base64.b64encode(data).decode("ascii")}


def _array(form: dict[str, Any]) -> np.ndarray:
    return array_from(form["dtype"], form["shape"], base64.b64decode(form["data"], validate=True))
