"""What is tested alike in all three frameworks: numbers against NumPy, golden texts, choices at kinks."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from explorer.adapters.base import Program, load_adapter
from explorer.capture.document import kinks
from explorer.capture.record import Source
from explorer.graph.text import graph_text
from explorer.graph.verify import verify
from explorer.paths import samples
from tests.adapters.cases import SAMPLES, numpy_gradients, numpy_value

GOLDEN = Path(__file__).parents[1] / "golden"
KINKS = kinks()
KINK_IDS = [f"{kink['text']} by {kink['by']}" for kink in KINKS]


def model_text(name: str) -> str:
    """The text of a sample model."""
    return (samples() / "models" / f"{name}.py").read_text("utf-8")


class Subject:
    """One framework under test."""

    def __init__(self, framework: str) -> None:
        self.framework = framework
        self.adapter = load_adapter(framework)

    def load(self, text: str, /, **inputs: str) -> Program:
        return self.adapter.load(Source(text, self.framework, inputs))

    def load_arrays(self, text: str, arrays: dict) -> Program:
        program = self.load(text, **{name: str(np.asarray(array).tolist()) for name, array in arrays.items()})
        assert all(np.array_equal(program.inputs[name], array) for name, array in arrays.items())
        return program

    def assert_numpy(self, text: str, inputs: dict) -> None:
        """Value in float32 as NumPy has it; gradient in float64 as central finite differences have it."""
        program = self.load_arrays(text, inputs)
        value = program.value(program.inputs)
        assert value.dtype == np.float32
        np.testing.assert_allclose(value, numpy_value(text, inputs), rtol=2e-6, atol=1e-6)
        wide = {name: np.asarray(array, np.float64) for name, array in inputs.items()}
        _, gradients = program.value_and_gradients(wide)
        for name, expected in numpy_gradients(text, inputs).items():
            assert gradients[name].dtype == np.float64
            np.testing.assert_allclose(gradients[name], expected, rtol=1e-6, atol=1e-7, err_msg=name)

    def load_model(self, name: str, entry: str | None = None, /, **inputs: str) -> Program:
        """A program of `samples/models`, by the name of its file."""
        return self.adapter.load(Source(model_text(name), self.framework, inputs, entry))

    def assert_golden(self, name: str, stage: str, release: str) -> None:
        """The sample's graph and printout are those of the golden text; BACKFLOW_GOLDEN=1 writes it anew."""
        text, inputs = SAMPLES[name]
        self.assert_looks(self.load(text, **inputs), name, stage, release)

    def assert_looks(self, program: Program, name: str, stage: str, release: str, *, printed: bool = True) -> None:
        """The same for any program. Without `printed` the graph alone: some printouts hold names of files."""
        captured = self.adapter.capture(program, stage)
        verify(captured.graph)
        seen = f"{release}\n{program.source.text.rstrip()}\n\n{graph_text(captured.graph)}\n"
        seen += f"{captured.text.rstrip()}\n" if printed else ""
        file = GOLDEN / self.framework / f"{name}.{stage}.txt"
        if os.environ.get("BACKFLOW_GOLDEN") == "1":
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(seen, "utf-8")
        expected = file.read_text("utf-8")
        if expected.splitlines()[0] != release:
            pytest.skip(f"the golden text was made with {expected.splitlines()[0]}")
        assert seen == expected

    def assert_kink(self, kink: dict) -> None:
        """The framework's own gradient at a kink is the documented one."""
        program = self.load(kink["text"], **kink["inputs"])
        _, gradients = program.value_and_gradients(program.inputs)
        np.testing.assert_allclose(gradients[kink["by"]], kink[self.framework], rtol=1e-6)
