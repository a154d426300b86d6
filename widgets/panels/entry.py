"""Which of the things that a text defines is shown: a list beside the text, there only where there is a choice."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QComboBox, QWidget

from widgets.documents import Document


class EntryPicker(QComboBox):
    """Follows the newest capture; choosing another entry captures that one."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self.setAccessibleName(self.tr("What of the text is shown"))
        self.setToolTip(self.tr("What of the text is shown"))
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.activated.connect(self._chosen)
        document.inputs_changed.connect(self.refresh)
        document.results_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Fill the list from what the worker found in the text."""
        newest = self._document.capturing.newest
        loaded = newest.loaded if newest else None
        if loaded is None:
            if not self._document.typed.is_model:
                self.hide()
            return  # until the worker has answered, the list stays
        names = [entry.name for entry in loaded.entries]
        if names != [self.itemText(row) for row in range(self.count())]:
            with QSignalBlocker(self):
                self.clear()
                for entry in loaded.entries:
                    self.addItem(entry.name, entry.name)
                    self.setItemData(self.count() - 1, f"{entry.kind}, {entry.line}", 3)  # tooltip
        self.setCurrentIndex(names.index(loaded.entry.name))
        self.setVisible(len(names) > 1)

    def _chosen(self) -> None:
        self._document.session.show(entry=self.currentData())
