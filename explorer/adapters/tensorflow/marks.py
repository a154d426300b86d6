"""A copy of a FuncGraph with one Identity op, a mark, on every use of a float tensor or of a parameter's handle.

The derivative of Identity hands the incoming gradient on as it is and adds no op, so `tf.gradients` with respect to
the marks gives, for each use, the very tensor that holds its share.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from explorer.adapters.tensorflow.environment import tf
from explorer.adapters.tensorflow.nested import FUNCTION_ATTRIBUTES
from explorer.adapters.tensorflow.reading import NO_OPERATION
from explorer.adapters.tensorflow.tracing import Traced
from explorer.graph.ir import use_key

PREFIX = "backflow_use"
COPIES = itertools.count(1)


@dataclass(frozen=True)
class Marked:
    """A GraphDef without its placeholders. `uses` maps a use key to the name of its mark's tensor."""

    definition: Any  # GraphDef
    uses: Mapping[str, str]


def mark_uses(traced: Traced, *, without: Collection[str] = ()) -> Marked:
    """Mark every use in the graph of `traced`; ops named in `without` are left out."""
    definition = definition_of(traced, without=without)
    prefix = traced.graph.unique_name(PREFIX, mark_as_used=False)
    nodes = {node.name: node for node in definition.node}
    handles = {tensor.op.name for tensor in traced.sources.values() if tensor.dtype == tf.resource}
    uses: dict[str, str] = {}
    marks: list[Any] = []  # NodeDefs
    for operation in traced.graph.get_operations():
        if operation.name not in nodes:
            continue
        for operand, tensor in enumerate(operation.inputs):
            if not tensor.dtype.is_floating and tensor.op.name not in handles:
                continue
            mark = tf.compat.v1.NodeDef(name=f"{prefix}_{len(marks)}", op="Identity", input=[tensor.name])
            mark.attr["T"].type = tensor.dtype.as_datatype_enum
            nodes[operation.name].input[operand] = mark.name
            marks.append(mark)
            uses[use_key(operation.name, operand)] = f"{mark.name}:0"
    definition.node.extend(marks)
    return Marked(definition, uses)


def definition_of(traced: Traced, *, without: Collection[str] = ()) -> Any:
    """The GraphDef of a FuncGraph to be inserted elsewhere: no placeholders, and free to be placed anywhere."""
    given = {tensor.op.name for tensor in traced.given.values()}
    return without_ops(traced.graph.as_graph_def(), given | traced.unread | set(without))


def without_ops(definition: Any, dropped: Collection[str]) -> Any:
    """A copy of a GraphDef without the ops named in `dropped` and without those that only order others: the function
    that it is inserted into orders anew what has effects.
    """
    dropped = set(dropped) | {node.name for node in definition.node if node.op == NO_OPERATION}
    kept = tf.compat.v1.GraphDef(versions=definition.versions, library=definition.library)
    kept.node.extend(node for node in definition.node if node.name not in dropped)
    for node in kept.node:
        node.attr.pop("_class", None)  # "near op x": a wish that a missing x turns into an error
        inputs = [source for source in node.input if not (source.startswith("^") and source[1:] in dropped)]
        del node.input[:]
        node.input.extend(inputs)
    return kept


def insert(definition: Any, received: Mapping[str, tf.Tensor], traced: Traced, *, derivatives: bool = True) -> None:
    """Import a GraphDef made of `traced` into the graph being traced, under its own names.

    `received` are the tensors to use instead of the placeholders of `traced`, which the GraphDef must not hold.
    `derivatives`: called functions keep the ones they have, which are of their own dtypes.
    """
    read = {source.partition(":")[0] for node in definition.node for source in node.input}
    replacements = {
        placeholder.name: received[name] for name, placeholder in traced.given.items() if placeholder.op.name in read
    }
    tf.graph_util.import_graph_def(_with_own_functions(definition), input_map=replacements, name="")
    if derivatives:
        _keep_derivatives(traced.graph, tf.compat.v1.get_default_graph())


def is_closed(function: Any) -> bool:
    """Whether a ConcreteFunction takes nothing from other graphs, which are gone when it runs."""
    return all(hasattr(tensor, "numpy") or tensor.dtype == tf.resource for tensor in function.captured_inputs)


def uses_of(tensor: tf.Tensor) -> list[str]:
    """Keys of all uses of a tensor, in execution order of the users."""
    users = {operation.name: operation for operation in tensor.consumers()}
    return [
        use_key(name, operand)
        for name, operation in users.items()
        for operand, read in enumerate(operation.inputs)
        if read.name == tensor.name
    ]


def _with_own_functions(definition: Any) -> Any:
    """A copy whose functions have names of their own: taking a gradient changes the functions of loops and branches,
    and TensorFlow refuses two functions of one name in a process.
    """
    if not definition.library.function:
        return definition
    own = tf.compat.v1.GraphDef()
    own.CopyFrom(definition)
    number = next(COPIES)
    names = {function.signature.name: f"{function.signature.name}_again{number}" for function in own.library.function}
    for function in own.library.function:
        function.signature.name = names[function.signature.name]
    for gradient in own.library.gradient:
        gradient.function_name = names.get(gradient.function_name, gradient.function_name)
        gradient.gradient_func = names.get(gradient.gradient_func, gradient.gradient_func)
    for called in _called(own):
        called.name = names.get(called.name, called.name)
    for function in own.library.function:
        _register(function)
    return own


def _register(function: Any) -> None:
    """Make a FunctionDef known where ops are run: importing a GraphDef makes it known to the graph only.

    TensorFlow keeps this to itself; guarded by `test_called_functions_have_graphs`.
    """
    from tensorflow.python.eager import context

    context.context().add_function_def(function)


def _called(definition: Any) -> Iterator[Any]:
    """Every mention of a function (NameAttrList) in a GraphDef's ops and in those of its functions."""
    bodies = (function.node_def for function in definition.library.function)
    for node in itertools.chain(definition.node, *bodies):
        for key in FUNCTION_ATTRIBUTES:
            kind = node.attr[key].WhichOneof("value") if key in node.attr else None
            if kind == "func":
                yield node.attr[key].func
            elif kind == "list":
                yield from node.attr[key].list.func


def _keep_derivatives(source: Any, target: Any) -> None:
    """Give copies of called functions the derivative that the originals have: TensorFlow notes it beside the GraphDef.

    Guarded by `test_called_functions_keep_their_derivative`.
    """
    for operation in source.get_operations():
        if operation._gradient_function is not None:
            try:
                target.get_operation_by_name(operation.name)._gradient_function = operation._gradient_function
            except KeyError:
                continue  # an op that was left out
