"""Numbers as people read them: four significant digits, groups of three, never "-0", NaN and infinity named."""

from __future__ import annotations

import math

import numpy as np

from explorer.capture.record import Cell, Summary
from explorer.graph.ir import TensorType

DIGITS = 4
THIN_SPACE = "\u2009"
MINUS = "−"
NAN, INFINITY, MORE = "NaN", "∞", "…"
LISTED = 3  # entries of a vector that are written out
PLAIN_FROM, PLAIN_BELOW = 1e-4, 1e6  # magnitudes written without an exponent


def value_text(cell: Cell) -> str:
    """One line: a number, `[0.1, 0.2, …]` for a vector, `-1.2 … 3.4` (least, greatest) for anything larger.

    NaNs and infinities of a larger array are counted at its end: `-1.2 … 3.4  2 NaN`.
    """
    return value_texts(cell)[0]


def value_texts(cell: Cell) -> tuple[str, ...]:
    """`value_text` and shorter forms of it, for where it does not fit; none cuts a number in the middle."""
    if isinstance(cell, Summary):
        return _range_texts(cell.minimum, cell.maximum, cell.nans, cell.infinities)
    array = np.asarray(cell)
    if array.ndim == 0:
        return (number_text(array.item()),)
    if array.ndim == 1:
        return _vector_texts(array)
    if not array.size:
        return ("[]",)
    numbers = array.astype(np.float64)
    finite = numbers[np.isfinite(numbers)]
    least, most = (float(finite.min()), float(finite.max())) if finite.size else (math.nan, math.nan)
    if array.dtype.kind in "iub":
        least, most = int(least), int(most)
    return _range_texts(least, most, int(np.isnan(numbers).sum()), int(np.isinf(numbers).sum()))


def _vector_texts(array: np.ndarray) -> tuple[str, ...]:
    entries = [number_text(entry) for entry in array[:LISTED].tolist()]
    whole = [entries] if array.size <= LISTED else []
    cut = [[*entries[:kept], MORE] for kept in range(min(LISTED, array.size) - 1, 0, -1)]
    return tuple(f"[{', '.join(listed)}]" for listed in [*whole, *cut])


def _range_texts(least: float, most: float, nans: int, infinities: int) -> tuple[str, ...]:
    counts = "  ".join(f"{count} {mark}" for count, mark in ((nans, NAN), (infinities, INFINITY)) if count)
    if math.isnan(least):
        return (counts,)
    span = number_text(least) if least == most else f"{number_text(least)} {MORE} {number_text(most)}"
    return (f"{span}  {counts}", counts) if counts else (span,)


def number_text(number: complex) -> str:
    """One number: bool as Python has it, int in full where it is short, float with four significant digits."""
    if isinstance(number, bool):
        return str(number)
    if isinstance(number, complex):
        sign = MINUS if number.imag < 0 else "+"
        return f"{number_text(number.real)} {sign} {number_text(abs(number.imag))}i"
    if isinstance(number, int):
        return _signed(number, _grouped(str(abs(number))) if abs(number) < 10**10 else _exponent(abs(number)))
    if math.isnan(number):
        return NAN
    return _signed(number, INFINITY if math.isinf(number) else _magnitude(abs(number)))


def _signed(number: float, text: str) -> str:
    return MINUS + text if number < 0 else text


def _magnitude(size: float) -> str:
    rounded = float(f"{size:.{DIGITS - 1}e}")
    if size and not PLAIN_FROM <= rounded < PLAIN_BELOW:
        return _exponent(size)
    if size.is_integer():
        return _grouped(f"{size:.0f}") + (".0" if size < 1000 else "")
    whole, _, fraction = f"{rounded:.{max(0, DIGITS - 1 - math.floor(math.log10(rounded)))}f}".partition(".")
    fraction = fraction.rstrip("0") or ("0" if rounded < 1000 else "")
    return _grouped(whole) + (f".{fraction}" if fraction else "")


def _exponent(size: float) -> str:
    mantissa, exponent = f"{size:.{DIGITS - 1}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{_signed(int(exponent), str(abs(int(exponent))))}"


def _grouped(digits: str) -> str:
    return f"{int(digits):,}".replace(",", THIN_SPACE)


def size_text(size: int) -> str:
    """Bytes as people read them: `4 B`, `12.5 KB`."""
    number, unit = float(size), "B"
    for larger in ("KB", "MB", "GB", "TB"):
        if number < 1000:
            break
        number, unit = number / 1024, larger
    return f"{number:.4g} {unit}"


def exact_text(cell: Cell) -> str:
    """Every digit, for a tooltip or the clipboard: the shortest text that reads back as the same numbers.

    A Summary no longer has its entries; its statistics are given in full.
    """
    if isinstance(cell, Summary):
        facts = {"min": cell.minimum, "max": cell.maximum, "mean": cell.mean, "norm": cell.norm}
        counts = {"zeros": cell.zeros, "NaN": cell.nans, "inf": cell.infinities}
        listed = [f"{name} {number!r}" for name, number in facts.items()]
        listed += [f"{name} {count}" for name, count in counts.items() if count]
        return f"{TensorType(cell.dtype, cell.shape)}  {'  '.join(listed)}"
    array = np.asarray(cell)
    if array.ndim == 0:
        return str(array[()])
    return np.array2string(array, separator=", ", threshold=array.size + 1, floatmode="unique")
