"""Which of the things a text defines is captured, and with which arguments. Knows no framework: an adapter says what
is a program (`kind`) and what is an array.

Arguments are bound by the names of the program's parameters: first a VALUE that somebody gave (`--input`, the inputs
table), then a variable of the text by that name, then `example_inputs`, then the text's arrays by position, where their
number fits; a parameter with a default that nothing is found for keeps it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from explorer.capture.inputs import example
from explorer.capture.module_text import Module, place_of_name
from explorer.capture.record import Entry
from explorer.errors import ProgramError, UsageError

EXAMPLE_INPUTS = "example_inputs"
POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


@dataclass(frozen=True)
class Candidate:
    """An entry with the object behind it. `signature` is that of the call that is captured (without self)."""

    entry: Entry
    target: Any
    signature: inspect.Signature


@dataclass(frozen=True)
class Bound:
    """An entry with its arguments: parameter name -> object of the text, or NumPy array made from a VALUE.

    `given` are the names whose array comes from a VALUE. `missing` are parameters that nothing was found for.
    """

    candidate: Candidate
    arguments: Mapping[str, Any]
    given: frozenset[str] = frozenset()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chosen:
    """The entry to capture, and all that could be."""

    bound: Bound
    entries: tuple[Entry, ...] = field(default=())


def candidates(
    module: Module, kind: Callable[[Any], str | None], call: Callable[[Any], Callable[..., Any]]
) -> tuple[Candidate, ...]:
    """What `module` defines that `kind` names, in order of definition. `call` gives the function whose parameters count
    (a module's `forward`). Things without a readable signature are left out."""
    found = []
    for name, target in module.names.items():
        if name.startswith("_") or name not in module.lines_of or (label := kind(target)) is None:
            continue
        try:
            signature = inspect.signature(call(target))
        except (TypeError, ValueError):
            continue
        found.append(Candidate(Entry(name, label, module.lines_of[name]), target, signature))
    return tuple(sorted(found, key=lambda each: each.entry.line))


def choose(
    module: Module,
    found: Sequence[Candidate],
    wanted: str | None,
    values: Mapping[str, str],
    *,
    seed: int,
    is_array: Callable[[Any], bool],
) -> Chosen:
    """The entry `wanted`, or the last one whose parameters are all bound.

    Raises UsageError `unknown_entry` for a name that is none, ProgramError `no_entry` where there is nothing to capture
    and `entry_not_bound` where no entry has all its arguments, with the names that are missing.
    """
    if not found:
        raise ProgramError("no_entry")
    entries = tuple(each.entry for each in found)
    if wanted is not None:
        named = [each for each in found if each.entry.name == wanted]
        if not named:
            raise UsageError("unknown_entry", name=wanted, known=", ".join(entry.name for entry in entries))
        found = named
    bound = [bind(module, each, values, seed=seed, is_array=is_array) for each in found]
    whole = [each for each in bound if not each.missing]
    if not whole:
        last = bound[-1]
        name = last.candidate.entry.name
        raise ProgramError(
            "entry_not_bound", span=place_of_name(module, name), name=name, missing=", ".join(last.missing)
        )
    return Chosen(whole[-1], entries)


def bind(
    module: Module,
    candidate: Candidate,
    values: Mapping[str, str],
    *,
    seed: int,
    is_array: Callable[[Any], bool],
) -> Bound:
    """Arguments for the parameters of one entry; see the head of this file."""
    parameters = [each for each in candidate.signature.parameters.values() if each.kind in POSITIONAL]
    variables = {name: value for name, value in module.names.items() if value is not candidate.target}
    arguments: dict[str, Any] = {}
    for parameter in parameters:
        if parameter.name in values:
            arguments[parameter.name] = example(parameter.name, values[parameter.name], seed)
        elif parameter.name in variables and not isinstance(variables[parameter.name], type):
            arguments[parameter.name] = variables[parameter.name]
    needed = [each.name for each in parameters if each.name not in arguments and each.default is each.empty]
    arguments |= _from_examples(variables, [each.name for each in parameters], needed)
    needed = [name for name in needed if name not in arguments]
    arguments |= _by_position(variables, arguments, needed, is_array)
    ordered = {each.name: arguments[each.name] for each in parameters if each.name in arguments}
    missing = tuple(name for name in needed if name not in arguments)
    return Bound(candidate, ordered, frozenset(values) & frozenset(ordered), missing)


def _from_examples(variables: Mapping[str, Any], names: Sequence[str], needed: Sequence[str]) -> dict[str, Any]:
    """What `example_inputs` (a mapping, a tuple, or one array) has for the names that are needed."""
    given = variables.get(EXAMPLE_INPUTS)
    if given is None or not needed:
        return {}
    if isinstance(given, Mapping):
        return {name: given[name] for name in needed if name in given}
    listed = list(given) if isinstance(given, tuple | list) else [given]
    return {name: value for name, value in zip(names, listed, strict=False) if name in needed}


def _by_position(
    variables: Mapping[str, Any], taken: Mapping[str, Any], needed: Sequence[str], is_array: Callable[[Any], bool]
) -> dict[str, Any]:
    """The text's arrays in order of definition, where there are as many as are needed; for a single one the first."""
    used = {id(value) for value in taken.values()}
    arrays = [value for value in variables.values() if is_array(value) and id(value) not in used]
    if not needed or not arrays:
        return {}
    if len(arrays) == len(needed) or len(needed) == 1:
        return dict(zip(needed, arrays, strict=False))
    return {}
