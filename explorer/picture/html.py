"""A Scene as one HTML file that needs no network: pan, zoom, search, groups that open and close, details on a click.

The page is `resources/html/picture.*` around the picture of `explorer.picture.svg`. Its script is our own and small:
a graph library for browsers would lay the graph out anew, or be a hundred times the size of the picture.
"""

from __future__ import annotations

import json
from html import escape
from string import Template

from explorer.capture.ops import describe
from explorer.capture.record import Column
from explorer.graph.ir import Graph
from explorer.graph.places import own_id, walk
from explorer.graph.scopes import groups_of
from explorer.graph.xml import allowed
from explorer.messages import sentence
from explorer.paths import resources
from explorer.picture.faces import shown_value
from explorer.picture.labels import exact_text
from explorer.picture.scene import Scene
from explorer.picture.svg import NOT_COMPUTED, Theme, scene_layers, scene_svg, theme_file, view_box
from explorer.picture.svg_text import number
from explorer.picture.views import views

NUMBER_LIMIT = 2000  # characters of one number's text in the details


def scene_html(
    scene: Scene, graph: Graph, title: str, *, value: Column | None = None, cotangent: Column | None = None
) -> str:
    """A page with `scene`, drawn from `graph`, under the heading `title`; light or dark as the reader's system is.

    Cards are `<g class="node" data-id data-op data-role>` as in SVG. `value` and `cotangent` (cells by value id) fill
    the number rows of cards and details.
    """
    theme = _variables(theme_file("light"))
    picture = scene_svg(scene, theme, value=value, cotangent=cotangent, graph=graph, title=title)
    data = {"labels": _labels(), "cards": _details(scene, graph, value, cotangent)}
    if scene.outline.ids:
        data |= _groups(scene, graph, theme, value, cotangent)
    return Template(_resource("html")).substitute(
        title=escape(allowed(title)),
        colours=_colours(),
        style=_resource("css").rstrip(),
        search=escape(sentence("html_search", {})),
        larger=escape(sentence("html_larger", {})),
        smaller=escape(sentence("html_smaller", {})),
        fit=escape(sentence("html_fit", {})),
        close=escape(sentence("html_close", {})),
        svg=picture,
        data=_script_data(data),
        script=_resource("js").rstrip(),
    )


Told = list[tuple[str, str]]  # rows of (label key, text)


def _details(scene: Scene, graph: Graph, value: Column | None, cotangent: Column | None) -> dict[str, Told]:
    """The rows of every node, those in closed groups too, and of every group; a row that has nothing to say is left
    out. A call that is a group is told as the node that calls."""
    rows = {place: node for place, node, _ in walk(graph)}
    known = [*scene.nodes, *(place for place in rows if place not in scene.nodes), *scene.outline.ids]
    words = dict(zip(scene.nodes, scene.word, strict=True))
    groups = {name: k for k, name in enumerate(scene.outline.ids)}
    found: dict[str, Told] = {}
    for name in dict.fromkeys(known):
        told = [("id", name)]
        if name in rows:
            node, prefix = rows[name], name.removesuffix(own_id(name))
            shown = prefix + shown_value(node) if shown_value(node) else ""
            told += [
                ("op", node.op),
                ("word", words.get(name) or describe(scene.framework, node).word),
                ("type", ", ".join(str(output.type) for output in node.outputs)),
                ("value", _number(value, shown)),
                ("adjoint", _number(cotangent, shown)),
                ("scope", "/".join(node.scope)),
                ("span", str(node.span or "")),
            ]
        if name in groups:
            told += [] if name in rows else [("word", scene.outline.word[groups[name]])]
            told += [("count", str(int(scene.outline.count[groups[name]])))]
        found[allowed(name)] = [(key, allowed(text)) for key, text in told if text]
    return found


def _groups(
    scene: Scene, graph: Graph, theme: Theme, value: Column | None, cotangent: Column | None
) -> dict[str, object]:
    """What the page's script needs to open and close groups: where everything is, and each view's parts. A card's text
    is the same in all views and stands in the page once."""
    tree = groups_of(graph)
    ids = [allowed(group.id) for group in tree.groups]
    inside = {allowed(at): ids[k] for at, k in zip(tree.entered.places, tree.group_of, strict=True) if k >= 0}
    inside |= {name: ids[group.parent] for name, group in zip(ids, tree.groups, strict=True) if group.parent >= 0}
    drawn: dict[str, str] = {}
    shown: dict[str, dict[str, object]] = {}
    for name, view in [("", scene), *views(scene, graph)]:
        layers = scene_layers(view, theme, value=value, cotangent=cotangent, graph=graph)
        places = []
        for card, markup, rect in zip(map(allowed, view.nodes), layers.pop("nodes"), view.rect.tolist(), strict=True):
            at = f"{number(rect[0])} {number(rect[1])}"
            places.append([card, at])
            drawn[card] = markup.replace(f"translate({at})", "translate(@)", 1)
        parts = {key: "".join(markup) for key, markup in layers.items()}
        shown[allowed(name)] = {"box": view_box(view), "nodes": places, **parts}
    outline = zip(scene.outline.ids, scene.outline.is_open.tolist(), strict=True)
    start = [allowed(name) for name, is_open in outline if is_open]
    return {"inside": inside, "drawn": drawn, "start": start, "views": shown}


def _number(column: Column | None, shown: str) -> str:
    """Empty where nobody asked for numbers or the card has none; a number that is not there says so."""
    if column is None or not shown:
        return ""
    if shown not in column.cells:
        return NOT_COMPUTED
    text = exact_text(column.cells[shown])
    return text if len(text) <= NUMBER_LIMIT else f"{text[:NUMBER_LIMIT]}…"


def _labels() -> dict[str, str]:
    return {
        "open": sentence("html_open", {}),
        "shut": sentence("html_shut", {}),
        "id": sentence("html_id", {}),
        "count": sentence("html_count", {}),
        "op": sentence("html_op", {}),
        "word": sentence("html_word", {}),
        "type": sentence("html_type", {}),
        "value": sentence("html_value", {}),
        "adjoint": sentence("html_adjoint", {}),
        "scope": sentence("html_scope", {}),
        "span": sentence("html_span", {}),
        "none": sentence("html_none", {}),
    }


def _variables(theme: Theme) -> Theme:
    """`theme` with a CSS variable in place of each colour, so that one picture has both themes."""
    return {
        section: {name: f"var(--{section}-{name})" if _is_colour(entry) else entry for name, entry in entries.items()}
        for section, entries in theme.items()
        if isinstance(entries, dict)
    }


def _colours() -> str:
    def rule(name: str) -> str:
        pairs = [
            f"--{section}-{key}: {entry};"
            for section, entries in theme_file(name).items()
            if isinstance(entries, dict)
            for key, entry in entries.items()
            if _is_colour(entry)
        ]
        return f":root {{ {' '.join(pairs)} }}"

    return f"{rule('light')}\n@media (prefers-color-scheme: dark) {{ {rule('dark')} }}"


def _is_colour(entry: object) -> bool:
    return isinstance(entry, str) and entry.startswith("#")


def _script_data(data: object) -> str:
    """JSON that may stand in a `<script>`: no `<`, so no text in it can end the element or open a comment."""
    return json.dumps(data).replace("<", "\\u003c")


def _resource(suffix: str) -> str:
    return (resources() / "html" / f"picture.{suffix}").read_text("utf-8")
