"""Where the data folders are. `resources` and `samples` are installed as packages of data beside `explorer`."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def resources() -> Path:
    """The folder of fonts, themes, messages, icons and the table of operations."""
    return Path(str(files("resources")))


def samples() -> Path:
    """The folder of sample expressions."""
    return Path(str(files("samples")))
