"""How much memory a worker may take before it is stopped, and how much it takes."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

import psutil

GIB: Final = 1 << 30
SHARE: Final = 0.75  # of the machine's memory: beyond it the whole machine would crawl
VARIABLE: Final = "BACKFLOW_MEMORY_LIMIT_GB"
CONTAINER: Final = Path("/sys/fs/cgroup/memory.max")


def memory_limit() -> int:
    """Bytes of resident memory: 75 % of the machine's or container's, or what the environment variable says."""
    with contextlib.suppress(ValueError):
        wanted = float(os.environ.get(VARIABLE, ""))
        if wanted > 0:
            return int(wanted * GIB)
    total = psutil.virtual_memory().total
    with contextlib.suppress(OSError, ValueError):  # no container, or "max"
        total = min(total, int(CONTAINER.read_text()))
    return int(total * SHARE)


def resident_bytes(pid: int) -> int:
    """Resident memory of a process; 0 when it is gone."""
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0
