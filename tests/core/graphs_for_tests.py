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


class Blocks:
    """Writes a model of alike blocks, node by node, with the scopes that a framework would give."""

    def __init__(self):
        self.nodes, self.counts = [], {}

    def add(self, op, *inputs, scope=(), role="primal", params=None):
        """A node of its own name; gives back its value."""
        count = self.counts[op] = self.counts.get(op, 0) + 1
        name = f"{op}_{count}"
        made = Node(name, op, inputs, (Value(name, F32),), params or {}, role, tuple(scope))
        self.nodes.append(made)
        return name

    def given(self, name, role="input"):
        self.nodes.append(Node(name, "input", (), (Value(name, F32, name),), {}, role))
        return name

    def output(self, value, gradient=None):
        params = {"gradient": gradient} if gradient else {}
        self.nodes.append(Node(f"output_{value}", "output", (value,), (), params, "output"))

    def graph(self, *outputs):
        inputs = tuple(node.id for node in self.nodes if node.op == "input")
        return Graph("blocks", inputs, outputs, tuple(self.nodes))


def block_graph(layers=3, *, gradient=True):
    """`layers` residual blocks `model/block<k>`, each of `norm` (three nodes) and `mlp` (five, two of them weights),
    and a head that sums; with the way back, whose nodes have the scopes of what they differentiate."""
    g = Blocks()
    x = g.given("x")
    saved = []
    for k in range(layers):
        scope = ("model", f"block{k}")
        first, second = g.given(f"{scope[1]}.first", "parameter"), g.given(f"{scope[1]}.second", "parameter")
        centred = g.add("sub", x, g.add("mean", x, scope=(*scope, "norm")), scope=(*scope, "norm"))
        scaled = g.add("rsqrt", centred, scope=(*scope, "norm"))
        hidden = g.add("tanh", g.add("matmul", scaled, first, scope=(*scope, "mlp")), scope=(*scope, "mlp"))
        out = g.add("matmul", hidden, second, scope=(*scope, "mlp"))
        saved.append((scope, first, second, centred, scaled, hidden))
        x = g.add("add", x, out, scope=scope)
    loss = g.add("sum", x, scope=("model", "head"))
    g.output(loss)
    if not gradient:
        return g.graph(loss)
    back = {"role": "cotangent"}
    c = g.add("ones", role="cotangent")
    c = g.add("expand", c, scope=("model", "head"), **back)
    results = []
    for scope, first, second, centred, scaled, hidden in reversed(saved):
        mlp, norm = {"scope": (*scope, "mlp"), **back}, {"scope": (*scope, "norm"), **back}
        results.append((second, g.add("matmul_t", hidden, c, **mlp)))
        slope = g.add("tanh_slope", g.add("matmul_t", c, second, **mlp), hidden, **mlp)
        results.append((first, g.add("matmul_t", scaled, slope, **mlp)))
        inner = g.add("rsqrt_slope", g.add("matmul_t", slope, first, **mlp), centred, **norm)
        c = g.add(
            "add_any", c, g.add("sub", inner, g.add("mean", inner, **norm), **norm), scope=scope, role="accumulate"
        )
    for parameter, value in results:
        g.output(value, gradient=parameter)
    return g.graph(loss, *(value for _, value in results))
