"""The rules that judge a run, on curves made for each."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.training.overfitting import Diagnosis, averaged, diagnose
from tests.core.training_curves import CODES, OVERFITS, VERDICTS

STEPS = np.arange(1000)
FALLING = 8.0 * np.exp(-STEPS / 50)


def judged(train: np.ndarray, validation: np.ndarray, *, spread: float = 9.0) -> Diagnosis:
    return diagnose(train, validation, parameters=7, points=5, spread=spread)


def test_overfits_since_the_best_step_when_validation_rises_while_training_falls() -> None:
    validation = np.where(STEPS < 100, 10.0 - STEPS / 20, 5.0 + (STEPS - 100) / 90)
    found = judged(FALLING, validation)
    assert found.code == "training_overfits_exactly"
    assert found.since == 100
    assert found.overfits
    assert "Overfitting since step 100" in found.text()
    assert "(5.0 → 15.0)" in found.text()
    assert "7 parameters pass through 5 points" in found.text()


def test_without_reaching_the_points_it_says_follow() -> None:
    validation = np.where(STEPS < 100, 10.0 - STEPS / 20, 5.0 + (STEPS - 100) / 90)
    found = judged(2.0 + FALLING, validation)
    assert found.code == "training_overfits"
    assert found.since == 100


def test_a_rise_of_less_than_a_tenth_is_not_overfitting() -> None:
    validation = np.where(STEPS < 100, 10.0 - STEPS / 20, 5.0 + 0.4 * (STEPS - 100) / 900)
    assert not judged(FALLING, validation).overfits


def test_a_rise_that_has_only_begun_is_not_overfitting_yet() -> None:
    validation = np.where(STEPS < 950, 10.0 - STEPS / 200, 5.25 + (STEPS - 950) / 10)
    assert not judged(FALLING, validation).overfits


def test_a_rise_while_training_gets_worse_too_is_not_overfitting() -> None:
    both = np.where(STEPS < 100, 10.0 - STEPS / 20, 5.0 + (STEPS - 100) / 200)
    assert not judged(both, both).overfits


def test_fits_when_both_have_settled_close_together() -> None:
    found = judged(1.0 + FALLING, 1.2 + FALLING)
    assert found.code == "training_fits"
    assert "1.20" in found.text()


def test_settled_far_apart_is_a_gap() -> None:
    assert judged(1.0 + FALLING, 4.0 + FALLING).code == "training_gap"


def test_underfits_when_no_better_than_a_constant() -> None:
    found = judged(np.full(1000, 8.9), np.full(1000, 9.3))
    assert found.code == "training_underfits"
    assert "99%" in found.text()


def test_improving_while_both_still_fall() -> None:
    assert judged(9.0 - STEPS / 200, 10.0 - STEPS / 200).code == "training_improving"


def test_turning_when_only_training_still_falls() -> None:
    validation = np.where(STEPS < 500, 10.0 - STEPS / 100, 5.1)
    assert judged(9.0 - STEPS / 200, validation).code == "training_turning"


@pytest.mark.parametrize("last", [np.nan, np.inf, 1e6])
def test_diverges_when_the_training_loss_blows_up(last: float) -> None:
    train = FALLING.copy()
    train[-1] = last
    found = judged(train, train)
    assert found.code == "training_diverges"
    assert "smaller" not in found.text()
    assert found.text().startswith("Diverges.")


def test_noisy_when_validation_jumps_from_step_to_step() -> None:
    jumps = np.where(STEPS % 2, 2.0, 9.0)
    assert judged(1.0 + FALLING, jumps).code == "training_noisy"


def test_nothing_is_said_too_early() -> None:
    assert judged(FALLING[:10], FALLING[:10]).code == "training_early"
    assert judged(FALLING[:0], FALLING[:0]).code == "training_early"


def test_a_validation_that_is_never_finite_is_no_crash() -> None:
    assert judged(1.0 + FALLING, np.full(1000, np.nan)).text()


def test_there_are_thirty_curves():
    assert len(VERDICTS) == 30
    assert set(VERDICTS.values()) == {"underfits", "fits", "overfits", "diverges", "too noisy to say"}


@pytest.mark.parametrize("make", VERDICTS, ids=lambda make: make.__name__)
def test_each_of_thirty_curves_gets_its_verdict(make) -> None:
    train, validation, spread = make()
    found = diagnose(train, validation, parameters=50, points=20, spread=spread)
    assert CODES.get(found.code, found.code) == VERDICTS[make]
    assert found.text()
    if make in OVERFITS:
        earliest, latest = OVERFITS[make]
        assert earliest <= found.since <= latest
        assert f"since step {found.since}." in found.text()
    else:
        assert found.since is None


def test_the_verdict_does_not_depend_on_the_unit_of_the_loss() -> None:
    for make, verdict in VERDICTS.items():
        train, validation, spread = make()
        found = diagnose(100 * train, 100 * validation, parameters=50, points=20, spread=100 * spread)
        assert CODES[found.code] == verdict


def test_without_validation_points_nothing_is_said_about_overfitting() -> None:
    nothing = np.full(1000, np.nan)
    assert judged(1.0 + FALLING, nothing).code == "training_alone_settled"
    assert judged(9.0 - STEPS / 200, nothing).code == "training_alone_improving"
    assert judged(np.exp(STEPS / 50), nothing).code == "training_diverges"


@pytest.mark.parametrize("count", [20, 21, 63, 400])
def test_averaging_is_the_mean_of_the_neighbours(count: int) -> None:
    curve = 1 + 0.3 * np.random.default_rng(count).standard_normal(count)
    calm, jitter = averaged(curve)
    half = int(0.05 * count)
    expected = [np.mean(curve[max(0, k - half) : k + half + 1]) for k in range(count)]
    np.testing.assert_allclose(calm, expected)
    assert jitter == pytest.approx(0.3 / np.sqrt(2 * half + 1), rel=0.6)
    smooth = np.exp(-np.arange(count) / 10) + 1
    assert averaged(smooth)[0] is smooth
