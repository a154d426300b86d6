"""`backflow devices`: what each installed framework reports, asked in its own worker."""

from __future__ import annotations

import argparse
import dataclasses
import json

from explorer.commands.asking import each_framework, title
from explorer.worker.client import Worker
from explorer.worker.events import Ready


def run(options: argparse.Namespace) -> int:
    """Print a line per device, or one JSON object with `devices`."""

    def work(_worker: Worker, _key: str, ready: Ready) -> Ready:
        return ready

    found = [
        {"framework": key, **dataclasses.asdict(device)}
        for key, ready in each_framework("all", "", work)
        for device in ready.devices
    ]
    if options.json:
        print(json.dumps({"devices": found}, indent=2))
    else:
        for device in found:
            size = f"  {device['memory_total'] / 2**30:.1f} GiB" if device["memory_total"] else ""
            print(f"{title(device['framework']):<11} {device['id']:<10} {device['kind']:<6} {device['name']}{size}")
    return 0
