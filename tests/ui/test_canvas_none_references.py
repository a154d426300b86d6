"""PySide6 6.12.0 on Python 3.11 loses one reference of None per void call; a canvas makes thousands per second.

Once the few thousand references are used up the process ends with "deallocating None". This test says at once that a
version of PySide6 that does so has come in (None is immortal from Python 3.12 on, where it cannot happen).
"""

from __future__ import annotations

import sys

from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

CALLS = 1000
TOLERATED = CALLS // 10  # what the interpreter itself takes and gives meanwhile


def test_void_calls_do_not_use_up_none(qtbot: QtBot) -> None:
    image = QImage(10, 10, QImage.Format.Format_ARGB32_Premultiplied)
    painter = QPainter(image)
    before = sys.getrefcount(None)
    for _ in range(CALLS):
        painter.drawRect(0, 0, 1, 1)
    lost = before - sys.getrefcount(None)
    painter.end()
    assert lost < TOLERATED


def test_overrides_that_return_nothing_do_not_use_up_none(qtbot: QtBot) -> None:
    class Painted(QWidget):
        count = 0

        def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
            self.count += 1

    widget = Painted()
    qtbot.addWidget(widget)
    widget.resize(100, 100)
    with qtbot.waitExposed(widget):
        widget.show()
    before, painted = sys.getrefcount(None), widget.count
    for _ in range(CALLS):
        widget.repaint()
    assert widget.count - painted == CALLS
    assert before - sys.getrefcount(None) < TOLERATED
