"""What training has to do alike in all three frameworks, each against the same formulas in NumPy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from explorer.adapters.base import load_adapter
from explorer.errors import UsageError
from explorer.training.choices import MODES
from explorer.training.config import RunConfig, Schedule
from explorer.training.datasets import defaults
from explorer.training.models import initial
from explorer.training.record import from_json
from explorer.training.runs import train_once
from tests.core.training_trainer import NumpyTrainer

# Together: every optimizer, loss, activation, model and regulariser; batches with a shorter last one, and whole ones.
CASES = {
    "sgd": ("moons", {"optimizer": "sgd", "batch": 0}),
    "momentum": ("digits", {"optimizer": "momentum", "batch": 64, "points": 300}),
    "adam": ("digits", {"optimizer": "adam", "batch": 64, "points": 300, "l2": 0.01, "dropout": 0.2}),
    "sigmoid": ("function", {"optimizer": "momentum", "activation": "sigmoid", "widths": (8,)}),
    "cross-entropy": ("xor", {"optimizer": "adam", "loss": "cross-entropy", "batch": 0, "dropout": 0.3}),
    "perceptron": ("linear", {"optimizer": "sgd", "model": "perceptron", "loss": "perceptron", "batch": 0, "l2": 0.1}),
    "perceptrons": ("digits", {"optimizer": "sgd", "model": "perceptron", "loss": "perceptron", "points": 100}),
    "several-bce": ("digits", {"optimizer": "momentum", "loss": "bce", "points": 100, "batch": 0}),
    "mse-of-classes": ("circles", {"optimizer": "adam", "loss": "mse"}),
}
RATES = {"sgd": 0.05, "momentum": 0.01, "adam": 0.01}
UPDATES = 300
# The goal is 1e-5 between two frameworks, 1e-4 for Adam: each may be half of that away from the reference.
AWAY = {"sgd": 5e-6, "momentum": 5e-6, "adam": 5e-5}


def config_of(framework: str, case: str, **changes: object) -> RunConfig:
    task, fields = CASES[case]
    rate = RATES[fields["optimizer"]]
    return replace(
        defaults(task), framework=framework, dtype="float32", schedule=Schedule(rate, rate, 0), **{**fields, **changes}
    )


def losses_of(trainer: object, updates: int = UPDATES) -> np.ndarray:
    """(epochs, 2 or 4), before the first and after every epoch, for at least so many updates."""
    epochs = -(-updates // trainer.updates_per_epoch)
    return np.array([trainer.step() for _ in range(epochs)] + [trainer.losses()])


def assert_agrees(framework: str, case: str) -> None:
    """300 updates in float32 stay on the curve of float64 in NumPy, and learn something."""
    config = config_of(framework, case)
    start = initial(config)
    mine = losses_of(load_adapter(framework).trainer(config, start))
    reference = losses_of(NumpyTrainer(config, start))
    assert mine.shape == reference.shape
    assert np.abs(mine[:, :2] - reference[:, :2]).max() < AWAY[config.optimizer]
    assert mine[-1, 0] < mine[0, 0]
    if start.classes:
        one_point = 1.0 / min(len(start.x), len(start.validation_x))
        assert np.abs(mine[:, 2:] - reference[:, 2:]).max() <= 1.01 * one_point  # one on the very boundary may differ


def assert_holds(framework: str, mode: str = "") -> None:
    """Held weights stay what they were while the run goes on; what they give can be seen without putting them back."""
    config = config_of(framework, "adam", points=60, mode=mode)
    start = initial(config)
    trainer = load_adapter(framework).trainer(config, start)
    trainer.step()
    held, before, output = trainer.hold(), trainer.weights(), trainer.predict(start.x)
    for _ in range(3):
        trainer.step()
    for one, other in zip(trainer.arrays(held), before, strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(trainer.weights()[0], before[0])
    np.testing.assert_allclose(trainer.predict(start.x, held), output, atol=1e-6)
    assert not np.allclose(trainer.predict(start.x), output, atol=1e-4)


def assert_resumes(framework: str, **changes: object) -> None:
    """A run that was stopped, written and read again goes on bit for bit like one that was never stopped."""
    adapter = load_adapter(framework)
    whole = config_of(framework, "adam", steps=9, points=100, **changes)
    uninterrupted = train_once(adapter, whole)
    part = from_json(train_once(adapter, replace(whole, steps=5)).to_json())
    resumed = train_once(adapter, whole, resume=part)
    for name in ("train", "validation", "train_accuracy", "validation_accuracy"):
        np.testing.assert_array_equal(getattr(resumed, name), getattr(uninterrupted, name))
    for one, other in zip(resumed.checkpoint.weights, uninterrupted.checkpoint.weights, strict=True):
        np.testing.assert_array_equal(one, other)
    assert resumed.best_step == uninterrupted.best_step
    assert not np.array_equal(part.checkpoint.weights[0], uninterrupted.checkpoint.weights[0])


def assert_modes_agree(framework: str, modes: tuple[str, ...]) -> None:
    """Every mode takes the same steps; an unknown one is refused with what there is."""
    adapter = load_adapter(framework)
    config = config_of(framework, "cross-entropy", points=60)
    expected = losses_of(NumpyTrainer(config, initial(config)), 4)
    for mode in modes:
        chosen = replace(config, mode=mode)
        np.testing.assert_allclose(losses_of(adapter.trainer(chosen, initial(chosen)), 4), expected, atol=2e-6)
    with pytest.raises(UsageError) as error:
        adapter.trainer(replace(config, mode="turbo"), initial(config))
    assert all(key in str(error.value) for key in MODES[framework])
    assert "turbo" in str(error.value)
