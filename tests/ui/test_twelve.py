"""The twelve sample models, pasted into the window, with real workers: groups open, two layers of the backward pass are
stepped through, every stage is shown."""

from __future__ import annotations

import importlib.util

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.adapters import FRAMEWORKS, Framework, framework
from explorer.capture.module_text import frameworks_of
from widgets.main_window import MainWindow
from widgets.samples import Sample, models

WAIT = 60_000  # milliseconds
MOST_BOXES = 60

pytestmark = pytest.mark.real_worker


@pytest.mark.timeout(400)
@pytest.mark.parametrize("entry", FRAMEWORKS, ids=lambda entry: entry.key)
def test_each_model_is_pasted_opened_and_played(qtbot: QtBot, real_window: MainWindow, entry: Framework) -> None:
    if importlib.util.find_spec(entry.package) is None:
        pytest.skip(f"{entry.title} is not installed")
    mine = [sample for sample in models() if frameworks_of(sample.text) == (entry.key,)]
    assert len(mine) >= 3
    for sample in mine:
        visit = Visit(qtbot, real_window, sample)
        visit.paste()
        visit.starts_small()
        visit.open_everything()
        visit.step_back_through_two_layers()
        visit.see_every_stage()


class Visit:
    """What a person does with one model."""

    def __init__(self, qtbot: QtBot, window: MainWindow, sample: Sample) -> None:
        self.qtbot, self.window, self.sample = qtbot, window, sample
        self.document, self.canvas = window.document, window.graph.canvas

    def wait(self, there) -> None:
        self.qtbot.waitUntil(there, timeout=WAIT)

    def paste(self) -> None:
        """Ctrl+A, Ctrl+V: the picture follows, with all its numbers, and nothing is wrong."""
        QGuiApplication.clipboard().setText(self.sample.text)
        self.window.source.editor.setFocus()
        QTest.keyClick(self.window.source.editor, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClick(self.window.source.editor, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
        self.wait(self.is_whole)
        wrong = [found.text for found in self.document.problems if found.severity == "error"]
        assert not wrong, (self.sample.title, wrong)

    def is_whole(self) -> bool:
        shown = self.document.shown
        if shown is None or shown.source.text != self.sample.text or self.document.is_stale:
            return False
        key = shown.source.framework
        on = {stage.key for stage in framework(key).stages if stage.on}
        there = {key for key in on if "value" in shown.columns.get(key, {}) or shown.trouble(key)}
        return there == on and not self.document.capturing.is_busy

    def scene(self):
        assert self.canvas.index is not None
        return self.canvas.index.scene

    def is_shown(self, stage: str) -> bool:
        return self.scene().stage == stage and not self.document.capturing.is_busy

    def starts_small(self) -> None:
        assert 0 < len(self.scene().nodes) <= MOST_BOXES
        assert self.window.inputs.rows, self.sample.title

    def open_everything(self) -> None:
        """Every node of the graph has a card of its own, and frames stand around those of one scope."""
        had_groups = bool(self.scene().outline.ids)
        self.window.actions_by_name["groups_open"].trigger()
        self.wait(lambda: not (self.scene().inside > 0).any() and not self.document.capturing.is_busy)
        assert bool(self.scene().frames.ids) == had_groups

    def step_back_through_two_layers(self) -> None:
        """Right, until cotangents have come to values of two groups, or of two operations where there are no groups."""
        playback = self.document.playback
        assert playback is not None
        graph = self.document.shown.stages[self.document.stage].graph
        if not playback.adjoint_step:
            return
        self.document.seek(playback.forward)
        self.window.graph.player.setFocus()
        reached: dict[tuple[str, ...], None] = {}
        while len(reached) < 2 and self.document.state().index < playback.total:
            QTest.keyClick(self.window.graph.player, Qt.Key.Key_Right)
            state = self.document.state()
            assert state.phase == "backward"
            node = graph.node_by_id[state.node]
            reached.setdefault(node.scope or (node.id,))
            assert self.scene().card_of(state.node) >= 0
        assert len(reached) == 2, self.sample.title

    def see_every_stage(self) -> None:
        for stage in framework(self.document.shown.source.framework).stages:
            self.document.show_stage(stage.key)
            self.wait(lambda key=stage.key: self.is_shown(key) or self.document.shown.trouble(key))
            why = self.document.shown.trouble(stage.key)
            assert why is None, (self.sample.title, stage.key, why)
            self.window.actions_by_name["groups_automatic"].trigger()
            self.wait(lambda key=stage.key: self.is_shown(key) and len(self.scene().nodes) <= MOST_BOXES)
            assert self.window.bottom.text.toPlainText().strip()
