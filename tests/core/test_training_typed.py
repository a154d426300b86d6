"""A text that is trained: which of its numbers, towards what, by which steps."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest

from explorer.errors import ProgramError, UsageError
from explorer.training.config import RunConfig, Schedule
from explorer.training.control import Control
from explorer.training.history import planned_steps
from explorer.training.overfitting import diagnose
from explorer.training.record import RunBuilder
from explorer.training.runs import run
from explorer.training.typed import TextTrainer, trained_names
from explorer.training.views import View
from explorer.worker.events import TrainDone
from tests.core.training_trainer import Line


def config(**changes: object) -> RunConfig:
    rate = changes.pop("rate", 0.02)
    return RunConfig(task="typed", model="text", framework="jax", schedule=Schedule(rate, rate, 0), **changes)


def outcome(**changes: object) -> tuple[RunBuilder, TrainDone]:
    asked = config(**changes)
    builder = RunBuilder(asked, source="(w*x + b - y)**2")
    done = run(TextTrainer(Line(), asked), asked, None, builder.add, Control())
    return builder, done


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_the_parameters_go_where_the_loss_is_least(optimizer: str) -> None:
    builder, done = outcome(optimizer=optimizer, steps=4000)
    assert done.names == ("w", "b")
    np.testing.assert_allclose([float(array) for array in done.weights], [2.0, 1.0], atol=0.02)
    assert builder.train.values[0] == 9 + 25 + 49  # the sum of the output's entries
    assert builder.train.values[-1] < 1e-3
    assert np.isnan(builder.validation.values).all()
    assert done.best_step == int(np.argmin(builder.train.values))


def test_plain_descent_takes_the_gradient_times_the_rate() -> None:
    trainer = TextTrainer(Line(), config(optimizer="sgd", rate=0.01))
    trainer.step()
    np.testing.assert_allclose(trainer.weights(), [0.01 * 2 * (3 + 10 + 21), 0.01 * 2 * 15], rtol=1e-6)
    assert trainer.weights()[0].dtype == np.float32


def test_only_the_named_ones_are_trained() -> None:
    _, done = outcome(optimizer="adam", steps=50, parameters=("b",))
    assert done.names == ("b",)
    assert len(done.weights) == 1


def test_x_and_y_are_data_unless_there_is_nothing_else() -> None:
    assert trained_names(Line(), ()) == ("w", "b")
    alone = SimpleNamespace(inputs={"x": np.float32(3.0).reshape(())})
    assert trained_names(alone, ()) == ("x",)


def test_a_model_trains_its_own_parameters() -> None:
    model = Line(weight=np.zeros(2, np.float32))
    assert trained_names(model, ()) == ("weight",)
    assert trained_names(model, ("w",)) == ("w",)


def test_what_cannot_be_trained_is_said() -> None:
    with pytest.raises(UsageError, match="w, x, b, y"):
        TextTrainer(Line(), config(parameters=("n",)))
    with pytest.raises(UsageError, match="sgd, momentum, adam"):
        TextTrainer(Line(), config(optimizer="lion"))
    with pytest.raises(ProgramError, match="nothing to train"):
        trained_names(SimpleNamespace(inputs={"n": np.int32(2)}), ())
    flat = Line()
    flat.value_and_gradients = lambda inputs: (np.zeros(()), {"w": None, "b": None})
    with pytest.raises(ProgramError, match="w, b"):
        TextTrainer(flat, config())


def test_its_record_says_null_for_validation_and_what_was_trained() -> None:
    builder, _ = outcome(optimizer="adam", steps=40)
    record = builder.record()
    data = json.loads(record.to_json())
    assert data["epochs"][5]["validation_loss"] is None
    assert data["names"] == ["w", "b"]
    assert data["parameters"] == 2
    assert data["source"] == "(w*x + b - y)**2"
    assert "validation" in data["diagnosis"]
    assert record.diagnosis.code == "training_alone_improving"
    assert record.to_csv().splitlines()[1] == "0,83.0,"


def test_its_numbers_are_told_while_it_trains_and_at_every_kept_step() -> None:
    builder, done = outcome(optimizer="sgd", steps=40, rate=0.01)
    told = {each.name: each.value for each in builder.view.parameters}
    assert told == {name: float(array) for name, array in zip(done.names, done.weights, strict=True)}
    assert [fit.step for fit in done.history] == list(planned_steps(40))
    assert [each.value for each in done.history[0].parameters] == [0.0, 0.0]
    assert done.history[1].parameters[0].value == pytest.approx(0.01 * 2 * 34)


def test_what_a_program_was_given_stays_as_it_was() -> None:
    """A program may know an array again: the numbers in it must be those that it knows."""
    program, given = Line(), []
    plain = program.value_and_gradients
    program.value_and_gradients = lambda inputs: (given.append((inputs["w"], float(inputs["w"]))), plain(inputs))[1]
    trainer = TextTrainer(program, config(optimizer="sgd", rate=0.01))
    trainer.step()
    trainer.step()
    assert len({id(array) for array, _ in given}) == len(given) == 3
    assert all(float(array) == number for array, number in given)


def test_a_loss_that_falls_below_zero_is_still_improving() -> None:
    train = -(np.arange(100.0) ** 2) + 3
    found = diagnose(train, np.full(100, np.nan), parameters=1, points=0, spread=np.nan)
    assert found.code == "training_alone_improving"
    settled = diagnose(np.full(100, -7.0), np.full(100, np.nan), parameters=1, points=0, spread=np.nan)
    assert settled.code == "training_alone_settled"


def test_of_an_array_the_size_is_told() -> None:
    program = Line(W=np.array([[3.0, 0.0], [0.0, 4.0]], np.float32))
    program.value_and_gradients = lambda inputs: (np.float32(0.0), {"W": np.zeros((2, 2), np.float32)})
    (told,) = View(config(), None).look(TextTrainer(program, config()), 0).parameters
    assert (told.name, told.shape, told.value) == ("W", (2, 2), 5.0)


def test_it_can_be_resumed_bit_for_bit() -> None:
    whole, _ = outcome(optimizer="adam", steps=30)
    _, part = outcome(optimizer="adam", steps=10)
    asked = config(optimizer="adam", steps=30)
    rest = RunBuilder(asked)
    run(TextTrainer(Line(), asked), asked, None, rest.add, Control(), resume=part.checkpoint)
    assert np.array_equal(rest.train.values, whole.train.values[9:])
