"""Whether the shown gradients are right: asked for by a click, forgotten as soon as something changes."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.capture.record import Diagnostic
from explorer.worker.events import Done, Failed, GradientEvent
from explorer.worker.requests import GradientRequest
from tests.ui.story import WAIT, Story
from widgets.checking import DIFFERENCES

PRODUCT, NUMBERS = "a * (a + b)", {"a": "2.0", "b": "3.0"}
RIGHT = {"a": np.array(7.0, np.float32), "b": np.array(2.0, np.float32)}


@pytest.fixture
def asked(story: Story) -> dict[str, int]:
    """The product with its check asked for, nothing answered yet: the request's number by framework."""
    story.open_text(PRODUCT, NUMBERS)
    story.workers.holds = True
    story.click(story.window.checks.ask)
    return {
        key: number
        for number, (key, request) in enumerate(story.workers.sent, 1)
        if isinstance(request, GradientRequest)
    }


def answer(story: Story, asked: dict[str, int], key: str, gradients: dict, differences: dict | None = None) -> None:
    story.workers.say(key, GradientEvent(asked[key], key, np.array(10.0), gradients, differences or {}))
    story.workers.say(key, Done(asked[key], 0.0))


def test_every_framework_is_asked_and_the_shown_one_for_finite_differences(story: Story, asked: dict[str, int]) -> None:
    requests = {request.source.framework: request for request in story.workers.requests(GradientRequest)}
    assert requests.keys() == {"pytorch", "tensorflow", "jax"}
    assert [key for key, request in requests.items() if request.check] == ["pytorch"]
    assert all(dict(request.source.inputs) == NUMBERS for request in requests.values())


def test_what_agrees_and_what_does_not_is_told_line_by_line(story: Story, asked: dict[str, int]) -> None:
    answer(story, asked, "pytorch", RIGHT, {"a": np.array(7.0 + 1e-6), "b": np.array(2.0)})
    answer(story, asked, "tensorflow", RIGHT)
    assert "checking …" in story.texts(story.window.checks)
    answer(story, asked, "jax", {**RIGHT, "b": np.array(3.0, np.float32)})
    verdicts = {verdict.against: verdict.agrees for verdict in story.window.checks._checking.verdicts}
    assert verdicts == {DIFFERENCES: True, "tensorflow": True, "jax": False}
    expected = {"CHECKED", "finite differences", "TensorFlow", "JAX", "equal"}
    story.qtbot.waitUntil(lambda: expected <= {*story.texts(story.window.checks)}, timeout=WAIT)
    assert "checking …" not in story.texts(story.window.checks)


def test_a_framework_that_is_not_there_is_no_disagreement(story: Story, asked: dict[str, int]) -> None:
    answer(story, asked, "pytorch", RIGHT)
    answer(story, asked, "tensorflow", RIGHT)
    absent = Diagnostic("error", "framework_absent", {"framework": "JAX", "extra": "jax"})
    story.workers.say("jax", Failed(asked["jax"], absent))
    verdict = next(verdict for verdict in story.window.checks._checking.verdicts if verdict.against == "jax")
    assert verdict.gap is None
    assert "JAX" in verdict.why
    story.qtbot.waitUntil(lambda: "not there" in story.texts(story.window.checks), timeout=WAIT)


def test_another_value_makes_the_check_worth_nothing(story: Story, asked: dict[str, int]) -> None:
    story.document.set_input("a", "4.0")
    answer(story, asked, "pytorch", RIGHT)
    assert not story.window.checks._checking.verdicts
    assert not story.window.checks._checking.is_running
