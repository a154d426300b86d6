"""Stage `funcgraph`: the forward function as `tf.function` traces it, nothing optimised."""

from __future__ import annotations

import time
from collections.abc import Mapping

from explorer.adapters.tensorflow.environment import tf
from explorer.adapters.tensorflow.printout import printout
from explorer.adapters.tensorflow.reading import read
from explorer.adapters.tensorflow.tracing import Traced, trace
from explorer.capture.expression import Expression
from explorer.capture.record import Stage

KEY = "funcgraph"


def trace_forward(expression: Expression, specs: Mapping[str, tf.TensorSpec]) -> Traced:
    """The text as a concrete function that returns its result. Raises ProgramError with the partial graph."""
    return trace(expression, specs, lambda result, _inputs: [result])


def stage(forward: Traced, started: float) -> Stage:
    """The stage; `started` is `time.perf_counter()` at the request."""
    graph = read(forward.graph, inputs=forward.inputs, span=forward.span, outputs=forward.graph.outputs)
    text, lines = printout(graph)
    return Stage(KEY, graph, text, lines, time.perf_counter() - started)
