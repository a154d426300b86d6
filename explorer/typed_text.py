"""What is typed, as a window understands it: from the session's State to the Source that a worker gets, and to the rows
of the inputs table. An expression has a row for each free name; what inputs a model has, only its worker can say.

In `State.inputs` a VALUE for an expression stands under its name (`x`), one for a model under `.x`: the text defines
an `x` of its own, and a slider that was moved for another text must not take its place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from explorer.adapters import FRAMEWORK_KEYS
from explorer.capture.expression import parse, parsed
from explorer.capture.inputs import DEFAULT_VALUE
from explorer.capture.module_text import Kind, frameworks_of, kind_of
from explorer.capture.record import InputInfo, Source
from explorer.input_rows import Form, InputRow, form, row, rows
from explorer.session import State

OWN = "."  # before the name of a model's input


@dataclass(frozen=True, slots=True)
class Typed:
    """`names` are the free names of an expression; `frameworks` those that the text can be captured in."""

    kind: Kind = "expression"
    names: tuple[str, ...] = ()
    frameworks: tuple[str, ...] = FRAMEWORK_KEYS

    @property
    def is_model(self) -> bool:
        return self.kind != "expression"

    def key(self, name: str) -> str:
        """Where `State.inputs` has the VALUE of the input `name`."""
        return OWN + name if self.is_model else name


def read(text: str) -> Typed:
    """What `text` is. Raises ProgramError for one that Python cannot read, or that no expression may be."""
    kind = kind_of(text)
    if kind == "expression":
        return Typed(kind, parse(text).names)
    parsed(text)
    return Typed(kind, (), frameworks_of(text) or FRAMEWORK_KEYS)


def values(state: State, typed: Typed) -> dict[str, str]:
    """VALUE texts for a Source: of an expression all, of a model those that somebody gave."""
    if not typed.is_model:
        return {name: state.inputs.get(name, DEFAULT_VALUE) for name in typed.names}
    given = {key.removeprefix(OWN): value for key, value in state.inputs.items() if key.startswith(OWN) and value}
    words = set(re.findall(r"\w+", state.text))
    return {name: value for name, value in given.items() if name in words}


def source(state: State, typed: Typed) -> Source:
    """What a worker is asked to capture."""
    entry = state.entry or None if typed.is_model else None
    return Source(state.text, state.framework, values(state, typed), entry=entry, device=state.device)


def table(state: State, typed: Typed, inputs: Sequence[InputInfo]) -> list[InputRow]:
    """The inputs table. `inputs` are those that the worker reported, of use for a model only."""
    if not typed.is_model:
        return rows(typed.names, state.inputs, state.ranges)
    return [_own_row(state, info) for info in inputs]


def fits(captured: Mapping[str, str], new: Mapping[str, str], inputs: Sequence[InputInfo]) -> bool:
    """True where the captured program can be evaluated with `new` VALUEs: every shape and dtype stays, and no VALUE was
    taken back (only the text knows what stood there before)."""
    known = {info.name: _form(info) for info in inputs}
    known |= {name: found for name, value in captured.items() if (found := form(value)) is not None}
    if not captured.keys() <= new.keys():
        return False
    return all(name in known and _alike(known[name], form(value)) for name, value in new.items())


def _form(info: InputInfo) -> Form:
    return Form(info.type.dtype, tuple(int(side) for side in info.type.shape))


def _alike(old: Form, new: Form | None) -> bool:
    return new is not None and (old.dtype, old.shape) == (new.dtype, new.shape)


def _own_row(state: State, info: InputInfo) -> InputRow:
    key = OWN + info.name
    value = state.inputs.get(key, "")
    if not value and info.value:
        value = info.value
    if value:
        return row(info.name, value, state.ranges.get(key))
    return InputRow(info.name, "", _form(info), None, str(info.type))
