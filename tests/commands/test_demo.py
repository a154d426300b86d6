"""The tour: everything it promises is written, and it ends with 0 also where Qt is not there."""

import json
import subprocess
import sys

import pytest

from explorer.adapters import FRAMEWORKS
from tests.commands.test_command_line import WITHOUT_QT

for package in ("torch", "tensorflow", "jax"):
    pytest.importorskip(package)


@pytest.mark.timeout(600)
def test_the_tour_writes_graphs_curves_numbers_and_screenshots(tmp_path):
    command = [sys.executable, "-m", "explorer", "demo", "-o", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=590, check=False)
    assert done.returncode == 0, done.stderr
    for framework in FRAMEWORKS:
        for stage in framework.stages:
            assert "data-id" in (tmp_path / f"{framework.key}-{stage.key}.svg").read_text()
        for model in ("linear", "mlp7"):
            assert (tmp_path / f"{framework.key}-five-points-{model}.png").read_bytes().startswith(b"\x89PNG")
    numbers = json.loads((tmp_path / "numbers.json").read_text())
    assert [result["gradients"] for result in numbers["results"]] == [{"a": 7.0, "b": 2.0}] * 3
    shots = [path.name for path in tmp_path.glob("*.png") if "1920x1080" in path.name]
    for theme in ("light", "dark", "projector"):
        assert any(theme in name for name in shots), shots


def test_the_tour_without_qt_still_ends_with_zero(tmp_path):
    command = [sys.executable, "-c", WITHOUT_QT, "demo", "-o", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=170, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "numbers.json").is_file()
