"""Training in TensorFlow against the same formulas in NumPy."""

from __future__ import annotations

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

from explorer.adapters.base import load_adapter  # noqa: E402
from explorer.errors import UnavailableError  # noqa: E402
from explorer.training.config import Initial, RunConfig, Schedule  # noqa: E402
from tests.adapters.training_common import (  # noqa: E402
    CASES,
    assert_agrees,
    assert_holds,
    assert_modes_agree,
    assert_resumes,
)

adapter = load_adapter("tensorflow")
RATE = 0.05


def start():
    rng = np.random.default_rng(3)
    x, grid = np.linspace(-2, 2, 5)[:, None], np.linspace(-1.5, 1.5, 4)[:, None]
    layers = ((rng.normal(size=(1, 2)), rng.normal(size=2)), (rng.normal(size=(2, 1)), rng.normal(size=1)))
    return Initial(x, np.sin(x) * 3, grid, np.cos(grid), layers)


def trainer(**changes):
    return adapter.trainer(RunConfig(framework="tensorflow", schedule=Schedule(initial=RATE), **changes), start())


def numpy_losses_and_gradients(initial, weights):
    w, b, v, c = weights

    def model(x):
        return np.tanh(x @ w + b) @ v + c

    hidden = np.tanh(initial.x @ w + b)
    error = hidden @ v + c - initial.y
    back = 2 * error / len(error)
    inner = (back @ v.T) * (1 - hidden**2)
    gradients = [initial.x.T @ inner, inner.sum(0), hidden.T @ back, back.sum(0)]
    validation = np.mean((model(initial.validation_x) - initial.validation_y) ** 2)
    return (np.mean(error**2), validation), gradients


def numpy_adam(initial, steps):
    weights = [array.copy() for array in initial.arrays]
    first, second = ([np.zeros_like(array) for array in weights] for _ in range(2))
    losses = []
    for t in range(1, steps + 1):
        pair, gradients = numpy_losses_and_gradients(initial, weights)
        losses.append(pair)
        for k, gradient in enumerate(gradients):
            first[k] = 0.9 * first[k] + 0.1 * gradient
            second[k] = 0.999 * second[k] + 0.001 * gradient**2
            step = (first[k] / (1 - 0.9**t)) / (np.sqrt(second[k] / (1 - 0.999**t)) + 1e-8)
            weights[k] = weights[k] - RATE * step
    return losses, weights


def test_adam_takes_the_steps_of_the_paper():
    model, (losses, weights) = trainer(), numpy_adam(start(), 200)
    np.testing.assert_allclose([model.step() for _ in range(200)], losses, rtol=1e-9)
    for found, expected in zip(model.weights(), weights, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_plain_descent_steps_against_the_gradient():
    model, initial = trainer(optimizer="sgd"), start()
    losses, gradients = numpy_losses_and_gradients(initial, initial.arrays)
    np.testing.assert_allclose(model.step(), losses, rtol=1e-12)
    for found, array, gradient in zip(model.weights(), initial.arrays, gradients, strict=True):
        np.testing.assert_allclose(found, array - RATE * gradient, rtol=1e-12)


def test_losses_are_those_before_the_update():
    model = trainer()
    before = model.losses()
    assert model.step() == pytest.approx(before, rel=1e-12)
    assert model.losses() != before


def test_a_new_rate_counts_from_the_next_step_and_traces_nothing():
    model = trainer()
    model.step()
    model.set_learning_rate(0.0)
    held = model.weights()
    model.step()
    assert all(np.array_equal(a, b) for a, b in zip(held, model.weights(), strict=True))
    model.set_learning_rate(0.1)
    model.step()
    assert not np.array_equal(held[0], model.weights()[0])
    assert model.traces == 1


def test_restored_weights_give_their_losses_again():
    model = trainer()
    saved, losses = model.weights(), model.losses()
    for _ in range(3):
        model.step()
    model.restore(saved)
    assert model.losses() == losses
    assert all(np.array_equal(a, b) for a, b in zip(saved, model.weights(), strict=True))


def test_predictions_have_one_row_for_each_x():
    model, initial = trainer(), start()
    w, b, v, c = initial.arrays
    for rows in (5, 161):
        x = np.linspace(-3, 3, rows)[:, None]
        np.testing.assert_allclose(model.predict(x), np.tanh(x @ w + b) @ v + c, rtol=1e-12)


def test_the_device_is_real():
    assert trainer().device == "cpu"
    with pytest.raises(UnavailableError):
        trainer(device="gpu:99")


@pytest.mark.parametrize("case", CASES)
def test_curves_are_those_of_the_formulas(case):
    assert_agrees("tensorflow", case)


@pytest.mark.parametrize("optimizer", ["adam", "keras-adam"])
def test_a_resumed_run_goes_on_bit_for_bit(optimizer):
    assert_resumes("tensorflow", optimizer=optimizer)


def test_every_mode_takes_the_same_steps():
    assert_modes_agree("tensorflow", ("graph", "eager", "compiled"))


def test_the_adam_of_keras_takes_other_steps():
    ours, theirs = trainer(), trainer(optimizer="keras-adam")
    for _ in range(20):
        assert ours.step() == pytest.approx(theirs.step(), rel=1e-3)
    assert ours.losses() != pytest.approx(theirs.losses(), rel=1e-9)


@pytest.mark.parametrize("mode", ["graph", "eager", "compiled"])
def test_held_weights_stay_what_they_were(mode):
    assert_holds("tensorflow", mode)
