"""The one style sheet: flat surfaces, hairlines, steps of 4 and 8 px, a ring where the keyboard is.

A widget says what it is by the dynamic property `role` (`widget.setProperty("role", "quiet")`):
QLabel: title, heading (small capitals over a section), quiet, small, mono, code, value, adjoint, formula, error;
QPushButton: primary, link; QToolButton: segment (one of a row, checkable), pill (a stage, checkable), round (play);
QFrame: panel, bar (with a line below), foot (with a line above), card, raised, notice.
"""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING, Final

from explorer.paths import resources

if TYPE_CHECKING:
    from widgets.theme import Theme


def stylesheet(theme: Theme) -> str:
    """The sheet with the theme's colours, fonts and sizes put in."""
    names = {
        f"{table}_{key}": str(value)
        for table, entries in theme.values.items()
        if isinstance(entries, dict) and table != "size"
        for key, value in entries.items()
    }
    sizes = {name: f"{theme.pixels(name)}px" for name in ("small", "body", "large", "title", "display")}
    step = theme.pixels("body") / 14  # paddings grow with the text
    room = {f"px{count}": f"{round(count * step)}px" for count in (2, 3, 4, 6, 8, 12, 16, 18, 20, 28)}
    images = {
        "chevron": _image("chevron-down-grey"),
        "chevron_up": _image("chevron-up-grey"),
        "tick": _image("check-black" if theme.dark else "check-white"),
    }
    families = {kind: ", ".join(f'"{name}"' for name in theme.font(kind).families()) for kind in ("sans", "mono")}
    return Template(SHEET).substitute(names | sizes | room | images | families)


def _image(name: str) -> str:
    return f'url("{(resources() / "icons" / f"{name}.svg").as_posix()}")'


