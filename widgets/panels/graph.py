"""The middle of the window: stages and canvas (or what to begin with), beside them the stage's text, and the player."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import QFrame, QStackedWidget, QVBoxLayout, QWidget

from explorer.picture.scene import Scene
from widgets.beside import Beside
from widgets.canvas.canvas import GraphCanvas
from widgets.canvas.minimap import Minimap
from widgets.documents import Document
from widgets.panels.beside import BesidePane
from widgets.panels.empty import EmptyPanel
from widgets.panels.find import FindBar
from widgets.panels.panes import Panes, TextPane
from widgets.panels.pieces import framed
from widgets.panels.player_bar import PlayerBar
from widgets.panels.stage_bar import StageBar
from widgets.panels.text import TextPanel
from widgets.player import Player
from widgets.theme import Theme, Themes


class GraphPanel(QFrame):
    """`activated` carries the node of a double click or Enter."""

    activated = Signal(str)

    def __init__(
        self, document: Document, text: TextPanel, player: Player, themes: Themes, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self._document, self._player = document, player
        self._pictured: tuple[object, str] | None = None  # results and stage on the canvas
        self.stages = StageBar(document)
        self.find = FindBar(document, text, themes)
        self.canvas = self.active = GraphCanvas(themes.current)  # `active` had the keyboard last
        self.minimap = Minimap(self.canvas)
        self.second = Beside(document)
        self.beside = BesidePane(self.second, themes)
        self.text = TextPane(document, text, themes)
        self.panes = Panes()
        self.empty = EmptyPanel()
        self.player = PlayerBar(document, player, themes)
        self.middle = QStackedWidget()
        self._make()
        self._connect(themes)
        self._theme_changed(themes.current)
        self._refresh()

    def _make(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.find)
        main = framed("panel")
        main.layout().setSpacing(0)
        main.layout().addWidget(self.stages)
        main.layout().addWidget(self.middle, 1)
        self.middle.addWidget(self.canvas)
        self.middle.addWidget(self.empty)
        self.middle.setMinimumSize(QSize(200, 160))
        self.panes.add(main, self.text, self.beside)
        column.addWidget(self.panes, 1)
        self.foot = framed("", margins=(16, 0, 16, 16))
        self.foot.setAutoFillBackground(True)
        self.foot.layout().addWidget(self.player)
        column.addWidget(self.foot)

    def _connect(self, themes: Themes) -> None:
        document = self._document
        document.scene_changed.connect(self._show_scene)
        document.results_changed.connect(self._refresh)
        document.numbers_changed.connect(self._show_numbers)
        document.playback_changed.connect(self._show_playback)
        document.status_changed.connect(self._refresh)
        document.session_changed.connect(self._session_changed)
        self.canvas.selected.connect(document.select)
        self.canvas.hovered.connect(document.hovered)
        self.canvas.activated.connect(self.activated)
        self.canvas.group_asked.connect(document.grouping.set_open)
        self.canvas.group_back_asked.connect(document.grouping.back)
        self.beside.activated.connect(lambda _node: self.activated.emit(document.selected))
        self.second.lit_first.connect(self.canvas.select_all)
        self.find.hits_changed.connect(self._show_hits)
        self.find.connect_second(self.second)
        self.find.left.connect(lambda: self.active.setFocus(Qt.FocusReason.OtherFocusReason))
        themes.changed.connect(self._theme_changed)
        for widget in (self.canvas, self.text.panel, self.beside.canvas):
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys, zooming and searching are for the pane that had the keyboard last."""
        if event.type() == QEvent.Type.FocusIn:
            self._activate(watched)
        return super().eventFilter(watched, event)

    def _activate(self, pane: QObject) -> None:
        second = pane is self.beside.canvas
        if pane is not self.text.panel:
            self.active = self.beside.canvas if second else self.canvas
        self.find.go_on_in(self.second if second else self._document, text=pane is self.text.panel)

    def _show_hits(self, hits: list[str]) -> None:
        for canvas in (self.canvas, self.beside.canvas):
            canvas.set_hits(hits if canvas is self.active else [])

    def next_pane(self) -> None:
        """With the keyboard in one of two graphs, the other one is the active one."""
        if self.active.hasFocus() and not self.beside.isHidden():
            self._activate(self.canvas if self.active is self.beside.canvas else self.beside.canvas)

    def show_second(self, there: bool) -> None:
        """The second pane comes or goes."""
        self.panes.show_pane(self.beside, there=there)
        self.second.set_open(there)
        if not there and self.active is self.beside.canvas:
            self._activate(self.canvas)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        bars = self.stages.sizeHint().height() + self.foot.sizeHint().height()  # also while they are not there yet
        self._document.set_room(self.width(), max(0, self.height() - bars))

    def _refresh(self) -> None:
        document = self._document
        nothing = not document.session.state.text.strip()
        self.middle.setCurrentWidget(self.empty if nothing else self.canvas)
        self.stages.setVisible(not nothing)
        self.foot.setVisible(not nothing and self.player.isVisibleTo(self.foot))
        self.canvas.set_busy(document.capturing.is_busy)
        self.canvas.set_stale(document.is_stale)
        if document.shown is None and self._pictured:
            self._pictured = None
            self.canvas.set_scene(None)

    def _show_scene(self, scene: Scene) -> None:
        """Cards that continue old ones move there: by id, or by provenance from one stage to another."""
        results, stage = self._document.shown, self._document.stage
        links = None
        if self._pictured and results is self._pictured[0] and results is not None and stage != self._pictured[1]:
            groups = {group: group for group in scene.outline.ids}  # named alike at every stage
            links = groups | results.continued(stage, self._pictured[1])
        self._pictured = results, stage
        graph = results.stages[stage].graph if results is not None else None
        self.canvas.set_scene(scene, links, graph)
        self.canvas.select(self._document.selected)

    def _show_numbers(self) -> None:
        shown = self._document.shown
        columns = shown.columns.get(self._document.stage, {}) if shown else {}
        self.canvas.set_numbers(columns.get("value"), columns.get("cotangent"), columns.get("share"))

    def _show_playback(self) -> None:
        state = self._document.state()
        self.canvas.set_playback(state, seconds=0.4 / self._player.speed)
        self.foot.setVisible(state is not None and state.total > 0 and self.middle.currentWidget() is self.canvas)

    def _session_changed(self, changed: frozenset[str]) -> None:
        on_canvas = self._pictured is not None and self._pictured[1] == self._document.wanted_stage()
        if "selection" in changed and on_canvas:  # else it is a node of the stage whose picture is still to come
            self.canvas.select(self._document.selected)
        if "text" in changed:
            self._refresh()

    def _theme_changed(self, theme: Theme) -> None:
        self.canvas.set_theme(theme)
        for part in (self.foot, self.empty):
            part.setAutoFillBackground(True)
            palette = part.palette()
            palette.setColor(QPalette.ColorRole.Window, theme.colour("surface.canvas"))
            part.setPalette(palette)
