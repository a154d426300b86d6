"""Small graphs made by hand and by hypothesis, for tests that need no framework."""

from hypothesis import strategies as st

from explorer.graph.ir import Graph, Node, TensorType, Value

F32, I32 = TensorType("float32"), TensorType("int32")


def node(name, op="mul", inputs=(), *, kind=F32, role="primal", outputs=1, params=None):
    values = tuple(Value(name if k == 0 else f"{name}:{k}", kind) for k in range(outputs))
    return Node(name, op, tuple(inputs), values, params or {}, role)


def given(name, *, kind=F32, role="input"):
    return Node(name, "input", (), (Value(name, kind, name),), {}, role)


def product_of_sum():
    """a * (a + b)"""
    nodes = (given("a"), given("b"), node("add", "add", ["a", "b"]), node("mul", "mul", ["a", "add"]))
    return Graph("f", ("a", "b"), ("mul",), nodes)


def product_of_sum_gradient():
    """Its gradient graph, seed first given, as a joint graph has it."""
    back = "cotangent"
    nodes = (
        given("a"),
        given("b"),
        given("seed", role=back),
        node("add", "add", ["a", "b"]),
        node("mul", "mul", ["a", "add"]),
        node("mul_1", "mul", ["seed", "a"], role=back),
        node("mul_2", "mul", ["seed", "add"], role=back),
        node("add_1", "add", ["mul_2", "mul_1"], role="accumulate"),
    )
    return Graph("g", ("a", "b", "seed"), ("mul", "add_1", "mul_1"), nodes)


@st.composite
def graphs(draw):
    """Any order of inputs and nodes with one or two outputs, floats and integers."""
    names = [f"x{k}" for k in range(draw(st.integers(1, 4)))]
    nodes = [given(name, kind=draw(st.sampled_from([F32, F32, I32]))) for name in names]
    values = list(names)
    for k in range(draw(st.integers(1, 12))):
        inputs = draw(st.lists(st.sampled_from(values), min_size=1, max_size=3))
        made = node(
            f"n{k}", inputs=inputs, kind=draw(st.sampled_from([F32, F32, I32])), outputs=draw(st.integers(1, 2))
        )
        nodes.append(made)
        values += [value.id for value in made.outputs]
    computed = [value for value in values if value not in names]
    outputs = draw(st.lists(st.sampled_from(computed), min_size=1, max_size=2, unique=True))
    return Graph("f", tuple(names), tuple(outputs), tuple(nodes))
