"""Every digit, for whoever rests the mouse on a card or a wire."""

from __future__ import annotations

from html import escape
from typing import Final

from PySide6.QtCore import QCoreApplication

from explorer.capture.record import Cell
from explorer.picture.labels import exact_text
from widgets.canvas.facts import Facts
from widgets.canvas.groups import group_text

LONGEST: Final = 400  # characters of one number's text


def card_text(facts: Facts, card: int) -> list[str]:
    """A card or frame in words, one line per row: what it is, its type or size, its value, its adjoint."""
    scene = facts.index.scene
    if facts.index.is_frame(card):
        frame = card - facts.index.count
        named = ", ".join(part for part in (scene.frames.title[frame], scene.frames.word[frame]) if part)
        return [named, group_text(facts.index, card)]
    lines = [", ".join(part for part in (scene.title[card], scene.word[card]) if part), scene.type_text[card]]
    if facts.index.is_group[card]:
        lines.insert(1, group_text(facts.index, card))
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
    said = _missing() if cell is None else _exact(cell)
    if facts.index.uses[wire] > 1:  # the first of them would stand for all
        said = QCoreApplication.translate("tooltips", "%1 values").replace("%1", str(facts.index.uses[wire]))
    return f"<b>{escape(producer)} → {escape(user)}</b><br>{escape(said)}"


def _missing() -> str:
    return QCoreApplication.translate("tooltips", "not computed yet")


def _exact(cell: Cell) -> str:
    text = exact_text(cell)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
