"""A transformer with the scopes and sizes of a real capture, made by rule: 12 blocks have 1,296 nodes forward and 1,897
with the way back, like GPT-2's jaxpr and its joint graph in PyTorch."""

from __future__ import annotations

from explorer.graph import roles
from explorer.graph.ir import Graph, Node, TensorType, Value

F32 = TensorType("float32", (4, 4))
Scope = tuple[str, ...]


class Writer:
    """Adds nodes one by one; an operand is the name of an earlier node."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []

    def add(self, op: str, *inputs: str, scope: Scope = (), role: str = roles.PRIMAL) -> str:
        name = f"{op}_{len(self.nodes)}"
        self.nodes.append(Node(name, op, inputs, (Value(name, F32, name),), {}, role, scope))
        return name

    def given(self, role: str = roles.PARAMETER) -> str:
        return self.add("input", role=role)

    def chain(self, x: str, steps: int, scope: Scope, role: str = roles.PRIMAL, *side: str) -> str:
        """`steps` operations one after the other; the first ones read one of `side` each as well."""
        for k in range(steps):
            x = self.add(f"op{k}", x, *side[k : k + 1], scope=scope, role=role)
        return x


def transformer(*, gradient: bool, layers: int = 12) -> Graph:
    """`blocks/<k>` of norm, attention, norm and two-layer network; with `gradient` smaller blocks and the way back."""
    w = Writer()
    x = w.add("embedding", w.given(), w.given(roles.INPUT), scope=("wte",))
    saved = []
    norm, heads, wide = (6, 10, 8) if gradient else (10, 20, 16)
    for k in range(layers):
        block = ("blocks", str(k))
        first = w.chain(x, norm, (*block, "ln1"), roles.PRIMAL, x, x, w.given(), w.given())
        attention = (*block, "attn")
        query, key, value = (w.add("linear", first, w.given(), w.given(), scope=attention) for _ in range(3))
        scores = w.chain(w.add("matmul", query, key, scope=attention), heads, attention)
        mixed = w.add("linear", w.add("matmul", scores, value, scope=attention), w.given(), scope=attention)
        middle = w.add("add", x, mixed, scope=block)
        second = w.chain(middle, norm, (*block, "ln2"), roles.PRIMAL, middle, middle, w.given(), w.given())
        hidden = w.add("linear", second, w.given(), scope=(*block, "mlp"))
        active = w.chain(hidden, wide, (*block, "mlp"), roles.PRIMAL, hidden)
        saved.append((block, x, first, query, key, value, scores, middle, second, hidden, active))
        x = w.add("add", middle, w.add("linear", active, w.given(), scope=(*block, "mlp")), scope=block)
    loss = w.chain(w.add("linear", x, w.given(), scope=("head",)), 4, ("head",))
    if gradient:
        _way_back(w, loss, saved)
    while len(w.nodes) < (1897 if gradient else 1296):
        w.add("reshape", loss, scope=("head",))
    return Graph("transformer", tuple(n.id for n in w.nodes if n.op == "input"), (loss,), tuple(w.nodes))


def _way_back(w: Writer, loss: str, saved: list[tuple]) -> None:
    back = roles.COTANGENT
    c = w.chain(w.add("ones", role=back), 6, ("head",), back, loss)
    for block, x, first, query, key, value, scores, middle, second, hidden, active in reversed(saved):
        mlp, attention = (*block, "mlp"), (*block, "attn")
        w.add("weight", c, active, scope=mlp, role=back)
        slope = w.chain(w.add("matmul", c, scope=mlp, role=back), 12, mlp, back, hidden, active)
        w.add("weight", slope, second, scope=mlp, role=back)
        total = w.add("sum", c, w.chain(slope, 12, (*block, "ln2"), back, middle, middle), role=roles.ACCUMULATE)
        inner = w.add("matmul", total, value, scope=attention, role=back)
        inner = w.chain(inner, 20, attention, back, scores, scores)
        parts = [w.add("matmul", inner, side, scope=attention, role=back) for side in (query, key, value)]
        for part in parts:
            w.add("weight", part, first, scope=attention, role=back)
        joined = w.add("sum", *parts, scope=attention, role=back)
        c = w.add("sum", total, w.chain(joined, 12, (*block, "ln1"), back, x, x), role=roles.ACCUMULATE)
