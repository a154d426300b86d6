"""What a call overwrites in place: its operands before and after, and everything that shares memory with them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import fx

State = tuple[int, torch.Tensor | None]


def note_overwritten(node: fx.Node, changed: Iterable[fx.Node], nodes: Iterable[fx.Node]) -> None:
    """Say so on `node`, and on all of `nodes` whose values are those of `changed` or views of them."""
    places = {storage(each.meta["val"]) for each in changed} - {None}
    aliases = [each for each in nodes if each is not node and storage(each.meta.get("val")) in places]
    node.meta["overwrites"] = [each.name for each in aliases]
    for each in aliases:
        each.meta["overwritten"] = node.name


def state(node: fx.Node) -> State:
    """What tells that a value was overwritten: torch's count of its changes; batch_norm changes a buffer uncounted."""
    value = node.meta["val"]
    if not isinstance(value, torch.Tensor):
        return 0, None
    return value._version, value.clone() if node.op == "get_attr" and not value.requires_grad else None


def unchanged(one: State, other: State) -> bool:
    """Whether nothing was overwritten between the two."""
    if one[0] != other[0] or one[1] is None or other[1] is None:
        return one[0] == other[0]
    return bool(torch.equal(one[1], other[1]))


def storage(value: Any) -> int | None:
    """Where the numbers of a tensor lie; None for what is none, or holds nothing."""
    return value.untyped_storage().data_ptr() or None if isinstance(value, torch.Tensor) else None
