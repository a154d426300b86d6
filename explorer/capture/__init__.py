"""What one run produced, and reading what was typed. The package is also a function: `explorer.capture(text, ...)`.

That is what a notebook calls; it is `explorer.api.capture`. A module becomes callable by a class of its own (Python
data model, "Customizing module attribute access").
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _CallablePackage(ModuleType):
    def __call__(self, source: str, **options: Any) -> Any:
        from explorer.api import capture

        return capture(source, **options)


sys.modules[__name__].__class__ = _CallablePackage
