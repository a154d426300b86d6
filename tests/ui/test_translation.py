"""Bulgarian: complete, with the same places for numbers, and really put on."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale, QTranslator
from PySide6.QtWidgets import QApplication

from explorer.paths import resources
from tests.ui.toy_workers import ToyWorkers
from widgets.actions import COMMANDS, MENUS
from widgets.application import install_language
from widgets.main_window import MainWindow
from widgets.theme import Themes

PLACES = re.compile(r"%\d|\{\w+\}")
SOURCE = resources() / "translations" / "backflow_bg.ts"


def messages() -> list[tuple[str, str, str]]:
    """(context, text, translation) of every message."""
    return [
        (context.findtext("name", ""), message.findtext("source", ""), message.findtext("translation", ""))
        for context in ElementTree.parse(SOURCE).getroot().iter("context")
        for message in context.iter("message")
    ]


@pytest.fixture
def bulgarian(qapp: QApplication) -> Iterator[None]:
    before = set(qapp.findChildren(QTranslator))
    assert install_language(qapp, QLocale("bg_BG"))
    yield
    for translator in set(qapp.findChildren(QTranslator)) - before:
        qapp.removeTranslator(translator)
        translator.deleteLater()


def test_every_text_is_translated_and_keeps_its_places() -> None:
    for context, text, translation in messages():
        assert translation, f"{context}: {text}"
        assert sorted(PLACES.findall(text)) == sorted(PLACES.findall(translation)), f"{context}: {text}"
        assert ("&" in text) == ("&" in translation), f"{context}: {text}"


def test_every_command_and_menu_is_in_the_file() -> None:
    there = {text for context, text, _ in messages() if context == "Commands"}
    assert {command.text for command in COMMANDS} | {title for _, title in MENUS} <= there


def test_the_window_speaks_bulgarian(
    bulgarian: None, qtbot: object, workers: ToyWorkers, themes: Themes, folder: Path
) -> None:
    window = MainWindow(workers, themes, folder)
    try:
        titles = [action.text() for action in window.menuBar().actions()]
        assert titles[0] == "&Файл"
        letters = [title.partition("&")[2][:1].lower() for title in titles]
        assert len(set(letters)) == len(letters)
        assert window.header.tabs["train"].text() == "Обучение"
        assert window.actions_by_name["find"].text() == "Търси"
    finally:
        window.close()
        window.deleteLater()
