"""Models on the command line: stages, gradients of parameters checked, a value from outside, entries, training."""

from __future__ import annotations

import json

import pytest

from explorer.adapters import framework
from tests.commands.test_command_line import backflow

MODELS = {
    "pytorch": ("samples/models/02-mlp.py", "loss", "function", ("model.hidden.weight", "x")),
    "tensorflow": ("samples/models/08-keras-subclass.py", "model", "model", ("head/kernel", "x")),
    "jax": ("samples/models/10-jax-mlp.py", "loss_and_gradients", "value_and_grad", ("params['hidden']['w']", "x")),
}


@pytest.mark.parametrize("key", MODELS)
def test_stages_of_a_model(key):
    path, name, _, _ = MODELS[key]
    done = backflow("stages", path, "--json")
    assert done.returncode == 0, done.stderr
    (program,) = json.loads(done.stdout)["programs"]
    assert (program["framework"], program["name"]) == (key, name)
    assert program["line"] > 1
    assert [stage["key"] for stage in program["stages"]] == [stage.key for stage in framework(key).stages]
    assert all("nodes" in stage for stage in program["stages"]), program["stages"]


@pytest.mark.parametrize("key", MODELS)
def test_gradients_of_parameters_and_inputs_agree_with_finite_differences(key):
    path, _, _, names = MODELS[key]
    done = backflow("grad", path, "--check", "--json")
    assert done.returncode == 0, done.stderr
    (result,) = json.loads(done.stdout)["results"]
    for name in names:
        found = [full for full in result["gradients"] if full.endswith(name)]
        assert found, (name, list(result["gradients"]))
        assert result["check"][found[0]]["relative_error"] < 1e-3


def test_a_model_for_another_framework_and_an_unknown_entry_are_said():
    done = backflow("capture", MODELS["pytorch"][0], "--framework", "jax", "--stage", "jaxpr")
    assert (done.returncode, "written for PyTorch" in done.stderr) == (1, True), done.stderr
    done = backflow("stages", MODELS["pytorch"][0], "--entry", "nobody")
    assert done.returncode == 2
    assert "model, loss" in done.stderr


def test_a_model_trains_and_a_value_from_outside_takes_the_place_of_the_texts_own():
    done = backflow("train", MODELS["pytorch"][0], "--framework", "pytorch", "--epochs", "40", "--lr", "0.5", "--json")
    assert done.returncode == 0, done.stderr
    losses = [epoch["train_loss"] for epoch in json.loads(done.stdout)["epochs"]]
    assert losses[-1] < 0.8 * losses[0]
    done = backflow("grad", MODELS["pytorch"][0], "--entry", "model", "--input", "x=normal(5, 2)", "--json")
    (result,) = json.loads(done.stdout)["results"]
    assert len(result["gradients"]["x"]) == 5
