"""A FuncGraph as a Graph: ops become nodes, tensors values, both under TensorFlow's own names.

`NoOp` is left out: it computes nothing and only orders others, which stands in their `control_inputs`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import numpy as np

from explorer.adapters.tensorflow.environment import tf
from explorer.adapters.tensorflow.scopes import Scopes, plain_scope
from explorer.adapters.tensorflow.tracing import Captured
from explorer.graph import roles
from explorer.graph.ir import INPUT_OP, Graph, Node, Span, TensorType, Value

GRAPH_NAME = "forward"
MOST_SHOWN_ENTRIES = 64  # of a constant's value in `params`; a larger one is in the value column anyway
NO_OPERATION, READ = "NoOp", "ReadVariableOp"


@dataclass(frozen=True)
class _Given:
    """What is known of a placeholder: people's name for it, its role, the type of its numbers."""

    name: str
    role: str
    type: TensorType


def read(
    graph: Any,
    *,
    inputs: Mapping[str, tf.Tensor],
    captured: Sequence[Captured] = (),
    span: Callable[[tf.Operation], Span | None],
    outputs: Sequence[tf.Tensor] = (),
    role: Callable[[tf.Operation], str] | None = None,
    scopes: Scopes = plain_scope,
    name: str = GRAPH_NAME,
    only: Collection[str] | None = None,
    without: Collection[str] = (),
) -> Graph:
    """All ops of the FuncGraph `graph`, in the order they were made, as far as that is an execution order.

    `inputs` maps names to placeholders, `captured` has those of what comes from outside, `outputs` are the tensors that
    the function returns; `role` decides for ops that are no input, constant or returned Identity. `only` names the ops
    to read, besides the inputs, where others were added; `without` names some that are not.
    """
    given = {tensor.op.name: _Given(name, roles.INPUT, tensor_type(tensor)) for name, tensor in inputs.items()}
    given |= {each.placeholder.op.name: _Given(each.name, each.role, each.type) for each in captured}
    returned = {tensor.op.name for tensor in outputs}

    def role_of(operation: tf.Operation) -> str:
        if operation.name in given:
            return given[operation.name].role
        if operation.name in returned and operation.type == "Identity":
            return roles.OUTPUT
        if role:
            return role(operation)
        return roles.CONSTANT if operation.type == "Const" else roles.PRIMAL

    parameters = {each.placeholder.op.name for each in captured}

    def scope_of(operation: tf.Operation) -> tuple[str, ...]:
        if operation.name in parameters:
            return _shared([_scope(user, scopes) for user in operation.outputs[0].consumers()])
        return _scope(operation, scopes)

    nodes = tuple(
        _node(operation, given, role_of(operation), scope_of(operation), span(operation))
        for operation in operations_of(graph)
        if operation.name not in without and (only is None or operation.name in only or operation.name in given)
    )
    placeholders = [*inputs.values(), *(each.placeholder for each in captured)]
    return Graph(name, tuple(map(value_id, placeholders)), tuple(map(value_id, outputs)), nodes)


def operations_of(graph: Any) -> list[tf.Operation]:
    """The ops of a graph but `NoOp`, each after what it reads.

    `tf.gradients` gives a loop more inputs than it had when it was made, so the order of making is no order then.
    """
    found: dict[str, tf.Operation] = {}
    for operation in graph.get_operations():
        waiting = [operation]
        while waiting:
            current = waiting[-1]
            missing = [tensor.op for tensor in current.inputs if tensor.op.name not in found]
            if missing:
                waiting += missing
                continue
            found.setdefault(waiting.pop().name, current)
    return [operation for operation in found.values() if operation.type != NO_OPERATION]


def value_id(tensor: tf.Tensor) -> str:
    """TensorFlow's tensor name (`add:0`, `split:1`), without the `:0` of a first output."""
    return str(tensor.name).removesuffix(":0")


def tensor_type(tensor: tf.Tensor) -> TensorType:
    shape = tensor.shape.as_list() if tensor.shape.rank is not None else ["?"]
    return TensorType(tensor.dtype.name, tuple("?" if size is None else size for size in shape))


