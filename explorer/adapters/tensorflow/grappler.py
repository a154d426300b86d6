"""Stage `grappler`: the GraphDef as TensorFlow's graph optimizer leaves it before it runs.

Grappler keeps the names of the ops that it keeps, also of those that it replaces by a constant or a fused op, so names
are the evidence of the links.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from explorer.adapters.tensorflow.environment import tf
from explorer.adapters.tensorflow.links import inside
from explorer.adapters.tensorflow.marks import without_ops
from explorer.adapters.tensorflow.nested import with_called
from explorer.adapters.tensorflow.printout import printout
from explorer.adapters.tensorflow.reading import read
from explorer.adapters.tensorflow.scopes import Scopes
from explorer.adapters.tensorflow.tracing import Traced
from explorer.adapters.tensorflow.values import GraphNumbers
from explorer.capture.record import Absence, Link, Provenance, Stage
from explorer.errors import ProgramError
from explorer.graph import roles
from explorer.graph.ir import Graph, Node, Span

KEY = "grappler"
FOLDED, FUSED, REMOVED = "grappler_folded", "fused_into", "grappler_removed"


@dataclass(frozen=True)
class Optimized:
    """What Grappler made of `source`, a captured stage, and its numbers."""

    source: Stage
    graph: Graph
    numbers: GraphNumbers

    def stage(self, started: float) -> Stage:
        """The stage; `started` is `time.perf_counter()` at the request."""
        text, lines = printout(self.graph, "GraphDef")
        return Stage(KEY, self.graph, text, lines, time.perf_counter() - started)

    def provenance(self) -> Provenance:
        """An op is linked with the op of its name; what is gone says where it went."""
        kept = self.graph.node_by_id
        links = [Link((node.id,), (node.id,), "same", "name") for node in self.source.graph.nodes if node.id in kept]
        absent = {node.id: self._why_gone(node) for node in self.source.graph.nodes if node.id not in kept}
        links += inside(self.source.graph, self.graph)
        return Provenance(self.source.key, KEY, tuple(links), absent)

    def _why_gone(self, node: Node) -> Absence:
        """By the nearest op behind it that is still there: now a constant, another op than before, or unchanged."""
        before, after = self.source.graph, self.graph.node_by_id
        seen, waiting = {node.id}, [node]
        while waiting:
            current = waiting.pop(0)
            for output in current.outputs:
                for user, _ in before.users.get(output.id, ()):
                    if user.id in after and after[user.id].op == user.op:
                        continue
                    if user.id in after:
                        folded = after[user.id].op == "Const"
                        return Absence(FOLDED if folded else FUSED, {"node" if folded else "fusion": user.id})
                    if user.id not in seen:
                        seen.add(user.id)
                        waiting.append(user)
        return Absence(REMOVED)


def optimize(traced: Traced, specs: Sequence[tf.TensorSpec], source: Stage, scopes: Scopes) -> Optimized:
    """Let Grappler optimize the function `traced`, whose graph `source` shows.

    Raises ProgramError `grappler_failed` with TensorFlow's reason.
    """
    try:
        definition = _optimized(traced.function)
    except (tf.errors.OpError, ValueError, RuntimeError) as error:
        raise ProgramError(
            "grappler_failed", reason=str(error).strip().partition("\n")[0].rstrip("."), detail=str(error)
        ) from None
    given = {tensor.op.name for tensor in traced.given.values()} | traced.unread
    numbers = GraphNumbers(without_ops(definition, given), traced, specs, KEY)
    return Optimized(source, _graph(source.graph, numbers, scopes), numbers)


def _optimized(function: Any) -> Any:
    """The GraphDef of a ConcreteFunction after Grappler. TensorFlow offers this to its own tests only.

    Guarded by `test_grappler_is_where_it_was`.
    """
    from tensorflow.core.protobuf import config_pb2, meta_graph_pb2
    from tensorflow.python.grappler import tf_optimizer

    graph, definition = function.graph, function.graph.as_graph_def()
    for called in (definition, *definition.library.function):
        for node in called.node if called is definition else called.node_def:
            # Else it takes loops apart into jumps, which make cycles; branches and loops stay calls, as XLA has them.
            node.attr.pop("_lower_using_switch_merge", None)
    meta_graph = tf.compat.v1.train.export_meta_graph(graph_def=definition, graph=graph)
    fetched = meta_graph_pb2.CollectionDef()
    fetched.node_list.value.extend([tensor.name for tensor in function.outputs])
    meta_graph.collection_def["train_op"].CopyFrom(fetched)
    config = config_pb2.ConfigProto()
    config.graph_options.rewrite_options.min_graph_nodes = -1  # else it leaves graphs of up to three ops alone
    return tf_optimizer.OptimizeGraph(config, meta_graph)


def _graph(before: Graph, numbers: GraphNumbers, scopes: Scopes) -> Graph:
    """The optimized graph; what has the name of an op of the stage before has its role, scope, place and names too."""
    graph = read(
        numbers.graph,
        inputs=numbers.inputs,
        captured=numbers.captured,
        span=_nowhere,
        scopes=scopes,
        name=KEY,
        only=numbers.names,
    )
    back: set[str] = set()
    nodes = []
    for node in graph.nodes:
        node = _like_before(node, before.node_by_id.get(node.id), backward=any(value in back for value in node.inputs))
        if roles.is_backward(node.role):
            back.update(output.id for output in node.outputs)
        nodes.append(node)
    graph = replace(graph, outputs=before.outputs, nodes=tuple(nodes))  # Grappler keeps what is fetched
    graph = with_called(graph, numbers.graph, _nowhere, scopes)
    called = {inner.name: inner for inner in before.graphs}
    return replace(graph, graphs=tuple(_inner(inner, called.get(inner.name)) for inner in graph.graphs))


def _inner(graph: Graph, before: Graph | None) -> Graph:
    """A called function; an op of it is like the one of its name in the function `before`."""
    known = before.node_by_id if before is not None else {}
    nodes = (
        replace(node, scope=old.scope, span=old.span) if (old := known.get(node.id)) else node for node in graph.nodes
    )
    return replace(graph, nodes=tuple(nodes))


def _nowhere(operation: tf.Operation) -> Span | None:  # noqa: ARG001
    """A GraphDef does not say where its ops come from."""
    return None


def _like_before(node: Node, before: Node | None, *, backward: bool) -> Node:
    if before is None:
        return replace(node, role=roles.COTANGENT) if backward else node
    outputs = node.outputs
    if len(outputs) == len(before.outputs):
        outputs = tuple(replace(new, name=old.name) for new, old in zip(outputs, before.outputs, strict=True))
    return replace(node, outputs=outputs, role=before.role, scope=before.scope, span=before.span)
