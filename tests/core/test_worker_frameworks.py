"""One worker with each real framework: import, capture, new values, gradient, training."""

import importlib.util

import numpy as np
import pytest

from explorer.adapters import FRAMEWORKS, framework
from explorer.capture.record import Source
from explorer.training.config import RunConfig
from explorer.worker.client import Worker
from explorer.worker.events import ColumnEvent, GradientEvent, Loaded, Metrics, Ready, StageEvent, TrainDone
from explorer.worker.requests import CaptureRequest, EvaluateRequest, GradientRequest, Prepare, TrainRequest

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
    assert stages == [stage.key for stage in framework(key).stages]


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
