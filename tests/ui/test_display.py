"""The program as a person starts it, on a real X display: `backflow` in a process of its own, driven by keys.

The child process is the real program; a few lines in it press keys, watch and write down what they saw.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WAIT = 280  # seconds, for the whole visit: two frameworks are imported, one model is trained

pytestmark = [pytest.mark.xvfb, pytest.mark.real_worker]


@pytest.fixture
def display() -> Iterator[str]:
    """An X server of our own, 1440 x 900."""
    program = shutil.which("Xvfb")
    if program is None:
        pytest.skip("Xvfb is not installed")
    read, write = os.pipe()
    server = subprocess.Popen(
        [program, "-displayfd", str(write), "-screen", "0", "1440x900x24", "-nolisten", "tcp"],
        pass_fds=(write,), stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    try:
        with os.fdopen(read) as pipe:
            number = pipe.readline().strip()
        if not number:
            pytest.skip("Xvfb did not start")
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(10)


@pytest.mark.timeout(WAIT + 20)
def test_a_visit_types_steps_back_switches_framework_and_trains(display: str, tmp_path: Path) -> None:
    environment = {**os.environ, "DISPLAY": display, "BACKFLOW_DATA": str(tmp_path / "data")}
    environment |= {"QT_QPA_PLATFORM": "xcb", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.ui.visit", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=WAIT, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    seen = json.loads((tmp_path / "seen.json").read_text("utf-8"))
    assert seen["platform"] == "xcb"
    assert seen["first screen"] == "Type an expression, or start from one"
    assert seen["typed"] == {"framework": "pytorch", "result": "10.0", "a": "∂/∂a = 7.0", "b": "∂/∂b = 2.0"}
    assert seen["one step back"]["waiting"] == 1
    assert seen["one step back"]["where"] == "backward 3 / 4"
    assert seen["switched"] == {"framework": "jax", "result": "10.0", "a": "∂/∂a = 7.0", "b": "∂/∂b = 2.0"}
    assert seen["trained"]["training"] < 0.01 < 1.0 < seen["trained"]["validation"]
    assert "Overfitting" in seen["trained"]["banner"]
    for name in ("typed", "gradient", "trained"):
        assert (tmp_path / f"{name}.png").stat().st_size > 10_000
