"""An op in plain words, its colour category and its formula, from `resources/ops/<framework>.toml`.

What XLA's stages (HLO, StableHLO) are made of stands once, in `resources/ops/xla.toml`, for JAX and TensorFlow alike.

An entry: `["aten.mul.Tensor"]` with `word` (at most 14 characters, for the card), `sentence` (for the inspector),
`category`, and `formula`, a template over operands `{0}`, `{1}`, ... whose texts are put in by `fill`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from explorer.graph import roles
from explorer.graph.ir import INPUT_OP, Node
from explorer.paths import resources

CATEGORIES = (
    "neutral", "elementwise", "linear", "reduction", "shape", "normalisation", "random", "control", "collective",
)  # fmt: skip

XLA = "xla"  # the table
COMPILED_BY_XLA = frozenset({"jax", "tensorflow"})


@dataclass(frozen=True, slots=True)
class OpEntry:
    word: str
    sentence: str
    category: str
    formula: str = ""


UNKNOWN = OpEntry("", "", "elementwise")
GIVEN = {
    roles.INPUT: OpEntry("input", "A value given from outside.", "neutral"),
    roles.PARAMETER: OpEntry("parameter", "A value that training changes.", "neutral"),
    roles.CONSTANT: OpEntry("constant", "A fixed value.", "neutral"),
    roles.COTANGENT: OpEntry("seed", "Where the way back starts: the output's own derivative.", "neutral"),
    roles.OUTPUT: OpEntry("output", "The result.", "neutral"),
}


@cache
def table(framework: str) -> Mapping[str, OpEntry]:
    """All entries of one framework."""
    text = (resources() / "ops" / f"{framework}.toml").read_text("utf-8")
    return {op: OpEntry(**entry) for op, entry in tomllib.loads(text).items()}


def describe(framework: str, node: Node) -> OpEntry:
    """The entry for `node`; an op that is not in the table gets an empty one, its own name is shown all the same."""
    if node.op == INPUT_OP or node.role == roles.OUTPUT:
        return GIVEN.get(node.role, UNKNOWN)
    own = table(framework).get(node.op)
    if own is not None or framework not in COMPILED_BY_XLA:
        return own or UNKNOWN
    return _compiled(node)


def _compiled(node: Node) -> OpEntry:
    """An instruction of HLO, or an operation of StableHLO, which spells the same names with `_`.

    A fusion says how many operations it holds and has the colour of the one that gives its result.
    """
    known = table(XLA)
    entry = known.get(node.op.rpartition(".")[2].replace("_", "-"), UNKNOWN)
    if "{" not in entry.word:
        return entry
    last = known.get(str(node.params.get("root", "")), entry)
    return replace(entry, word=fill(entry.word, (), node.params), category=last.category)


def fill(formula: str, operands: Sequence[str], params: Mapping[str, object] | None = None) -> str:
    """`formula` with operand texts (`{0}`) and params (`{y}`) put in; a place with no text stays as it is."""
    texts = {str(position): text for position, text in enumerate(operands)}
    texts |= {name: str(value) for name, value in (params or {}).items()}
    return re.sub(r"\{(\w+)\}", lambda place: texts.get(place[1], place[0]), formula)
