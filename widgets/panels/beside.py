"""The second pane: a stage bar and a canvas of its own, and a line that says what belongs to the selection."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from explorer.adapters import framework
from explorer.capture.provenance import Counterpart
from explorer.picture.scene import Scene
from widgets.beside import MOST_NAMED, Beside
from widgets.canvas.canvas import GraphCanvas
from widgets.panels.panes import LEAST_WIDTH, PaneBar
from widgets.panels.pieces import Elided
from widgets.panels.stage_bar import StageBar
from widgets.theme import Theme, Themes


class BesidePane(QFrame):
    """`activated` carries the node of a double click or Enter."""

    activated = Signal(str)

    def __init__(self, beside: Beside, themes: Themes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setMinimumWidth(LEAST_WIDTH)
        self._beside = beside
        self._pictured: tuple[object, str] | None = None
        self.stages = StageBar(beside)
        self.stages.setProperty("role", "panel")
        self.bar = PaneBar("two_stages", themes)
        self.bar.row.setContentsMargins(0, 0, 8, 0)
        self.bar.put(self.stages)
        self.canvas = GraphCanvas(themes.current)
        self.canvas.setAccessibleName(self.tr("second graph"))
        self.line = Elided(role="small")
        self.line.setContentsMargins(16, 4, 16, 4)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self.canvas, 1)
        foot = QFrame()
        foot.setProperty("role", "foot")
        inside = QVBoxLayout(foot)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.line)
        column.addWidget(foot)
        self._connect(themes)

    def _connect(self, themes: Themes) -> None:
        beside, canvas = self._beside, self.canvas
        beside.scene_changed.connect(self._show_scene)
        beside.emptied.connect(self._empty)
        beside.results_changed.connect(self._show_numbers)
        beside.status_changed.connect(self._refresh)
        beside.lit.connect(canvas.select_all)
        canvas.selected.connect(beside.select)
        canvas.activated.connect(self.activated)
        canvas.group_asked.connect(beside.grouping.set_open)
        canvas.group_back_asked.connect(beside.grouping.back)
        themes.changed.connect(self._theme_changed)

    def _empty(self) -> None:
        self._pictured = None
        self.canvas.set_scene(None)
        self._refresh()

    def _show_scene(self, scene: Scene) -> None:
        """Cards that continue old ones move there, as in the first pane."""
        results, stage = self._beside.shown, self._beside.stage
        assert results is not None
        links, before = None, self._pictured
        if before is not None and before[0] is results and stage != before[1]:
            links = {group: group for group in scene.outline.ids} | results.continued(stage, before[1])
        self._pictured = results, stage
        self.canvas.set_scene(scene, links, results.stages[stage].graph)
        self._show_numbers()
        if self._beside.selected:
            self.canvas.select(self._beside.selected)

    def _show_numbers(self) -> None:
        shown = self._beside.shown
        columns = shown.columns.get(self._beside.stage, {}) if shown else {}
        self.canvas.set_numbers(columns.get("value"), columns.get("cotangent"), columns.get("share"))
        self._refresh()

    def _refresh(self) -> None:
        beside = self._beside
        busy = beside.is_open and beside.capturing.is_busy
        waits = beside.shown is None or beside.stage != beside.wanted_stage()
        self.canvas.set_busy(busy and waits)
        self.canvas.set_stale(beside.shown is not None and (beside.document.is_stale or not beside.is_current))
        self.canvas.set_hint(beside.trouble or (self.tr("One moment …") if busy else ""))
        self.line.setText(self._words())

    def _words(self) -> str:
        """What belongs to the selection in the other pane, or why nothing does."""
        beside = self._beside
        if beside.trouble:
            return beside.trouble
        node, found, why = beside.counterparts()
        if not node:
            return self.tr("Select a card to see what it is in the other stage.")
        there = beside.document.stage if beside.selected else beside.stage
        entry = framework(beside.session.state.framework).stage(there)
        title = entry.title if entry else there
        if not found:
            none = self.tr("no evidence of a counterpart in %1").replace("%1", title)
            return f"{node}: {why or none}"
        parts = [f"{other.node}, {self._relation(other)}" for other in found[:MOST_NAMED]]
        if len(found) > MOST_NAMED:
            parts.append(self.tr("and %1 more").replace("%1", str(len(found) - MOST_NAMED)))
        return f"{node} → {title}: {' · '.join(parts)}"

    def _relation(self, other: Counterpart) -> str:
        relations = {
            "same": self.tr("the same"),
            "cotangent": self.tr("its cotangent"),
            "share": self.tr("a share of its cotangent"),
            "residual": self.tr("kept for the way back"),
        }
        guess = self.tr("found by comparing") if other.evidence == "guess" else ""
        return f"{relations[other.relation]}{' (' if guess else ''}{guess}{')' if guess else ''}"

    def _theme_changed(self, theme: Theme) -> None:
        self.canvas.set_theme(theme)
