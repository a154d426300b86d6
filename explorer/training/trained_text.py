"""The text of a document as something to train: what of it is trained, in which framework, and the Source for it."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace

from explorer import typed_text
from explorer.capture.module_text import kind_of
from explorer.capture.record import Source
from explorer.errors import ProgramError
from explorer.input_rows import form
from explorer.session import State
from explorer.training.config import RunConfig
from explorer.training.typed import usual_names
from explorer.typed_text import Typed

LINES_SHOWN = 6
UNTOLD = ("import ", "from ", "#")


@dataclass(frozen=True, slots=True)
class TrainedText:
    """`usual` names the inputs of an expression that train where nobody says so. Empty for a model: what it has only
    its worker can say.
    """

    state: State
    typed: Typed
    usual: tuple[str, ...] = ()

    def framework(self, chosen: str) -> str:
        """The chosen one where the text can be trained in it."""
        return chosen if chosen in self.typed.frameworks else self.typed.frameworks[0]

    def source(self, config: RunConfig) -> Source:
        """What a worker is asked to train."""
        source = typed_text.source(self.state, self.typed)
        return replace(source, framework=config.framework, seed=config.seed, device=config.device)

    @property
    def excerpt(self) -> str:
        """Its first lines that say something: imports do not."""
        lines = [line for line in self.state.text.splitlines() if line.strip() and not line.startswith(UNTOLD)]
        return "\n".join(lines[:LINES_SHOWN] + ["…"] * (len(lines) > LINES_SHOWN))


def read(state: State) -> TrainedText:
    """What is typed, read but not run. ProgramError where there is nothing, or nothing that can be trained."""
    if not state.text.strip():
        raise ProgramError("training_no_text")
    typed = typed_text.read(state.text)
    if typed.is_model:
        return TrainedText(state, typed)
    values = typed_text.values(state, typed)
    usual = usual_names([name for name, value in values.items() if _is_float(value)])
    if not usual:
        raise ProgramError("training_nothing_to_train")
    return TrainedText(state, typed, usual)


def _is_float(value: str) -> bool:
    found = form(value)
    return found is None or "float" in found.dtype  # what cannot be read the worker says


def short_name(text: str) -> str:
    """An expression in one line; of a longer text what it defines: `Net, loss`."""
    if kind_of(text) == "expression":
        return " ".join(text.split())
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    names = [each.name for each in body if isinstance(each, ast.FunctionDef | ast.ClassDef)]
    targets = [target for each in body if isinstance(each, ast.Assign) for target in each.targets]
    assigned = [target.id for target in targets if isinstance(target, ast.Name)]
    return ", ".join(names or assigned)
