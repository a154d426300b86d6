"""What one capture has brought so far, and questions about it. No Qt: a plain collector of worker events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from explorer.adapters import framework
from explorer.capture.inputs import DTYPES
from explorer.capture.provenance import Counterpart, Linked
from explorer.capture.record import (
    Absence,
    Cell,
    Column,
    Diagnostic,
    Entry,
    InputInfo,
    Link,
    Provenance,
    Source,
    Stage,
    Summary,
)
from explorer.capture.recording import kept_bytes
from explorer.capture.statistics import statistics_of
from explorer.flow.formulas import Numbers, name_of
from explorer.graph.ir import INPUT_OP, Node
from explorer.graph.places import find
from explorer.layout.options import LayoutOptions
from explorer.picture.scene import Scene
from explorer.worker.events import (
    ArrayEvent,
    ColumnEvent,
    DiagnosticEvent,
    Event,
    Loaded,
    ProvenanceEvent,
    StageEvent,
)

MOST_LOADED_BYTES: Final = 256 << 20  # of arrays that were asked for in full; the oldest go first


class ArrayKey(NamedTuple):
    """One array of a capture: `id` in column `column` of `stage`."""

    stage: str
    column: str
    id: str


MOST_PICTURES = 24  # of one capture


@dataclass(eq=False)
class Results:
    """Grows while events arrive."""

    source: Source
    stages: dict[str, Stage] = field(default_factory=dict)
    provenance: dict[str, Provenance] = field(default_factory=dict)
    columns: dict[str, dict[str, Column]] = field(default_factory=dict)
    arrays: dict[ArrayKey, np.ndarray] = field(default_factory=dict)  # in full, where only a Summary was sent
    diagnostics: list[Diagnostic] = field(default_factory=list)
    scenes: dict[str, Scene] = field(default_factory=dict)  # of each stage the newest
    laid_out: dict[tuple[str, LayoutOptions], Scene] = field(default_factory=dict)
    loaded: Loaded | None = None
    _links: tuple[list[Stage | Provenance], Linked] | None = None  # with what they were made of

    def take(self, event: Event) -> None:
        match event:
            case Loaded():
                self.loaded = event
            case StageEvent(stage=stage):
                self.stages[stage.key] = stage
            case ProvenanceEvent(provenance=provenance):
                self.provenance[provenance.to_stage] = provenance
            case ColumnEvent(column=column):
                self.columns.setdefault(column.stage, {})[column.key] = column
                old = [key for key in self.arrays if key[:2] == (column.stage, column.key)]
                for key in old:  # of the inputs before
                    del self.arrays[key]
            case ArrayEvent(stage=stage_key, key=column_key, id=identifier, array=array):
                self._keep(ArrayKey(stage_key, column_key, identifier), array)
            case DiagnosticEvent(diagnostic=diagnostic):
                self.diagnostics.append(diagnostic)

    def _keep(self, key: ArrayKey, array: np.ndarray) -> None:
        self.arrays.pop(key, None)
        self.arrays[key] = array
        while len(self.arrays) > 1 and sum(kept.nbytes for kept in self.arrays.values()) > MOST_LOADED_BYTES:
            del self.arrays[next(iter(self.arrays))]

    def cell(self, key: ArrayKey) -> Cell | None:
        """What there is of an array: all of it where it has been loaded."""
        if key in self.arrays:
            return self.arrays[key]
        column = self.columns.get(key.stage, {}).get(key.column)
        return column.cells.get(key.id) if column else None

    def statistics(self, key: ArrayKey) -> Summary | None:
        """What the worker has counted of a large array; computed here of a small one."""
        column = self.columns.get(key.stage, {}).get(key.column)
        cell = column.cells.get(key.id) if column else None
        return None if cell is None else statistics_of(cell)

    def recorded_bytes(self) -> int:
        """Bytes of all numbers that are kept of this capture."""
        cells = (
            cell for columns in self.columns.values() for column in columns.values() for cell in column.cells.values()
        )
        return sum(map(kept_bytes, cells)) + sum(array.nbytes for array in self.arrays.values())

    def keep(self, stage: str, options: LayoutOptions, scene: Scene) -> None:
        """A new picture of `stage`. The last few are kept, so that a group closes and opens again at once."""
        self.scenes[stage] = scene
        self.laid_out.pop((stage, options), None)
        self.laid_out[stage, options] = scene
        while len(self.laid_out) > MOST_PICTURES:
            del self.laid_out[next(iter(self.laid_out))]

    @property
    def device(self) -> str:
        """Where it really ran; empty until that is known."""
        return self.loaded.device if self.loaded else ""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What of the text could be captured."""
        return self.loaded.entries if self.loaded else ()

    @property
    def inputs_reported(self) -> tuple[InputInfo, ...]:
        """What the worker says the program's inputs are; () until it has."""
        return self.loaded.inputs if self.loaded else ()

    @property
    def first(self) -> str:
        """Key of the framework's first stage."""
        return framework(self.source.framework).first.key

    def numbers(self, stage: str) -> Numbers:
        return Numbers.of(self.columns.get(stage, {}))

    def trouble(self, stage: str) -> Diagnostic | None:
        """Why `stage` is not there, or only in part."""
        wrong = (found for found in self.diagnostics if found.severity == "error" and found.stage in (stage, None))
        return next(wrong, None)

    def is_whole(self, stage: str) -> bool:
        """True for a stage that was traced to its end; the graph up to a mistake comes without a printout."""
        return stage in self.stages and bool(self.stages[stage].text)

    def node(self, stage: str, place: str) -> Node | None:
        """The node at a place of `stage`, also inside a graph that another node calls; None where there is none."""
        if stage not in self.stages or not place:
            return None
        try:
            return find(self.stages[stage].graph, place)[0]
        except (KeyError, ValueError):
            return None  # a group, or a place of an older capture

    def inputs(self) -> list[Node]:
        """Input nodes of the first stage, in the order of the program's inputs."""
        stage = self.stages.get(self.first)
        return [node for node in stage.graph.nodes if node.op == INPUT_OP] if stage else []

    def output(self) -> Cell | None:
        """The value of the first stage's first output."""
        stage = self.stages.get(self.first)
        if stage is None or not stage.graph.outputs:
            return None
        return self.numbers(self.first).value.get(stage.graph.outputs[0])

    def cotangent_id(self, stage: str, value: str) -> str | None:
        """The value of gradient stage `stage` that holds the cotangent of the first stage's `value`."""
        for link in self._links_to(stage):
            if link.relation == "cotangent" and link.source == (value,):
                return link.target[0]
        return None

    def counterparts(self, stage: str, node: str) -> list[Counterpart]:
        """Nodes of the other captured stages that belong to `node` of `stage`, each once."""
        return [each for each in self._linked().of(stage, node) if each.stage in self.stages]

    def linked(self, stage: str, node: str, other: str) -> list[Counterpart]:
        """Those of stage `other`, and the node itself in its own stage; those that are the same first."""
        if stage == other:
            return [Counterpart(stage, node)]
        found = [each for each in self.counterparts(stage, node) if each.stage == other]
        return sorted(found, key=lambda each: each.relation != "same")

    def absence(self, stage: str, node: str, other: str) -> Absence | None:
        """Why `node` of `stage` has no counterpart of its own in `other`, where somebody knows."""
        return dict(self.absences(stage, node)).get(other)

    def absences(self, stage: str, node: str) -> list[tuple[str, Absence]]:
        """(stage, why) for the captured stages made of this one in which `node` has no counterpart of its own."""
        return [(other, why) for other, why in self._linked().absent(stage, node) if other in self.stages]

    def continued(self, stage: str, before: str) -> dict[str, str]:
        """Node of `stage` -> the node of stage `before` that is the same."""
        return self._linked().continued(stage, before)

    def _linked(self) -> Linked:
        """All links, followed from stage to stage; made anew when there are others."""
        made_of = [*self.stages.values(), *self.provenance.values()]
        if self._links is None or list(map(id, self._links[0])) != list(map(id, made_of)):
            graphs = {key: stage.graph for key, stage in self.stages.items()}
            self._links = made_of, Linked(graphs, self.provenance.values())
        return self._links[1]

    def primals_of(self, stage: str, node: str) -> list[str]:
        """Names of the first-stage values whose whole cotangent `node` of a gradient stage makes."""
        graph = self.stages[self.first].graph
        own = {value.id for value in self.stages[stage].graph.node_by_id[node].outputs}
        whole = (link for link in self._links_to(stage) if link.relation == "cotangent" and own & {*link.target})
        found = [link.source[0] for link in whole]
        return [name_of(graph, value) for value in found if value in graph.value_by_id]

    def _links_to(self, stage: str) -> Iterator[Link]:
        provenance = self.provenance.get(stage)
        return iter(provenance.links if provenance else ())


def bytes_of(shape: tuple[int | str, ...], dtype: str) -> int | None:
    """Size of a tensor in bytes; None with a symbolic dimension or an unknown dtype."""
    if not all(isinstance(side, int) for side in shape):
        return None
    dtypes = {**DTYPES, "complex64": np.dtype("complex64"), "complex128": np.dtype("complex128")}
    return int(np.prod([float(side) for side in shape])) * dtypes[dtype].itemsize if dtype in dtypes else None
