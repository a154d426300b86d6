"""A Scene as SVG text, without Qt: for the command line, for notebooks and for files.

A card is `<g class="node" data-id data-op data-role>`, that of a closed group `<g class="node group" data-count>`; the
frame of an open group `<g class="group" data-id data-count>`, a wire `<path class="wire">`. Cotangents have the theme's
cotangent colours and nothing else has.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

import numpy as np

from explorer.adapters import FRAMEWORKS
from explorer.capture.ops import CATEGORIES
from explorer.capture.record import Cell, Column
from explorer.graph import roles
from explorer.graph.ir import Graph
from explorer.graph.places import walk
from explorer.layout.options import LayoutOptions
from explorer.paths import resources
from explorer.picture import card as geometry
from explorer.picture.build import build_scene
from explorer.picture.extent import Box
from explorer.picture.fonts import FAMILIES
from explorer.picture.frames_svg import frames, headers, sheets
from explorer.picture.labels import exact_text, value_texts
from explorer.picture.scene import BACKWARD, SAVED, Scene
from explorer.picture.svg_text import attribute as _attribute
from explorer.picture.svg_text import label as _label
from explorer.picture.svg_text import number as _n
from explorer.picture.svg_text import text as _text
from explorer.picture.widths import HAIRLINE, widths

MARGIN = 24.0
DOTS = "1.5 5"  # of a wire that is only kept for the backward pass
DASHES = "5 4"  # of what is not computed yet

Theme = Mapping[str, Any]


@cache
def theme_file(name: str) -> Theme:
    """The colours of theme `name`: light, dark or projector."""
    return tomllib.loads((resources() / "themes" / f"{name}.toml").read_text("utf-8"))


def graph_svg(graph: Graph, *, theme: str = "light") -> str:
    """`graph` as a picture. Its framework is the one whose operations it names; cards then have their plain words."""
    framework, stage = _origin(graph)
    return scene_svg(build_scene(stage, framework, graph, LayoutOptions()), theme, graph=graph, title=graph.name)


def _origin(graph: Graph) -> tuple[str, str]:
    """Framework and stage that a bare graph seems to come from, by the spelling of its operations' names."""
    ops = [node.op for node in graph.nodes]
    dotted = sum("." in op for op in ops)
    capital = sum(op[:1].isupper() for op in ops)
    entry = FRAMEWORKS[0] if dotted else FRAMEWORKS[1] if capital else FRAMEWORKS[2]
    gradient = any(roles.is_backward(node.role) for node in graph.nodes)
    return entry.key, next((s.key for s in entry.stages if s.gradient == gradient), entry.first.key)


def scene_svg(
    scene: Scene,
    theme: str | Theme = "light",
    *,
    value: Column | None = None,
    cotangent: Column | None = None,
    graph: Graph | None = None,
    title: str = "",
    background: bool = True,
    box: Box | None = None,
) -> str:
    """`scene` in theme `theme`, a name or the colours themselves. Pixels at 100 % times the scene's text scale.

    `value` fills the value rows, `cotangent` (cells by value id) the adjoint rows; wire widths follow the magnitude of
    what flows. `graph` gives each card its full op name; without it `data-op` is the title.
    `box` is the part that is seen, None for all with a margin.
    """
    colours = theme_file(theme) if isinstance(theme, str) else theme
    return _Pen(scene, colours, value, cotangent, graph).document(title, box, background=background)


def view_box(scene: Scene, seen: Box | None = None) -> tuple[float, float, float, float]:
    """x, y, width and height of what is `seen`; None for all with a margin."""
    left, top, right, bottom = seen or scene.bounds
    pad = 0.0 if seen else MARGIN * scene.text_scale
    return left - pad, top - pad, right - left + 2 * pad, bottom - top + 2 * pad


def scene_layers(
    scene: Scene, theme: Theme, *, value: Column | None, cotangent: Column | None, graph: Graph
) -> dict[str, list[str]]:
    """The parts of `scene_svg` that change where groups open and close: frames, wires, headers, nodes."""
    return _Pen(scene, theme, value, cotangent, graph).layers()


