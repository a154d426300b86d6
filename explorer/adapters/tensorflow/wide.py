"""A traced model in float64, for finite differences: the captured graph with every float made float64.

A text may name float32 anywhere, so running it again in float64 would not do; what is computed here is exactly the
graph that is shown. The variables are copies.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np

from explorer.adapters.tensorflow.backward import add_backward
from explorer.adapters.tensorflow.environment import tf
from explorer.adapters.tensorflow.marks import definition_of, insert
from explorer.adapters.tensorflow.mistakes import runtime_mistake
from explorer.adapters.tensorflow.tracing import Traced, receive, specification
from explorer.errors import ProgramError
from explorer.flow.finite_difference import is_float

Arrays = Mapping[str, np.ndarray]
RANDOM = re.compile(r"(Stateless)?(Random|TruncatedNormal)")
NARROW = frozenset(dtype.as_datatype_enum for dtype in (tf.float32, tf.float16, tf.bfloat16))
WIDE = tf.float64.as_datatype_enum


class Wide:
    """`value` and `value_and_gradients` of `forward`, as a Program has them, with every array given."""

    def __init__(self, forward: Traced, inputs: Arrays, start: Arrays) -> None:
        self._forward, self._inputs = forward, {name: _widened(array) for name, array in inputs.items()}
        self._variables: dict[str, tf.Variable] = {}
        self._outside: dict[str, Any] = {}
        for name, each in zip(list(forward.given)[len(inputs) :], forward.captured, strict=True):
            if each.variable is None:
                wide = each.outside.dtype.is_floating
                self._outside[name] = tf.cast(each.outside, tf.float64) if wide else each.outside
            else:
                self._variables[name] = tf.Variable(_widened(start[name]), trainable=False)
                self._outside[name] = self._variables[name].handle
        self._definition = widened(definition_of(forward))
        self._functions: dict[bool, Any] = {}
        self._names: list[str] = []

    def value(self, arrays: Arrays) -> np.ndarray:
        (value,) = self._run(arrays, gradients=False)
        return value

    def value_and_gradients(self, arrays: Arrays) -> tuple[np.ndarray, dict[str, np.ndarray | None]]:
        value, *found = self._run(arrays, gradients=True)
        return value, dict(zip(self._names, found, strict=True))

    def _run(self, arrays: Arrays, *, gradients: bool) -> list[np.ndarray]:
        for name, variable in self._variables.items():
            variable.assign(_widened(arrays[name]))
        try:
            function = self._function(gradients)
            found = function(*(tf.constant(_widened(arrays[name])) for name in self._inputs))
        except tf.errors.OpError as error:
            raise runtime_mistake(error, self._forward) from None
        return [np.asarray(tensor.numpy()) for tensor in found]

    def _function(self, gradients: bool) -> Any:
        """Traced once. Raises ProgramError `tensorflow_no_float64` for an op that knows float32 only."""
        if gradients not in self._functions:
            specs = specification(self._inputs).values()
            body = self._with_gradients if gradients else self._result
            try:
                self._functions[gradients] = tf.function(body, autograph=False).get_concrete_function(*specs)
            except (ValueError, TypeError) as error:
                raise ProgramError("tensorflow_no_float64", detail=str(error)) from None
        return self._functions[gradients]

    def _result(self, *tensors: tf.Tensor) -> list[tf.Tensor]:
        return [self._insert(receive(self._forward, tensors, self._outside))]

    def _with_gradients(self, *tensors: tf.Tensor) -> list[tf.Tensor]:
        received = receive(self._forward, tensors, self._outside)
        result = self._insert(received)
        backward = add_backward(result, {name: received[name] for name in self._forward.sources})
        found = {name: tensor for name, tensor in backward.of_sources.items() if tensor is not None}
        self._names = list(found)
        return [result, *found.values()]

    def _insert(self, received: Mapping[str, tf.Tensor]) -> tf.Tensor:
        insert(self._definition, received, self._forward, derivatives=False)
        name = self._forward.graph.outputs[self._forward.chosen].name
        return tf.compat.v1.get_default_graph().get_tensor_by_name(name)


def widened(definition: Any) -> Any:
    """A copy of a GraphDef with float64 wherever it says another float, in its functions too."""
    wide = tf.compat.v1.GraphDef()
    wide.CopyFrom(definition)
    random = [node for node in wide.node if RANDOM.match(node.op) and _is_narrow(node)]
    casts = [_cast(node) for node in random]
    for function in wide.library.function:
        for argument in (*function.signature.input_arg, *function.signature.output_arg):
            argument.type = WIDE if argument.type in NARROW else argument.type
    kept = {node.name for node in random}
    for attribute in _attributes(wide, kept):
        match attribute.WhichOneof("value"):
            case "type":
                attribute.type = WIDE if attribute.type in NARROW else attribute.type
            case "tensor" if attribute.tensor.dtype in NARROW:
                array = tf.make_ndarray(attribute.tensor)
                attribute.tensor.CopyFrom(tf.make_tensor_proto(array, tf.float64, shape=array.shape))
            case "list":
                kinds = [WIDE if each in NARROW else each for each in attribute.list.type]
                del attribute.list.type[:]
                attribute.list.type.extend(kinds)
    wide.node.extend(casts)
    return wide


def _is_narrow(node: Any) -> bool:
    return "dtype" in node.attr and node.attr["dtype"].type in NARROW


def _cast(node: Any) -> Any:
    """A Cast to float64 under the name of `node`, which gets another: random numbers are the same as before."""
    cast = tf.compat.v1.NodeDef(name=node.name, op="Cast", input=[f"{node.name}/narrow"])
    cast.attr["SrcT"].type, cast.attr["DstT"].type = node.attr["dtype"].type, WIDE
    node.name = cast.input[0]
    return cast


def _attributes(definition: Any, without: Collection[str]) -> Iterator[Any]:
    for owner in (definition.node, *(function.node_def for function in definition.library.function)):
        for node in owner:
            if node.name not in without:
                yield from node.attr.values()


def _widened(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float64) if is_float(array) else array
