"""What a model holds: parameters, buffers and other tensors by name, and other tensors in their places for a while.

Nothing that is done with a model may change it: it is run with copies of its tensors in their places, and what its code
has assigned meanwhile (`self.cache = x`, running means) is undone.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

Place = tuple[MutableMapping[str, Any], str]


@dataclass(frozen=True)
class Held:
    """One tensor of a model. `places` are all dicts it stands in: a weight that two layers share stands in two."""

    name: str
    tensor: torch.Tensor
    places: list[Place] = field(default_factory=list)

    @property
    def trained(self) -> bool:
        return bool(self.tensor.requires_grad)

    def copy(self, dtype: torch.dtype | None, device: str) -> torch.Tensor:
        """A leaf with the same numbers, floats in `dtype` where one is given; a parameter is one again."""
        wanted = dtype if self.tensor.is_floating_point() else None
        made = self.tensor.detach().to(device=device, dtype=wanted, copy=True)
        if isinstance(self.tensor, nn.Parameter):
            return nn.Parameter(made, self.trained)
        return made.requires_grad_(self.trained)


def held_by(root: nn.Module, variables: MutableMapping[str, Any], names: list[str]) -> dict[str, Held]:
    """The tensors of `root` by qualified name (`0.weight`), then those of the `variables` called `names`."""
    found: dict[int, Held] = {}

    def note(name: str, tensor: Any, place: Place) -> None:
        if isinstance(tensor, torch.Tensor):
            found.setdefault(id(tensor), Held(name, tensor)).places.append(place)

    for path, module in root.named_modules():
        for kept in (module._parameters, module._buffers, module.__dict__):
            for name, tensor in kept.items():
                note(f"{path}.{name}" if path else name, tensor, (kept, name))
    for name in names:
        note(name, variables[name], (variables, name))
    return {held.name: held for held in found.values()}


@contextlib.contextmanager
def in_place(root: nn.Module, held: Mapping[str, Held], tensors: Mapping[str, torch.Tensor]) -> Iterator[None]:
    """Run the block with `tensors` where `held` are; put back everything that the modules' attributes were."""
    with contextlib.ExitStack() as stack:
        for module in root.modules():
            for kept in (module.__dict__, module._parameters, module._buffers, module._modules):
                stack.callback(_restore, kept, dict(kept))
        for name, tensor in tensors.items():
            for place, key in held[name].places:
                stack.callback(place.__setitem__, key, place[key])
                place[key] = tensor
        for module in root.modules():
            _list_weights(module)
        yield


def _restore(kept: MutableMapping[str, Any], before: dict[str, Any]) -> None:
    kept.clear()
    kept.update(before)


def _list_weights(module: nn.Module) -> None:
    """Recurrent layers keep a list of their weights besides (private, seen in torch 2.13): it follows."""
    names = module.__dict__.get("_flat_weights_names")
    if names is not None:
        module.__dict__["_flat_weights"] = [module._parameters.get(name) for name in names]
