"""What a run keeps besides its losses: the best weights, those of steps that lie back, and all it needs to go on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explorer.errors import UsageError
from explorer.training.config import Initial, RunConfig, Schedule
from explorer.training.datasets import DIGITS_SHOWN, defaults
from explorer.training.history import MOST_KEPT, History, planned_steps
from explorer.training.models import initial
from explorer.training.record import RunBuilder, RunRecord, from_json
from explorer.training.runs import train_once
from explorer.training.views import confidence
from explorer.worker.events import FitEvent, Metrics
from tests.core.test_training_runs import Client
from tests.core.training_trainer import NumpyTrainer, ScriptedTrainer


class NumpyAdapter:
    def trainer(self, config: RunConfig, start: Initial) -> NumpyTrainer:
        return NumpyTrainer(config, start)


def trained(task: str, resume: RunRecord | None = None, **changes: object) -> RunRecord:
    return train_once(NumpyAdapter(), replace(defaults(task), **changes), resume=resume)


def test_early_stopping_ends_after_its_patience_with_the_best_weights() -> None:
    validation = [9.0, 5.0, 4.0, 6.0, 6.5, 7.0, 7.5, 8.0, 1.0]
    client = Client()
    client.start(ScriptedTrainer(validation), RunConfig(steps=9, early_stopping=3))
    done = client.finish()
    assert (done.ending, done.steps, done.best_step) == ("early", 6, 2)
    assert done.weights[0] == done.best_weights[0] == 2
    assert client.metrics[-1].view.step == 2


def test_without_patience_the_run_goes_to_its_end() -> None:
    client = Client()
    client.start(ScriptedTrainer([9.0, 5.0, 4.0, 6.0, 6.5, 7.0]), RunConfig(steps=6))
    done = client.finish()
    assert (done.ending, done.steps, done.weights[0]) == ("steps", 6, 5)


def test_patience_begins_again_at_every_new_best() -> None:
    validation = [9.0, 10.0, 8.0, 10.0, 7.0, 10.0, 6.0, 10.0, 10.0, 10.0]
    client = Client()
    client.start(ScriptedTrainer(validation), RunConfig(steps=10, early_stopping=2))
    done = client.finish()
    assert (done.ending, done.steps, done.best_step) == ("early", 9, 6)


def test_the_end_says_why() -> None:
    stopped = Client()
    stopped.start(ScriptedTrainer([1.0]), RunConfig(steps=10**7), paused=True)
    stopped.say("stop")
    assert stopped.finish().ending == "stop"

    class Blown(ScriptedTrainer):
        def losses(self) -> tuple[float, float]:
            return float("inf"), 1.0

    blown = Client()
    blown.start(Blown([1.0]), RunConfig(steps=10))
    done = blown.finish()
    assert (done.ending, done.checkpoint) == ("diverged", None)


def test_steps_are_kept_evenly_and_by_factors_within_bounds() -> None:
    for count in (1, 2, 10, 64, 301, 6001, 10**7):
        steps = planned_steps(count)
        assert len(steps) <= MOST_KEPT
        assert (steps[0], steps[-1]) == (0, count - 1)
        assert set(range(min(count, 3))) <= set(steps)
    steps = planned_steps(6001)
    assert max(np.diff(steps)) <= 200
    large = [np.zeros(1 << 20)]  # 8 MiB
    history = History(6001, large)
    assert len(history._planned) <= 8


def test_a_finished_run_has_the_fits_of_the_steps_that_were_kept() -> None:
    client = Client()
    client.start(ScriptedTrainer([1.0]), RunConfig(steps=200))
    done = client.finish()
    assert [fit.step for fit in done.history] == list(planned_steps(200))
    assert all((fit.curve[:, 1] == fit.step).all() for fit in done.history)


def test_any_step_of_a_run_can_be_shown_while_it_goes_on() -> None:
    config = replace(defaults("moons"), steps=10**6, framework="")
    trainer, client = NumpyTrainer(config, initial(config)), Client()
    client.start(trainer, config)
    client.wait(lambda: client.last_step > 40)
    client.say("pause")
    client.wait(lambda: client.metrics[-1].state == "paused" and not client.control.attention)
    weights = trainer.weights()
    client.say("show", 5)
    client.wait(lambda: any(isinstance(event, FitEvent) for event in client.events))
    (answer,) = [event for event in client.events if isinstance(event, FitEvent)]
    assert abs(answer.fit.step - 5) <= 2
    assert answer.fit.picture.shape == (64, 64)
    assert all(np.array_equal(old, new) for old, new in zip(weights, trainer.weights(), strict=True))
    again = NumpyTrainer(config, initial(config))
    for _ in range(answer.fit.step):
        again.step()
    logits = again.predict(np.array([[0.5, 0.25]]))
    nearest = answer.fit.picture[_cell(config, 0.5, 0.25)]
    assert nearest == pytest.approx(1 / (1 + np.exp(-logits[0, 0])), abs=0.05)
    client.say("stop")
    client.finish()


def _cell(config: RunConfig, x: float, y: float) -> tuple[int, int]:
    from explorer.training.datasets import box

    left, right, bottom, top = box(initial(config))
    return int(64 * (y - bottom) / (top - bottom)), int(64 * (x - left) / (right - left))


def test_accuracies_and_guesses_come_with_the_losses() -> None:
    config = replace(defaults("digits"), points=120, steps=8, framework="")
    client = Client()
    client.start(NumpyTrainer(config, initial(config)), config)
    done = client.finish()
    right = client.curve("validation_accuracy")
    assert right.shape == client.curve("validation").shape == (8,)
    assert right[-1] > right[0]
    view = client.metrics[-1].view
    assert view.predicted.shape == view.confidence.shape == (DIGITS_SHOWN,)
    assert view.predicted.dtype == np.int64
    assert 0.1 <= view.confidence.min() <= view.confidence.max() <= 1
    start = initial(config)
    share = np.mean(view.predicted == start.validation_labels[:DIGITS_SHOWN])
    assert share == pytest.approx(right[-1], abs=0.2)
    assert done.best_view.predicted.shape == (DIGITS_SHOWN,)
    assert view.confusion.sum() == len(start.validation_labels)
    assert np.trace(view.confusion) / view.confusion.sum() == pytest.approx(right[-1])
    assert np.array_equal(view.confusion.sum(axis=1), np.bincount(start.validation_labels, minlength=10))
    assert done.names == ("W1", "b1", "W2", "b2")


def test_a_perceptron_has_a_margin_where_others_have_a_probability() -> None:
    output = np.array([[0.5, 2.0, -1.0], [4.0, 0.0, 3.0]])
    assert confidence(output, "perceptron") == pytest.approx([1.5, 1.0])
    assert confidence(output, "cross-entropy") == pytest.approx([0.7856, 0.7214], abs=1e-3)
    assert confidence(output, "bce") == pytest.approx([1 / (1 + np.exp(-2)), 1 / (1 + np.exp(-4))])


def test_pictures_come_ten_times_a_second_at_most() -> None:
    config = replace(defaults("moons"), steps=10**7, framework="")
    client = Client()
    client.start(NumpyTrainer(config, initial(config)), config, frames_per_second=1000.0)
    client.wait(lambda: len(client.metrics) >= 4)
    import time

    began, before = time.perf_counter(), len(client.metrics)
    client.wait(lambda: len(client.metrics) >= before + 3)
    assert time.perf_counter() - began > 0.19
    client.say("stop")
    client.finish()


@pytest.mark.parametrize(("task", "changes"), [
    ("digits", {"points": 100, "dropout": 0.3, "l2": 0.01}),
    ("moons", {"points": 60, "optimizer": "momentum"}),
    ("function", {}),
])  # fmt: skip
def test_a_resumed_run_is_the_run_that_was_never_stopped(task: str, changes: dict) -> None:
    whole = trained(task, steps=30, **changes)
    part = from_json(trained(task, steps=11, **changes).to_json())
    assert len(part.train) == 11
    resumed = trained(task, part, steps=30, **changes)
    for name in ("train", "validation", "train_accuracy", "validation_accuracy", "fit"):
        assert np.array_equal(getattr(resumed, name), getattr(whole, name))
    assert resumed.best_step == whole.best_step
    for name in ("weights", "slots", "best_weights"):
        for one, other in zip(getattr(resumed.checkpoint, name), getattr(whole.checkpoint, name), strict=True):
            assert np.array_equal(one, other)


def test_a_run_that_stopped_early_can_go_on_with_more_patience() -> None:
    options = {"points": 60, "train_share": 0.3, "label_noise": 0.3, "schedule": Schedule(0.05, 0.05, 0)}
    whole = trained("moons", steps=60, **options)
    part = trained("moons", steps=60, early_stopping=5, **options)
    assert part.ending == "early"
    resumed = trained("moons", part, steps=60, **options)
    assert np.array_equal(resumed.train, whole.train)
    assert resumed.best_step == whole.best_step


def test_a_run_of_another_kind_cannot_be_resumed() -> None:
    part = trained("moons", steps=5)
    with pytest.raises(UsageError, match="the noise was"):
        trained("moons", part, steps=9, noise=0.5)
    with pytest.raises(UsageError, match="5 steps already"):
        trained("moons", part, steps=5)
    torn = replace(part.checkpoint, weights=part.checkpoint.weights[:2])
    for checkpoint in (None, torn, replace(part.checkpoint, slots=())):
        with pytest.raises(UsageError, match="cannot be resumed"):
            trained("moons", replace(part, checkpoint=checkpoint), steps=9)


def test_a_record_of_classes_has_accuracies_a_picture_and_its_checkpoint(tmp_path: Path) -> None:
    record = trained("xor", steps=6)
    data = json.loads(record.to_json())
    assert data["epochs"][3].keys() == {
        "epoch",
        "train_loss",
        "validation_loss",
        "train_accuracy",
        "validation_accuracy",
    }
    assert data["parameters"] == 2 * 16 + 16 + 16 * 16 + 16 + 16 + 1
    assert "seed 0" in data["note"]
    again = from_json(record.to_json())
    assert again.config == record.config
    assert np.array_equal(again.train_accuracy, record.train_accuracy)
    np.testing.assert_allclose(again.view.picture, record.view.picture, atol=1e-4)
    assert record.to_csv().splitlines()[0] == "epoch,train_loss,validation_loss,train_accuracy,validation_accuracy"


def test_a_record_of_the_first_release_is_still_read() -> None:
    old = {
        "config": {
            "task": "five-points", "model": "mlp7", "framework": "jax", "steps": 3,
            "schedule": {"initial": 0.05, "later": 0.01, "since": 3000}, "optimizer": "adam", "dtype": "float64",
            "device": "cpu", "seed": 0,
        },
        "best_epoch": 1, "diagnosis": "", "steps_per_second": 1.0, "device": "cpu", "parameters": 7, "note": "",
        "epochs": [{"epoch": k, "train_loss": 1.0, "validation_loss": 2.0} for k in range(3)],
        "fit": [], "best_fit": [],
    }  # fmt: skip
    record = from_json(json.dumps(old))
    assert record.config == RunConfig(steps=3)
    assert record.checkpoint is None


def test_a_builder_knows_the_newest_view_whole() -> None:
    config = RunConfig(steps=5)
    client = Client()
    client.start(NumpyTrainer(config, initial(config)), config)
    client.finish()
    builder = RunBuilder(config)
    for event in client.events:
        builder.add(event)
    assert np.array_equal(builder.view.curve, client.metrics[-1].fit)
    assert builder.view.step == 4
    assert all(event.view.curve.size == 0 for event in client.events if isinstance(event, Metrics))
