"""Which devices TensorFlow has, by ids people type: `cpu`, `gpu:0`.

`tf.device("/GPU:0")` runs on the CPU without a word where there is no GPU, so a device is looked up before it is used
and read back from a tensor afterwards.
"""

from __future__ import annotations

import re

from explorer.adapters.base import Device
from explorer.adapters.tensorflow.environment import tf
from explorer.errors import UnavailableError

ALIASES = {"cuda": "gpu"}  # what the same device is called in the other frameworks


def devices() -> tuple[Device, ...]:
    """Physical devices. TensorFlow does not say how much memory they have."""
    found = []
    for device in tf.config.list_physical_devices():
        kind = device.device_type.lower()
        details = tf.config.experimental.get_device_details(device) if kind == "gpu" else {}
        name = str(details.get("device_name", device.device_type))
        found.append(Device(_id(kind, int(device.name.rsplit(":", 1)[-1])), kind, name))
    return tuple(found)


def resolve(wanted: str) -> str:
    """The id of the device that `wanted` names (`cpu`, `gpu`, `GPU:0`, `/gpu:1`, `cuda:0`).

    Raises UnavailableError `device_absent`.
    """
    known = [device.id for device in devices()]
    kind, _, number = wanted.strip().lower().lstrip("/").removeprefix("device:").partition(":")
    kind = ALIASES.get(kind, kind)
    if (number or "0").isdigit() and (identity := _id(kind, int(number or 0))) in known:
        return identity
    raise UnavailableError("device_absent", framework="TensorFlow", device=wanted, devices=", ".join(known))


def placement(identity: str) -> str:
    """An id as `tf.device` spells it."""
    kind, _, number = identity.partition(":")
    return f"/{kind.upper()}:{number or 0}"


def device_of(tensor: tf.Tensor) -> str:
    """Where a tensor really lives, as an id."""
    found = re.search(r"device:(\w+):(\d+)$", tensor.device)
    return _id(found[1].lower(), int(found[2])) if found else "cpu"


def prepare() -> None:
    """Let each GPU's memory grow on demand: TensorFlow takes all of it otherwise, and the other workers need some."""
    for device in tf.config.list_physical_devices("GPU"):
        try:
            tf.config.experimental.set_memory_growth(device, True)
        except RuntimeError:
            return  # a GPU is in use already, so its memory has been laid out


def _id(kind: str, number: int) -> str:
    return "cpu" if (kind, number) == ("cpu", 0) else f"{kind}:{number}"
