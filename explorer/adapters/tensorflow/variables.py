"""The variables that a text holds: of its models and layers, and its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from explorer.adapters.tensorflow.environment import tf
from explorer.adapters.tensorflow.tracing import Variable
from explorer.graph import roles

MOST_WRITTEN = 128  # entries; tensorflow/python/framework/func_graph.py, _EAGER_CONST_THRESHOLD


def variables_of(names: Mapping[str, Any]) -> tuple[Variable, ...]:
    """Each variable that can be reached from what a text defines, once, in order of definition.

    One of a Keras layer is called by its path (`sequential/dense/kernel`), one of the text's own by its name there.
    What is trainable and of floats is a parameter, anything else a constant.
    """
    found: dict[int, Variable] = {id(value): tensor(name, value) for name, value in names.items() if _is_tensor(value)}
    for name, value in names.items():
        for label, variable in _inside(name, value):
            held = variable.value if isinstance(variable, tf.keras.Variable) else variable
            learned = variable.trainable and held.dtype.is_floating
            found.setdefault(id(held), Variable(label, roles.PARAMETER if learned else roles.CONSTANT, held))
    return tuple(found.values())


def tensor(name: str, value: Any) -> Variable:
    """A tensor that a text holds: a graph captures it as it does a variable."""
    return Variable(name, roles.CONSTANT, tensor=value)


def _is_tensor(value: Any) -> bool:
    """Small tensors are not captured: TensorFlow writes them into the graph, where they are used."""
    return tf.is_tensor(value) and hasattr(value, "numpy") and value.shape.num_elements() > MOST_WRITTEN


def layers_of(values: Iterable[Any]) -> list[Any]:
    """All Keras layers among `values` and in them. `_flatten_layers` is Keras's own; guarded by a test of the names."""
    roots = [value for value in values if isinstance(value, tf.keras.layers.Layer)]
    return list({id(layer): layer for root in roots for layer in root._flatten_layers()}.values())


def _inside(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, tf.keras.Variable | tf.Variable):
        yield name, value
    elif isinstance(value, tf.keras.layers.Layer):
        yield from ((each.path, each) for each in value.variables)
    elif isinstance(value, tf.Module):
        yield from ((each.name.removesuffix(":0"), each) for each in value.variables)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _inside(f"{name}[{key!r}]", each)
    elif isinstance(value, list | tuple):
        for position, each in enumerate(value):
            yield from _inside(f"{name}[{position}]", each)
