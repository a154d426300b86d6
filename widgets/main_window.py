"""Places the panels, and joins those that have to know of each other. Nothing else."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, QUrl
from PySide6.QtGui import QCloseEvent, QDesktopServices, QDragEnterEvent, QDropEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QMainWindow, QScrollArea, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from widgets.actions import CANVAS, COMMANDS, LECTURE, install
from widgets.capturing import LAYOUT
from widgets.checking import Checking
from widgets.commands import Commands
from widgets.documents import Document
from widgets.exporting import Exporting
from widgets.files import Files
from widgets.lecture import Lecture
from widgets.menus import Menus
from widgets.messages import Problem
from widgets.panels.bottom import BottomPanel
from widgets.panels.checks import ChecksPanel
from widgets.panels.graph import GraphPanel
from widgets.panels.header import Header
from widgets.panels.inputs import InputsPanel
from widgets.panels.inspector import Inspector
from widgets.panels.outline import OutlinePanel
from widgets.panels.result import ResultPanel
from widgets.panels.source import SourcePanel
from widgets.panels.strip import MessageStrip
from widgets.panels.text import TextPanel
from widgets.player import Player
from widgets.settings import Layouts
from widgets.theme import Themes

SMALLEST = 800, 560


class MainWindow(QMainWindow):
    """`folder` keeps window layout, recent files and autosaves."""

    def __init__(self, workers: QObject, themes: Themes, folder: Path) -> None:
        super().__init__()
        self.workers, self.themes = workers, themes
        self.document = Document(workers, parent=self)
        self.files = Files(self.document, folder, self)
        self.player = Player(self.document, self)
        self.exporting = Exporting(self.document, self)
        self._layouts = Layouts(folder)
        self._waiting = ""  # what the strip says of a text that does not run by itself
        self._painted = self._moved = False
        self.train: QWidget | None = None
        self._make_panels()
        self._place()
        self._join()
        self.setAcceptDrops(True)
        self.setMinimumSize(*SMALLEST)
        self.resize(1440, 900)
        self._moved = self._layouts.restore(self, self.splitters)
        self.graph.panes.set_shares(self._layouts.shares("panes"))
        for splitter in self.splitters.values():
            splitter.splitterMoved.connect(self._hold)
        self._title()
        self._empty_or_not()

    def _make_panels(self) -> None:
        self.header = Header(self.document)
        self.strip = MessageStrip(self.themes)
        self.source = SourcePanel(self.document, self.themes)
        self.inputs = InputsPanel(self.document)
        self.result = ResultPanel(self.document)
        self.checks = ChecksPanel(self.document, Checking(self.document, self.workers, self), self.themes)
        self.text = TextPanel(self.document, self.themes)
        self.graph = GraphPanel(self.document, self.text, self.player, self.themes)
        self.outline = OutlinePanel(self.document, self.graph.canvas, self.themes)
        self.inspector = Inspector(self.document, self.themes)
        self.bottom = BottomPanel(self.document, self.text, self.themes)

    # ---- placing ----

    def _place(self) -> None:
        self.left = QStackedWidget()
        for page in (self._left(), self.outline):
            self.left.addWidget(page)
        self.left.setMinimumWidth(200)
        across = self._splitter(Qt.Orientation.Horizontal, [self.left, self.graph, self.inspector], stretch=1)
        self.graph_page = self._splitter(Qt.Orientation.Vertical, [across, self.bottom], stretch=0)
        self.splitters = {"across": across, "down": self.graph_page}
        self.pages = QStackedWidget()
        self.pages.addWidget(self.graph_page)
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (self.header, self.strip):
            column.addWidget(part)
        column.addWidget(self.pages, 1)
        self.setCentralWidget(middle)

    def _left(self) -> QWidget:
        left = QFrame()
        left.setProperty("role", "panel")
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.source)
        rest = QFrame()
        rest.setProperty("role", "foot")
        inner = QVBoxLayout(rest)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(0)
        inner.addWidget(self.inputs)
        inner.addWidget(self.result)
        inner.addWidget(self.checks)
        inner.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(rest)
        column.addWidget(area, 1)
        return left

    def _splitter(self, orientation: Qt.Orientation, parts: list[QWidget], *, stretch: int) -> QSplitter:
        made = QSplitter(orientation)
        made.setHandleWidth(1)
        made.setChildrenCollapsible(False)
        for part in parts:
            made.addWidget(part)
        made.setStretchFactor(stretch, 1)
        return made

    def _hold(self) -> None:
        """From now on the panels have the sizes they were given."""
        self._moved = True

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Panels take their share of the window until somebody moves them."""
        super().resizeEvent(event)
        self.source.editor.set_room(self.height() * 2 // 5)
        if not self._moved:
            width, height = self.width(), self.height()
            left, right, below = (min(max(share, least), most) for share, least, most in shares(width, height))
            self.splitters["across"].setSizes([left, width - left - right, right])
            self.splitters["down"].setSizes([height - below, below])

    # ---- joining ----

    def _join(self) -> None:
        document = self.document
        self.commands = Commands(self)
        self.actions_by_name = install(self.commands, self, self.graph.player, self.graph.canvas)
        self.actions_by_name["minimap"].setChecked(self.graph.minimap.is_wanted)
        self.menus = Menus(self.menuBar(), self.actions_by_name, document, self.files)
        own = [self.actions_by_name[command.name] for command in COMMANDS if command.where == LECTURE]
        hidden = [self.menuBar(), self.header, self.left, self.inspector, self.bottom]
        self.lecture = Lecture(self, document, self.themes, player=self.player, hidden=hidden, actions=own)
        self.lecture.changed.connect(self.actions_by_name["lecture"].setChecked)
        self.lecture.changed.connect(self._place_panes)
        for canvas in (self.graph.canvas, self.graph.beside.canvas):
            canvas.menu_asked.connect(lambda at, canvas=canvas: self.menus.show_canvas_menu(canvas, at))
        self.graph.text.bar.closed.connect(self.commands.text_beside)
        self.graph.beside.bar.closed.connect(self.commands.two_stages)
        for command in COMMANDS:
            if command.where == CANVAS:
                self.graph.beside.canvas.addAction(self.actions_by_name[command.name])
        self.header.tab_chosen.connect(self.show_tab)
        self.bottom.problems.go_to.connect(self.source.editor.go_to)
        self.source.editor.left.connect(lambda: self.graph.canvas.setFocus(Qt.FocusReason.OtherFocusReason))
        self.outline.closed.connect(lambda: self.show_outline(False))
        self.outline.left.connect(lambda: self.graph.canvas.setFocus(Qt.FocusReason.OtherFocusReason))
        self.graph.activated.connect(self._show_source)
        self.graph.empty.sample_chosen.connect(self.files.open)
        self.graph.empty.open_asked.connect(self.commands.open)
        self.inspector.save_asked.connect(self.commands.save_array)
        document.said.connect(self.strip.say_problem)
        document.waits.connect(self._offer_to_run)
        document.session_changed.connect(self._session_changed)
        self.files.changed.connect(self._title)
        self._join_exporting()

    def _join_exporting(self) -> None:
        exporting = self.exporting
        writing, cancel = self.tr("Writing %1 …"), self.tr("Cancel")
        exporting.slow.connect(lambda path: self.strip.say(writing.replace("%1", path.name), cancel, exporting.stop))
        exporting.failed.connect(self.strip.say_problem)
        exporting.ended.connect(self._exported)

    def _exported(self, path: Path, size: str) -> None:
        text = self.tr("Written: %1").replace("%1", path.name) + (f", {size}" if size else "")
        opened = QUrl.fromLocalFile(str(path.absolute()))
        self.strip.say(text, self.tr("Open"), lambda: QDesktopServices.openUrl(opened))

    def export_folder(self) -> Path:
        """Where the last picture went, else where the session is."""
        kept = self._layouts.kept("export/folder")
        return Path(kept) if kept else self.files.path.parent if self.files.path else Path.home()

    def keep_export_folder(self, folder: Path) -> None:
        self._layouts.keep("export/folder", str(folder.absolute()))

    @property
    def is_outline_shown(self) -> bool:
        return self.left.currentWidget() is self.outline

    def show_outline(self, there: bool) -> None:
        """The outline of the graph where the text is, and back."""
        if not there and not self.is_outline_shown:
            return
        self.left.setCurrentIndex(1 if there else 0)
        self.actions_by_name["outline"].setChecked(there)
        if there:
            self.outline.begin()
        else:
            self.graph.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_source(self, node: str) -> None:
        shown = self.document.shown
        found = shown.node(self.document.stage, node) if shown else None
        if found and found.span:
            self.show_outline(False)
            self.source.editor.go_to(found.span)

    def _session_changed(self, changed: frozenset[str]) -> None:
        state = self.document.session.state
        if "theme" in changed:
            self.themes.choose(None if state.theme == "system" else state.theme)
        if self.train is not None and changed & {"framework", "device"}:
            self.train.set_framework(state.framework)
            self.train.set_device(state.device)
        if self.train is not None and changed & {"text", "inputs", "entry"}:
            self.train.set_text(state)
        if changed & {"text", "inputs"}:
            self._title()
            self._empty_or_not()
        if changed & {"text", "text_beside", "beside"}:
            self._place_panes()

    def _empty_or_not(self) -> None:
        """Without a text there is nothing to inspect: no empty panels."""
        if not self.lecture.is_on:
            has_text = bool(self.document.session.state.text.strip())
            self.inspector.setVisible(has_text)
            self.bottom.setVisible(has_text)

    def _place_panes(self) -> None:
        """The text of the stage beside the graph, or below it, and a second stage. A lecture shows one pane alone."""
        state = self.document.session.state
        beside = state.text_beside and bool(state.text.strip()) and not self.lecture.is_on
        if beside != self.graph.text.isAncestorOf(self.text):
            if beside:
                self.bottom.give_text()
                self.graph.text.take_text()
            else:
                self.bottom.take_text()
        self.graph.panes.show_pane(self.graph.text, there=beside)
        self.graph.show_second(bool(state.beside) and bool(state.text.strip()) and not self.lecture.is_on)

    def _title(self) -> None:
        name = self.files.path.name if self.files.path else ""
        self.setWindowTitle(f"{name}[*] — Backflow" if name else "Backflow[*]")
        self.setWindowModified(not self.files.is_saved)

    def show_tab(self, key: str) -> None:
        """Show a tab; the training panel and its plots are made when they are first shown."""
        self.header.tabs[key].setChecked(True)
        if key == "train" and self.train is None:
            self._make_train()
        self.pages.setCurrentWidget(self.graph_page if key == "graph" or self.train is None else self.train)

    def _make_train(self) -> None:
        from widgets.panels.training import TrainPanel

        state = self.document.session.state
        self.train = TrainPanel(self.themes.current, self.workers)
        self.train.set_framework(state.framework)
        self.train.set_device(state.device)
        self.train.set_text(state)
        self.themes.changed.connect(self.train.set_theme)
        self.pages.addWidget(self.train)

    # ---- Qt ----

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self, self._start)  # the panels are painted in the same turn

    def _start(self) -> None:
        """After the first picture: the keyboard, processes, and what an earlier run left unsaved."""
        self.source.editor.setFocus(Qt.FocusReason.OtherFocusReason)
        capturing = self.document.capturing
        capturing.prepare(self.document.session.state.framework)
        capturing.prepare(LAYOUT)
        lost = self.files.lost()
        if lost is not None:
            text = self.tr("The text from last time was not saved.")
            bring = partial(self.files.show, lost, is_saved=False, is_trusted=False)
            self.strip.say(text, self.tr("Bring it back"), bring)

    def _offer_to_run(self, why: Problem | None) -> None:
        self.graph.canvas.set_hint(f"{why.text}\n{why.hint}" if why else "")
        if why is not None:
            self.strip.say(why.text, self.tr("Run"), self.document.run)
            self._waiting = why.text
        elif self._waiting and self._waiting == self.strip.text.text():
            self.strip.hide()  # it has been run, by a key

    def closeEvent(self, event: QCloseEvent) -> None:
        self.lecture.set_on(False)
        self.player.pause()
        self.exporting.stop()
        self.commands.saver.wait()
        self.files.close()
        self._layouts.save(self, self.splitters if self._moved else {})
        self._layouts.save_shares("panes", self.graph.panes.shares)
        super().closeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        local = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if local:
            event.acceptProposedAction()
            self.files.open(Path(local[0]))


def shares(width: int, height: int) -> tuple[tuple[int, int, int], ...]:
    """Size, least and most of the left, right and bottom panel."""
    return (width * 22 // 100, 228, 360), (width * 21 // 100, 216, 340), (height * 19 // 100, 120, 240)
