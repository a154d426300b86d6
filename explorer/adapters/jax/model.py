"""A text of Python: its functions, jitted, vmapped and differentiated ones, and flax modules, as functions of arrays.

Arguments are trees of arrays. Their leaves are the arrays of the program, named as JAX names them
(`params['hidden']['w']`): float leaves of a container are parameters, all others inputs. What is no array (a truth, a
text, a key of random numbers) is held fixed.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np

from explorer.adapters.jax.loaded import Loaded
from explorer.adapters.jax.mistakes import call_failed
from explorer.capture.entries import Bound, candidates, choose
from explorer.capture.module_text import MODULE_NAME, Module, load_module, module_failed
from explorer.capture.record import Diagnostic, Source
from explorer.errors import ProgramError
from explorer.graph.ir import Graph
from explorer.graph.places import CALL, INTO

DIFFERENTIATORS: Final = {"value_and_grad_f": "value_and_grad", "grad_f": "grad", "grad_f_aux": "grad"}
TRANSFORMED: Final = {**DIFFERENTIATORS, "vmap_f": "vmap"}
VARIABLES: Final = ("variables", "params")  # what people call what a flax module is applied to


def load_model(source: Source) -> Loaded:
    """Run the text, choose what of it to capture, find its arguments.

    Raises ProgramError as `load_module` and `choose` do, UsageError for an entry or a VALUE.
    """
    before = jax.config.jax_enable_x64
    try:
        module = load_module(source.text)
        chosen = choose(
            module,
            candidates(module, _kind, _called),
            source.entry,
            source.inputs,
            seed=source.seed,
            is_array=_is_array,
        )
        call = _call(module, chosen.bound, source.seed)
        leaves = _leaves(call)
    finally:
        jax.config.update("jax_enable_x64", before)  # a text may set it for itself, not for the next one
    name = chosen.bound.candidate.entry.name

    def failed(error: Exception, partial: Graph) -> ProgramError:
        return call_failed(error, name, module, partial)

    return Loaded(
        module, _forward(call, leaves), leaves.arrays, failed, tuple(_statements(module.text)), leaves.parameters,
        chosen.bound.candidate.entry, chosen.entries, call.notices,
    )  # fmt: skip


def _kind(target: Any) -> str | None:
    """What of a text can be captured, in a word; None for anything else."""
    if _is_flax(target):
        return "flax module"
    if inspect.isclass(target) or not callable(target):
        return None
    if _is_jitted(target):
        return "jit"
    if (transform := _transform(target)) is not None:
        return transform
    return "function" if inspect.isfunction(target) and target.__module__ == MODULE_NAME else None


def _called(target: Any) -> Callable[..., Any]:
    called: Callable[..., Any] = type(target).__call__.__get__(target) if _is_flax(target) else target
    return called


def _is_flax(target: Any) -> bool:
    """True for an instance of `flax.linen.Module`; a text that has one has imported flax."""
    linen = sys.modules.get("flax.linen")
    return linen is not None and isinstance(target, linen.Module)


def _is_jitted(target: Any) -> bool:
    return callable(getattr(target, "lower", None)) and hasattr(target, "__wrapped__")


def _transform(target: Any) -> str | None:
    """Which of JAX's transformations made a function: the name of the code inside its wrapper says it.

    A private read (JAX 0.10.2; a test says if it moved): without it such a function is captured as it is.
    """
    if not hasattr(target, "__wrapped__"):
        return None
    held = (cell.cell_contents for cell in getattr(target, "__closure__", None) or ())
    names = (inner.__code__.co_name for inner in held if inspect.isfunction(inner))
    return next((TRANSFORMED[name] for name in names if name in TRANSFORMED), None)


def _is_array(value: Any) -> bool:
    return isinstance(value, jax.Array | np.ndarray)


@dataclass(frozen=True)
class _Call:
    """What is traced: `function(*trees)`; `names` of the arguments, and those that are trees of parameters."""

    function: Callable[..., Any]
    trees: Mapping[str, Any]
    notices: tuple[Diagnostic, ...] = ()


def _call(module: Module, bound: Bound, seed: int) -> _Call:
    """The call of an entry with its arguments. Raises ProgramError where a flax module cannot be initialised."""
    target, arguments = bound.candidate.target, dict(bound.arguments)
    if _is_flax(target):
        return _flax_call(module, target, arguments, seed)
    target, notices = _differentiated(target, bound.candidate.entry.name)
    first = list(bound.candidate.signature.parameters)
    by_position = all(name == asked for name, asked in zip(arguments, first, strict=False))

    def function(*trees: Any) -> Any:
        if by_position:  # a function that is differentiated or mapped takes no names
            return target(*trees)
        return target(**dict(zip(arguments, trees, strict=True)))

    return _Call(function, arguments, notices)


def _differentiated(target: Any, name: str) -> tuple[Any, tuple[Diagnostic, ...]]:
    """What a `value_and_grad` or a `grad`, jitted or not, differentiates; anything else as it is."""
    inner = target
    while _is_jitted(inner):
        inner = inner.__wrapped__
    if _transform(inner) not in DIFFERENTIATORS.values():
        return target, ()
    inner = inner.__wrapped__
    called = getattr(inner, "__name__", "a function")
    return inner, (Diagnostic("notice", "jax_unwrapped", {"name": name, "function": called}),)


def _flax_call(module: Module, target: Any, arguments: Mapping[str, Any], seed: int) -> _Call:
    """`target.apply` with the variables of the text, or with those of its `init`."""
    known = next((each for name in VARIABLES if _is_variables(each := module.names.get(name))), None)
    if known is None:
        try:
            known = target.init(jax.random.PRNGKey(seed), *arguments.values())
        except Exception as error:
            raise module_failed(error, module) from None
    name = next((name for name in VARIABLES if module.names.get(name) is known), VARIABLES[0])
    return _Call(lambda variables, *given: target.apply(variables, *given), {name: known, **arguments})


def _is_variables(value: Any) -> bool:
    return isinstance(value, Mapping) and "params" in value


@dataclass(frozen=True)
class _Leaves:
    """The leaves of a call's arguments: `arrays` by name, and what is held fixed by its number among all leaves."""

    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    fixed: dict[int, Any] = field(default_factory=dict)
    parameters: frozenset[str] = frozenset()


