"""The one door for tests: an adapter of their own in a worker process, to run faults that no expression can write."""

from __future__ import annotations

import importlib
import os
from typing import cast

from explorer.adapters.base import Adapter

VARIABLE = "BACKFLOW_TEST_ADAPTER"  # "module:function", the function as `adapter()` of an adapter module


def named_adapter() -> Adapter | None:
    """The adapter that the environment names; None, as always outside tests, when it names none."""
    named = os.environ.get(VARIABLE)
    if not named:
        return None
    module, _, function = named.partition(":")
    return cast(Adapter, getattr(importlib.import_module(module), function)())
