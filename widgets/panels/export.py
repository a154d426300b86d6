"""The dialog that asks where a picture goes: its form, how much of the graph, and in which colours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from explorer.picture.files import PICTURES, SUFFIXES
from explorer.picture.sheet import PAINTED
from widgets.exporting import Extent
from widgets.panels.pieces import label
from widgets.theme import CHOICES

CONTEXT: Final = "ExportDialog"
FORMS: Final = {
    ".png": QT_TRANSLATE_NOOP("ExportDialog", "picture"),
    ".pdf": QT_TRANSLATE_NOOP("ExportDialog", "document, for print and slides"),
    ".svg": QT_TRANSLATE_NOOP("ExportDialog", "drawing, for web and editors"),
    ".html": QT_TRANSLATE_NOOP("ExportDialog", "page with search and details"),
    ".graphml": QT_TRANSLATE_NOOP("ExportDialog", "graph for yEd, Gephi, networkx"),
    ".dot": QT_TRANSLATE_NOOP("ExportDialog", "graph for Graphviz"),
    ".json": QT_TRANSLATE_NOOP("ExportDialog", "graph as JSON"),
    ".txt": QT_TRANSLATE_NOOP("ExportDialog", "graph as text"),
}
COLOURS: Final = {
    "light": QT_TRANSLATE_NOOP("ExportDialog", "light"),
    "dark": QT_TRANSLATE_NOOP("ExportDialog", "dark"),
    "projector": QT_TRANSLATE_NOOP("ExportDialog", "projector"),
}
Take = Callable[[Path, Extent, str], None]


class ExportDialog(QDialog):
    """`take` gets path, extent and theme once somebody has agreed."""

    def __init__(self, path: Path, theme: str, take: Take, *, selection: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Export picture"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._take = take
        self.form, self.path, self.theme = QComboBox(), QLineEdit(str(path)), QComboBox()
        self.extents: dict[Extent, QRadioButton] = {
            "all": QRadioButton(self.tr("the whole graph")),
            "view": QRadioButton(self.tr("what is in view")),
            "selection": QRadioButton(self.tr("the selected cards and the wires between them")),
        }
        self.buttons = QDialogButtonBox()
        self._fill(theme)
        self._place()
        self._has_selection = selection
        self.extents["all"].setChecked(True)
        self.form.currentIndexChanged.connect(self._form_chosen)
        self.path.textChanged.connect(self._path_changed)
        self._path_changed()

    @property
    def extent(self) -> Extent:
        return next(key for key, made in self.extents.items() if made.isChecked())

    def accept(self) -> None:
        path = Path(self.path.text()).expanduser()
        super().accept()
        self._take(path, self.extent, self.theme.currentData())

    def _fill(self, theme: str) -> None:
        for suffix, text in FORMS.items():
            self.form.addItem(f"{suffix}   {_translated(text)}", suffix)
        for name in CHOICES:
            self.theme.addItem(_translated(COLOURS[name]), name)
        self.theme.setCurrentIndex(self.theme.findData(theme))
        save = self.buttons.addButton(self.tr("Export"), QDialogButtonBox.ButtonRole.AcceptRole)
        save.setDefault(True)
        self.buttons.addButton(self.tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.save = save

    def _place(self) -> None:
        rows = QFormLayout()
        rows.setHorizontalSpacing(16)
        rows.setVerticalSpacing(12)
        rows.addRow(label(self.tr("form"), "quiet"), self.form)
        file = QHBoxLayout()
        file.setSpacing(8)
        file.addWidget(self.path, 1)
        elsewhere = QPushButton(self.tr("Choose…"))
        elsewhere.setAutoDefault(False)
        elsewhere.clicked.connect(self._choose)
        file.addWidget(elsewhere)
        self.path.setAccessibleName(self.tr("file"))
        rows.addRow(label(self.tr("file"), "quiet"), file)
        parts = QVBoxLayout()
        parts.setSpacing(6)
        group = QButtonGroup(self)
        for made in self.extents.values():
            group.addButton(made)
            parts.addWidget(made)
        rows.addRow(label(self.tr("part"), "quiet"), parts)
        rows.addRow(label(self.tr("colours"), "quiet"), self.theme)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(20)
        column.addLayout(rows)
        column.addWidget(self.buttons)
        self.resize(560, self.sizeHint().height())

    def _form_chosen(self) -> None:
        path = self.path.text()
        stem = path.removesuffix(Path(path).suffix) if Path(path).suffix in SUFFIXES else path
        self.path.setText(stem + self.form.currentData())

    def _path_changed(self) -> None:
        """What fits the form can be chosen: a graph file has no part and no colours, a page has its reader's."""
        suffix = Path(self.path.text()).suffix
        if suffix in FORMS and suffix != self.form.currentData():
            self.form.setCurrentIndex(self.form.findData(suffix))
        for extent, made in self.extents.items():
            made.setEnabled(extent == "all" or (suffix in PICTURES and (extent != "selection" or self._has_selection)))
        if not next(made for made in self.extents.values() if made.isChecked()).isEnabled():
            self.extents["all"].setChecked(True)
        self.theme.setEnabled(suffix in (*PAINTED, ".svg"))
        self.save.setEnabled(suffix in SUFFIXES and bool(Path(self.path.text()).stem))

    def _choose(self) -> None:
        kinds = " ".join(f"*{suffix}" for suffix in FORMS)
        dialog = QFileDialog(self, self.tr("Export picture"), self.path.text(), kinds)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(self.form.currentData())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.path.setText)
        dialog.open()


def _translated(text: str) -> str:
    return QCoreApplication.translate(CONTEXT, text)