def _node(
    operation: tf.Operation, given: Mapping[str, _Given], role: str, scope: tuple[str, ...], span: Span | None
) -> Node:
    own = given.get(operation.name)
    if own is not None:
        output = Value(value_id(operation.outputs[0]), own.type, own.name)
        return Node(id=operation.name, op=INPUT_OP, outputs=(output,), role=role, scope=scope)
    # What is read of a variable is called as the variable is.
    variable = given.get(operation.inputs[0].op.name) if operation.type == READ else None
    name = variable.name if variable is not None else ""
    return Node(
        id=operation.name,
        op=operation.type,
        inputs=tuple(value_id(tensor) for tensor in operation.inputs),
        outputs=tuple(Value(value_id(tensor), tensor_type(tensor), name) for tensor in operation.outputs),
        params=_params(operation),
        role=role,
        scope=scope,
        span=span,
    )


def _scope(operation: tf.Operation, scopes: Scopes) -> tuple[str, ...]:
    """The scope of an op. What is named below an op that reads it (the constant `add/y`) or that it hands on
    (`cond/Identity`), and the reading of a variable for an op (`Cast/ReadVariableOp`), is in that op's scope.
    """
    outer = operation.name.rpartition("/")[0]
    match operation.type:
        case "Const" | "Placeholder":
            near = [user.name for user in operation.outputs[0].consumers()]
        case "Identity":
            near = [operation.inputs[0].op.name]
        case _:
            near = [outer] if operation.type == READ else []
    return scopes(outer if outer and outer in near else operation.name)


def _shared(scopes: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The innermost scope that holds all of `scopes`: a variable is where it is read."""
    alike = takewhile(lambda parts: len(set(parts)) == 1, zip(*scopes, strict=False))
    return tuple(parts[0] for parts in alike)


def _params(operation: tf.Operation) -> dict[str, Any]:
    """The op's attributes; those with a leading underscore are TensorFlow's own bookkeeping."""
    found = {key: _plain(value) for key, value in sorted(operation.node_def.attr.items()) if not key.startswith("_")}
    if waits := list(dict.fromkeys(_waits_for(operation.control_inputs))):
        found["control_inputs"] = waits
    return {key: value for key, value in found.items() if value is not None}


def _waits_for(operations: Iterable[tf.Operation]) -> Iterable[str]:
    """Names of the ops to wait for, those behind a `NoOp` included. That a variable is read first is left out."""
    for operation in operations:
        if operation.type == NO_OPERATION:
            yield from _waits_for(operation.control_inputs)
        elif operation.type != READ:
            yield operation.name


def _plain(attribute: Any) -> Any:
    """An AttrValue (tensorflow/core/framework/attr_value.proto) as plain data; None where it holds nothing to show."""
    kind = attribute.WhichOneof("value")
    match kind:
        case "s":
            return attribute.s.decode("utf-8", "replace")
        case "i" | "b":
            return getattr(attribute, kind)
        case "f":
            return _constant(np.float32(attribute.f))
        case "type":
            return tf.as_dtype(attribute.type).name
        case "shape":
            return [dimension.size for dimension in attribute.shape.dim]
        case "tensor":
            return _constant(tf.make_ndarray(attribute.tensor))
        case "list":
            return _plain_list(attribute.list)
    return None  # functions stand in `calls`


def _plain_list(values: Any) -> list[Any] | None:
    for field in ("i", "f", "b"):
        if found := list(getattr(values, field)):
            return found
    if values.type:
        return [tf.as_dtype(entry).name for entry in values.type]
    if values.func or values.shape:
        return None  # the types of the values say the shapes
    return [entry.decode("utf-8", "replace") for entry in values.s]


def _constant(array: np.ndarray | np.generic) -> Any:
    """Numbers as short as their own type allows: 0.2 in float32 is not 0.20000000298023224."""
    if array.size > MOST_SHOWN_ENTRIES:
        return None
    if array.dtype.kind in "biu":
        return array.tolist()
    if array.dtype.kind not in "fV":
        return str(array.tolist())
    entries = [float(str(entry)) for entry in np.asarray(array).ravel()]
    return np.array(entries, np.float64).reshape(array.shape).tolist()
