"""The table of commands: each works, each key is taken once, tooltips and menus name them."""

from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from tests.ui.story import Story
from widgets.actions import CANVAS, COMMANDS, LECTURE, PLAYER, WINDOW, tooltip
from widgets.main_window import MainWindow
from widgets.panels.keys import KeysDialog

PRODUCT_KEYS = {
    "open": "Ctrl+O", "save": "Ctrl+S", "export": "Ctrl+Shift+E", "run": "Ctrl+Return", "find": "Ctrl+F",
    "find_next": "F3", "find_previous": "Shift+F3", "direction": "Ctrl+K", "full_screen": "F11", "lecture": "F5",
    "whats_this": "Shift+F1", "undo": "Ctrl+Z", "redo": "Ctrl+Shift+Z", "player_back": "Left",
    "player_forward": "Right", "player_first": "Home", "player_last": "End", "player_play": "Space",
    "player_faster": "Up", "player_slower": "Down", "lecture_next": "PgDown", "lecture_previous": "PgUp",
    "blank": "B", "lecture_leave": "Esc",
}  # fmt: skip


@pytest.mark.parametrize("name", [command.name for command in COMMANDS if command.name != "quit"])
def test_every_command_runs_on_a_picture_and_without_one(story: Story, name: str) -> None:
    story.window.actions_by_name[name].setEnabled(True)
    story.do(name)
    _close_dialogs(story.window)
    story.open_text("a * (a + b)")
    story.do(name)
    _close_dialogs(story.window)
    story.window.player.pause()
    story.window.showNormal()


def test_quit_closes_the_window(story: Story) -> None:
    story.do("quit")
    assert not story.window.isVisible()


def test_the_keys_are_those_people_were_promised() -> None:
    keys = {command.name: command.keys for command in COMMANDS}
    for name, key in PRODUCT_KEYS.items():
        assert QKeySequence(key) in [QKeySequence(one) for one in keys[name]], name


@pytest.mark.parametrize("place", [CANVAS, PLAYER, LECTURE])
def test_no_key_is_taken_twice(place: str) -> None:
    """In one place; a key of the window is none of a place in it."""
    taken = Counter(
        QKeySequence(key).toString() for command in COMMANDS if command.where in (WINDOW, place) for key in command.keys
    )
    assert [key for key, count in taken.items() if count > 1] == []


def test_every_command_is_in_a_menu(window: MainWindow) -> None:
    listed = {action for menu in window.menus.menus.values() for action in menu.actions()}
    missing = [name for name, action in window.actions_by_name.items() if action not in listed]
    assert missing == []


def test_a_tooltip_names_the_key(window: MainWindow) -> None:
    assert tooltip("find") == "Find (Ctrl+F)"
    assert window.graph.player.buttons["play"].toolTip() == "Play or pause (Space)"


def test_menus_have_keys_of_their_own(window: MainWindow) -> None:
    letters = [action.text().partition("&")[2][:1] for action in window.menuBar().actions()]
    assert all(letters)
    assert len(set(letters)) == len(letters)


def test_the_list_of_keys_has_every_command_with_a_key(story: Story) -> None:
    story.do("keys")
    dialog = story.window.findChild(KeysDialog)
    assert dialog is not None
    texts = story.texts(dialog)
    for command in COMMANDS:
        if command.keys and command.where != CANVAS:
            assert command.shown_text in texts, command.name
    dialog.close()


def test_keys_of_the_canvas_do_not_reach_the_editor(story: Story) -> None:
    story.type("f - f")
    assert story.editor.toPlainText() == "f - f"
    assert story.window.focusWidget() is story.editor


def test_focus_goes_by_key_to_source_graph_and_player(story: Story) -> None:
    story.open_text("a * (a + b)")
    for key, widget in (
        (Qt.Key.Key_F7, story.canvas), (Qt.Key.Key_F8, story.window.graph.player), (Qt.Key.Key_F6, story.editor),
    ):  # fmt: skip
        story.press(key)
        assert story.window.focusWidget() is widget
    story.press(Qt.Key.Key_Escape)
    assert story.window.focusWidget() is story.canvas


def test_every_button_says_what_it_is(story: Story) -> None:
    """To people who hover and to screen readers."""
    from PySide6.QtWidgets import QAbstractButton

    story.open_text("a * (a + b)")
    silent = [
        button for button in story.window.findChildren(QAbstractButton)
        if button.isVisibleTo(story.window) and not (button.text() or button.accessibleName() or button.toolTip())
    ]  # fmt: skip
    assert silent == []


def _close_dialogs(window: MainWindow) -> None:
    for dialog in window.findChildren(QWidget):
        if isinstance(dialog, QFileDialog | QMessageBox | KeysDialog):
            dialog.close()
    from PySide6.QtWidgets import QWhatsThis

    QWhatsThis.leaveWhatsThisMode()


def test_ticks_follow_the_state(story: Story) -> None:
    def ticked(name: str) -> bool:
        action: QAction = story.window.actions_by_name[name]
        return action.isChecked()

    assert ticked("theme_system")
    story.do("theme_projector")
    assert ticked("theme_projector")
    assert not ticked("theme_system")
    story.do("undo")
    assert ticked("theme_projector")
