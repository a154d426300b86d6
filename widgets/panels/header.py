"""The line on top: name, tabs, frameworks, device."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QButtonGroup, QComboBox, QFrame, QHBoxLayout, QToolButton, QWidget

from explorer.adapters import FRAMEWORKS
from explorer.worker.events import Ready
from widgets.documents import Document
from widgets.messages import problem
from widgets.panels.pieces import button, label

TABS = ("graph", "train")


class Header(QFrame):
    """Which tab, which framework, which device. A framework under the pointer is started ahead of the click."""

    tab_chosen = Signal(str)

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "bar")
        self._document = document
        self.tabs: dict[str, QToolButton] = {}
        self.frameworks: dict[str, QToolButton] = {}
        self.device = QComboBox()
        self._make()
        document.session_changed.connect(self._session_changed)
        document.inputs_changed.connect(self._show_possible)
        document.capturing.ready.connect(self._ready)
        self._session_changed(frozenset({"framework", "device"}))

    def _make(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, 16, 6)
        row.setSpacing(4)
        name = label("Backflow", "title")
        row.addWidget(name)
        row.addSpacing(12)
        for key, text in zip(TABS, (self.tr("Graph"), self.tr("Train")), strict=True):
            row.addWidget(self._tab(key, text))
        row.addStretch(1)
        group = QButtonGroup(self)
        for entry in FRAMEWORKS:
            made = button("segment", checkable=True)
            made.setText(entry.title)
            made.setToolTip(self.tr("Show what %1 builds from the text").replace("%1", entry.title))
            made.clicked.connect(lambda _checked, key=entry.key: self._document.choose_framework(key))
            made.installEventFilter(self)
            group.addButton(made)
            self.frameworks[entry.key] = made
            row.addWidget(made)
        row.addSpacing(12)
        row.addWidget(label(self.tr("device"), "quiet"))
        self.device.setAccessibleName(self.tr("device"))
        self.device.activated.connect(self._device_chosen)
        row.addWidget(self.device)

    def _tab(self, key: str, text: str) -> QToolButton:
        made = button(checkable=True)
        made.setText(text)
        made.setAutoExclusive(True)
        made.setChecked(key == TABS[0])
        made.clicked.connect(lambda: self.tab_chosen.emit(key))
        self.tabs[key] = made
        return made

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Enter, QEvent.Type.FocusIn):
            for key, made in self.frameworks.items():
                if watched is made:
                    self._document.capturing.prepare(key)
        return super().eventFilter(watched, event)

    def _session_changed(self, changed: frozenset[str]) -> None:
        state = self._document.session.state
        if "framework" in changed:
            self.frameworks[state.framework].setChecked(True)
        if changed & {"framework", "device"}:
            self._fill_devices()

    def _show_possible(self) -> None:
        """A model is written for one framework: the others cannot show it."""
        for key, made in self.frameworks.items():
            made.setEnabled(key in self._document.typed.frameworks)

    def _ready(self, key: str) -> None:
        if key not in self.frameworks:
            return
        answer = self._document.capturing.readiness[key]
        title = self.frameworks[key].text()
        if isinstance(answer, Ready):
            self.frameworks[key].setToolTip(f"{title} {answer.version}")
        else:
            found = problem(answer.diagnostic)
            self.frameworks[key].setToolTip(f"{found.text} {found.hint}".strip())
        if key == self._document.session.state.framework:
            self._fill_devices()

    def _fill_devices(self) -> None:
        state = self._document.session.state
        answer = self._document.capturing.readiness.get(state.framework)
        devices = answer.devices if isinstance(answer, Ready) else ()
        self.device.clear()
        for device in devices:
            self.device.addItem(device.id, device.id)
            self.device.setItemData(self.device.count() - 1, f"{device.kind} {device.name}", 3)  # tooltip
        if self.device.findData(state.device) < 0:
            self.device.addItem(state.device, state.device)
        self.device.setCurrentIndex(self.device.findData(state.device))
        only = self.tr("%1 reports this one device").replace("%1", self.frameworks[state.framework].text())
        self.device.setToolTip(only if len(devices) == 1 else self.tr("where the arrays live"))

    def _device_chosen(self) -> None:
        self._document.session.show(device=self.device.currentData())
