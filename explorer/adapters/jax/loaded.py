"""A text as JAX can trace it: one function of flat arrays. Here of an expression; of a text of Python in `model.py`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.adapters.jax.functions import FUNCTIONS
from explorer.adapters.jax.mistakes import operation_failed
from explorer.capture.expression import compile_forward, parse
from explorer.capture.inputs import DEFAULT_VALUE, example
from explorer.capture.positions import FILENAME, Written
from explorer.capture.record import EXPRESSION_ENTRY, Diagnostic, Entry, Source
from explorer.errors import ProgramError
from explorer.graph.ir import Graph


@dataclass(frozen=True)
class Loaded:
    """`forward` takes the `arrays` in order and returns a tuple of arrays.

    `parameters` are the names of those arrays that the text learns. `failed` makes a ProgramError of what `forward`
    raised and the graph up to there. `statements` are the user's, for the names that values are given in them.
    """

    written: Written
    forward: Callable[..., tuple[Any, ...]]
    arrays: Mapping[str, np.ndarray]
    failed: Callable[[Exception, Graph], ProgramError]
    statements: tuple[ast.stmt, ...]
    parameters: frozenset[str] = frozenset()
    entry: Entry = EXPRESSION_ENTRY
    entries: tuple[Entry, ...] = (EXPRESSION_ENTRY,)
    notices: tuple[Diagnostic, ...] = ()


def load_expression(source: Source) -> Loaded:
    """Raises ProgramError for text that is no expression, UsageError for a VALUE."""
    expression = parse(source.text)
    function, _ = compile_forward(expression, FUNCTIONS, filename=FILENAME)
    arrays = {name: example(name, source.inputs.get(name, DEFAULT_VALUE), source.seed) for name in expression.names}

    def forward(*given: Any) -> tuple[Any, ...]:
        return (function(*given),)

    def failed(error: Exception, partial: Graph) -> ProgramError:
        return operation_failed(error, expression, partial)

    return Loaded(expression, forward, arrays, failed, expression.statements)
