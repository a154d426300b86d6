"""Which devices torch reports. Documented API: `torch.accelerator`, `torch.cuda`."""

from __future__ import annotations

import os

import torch

from explorer.adapters.base import Device
from explorer.errors import UnavailableError


def devices() -> tuple[Device, ...]:
    """The CPU, then every device of the accelerator torch was built for, if there is one (CUDA, MPS, XPU, ...)."""
    return (Device("cpu", "cpu", "CPU", _memory()), *_accelerators())


def check_device(device: str) -> None:
    """Raise UnavailableError `device_absent` for a device that torch does not report."""
    known = [each.id for each in devices()]
    names = {*known, *(each.kind for each in devices())}  # "cuda" stands for its present device
    if device not in names:
        raise UnavailableError("device_absent", framework="PyTorch", device=device, devices=", ".join(known))


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not on this system
        return None


def _accelerators() -> tuple[Device, ...]:
    if not torch.accelerator.is_available():
        return ()
    kind = torch.accelerator.current_accelerator().type
    count = torch.accelerator.device_count()
    return tuple(_accelerator(kind, index, only=count == 1) for index in range(count))


def _accelerator(kind: str, index: int, *, only: bool) -> Device:
    name = kind if only and kind == "mps" else f"{kind}:{index}"
    if kind != "cuda":
        return Device(name, kind, kind.upper())
    properties = torch.cuda.get_device_properties(index)
    # Asking for free memory makes a context of several hundred MB: only where this process has one already.
    free = torch.cuda.mem_get_info(index)[0] if torch.cuda.memory_reserved(index) else None
    return Device(name, kind, properties.name, properties.total_memory, free)
