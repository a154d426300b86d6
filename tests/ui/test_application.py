"""Starting: the first frame, fonts, language, the command line of the pictures."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtGui import QFontInfo
from PySide6.QtWidgets import QApplication

from explorer.worker.requests import CaptureRequest, Prepare
from tests.ui.story import Story
from widgets import shots
from widgets.application import fit_to_screen, install_language
from widgets.theme import Theme

FIRST_FRAME = """
import sys
from widgets import application

class Watched(application.FirstFrame):
    def __init__(self, window):
        super().__init__(window)
        self.painted.connect(self.look)

    def look(self):
        print(sorted({name.partition(".")[0] for name in sys.modules} & set(sys.argv[1:])))

application.FirstFrame = Watched
print(application.run("a * (a + b)", None, quit_after_first_frame=True))
"""
SLOW = ("pyqtgraph", "networkx", "scipy", "pygments", "torch", "tensorflow", "jax")


def test_the_first_frame_comes_without_anything_slow(folder: Path) -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "BACKFLOW_DATA": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", FIRST_FRAME, *SLOW],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=True,
    )
    assert done.stdout.split() == ["[]", "0"]


def test_shipped_fonts_are_used(qapp: QApplication) -> None:
    theme = Theme.load("light")
    assert QFontInfo(theme.font("sans")).family() == "Inter"
    assert QFontInfo(theme.font("mono")).family() == "JetBrains Mono"


def test_processes_start_once_the_window_shows_and_nothing_is_captured(story: Story) -> None:
    story.qtbot.waitUntil(lambda: len(story.workers.requests(Prepare)) == 2)
    assert {key for key, _ in story.workers.sent} == {"pytorch", "layout"}
    assert not story.workers.requests(CaptureRequest)


def test_a_framework_under_the_pointer_is_started_ahead_of_the_click(story: Story) -> None:
    story.window.header.frameworks["jax"].setFocus()
    story.qtbot.waitUntil(lambda: ("jax", Prepare()) in story.workers.sent)


def test_a_language_without_translation_stays_english(qapp: QApplication, tmp_path: Path) -> None:
    assert not install_language(qapp, QLocale("xx"), tmp_path)
    assert not install_language(qapp, QLocale("en"), tmp_path)


def test_pictures_have_names_by_scene_theme_and_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = shots.parser().parse_args([str(tmp_path), "--size", "1920x1080", "800x600", "--theme", "dark"])
    assert (options.size, options.theme) == ([(1920, 1080), (800, 600)], ["dark"])
    assert shots.parser().parse_args(["out"]).size == [(1024, 768), (1440, 900), (1920, 1080)]
    with pytest.raises(SystemExit):
        shots.parser().parse_args(["out", "--size", "large"])


def test_the_window_is_no_larger_than_the_screen_it_opens_on(story: Story) -> None:
    window, screen = story.window, story.window.screen().availableSize()
    window.resize(screen.width() + 500, screen.height() + 500)
    fit_to_screen(window)
    assert window.width() == max(screen.width(), window.minimumWidth())
    assert window.height() < screen.height()
    small = window.minimumSize()
    window.resize(small)
    fit_to_screen(window)
    assert window.size() == small, "a window that fits keeps its size"
