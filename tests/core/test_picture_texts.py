"""What is written on a card: font widths, texts cut to fit, numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.capture.record import Summary
from explorer.paths import resources
from explorer.picture import measure_fonts
from explorer.picture.fonts import ELLIPSIS, FALLBACK, advances, elide, text_width
from explorer.picture.labels import exact_text, number_text, value_text, value_texts

ttlib = pytest.importorskip("fontTools.ttLib")

SAMPLES = ("dot_general", "f32[4, 3]", "matrix product", "−1.234 … 5.678", "∂L/∂w", "производная", "αβγ × 10")


@pytest.mark.parametrize("font", measure_fonts.FILES)
def test_widths_are_those_of_the_shipped_files(font):
    file = ttlib.TTFont(resources() / "fonts" / measure_fonts.FILES[font])
    cmap, metrics, unit = file.getBestCmap(), file["hmtx"], file["head"].unitsPerEm
    for text in SAMPLES:
        assert all(ord(sign) in cmap for sign in text), text
        real = sum(metrics[cmap[ord(sign)]][0] for sign in text) / unit
        assert text_width(text, font, 14.0) == pytest.approx(14.0 * real, rel=0.01)


@pytest.mark.parametrize("font", measure_fonts.FILES)
def test_the_table_is_what_the_files_measure(font):
    measured = measure_fonts.advances(resources() / "fonts" / measure_fonts.FILES[font])
    table = {
        chr(code): int(width)
        for width, runs in measured.items()
        for first, last in zip(runs[::2], runs[1::2], strict=True)
        for code in range(first, last + 1)
    }
    assert advances(font) == FALLBACK | table


def test_every_font_has_its_licence():
    for family in ("Inter", "JetBrainsMono"):
        text = (resources() / "fonts" / f"{family}-OFL.txt").read_text("utf-8")
        assert "SIL OPEN FONT LICENSE" in text.upper()


def test_digits_are_equally_wide_in_mono():
    assert len({text_width(digit, "mono", 17.0) for digit in "0123456789.-"}) == 1


@given(st.text(max_size=40), st.floats(0, 300), st.sampled_from(["sans", "mono-bold"]))
def test_an_elided_text_fits_and_says_that_it_was_cut(text, width, font):
    short = elide(text, font, 14.0, width)
    assert text_width(short, font, 14.0) <= width or not short
    assert short in (text, "") or (short.endswith(ELLIPSIS) and text.startswith(short[:-1]))


def test_elide_keeps_as_much_as_fits():
    whole = text_width("broadcast…", "mono", 12.0)
    assert elide("broadcast_in_dim", "mono", 12.0, whole) == "broadcast…"
    assert elide("broadcast_in_dim", "mono", 12.0, whole - 0.1) == "broadcas…"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0.0"),
        (-0.0, "0.0"),
        (2.0, "2.0"),
        (0.1, "0.1"),
        (1 / 3, "0.3333"),
        (-1.23456, "−1.235"),
        (9.9996, "10.0"),
        (999.96, "1\u2009000"),
        (12345.6, "12\u2009350"),
        (123456.0, "123\u2009456"),
        (1e6, "1e6"),
        (1234567.0, "1.235e6"),
        (0.00012346, "0.0001235"),
        (0.000012346, "1.235e−5"),
        (-2.5e-30, "−2.5e−30"),
        (float("nan"), "NaN"),
        (float("inf"), "∞"),
        (float("-inf"), "−∞"),
        (3, "3"),
        (-1234567, "−1\u2009234\u2009567"),
        (10**12, "1e12"),
        (True, "True"),
        (1.5 - 2j, "1.5 − 2.0i"),
    ],
)
def test_numbers_have_four_significant_digits(number, text):
    assert number_text(number) == text


@given(st.floats(-1e300, 1e300))
def test_a_number_reads_back_to_four_digits(number):
    text = number_text(number).replace("−", "-").replace("\u2009", "")
    assert float(text) == pytest.approx(number, rel=6e-4)


def test_float32_is_not_shown_with_the_noise_of_its_float64():
    assert value_text(np.float32(0.1)[()]) == "0.1"
    assert value_text(np.asarray(np.float32(16777216))) == "1.678e7"


@pytest.mark.parametrize(
    ("cell", "texts"),
    [
        (np.array([1.0, 2.0]), ("[1.0, 2.0]", "[1.0, …]")),
        (np.array([0.5]), ("[0.5]",)),
        (np.arange(5.0), ("[0.0, 1.0, …]", "[0.0, …]")),
        (np.array([]), ("[]",)),
        (np.array([np.nan, 1.0, np.inf]), ("[NaN, 1.0, ∞]", "[NaN, 1.0, …]", "[NaN, …]")),
        (np.array([[1.5, -2.0], [0.0, 4.0]]), ("−2.0 … 4.0",)),
        (np.full((2, 2), 3.0), ("3.0",)),
        (np.array([[1, 7], [2, 3]]), ("1 … 7",)),
        (np.array([[np.nan, 1.0], [np.inf, 2.0]]), ("1.0 … 2.0  1 NaN  1 ∞", "1 NaN  1 ∞")),
        (np.full((2, 2), np.nan), ("4 NaN",)),
        (np.zeros((0, 3)), ("[]",)),
    ],
)
def test_arrays_are_told_in_one_line_and_shorter(cell, texts):
    assert value_texts(cell) == texts
    assert value_text(cell) == texts[0]


def summary(**changed: float) -> Summary:
    facts = {"minimum": -1.0, "maximum": 3.5, "mean": 0.25, "norm": 9.0, "zeros": 0, "nans": 0, "infinities": 0}
    return Summary("float32", (100, 100), thumbnail=np.zeros((48, 48)), **{**facts, **changed})


def test_a_summary_shows_its_range_and_what_is_not_finite():
    assert value_text(summary()) == "−1.0 … 3.5"
    assert value_text(summary(nans=2)) == "−1.0 … 3.5  2 NaN"


def test_exact_text_has_every_digit():
    assert exact_text(np.asarray(np.float32(0.1))) == "0.1"
    assert exact_text(np.asarray(1 / 3)) == repr(1 / 3)
    numbers = np.random.default_rng(0).normal(size=1500)
    assert [float(text) for text in exact_text(numbers).strip("[]").split(",")] == numbers.tolist()
    assert "mean 0.25" in exact_text(summary())
    assert exact_text(summary()).startswith("f32[100, 100]")
