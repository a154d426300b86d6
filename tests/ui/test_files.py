"""Sessions on disk, recent files, dropped files, what a crash leaves behind."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from pytestqt.qtbot import QtBot

from explorer.capture.inputs import DEFAULT_VALUE
from explorer.session import State
from explorer.session_files import Autosave, save
from tests.ui.story import Story
from tests.ui.toy_workers import ToyWorkers
from widgets.main_window import MainWindow
from widgets.theme import Themes

PRODUCT = "a * (a + b)"
NUMBERS = {"a": "2.0", "b": "3.0"}


def test_a_saved_session_comes_back_with_everything_in_its_place(story: Story, tmp_path: Path) -> None:
    story.open_text(PRODUCT, NUMBERS, framework="jax")
    story.show_stage("gradient")
    story.document.select("add")
    story.document.seek(3)
    path = tmp_path / "lecture.backflow"
    assert story.window.files.save(path)
    story.do("new")
    assert story.editor.toPlainText() == ""
    assert story.window.files.open(path)
    story.wait_for_picture()
    assert story.editor.toPlainText() == PRODUCT
    assert story.document.stage == "gradient"
    assert story.canvas.selected_nodes() == ("add",)
    state = story.document.state()
    assert state is not None
    assert state.index == 3
    assert story.window.inputs.rows["b"].field.text() == "3.0"


def test_a_session_is_plain_json(story: Story, tmp_path: Path) -> None:
    story.open_text(PRODUCT, NUMBERS)
    story.window.files.save(tmp_path / "one")
    written = json.loads((tmp_path / "one.backflow").read_text("utf-8"))
    assert (written["format"], written["version"], written["text"]) == ("backflow-session", 1, PRODUCT)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "not a Backflow session"),
        ('{"format": "backflow-session", "version": 99}', "version 99"),
        ('{"format": "backflow-session", "version": 1, "ranges": {"a": [1]}}', "ranges"),
        ('{"format": "backflow-session", "version": 1, "framework": "theano"}', "framework"),
    ],
)
def test_a_damaged_session_is_one_sentence_and_the_document_stays(
    story: Story, tmp_path: Path, content: str, words: str
) -> None:
    story.open_text(PRODUCT, NUMBERS)
    path = tmp_path / "broken.backflow"
    path.write_text(content, "utf-8")
    assert not story.window.files.open(path)
    assert words in story.strip
    assert "Traceback" not in story.strip
    assert story.editor.toPlainText() == PRODUCT


def test_a_file_that_is_gone_or_no_text_is_one_sentence(story: Story, tmp_path: Path) -> None:
    assert not story.window.files.open(tmp_path / "gone.py")
    assert "could not be read" in story.strip
    binary = tmp_path / "picture.py"
    binary.write_bytes(b"\x89PNG\xff\xfe")
    assert not story.window.files.open(binary)
    assert "not a text file" in story.strip


def test_a_place_that_cannot_be_written_is_one_sentence(story: Story, tmp_path: Path) -> None:
    story.type(PRODUCT)
    (tmp_path / "file").write_text("")
    assert not story.window.files.save(tmp_path / "file" / "one.backflow")
    assert "could not be written" in story.strip
    assert not story.window.files.is_saved


def test_recent_files_newest_first_and_opened_by_key(story: Story, tmp_path: Path) -> None:
    for name, text in (("one.py", "a * b"), ("two.py", "a + b")):
        (tmp_path / name).write_text(text, "utf-8")
        story.window.files.open(tmp_path / name)
    shown = [action.text() for action in story.window.menus.recent if action.isVisible()]
    assert shown == ["two.py", "one.py"]
    story.press(Qt.Key.Key_2, held=Qt.KeyboardModifier.ControlModifier)
    assert story.editor.toPlainText() == "a * b"


def test_no_more_than_nine_recent_files(story: Story, tmp_path: Path) -> None:
    for number in range(12):
        path = tmp_path / f"{number}.py"
        path.write_text("a * b", "utf-8")
        story.window.files.open(path)
    assert len(story.window.files.recent.paths()) == 9


def test_a_dropped_file_is_opened_and_nothing_in_it_runs(story: Story, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    path = tmp_path / "evil.py"
    path.write_text(f"open({str(mark)!r}, 'w')", "utf-8")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(
        QPointF(10, 10), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    story.window.dropEvent(event)
    assert story.editor.toPlainText() == path.read_text("utf-8")
    story.qtbot.waitUntil(lambda: bool(story.document.problems))
    assert not mark.exists()
    assert not story.captures


def test_a_sample_brings_its_values_with_it(story: Story) -> None:
    story.window.menus.fill_samples()
    first = story.window.menus.menus["samples"].actions()[0]
    first.trigger()
    story.wait_for_picture()
    assert story.document.session.state.inputs != dict.fromkeys("ab", DEFAULT_VALUE)
    assert story.window.files.recent.paths() == []


def test_what_is_typed_is_saved_by_itself_and_offered_after_a_crash(
    qtbot: QtBot, story: Story, themes: Themes, folder: Path
) -> None:
    story.type(PRODUCT)
    story.wait_for_picture()
    kept = Autosave(folder / "autosave").path
    story.qtbot.waitUntil(kept.exists)
    kept.rename(kept.with_name("999999999.backflow"))  # as if another process had written it and died
    later = MainWindow(ToyWorkers(), themes, folder)
    later.graph.canvas.reduced_motion = True
    later.show()
    try:
        qtbot.waitUntil(later.strip.isVisible)
        story.click(later.strip.action)
        assert later.source.editor.toPlainText() == PRODUCT
        assert not later.strip.isVisible()
    finally:
        later.close()
        later.deleteLater()


def test_a_saved_document_leaves_nothing_to_bring_back(story: Story, tmp_path: Path, folder: Path) -> None:
    story.type(PRODUCT)
    story.wait_for_picture()
    story.window.files.save(tmp_path / "kept.backflow")
    story.window.close()
    assert not list((folder / "autosave").glob("*"))


def test_a_crash_in_the_middle_of_writing_is_no_reason_to_fail(story: Story, folder: Path) -> None:
    left = folder / "autosave"
    left.mkdir(parents=True, exist_ok=True)
    (left / "999999998.backflow").write_text('{"format": "backf', "utf-8")
    save(State(text="a + a"), left / "999999999.backflow")
    found = Autosave(left).lost()
    assert found is not None
    assert found.text == "a + a"


def test_the_title_names_the_file_and_shows_what_is_not_saved(story: Story, tmp_path: Path) -> None:
    story.open_text(PRODUCT, NUMBERS)
    story.window.files.save(tmp_path / "week-3.backflow")
    assert "week-3" in story.window.windowTitle()
    assert not story.window.isWindowModified()
    story.type(" * a")
    assert story.window.isWindowModified()


def test_the_window_comes_back_as_it_was_left(qtbot: QtBot, window: MainWindow, themes: Themes, folder: Path) -> None:
    window.resize(800, 640)  # the screen without a display is not larger
    window.close()
    again = MainWindow(ToyWorkers(), themes, folder)
    again.show()
    qtbot.waitExposed(again)
    try:
        assert (again.width(), again.height()) == (800, 640)
    finally:
        again.close()
        again.deleteLater()


def test_a_picture_that_cannot_be_written_is_one_sentence(story: Story, tmp_path: Path) -> None:
    story.open_text(PRODUCT, NUMBERS)
    for name in ("no/where.png", "no/where.svg"):
        story.window.commands.export_to(tmp_path / name)
        story.qtbot.waitUntil(lambda: "cannot be written" in story.strip, timeout=30_000)
        story.click(story.window.strip.cross)


def test_the_folder_is_the_one_of_this_test(folder: Path) -> None:
    from widgets.application import data_folder

    assert data_folder() == folder == Path(os.environ["BACKFLOW_DATA"])
