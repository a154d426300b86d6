"""From Run to the first picture of a transformer block, against the framework's own capture of it in the same run.

Goal: at most 1.3 times the bare capture plus 0.3 seconds, in every framework. Both run the same text anew each time, so
the model is made and its layers built on both sides, in a process that is warm (as after the first edit). Ours then
captures the first stage and has the layout worker make a Scene of it; bare is the framework's own call. They take
turns.
"""

from __future__ import annotations

import importlib.util
import statistics
import subprocess
import sys
import time
from pathlib import Path

from explorer.adapters import FRAMEWORKS, Framework
from explorer.capture.record import Source
from explorer.worker.client import Worker
from explorer.worker.events import StageEvent
from explorer.worker.requests import CaptureRequest, LayoutRequest, Prepare

ROUNDS = 5
FACTOR, CONSTANT = 1.3, 0.3
BLOCKS = Path(__file__).parent / "blocks"
BARE = {
    "pytorch": "import torch.fx; traced = torch.fx.symbolic_trace(copy.deepcopy(block))",
    "tensorflow": "traced = tf.function(lambda x: block(x)).get_concrete_function(x)",
    "jax": "traced = jax.make_jaxpr(lambda params, x: block(params, x))(params, x)",
}
PEER = """
import copy, sys, time
text = compile(open(sys.argv[1]).read(), "block", "exec")
for line in sys.stdin:
    began = time.perf_counter()
    exec(text)
    {call}
    print("took", time.perf_counter() - began, flush=True)
"""


class Peer:
    """A process that runs the text and captures its model whenever asked."""

    def __init__(self, key: str) -> None:
        command = [sys.executable, "-c", PEER.replace("{call}", BARE[key]), str(BLOCKS / f"{key}.py")]
        self._child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def seconds(self) -> float:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write("again\n")
        self._child.stdin.flush()
        for line in self._child.stdout:
            if line.startswith("took "):
                return float(line.split()[1])
        raise SystemExit("the bare capture failed")

    def close(self) -> None:
        self._child.kill()
        self._child.wait()


def ours(worker: Worker, layout: Worker, entry: Framework, text: str) -> float:
    """Seconds until the Scene of the first stage is here."""
    began = time.perf_counter()
    taken = 0.0
    for event in worker.events(CaptureRequest(Source(text, entry.key), (entry.first.key,))):
        if isinstance(event, StageEvent):
            layout.ask(LayoutRequest(event.stage.key, entry.key, event.stage.graph))
            taken = time.perf_counter() - began
    if not taken:
        raise SystemExit(f"{entry.title}: the block has no first stage")
    return taken


def measure(entry: Framework) -> bool:
    """Print a line a round and the verdict."""
    text = (BLOCKS / f"{entry.key}.py").read_text("utf-8")
    peer, ratios = Peer(entry.key), []
    with Worker(entry.key) as worker, Worker("layout") as layout:
        for each in (worker, layout):
            each.ask(Prepare())
        for round_ in range(ROUNDS + 1):
            bare, mine = peer.seconds(), ours(worker, layout, entry, text)
            if round_:  # the first one loads what is loaded on first use, on both sides
                ratios.append(mine / (FACTOR * bare + CONSTANT))
                print(f"{entry.title}: first picture {mine:.3f} s, bare capture {bare:.3f} s, share {ratios[-1]:.2f}")
    peer.close()
    median = statistics.median(ratios)
    met = median <= 1.0
    print(f"{entry.title}: median share of what is allowed {median:.2f}: {'met' if met else 'missed'}")
    return met


def main() -> int:
    there = [entry for entry in FRAMEWORKS if importlib.util.find_spec(entry.package) is not None]
    met = [measure(entry) for entry in there]  # every framework is measured, also after one that missed
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
