"""Processes that die, cancelled work, faults of our own: one sentence each, and the next request works."""

from __future__ import annotations

import sys

import pytest
from pytestqt.qtbot import QtBot

from explorer.capture.record import Diagnostic
from explorer.worker.events import Died, Output
from tests.ui.story import Story
from widgets.application import report_faults

PRODUCT = "a * (a + b)"


def test_a_process_that_dies_is_one_sentence_and_the_next_capture_works(story: Story) -> None:
    story.open_text(PRODUCT)
    before = story.cards
    story.workers.dying.add("pytorch")
    story.editor.setPlainText("a * b")
    story.qtbot.waitUntil(lambda: bool(story.strip))
    assert "PyTorch" in story.strip or "pytorch" in story.strip
    assert "Traceback" not in story.strip
    assert story.cards == before
    assert story.document.is_stale
    assert not story.document.capturing.is_busy
    story.do("run")
    story.wait_for_picture()
    assert not story.document.problems


def test_an_idle_process_that_dies_is_said_too(story: Story) -> None:
    story.open_text(PRODUCT)
    story.workers.say("jax", Died(0, Diagnostic("error", "worker_killed", {"framework": "JAX"})))
    assert "JAX" in story.strip
    assert not story.document.is_stale


def test_the_layout_process_that_dies_is_said_and_the_next_one_draws(story: Story) -> None:
    story.open_text(PRODUCT)
    story.workers.dying.add("layout")
    story.do("direction")
    story.qtbot.waitUntil(lambda: bool(story.strip))
    assert not story.document.capturing.is_busy
    story.do("run")
    story.wait_for_picture()


def test_the_cross_closes_the_strip(story: Story) -> None:
    story.workers.say("jax", Died(0, Diagnostic("error", "worker_killed", {"framework": "JAX"})))
    story.click(story.window.strip.cross)
    assert story.strip == ""


def test_work_that_takes_long_offers_cancel_and_cancel_stops_it(story: Story) -> None:
    story.open_text(PRODUCT)
    story.workers.holds = True
    story.editor.setPlainText("a * b")
    cancel = story.window.graph.stages.cancel
    assert not cancel.isVisible()
    story.qtbot.waitUntil(cancel.isVisible)
    assert story.document.is_stale
    story.click(cancel)
    assert story.workers.cancelled
    story.qtbot.waitUntil(lambda: not story.document.capturing.is_busy)
    assert not cancel.isVisible()
    story.workers.holds = False
    story.do("run")
    story.wait_for_picture()


def test_what_a_program_prints_is_in_the_output(story: Story) -> None:
    story.workers.say("jax", Output("hello\n"))
    story.workers.say("jax", Output("again\n"))
    assert story.window.bottom.output.toPlainText() == "hello\nagain\n"


def test_printed_markup_stays_text(story: Story) -> None:
    story.workers.say("jax", Died(0, Diagnostic("error", "worker_killed", {"framework": "<h1>JAX</h1>"})))
    assert "<h1>" in story.strip
    assert story.window.strip.text.sizeHint().height() < 100


def test_a_fault_of_ours_is_said_and_the_window_stays(
    story: Story, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    report_faults(story.window)
    sys.excepthook(KeyError, KeyError("missing"), None)
    assert "KeyError" in story.strip
    assert "KeyError: 'missing'" in capsys.readouterr().err
    story.click(story.window.strip.action)
    from PySide6.QtWidgets import QApplication

    assert "KeyError: 'missing'" in QApplication.clipboard().text()
