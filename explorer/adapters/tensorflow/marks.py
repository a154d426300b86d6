"""A copy of a FuncGraph with one Identity op, a mark, on every use of a float tensor.

The derivative of Identity hands the incoming gradient on as it is and adds no op, so `tf.gradients` with respect to
the marks gives, for each use, the very tensor that holds its share.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from explorer.adapters.tensorflow.environment import tf
from explorer.graph.ir import use_key

PREFIX = "backflow_use"


@dataclass(frozen=True)
class Marked:
    """A GraphDef without its placeholders. `uses` maps a use key to the name of its mark's tensor."""

    definition: Any  # GraphDef
    uses: Mapping[str, str]


def mark_uses(graph: Any, inputs: Mapping[str, tf.Tensor], *, without: Collection[str] = ()) -> Marked:
    """Mark every use of a float tensor of the FuncGraph `graph`; ops named in `without` are left out."""
    definition = definition_of(graph, inputs, without=without)
    prefix = graph.unique_name(PREFIX, mark_as_used=False)
    nodes = {node.name: node for node in definition.node}
    uses: dict[str, str] = {}
    marks: list[Any] = []  # NodeDefs
    for operation in graph.get_operations():
        if operation.name not in nodes:
            continue
        for operand, tensor in enumerate(operation.inputs):
            if not tensor.dtype.is_floating:
                continue
            mark = tf.compat.v1.NodeDef(name=f"{prefix}_{len(marks)}", op="Identity", input=[tensor.name])
            mark.attr["T"].type = tensor.dtype.as_datatype_enum
            nodes[operation.name].input[operand] = mark.name
            marks.append(mark)
            uses[use_key(operation.name, operand)] = f"{mark.name}:0"
    definition.node.extend(marks)
    return Marked(definition, uses)


def definition_of(graph: Any, inputs: Mapping[str, tf.Tensor], *, without: Collection[str] = ()) -> Any:
    """The GraphDef of a FuncGraph to be inserted elsewhere: no placeholders, and free to be placed anywhere."""
    return without_ops(graph.as_graph_def(), {tensor.op.name for tensor in inputs.values()} | set(without))


def without_ops(definition: Any, dropped: Collection[str]) -> Any:
    """A copy of a GraphDef without the ops named in `dropped`, free to be placed anywhere."""
    kept = tf.compat.v1.GraphDef(versions=definition.versions)
    kept.node.extend(node for node in definition.node if node.name not in dropped)
    for node in kept.node:
        node.attr.pop("_class", None)  # "near op x": a wish that a missing x turns into an error
    return kept


def insert(definition: Any, inputs: Mapping[str, tf.Tensor], placeholders: Mapping[str, tf.Tensor]) -> None:
    """Import a GraphDef into the graph being traced, under its own names.

    `inputs` are the tensors to use instead of the original's `placeholders`, which the GraphDef must not hold.
    """
    read = {source.partition(":")[0] for node in definition.node for source in node.input}
    replacements = {
        placeholders[name].name: tensor for name, tensor in inputs.items() if placeholders[name].op.name in read
    }
    tf.graph_util.import_graph_def(definition, input_map=replacements, name="")


def uses_of(tensor: tf.Tensor) -> list[str]:
    """Keys of all uses of a tensor, in execution order of the users."""
    users = {operation.name: operation for operation in tensor.consumers()}
    return [
        use_key(name, operand)
        for name, operation in users.items()
        for operand, read in enumerate(operation.inputs)
        if read.name == tensor.name
    ]
