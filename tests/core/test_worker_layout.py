"""The layout worker: a graph goes in, a scene comes out, and no framework is needed."""

from explorer.graph.ir import Graph, Node, TensorType, Value
from explorer.worker.client import Worker
from explorer.worker.events import Ready, SceneEvent
from explorer.worker.requests import LayoutRequest, Prepare

FLOAT = TensorType("float32")
GRAPH = Graph(
    "g", ("x",), ("y",),
    (Node("x", "input", (), (Value("x", FLOAT),), role="input"), Node("y", "sin", ("x",), (Value("y", FLOAT),))),
)  # fmt: skip


def test_a_graph_becomes_a_scene():
    with Worker("layout") as worker:
        assert [type(event) for event in worker.ask(Prepare())] == [Ready]
        events = worker.ask(LayoutRequest("jaxpr", "jax", GRAPH))
    (scene,) = [event.scene for event in events if isinstance(event, SceneEvent)]
    assert set(scene.nodes) == {"x", "y"}
    assert scene.wire_value == ("x",)