SHEET: Final = """
QWidget { font-size: $body; color: $text_normal; }
QMainWindow, QDialog, QStackedWidget { background: $surface_window; }
QToolTip { background: $surface_card; color: $text_strong; border: 1px solid $border_field; padding: $px6 $px8;
    font-size: $small; }

QLabel { background: transparent; }
QLabel[role="title"] { font-size: $large; font-weight: 600; color: $text_strong; }
QLabel[role="heading"] { font-size: $small; font-weight: 500; color: $text_quiet; letter-spacing: 0.6px; }
QLabel[role="quiet"] { color: $text_quiet; }
QLabel[role="small"] { color: $text_quiet; font-size: $small; }
QLabel[role="mono"] { font-family: $mono; color: $text_strong; }
QLabel[role="code"] { font-family: $mono; font-size: $small; color: $text_strong; background: $surface_hover;
    border-radius: 6px; padding: $px6 $px8; }
QLabel[role="value"] { font-family: $mono; font-size: $title; color: $text_strong; }
QLabel[role="adjoint"] { font-family: $mono; color: $cotangent_text; }
QLabel[role="formula"] { font-family: $mono; color: $text_strong; background: $cotangent_tint;
    border: 1px solid $cotangent_border; border-radius: 8px; padding: $px12; }
QLabel[role="error"] { color: $text_strong; font-weight: 600; }

QFrame[role="panel"] { background: $surface_window; border: none; }
QFrame[role="bar"] { background: $surface_window; border: none; border-bottom: 1px solid $border_hairline; }
QFrame[role="foot"] { background: $surface_window; border: none; border-top: 1px solid $border_hairline; }
QFrame[role="card"] { background: $surface_card; border: 1px solid $border_hairline; border-radius: 8px; }
QFrame[role="raised"] { background: $surface_card; border: 1px solid $border_card; border-radius: 12px; }
QFrame[role="notice"] { background: $surface_hover; border: 1px solid $border_hairline; border-radius: 8px; }

QPushButton { background: $surface_window; color: $text_strong; border: 1px solid $border_field; border-radius: 6px;
    padding: $px6 $px12; }
QPushButton:hover { background: $surface_hover; }
QPushButton:pressed, QPushButton:checked { background: $surface_pressed; }
QPushButton:disabled { color: $text_disabled; border-color: $border_hairline; }
QPushButton:focus { border: 2px solid $border_focus; margin: -1px; }
QPushButton[role="primary"], QPushButton:default { background: $surface_strong; color: $text_on_strong;
    border-color: $surface_strong; font-weight: 600; }
QPushButton[role="primary"]:disabled { background: $surface_pressed; color: $text_disabled;
    border-color: $surface_pressed; }
QPushButton[role="primary"]:focus, QPushButton:default:focus { border: 2px solid $border_focus; }
QPushButton[role="link"] { background: transparent; border: 1px solid transparent; color: $text_chosen;
    text-align: left; padding: $px4; }
QPushButton[role="link"]:hover { text-decoration: underline; }
QPushButton[role="link"]:focus { border: 2px solid $border_focus; margin: -1px; }

QToolButton { background: transparent; color: $text_normal; border: 2px solid transparent; border-radius: 6px;
    padding: $px4 $px6; }
QToolButton:hover { background: $surface_hover; }
QToolButton:pressed { background: $surface_pressed; }
QToolButton:checked { background: $surface_pressed; color: $text_strong; font-weight: 600; }
QToolButton:disabled { color: $text_disabled; }
QToolButton:focus { border-color: $border_focus; }
QToolButton::menu-indicator { image: $chevron; width: 10px; height: 10px;
    subcontrol-position: right center; right: 4px; }
QToolButton[popupMode="2"] { padding-right: $px16; }
QToolButton[role="segment"] { border: 1px solid $border_field; border-radius: 6px; padding: $px4 $px12; }
QToolButton[role="segment"]:checked { background: $surface_strong; color: $text_on_strong;
    border-color: $surface_strong; font-weight: 500; }
QToolButton[role="segment"]:focus { border: 2px solid $border_focus; }
QToolButton[role="pill"] { border-radius: $px12; padding: $px2 $px8; }
QToolButton[role="pill"][popupMode="2"] { padding-right: $px20; }
QToolButton[role="pill"]:checked { background: $surface_chosen; color: $text_chosen; font-weight: 600; }
QToolButton[role="round"] { background: $surface_strong; border-radius: $px18; padding: $px6; }
QToolButton[role="round"]:disabled { background: $surface_pressed; }
QToolButton[role="round"]:focus { border-color: $border_focus; }

QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDoubleSpinBox { background: $surface_field; color: $text_strong;
    border: 1px solid $border_field; border-radius: 6px; padding: $px4 $px6;
    selection-background-color: $surface_chosen; selection-color: $text_chosen; placeholder-text-color: $text_quiet; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus {
    border: 2px solid $border_focus; padding: $px3 $px4; }
QLineEdit:disabled, QPlainTextEdit:disabled { color: $text_disabled; border-color: $border_hairline; }
QPlainTextEdit, QTextEdit { font-family: $mono; }
QPlainTextEdit[role="plain"], QTextEdit[role="plain"] { border: none; border-radius: 0; padding: $px8; }
QPlainTextEdit[role="plain"]:focus, QTextEdit[role="plain"]:focus { border: none;
    border-left: 2px solid $border_focus; padding: $px8 $px8 $px8 $px6; }
QSpinBox::up-button, QDoubleSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::down-button {
    border: none; background: transparent; width: $px16; }
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow { image: $chevron_up; width: 10px; height: 10px; }
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow { image: $chevron; width: 10px; height: 10px; }

QComboBox { background: $surface_field; color: $text_strong; border: 1px solid $border_field; border-radius: 6px;
    padding: $px4 $px20 $px4 $px8; }
QComboBox:hover { background: $surface_hover; }
QComboBox:focus { border: 2px solid $border_focus; padding: $px3 $px20 $px3 $px6; }
QComboBox:disabled { color: $text_disabled; border-color: $border_hairline; }
QComboBox::drop-down { border: none; width: $px20; }
QComboBox::down-arrow { image: $chevron; width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: $surface_card; border: 1px solid $border_field; padding: $px4; outline: none;
    selection-background-color: $surface_chosen; selection-color: $text_chosen; }

QCheckBox, QRadioButton { spacing: $px8; background: transparent; }
QCheckBox::indicator, QRadioButton::indicator { width: $px16; height: $px16; border: 1px solid $border_field;
    background: $surface_field; }
QCheckBox::indicator { border-radius: 4px; }
QRadioButton::indicator { border-radius: $px8; }
QCheckBox::indicator:checked { background: $surface_strong; border-color: $surface_strong; image: $tick; }
QRadioButton::indicator:checked { background: $surface_field; border: 5px solid $surface_strong;
    width: 8px; height: 8px; border-radius: 9px; }
QCheckBox::indicator:focus, QRadioButton::indicator:focus { border: 2px solid $border_focus; }

QSlider { background: transparent; }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $surface_pressed; margin: 0 $px8; }
QSlider::sub-page:horizontal { height: 4px; border-radius: 2px; background: $surface_strong; margin: 0 $px8; }
QSlider::handle:horizontal { width: 12px; height: 12px; margin: -6px -8px; border-radius: 8px;
    background: $surface_card; border: 2px solid $surface_strong; }
QSlider::handle:horizontal:hover { background: $surface_hover; }
QSlider::handle:horizontal:focus { border-color: $border_focus; background: $surface_chosen; }
QSlider::handle:horizontal:disabled { border-color: $border_field; }

QTabWidget::pane { border: none; border-top: 1px solid $border_hairline; }
QTabBar { background: transparent; qproperty-drawBase: 0; }
QTabBar::tab { background: transparent; color: $text_normal; border: 2px solid transparent; border-radius: 6px;
    padding: $px4 $px12; margin: $px4 $px2; }
QTabBar::tab:hover { background: $surface_hover; }
QTabBar::tab:selected { background: $surface_pressed; color: $text_strong; font-weight: 600; }
QTabBar:focus::tab:selected, QTabBar::tab:selected:focus { border-color: $border_focus; }
QTabBar::tab:disabled { color: $text_disabled; }

QTableView, QTreeView, QListView { background: $surface_window; alternate-background-color: $surface_hover;
    color: $text_normal; border: none; gridline-color: $border_hairline; outline: none;
    selection-background-color: $surface_chosen; selection-color: $text_chosen; }
QTableView::item, QTreeView::item, QListView::item { padding: $px4 $px8; border: none; }
QTableView::item:hover, QTreeView::item:hover, QListView::item:hover { background: $surface_hover; }
QTableView::item:selected, QTreeView::item:selected, QListView::item:selected { background: $surface_chosen;
    color: $text_chosen; }
QTableView:focus, QTreeView:focus, QListView:focus { border: 2px solid $border_focus; }
QHeaderView { background: $surface_window; border: none; }
QHeaderView::section { background: $surface_window; color: $text_quiet; font-size: $small; border: none;
    border-bottom: 1px solid $border_hairline; padding: $px4 $px8; }
QTableCornerButton::section { background: $surface_window; border: none; }

QScrollBar { background: transparent; border: none; }
QScrollBar:vertical { width: 12px; margin: 0; }
QScrollBar:horizontal { height: 12px; margin: 0; }
QScrollBar::handle { background: $border_field; border-radius: 3px; }
QScrollBar::handle:vertical { min-height: 32px; margin: 3px; }
QScrollBar::handle:horizontal { min-width: 32px; margin: 3px; }
QScrollBar::handle:hover { background: $text_quiet; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QScrollArea { background: transparent; border: none; }
QScrollArea > QWidget > QWidget { background: transparent; }

QMenuBar { background: $surface_window; color: $text_normal; border: none; padding: $px2; }
QMenuBar::item { background: transparent; padding: $px4 $px8; border-radius: 4px; }
QMenuBar::item:selected { background: $surface_pressed; color: $text_strong; }
QMenu { background: $surface_card; color: $text_normal; border: 1px solid $border_field; padding: $px4; }
QMenu::item { padding: $px6 $px28 $px6 $px12; border-radius: 4px; margin: 0; }
QMenu::item:selected { background: $surface_chosen; color: $text_chosen; }
QMenu::item:disabled { color: $text_disabled; }
QMenu::separator { height: 1px; background: $border_hairline; margin: $px4 $px8; }
QMenu::icon { padding-left: $px8; }

QProgressBar { background: $surface_pressed; border: none; border-radius: 2px; max-height: 4px; min-height: 4px;
    text-align: center; color: transparent; }
QProgressBar::chunk { background: $border_focus; border-radius: 2px; }
QSplitter::handle { background: $border_hairline; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }
QSplitter::handle:hover { background: $border_focus; }
QStatusBar { background: $surface_window; color: $text_quiet; border-top: 1px solid $border_hairline; }
QStatusBar::item { border: none; }
QToolBar { background: $surface_window; border: none; border-bottom: 1px solid $border_hairline; spacing: $px4;
    padding: $px4 $px8; }
QToolBar::separator { background: $border_hairline; width: 1px; margin: $px4; }
QDockWidget { titlebar-close-icon: none; color: $text_quiet; font-size: $small; }
QDockWidget::title { background: $surface_window; padding: $px8; border-bottom: 1px solid $border_hairline; }
QGroupBox { border: 1px solid $border_hairline; border-radius: 8px; margin-top: $px16; padding: $px8; }
QGroupBox::title { subcontrol-origin: margin; left: $px8; color: $text_quiet; font-size: $small; }
"""
