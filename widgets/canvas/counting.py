"""A number on its way to a card during a playback step. No Qt."""

from __future__ import annotations

from typing import Final

import numpy as np

from explorer.picture.labels import number_text
from widgets.canvas.facts import Entry, scalar

COMES: Final = 0.3  # of a step: nothing is there before
ARRIVED: Final = 0.85  # and all of it is from here on


def on_the_way(entry: Entry | None, share: float) -> Entry | None:
    """The row at `share` of the step: not computed yet, then counted up as precisely as it will be.

    A sum shows its terms first. What is no single number appears whole.
    """
    if entry is None or entry.pending or share >= ARRIVED:
        return entry
    if share < COMES:
        return Entry((), None, True, entry.backward)
    terms = tuple(text.rpartition(" = ")[0] for text in entry.texts[:-1] if " = " in text)
    number = scalar(entry.cell)
    if number is None or not np.isfinite(number):
        return entry
    final = number_text(number)
    digits = len(final.partition(".")[2]) if "e" not in final else 0
    counted = round(float(number) * (share - COMES) / (ARRIVED - COMES), digits)
    return Entry((*terms, number_text(counted)), None, False, entry.backward)
