"""Sentences by code: `resources/messages/<language>/*.toml`, one file per concern, so that lecturers can edit them.

An entry is `[code]` with `message` and, where there is something to do, `hint`; both are `str.format` templates over
the diagnostic's params. Text in `widgets/` goes through Qt's `tr()` instead.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from typing import Any

from explorer.paths import resources


@cache
def catalogue(language: str = "en") -> Mapping[str, Mapping[str, str]]:
    """All entries of one language; a code that stands twice is a bug and raises ValueError."""
    entries: dict[str, Mapping[str, str]] = {}
    for file in sorted((resources() / "messages" / language).glob("*.toml")):
        for code, entry in tomllib.loads(file.read_text("utf-8")).items():
            if code in entries:
                raise ValueError(f"message code {code} stands twice, the second time in {file.name}")
            entries[code] = entry
    return entries


def sentence(code: str, params: Mapping[str, Any], language: str = "en") -> str:
    """The one sentence for `code`."""
    return catalogue(language)[code]["message"].format(**params)


def hint(code: str, params: Mapping[str, Any], language: str = "en") -> str:
    """What to do about it; empty where there is nothing to do."""
    return catalogue(language)[code].get("hint", "").format(**params)
