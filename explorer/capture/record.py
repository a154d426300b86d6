"""What one run produced: what is sent, saved and shown. Plain data; no framework object is ever in here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from explorer.graph.ir import Graph, Span, TensorType

Evidence = Literal["exact", "name", "span", "guess"]
Relation = Literal["same", "cotangent", "share", "residual"]
Severity = Literal["error", "warning", "notice"]
On = Literal["node", "value", "use"]

FULL_CELL_LIMIT = 4096  # entries; a larger array is kept as a Summary
THUMBNAIL_SIDE = 48


@dataclass(frozen=True, slots=True)
class Source:
    """What was asked: the text, for which framework, with which inputs.

    `inputs` maps a name to its VALUE as typed (`2.0`, `normal(4, 3)`, `2:int32`); `explorer.capture.inputs` reads it.
    """

    text: str
    framework: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    entry: str | None = None
    seed: int = 0
    device: str = "cpu"
    forward_only: bool = False


@dataclass(frozen=True, slots=True)
class Histogram:
    """`counts` int64 (bins,) of entries between `edges` float64 (bins + 1,), the last bin with both its ends.

    At most 32 bins from the least entry to the greatest; one, with two equal ends, where all are the same.
    """

    edges: np.ndarray = field(default_factory=lambda: np.zeros(1))
    counts: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in a text that can be captured: its name there, what it is (`module`, `function`, `tf.function`, ...),
    and the line (from 1) that defines it."""

    name: str
    kind: str
    line: int


EXPRESSION_ENTRY = Entry("forward", "expression", 1)


@dataclass(frozen=True, slots=True)
class InputInfo:
    """One input of a loaded program. `value` is its VALUE text where somebody gave one or it is one number, else empty:
    the text itself defines it."""

    name: str
    type: TensorType
    value: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """A large array in a few numbers, over its finite entries; `thumbnail` is at most 48 x 48, by striding.

    Minimum, maximum, mean and `deviation` (standard, of all entries) are NaN where no entry is finite.
    """

    dtype: str
    shape: tuple[int, ...]
    minimum: float
    maximum: float
    mean: float
    norm: float
    zeros: int
    nans: int
    infinities: int
    thumbnail: np.ndarray
    deviation: float = float("nan")
    histogram: Histogram = field(default_factory=Histogram)


Cell = np.ndarray | Summary


@dataclass(frozen=True, slots=True)
class Column:
    """One overlay's numbers over one stage: primal values, cotangents, shares, and later costs and checks.

    `cells` maps a node id, value id or use key (`explorer.graph.ir.use_key`) to its array. An id that is absent was
    not computed; `absent` may say why (id -> message code).
    """

    key: str
    stage: str
    on: On
    cells: Mapping[str, Cell]
    unit: str = ""
    absent: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """Ids of the earlier stage and of the later one that belong together.

    `same`: nodes computing the same thing. `cotangent`: `source` is one value id, `target` one value id of the gradient
    stage that holds its cotangent. `share`: `source` is one use key, `target` the value id holding that share.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    relation: Relation = "same"
    evidence: Evidence = "exact"


@dataclass(frozen=True, slots=True)
class Absence:
    """Why a node has no counterpart of its own. The sentence is `explorer.messages.sentence(code, params)`."""

    code: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Provenance:
    """Links along `derived_from`; a stage that is made of the source itself is linked with the framework's first stage.

    `absent` says of nodes of `from_stage` why they have no counterpart of their own in `to_stage`.
    """

    from_stage: str
    to_stage: str
    links: tuple[Link, ...]
    absent: Mapping[str, Absence] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stage:
    """One representation. `text` is the framework's own printout; `lines` maps a node id to its line in it (from 1)."""

    key: str
    graph: Graph
    text: str
    lines: Mapping[str, int]
    seconds: float


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing to tell the user. The sentence is `explorer.messages.sentence(code, params)`."""

    severity: Severity
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)
    span: Span | None = None
    stage: str | None = None
    node: str | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Capture:
    """Everything one run produced. Two stages and one diagnostic is a normal result."""

    source: Source
    versions: Mapping[str, str]
    stages: tuple[Stage, ...] = ()
    provenance: tuple[Provenance, ...] = ()
    columns: tuple[Column, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    entry: Entry = EXPRESSION_ENTRY

    def stage(self, key: str) -> Stage | None:
        return next((stage for stage in self.stages if stage.key == key), None)

    def column(self, stage: str, key: str) -> Column | None:
        return next((column for column in self.columns if (column.stage, column.key) == (stage, key)), None)
