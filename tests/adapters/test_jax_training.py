"""Training in JAX: the published figures, the formulas of the paper, and a rate that changes without compiling."""

from __future__ import annotations

import numpy as np
import pytest

jax = pytest.importorskip("jax")

from explorer.adapters.base import load_adapter  # noqa: E402
from explorer.errors import UnavailableError, UsageError  # noqa: E402
from explorer.training.config import Initial, RunConfig, Schedule  # noqa: E402
from tests.adapters.training_common import (  # noqa: E402
    CASES,
    assert_agrees,
    assert_holds,
    assert_modes_agree,
    assert_resumes,
)

adapter = load_adapter("jax")

START = Initial(
    x=np.array([[-2.0], [-1.0], [0.0], [1.0], [2.0]]),
    y=np.array([[-2.17], [2.51], [6.49], [5.29], [3.12]]),
    validation_x=np.array([[-1.75], [-1.25], [-0.5], [0.5], [1.5]]),
    validation_y=np.array([[4.77], [1.12], [1.47], [0.94], [5.71]]),
    layers=(
        (np.array([[0.3, -0.8]]), np.array([0.1, 0.4])),
        (np.array([[1.2], [-0.7]]), np.array([0.2])),
    ),
)


def trainer(**config):
    return adapter.trainer(RunConfig(framework="jax", **config), START)


def numpy_losses(weights):
    w, b, v, c = weights

    def error(x, y):
        return float(np.mean((np.tanh(x @ w + b) @ v + c - y) ** 2))

    return error(START.x, START.y), error(START.validation_x, START.validation_y)


def numpy_gradients(weights):
    w, b, v, c = weights
    hidden = np.tanh(START.x @ w + b)
    outer = 2 * (hidden @ v + c - START.y) / len(START.x)
    inner = (outer @ v.T) * (1 - hidden**2)
    return [START.x.T @ inner, inner.sum(0), hidden.T @ outer, outer.sum(0)]


def numpy_adam(rates):
    """Losses before each update, and the weights after the last."""
    weights = [array.copy() for array in START.arrays]
    first, second = [0.0] * len(weights), [0.0] * len(weights)
    losses = []
    for count, rate in enumerate(rates, start=1):
        losses.append(numpy_losses(weights))
        for k, gradient in enumerate(numpy_gradients(weights)):
            first[k] = 0.9 * first[k] + 0.1 * gradient
            second[k] = 0.999 * second[k] + 0.001 * gradient**2
            move = first[k] / (1 - 0.9**count) / (np.sqrt(second[k] / (1 - 0.999**count)) + 1e-8)
            weights[k] = weights[k] - rate * move
    return losses, weights


def test_adam_takes_the_steps_of_the_paper_also_when_the_rate_changes():
    rates = [0.05] * 60 + [0.01] * 60
    expected, weights = numpy_adam(rates)
    model, seen = trainer(), []
    for rate in rates:
        model.set_learning_rate(rate)
        seen.append(model.step())
    np.testing.assert_allclose(seen, expected, rtol=1e-10)
    for ours, theirs in zip(model.weights(), weights, strict=True):
        assert ours.dtype == np.float64
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_the_published_run_overfits_as_published():
    from explorer.training.models import initial

    config = RunConfig(framework="jax")
    model = adapter.trainer(config, initial(config))
    losses = []
    for step in range(config.steps):
        model.set_learning_rate(config.schedule.at(step))
        losses.append(model.step())
    validation = [pair[1] for pair in losses]
    assert losses[-1][0] < 0.0005
    assert round(losses[-1][1], 2) == 19.99
    assert (int(np.argmin(validation)), round(min(validation), 2)) == (22, 8.02)


def test_a_changed_rate_compiles_nothing():
    model = trainer(schedule=Schedule(initial=0.1))
    for rate in (0.1, 0.01, 0.0, 1e-3):
        model.set_learning_rate(rate)
        model.step()
        model.losses()
    assert model._step._cache_size() == 1
    assert model._losses._cache_size() == 1


def test_a_rate_of_zero_holds_the_weights():
    model = trainer()
    model.set_learning_rate(0.0)
    before = model.weights()
    first = model.step()
    assert model.losses() == first
    assert all(np.array_equal(ours, theirs) for ours, theirs in zip(model.weights(), before, strict=True))


def test_losses_do_not_move_the_weights():
    model = trainer()
    np.testing.assert_allclose(model.losses(), numpy_losses(START.arrays), rtol=1e-12)
    assert model.losses() == model.losses() == model.step()


def test_restored_weights_give_their_losses_and_predictions():
    model = trainer()
    start = model.weights()
    before = model.losses(), model.predict(START.x)
    for _ in range(20):
        model.step()
    assert model.losses() != before[0]
    model.restore(start)
    assert model.losses() == before[0]
    np.testing.assert_array_equal(model.predict(START.x), before[1])
    assert model.predict(np.zeros((7, 1))).shape == (7, 1)


def test_weights_are_copies():
    model = trainer()
    model.weights()[0][:] = 100
    assert model.weights()[0].max() < 2


def test_single_precision_on_request_and_wide_numbers_only_inside():
    assert trainer(dtype="float32").weights()[0].dtype == np.float32
    assert trainer().weights()[0].dtype == np.float64
    assert jax.numpy.ones(1).dtype == np.float32


def test_the_device_is_read_back_and_an_absent_one_is_said():
    assert trainer().device == "cpu"
    with pytest.raises(UnavailableError, match="JAX has no device tpu here"):
        trainer(device="tpu")


@pytest.mark.parametrize("case", CASES)
def test_curves_are_those_of_the_formulas(case):
    assert_agrees("jax", case)


def test_a_resumed_run_goes_on_bit_for_bit():
    assert_resumes("jax")


def test_every_mode_takes_the_same_steps():
    assert_modes_agree("jax", ("compiled", "eager"))


def test_the_adam_of_keras_is_refused_with_where_it_is():
    with pytest.raises(UsageError, match="tensorflow only"):
        trainer(optimizer="keras-adam")


def test_held_weights_stay_what_they_were():
    assert_holds("jax")
