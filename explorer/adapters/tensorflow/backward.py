"""Backward ops, added to a FuncGraph by `tf.gradients`, the same way wherever gradients are taken."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from explorer.adapters.tensorflow.environment import tf

SCOPE = "bwd"
RULE = re.compile(r"[^/]+/(.+?)_grad/")


@dataclass(frozen=True)
class Backward:
    """What `tf.gradients` gave. `of_inputs` holds None for an input that the output does not depend on."""

    seed: tf.Tensor
    of_inputs: dict[str, tf.Tensor | None]
    of_others: list[tf.Tensor | None]
    zeros: frozenset[str]  # inputs on which the output depends through steps only, so that the gradient is 0


def add_backward(output: tf.Tensor, inputs: Mapping[str, tf.Tensor], *, others: Sequence[tf.Tensor] = ()) -> Backward:
    """Gradients of the sum of `output` with respect to the float `inputs` and to `others`, tensors of the same graph.

    The seed is ones of the output's shape. Where the output depends on an input by value but TensorFlow has no path
    back (floor, comparisons, stop_gradient) the derivative is 0 and stated as zeros, as
    `tf.UnconnectedGradients.ZERO` does; where it does not depend on the input there is none.
    """
    scope = output.graph.unique_name(SCOPE, mark_as_used=False)
    seed = tf.ones(output.shape, output.dtype, name="seed")
    floats = {name: tensor for name, tensor in inputs.items() if tensor.dtype.is_floating}
    found = tf.gradients(output, [*floats.values(), *others], grad_ys=seed, name=SCOPE)
    of_inputs: dict[str, tf.Tensor | None] = dict(zip(floats, found, strict=False))
    read_by_output = ancestors(output.op)
    zeros = [name for name in floats if of_inputs[name] is None and floats[name].op.name in read_by_output]
    for name in zeros:
        with tf.name_scope(f"{scope}/"):  # the slash: back into the scope that tf.gradients made
            of_inputs[name] = tf.zeros_like(floats[name])
    return Backward(seed, of_inputs, found[len(floats) :], frozenset(zeros))


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
    """Names of the ops that read a float tensor made, directly or not, from the ops named in `sources`.

    This is the rule by which `tf.gradients` decides which ops a derivative can pass. `operations` are in execution
    order; `sources` are part of the answer.
    """
    found = set(sources)
    for operation in operations:
        if any(tensor.dtype.is_floating and tensor.op.name in found for tensor in operation.inputs):
            found.add(operation.name)
    return found


def rule_of(name: str) -> str | None:
    """The forward op whose derivative rule made the backward op called `name`; None for a seed or a sum of shares.

    `tf.gradients` puts the ops of `mul`'s rule into the name scope `<scope>/mul_grad/`.
    """
    found = RULE.match(name)
    return found[1] if found else None
