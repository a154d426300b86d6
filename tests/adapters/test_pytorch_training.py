"""PyTorch's trainer: the losses, the formula of Adam, and every control."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from explorer.adapters.base import load_adapter  # noqa: E402
from explorer.errors import UnavailableError, UsageError  # noqa: E402
from explorer.training.config import Initial, RunConfig, Schedule  # noqa: E402
from explorer.training.datasets import defaults  # noqa: E402
from explorer.training.models import initial as task_initial  # noqa: E402
from explorer.training.runs import train_once  # noqa: E402
from tests.adapters.training_common import (  # noqa: E402
    CASES,
    assert_agrees,
    assert_holds,
    assert_modes_agree,
    assert_resumes,
)

RATE = 0.05


def initial(seed=0):
    draw = np.random.default_rng(seed).standard_normal
    return Initial(
        draw((5, 1)), draw((5, 1)), draw((4, 1)), draw((4, 1)), ((draw((1, 2)), draw(2)), (draw((2, 1)), draw(1)))
    )


def trainer(start=None, **config):
    config = RunConfig(framework="pytorch", schedule=Schedule(initial=RATE), **config)
    return load_adapter("pytorch").trainer(config, start or initial())


def forward(weights, x):
    (w1, b1, w2, b2) = weights
    return np.tanh(x @ w1 + b1) @ w2 + b2


def loss(weights, x, y):
    return float(np.mean((forward(weights, x) - y) ** 2))


def gradients(weights, x, y):
    w1, b1, w2, b2 = weights
    hidden = np.tanh(x @ w1 + b1)
    error = 2 * (hidden @ w2 + b2 - y) / y.size
    back = error @ w2.T * (1 - hidden**2)
    return [x.T @ back, back.sum(0), hidden.T @ error, error.sum(0)]


def adam(weights, x, y, steps, rate=RATE):
    """Kingma and Ba, algorithm 1: beta 0.9 and 0.999, epsilon 1e-8 outside the root."""
    first, second = ([np.zeros_like(weight) for weight in weights] for _ in range(2))
    for step in range(1, steps + 1):
        for k, gradient in enumerate(gradients(weights, x, y)):
            first[k] = 0.9 * first[k] + 0.1 * gradient
            second[k] = 0.999 * second[k] + 0.001 * gradient**2
            mean, spread = first[k] / (1 - 0.9**step), second[k] / (1 - 0.999**step)
            weights[k] = weights[k] - rate * mean / (np.sqrt(spread) + 1e-8)
    return weights


def test_losses_are_those_before_the_update():
    start = initial()
    mine = trainer(start)
    train, validation = mine.step()
    assert train == pytest.approx(loss(start.arrays, start.x, start.y), rel=1e-13)
    assert validation == pytest.approx(loss(start.arrays, start.validation_x, start.validation_y), rel=1e-13)
    assert isinstance(train, float)
    weights = mine.weights()
    assert mine.losses() == pytest.approx(
        (loss(weights, start.x, start.y), loss(weights, start.validation_x, start.validation_y)), rel=1e-13
    )
    assert mine.losses() != (train, validation)
    assert all(np.array_equal(one, other) for one, other in zip(weights, mine.weights(), strict=True))


def test_the_update_is_adam_in_float64():
    start = initial()
    mine = trainer(start)
    for _ in range(200):
        mine.step()
    expected = adam([array.copy() for array in start.arrays], start.x, start.y, 200)
    for one, other in zip(mine.weights(), expected, strict=True):
        assert one.dtype == np.float64
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-11)


def test_a_linear_model_has_one_layer():
    start = dataclasses.replace(initial(), layers=((np.array([[2.0]]), np.array([1.0])),))
    mine = trainer(start)
    np.testing.assert_allclose(mine.predict(np.array([[0.0], [3.0]])), [[1.0], [7.0]])


def test_predict_gives_the_models_output():
    start = initial()
    grid = np.linspace(-2, 2, 7)[:, None]
    np.testing.assert_allclose(trainer(start).predict(grid), forward(start.arrays, grid), rtol=1e-13)


def test_a_new_rate_holds_from_the_next_step_on():
    mine = trainer()
    mine.set_learning_rate(0.0)
    before = mine.weights()
    mine.step()
    assert all(np.array_equal(one, other) for one, other in zip(before, mine.weights(), strict=True))
    mine.set_learning_rate(RATE)
    mine.step()
    assert not any(np.array_equal(one, other) for one, other in zip(before, mine.weights(), strict=True))


def test_weights_can_be_put_back_and_looking_changes_no_run():
    mine, undisturbed = trainer(), trainer()
    start = mine.weights()
    for _ in range(10):
        mine.step()
        undisturbed.step()
    now = mine.weights()
    mine.restore(start)
    assert mine.losses() == trainer().losses()
    mine.restore(now)
    assert [mine.step() for _ in range(5)] == [undisturbed.step() for _ in range(5)]


def test_weights_are_copies():
    mine = trainer()
    mine.weights()[0][:] = 0
    assert mine.weights()[0].any()
    start = initial()
    other = trainer(start)
    other.step()
    assert np.array_equal(start.layers[0][0], initial().layers[0][0])


def test_two_runs_from_one_start_are_equal_bit_by_bit():
    runs = [trainer() for _ in range(2)]
    assert [runs[0].step() for _ in range(20)] == [runs[1].step() for _ in range(20)]


def test_the_device_is_read_back_and_an_absent_one_refused():
    assert trainer().device == "cpu"
    with pytest.raises(UnavailableError, match="no device cuda:99"):
        trainer(device="cuda:99")


def test_an_unknown_optimizer_is_refused():
    with pytest.raises(UsageError, match="momentumless"):
        trainer(optimizer="momentumless")


@pytest.mark.parametrize("case", CASES)
def test_curves_are_those_of_the_formulas(case):
    assert_agrees("pytorch", case)


@pytest.mark.parametrize("optimizer", ["adam", "momentum"])
def test_a_resumed_run_goes_on_bit_for_bit(optimizer):
    assert_resumes("pytorch", optimizer=optimizer)


def test_every_mode_takes_the_same_steps():
    assert_modes_agree("pytorch", ("eager", "compiled"))


def test_without_a_compiler_the_compiled_mode_is_refused_in_one_sentence(monkeypatch):
    monkeypatch.setattr(torch._inductor.config.cpp, "cxx", (None, "/no/such/compiler"))
    monkeypatch.setattr(torch._inductor.config, "force_disable_caches", True)
    torch._dynamo.reset()
    with pytest.raises(UnavailableError) as error:
        trainer(mode="compiled")
    assert str(error.value).startswith("torch.compile does not work here: ")
    assert "\n" not in str(error.value)


@pytest.fixture(scope="module")
def wrong_labels():
    """By regulariser: runs from five seeds on digits a fifth of whose training labels are wrong."""
    plain = dataclasses.replace(
        defaults("digits"), framework="pytorch", points=400, label_noise=0.2, widths=(64,), steps=61
    )
    ways = {"none": {}, "l2": {"l2": 0.005}, "dropout": {"dropout": 0.5}, "early stopping": {"early_stopping": 5}}
    adapter = load_adapter("pytorch")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # twenty short runs: on a busy machine threads would wait for each other at every step
    try:
        return {
            name: [train_once(adapter, dataclasses.replace(plain, seed=seed, **fields)) for seed in range(5)]
            for name, fields in ways.items()
        }
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize("way", ["l2", "dropout", "early stopping"])
def test_each_regulariser_lowers_the_final_validation_loss_on_wrong_labels(wrong_labels, way):
    final = {name: np.mean([run.validation[-1] for run in runs]) for name, runs in wrong_labels.items()}
    assert final[way] < 0.95 * final["none"]


def test_early_stopping_leaves_the_weights_of_the_best_epoch(wrong_labels):
    for run in wrong_labels["early stopping"]:
        assert run.ending == "early"
        assert len(run.train) < 61
        assert run.best_step == len(run.train) - 1 - 5
        kept = load_adapter("pytorch").trainer(run.config, task_initial(run.config))
        kept.restore(list(run.checkpoint.best_weights))
        assert kept.losses()[1] == pytest.approx(run.validation[run.best_step], rel=1e-6)


def test_held_weights_stay_what_they_were():
    assert_holds("pytorch")
