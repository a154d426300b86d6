"""The samples. `samples/expressions/`: a title in the first line, input values in the second; `samples/models/`: Python
texts as people write them, called after their files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from explorer.adapters import framework
from explorer.capture.module_text import frameworks_of
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


def models() -> list[Sample]:
    """Texts that define a model, in the order of their file names."""
    return [model(path) for path in sorted((samples() / "models").glob("*.py"))]


def model(path: Path) -> Sample:
    """`05-attention-block.py` is called "PyTorch: attention block"."""
    text = read_text(path).strip("\n")
    title = path.stem.partition("-")[2].replace("-", " ")
    return Sample(path, f"{framework(frameworks_of(text)[0]).title}: {title}", text, {})


def sample(name: str) -> Sample:
    """The sample whose file is `NN-<name>.py`; StopIteration where there is none."""
    return read(next((samples() / "expressions").glob(f"*-{name}.py")))


def read(path: Path) -> Sample:
    """`# Title`, then optionally `# inputs: a=2.0; W=normal(4, 3)`, then the expression."""
    return model(path) if path.parent.name == "models" else from_text(read_text(path), path)


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
    """The sample as a document in the window of what is open, in the framework it is written for."""
    written_for = frameworks_of(opened.text)
    state = now.another(opened.text, opened.inputs)
    return replace(state, framework=written_for[0]) if written_for and now.framework not in written_for else state
