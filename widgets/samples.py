"""The sample expressions of `samples/expressions/`: a title in the first line, input values in the second."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from explorer.paths import samples
from explorer.session import State
from explorer.session_files import read_text

INPUTS_MARK = "# inputs:"


@dataclass(frozen=True, slots=True)
class Sample:
    """One file. `text` is without the title and inputs lines; `inputs` are VALUE texts by name."""

    path: Path
    title: str
    text: str
    inputs: dict[str, str]

    @property
    def short(self) -> str:
        """The text itself where it is one line, else what the title says of it."""
        return self.text if "\n" not in self.text else self.title.partition(": ")[2] or self.title


def all_samples() -> list[Sample]:
    """In the order of their file names (`01-...`)."""
    return [read(path) for path in sorted((samples() / "expressions").glob("*.py"))]


def sample(name: str) -> Sample:
    """The sample whose file is `NN-<name>.py`; StopIteration where there is none."""
    return read(next((samples() / "expressions").glob(f"*-{name}.py")))


def read(path: Path) -> Sample:
    """`# Title`, then optionally `# inputs: a=2.0; W=normal(4, 3)`, then the expression."""
    return from_text(read_text(path), path)


def from_text(text: str, path: Path) -> Sample:
    lines = text.strip("\n").split("\n")
    title, inputs = path.stem, {}
    if lines and lines[0].startswith("# ") and not lines[0].startswith(INPUTS_MARK):
        title = lines.pop(0)[2:]
    if lines and lines[0].startswith(INPUTS_MARK):
        pairs = (pair.partition("=") for pair in lines.pop(0).removeprefix(INPUTS_MARK).split(";"))
        inputs = {name.strip(): value.strip() for name, equals, value in pairs if equals}
    return Sample(path, title, "\n".join(lines).strip("\n"), inputs)


def state_of(opened: Sample, now: State) -> State:
    """The sample as a document in the window of what is open."""
    return now.another(opened.text, opened.inputs)
