"""The one table of commands: what the menus hold, what the keyboard does, what the tooltips name.

Recent files, samples and frameworks are lists of their own: `widgets.menus` puts them in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

CONTEXT: Final = "Commands"
WINDOW, CANVAS, PLAYER, LECTURE = "window", "canvas", "player", "lecture"
MENUS: Final = (
    ("file", QT_TRANSLATE_NOOP("Commands", "&File")),
    ("edit", QT_TRANSLATE_NOOP("Commands", "&Edit")),
    ("view", QT_TRANSLATE_NOOP("Commands", "&View")),
    ("run", QT_TRANSLATE_NOOP("Commands", "&Run")),
    ("go", QT_TRANSLATE_NOOP("Commands", "&Go")),
    ("lecture", QT_TRANSLATE_NOOP("Commands", "&Lecture")),
    ("help", QT_TRANSLATE_NOOP("Commands", "&Help")),
)


@dataclass(frozen=True, slots=True)
class Command:
    """One row; its callable is the method `name` of `widgets.commands.Commands`.

    `menu` is a key of `MENUS`, or `theme` or `groups` for a menu inside View. `where` says where the keys work: in the
    window, on the canvas, in the player, or in the window while lecture mode is on. `group` puts a line above its first
    command.
    """

    name: str
    menu: str
    text: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    where: str = WINDOW
    group: int = 0
    ticks: bool = False

    @property
    def shown_text(self) -> str:
        """The text in the language of the window."""
        return QCoreApplication.translate(CONTEXT, self.text)


FILE: Final = (
    Command("new", "file", QT_TRANSLATE_NOOP("Commands", "New"), ("Ctrl+N",)),
    Command("open", "file", QT_TRANSLATE_NOOP("Commands", "Open…"), ("Ctrl+O",), "open"),
    Command("save", "file", QT_TRANSLATE_NOOP("Commands", "Save session"), ("Ctrl+S",), "save", group=1),
    Command("save_as", "file", QT_TRANSLATE_NOOP("Commands", "Save session as…"), ("Ctrl+Shift+S",), group=1),
    Command("export", "file", QT_TRANSLATE_NOOP("Commands", "Export picture…"), ("Ctrl+Shift+E",), "export", group=1),
    Command("save_numbers", "file", QT_TRANSLATE_NOOP("Commands", "Save numbers as .npy…"), group=1),
    Command("quit", "file", QT_TRANSLATE_NOOP("Commands", "Quit"), ("Ctrl+Q",), group=2),
)

EDIT: Final = (
    Command("undo", "edit", QT_TRANSLATE_NOOP("Commands", "Undo"), ("Ctrl+Z",), "undo"),
    Command("redo", "edit", QT_TRANSLATE_NOOP("Commands", "Redo"), ("Ctrl+Shift+Z", "Ctrl+Y"), "redo"),
    Command("find", "edit", QT_TRANSLATE_NOOP("Commands", "Find"), ("Ctrl+F",), "search", group=1),
    Command("find_next", "edit", QT_TRANSLATE_NOOP("Commands", "Next hit"), ("F3",), group=1),
    Command("find_previous", "edit", QT_TRANSLATE_NOOP("Commands", "Previous hit"), ("Shift+F3",), group=1),
)

VIEW: Final = (
    Command("fit", "view", QT_TRANSLATE_NOOP("Commands", "Whole graph"), ("F", "Home"), "fit", CANVAS),
    Command("fit_selection", "view", QT_TRANSLATE_NOOP("Commands", "Selection"), ("Space",), "", CANVAS),
    Command("zoom_in", "view", QT_TRANSLATE_NOOP("Commands", "Larger"), ("+", "="), "zoom-in", CANVAS),
    Command("zoom_out", "view", QT_TRANSLATE_NOOP("Commands", "Smaller"), ("-",), "zoom-out", CANVAS),
    Command("zoom_100", "view", QT_TRANSLATE_NOOP("Commands", "100 %"), ("Ctrl+0",), "", CANVAS),
    Command("view_back", "view", QT_TRANSLATE_NOOP("Commands", "The view before"), ("Backspace",), "", CANVAS),
    Command(
        "direction",
        "view",
        QT_TRANSLATE_NOOP("Commands", "Turn the graph"),
        ("Ctrl+K",),
        "direction",
        group=1,
        ticks=True,
    ),
    Command(
        "two_stages",
        "view",
        QT_TRANSLATE_NOOP("Commands", "Two stages side by side"),
        ("Ctrl+Shift+T",),
        ticks=True,
        group=2,
    ),
    Command(
        "text_beside", "view", QT_TRANSLATE_NOOP("Commands", "Text beside the graph"), ("Ctrl+T",), ticks=True, group=2
    ),
    Command("outline", "view", QT_TRANSLATE_NOOP("Commands", "Outline"), ("Ctrl+Shift+O",), ticks=True, group=2),
    Command("minimap", "view", QT_TRANSLATE_NOOP("Commands", "Minimap"), ("M",), "", CANVAS, 2, ticks=True),
    Command("full_screen", "view", QT_TRANSLATE_NOOP("Commands", "Full screen"), ("F11",), "full-screen", group=3),
)

GROUPS: Final = (
    Command("group_toggle", "groups", QT_TRANSLATE_NOOP("Commands", "Open or close"), ("Return", "Enter"), "", CANVAS),
    Command(
        "group_below",
        "groups",
        QT_TRANSLATE_NOOP("Commands", "Open or close with all inside"),
        ("Alt+Return",),
        "",
        CANVAS,
    ),
    Command(
        "group_around",
        "groups",
        QT_TRANSLATE_NOOP("Commands", "Close the group around"),
        ("Shift+Return",),
        "",
        CANVAS,
    ),
    Command("groups_open", "groups", QT_TRANSLATE_NOOP("Commands", "Open all"), ("Ctrl+Shift+Down",), "", CANVAS, 1),
    Command("groups_close", "groups", QT_TRANSLATE_NOOP("Commands", "Close all"), ("Ctrl+Shift+Up",), "", CANVAS, 1),
    Command("groups_automatic", "groups", QT_TRANSLATE_NOOP("Commands", "As many as fit"), group=1),
)

PATHS: Final = (
    Command("upstream", "view", QT_TRANSLATE_NOOP("Commands", "What leads here"), ("U",), "", CANVAS, 4),
    Command("downstream", "view", QT_TRANSLATE_NOOP("Commands", "What this leads to"), ("D",), "", CANVAS, 4),
)

THEMES: Final = (
    Command("theme_system", "theme", QT_TRANSLATE_NOOP("Commands", "As the system"), ticks=True),
    Command("theme_light", "theme", QT_TRANSLATE_NOOP("Commands", "Light"), ticks=True),
    Command("theme_dark", "theme", QT_TRANSLATE_NOOP("Commands", "Dark"), ticks=True),
    Command("theme_projector", "theme", QT_TRANSLATE_NOOP("Commands", "Projector"), ticks=True),
)

RUN: Final = (
    Command("run", "run", QT_TRANSLATE_NOOP("Commands", "Run"), ("Ctrl+Return", "Ctrl+Enter"), "play"),
    Command("cancel", "run", QT_TRANSLATE_NOOP("Commands", "Cancel"), ("Ctrl+.",), "stop"),
)

GO: Final = (
    Command("player_first", "go", QT_TRANSLATE_NOOP("Commands", "First step"), ("Home",), "first", PLAYER),
    Command("player_back", "go", QT_TRANSLATE_NOOP("Commands", "One step back"), ("Left",), "step-back", PLAYER),
    Command("player_play", "go", QT_TRANSLATE_NOOP("Commands", "Play or pause"), ("Space",), "play", PLAYER),
    Command(
        "player_forward",
        "go",
        QT_TRANSLATE_NOOP("Commands", "One step forward"),
        ("Right",),
        "step-forward",
        PLAYER,
    ),
    Command("player_last", "go", QT_TRANSLATE_NOOP("Commands", "Last step"), ("End",), "last", PLAYER),
    Command("player_faster", "go", QT_TRANSLATE_NOOP("Commands", "Faster"), ("Up",), "speed", PLAYER),
    Command("player_slower", "go", QT_TRANSLATE_NOOP("Commands", "Slower"), ("Down",), "", PLAYER),
    Command("stage_next", "go", QT_TRANSLATE_NOOP("Commands", "Next stage"), ("Ctrl+PgDown",), group=1),
    Command("stage_previous", "go", QT_TRANSLATE_NOOP("Commands", "Previous stage"), ("Ctrl+PgUp",), group=1),
    Command("tab_graph", "go", QT_TRANSLATE_NOOP("Commands", "Graph"), ("Alt+1",), "graph", group=2),
    Command("tab_train", "go", QT_TRANSLATE_NOOP("Commands", "Train"), ("Alt+2",), "curve", group=2),
    Command("edit_source", "go", QT_TRANSLATE_NOOP("Commands", "To the source"), ("F6",), group=3),
    Command("focus_canvas", "go", QT_TRANSLATE_NOOP("Commands", "To the graph"), ("F7",), group=3),
    Command("focus_player", "go", QT_TRANSLATE_NOOP("Commands", "To the player"), ("F8",), group=3),
)

LECTURES: Final = (
    Command("lecture", "lecture", QT_TRANSLATE_NOOP("Commands", "Lecture mode"), ("F5",), "projector", ticks=True),
    Command("lecture_next", "lecture", QT_TRANSLATE_NOOP("Commands", "Next"), ("PgDown",), "", LECTURE, group=1),
    Command(
        "lecture_previous",
        "lecture",
        QT_TRANSLATE_NOOP("Commands", "Previous"),
        ("PgUp",),
        "",
        LECTURE,
        group=1,
    ),
    Command("blank", "lecture", QT_TRANSLATE_NOOP("Commands", "Blank"), ("B",), "", LECTURE, group=1),
    Command("lecture_leave", "lecture", QT_TRANSLATE_NOOP("Commands", "Leave"), ("Esc",), "", LECTURE, group=1),
)

HELP: Final = (
    Command("keys", "help", QT_TRANSLATE_NOOP("Commands", "Keys"), ("F1",), "help"),
    Command("whats_this", "help", QT_TRANSLATE_NOOP("Commands", "What is this?"), ("Shift+F1",)),
    Command("about", "help", QT_TRANSLATE_NOOP("Commands", "About Backflow"), group=1),
)

COMMANDS: Final = (*FILE, *EDIT, *VIEW, *PATHS, *GROUPS, *THEMES, *RUN, *GO, *LECTURES, *HELP)
BY_NAME: Final = {command.name: command for command in COMMANDS}
ROLES: Final = {"quit": QAction.MenuRole.QuitRole, "about": QAction.MenuRole.AboutRole}


def tooltip(name: str) -> str:
    """The command in words, with its key."""
    command = BY_NAME[name]
    if not command.keys:
        return command.shown_text
    key = QKeySequence(command.keys[0]).toString(QKeySequence.SequenceFormat.NativeText)
    return f"{command.shown_text} ({key})"


def install(commands: QObject, window: QWidget, player: QWidget, canvas: QWidget) -> dict[str, QAction]:
    """One QAction per command, on the widget where its keys work."""
    homes = {WINDOW: window, LECTURE: window, PLAYER: player, CANVAS: canvas}
    return {command.name: _action(command, commands, homes[command.where]) for command in COMMANDS}


def _action(command: Command, commands: QObject, home: QWidget) -> QAction:
    made = QAction(command.shown_text, home)
    made.setShortcuts([QKeySequence(key) for key in command.keys])
    inside = Qt.ShortcutContext.WidgetWithChildrenShortcut
    everywhere = Qt.ShortcutContext.WindowShortcut
    made.setShortcutContext(everywhere if command.where in (WINDOW, LECTURE) else inside)
    made.setCheckable(command.ticks)
    made.setMenuRole(ROLES.get(command.name, QAction.MenuRole.NoRole))
    made.setEnabled(command.where != LECTURE)
    run = getattr(commands, command.name)
    made.triggered.connect(lambda: run())  # without "checked"
    home.addAction(made)
    return made
