"""What the `op_name` of an instruction says: under which names it was made, and whether on the way back.

An op_name is a path, or several joined by `;` where XLA made one instruction of several. JAX's holds its transforms:
`jit(loss)/transpose(jvp(hidden))/dot_general`; TensorFlow's is the name of the op in the FuncGraph.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from explorer.graph import roles
from explorer.graph.ir import Node, Span

TRANSFORM: Final = re.compile(r"(jvp|transpose|vmap|jit|pjit|pmap|shard_map|remat|checkpoint)\((.*)\)$")
CALLS: Final = frozenset({"jit", "pjit"})  # what stands in their parentheses is the name of a function
BRANCH: Final = re.compile(r"branch_\d+_fun$")
BACKWARD_SCOPES: Final = frozenset({"gradient_tape", "gradients", "bwd"})
NO_OPERATION: Final = frozenset({"XLA_Args", "XLA_Retvals"})


@dataclass(frozen=True, slots=True)
class Origin:
    """What an op_name says of an instruction. `role` is empty where it says nothing about it."""

    scope: tuple[str, ...] = ()
    role: str = ""
    span: Span | None = None


Origins = Callable[[str], Origin | None]


def parts(op_name: str) -> tuple[str, ...]:
    """The op_names that `op_name` joins."""
    return tuple(part for part in op_name.split(";") if part)


def origin_of(op_name: str, origins: Origins) -> Origin:
    """What all parts of `op_name` say together: on the way back if any is; scope and span of the first with one."""
    known = [origin for part in parts(op_name) if (origin := origins(part)) is not None]
    back = next((origin.role for origin in known if roles.is_backward(origin.role)), "")
    return Origin(
        next((origin.scope for origin in known if origin.scope), ()),
        back or next((origin.role for origin in known if origin.role), ""),
        next((origin.span for origin in known if origin.span), None),
    )


def from_nodes(nodes: Mapping[str, Node]) -> Origins:
    """The origins of a printout whose op_names are known: `nodes` maps an op_name to the node it was made from."""

    def origin(op_name: str) -> Origin | None:
        node = nodes.get(op_name)
        return None if node is None else Origin(node.scope, node.role, node.span)

    return origin


@lru_cache(8192)
def jax_origin(op_name: str) -> Origin | None:
    """Scope and role by JAX's own transforms; None for a bare name, which is that of an argument or a reducer."""
    if "/" not in op_name:
        return None
    role = roles.COTANGENT if "transpose(" in op_name else roles.PRIMAL
    return Origin(jax_scope(op_name), role)


def jax_scope(op_name: str) -> tuple[str, ...]:
    """The names that the program gave: scopes and called functions, without the outermost function and the op itself.

    Loops and branches are computations of their own, so the names that JAX gives their bodies are left out.
    """
    components = path(op_name)[:-1]
    names: list[str] = []
    before = ""
    for position, component in enumerate(components):
        if not _is_body(component, before):
            names += _names(component, outermost=position == 0)
        before = component
    return tuple(names)


def path(op_name: str) -> list[str]:
    """The components of `op_name`: cut at slashes outside parentheses."""
    components, depth, last = [], 0, 0
    for place, sign in enumerate(op_name):
        depth += (sign == "(") - (sign == ")")
        if sign == "/" and depth == 0:
            components.append(op_name[last:place])
            last = place + 1
    return [component for component in (*components, op_name[last:]) if component]


def _names(component: str, *, outermost: bool) -> list[str]:
    call = False
    while (found := TRANSFORM.match(component)) is not None:
        call = call or found[1] in CALLS
        component = found[2]
    if not component or (outermost and call):
        return []
    return [name for name in path(component) if name]


def _is_body(component: str, before: str) -> bool:
    if component in ("closed_call", "while"):
        return True
    if component in ("body", "cond"):
        return before == "while" or component == "cond"
    return before == "cond" and BRANCH.match(component) is not None


@lru_cache(8192)
def tensorflow_origin(op_name: str) -> Origin | None:
    """Scope and role by TensorFlow's name scopes; None for what XLA adds around arguments and results."""
    if op_name in NO_OPERATION:
        return None
    first, *rest = op_name.split("/")
    if first in BACKWARD_SCOPES:
        return Origin(tuple(rest[:-1]), roles.COTANGENT)
    return Origin((first, *rest)[:-1], roles.PRIMAL)


def nothing(op_name: str) -> Origin | None:  # noqa: ARG001
    """The origins of a module of unknown make."""
    return None
