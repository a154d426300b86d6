"""Graphs, numbers and canvases for the canvas tests: `a*(a+b)` at a = 2, b = 3, and a chain of any length."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape

import numpy as np
from PySide6.QtCore import QBuffer, QIODevice, QSize
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgGenerator

from explorer.capture.record import Cell, Column
from explorer.flow.playback import Playback, first_stage, gradient_stage
from explorer.graph import roles
from explorer.graph.ir import INPUT_OP, Graph, Node, TensorType, Value, use_key
from explorer.layout.options import LayoutOptions
from explorer.picture.build import build_scene
from explorer.picture.scene import Scene
from widgets.canvas.camera import Camera
from widgets.canvas.facts import Facts, Numbers
from widgets.canvas.index import SceneIndex
from widgets.canvas.painter import Look, ScenePainter
from widgets.theme import Theme

F32 = TensorType("float32")
VIEW = (1200.0, 900.0)


def node(name: str, op: str, *inputs: str, role: str = roles.PRIMAL, kind: TensorType = F32) -> Node:
    """A node with one value of its own name."""
    return Node(name, op, inputs, (Value(name, kind, name),), role=role)


def cells(**numbers: float) -> dict[str, Cell]:
    return {name: np.array(number, np.float32) for name, number in numbers.items()}


def forward_graph() -> Graph:
    nodes = (
        node("a", INPUT_OP, role=roles.INPUT),
        node("b", INPUT_OP, role=roles.INPUT),
        node("add", "aten.add.Tensor", "a", "b"),
        node("mul", "aten.mul.Tensor", "a", "add"),
    )
    return Graph("expression", ("a", "b"), ("mul",), nodes)


def gradient_graph() -> Graph:
    nodes = (
        *forward_graph().nodes,
        node("seed", INPUT_OP, role=roles.COTANGENT),
        node("to_add", "aten.mul.Tensor", "seed", "a", role=roles.COTANGENT),
        node("to_a", "aten.mul.Tensor", "seed", "add", role=roles.COTANGENT),
        node("sum_a", "aten.add.Tensor", "to_a", "to_add", role=roles.ACCUMULATE),
    )
    return Graph("expression", ("a", "b", "seed"), ("mul", "sum_a", "to_add"), nodes)


def forward_numbers() -> Numbers:
    value = Column("value", "fx", "value", cells(a=2, b=3, add=5, mul=10))
    cotangent = Column("cotangent", "fx", "value", cells(a=7, b=2, add=2, mul=1))
    shares = {use_key("mul", 0): 5, use_key("mul", 1): 2, use_key("add", 0): 2, use_key("add", 1): 2}
    return Numbers(value, cotangent, Column("share", "fx", "use", cells(**shares)))


def gradient_numbers() -> Numbers:
    numbers = cells(a=2, b=3, add=5, mul=10, seed=1, to_add=2, to_a=5, sum_a=7)
    return Numbers(Column("value", "joint", "value", numbers))


def scene(graph: Graph, stage: str = "fx", *, scale: float = 1.0) -> Scene:
    return build_scene(stage, "pytorch", graph, LayoutOptions(text_scale=scale))


def forward_scene() -> Scene:
    return scene(forward_graph(), "fx")


def gradient_scene() -> Scene:
    return scene(gradient_graph(), "joint")


def forward_playback() -> Playback:
    return first_stage(forward_graph())


def gradient_playback() -> Playback:
    return gradient_stage(gradient_graph())


def chain(count: int) -> Graph:
    """`count` cards: each step takes the two before it."""
    nodes = [node("n0", INPUT_OP, role=roles.INPUT), node("n1", INPUT_OP, role=roles.INPUT)]
    nodes += [node(f"n{i}", "aten.add.Tensor", f"n{i - 1}", f"n{i - 2}") for i in range(2, count)]
    return Graph("chain", ("n0", "n1"), (nodes[-1].id,), tuple(nodes))


def pen(shown: Scene, numbers: Numbers, *, theme: str = "light", playback: object = None) -> ScenePainter:
    return ScenePainter(Facts(SceneIndex(shown), numbers, playback), Theme.load(theme))


def whole(shown: Scene, size: tuple[float, float] = VIEW) -> Camera:
    return Camera.fit(shown.bounds, size, largest=1.25)


def at_scale(shown: Scene, scale: float) -> Camera:
    left, top, right, bottom = shown.bounds
    return Camera((left + right) / 2, (top + bottom) / 2, scale)


def painted(scene_pen: ScenePainter, camera: Camera, look: Look | None = None, *, ratio: float = 1.0) -> QImage:
    """What the painter puts on the canvas's ground, VIEW large."""
    image = QImage(round(VIEW[0] * ratio), round(VIEW[1] * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(scene_pen.theme.colour("surface.canvas"))
    painter = QPainter(image)
    try:
        scene_pen.paint(painter, VIEW, camera, look or Look())
    finally:
        painter.end()  # an open painter whose picture is gone crashes
    return image


def drawing(scene_pen: ScenePainter, camera: Camera, look: Look | None = None) -> str:
    """The same as SVG text, in which what is written can be read back."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(QSize(*(round(side) for side in VIEW)))
    painter = QPainter(generator)
    try:
        scene_pen.paint(painter, VIEW, camera, look or Look())
    finally:
        painter.end()  # an open painter whose picture is gone crashes
    return bytes(buffer.data()).decode()


def texts(svg: str) -> list[str]:
    """Every text of a drawing, as it is read."""
    return [unescape(text).strip() for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]


def pixels(image: QImage) -> np.ndarray:
    """uint8 (height, width, 3), red first."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def vermilion(image: QImage) -> np.ndarray:
    """bool (height, width): pixels of the cotangents' hue, however dark or pale they are."""
    red, green, blue = np.moveaxis(pixels(image).astype(float), 2, 0)
    spread = red - blue
    hue = 60 * (green - blue) / np.maximum(spread, 1)
    return (spread > 60) & (red >= green) & (green >= blue) & (hue > 18) & (hue < 33)


def part(mask: np.ndarray, box: Iterable[float]) -> np.ndarray:
    """The pixels of `mask` inside x, y, width, height."""
    x, y, width, height = (round(number) for number in box)
    return mask[max(y, 0) : y + height, max(x, 0) : x + width]
