"""Which devices JAX has, by ids people type: `cpu`, `gpu:0`; and where an array really lives."""

from __future__ import annotations

from typing import Any

import jax

from explorer.adapters.base import Device
from explorer.errors import UnavailableError

BACKENDS = ("cpu", "gpu", "tpu")
ALIASES = {"cuda": "gpu", "rocm": "gpu"}  # what the same device is called elsewhere


def devices() -> tuple[Device, ...]:
    """Every device of every backend. Memory in bytes, None where a backend keeps no count (the CPU's does not)."""
    return tuple(_describe(device) for device in _all())


def resolve(wanted: str) -> Any:
    """The `jax.Device` that `wanted` names (`cpu`, `gpu`, `cuda:0`). Raises UnavailableError `device_absent`."""
    known = {identity(device): device for device in _all()}
    kind, _, number = wanted.strip().lower().partition(":")
    kind = ALIASES.get(kind, kind)
    if (number or "0").isdigit() and (found := known.get(_identity(kind, int(number or 0)))) is not None:
        return found
    raise UnavailableError("device_absent", framework="JAX", device=wanted, devices=", ".join(known))


def identity(device: Any) -> str:
    """The id of a `jax.Device`, as people type it."""
    return _identity(device.platform, device.id)


def device_of(array: jax.Array) -> str:
    """Where `array` lives, read from the array itself."""
    return identity(next(iter(array.devices())))


def _identity(kind: str, number: int) -> str:
    return "cpu" if (kind, number) == ("cpu", 0) else f"{kind}:{number}"


def _all() -> list[Any]:
    found = list(jax.devices())
    for backend in BACKENDS:
        try:
            found += [device for device in jax.devices(backend) if device not in found]
        except RuntimeError:
            continue  # JAX's way to say that this backend is not there
    return sorted(found, key=lambda device: (device.platform, device.id))


def _describe(device: Any) -> Device:
    statistics = device.memory_stats() or {}
    total, used = statistics.get("bytes_limit"), statistics.get("bytes_in_use")
    free = total - used if total is not None and used is not None else None
    return Device(identity(device), device.platform, device.device_kind, total, free)
