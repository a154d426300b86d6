"""`backflow [SOURCE]`: the window, in this process. The only place that reaches for `widgets`, by name."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import sys
from pathlib import Path

from explorer.errors import UsageError


def run(options: argparse.Namespace) -> int:
    """Open the window on SOURCE. UsageError where there is no display or no Qt."""
    if importlib.util.find_spec("PySide6") is None:
        raise UsageError("no_qt")
    if not display_available():
        raise UsageError("no_display")
    text: str | None = getattr(options, "text", None)
    path = Path(options.source) if options.source and Path(options.source).is_file() else None
    return int(importlib.import_module("widgets.application").run(text, path))


def display_available() -> bool:
    """False on a Unix without X or Wayland, unless a Qt platform without a display was asked for."""
    if sys.platform in ("win32", "darwin"):
        return True
    asked = os.environ.get("QT_QPA_PLATFORM", "")
    return bool(asked and asked not in ("xcb", "wayland")) or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
