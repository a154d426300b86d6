"""What of a text can be captured: Keras models and layers, `tf.function`s, plain functions; and its arguments."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, Final

import numpy as np

from explorer.adapters.tensorflow.environment import tf

AUTOMATIC: Final = re.compile(r"(keras_tensor|input_layer|input)(_\d+)?$")  # names that Keras makes up for inputs


def kind(target: Any) -> str | None:
    """What `target` is, in people's words; None for what cannot be captured."""
    match target:
        case tf.keras.Model():
            return "model"
        case tf.keras.layers.Layer():
            return "layer"
        case types.FunctionType():
            return "function"
    if is_traceable(target):
        return "tf.function"
    return "module" if isinstance(target, tf.Module) and callable(target) else None


def is_traceable(target: Any) -> bool:
    """Whether `target` was made by `tf.function`."""
    return hasattr(target, "get_concrete_function") and hasattr(target, "python_function")


def is_array(value: Any) -> bool:
    """Whether `value` is an array that an argument can be."""
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "biufV"
    return tf.is_tensor(value) and hasattr(value, "numpy")


def call(target: Any) -> Callable[..., Any]:
    """The function whose parameters are the entry's: of a model made of layers those of its inputs."""
    if is_traceable(target):
        return target.python_function  # type: ignore[no-any-return]
    if isinstance(target, tf.keras.Model) and (names := _input_names(target)):
        return _with_parameters(names)
    if _takes_inputs(target):
        return _with_parameters(["x"])
    return target.call if isinstance(target, tf.keras.layers.Layer) else target  # type: ignore[no-any-return]


def arguments_of(target: Any, arguments: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Positional and keyword arguments of the call, from arguments by name: a model made of layers takes one nest."""
    if isinstance(target, tf.keras.Sequential) or _takes_inputs(target):
        return list(arguments.values()), {}
    if isinstance(target, tf.keras.Model) and _input_names(target):
        return [tf.keras.tree.pack_sequence_as(target.input, list(arguments.values()))], {}
    return [], dict(arguments)


def leaves(arguments: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every array in the arguments with a name of its own: `x`, `state['h']`, `pair[0]`."""
    for name, value in arguments.items():
        yield from _leaves(name, value)


def with_leaves(arguments: Mapping[str, Any], tensors: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with `tensors` in place of their arrays, by the names that `leaves` gives."""
    return {name: _replaced(name, value, tensors) for name, value in arguments.items()}


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if is_array(value):
        yield name, value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _leaves(f"{name}[{key!r}]", each)
    elif isinstance(value, list | tuple):
        for position, each in enumerate(value):
            yield from _leaves(f"{name}[{position}]", each)


def _replaced(name: str, value: Any, tensors: Mapping[str, Any]) -> Any:
    if is_array(value):
        return tensors[name]
    if isinstance(value, Mapping):
        return {key: _replaced(f"{name}[{key!r}]", each, tensors) for key, each in value.items()}
    if isinstance(value, list | tuple):
        found = [_replaced(f"{name}[{position}]", each, tensors) for position, each in enumerate(value)]
        return type(value)(*found) if hasattr(value, "_fields") else type(value)(found)
    return value


def _takes_inputs(target: Any) -> bool:
    """Whether `target` is a layer of Keras's own with one argument, which all of them call `inputs`."""
    is_layer = isinstance(target, tf.keras.layers.Layer) and not isinstance(target, tf.keras.Model)
    if not is_layer or not type(target).__module__.startswith("keras."):
        return False
    return next(iter(inspect.signature(target.call).parameters), "") == "inputs"


def _input_names(model: Any) -> list[str]:
    """Names of the inputs of a model made of layers; empty for one that is written as a class."""
    if type(model).call not in (tf.keras.Sequential.call, _functional().call):
        return []  # a class of the user's own may come from `keras.Model` and still define `call`
    names = [each.name for each in getattr(model, "inputs", None) or ()]
    return ["x"] if not names or (len(names) == 1 and AUTOMATIC.match(names[0])) else names


@cache
def _functional() -> Any:
    """Keras's class of models made by `keras.Model(inputs, outputs)`, which has no public name."""
    inputs = tf.keras.Input((1,))
    return type(tf.keras.Model(inputs, inputs))


def _with_parameters(names: list[str]) -> Callable[..., Any]:
    def inputs(**_arguments: Any) -> None: ...

    kind_of = inspect.Parameter.POSITIONAL_OR_KEYWORD
    plain = [re.sub(r"\W", "_", name) for name in names]
    inputs.__signature__ = inspect.Signature([inspect.Parameter(name, kind_of) for name in plain])  # type: ignore[attr-defined]
    return inputs
