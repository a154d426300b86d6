"""Tasks, models and records: what a run starts from and what it leaves behind."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explorer.errors import UsageError
from explorer.training.config import Initial, RunConfig, Schedule
from explorer.training.models import grid, initial, least_squares_line
from explorer.training.record import RunRecord, from_json, read
from explorer.training.runs import train_once
from tests.core.training_trainer import NumpyTrainer


class NumpyAdapter:
    def trainer(self, config: RunConfig, start: Initial) -> NumpyTrainer:
        return NumpyTrainer(config, start)


def trained(**config: object) -> RunRecord:
    return train_once(NumpyAdapter(), RunConfig(**config))


def test_five_points_seven_parameters_overfit_as_in_the_lecture() -> None:
    record = trained(model="mlp7")
    assert len(record.train) == 6001
    assert record.train[-1] < 0.01
    assert 19.5 < record.validation[-1] < 20.5
    assert record.best_step == 22
    assert record.diagnosis.text() == (
        "Overfitting since step 22. Training error keeps falling (0.000), validation error rises (8.0 → 20.0): "
        "7 parameters pass through 5 points."
    )


def test_five_points_two_parameters_fit() -> None:
    record = trained(model="linear")
    assert abs(record.train[-1] - 5.31) < 0.02
    assert abs(record.validation[-1] - 5.10) < 0.02
    assert record.diagnosis.code == "training_fits"
    assert "5.31" in record.diagnosis.text()


def test_models_start_as_stated() -> None:
    linear, mlp = initial(RunConfig(model="linear")), initial(RunConfig(model="mlp7"))
    assert all(not array.any() for array in linear.arrays)
    assert [array.shape for array in mlp.arrays] == [(1, 2), (2,), (2, 1), (1,)]
    drawn = np.random.default_rng([1, 0]).standard_normal(7)
    assert np.array_equal(np.concatenate([array.ravel() for array in mlp.arrays]), drawn)
    other = initial(RunConfig(model="mlp7", seed=3))
    assert not np.array_equal(other.arrays[0], mlp.arrays[0])


@pytest.mark.parametrize(
    ("config", "names"),
    [
        (RunConfig(task="six-points"), ("six-points", "five-points")),
        (RunConfig(model="cnn"), ("cnn", "linear, mlp7")),
        (RunConfig(optimizer="lion"), ("lion", "adam")),
        (RunConfig(steps=0), ("0",)),
        (RunConfig(seed=-1), ("-1",)),
        (RunConfig(schedule=Schedule(float("nan"), 0.1)), ("nan",)),
    ],
)
def test_a_config_that_asks_for_the_impossible_is_refused_with_what_is_known(config: RunConfig, names: tuple) -> None:
    with pytest.raises(UsageError) as error:
        initial(config)
    assert all(name in str(error.value) for name in names)
    assert error.value.exit_code == 2


def test_the_grid_reaches_past_all_points() -> None:
    start = initial(RunConfig())
    x = grid(start)
    assert x.shape == (161, 1)
    assert x.min() < start.x.min()
    assert x.max() > start.x.max()


def test_the_straight_line_is_where_the_linear_model_ends() -> None:
    start = initial(RunConfig())
    slope, intercept = least_squares_line(start)
    assert float(np.mean((slope * start.x + intercept - start.y) ** 2)) == pytest.approx(5.31, abs=0.01)


def test_json_has_the_promised_keys_and_says_where_the_data_come_from() -> None:
    data = json.loads(trained(steps=50).to_json())
    assert set(data) >= {"config", "epochs", "best_epoch", "diagnosis", "steps_per_second", "device", "note"}
    assert data["epochs"][0].keys() == {"epoch", "train_loss", "validation_loss"}
    assert [row["epoch"] for row in data["epochs"]] == list(range(50))
    assert data["config"]["model"] == "mlp7"
    assert "selected" in data["note"]
    assert "6,000" in data["note"]


def test_json_gives_back_the_run_bit_for_bit() -> None:
    record = trained(steps=300, schedule=Schedule(0.1, 0.02, 100))
    again = from_json(record.to_json())
    assert again.config == record.config
    for name in ("train", "validation", "fit", "best_fit"):
        assert np.array_equal(getattr(again, name), getattr(record, name))
    assert again.diagnosis == record.diagnosis
    assert (again.best_step, again.device) == (record.best_step, record.device)


def test_a_loss_that_is_not_finite_is_null_in_json_and_nan_again() -> None:
    record = replace(trained(steps=3), train=np.array([1.0, np.inf, np.nan]))
    assert "NaN" not in record.to_json()
    assert np.isnan(from_json(record.to_json()).train[1:]).all()


def test_csv_gives_back_every_loss_bit_for_bit() -> None:
    record = trained(steps=100)
    header, *rows = record.to_csv().splitlines()
    assert header == "epoch,train_loss,validation_loss"
    table = np.array([[float(cell) for cell in row.split(",")] for row in rows])
    assert np.array_equal(table[:, 0], np.arange(100))
    assert np.array_equal(table[:, 1], record.train)
    assert np.array_equal(table[:, 2], record.validation)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"epochs": [{"epoch": 0}]}', '{"epochs": [], "config": {"a": 1}}'])
def test_a_file_that_is_no_record_is_refused_with_its_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "strange.json"
    file.write_text(text)
    with pytest.raises(UsageError, match=r"strange\.json"):
        read(file)


def test_a_missing_record_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.json"):
        read(tmp_path / "none.json")
