"""Stage `funcgraph`: the forward function as `tf.function` traces it, nothing optimised."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

from explorer.adapters.tensorflow.environment import tf
from explorer.adapters.tensorflow.nested import with_called
from explorer.adapters.tensorflow.printout import printout
from explorer.adapters.tensorflow.reading import read
from explorer.adapters.tensorflow.scopes import Scopes
from explorer.adapters.tensorflow.tracing import Text, Traced, trace
from explorer.capture.record import Stage
from explorer.graph.ir import Graph

KEY = "funcgraph"


def trace_forward(text: Text, specs: Mapping[str, tf.TensorSpec]) -> Traced:
    """The text as a concrete function that returns its results. Raises ProgramError with the partial graph."""
    return trace(text, specs, lambda tracing: tracing.results)


def stage(forward: Traced, scopes: Scopes, started: float) -> Stage:
    """The stage; `started` is `time.perf_counter()` at the request."""
    graph = _graph(forward, scopes)
    text, lines = printout(graph)
    return Stage(KEY, graph, text, lines, time.perf_counter() - started)


def _graph(forward: Traced, scopes: Scopes) -> Graph:
    outputs = forward.graph.outputs
    graph = read(
        forward.graph,
        inputs=forward.inputs,
        captured=forward.captured,
        span=forward.span,
        outputs=outputs,
        scopes=scopes,
        without=forward.unread,
    )
    # What is differentiated comes first: it is the output that is shown where one is.
    first = graph.outputs[forward.chosen]
    graph = replace(graph, outputs=(first, *(value for value in graph.outputs if value != first)))
    return with_called(graph, forward.graph, forward.span, scopes)
