"""Menus from the table of commands, with samples, recent files and frameworks put in where they belong."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication, QObject, QPoint, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from explorer.adapters import FRAMEWORKS
from explorer.session_files import MOST_RECENT
from widgets.actions import COMMANDS, CONTEXT, MENUS
from widgets.canvas.canvas import GraphCanvas
from widgets.documents import Document
from widgets.files import Files
from widgets.samples import Sample, all_samples, models


class Menus(QObject):
    """`bar` holds them all. Samples are read when their menu opens, recent files whenever the list changes."""

    def __init__(self, bar: QMenuBar, actions: Mapping[str, QAction], document: Document, files: Files) -> None:
        super().__init__(bar)
        self._document, self._files = document, files
        self.menus: dict[str, QMenu] = {}
        for key, title in MENUS:
            self.menus[key] = bar.addMenu(QCoreApplication.translate(CONTEXT, title))
        self.menus["theme"] = QMenu(self.tr("Theme"), bar)
        self.menus["groups"] = QMenu(self.tr("Groups"), bar)
        for before, command in zip((None, *COMMANDS), COMMANDS, strict=False):
            if before and before.menu == command.menu and before.group != command.group:
                self.menus[command.menu].addSeparator()
            self.menus[command.menu].addAction(actions[command.name])
        self._themes(actions)
        self._frameworks()
        self._samples(actions["open"])
        self.recent = self._recent(bar, actions["quit"])
        document.session_changed.connect(self._follow)
        files.changed.connect(self.refresh_recent)
        self._actions = actions
        self._follow()
        self.refresh_recent()

    def _themes(self, actions: Mapping[str, QAction]) -> None:
        group = QActionGroup(self)
        for name in ("theme_system", "theme_light", "theme_dark", "theme_projector"):
            group.addAction(actions[name])
        first = self.menus["view"].actions()[0]
        for name in ("theme", "groups"):
            self.menus["view"].insertMenu(first, self.menus[name])

    def show_canvas_menu(self, canvas: GraphCanvas, at: QPoint) -> None:
        """What can be done with what is selected on the canvas, at a point of the screen."""
        self.canvas_menu = menu = QMenu(canvas)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for names, there in (
            (("group_toggle", "group_below"), canvas.selected_group),
            (("group_around",), canvas.is_inside_group),
            (("upstream", "downstream", "fit_selection"), bool(canvas.selected_cards)),
            (("fit", "groups_open", "groups_close", "groups_automatic"), True),
        ):
            if there:
                menu.addSeparator()
                menu.addActions([self._actions[name] for name in names])
        menu.popup(at)

    def _frameworks(self) -> None:
        self.menus["run"].addSeparator()
        group = QActionGroup(self)
        self.frameworks: dict[str, QAction] = {}
        for number, entry in enumerate(FRAMEWORKS, 1):
            made = self.menus["run"].addAction(entry.title)
            made.setCheckable(True)
            made.setShortcut(QKeySequence(f"Ctrl+Alt+{number}"))
            made.triggered.connect(lambda _checked, key=entry.key: self._document.choose_framework(key))
            group.addAction(made)
            self.frameworks[entry.key] = made

    def _samples(self, before: QAction) -> None:
        menu = QMenu(self.tr("Samples"), self.menus["file"])
        self.menus["samples"] = menu
        self.menus["file"].insertMenu(before, menu)
        self.menus["file"].insertAction(menu.menuAction(), before)  # Open comes first
        menu.aboutToShow.connect(self.fill_samples)

    def fill_samples(self) -> None:
        menu = self.menus["samples"]
        if menu.isEmpty():
            self._fill(menu, all_samples())
            self._fill(menu.addMenu(self.tr("Models")), models())

    def _fill(self, menu: QMenu, listed: list[Sample]) -> None:
        for sample in listed:
            made = menu.addAction(sample.title)
            made.triggered.connect(lambda _checked, path=sample.path: self._files.open(path))

    def _recent(self, window: QWidget, before: QAction) -> list[QAction]:
        menu = QMenu(self.tr("Recent files"), window)
        self.menus["recent"] = menu
        self.menus["file"].insertMenu(before, menu)
        made = []
        for number in range(1, MOST_RECENT + 1):
            action = menu.addAction("")
            action.setShortcut(QKeySequence(f"Ctrl+{number}"))
            action.triggered.connect(lambda _checked, index=number - 1: self._open_recent(index))
            made.append(action)
        return made

    def refresh_recent(self) -> None:
        paths = self._files.recent.paths()
        for number, action in enumerate(self.recent):
            there = number < len(paths)
            action.setVisible(there)
            action.setEnabled(there)
            if there:
                action.setText(paths[number].name)
                action.setToolTip(str(paths[number]))
        self.menus["recent"].menuAction().setEnabled(bool(paths))

    def _open_recent(self, index: int) -> None:
        paths = self._files.recent.paths()
        if index < len(paths):
            self._files.open(paths[index])

    def _follow(self, *_: object) -> None:
        state = self._document.session.state
        self._actions[f"theme_{state.theme}"].setChecked(True)
        self._actions["direction"].setChecked(state.direction == "right")
        self._actions["two_stages"].setChecked(bool(state.beside))
        self._actions["text_beside"].setChecked(state.text_beside)
        self._actions["undo"].setEnabled(self._document.session.can_undo)
        self._actions["redo"].setEnabled(self._document.session.can_redo)
        self.frameworks[state.framework].setChecked(True)
