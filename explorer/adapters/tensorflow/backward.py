"""Backward ops, added to a FuncGraph by `tf.gradients`, the same way wherever gradients are taken."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from explorer.adapters.tensorflow.environment import tf

SCOPE = "bwd"
RULE = re.compile(r"[^/]+/(.+?)_grad/")
CARRIERS = frozenset({tf.resource, tf.variant})  # dtypes behind which floats may stand: handles, lists of tensors


@dataclass(frozen=True)
class Backward:
    """What `tf.gradients` gave. `of_sources` holds None for a source that the output does not depend on."""

    seed: tf.Tensor
    of_sources: dict[str, tf.Tensor | None]
    of_others: list[tf.Tensor | None]
    zeros: frozenset[str]  # sources on which the output depends through steps only, so that the gradient is 0


def add_backward(output: tf.Tensor, sources: Mapping[str, tf.Tensor], *, others: Sequence[tf.Tensor] = ()) -> Backward:
    """Gradients of the sum of `output` with respect to `sources` and to `others`, tensors of the same graph.

    Sources are floats and handles of float variables. The seed is ones of the output's shape. Where the output depends
    on a float by value but TensorFlow has no path back (floor, comparisons, stop_gradient) the derivative is 0 and
    stated as zeros, as `tf.UnconnectedGradients.ZERO` does; where it does not depend on it there is none.
    """
    scope = output.graph.unique_name(SCOPE, mark_as_used=False)
    seed = tf.ones(output.shape, output.dtype, name="seed")
    wanted = [*sources.values(), *others]
    found = tf.gradients(output, wanted, grad_ys=seed, name=SCOPE) if wanted else []
    whole = _Whole(scope)
    of_sources: dict[str, tf.Tensor | None] = {
        name: whole.tensor(each) for name, each in zip(sources, found, strict=False)
    }
    read_by_output = ancestors(output.op)
    floats = {name: tensor for name, tensor in sources.items() if tensor.dtype.is_floating}
    zeros = [name for name in floats if of_sources[name] is None and floats[name].op.name in read_by_output]
    for name in zeros:
        with tf.name_scope(f"{scope}/"):
            of_sources[name] = tf.zeros_like(floats[name])
    of_others = [whole.known(each) for each in found[len(sources) :]]
    return Backward(seed, of_sources, of_others, frozenset(zeros))


class _Whole:
    """Gradients as tensors: that of a gather is given by rows (`tf.IndexedSlices`), and made whole once."""

    def __init__(self, scope: str) -> None:
        self._scope = scope
        self._made: dict[int, tf.Tensor] = {}

    def tensor(self, gradient: Any) -> tf.Tensor | None:
        if isinstance(gradient, tf.IndexedSlices) and id(gradient) not in self._made:
            with tf.name_scope(f"{self._scope}/"):  # the slash: back into the scope that tf.gradients made
                self._made[id(gradient)] = tf.convert_to_tensor(gradient)
        return self.known(gradient)

    def known(self, gradient: Any) -> tf.Tensor | None:
        """The same where that adds no op; None for rows that nobody has made whole."""
        return self._made.get(id(gradient)) if isinstance(gradient, tf.IndexedSlices) else gradient


def ancestors(operation: tf.Operation) -> set[str]:
    """Names of the ops that `operation` reads, directly or not, and its own."""
    found, waiting = {operation.name}, [operation]
    while waiting:
        for tensor in waiting.pop().inputs:
            if tensor.op.name not in found:
                found.add(tensor.op.name)
                waiting.append(tensor.op)
    return found


def reached(operations: Sequence[tf.Operation], sources: Collection[str]) -> set[str]:
    """Names of the ops that read a tensor made, directly or not, from the ops named in `sources`, and that can carry a
    derivative: a float, or what may hold some.

    This is the rule by which `tf.gradients` decides which ops a derivative can pass. `operations` are in execution
    order; `sources` are part of the answer.
    """
    found = set(sources)
    for operation in operations:
        if any(carries(tensor) and tensor.op.name in found for tensor in operation.inputs):
            found.add(operation.name)
    return found


def carries(tensor: tf.Tensor) -> bool:
    """Whether a derivative can pass along `tensor`."""
    return bool(tensor.dtype.is_floating) or tensor.dtype in CARRIERS


def rule_of(name: str) -> str | None:
    """The forward op whose derivative rule made the backward op called `name`; None for a seed or a sum of shares.

    `tf.gradients` puts the ops of `mul`'s rule into the name scope `<scope>/mul_grad/`.
    """
    found = RULE.match(name)
    return found[1] if found else None
