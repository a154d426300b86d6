"""Name scopes as the scope tree: what is noise in TensorFlow's op names is taken out.

An op of a derivative rule (`bwd/hidden/MatMul_grad/MatMul_1`) belongs to the scope of the op that it is the rule of.
Keras opens a layer's scope more than once, so that a layer `hidden` makes its ops in `hidden_1`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Final

Scopes = Callable[[str], tuple[str, ...]]

BACKWARD: Final = re.compile(r"(?:bwd|gradient_tape|gradients)(?:_\d+)?$")
RULE: Final = re.compile(r".+_grad$")
NUMBERED: Final = re.compile(r"(.+)_\d+$")


def plain_scope(name: str) -> tuple[str, ...]:
    """The scope of the op called `name`."""
    return scope_of(name, ())


def scope_of(name: str, layers: Collection[str]) -> tuple[str, ...]:
    """The same where `layers` are names of Keras layers."""
    parts = name.split("/")[:-1]
    if parts and BACKWARD.match(parts[0]):
        rule = next((place for place, part in enumerate(parts) if RULE.match(part)), len(parts))
        parts = parts[1:rule]
    return tuple(_layer(part, layers) for part in parts)


def _layer(part: str, layers: Collection[str]) -> str:
    """The layer that `part` is a numbered scope of. What a layer computes always has a number, so that `dense_1` is of
    the layer `dense` where both names are there.
    """
    found = NUMBERED.match(part)
    return found[1] if found is not None and found[1] in layers else part
