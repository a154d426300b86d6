"""A FuncGraph as a Graph: ops become nodes, tensors values, both under TensorFlow's own names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from explorer.adapters.tensorflow.environment import tf
from explorer.graph import roles
from explorer.graph.ir import INPUT_OP, Graph, Node, Span, TensorType, Value

GRAPH_NAME = "forward"
MOST_SHOWN_ENTRIES = 64  # of a constant's value in `params`; a larger one is in the value column anyway


def read(
    graph: Any,
    *,
    inputs: Mapping[str, tf.Tensor],
    span: Callable[[tf.Operation], Span | None],
    outputs: Sequence[tf.Tensor] = (),
    role: Callable[[tf.Operation], str] | None = None,
    name: str = GRAPH_NAME,
    only: Collection[str] | None = None,
) -> Graph:
    """All ops of the FuncGraph `graph`, in the order they were made, which is a valid execution order.

    `inputs` maps names to placeholders, `outputs` are the tensors that the function returns, `role` decides for ops
    that are no input, constant or returned Identity. `only` names the ops to read, besides the inputs, where others
    were added.
    """
    names = {tensor.op.name: name for name, tensor in inputs.items()}
    returned = {tensor.op.name for tensor in outputs}

    def role_of(operation: tf.Operation) -> str:
        if operation.name in names:
            return roles.INPUT
        if operation.name in returned and operation.type == "Identity":
            return roles.OUTPUT
        if role:
            return role(operation)
        return roles.CONSTANT if operation.type == "Const" else roles.PRIMAL

    nodes = tuple(
        _node(operation, names.get(operation.name), role_of(operation), span(operation))
        for operation in graph.get_operations()
        if only is None or operation.name in only or operation.name in names
    )
    return Graph(
        name,
        tuple(value_id(tensor) for tensor in inputs.values()),
        tuple(value_id(tensor) for tensor in outputs),
        nodes,
    )


def value_id(tensor: tf.Tensor) -> str:
    """TensorFlow's tensor name (`add:0`, `split:1`), without the `:0` of a first output."""
    return str(tensor.name).removesuffix(":0")


def tensor_type(tensor: tf.Tensor) -> TensorType:
    shape = tensor.shape.as_list() if tensor.shape.rank is not None else ["?"]
    return TensorType(tensor.dtype.name, tuple("?" if size is None else size for size in shape))


def _node(operation: tf.Operation, user_name: str | None, role: str, span: Span | None) -> Node:
    return Node(
        id=operation.name,
        op=INPUT_OP if user_name is not None else operation.type,
        inputs=tuple(value_id(tensor) for tensor in operation.inputs),
        outputs=tuple(Value(value_id(tensor), tensor_type(tensor), user_name or "") for tensor in operation.outputs),
        params={} if user_name is not None else _params(operation),
        role=role,
        scope=tuple(operation.name.split("/")[:-1]),
        span=span,
    )


def _params(operation: tf.Operation) -> dict[str, Any]:
    """The op's attributes; those with a leading underscore are TensorFlow's own bookkeeping."""
    found = {key: _plain(value) for key, value in sorted(operation.node_def.attr.items()) if not key.startswith("_")}
    if operation.control_inputs:
        found["control_inputs"] = [control.name for control in operation.control_inputs]
    return {key: value for key, value in found.items() if value is not None}


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
        case "func":
            return attribute.func.name
        case "list":
            return _plain_list(attribute.list)
    return None


def _plain_list(values: Any) -> list[Any]:
    for field in ("i", "f", "b"):
        if found := list(getattr(values, field)):
            return found
    if values.type:
        return [tf.as_dtype(entry).name for entry in values.type]
    return [entry.decode("utf-8", "replace") for entry in values.s]


def _constant(array: np.ndarray | np.generic) -> Any:
    """Numbers as short as their own type allows: 0.2 in float32 is not 0.20000000298023224."""
    if array.size > MOST_SHOWN_ENTRIES:
        return None
    if array.dtype.kind in "biu":
        return array.tolist()
    entries = [float(str(entry)) for entry in np.asarray(array).ravel()]
    return np.array(entries, np.float64).reshape(array.shape).tolist()
