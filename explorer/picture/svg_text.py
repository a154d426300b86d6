"""Numbers, texts and labels as SVG spells them."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from explorer.graph.xml import allowed


def number(value: float) -> str:
    """Two decimals are a fiftieth of a pixel at 100 %."""
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"


def text(words: str) -> str:
    """Text between tags."""
    return escape(allowed(words))


def attribute(words: str) -> str:
    """The value of an attribute, in its quotation marks."""
    return quoteattr(allowed(words))


def label(name: str, x: float, y: float, words: str, *, anchor: str = "", style: str = "") -> str:
    """One line of text of class `name` whose baseline is at (x, y)."""
    extra = (f' text-anchor="{anchor}"' if anchor else "") + (f' style="{style}"' if style else "")
    return f'<text class="{name}" x="{number(x)}" y="{number(y)}"{extra}>{text(words)}</text>'