def _leaves(call: _Call) -> _Leaves:
    """Take the arguments apart, under the modes that the text has set, so that dtypes are those it would use."""
    found = _Leaves()
    learned = set()
    for number, (name, leaf, inside) in enumerate(_named_leaves(call.trees)):
        if not _is_traced(leaf):
            found.fixed[number] = leaf
            continue
        found.arrays[name] = np.asarray(jnp.asarray(leaf))
        if inside and jnp.issubdtype(found.arrays[name].dtype, jnp.floating):
            learned.add(name)
    return _Leaves(found.arrays, found.fixed, frozenset(learned))


def _named_leaves(trees: Mapping[str, Any]) -> list[tuple[str, Any, bool]]:
    """(name, leaf, whether it is inside a container) of every leaf, in JAX's order. Names are ids, each given once."""
    named, taken = [], set()
    for argument, tree in trees.items():
        for path, leaf in jax.tree_util.tree_flatten_with_path(tree)[0]:
            name = argument + jax.tree_util.keystr(path).replace(INTO, "_").replace(CALL, "_")
            while name in taken:
                name += "_"
            taken.add(name)
            named.append((name, leaf, bool(path)))
    return named


def _is_traced(leaf: Any) -> bool:
    """True for a leaf that becomes an input: an array of numbers or a number."""
    if isinstance(leaf, bool) or not isinstance(leaf, int | float | np.ndarray | np.generic | jax.Array):
        return False
    dtype = getattr(leaf, "dtype", np.dtype(np.float32))
    return bool(jnp.issubdtype(dtype, np.number) or jnp.issubdtype(dtype, np.bool_))


def _forward(call: _Call, leaves: _Leaves) -> Callable[..., tuple[Any, ...]]:
    """The call as a function of its traced leaves that returns a tuple of its result's leaves."""
    shape = jax.tree.structure(tuple(call.trees.values()))

    def forward(*arrays: Any) -> tuple[Any, ...]:
        given = iter(arrays)
        whole = [leaves.fixed[k] if k in leaves.fixed else next(given) for k in range(shape.num_leaves)]
        return tuple(map(jnp.asarray, jax.tree.leaves(call.function(*jax.tree.unflatten(shape, whole)))))

    return forward


def _statements(text: str) -> Sequence[ast.stmt]:
    """Every statement of a text, in functions too."""
    return [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.stmt)]
