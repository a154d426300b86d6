"""What `backflow train` makes of its options, before any worker starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from explorer.cli import command_parser
from explorer.commands.train import Ask, read_options
from explorer.errors import UsageError
from explorer.training.config import RunConfig, Schedule
from explorer.training.datasets import defaults


def asked(*words: str) -> Ask:
    return read_options(command_parser().parse_args(["train", *words]))


def test_a_task_is_run_as_it_is_usually_run() -> None:
    assert asked("five-points", "--framework", "jax").config == RunConfig(framework="jax")
    assert asked("moons", "--framework", "jax").config == defaults("moons")
    assert asked("moons").config.framework == ""  # the first that is installed


def test_every_option_is_a_field_of_the_run() -> None:
    config = asked(
        "digits", "--framework", "tensorflow", "--model", "mlp", "--widths", "32,16", "--activation", "sigmoid",
        "--epochs", "9", "--seed", "3", "--loss", "bce", "--optimizer", "keras-adam", "--lr", "0.003", "--batch", "10",
        "--points", "90", "--noise", "0.1", "--label-noise", "0.2", "--train-share", "0.7", "--l2", "0.01",
        "--dropout", "0.4", "--early-stopping", "3", "--mode", "compiled",
    ).config  # fmt: skip
    assert config == RunConfig(
        task="digits", framework="tensorflow", model="mlp", widths=(32, 16), activation="sigmoid", steps=9, seed=3,
        loss="bce", optimizer="keras-adam", schedule=Schedule(0.003, 0.003, 0), batch=10, points=90, noise=0.1,
        label_noise=0.2, train_share=0.7, l2=0.01, dropout=0.4, early_stopping=3, mode="compiled", dtype="float32",
    )  # fmt: skip


def test_what_was_not_given_suits_what_was() -> None:
    assert asked("moons", "--model", "perceptron").config.loss == "perceptron"
    assert asked("moons", "--model", "perceptron", "--loss", "mse").config.loss == "mse"
    assert asked("moons", "--optimizer", "sgd").config.schedule == Schedule(0.1, 0.1, 0)
    assert asked("moons", "--optimizer", "sgd", "--lr", "0.3").config.schedule == Schedule(0.3, 0.3, 0)
    assert asked("five-points", "--optimizer", "adam").config.schedule == Schedule()


def test_an_expression_is_trained_with_its_inputs() -> None:
    ask = asked(
        "sum((w*x - y)**2)", "--input", "x=[1.0,2.0]", "--input", "y=[2.0,4.0]", "--parameters", "w", "--seed", "4"
    )
    assert ask.config.task == "typed"
    assert ask.config.parameters == ("w",)
    source = ask.request(ask.config).source
    assert dict(source.inputs) == {"w": "1.0", "x": "[1.0,2.0]", "y": "[2.0,4.0]"}
    assert (source.text, source.seed) == ("sum((w*x - y)**2)", 4)


def test_a_file_that_defines_a_model_goes_to_the_worker_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "model.py"
    file.write_text("import torch\nmodel = torch.nn.Linear(2, 1)\n")
    ask = asked(str(file), "--entry", "model", "--input", "x=ones(3, 2)", "--framework", "pytorch")
    source = ask.request(ask.config).source
    assert source.text.startswith("import torch")
    assert (source.entry, dict(source.inputs)) == ("model", {"x": "ones(3, 2)"})


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("six-points",), "five-points, moons, circles, spirals, xor, linear, digits, function"),
        (("typed",), "typed"),
        (("moons", "--function", "x"), "--function"),
        (("moons", "--model", "linear", "--dropout", "0.5"), "--dropout"),
        (("five-points", "--model", "mlp7", "--widths", "3"), "--widths"),
        (("five-points", "--noise", "0.5"), "--noise"),
        (("moons", "--input", "x=1"), "--input"),
        (("moons", "--entry", "x"), "--entry"),
        (("w*w", "--mode", "graph"), "--mode"),
        (("w*w", "--model", "mlp"), "mlp"),
        (("w*w", "--input", "v=1"), "v"),
        (("moons", "--widths", "3;4"), "3;4"),
        (("nothing.py",), "nothing.py"),
    ],
)  # fmt: skip
def test_an_option_that_would_do_nothing_is_refused(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError) as error:
        asked(*words)
    assert said in str(error.value)
