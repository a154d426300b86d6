"""Every digit, for whoever rests the mouse on a card or a wire."""

from __future__ import annotations

from html import escape
from typing import Final

from PySide6.QtCore import QCoreApplication

from explorer.capture.record import Cell
from explorer.picture.labels import exact_text
from widgets.canvas.facts import Facts

LONGEST: Final = 400  # characters of one number's text


def card_text(facts: Facts, card: int) -> list[str]:
    """A card in words, one line per row: what it is, its type, its value, its adjoint."""
    scene = facts.index.scene
    lines = [", ".join(part for part in (scene.title[card], scene.word[card]) if part), scene.type_text[card]]
    value, adjoint = facts.entries(card)
    for entry, cell, said in (
        (value, facts.value_cell(card), QCoreApplication.translate("tooltips", "value")),
        (adjoint, facts.adjoint_cell(card), QCoreApplication.translate("tooltips", "adjoint")),
    ):
        if entry is not None:
            lines.append(f"{said} {_missing() if entry.pending or cell is None else _exact(cell)}")
    return [line for line in lines if line]


def card_tooltip(facts: Facts, card: int) -> str:
    """Rich text, so that long lines wrap."""
    first, *rest = card_text(facts, card)
    return "<br>".join([f"<b>{escape(first)}</b>", *map(escape, rest)])


def wire_tooltip(facts: Facts, wire: int) -> str:
    """What flows along a wire, and between which cards."""
    scene = facts.index.scene
    producer, user = (scene.title[card] for card in scene.wire_ends[wire].tolist())
    cell = facts.flowing(wire)
    return f"<b>{escape(producer)} → {escape(user)}</b><br>{escape(_missing() if cell is None else _exact(cell))}"


def _missing() -> str:
    return QCoreApplication.translate("tooltips", "not computed yet")


def _exact(cell: Cell) -> str:
    text = exact_text(cell)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