class _Pen:
    def __init__(
        self, scene: Scene, theme: Theme, value: Column | None, cotangent: Column | None, graph: Graph | None
    ) -> None:
        self.scene, self.theme, self.scale = scene, theme, scene.text_scale
        self.value: Mapping[str, Cell] | None = value.cells if value else None
        self.cotangent: Mapping[str, Cell] | None = cotangent.cells if cotangent else None
        self.ops = {place: node.op for place, node, _ in walk(graph)} if graph else {}
        self.backward = scene.backward
        self.line = float(theme["size"]["line"]) * self.scale

    def document(self, title: str, seen: Box | None, *, background: bool) -> str:
        x, y, width, height = view_box(self.scene, seen)
        box = f"{_n(x)} {_n(y)} {_n(width)} {_n(height)}"
        cards, wires = len(self.scene.nodes), len(self.scene.wire_value)
        about = f"{self.scene.framework} {self.scene.stage}: {cards} nodes, {wires} wires"
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" width="{_n(width)}" height="{_n(height)}" '
            'role="img" aria-labelledby="title desc">',
            f'<title id="title">{_text(title or self.scene.stage)}</title>',
            f'<desc id="desc">{_text(about)}</desc>',
            self._style(),
        ]
        if background:
            fill = self.theme["surface"]["canvas"]
            parts.append(
                f'<rect class="canvas" x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" '
                f'height="{_n(height)}" fill="{fill}"/>'
            )
        grouped = bool(len(self.scene.outline.ids) or len(self.scene.frames.ids))
        layers = self.layers()
        for name, more in (
            ("frames", ""),
            ("wires", ' fill="none"'),
            ("headers", ' pointer-events="none"'),
            ("nodes", ""),
        ):
            if grouped or name in ("wires", "nodes"):
                parts += [f'<g class="{name}"{more}>', *layers[name], "</g>"]
        return "\n".join([*parts, "</svg>"]) + "\n"

    def layers(self) -> dict[str, list[str]]:
        """What is drawn, the lowest first: frames, wires, the frames' header lines, cards."""
        return {
            "frames": frames(self.scene, self.theme, self.line),
            "wires": self._wires(),
            "headers": headers(self.scene, self.theme),
            "nodes": [self._card(card) for card in range(len(self.scene.nodes))],
        }

    def _style(self) -> str:
        rules = [
            f".{kind}{{font-family:{','.join(_css(family) for family in families)}}}"
            for kind, families in FAMILIES.items()
        ]
        text, scale = self.theme["text"], self.scale
        for name, style, colour in (
            ("title", geometry.TITLE, text["strong"]),
            ("header", geometry.TITLE, text["normal"]),
            ("word", geometry.WORD, text["quiet"]),
            ("type", geometry.TYPE, text["quiet"]),
            ("value", geometry.VALUE, text["strong"]),
            ("adjoint", geometry.ADJOINT, self.theme["cotangent"]["text"]),
        ):
            weight = ";font-weight:700" if style.font.endswith("bold") else ""
            rules.append(f"text.{name}{{font-size:{_n(style.size * scale)}px;fill:{colour}{weight}}}")
        rules.append(f"text.missing{{fill:{text['quiet']}}}")
        return f"<style>{escape(''.join(rules))}</style>"

    def _wires(self) -> list[str]:
        scene = self.scene
        thick = widths(scene.wire_value, self.value)
        first = np.searchsorted(scene.curve_wire, np.arange(len(scene.wire_value) + 1))
        return [
            self._wire(wire, scene.curves[first[wire] : first[wire + 1]], float(thick[wire]))
            for wire in range(len(scene.wire_value))
        ]

    def _wire(self, wire: int, curves: np.ndarray, thick: float) -> str:
        scene = self.scene
        kind = int(scene.wire_kind[wire])
        source, target = (scene.nodes[i] for i in scene.wire_ends[wire])
        name = "backward" if kind == BACKWARD else "saved" if kind == SAVED else "forward"
        missing = self.value is not None and scene.wire_value[wire] not in self.value
        dash = f' stroke-dasharray="{DOTS if kind == SAVED else DASHES}"' if kind == SAVED or missing else ""
        width = HAIRLINE * 1.6 if kind == SAVED else thick
        return (
            f'<path class="wire" data-kind="{name}" data-source={_attribute(source)} data-target={_attribute(target)} '
            f'data-value={_attribute(scene.wire_value[wire])} data-operand="{int(scene.wire_operand[wire])}" '
            f'd="{_path(curves)}" stroke="{self.theme["wire"][name]}" stroke-width="{_n(width * self.line)}" '
            f'stroke-linecap="round"{dash}/>'
        )

    def _card(self, card: int) -> str:
        scene, theme, scale = self.scene, self.theme, self.scale
        x, y, width, height = (float(v) for v in scene.rect[card])
        node, role = scene.nodes[card], roles.ROLES[scene.role[card]]
        back = bool(self.backward[card])
        shown = scene.shown[card]
        missing = self.value is not None and bool(shown) and shown not in self.value
        outline = theme["cotangent"]["border"] if back else theme["border"]["card"]
        category = theme["cotangent"]["wire"] if back else theme["category"][CATEGORIES[scene.category[card]]]
        radius, bar = geometry.RADIUS * scale, geometry.BAR * scale
        dashed = f' stroke-dasharray="{DASHES}"' if missing else ""
        count = int(scene.inside[card])
        op = self.ops.get(node, scene.title[card])
        names, held = ("node group", f' data-count="{count}"') if count else ("node", "")
        parts = [
            f'<g class="{names}" data-id={_attribute(node)} data-op={_attribute(op)} '
            f'data-role="{role}"{held} transform="translate({_n(x)} {_n(y)})">',
            f"<title>{_text(self._tooltip(card))}</title>",
            *(sheets(width, height, theme["surface"]["card"], outline, self.line, scale) if count else ()),
            f'<rect class="card" width="{_n(width)}" height="{_n(height)}" rx="{_n(radius)}" '
            f'fill="{theme["surface"]["card"]}" stroke="{outline}" stroke-width="{_n(self.line)}"{dashed}/>',
            f'<rect class="category" x="{_n(bar)}" y="{_n(radius)}" width="{_n(bar)}" '
            f'height="{_n(height - 2 * radius)}" rx="{_n(bar / 2)}" fill="{category}"/>',
            *self._texts(card, back=back, missing=missing),
            "</g>",
        ]
        return "\n".join(parts)

    def _texts(self, card: int, *, back: bool, missing: bool) -> list[str]:
        scene = self.scene
        lines = geometry.baselines(scene, card)
        left = geometry.PAD_LEFT * self.scale
        right = float(scene.rect[card, 2]) - geometry.PAD_RIGHT * self.scale
        shown = scene.shown[card]
        parts = [_label("mono title", left, lines.title, scene.title[card])]
        if scene.word[card]:
            parts.append(_label("sans word", right, lines.title, scene.word[card], anchor="end"))
        if lines.type is not None:
            parts.append(_label("mono type", left, lines.type, scene.type_text[card]))
        if lines.value is not None and self.value is not None:
            name = "mono adjoint" if back else "mono value"
            parts.append(self._number(card, name, left, lines.value, None if missing else self.value[shown]))
        if lines.adjoint is not None and self.cotangent is not None:
            parts.append(self._number(card, "mono adjoint", left, lines.adjoint, self.cotangent.get(shown)))
        return parts

    def _number(self, card: int, name: str, x: float, y: float, cell: Cell | None) -> str:
        if cell is None:
            return _label("mono type missing", x, y, NOT_COMPUTED)
        text, style = geometry.fitted_number(value_texts(cell), geometry.text_room(self.scene, card) / self.scale)
        smaller = "" if style == geometry.VALUE else f"font-size:{_n(style.size * self.scale)}px"
        return _label(name, x, y, text, style=smaller)

    def _tooltip(self, card: int) -> str:
        scene = self.scene
        node, shown = scene.nodes[card], scene.shown[card]
        told = [f"{node}: {self.ops.get(node, scene.title[card])}", scene.type_text[card]]
        if self.value is not None and shown in self.value:
            told.append(exact_text(self.value[shown])[:TOOLTIP_LIMIT])
        return "\n".join(line for line in told if line)


NOT_COMPUTED = "not computed yet"
TOOLTIP_LIMIT = 400  # characters of a number's text


def _path(curves: np.ndarray) -> str:
    """Cubic curves as path data; a curve that starts where the one before ended goes on from there."""
    parts: list[str] = []
    at: tuple[str, ...] = ()
    for curve in curves.tolist():
        points = [f"{_n(px)},{_n(py)}" for px, py in curve]
        if (points[0],) != at:
            parts.append(f"M{points[0]}")
        parts.append(f"C{points[1]} {points[2]} {points[3]}")
        at = (points[3],)
    return "".join(parts)


def _css(family: str) -> str:
    return family if family in ("sans-serif", "monospace") else f"'{family}'"
