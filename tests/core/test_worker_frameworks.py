"""One worker with each real framework: import, capture, new values, gradient, training."""

import importlib.util
from dataclasses import replace

import numpy as np
import pytest

from explorer.adapters import FRAMEWORKS, framework
from explorer.capture.record import Source
from explorer.training.config import RunConfig, Schedule
from explorer.training.datasets import defaults
from explorer.worker.client import Worker
from explorer.worker.events import ColumnEvent, GradientEvent, Loaded, Metrics, Ready, StageEvent, TrainDone
from explorer.worker.requests import (
    CaptureRequest,
    EvaluateRequest,
    GradientRequest,
    Prepare,
    StagesRequest,
    TrainRequest,
)

pytestmark = pytest.mark.real_worker


@pytest.fixture(scope="module", params=[entry.key for entry in FRAMEWORKS])
def real(request):
    if importlib.util.find_spec(framework(request.param).package) is None:
        pytest.skip(f"{request.param} is not installed")
    with Worker(request.param) as worker:
        (ready,) = [event for event in worker.ask(Prepare()) if isinstance(event, Ready)]
        assert ready.devices
        yield request.param, worker


def source(key):
    return Source("a*(a+b)", key, {"a": "2.0", "b": "3.0"})


def test_every_stage_is_captured(real):
    key, worker = real
    events = worker.ask(CaptureRequest(source(key)))
    stages = [event.stage.key for event in events if isinstance(event, StageEvent)]
    device = next(event.device for event in events if isinstance(event, Loaded))
    assert device.lower().startswith("cpu")
    assert stages == [stage.key for stage in framework(key).stages if stage.on]
    others = tuple(stage.key for stage in framework(key).stages if not stage.on)
    more = worker.ask(StagesRequest(others))
    assert tuple(event.stage.key for event in more if isinstance(event, StageEvent)) == others


def test_new_values_are_evaluated_without_a_new_capture(real):
    key, worker = real
    worker.ask(CaptureRequest(source(key)))
    events = worker.ask(EvaluateRequest({"a": "5.0"}))
    columns = {
        (event.column.stage, event.column.key): event.column for event in events if isinstance(event, ColumnEvent)
    }
    cells = columns[framework(key).first.key, "cotangent"].cells
    assert any(np.allclose(cell, 13.0) for cell in cells.values())  # 2a + b


def test_the_gradient_agrees_with_finite_differences(real):
    key, worker = real
    (event,) = [e for e in worker.ask(GradientRequest(source(key), check=True)) if isinstance(e, GradientEvent)]
    assert float(event.gradients["a"]) == 7.0
    assert float(event.differences["a"]) == pytest.approx(7.0, rel=1e-6)


def test_a_run_streams_every_loss(real):
    key, worker = real
    events = worker.ask(TrainRequest(RunConfig(framework=key, steps=301)))
    steps = np.concatenate([event.steps for event in events if isinstance(event, Metrics)])
    assert steps.tolist() == list(range(301))
    assert any(isinstance(event, TrainDone) for event in events)


def test_a_text_is_trained_by_the_frameworks_own_gradient(real):
    key, worker = real
    text = Source("sum((w*x + b - y)**2)", key, {"w": "0.0", "b": "0.0", "x": "[1.0,2.0,3.0]", "y": "[3.0,5.0,7.0]"})
    config = replace(defaults("typed"), framework=key, optimizer="sgd", schedule=Schedule(0.02, 0.02, 0), steps=500)
    events = worker.ask(TrainRequest(config, source=text))
    train = np.concatenate([event.train for event in events if isinstance(event, Metrics)])
    assert train[0] == 9 + 25 + 49
    (done,) = [event for event in events if isinstance(event, TrainDone)]
    assert done.names == ("w", "b")
    np.testing.assert_allclose([float(array) for array in done.weights], [2.0, 1.0], atol=1e-3)
    assert done.weights[0].dtype == np.float32


def test_a_run_of_classes_streams_accuracies_and_a_picture(real):
    key, worker = real
    config = replace(defaults("moons"), framework=key, steps=31, batch=0, points=60)
    events = worker.ask(TrainRequest(config))
    last = [event for event in events if isinstance(event, Metrics)][-1]
    assert last.view.picture.shape == (64, 64)
    assert 0 <= last.view.picture.min() < 0.5 < last.view.picture.max() <= 1
    (done,) = [event for event in events if isinstance(event, TrainDone)]
    assert done.history[0].step == 0
    assert done.checkpoint.epoch == 30
