"""What XML 1.0 can hold: ids and names come from users' text, where any character may stand."""

from __future__ import annotations

# Characters that XML 1.0 does not allow, not even escaped.
_FORBIDDEN = {code: "�" for code in [*range(0x20), 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)] if code not in (9, 10, 13)}


def allowed(text: str) -> str:
    """`text` with a replacement sign for each character that no XML file can hold; nothing is escaped yet."""
    return text.translate(_FORBIDDEN)
