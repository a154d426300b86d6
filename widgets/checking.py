"""The shown gradients against central finite differences and against the other frameworks, when somebody asks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QObject, Signal

from explorer import typed_text
from explorer.adapters import FRAMEWORK_KEYS
from explorer.flow.finite_difference import relative_error
from explorer.worker.events import Died, Done, Event, Failed, GradientEvent
from explorer.worker.requests import GradientRequest
from widgets.documents import Document
from widgets.messages import problem

DIFFERENCES = "finite differences"
TOLERANCE = 1e-3  # of the largest gradient: float32 against float64, with room for long sums
CHANGES = frozenset({"text", "inputs", "framework", "device"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """One comparison. `gap` is the largest difference relative to the larger of 1 and the largest gradient.

    `gap` is None where there was nothing to compare; `why` says so.
    """

    against: str
    gap: float | None
    why: str = ""

    @property
    def agrees(self) -> bool:
        return self.gap is not None and self.gap <= TOLERANCE


class Checking(QObject):
    """`verdicts` is empty until asked for, and again as soon as what is checked changes."""

    changed = Signal()

    def __init__(self, document: Document, workers: QObject, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document, self._workers = document, workers
        self._asked: dict[int, str] = {}
        self._answers: dict[str, GradientEvent] = {}
        self._failures: dict[str, str] = {}
        self._own = ""
        self.verdicts: list[Verdict] = []
        workers.event.connect(self._event)
        document.session_changed.connect(self._session_changed)

    @property
    def is_running(self) -> bool:
        return bool(self._asked)

    @property
    def is_possible(self) -> bool:
        """True with gradients on screen that belong to the text."""
        shown = self._document.shown
        numbers = shown.numbers(shown.first).cotangent if shown and not self._document.is_stale else {}
        return bool(shown) and any(node.outputs[0].id in numbers for node in shown.inputs())

    def check(self) -> None:
        """Ask every framework for its gradients; the shown one for finite differences as well."""
        shown = self._document.shown
        if shown is None or self.is_running:
            return
        self.clear()
        values = typed_text.values(self._document.session.state, self._document.typed)
        self._own = shown.source.framework
        for key in self._document.typed.frameworks:
            device = shown.source.device if key == self._own else "cpu"
            source = replace(shown.source, framework=key, inputs=values, device=device)
            self._asked[self._workers.send(key, GradientRequest(source, check=key == self._own))] = key
        self.changed.emit()

    def clear(self) -> None:
        self._asked.clear()
        self._answers.clear()
        self._failures.clear()
        self.verdicts = []
        self.changed.emit()

    def _session_changed(self, changed: frozenset[str]) -> None:
        if changed & CHANGES and (self.is_running or self.verdicts):
            self.clear()

    def _event(self, _name: str, event: Event) -> None:
        key = self._asked.get(getattr(event, "request", 0))
        match event:
            case _ if key is None:
                pass
            case GradientEvent():
                self._answers[key] = event
            case Done():
                self._ended(event.request)
            case Failed() | Died():
                self._failures[key] = problem(event.diagnostic).text
                self._ended(event.request)

    def _ended(self, request: int) -> None:
        del self._asked[request]
        if not self._asked:
            self.verdicts = list(self._compare())
            self.changed.emit()

    def _compare(self) -> list[Verdict]:
        own = self._answers.get(self._own)
        if own is None:
            return [Verdict(self._own, None, self._failures.get(self._own, ""))]
        others = [key for key in FRAMEWORK_KEYS if key in {*self._answers, *self._failures} and key != self._own]
        return [
            Verdict(DIFFERENCES, _largest(own, own.differences)),
            *(
                Verdict(key, _largest(own, self._answers[key].gradients))
                if key in self._answers
                else Verdict(key, None, self._failures.get(key, ""))
                for key in others
            ),
        ]


def _largest(own: GradientEvent, others: dict[str, np.ndarray | None]) -> float | None:
    """The largest gap over all inputs that both have; None without one."""
    gaps = [
        relative_error(gradient, np.asarray(other, np.float64))
        for name, gradient in own.gradients.items()
        if gradient is not None and (other := others.get(name)) is not None
    ]
    return float(np.max(gaps)) if gaps else None
