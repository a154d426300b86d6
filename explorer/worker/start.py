"""The command that starts a worker, the same for every client: another host would run it behind `ssh`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from explorer.adapters import FRAMEWORKS


def worker_command(key: str, *options: str) -> Sequence[str]:
    """Program and arguments of the worker for a framework's key or `layout`.

    `-P`: the folder that the user happens to stand in is never searched for modules; a `random.py` in it is theirs.
    """
    return [sys.executable, "-P", "-m", "explorer.worker", key, *options]


def worker_title(key: str) -> str:
    """What a worker is called in sentences."""
    return {entry.key: entry.title for entry in FRAMEWORKS}.get(key, "the layout")


def worker_environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment with `changes`, and with the place that `explorer` was imported from on the path."""
    environment = {**os.environ, **(changes or {})}
    places = [str(Path(__file__).resolve().parents[2]), *filter(None, [environment.get("PYTHONPATH")])]
    environment["PYTHONPATH"] = os.pathsep.join(places)
    return environment
