"""The stages as branches from the source, with the size of the one that is shown."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QPushButton, QSizePolicy, QToolButton, QWidget

from explorer.adapters import StageEntry, framework
from widgets.beside import Beside
from widgets.documents import Document
from widgets.messages import problem
from widgets.panels.pieces import Elided, button, discard, label

SLACK: Final = 28  # for what stands to the right of the stages, at its smallest


class StageBar(QFrame):
    """`source › fx, joint` or `source › funcgraph › gradient`: stages made from the same one stand side by side.

    Where there is no room for that, one button names the stage and opens a menu of them.
    """

    def __init__(self, document: Document | Beside, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "bar")
        self._document = document
        self._framework = ""
        self.pills: dict[str, QToolButton] = {}
        self._branches = QWidget()
        self.short = button("pill")
        self.size_text = Elided(role="small")
        self.starting = label("", "small")
        self.cancel = QPushButton(self.tr("Cancel"))
        self._make()
        document.session_changed.connect(self._refresh)
        document.results_changed.connect(self._refresh)
        document.problems_changed.connect(self._refresh)
        document.status_changed.connect(self._refresh)
        self._refresh()

    def _make(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 4, 16, 4)
        row.setSpacing(4)
        self._stages = QHBoxLayout(self._branches)
        self._stages.setContentsMargins(0, 0, 0, 0)
        self._stages.setSpacing(2)
        self.short.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.short.setMenu(QMenu(self.short))
        self.short.menu().aboutToShow.connect(self._fill_menu)
        self.short.setAccessibleName(self.tr("stage"))
        row.addWidget(self._branches)
        row.addWidget(self.short)
        row.addSpacing(8)
        row.addWidget(self.starting)
        row.addStretch(1)
        self.size_text.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        row.addWidget(self.size_text)
        self.cancel.setProperty("role", "link")
        self.cancel.clicked.connect(self._document.capturing.cancel)
        row.addWidget(self.cancel)

    def _refresh(self) -> None:
        key = self._document.session.state.framework
        if key != self._framework:
            self._framework = key
            self._rebuild(framework(key).stages)
        for name, pill in self.pills.items():
            pill.setChecked(name == self._document.wanted_stage())
            pill.setToolTip(self._tooltip(name))
        chosen = self.pills.get(self._document.wanted_stage())
        self.short.setText(chosen.text() if chosen else "")
        self.size_text.setText(self._size())
        self._show_status()
        self._fit()

    def _fit(self) -> None:
        """All stages in a row, or one button for them."""
        margins = self.layout().contentsMargins()
        room = self.width() - margins.left() - margins.right() - SLACK
        fits = self._branches.sizeHint().width() <= room
        self._branches.setVisible(fits)
        self.short.setVisible(not fits)

    def _fill_menu(self) -> None:
        menu = self.short.menu()
        menu.clear()
        for name, pill in self.pills.items():
            made = menu.addAction(pill.text())
            made.setCheckable(True)
            made.setChecked(pill.isChecked())
            made.triggered.connect(lambda _checked, name=name: self._choose(name))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """As narrow as its one button."""
        return QSize(120, super().minimumSizeHint().height())

    def _show_status(self) -> None:
        capturing = self._document.capturing
        self.cancel.setVisible(capturing.can_cancel)
        starting = capturing.is_busy and self._framework not in capturing.readiness
        title = framework(self._framework).title
        self.starting.setText(self.tr("starting %1 …").replace("%1", title) if starting else "")

    def _rebuild(self, stages: tuple[StageEntry, ...]) -> None:
        while item := self._stages.takeAt(0):
            discard(item.widget())
        self.pills = {}
        self._stages.addWidget(label(self.tr("source"), "quiet"))
        before = None
        for stage in stages:
            if before is None or stage.derived_from != before:
                self._stages.addWidget(label(" › ", "quiet"))
            before = stage.derived_from
            pill = button("pill", checkable=True)
            pill.setText(stage.title)
            pill.clicked.connect(lambda _checked, name=stage.key: self._choose(name))
            self.pills[stage.key] = pill
            self._stages.addWidget(pill)

    def _choose(self, key: str) -> None:
        self.pills[key].setChecked(key == self._document.wanted_stage())
        self._document.show_stage(key)

    def _tooltip(self, key: str) -> str:
        newest = self._document.capturing.newest
        trouble = newest.trouble(key) if newest else None
        if trouble:
            found = problem(trouble)
            return f"{found.text} {found.hint}".strip()
        entry = framework(self._framework).stage(key)
        if entry and entry.gradient:
            return self.tr("the way forward and the way back, in one graph")
        return self.tr("what the framework records from the text")

    def _size(self) -> str:
        shown = self._document.shown
        if shown is None:
            return ""
        stage = shown.stages[self._document.stage]
        count = len(stage.graph.nodes)
        nodes = self.tr("1 node") if count == 1 else self.tr("%1 nodes").replace("%1", str(count))
        return f"{nodes} · {stage.seconds * 1000:.0f} ms"
