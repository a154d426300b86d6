"""Our canvas against the best QGraphicsView we could write: CPU per frame with 200 cards, in one run, in turns.

Run: QT_QPA_PLATFORM=offscreen python benchmarks/canvas_vs_graphicsview.py

The other side has one Python item per card, which draws as much as its size on screen allows, with text laid out
beforehand, and one item for all wires, which draws them as lines from a NumPy buffer, one call per colour and width
(one item per wire is 3 to 4 times slower still). Both show the same: box, category sign and bar, four rows of text,
the same wires. Every frame moves the view, so both paint everything anew. Time is that of the process, all threads.

Goal: at most 1.0 times the other side's CPU per frame, in each view.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from graphicsview import GraphView
from PySide6.QtWidgets import QApplication

from explorer.capture.record import Column
from explorer.graph import roles
from explorer.graph.ir import INPUT_OP, Graph, Node, TensorType, Value
from explorer.layout.options import LayoutOptions
from explorer.picture.build import build_scene
from explorer.picture.scene import Scene
from widgets.canvas.camera import Camera
from widgets.canvas.canvas import GraphCanvas
from widgets.theme import Theme, load_fonts

ROWS, COLUMNS = 10, 20
WIDTH, HEIGHT = 1920, 1080
FRAMES, ROUNDS = 12, 7
GOAL = 1.0
OPS = ("aten.add.Tensor", "aten.mul.Tensor", "aten.tanh.default", "aten.mm.default", "aten.sum.default")
# (name, scale, None for as much as shows everything)
VIEWS = (("all 200 cards", None), ("numbers readable", 0.7), ("100 %", 1.0), ("close", 2.0))


def grid_graph() -> Graph:
    """Ten rows of twenty cards; each takes two of the row above."""
    kind = TensorType("float32", (64, 64))
    nodes = []
    for row in range(ROWS):
        for column in range(COLUMNS):
            name = f"v{row}_{column}"
            inputs = (f"v{row - 1}_{column}", f"v{row - 1}_{(column + 1) % COLUMNS}") if row else ()
            op, role = (OPS[(row + column) % len(OPS)], roles.PRIMAL) if row else (INPUT_OP, roles.INPUT)
            nodes.append(Node(name, op, inputs, (Value(name, kind, name),), role=role))
    return Graph("grid", tuple(node.id for node in nodes[:COLUMNS]), (nodes[-1].id,), tuple(nodes))


def numbers(scene: Scene) -> Column:
    """A number per card, over four decades, so that wires have many widths."""
    generator = np.random.default_rng(0)
    drawn = 10 ** generator.uniform(-2, 2, len(scene.nodes))
    cells = {value: np.array(number, np.float32) for value, number in zip(scene.shown, drawn, strict=True)}
    return Column("value", scene.stage, "value", cells)


def milliseconds(frame: Callable[[int], None]) -> float:
    """CPU per frame."""
    start = time.process_time()
    for number in range(FRAMES):
        frame(number)
    return 1000 * (time.process_time() - start) / FRAMES


def compare(scene: Scene, canvas: GraphCanvas, view: GraphView, scale: float | None) -> tuple[float, float]:
    """Median CPU ms per frame: ours, theirs."""
    base = Camera.fit(scene.bounds, (WIDTH, HEIGHT))
    base = base if scale is None else Camera(base.x, base.y, scale)

    def ours(number: int) -> None:
        canvas._look(base.panned(3.0 * (number % 6 + 1), 2.0 * (number % 6 + 1)))
        canvas.repaint()

    def theirs(number: int) -> None:
        moved = base.panned(3.0 * (number % 6 + 1), 2.0 * (number % 6 + 1))
        view.look(moved.x, moved.y, moved.scale)

    for warm in (ours, theirs):
        milliseconds(warm)
    rounds = [(milliseconds(ours), milliseconds(theirs)) for _ in range(ROUNDS)]
    mine, other = (statistics.median(side) for side in zip(*rounds, strict=True))
    return mine, other


def main() -> int:
    app = QApplication(sys.argv[:1])
    load_fonts()
    theme = Theme.load("light")
    scene = build_scene("fx", "pytorch", grid_graph(), LayoutOptions())
    column = numbers(scene)
    canvas = GraphCanvas(theme)
    canvas.reduced_motion = True
    view = GraphView(scene, theme, column)
    for widget in (canvas, view):
        widget.resize(WIDTH, HEIGHT)
        widget.show()
    canvas.set_scene(scene)
    canvas.set_numbers(column, None, None)
    app.processEvents()
    print(f"{'view':<18}{'ours ms':>10}{'QGraphicsView ms':>18}{'ratio':>8}")
    worst = 0.0
    for name, scale in VIEWS:
        ours, theirs = compare(scene, canvas, view, scale)
        worst = max(worst, ours / theirs)
        print(f"{name:<18}{ours:>10.2f}{theirs:>18.2f}{ours / theirs:>8.2f}")
    print(f"largest ratio {worst:.2f}, goal {GOAL:.1f}: {'met' if worst <= GOAL else 'not met'}")
    return 0 if worst <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
