"""What one can choose between in a run besides task and model: tables of keys, titles and what each means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from explorer.errors import UsageError


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a table. `frameworks` lists those that have it, empty for all; `rate` is a learning rate to try."""

    key: str
    title: str
    meaning: str
    frameworks: tuple[str, ...] = ()
    rate: float = 0.0


def _table(*choices: Choice) -> Mapping[str, Choice]:
    return {choice.key: choice for choice in choices}


# One formula in all three frameworks, so that their curves agree: every task's usual run to 1e-6 over 300 updates in
# float32. A run whose steps are just too large (Adam with all points at once has such spells) doubles any rounding from
# step to step, and then no two machines agree. g is the gradient, r the learning rate.
OPTIMIZERS = _table(
    Choice("sgd", "SGD", "w - r g", rate=0.1),
    Choice("momentum", "momentum", "v = 0.9 v + g; w - r v", rate=0.02),
    Choice("adam", "Adam", "m / (1 - 0.9^t) over sqrt(v / (1 - 0.999^t)) + 1e-8, as in the paper", rate=0.01),
    Choice("keras-adam", "Adam of Keras", "1e-7 is added before the bias of v is corrected", ("tensorflow",), 0.01),
)

# All are means over the points. `o` is the model's output, `t` what it is compared with.
LOSSES = _table(
    Choice("mse", "mean squared error", "(o - t)^2; classes are -1 and 1, or 0 and 1 where there are more than two"),
    Choice("bce", "binary cross-entropy", "of sigmoid(o), from o itself: max(o, 0) - o t + log(1 + exp(-|o|))"),
    Choice("cross-entropy", "cross-entropy", "of softmax(o), from o itself: log(sum(exp(o))) - o of the class"),
    Choice("perceptron", "perceptron criterion", "max(0, -o t); with one point per update Rosenblatt's rule"),
)

ACTIVATIONS = _table(
    Choice("tanh", "tanh", "hyperbolic tangent"),
    Choice("relu", "ReLU", "x where positive, else 0"),
    Choice("sigmoid", "sigmoid", "1 / (1 + exp(-x))"),
)

# How a step is run. The first of a framework is the one it usually runs in.
MODES: Mapping[str, Mapping[str, Choice]] = {
    "pytorch": _table(
        Choice("eager", "eager", "operation by operation, as PyTorch usually runs"),
        Choice("compiled", "torch.compile", "model and loss compiled by Inductor; needs a C++ compiler"),
    ),
    "tensorflow": _table(
        Choice("graph", "tf.function", "the step is traced once and run as a graph"),
        Choice("eager", "eager", "operation by operation"),
        Choice("compiled", "tf.function, XLA", "jit_compile=True: the graph compiled by XLA"),
    ),
    "jax": _table(
        Choice("compiled", "jit", "the step compiled by XLA"),
        Choice("eager", "without jit", "operation by operation"),
    ),
}


def optimizer(key: str, framework: str) -> Choice:
    """UsageError naming the known ones for a name that is none, or one that `framework` does not have."""
    if key not in OPTIMIZERS:
        raise UsageError("training_unknown_optimizer", name=key, known=", ".join(OPTIMIZERS))
    found = OPTIMIZERS[key]
    if found.frameworks and framework and framework not in found.frameworks:
        known = ", ".join(each.key for each in OPTIMIZERS.values() if not each.frameworks)
        raise UsageError("training_optimizer_elsewhere", name=key, frameworks=", ".join(found.frameworks), known=known)
    return found


def mode(key: str, framework: str) -> Choice:
    """The mode called `key` in `framework`, its usual one for an empty key. UsageError naming those it has."""
    table = MODES[framework]
    if not key:
        return next(iter(table.values()))
    if key not in table:
        raise UsageError("training_unknown_mode", name=key, framework=framework, known=", ".join(table))
    return table[key]


def activation(key: str) -> Choice:
    """UsageError naming the known ones."""
    if key not in ACTIVATIONS:
        raise UsageError("training_unknown_activation", name=key, known=", ".join(ACTIVATIONS))
    return ACTIVATIONS[key]


def loss(key: str, known: tuple[str, ...]) -> Choice:
    """UsageError naming those that suit the task, `known`."""
    if key not in known:
        raise UsageError("training_unknown_loss", name=key, known=", ".join(known))
    return LOSSES[key]
