"""An accelerator that stands idle while the work is done on the CPU, told once for each request."""

from __future__ import annotations

from collections.abc import Iterable

from explorer.adapters.base import Device
from explorer.capture.record import Diagnostic

CPU = "cpu"


def idle_accelerator(devices: Iterable[Device], used: str) -> Diagnostic | None:
    """A notice that names the first device that is no CPU; None where there is none, or where one was `used`."""
    if used.partition(":")[0] != CPU:
        return None
    found = next((device for device in devices if device.kind != CPU), None)
    return Diagnostic("notice", "idle_accelerator", {"name": found.name, "device": found.id}) if found else None
