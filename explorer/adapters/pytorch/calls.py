"""What a node of the fx graph calls, in torch's own names, and its arguments that are no values."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import torch
from torch import fx
from torch.fx.operator_schemas import get_signature_for_torch_op

from explorer.graph.ir import INPUT_OP

NUMBER = (bool, int, float)
# Python types of torch's signatures in whose place a number is an operand, and not a setting such as an axis.
OPERAND_TYPES = frozenset({"Tensor", "Scalar", "number"})


def operation(node: fx.Node) -> str:
    """`operator.mul`, `torch.sin`, `torch.nn.functional.gelu`; a method is `torch.Tensor.view`."""
    if node.op == "call_method":
        return f"torch.Tensor.{node.target}"
    if node.op != "call_function":
        return INPUT_OP if node.op in ("placeholder", "get_attr") else str(node.op)
    if node.target is getattr:
        return f"torch.Tensor.{node.args[1]}"
    name = getattr(node.target, "__name__", "")
    if node.target is getattr(operator, name, None):
        return f"operator.{name}"
    return _public(str(torch.overrides.resolve_name(node.target) or name))


def _public(name: str) -> str:
    """Where people import it from."""
    for inside, known in (
        ("torch.functional.", "torch."),
        ("torch._C._nn.", "torch.nn.functional."),
        ("_VF.", "torch."),
    ):
        if name.startswith(inside):
            return known + name.removeprefix(inside)
    return name


def settings(node: fx.Node) -> dict[str, Any]:
    """Keyword arguments by name; numbers among the operands as `literals`; positional settings under torch's names."""
    params: dict[str, Any] = {}
    literals: dict[str, Any] = {}
    place = 0
    names = iter(_names(node))
    for argument in node.args:
        name, is_operand = next(names, ("", True))
        parts = list(_flat(argument))
        if any(isinstance(part, fx.Node) for part in parts):
            literals |= {str(place + k): part for k, part in enumerate(parts) if isinstance(part, NUMBER)}
            place += len([part for part in parts if isinstance(part, (fx.Node, *NUMBER))])
        elif isinstance(argument, NUMBER) and is_operand:
            literals[str(place)] = argument
            place += 1
        elif argument is not None:
            params[name or "argument"] = plain(argument) if name not in params else [*_list(params[name]), argument]
    params |= {name: plain(each) for name, each in node.kwargs.items() if not _holds_values(each) and each is not None}
    return params | {"literals": literals} if literals else params


def plain(argument: Any) -> Any:
    """As data: a dtype by its name, slices and the like as they are written."""
    match argument:
        case bool() | int() | float() | str():
            return argument
        case tuple() | list():
            made = [plain(each) for each in argument]
            return tuple(made) if isinstance(argument, tuple) else made
        case slice():
            return ":".join("" if part is None else str(part) for part in (argument.start, argument.stop))
    return "..." if argument is Ellipsis else str(argument).removeprefix("torch.")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _holds_values(argument: Any) -> bool:
    return any(isinstance(part, fx.Node) for part in _flat(argument))


def _flat(argument: Any) -> Iterator[Any]:
    if isinstance(argument, (tuple, list)):
        for each in argument:
            yield from _flat(each)
    else:
        yield argument


def _names(node: fx.Node) -> Iterator[tuple[str, bool]]:
    """(name, whether a number there is an operand) of each positional argument, as far as torch tells.

    What comes after the last name belongs to it: `x.view(2, 3)`.
    """
    found = _parameters(node.op, node.target, len(node.args) + len(node.kwargs))
    yield from found
    while found:
        yield found[-1]


@lru_cache(maxsize=512)
def _parameters(kind: str, target: Any, count: int) -> tuple[tuple[str, bool], ...]:
    if kind == "call_function" and target is operator.getitem:
        return (("input", True), ("index", False))
    if kind == "call_method":
        return _of_schema(target, count)
    if getattr(operator, getattr(target, "__name__", ""), None) is target:
        return ()
    return _of_signature(target, count) or _of_schema(getattr(target, "__name__", ""), count)


def _of_signature(target: Any, count: int) -> tuple[tuple[str, bool], ...]:
    """Parameters of a Python function, or of one of torch's own by the signatures that torch.fx knows."""
    signature: inspect.Signature | None
    try:
        signature = inspect.signature(target)
    except (TypeError, ValueError):
        known = get_signature_for_torch_op(target) or []
        signature = next((each for each in known if len(each.parameters) >= count), None)
    if signature is None or any(each.kind is each.VAR_POSITIONAL for each in signature.parameters.values()):
        return ()
    return tuple((each.name, _is_operand(each.annotation)) for each in signature.parameters.values())


def _is_operand(annotation: Any) -> bool:
    return any(word in str(annotation) for word in OPERAND_TYPES)


def _of_schema(name: str, count: int) -> tuple[tuple[str, bool], ...]:
    """Parameters of the ATen operation of that name, of its first overload that takes so many."""
    packet = getattr(torch.ops.aten, name, None)
    schemas = [getattr(packet, overload)._schema for overload in packet.overloads()] if packet is not None else []
    fitting = [schema for schema in schemas if len(schema.arguments) >= count] or schemas
    if not fitting:
        return ()
    return tuple((each.name, _is_operand(each.type)) for each in fitting[0].arguments)
