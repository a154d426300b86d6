"""The find language: what a line typed into the find bar asks of a node.

Terms stand apart by spaces, and all of them have to hold:

- `tanh`, `"two words"`: part of the node's id, its op, the names of its values, or the plain word for its op;
- `/regex/`: a regular expression found in one of those (Python's `re`, letters of either case);
- `op:add` `scope:layer1` `role:cotangent` `dtype:f32`: part of the op, of the scope path joined by `/`, of the role, of
  the element type of an output (`f32` or `float32`);
- `shape:4,3` `shape:[*,3]` `shape:[]`: the shape of an output; `*` is any size, `...` any number of sizes.

Letters of either case are the same. A key that is none of these is plain text (`add:0` is a TensorFlow tensor).

The same line is asked of a stage's text: plain words and regular expressions of what a line says, keys of the node that
the line belongs to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from explorer.errors import UsageError
from explorer.graph.ir import SHORT_DTYPES, Node, TensorType

Test = Callable[[Node], bool]
LineTest = Callable[[str], bool]
Word = Callable[[Node], str]

TERM = re.compile(r'/(?:\\.|[^/\\])+/(?=\s|$)|(?:\w+:)?\[[^\]]*\]|(?:\w+:)?"[^"]*"|\S+')
ANY, REST = "*", "..."


@dataclass(frozen=True, slots=True)
class Query:
    """A typed line, read. Without terms it asks for nothing, and nothing is found.

    `keyed` are the terms with a key, `named` those without one as they are asked of a node, `said` of a line of text.
    """

    keyed: tuple[Test, ...] = ()
    named: tuple[Test, ...] = ()
    said: tuple[LineTest, ...] = ()

    def matches(self, node: Node) -> bool:
        return bool(self.keyed or self.named) and all(test(node) for test in (*self.keyed, *self.named))

    def find(self, nodes: Sequence[Node]) -> list[str]:
        """Ids of the nodes that match, in their order."""
        return [node.id for node in nodes if self.matches(node)]

    def matches_line(self, line: str, node: Node | None) -> bool:
        """Whether a line of a stage's text matches; `node` is the one it belongs to."""
        if not (self.keyed or self.said) or (self.keyed and node is None):
            return False
        return all(test(line) for test in self.said) and (node is None or all(test(node) for test in self.keyed))

    def find_lines(self, lines: Sequence[str], nodes: Mapping[int, Node]) -> Iterator[int]:
        """Numbers (from 1) of the lines that match; `nodes` are those that lines belong to, by number."""
        return (number for number, line in enumerate(lines, 1) if self.matches_line(line, nodes.get(number)))


def parse(text: str, word: Word = lambda _node: "") -> Query:
    """Read a line; `word` gives our plain word for a node's op. Raises UsageError `search_regex` for a bad regex."""
    keyed: list[Test] = []
    named: list[Test] = []
    said: list[LineTest] = []
    for term in TERM.findall(text):
        if (test := _keyed(term)) is not None:
            keyed.append(test)
        else:
            said.append(_said(term))
            named.append(_named(said[-1], word))
    return Query(tuple(keyed), tuple(named), tuple(said))


def _keyed(term: str) -> Test | None:
    """The test of a term with a key; None for a term without one."""
    key, colon, wanted = term.partition(":")
    wanted = wanted.strip('"').casefold()
    if colon and wanted:
        match key.casefold():
            case "op":
                return lambda node: wanted in node.op.casefold()
            case "scope":
                return lambda node: wanted in "/".join(node.scope).casefold()
            case "role":
                return lambda node: wanted in node.role
            case "dtype":
                return lambda node: any(wanted in dtype for dtype in _dtypes(node))
            case "shape":
                sizes = [size.strip() for size in wanted.strip("[]()").split(",") if size.strip()]
                return lambda node: any(_fits(sizes, value.type) for value in node.outputs)
    return None


def _said(term: str) -> LineTest:
    """The test of a term without a key, of any text."""
    if len(term) > 2 and term.startswith("/") and term.endswith("/"):
        pattern = _compiled(term[1:-1])
        return lambda text: pattern.search(text) is not None
    plain = term.strip('"').casefold()
    return lambda text: plain in text.casefold()


def _named(holds: LineTest, word: Word) -> Test:
    """The same test of everything that a node is called."""
    return lambda node: any(holds(name) for name in _names(node, word))


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise UsageError("search_regex", pattern=pattern, reason=str(error)) from None


def _names(node: Node, word: Word) -> tuple[str, ...]:
    return (node.id, node.op, word(node), *(value.name for value in node.outputs))


def _dtypes(node: Node) -> set[str]:
    dtypes = {value.type.dtype for value in node.outputs}
    return dtypes | {SHORT_DTYPES.get(dtype, dtype) for dtype in dtypes}


def _fits(wanted: Sequence[str], kind: TensorType) -> bool:
    """Whether a shape is the wanted one, `*` and `...` standing for sizes that do not matter."""
    sizes = [str(size).casefold() for size in kind.shape]
    if REST in wanted:
        before = wanted.index(REST)
        after = len(wanted) - before - 1
        middle = len(sizes) - before - after
        if middle < 0:
            return False
        wanted = [*wanted[:before], *[ANY] * middle, *wanted[before + 1 :]]
    return len(wanted) == len(sizes) and all(want in (ANY, size) for want, size in zip(wanted, sizes, strict=True))
