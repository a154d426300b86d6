"""The window with real frameworks in real processes, without a display."""

from __future__ import annotations

import importlib.util

import pytest
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.adapters import FRAMEWORKS
from explorer.worker.events import Ready
from widgets.main_window import MainWindow

WAIT = 120_000  # milliseconds: a framework's first import from a cold disk
PACKAGES = {entry.key: entry.package for entry in FRAMEWORKS}

pytestmark = pytest.mark.real_worker


@pytest.mark.timeout(300)
def test_an_expression_is_typed_and_seen_in_every_framework(qtbot: QtBot, real_window: MainWindow) -> None:
    window, document = real_window, real_window.document
    installed = [entry for entry in FRAMEWORKS if importlib.util.find_spec(PACKAGES[entry.key])]
    if not installed:
        pytest.skip("no framework is installed")
    document.choose_framework(installed[0].key)
    QTest.keyClicks(window.source.editor, "a*(a+b)")
    for entry in installed:
        document.choose_framework(entry.key)
        qtbot.waitUntil(lambda key=entry.key: _is_whole(window, key), timeout=WAIT)
        assert isinstance(document.capturing.readiness[entry.key], Ready)
        assert not [found for found in document.problems if found.severity == "error"]
        document.session.set_inputs({"a": "2.0", "b": "3.0"})
        qtbot.waitUntil(lambda: window.result.value.text().startswith("10.0"), timeout=WAIT)
        qtbot.waitUntil(lambda: _gradients(window) == {"a": "∂/∂a = 7.0", "b": "∂/∂b = 2.0"}, timeout=WAIT)
        for stage in entry.stages:
            document.show_stage(stage.key)
            qtbot.waitUntil(lambda key=stage.key: document.stage == key, timeout=WAIT)
            scene = window.graph.canvas.index.scene  # where a fusion stands open, what it holds is there instead
            assert all(scene.card_of(node.id) >= 0 for node in document.shown.stages[stage.key].graph.nodes)
            assert window.bottom.text.toPlainText().strip()
        document.session.set_inputs({"a": "1.0", "b": "1.0"})


def _gradients(window: MainWindow) -> dict[str, str]:
    return {name: made.text() for name, made in window.result.gradients.items()}


def _is_whole(window: MainWindow, key: str) -> bool:
    document = window.document
    shown = document.shown
    if shown is None or shown.source.framework != key or document.capturing.is_busy or document.is_stale:
        return False
    stages = FRAMEWORKS[[entry.key for entry in FRAMEWORKS].index(key)].stages
    on = {stage.key for stage in stages if stage.on}
    return on <= shown.columns.keys() and "cotangent" in shown.columns[shown.first]
