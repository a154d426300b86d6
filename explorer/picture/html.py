"""A Scene as one HTML file that needs no network: pan, zoom, search, and the details of the card that is clicked.

The page is `resources/html/picture.*` around the picture of `explorer.picture.svg`. Its script is our own and small:
a graph library for browsers would lay the graph out anew, or be a hundred times the size of the picture.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from string import Template

from explorer.capture.record import Column
from explorer.graph.ir import Graph
from explorer.graph.xml import allowed
from explorer.messages import sentence
from explorer.paths import resources
from explorer.picture.labels import exact_text
from explorer.picture.scene import Scene
from explorer.picture.svg import NOT_COMPUTED, Theme, scene_svg, theme_file

NUMBER_LIMIT = 2000  # characters of one number's text in the details


def scene_html(
    scene: Scene, graph: Graph, title: str, *, value: Column | None = None, cotangent: Column | None = None
) -> str:
    """A page with `scene`, drawn from `graph`, under the heading `title`; light or dark as the reader's system is.

    Cards are `<g class="node" data-id data-op data-role>` as in SVG. `value` and `cotangent` (cells by value id) fill
    the number rows of cards and details.
    """
    picture = scene_svg(
        scene, _variables(theme_file("light")), value=value, cotangent=cotangent, graph=graph, title=title
    )
    rows = {allowed(name): list(told) for name, told in _details(scene, graph, value, cotangent)}
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
        data=_script_data({"labels": _labels(), "cards": rows}),
        script=_resource("js").rstrip(),
    )


def _details(
    scene: Scene, graph: Graph, value: Column | None, cotangent: Column | None
) -> Iterator[tuple[str, Iterator[tuple[str, str]]]]:
    """(node id, its rows of (label key, text)) of every card; a row that has nothing to say is left out."""
    for name, word, shown in zip(scene.nodes, scene.word, scene.shown, strict=True):
        node = graph.node_by_id[name]
        told = [
            ("id", name),
            ("op", node.op),
            ("word", word),
            ("type", ", ".join(str(output.type) for output in node.outputs)),
            ("value", _number(value, shown)),
            ("adjoint", _number(cotangent, shown)),
            ("scope", "/".join(node.scope)),
            ("span", str(node.span or "")),
        ]
        yield name, ((key, allowed(text)) for key, text in told if text)


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
        "id": sentence("html_id", {}),
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
