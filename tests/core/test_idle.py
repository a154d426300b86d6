"""An accelerator that stands idle is pointed out; one that is used, or not there, is not."""

from __future__ import annotations

from explorer.adapters.base import Device, Probe
from explorer.capture.record import Source
from explorer.training.control import Control
from explorer.worker.answers import Answers
from explorer.worker.events import DiagnosticEvent, Event
from explorer.worker.idle import idle_accelerator
from explorer.worker.requests import CaptureRequest
from tests.ui.toy_adapter import ToyAdapter

CPU, GPU = Device("cpu", "cpu", "CPU"), Device("cuda:0", "cuda", "A GPU")


class WithGpu(ToyAdapter):
    """Reports a GPU that its programs do not run on."""

    def probe(self) -> Probe:
        return Probe("1", (CPU, GPU))


def test_the_first_accelerator_is_named() -> None:
    notice = idle_accelerator((CPU, GPU), "cpu:0")
    assert notice is not None
    assert (notice.severity, notice.params) == ("notice", {"name": "A GPU", "device": "cuda:0"})
    assert idle_accelerator((CPU, GPU), "cuda:0") is None
    assert idle_accelerator((CPU,), "cpu") is None


def test_every_capture_says_so_once() -> None:
    sent: list[Event] = []
    answers = Answers("jax", lambda: WithGpu("jax"), sent.append, Control)
    for number in (1, 2):
        answers.answer(CaptureRequest(Source("a*b", "jax", {"a": "2", "b": "3"})), number)
        said = [event.diagnostic.code for event in sent if isinstance(event, DiagnosticEvent)]
        assert said == ["idle_accelerator"] * number
