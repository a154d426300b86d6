"""The curves of a run record as a PNG, without a window: `python -m widgets.plots.picture run.json out.png`.

Runs in a process of its own on Qt's offscreen platform; the command line starts it for `backflow train -o run.png`.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from explorer.errors import ExplorerError
from explorer.training.models import initial
from explorer.training.record import RunRecord, read
from widgets.plots.boundary import BoundaryPlot
from widgets.plots.curves import LivePlot
from widgets.plots.fit import FitPlot
from widgets.theme import CHOICES, Theme, Themes, load_fonts

SIZE = (1280, 720)


def picture(record: RunRecord, theme: Theme, *, width: int = SIZE[0], height: int = SIZE[1]) -> QImage:
    """Diagnosis, loss curves, fit and note of a run on one sheet of width x height pixels. Needs a QApplication."""
    sheet = _sheet(record, theme)
    sheet.resize(width, height)
    sheet.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    sheet.show()
    QApplication.processEvents()
    image = sheet.grab().toImage()
    sheet.close()
    return image


def _sheet(record: RunRecord, theme: Theme) -> QWidget:
    sheet = QWidget()
    sheet.setStyleSheet(f"QWidget {{ background: {theme.colour('surface.card').name()}; }}")
    rows = QVBoxLayout(sheet)
    rows.setContentsMargins(28, 24, 28, 20)
    rows.setSpacing(12)
    rows.addWidget(_words(record.diagnosis.text(), "title"))
    curves = LivePlot(theme)
    curves.begin(len(record.train))
    curves.extend(record.train, record.validation)
    curves.set_overfitting(record.diagnosis.overfits)
    plots = QHBoxLayout()
    plots.setSpacing(24)
    plots.addWidget(curves, 3)
    if len(record.fit):
        plots.addWidget(_fit(record, theme), 2)
    if record.view.picture.size:
        plots.addWidget(_boundary(record, theme), 2)
    rows.addLayout(plots, 1)
    rows.addWidget(_words(record.note, "small"))
    return sheet


def _fit(record: RunRecord, theme: Theme) -> FitPlot:
    plot = FitPlot(theme)
    plot.set_task(initial(record.config))
    plot.set_fit(record.fit)
    plot.set_best(record.best_fit, plot.tr("step {step}").format(step=record.best_step))
    return plot


def _boundary(record: RunRecord, theme: Theme) -> BoundaryPlot:
    plot = BoundaryPlot(theme)
    plot.set_task(initial(record.config))
    plot.set_picture(record.view.picture)
    return plot


def _words(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setProperty("role", role)
    return label


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0, or 2 with one sentence on standard error where the record or the picture's place is no good."""
    parser = argparse.ArgumentParser(prog="python -m widgets.plots.picture")
    parser.add_argument("record", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--theme", choices=CHOICES, default="light")
    wanted = parser.parse_args(arguments)
    try:
        record = read(wanted.record)
    except ExplorerError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    os.environ["QT_QPA_PLATFORM"] = "offscreen"  # also where there is a display: nothing is to appear on it
    app = QApplication.instance() or QApplication([])
    load_fonts()
    themes = Themes(app, chosen=wanted.theme)
    themes.apply()
    if not picture(record, themes.current).save(str(wanted.output), "PNG"):
        print(f"{wanted.output} cannot be written.", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
