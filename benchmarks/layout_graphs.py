"""Graphs for the layout benchmarks: shapes that real captures have, made by rule so that nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Case:
    """`size` (n, 2), `edges` (m, 2) in operand order, `backward` bool (n,)."""

    name: str
    size: np.ndarray
    edges: np.ndarray
    backward: np.ndarray


class Builder:
    """Adds cards one by one; an operand is the number of an earlier card."""

    def __init__(self) -> None:
        self.edges: list[tuple[int, int]] = []
        self.backward: list[bool] = []

    def add(self, *operands: int, backward: bool = False) -> int:
        card = len(self.backward)
        self.backward.append(backward)
        self.edges += [(operand, card) for operand in operands]
        return card

    def case(self, name: str) -> Case:
        n = len(self.backward)
        size = np.column_stack([160 + 20 * (np.arange(n) % 4), np.full(n, 80)]).astype(float)
        return Case(name, size, np.array(self.edges).reshape(-1, 2), np.array(self.backward))


def product() -> Case:
    """a * (a + b) and its gradient."""
    g = Builder()
    a, b = g.add(), g.add()
    total = g.add(a, b)
    g.add(a, total)
    seed = g.add(backward=True)
    share, other = g.add(seed, a, backward=True), g.add(seed, total, backward=True)
    g.add(other, share, backward=True)
    return g.case("a*(a+b) gradient")


def perceptron(layers: int, *, gradient: bool) -> Case:
    """Dense layers with tanh; per layer weight, bias, matmul, broadcast, add, tanh, and their transposes."""
    g = Builder()
    x = g.add()
    saved = []
    for _ in range(layers):
        weight, bias = g.add(), g.add()
        x_in, y = x, g.add(x, weight)
        x = g.add(g.add(y, g.add(bias)))
        saved.append((x_in, weight, x))
    x = g.add(g.add(x))
    if gradient:
        c = g.add(backward=True)
        for x_in, weight, activation in reversed(saved):
            slope = g.add(activation, activation)
            c = g.add(c, slope, backward=True)
            g.add(g.add(c, backward=True), backward=True)  # bias: reduce, reshape
            g.add(g.add(x_in, c, backward=True), backward=True)  # weight: matmul, transpose
            c = g.add(c, weight, backward=True)
    return g.case(f"{layers}-layer perceptron{' gradient' if gradient else ''}")


def random_graph(n: int, *, seed: int, reach: int, operands: float) -> Case:
    """Each card reads some of the `reach` cards before it."""
    random = np.random.default_rng(seed)
    g = Builder()
    for card in range(n):
        count = 0 if card < 2 else min(3, int(random.poisson(operands)))
        g.add(*(max(0, card - 1 - int(random.integers(0, reach))) for _ in range(count)))
    return g.case(f"random {n}, reach {reach}, {operands} operands")


def small_cases() -> list[Case]:
    """Graphs of at most 100 cards."""
    return [
        product(),
        perceptron(2, gradient=False),
        perceptron(2, gradient=True),
        perceptron(4, gradient=True),
        perceptron(8, gradient=False),
        random_graph(30, seed=1, reach=6, operands=1.3),
        random_graph(60, seed=2, reach=10, operands=1.3),
        random_graph(100, seed=3, reach=8, operands=1.2),
        random_graph(100, seed=4, reach=20, operands=1.2),
    ]
