"""`backflow doctor`: versions, what is missing, and the command that installs it. Imports no framework."""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version

from explorer.adapters import FRAMEWORKS
from explorer.commands.window import display_available
from explorer.messages import sentence

NEEDED = ("numpy", "scipy", "networkx", "msgpack", "ml_dtypes", "psutil")
WINDOW = ("PySide6-Essentials", "pyqtgraph", "pygments")
QT_LIBRARIES = "libegl1 libgl1 libxkbcommon0 libdbus-1-3 libfontconfig1 libxcb-cursor0"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing looked at. `needed` items decide whether all is well."""

    name: str
    version: str
    ok: bool
    hint: str
    needed: bool = True


def run(options: argparse.Namespace) -> int:
    """Print a line per item, or one JSON object; 0 where everything needed is there, else 3."""
    items = examine()
    ok = all(item.ok for item in items if item.needed) and any(
        item.ok for item in items if item.name in {framework.title for framework in FRAMEWORKS}
    )
    if options.json:
        shown = [{key: value for key, value in asdict(item).items() if key != "needed"} for item in items]
        print(json.dumps({"ok": ok, "items": shown}, indent=2))
    else:
        for item in items:
            print(f"{'ok' if item.ok else '--':<3} {item.name:<20} {item.version:<14} {item.hint}".rstrip())
    return 0 if ok else 3


def examine() -> list[Item]:
    """Look at Python, packages, frameworks, Qt's own libraries and the display."""
    python = sys.version_info >= (3, 11)
    items = [Item("Python", platform.python_version(), python, "" if python else sentence("old_python", {}))]
    items += [_package(name) for name in (*NEEDED, *WINDOW)]
    items += [_framework(framework.title, framework.package, framework.key) for framework in FRAMEWORKS]
    return [*items, _qt(), _display()]


def _package(name: str) -> Item:
    found = _version(name)
    return Item(name, found, bool(found), "" if found else f"pip install {name}", needed=name in NEEDED)


def _framework(title: str, package: str, extra: str) -> Item:
    found = _version(package)
    return Item(title, found, bool(found), "" if found else f'pip install "backflow[{extra}]"', needed=False)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _qt() -> Item:
    """Qt loads its system libraries on import, so a child tries it: a missing one must not end this process."""
    code = "import PySide6.QtWidgets, PySide6; print(PySide6.__version__)"
    tried = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    if tried.returncode == 0:
        return Item("Qt", tried.stdout.strip(), ok=True, hint="", needed=False)
    missing = "ModuleNotFoundError" in tried.stderr
    hint = "pip install PySide6-Essentials" if missing else f"apt-get install {QT_LIBRARIES}"
    return Item("Qt", "", ok=False, hint=hint, needed=False)


def _display() -> Item:
    there = display_available()
    return Item("display", "", there, "" if there else sentence("demo_instead", {}), needed=False)
