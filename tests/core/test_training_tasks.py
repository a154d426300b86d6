"""The data sets, the models made for them, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from explorer.capture.expression import parse
from explorer.capture.functions import FUNCTIONS
from explorer.errors import ExplorerError, ProgramError, UsageError
from explorer.training import choices
from explorer.training.batches import Batches
from explorer.training.config import RunConfig, Schedule
from explorer.training.datasets import TASKS, box, defaults, digits, exact_curve, usual_loss
from explorer.training.models import MODELS, facts, initial, title, weight_names
from explorer.training.own_function import evaluate, functions
from explorer.training.views import class_shares, plane_points
from tests.core.training_trainer import NumpyTrainer

PLANE = [key for key, task in TASKS.items() if task.kind == "plane"]
LAYERED = [key for key in TASKS if key != "typed"]


def of(task: str, **changes: object) -> RunConfig:
    return replace(defaults(task), **changes)


@pytest.mark.parametrize("task", LAYERED)
def test_every_task_can_be_trained_with_each_of_its_models_and_losses(task: str) -> None:
    for model in TASKS[task].models:
        for loss in TASKS[task].losses:
            config = of(task, model=model, loss=loss)
            start = initial(config)
            assert start.layers[0][0].shape[0] == start.x.shape[1]
            assert start.layers[-1][0].shape[1] == start.y.shape[1]
            assert len(weight_names(start)) == len(start.arrays)
            assert np.isfinite(start.x).all()
            assert title(config)
            assert facts(config).points == len(start.x)


@pytest.mark.parametrize("task", PLANE)
def test_points_in_the_plane_are_those_of_their_seed(task: str) -> None:
    start, again, other = initial(of(task)), initial(of(task, seed=0)), initial(of(task, seed=1))
    assert start.x.shape == (150, 2)
    assert start.validation_x.shape == (150, 2)
    assert np.array_equal(start.x, again.x)
    assert not np.array_equal(start.x, other.x)
    everything = np.concatenate([start.labels, start.validation_labels])
    assert 145 <= everything.sum() <= 155
    left, right, bottom, top = box(start)
    assert left < start.x[:, 0].min() <= start.x[:, 0].max() < right
    assert bottom < start.validation_x[:, 1].min() <= start.validation_x[:, 1].max() < top


def test_without_noise_the_shapes_are_exact() -> None:
    circles = initial(of("circles", noise=0.0))
    radius = np.hypot(*circles.x.T)
    np.testing.assert_allclose(radius, np.where(circles.labels == 0, 1.0, 0.5))
    xor = initial(of("xor", noise=0.0))
    assert np.array_equal(xor.x[:, 0] * xor.x[:, 1] < 0, xor.labels == 1)
    linear = initial(of("linear", noise=0.0))
    assert np.array_equal(linear.x.sum(axis=1) > 0, linear.labels == 1)
    moons = initial(of("moons", noise=0.0))
    centre = np.where(moons.labels[:, None] == 0, [0.0, 0.0], [1.0, 0.5])
    np.testing.assert_allclose(np.hypot(*(moons.x - centre).T), 1.0)
    spirals = initial(of("spirals", noise=0.0, points=2000))
    radius, angle = np.hypot(*spirals.x.T), np.arctan2(spirals.x[:, 1], spirals.x[:, 0])
    turned = 3 * np.pi * (radius - 0.1) / 1.1 + np.pi * spirals.labels
    np.testing.assert_allclose(np.cos(turned - angle), 1.0, atol=1e-9)


def test_noise_points_and_share_are_what_they_say() -> None:
    still, blurred = initial(of("xor", noise=0.0)), initial(of("xor", noise=0.5))
    assert np.array_equal(still.labels, blurred.labels)
    assert np.std(blurred.x - still.x) == pytest.approx(0.5, abs=0.08)
    start = initial(of("moons", points=50, train_share=0.2))
    assert (len(start.x), len(start.validation_x)) == (10, 40)


def test_label_noise_makes_that_share_of_training_labels_wrong_and_no_other() -> None:
    clean, noisy = initial(of("digits")), initial(of("digits", label_noise=0.2))
    assert noisy.flipped.sum() == 100
    assert np.array_equal(noisy.labels != clean.labels, noisy.flipped)
    assert np.array_equal(noisy.validation_labels, clean.validation_labels)
    assert np.array_equal(noisy.x, clean.x)
    two = initial(of("moons", label_noise=0.1))
    assert set(two.labels.tolist()) == {0, 1}
    assert two.flipped.sum() == 15


def test_the_digits_are_the_published_ones() -> None:
    images, labels = digits()
    assert images.shape == (1797, 8, 8)
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert images[0, 0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0]  # the first line of the published file
    assert images.max() == 16
    start = initial(of("digits", points=1797))
    assert start.x.max() == 1.0
    with pytest.raises(UsageError, match="1797 digits"):
        initial(of("digits", points=1798))


def test_targets_are_what_the_loss_wants() -> None:
    labels = initial(of("moons")).labels
    assert np.array_equal(initial(of("moons", loss="bce")).y[:, 0], labels)
    assert np.array_equal(initial(of("moons", loss="mse")).y[:, 0], 2 * labels - 1)
    assert np.array_equal(initial(of("moons", loss="cross-entropy")).y, np.eye(2)[labels])


def test_the_spread_is_the_loss_of_the_best_constant() -> None:
    assert facts(of("moons", loss="cross-entropy")).spread == pytest.approx(np.log(2), abs=1e-3)
    assert facts(of("moons", loss="bce")).spread == pytest.approx(np.log(2), abs=1e-3)
    assert facts(of("digits")).spread == pytest.approx(np.log(10), abs=0.02)
    assert facts(RunConfig()).spread == pytest.approx(float(np.var(initial(RunConfig()).y)))
    assert np.isnan(facts(of("xor", model="perceptron", loss="perceptron")).spread)


def test_a_typed_function_is_learned_from_its_own_values() -> None:
    config = of("function", function="3*x**2 - 1", noise=0.0, points=30)
    start = initial(config)
    np.testing.assert_allclose(start.y, 3 * start.x**2 - 1)
    assert len(start.x) == 15
    curve = exact_curve(config)
    np.testing.assert_allclose(curve[:, 1], 3 * curve[:, 0] ** 2 - 1)
    noisy = initial(replace(config, noise=0.3, points=2000))
    assert np.std(noisy.y - (3 * noisy.x**2 - 1)) == pytest.approx(0.3, abs=0.05)
    assert exact_curve(of("moons")).size == 0


def test_every_elementwise_function_has_a_value_and_the_others_are_refused() -> None:
    x = np.linspace(0.1, 0.9, 5)
    elementwise = {entry.name for entry in FUNCTIONS if entry.category == "elementwise"}
    assert set(functions()) == elementwise
    extra = {"minimum": ", 0.5", "maximum": ", 0.5", "clip": ", 0.2, 0.8", "pow": ", 2", "atan2": ", 2"}
    for name in elementwise:
        text = "where(x > 0.5, x, 1)" if name == "where" else f"{name}(x{extra.get(name, '')})"
        assert np.isfinite(evaluate(text, x)).all(), text
    np.testing.assert_allclose(evaluate("clip(x, low=0.2, high=0.8)", x), np.clip(x, 0.2, 0.8))
    np.testing.assert_allclose(evaluate("s = sin(3*x)\ns*s", x), np.sin(3 * x) ** 2)
    np.testing.assert_allclose(evaluate("gelu(t)", np.array([1.0])), 0.8413447460685429)
    with pytest.raises(UsageError, match=r"softmax\(x\)"):
        evaluate("softmax(x)", x)


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("a*b", UsageError, "a, b"),
        ("2 + 3", UsageError, "none"),
        ("__import__('os').system('true')", ProgramError, ""),
        ("x.real", ProgramError, "x.real"),
        ("open(x)", ProgramError, "open"),
        ("log(x)", UsageError, "no finite value"),
        ("9**9**9**9*x", UsageError, "no finite value"),
        ("", ProgramError, "nothing"),
    ],
)
def test_what_is_no_function_of_one_variable_is_refused(
    text: str, error: type[ExplorerError], words: str | None
) -> None:
    if text == "1/x":
        assert np.isinf(evaluate(text, np.zeros(1))).all()
        return
    with pytest.raises(error) as raised:
        initial(of("function", function=text))
    assert words in str(raised.value)


def test_nothing_of_a_function_is_executed() -> None:
    """What the evaluator can reach is its own table: the names of an expression that parses are never looked up."""
    expression = parse("x + abs(x)")
    assert expression.names == ("x",)
    with pytest.raises(ProgramError):
        evaluate("(lambda: x)()", np.zeros(1))


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (of("moons", points=1), "1"),
        (of("moons", train_share=1.0), "train share"),
        (of("moons", noise=-1.0), "noise"),
        (of("moons", label_noise=1.0), "label noise"),
        (of("moons", dropout=-0.1), "dropout"),
        (of("moons", l2=float("inf")), "l2"),
        (of("moons", batch=-1), "-1"),
        (of("moons", early_stopping=-1), "-1"),
        (of("moons", widths=()), "Widths"),
        (of("moons", widths=(0,)), "0"),
        (of("moons", activation="swish"), "tanh, relu, sigmoid"),
        (of("moons", loss="hinge"), "bce, cross-entropy, mse, perceptron"),
        (of("moons", optimizer="lion"), "sgd, momentum, adam"),
        (of("moons", optimizer="keras-adam"), "tensorflow"),
        (of("moons", mode="graph"), "compiled, eager"),
        (of("moons", model="mlp7"), "mlp, linear, perceptron"),
        (of("five-points", model="perceptron"), "mlp7, linear, mlp"),
        (of("five-points", loss="bce"), "mse"),
        (RunConfig(task="typed"), "text"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_impossible_is_refused_with_what_is_known(config: RunConfig, words: str) -> None:
    with pytest.raises(UsageError) as error:
        initial(config)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_tables_have_titles_and_meanings() -> None:
    tables = [choices.OPTIMIZERS, choices.LOSSES, choices.ACTIVATIONS, *choices.MODES.values(), MODELS, TASKS]
    for table in tables:
        assert all(entry.key == key and entry.title for key, entry in table.items())
    assert choices.mode("", "tensorflow").key == "graph"


def test_every_point_is_used_once_in_an_epoch_and_epochs_differ() -> None:
    config = of("moons", batch=32)
    batches = Batches(config, initial(config))
    assert (batches.per_epoch, batches.whole) == (5, False)
    first, second = (list(batches.epoch(number)) for number in (0, 1))
    assert [len(batch.index) for batch in first] == [32, 32, 32, 32, 22]
    for epoch in (first, second):
        assert sorted(np.concatenate([batch.index for batch in epoch]).tolist()) == list(range(150))
    assert not np.array_equal(first[0].index, second[0].index)
    assert np.array_equal(first[3].index, list(Batches(config, initial(config)).epoch(0))[3].index)


def test_dropout_leaves_out_that_share_and_keeps_the_mean() -> None:
    config = of("moons", batch=0, dropout=0.25, widths=(64, 32))
    batches = Batches(config, initial(config))
    assert not batches.whole
    (batch,) = batches.epoch(3)
    assert [mask.shape for mask in batch.masks] == [(150, 64), (150, 32)]
    assert all(mask.dtype == np.float32 for mask in batch.masks)
    assert np.unique(batch.masks[0]).tolist() == pytest.approx([0.0, 1 / 0.75])
    assert np.mean(batch.masks[0] == 0) == pytest.approx(0.25, abs=0.02)


def test_a_picture_goes_from_below_and_shares_are_probabilities() -> None:
    start = initial(of("moons"))
    points = plane_points(start).reshape(64, 64, 2)
    left, right, bottom, top = box(start)
    assert (points[0, :, 1] == points[0, 0, 1]).all()
    assert bottom < points[0, 0, 1] < points[-1, 0, 1] < top
    assert left < points[0, 0, 0] < points[0, -1, 0] < right
    np.testing.assert_allclose(class_shares(np.array([[0.0]]), "bce"), [[0.5, 0.5]])
    np.testing.assert_allclose(class_shares(np.array([[-1.0], [3.0]]), "mse"), [[1.0, 0.0], [0.0, 1.0]])
    np.testing.assert_allclose(class_shares(np.log([[1.0, 3.0]]), "cross-entropy"), [[0.25, 0.75]])
    np.testing.assert_allclose(class_shares(np.array([[-0.1], [0.1]]), "perceptron"), [[1, 0], [0, 1]])


def test_a_perceptron_learns_by_its_own_criterion() -> None:
    assert usual_loss("moons", "perceptron") == "perceptron"
    assert usual_loss("moons", "mlp") == "bce"
    assert usual_loss("digits", "linear") == "cross-entropy"
    assert usual_loss("five-points", "linear") == "mse"
    start = initial(of("linear", model="perceptron", loss="perceptron", optimizer="sgd", batch=1))
    config = of("linear", model="perceptron", loss="perceptron", optimizer="sgd", batch=1, schedule=Schedule(1, 1, 0))
    trainer = NumpyTrainer(config, start)
    weights, bias = (array.copy() for array in start.arrays)
    for row in np.concatenate([batch.index for batch in Batches(config, start).epoch(0)]):
        if (
            start.y[row, 0] * (start.x[row] @ weights + bias)[0] < 0
        ):  # Rosenblatt: add a point that is on the wrong side
            weights += start.y[row, 0] * start.x[row][:, None]
            bias += start.y[row]
    trainer.step()
    np.testing.assert_allclose(trainer.weights()[0], weights)
    np.testing.assert_allclose(trainer.weights()[1], bias)
