"""What there is to click before anything is typed: a famous expression, a small network, a file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from widgets.panels.pieces import label
from widgets.samples import sample

FIRST, SECOND = "product-of-a-sum", "small-network"


class EmptyPanel(QWidget):
    """`sample_chosen` carries the path of a sample; `open_asked` wants the file dialog."""

    sample_chosen = Signal(Path)
    open_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(32, 32, 32, 32)
        column.setSpacing(12)
        column.addStretch(2)
        title = label(self.tr("Type an expression, or start from one"), "title")
        title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(title)
        help_text = self.tr(
            "You see the graph that PyTorch, TensorFlow and JAX build from it, values and gradients included."
        )
        more = label(help_text, "quiet", wrap=True)
        more.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(more)
        column.addSpacing(16)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addStretch(1)
        self.choices = [
            self._choice(self.tr("A famous expression"), sample(FIRST).short),
            self._choice(self.tr("A small network"), sample(SECOND).short),
            self._choice(self.tr("Your own file"), self.tr("open, or drop it here")),
        ]
        for choice in self.choices:
            row.addWidget(choice)
        row.addStretch(1)
        column.addLayout(row)
        column.addStretch(3)
        self.choices[0].clicked.connect(lambda: self.sample_chosen.emit(sample(FIRST).path))
        self.choices[1].clicked.connect(lambda: self.sample_chosen.emit(sample(SECOND).path))
        self.choices[2].clicked.connect(self.open_asked)

    def _choice(self, title: str, below: str) -> QPushButton:
        made = Choice(title, below)
        made.setAccessibleName(f"{title}: {below}")
        return made


class Choice(QPushButton):
    """A button with a title and a quiet line below it."""

    def __init__(self, title: str, below: str) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(4)
        for shown in (label(title, "error"), label(below, "quiet", wrap=True)):
            shown.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            column.addWidget(shown)
        column.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        line = self.fontMetrics().lineSpacing()
        return QSize(round(13 * line), round(5.2 * line))
