"""How long until the window shows its first painted frame, against `import torch` in the same run.

Goal: at most 0.6 of the import. Each is a fresh process that says one word when it is there, and the clock stops at
that word; they are started in turn, so that load on the machine hits both alike.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import subprocess
import sys
import time

ROUNDS = 7
GOAL = 0.6
WINDOW = """
import sys
from widgets import application

class Frame(application.FirstFrame):
    def __init__(self, window):
        super().__init__(window)
        self.painted.connect(lambda: print("painted", flush=True))

application.FirstFrame = Frame
sys.exit(application.run(None, None, quit_after_first_frame=True))
"""
PEER = "import torch; print('imported', flush=True)"


def seconds(code: str, environment: dict[str, str]) -> float:
    """Wall seconds from the start of a fresh Python to the first line it prints."""
    start = time.perf_counter()
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        assert child.stdout is not None
        line = child.stdout.readline()
        taken = time.perf_counter() - start
        if not line:
            raise SystemExit(f"the process ended with {child.wait()} and said nothing")
        return taken


def main() -> int:
    if importlib.util.find_spec("torch") is None:
        print("skipped: torch is not installed (pip install 'backflow[pytorch]')")
        return 0
    environment = dict(os.environ)
    if not environment.get("DISPLAY"):
        environment["QT_QPA_PLATFORM"] = "offscreen"
    ratios = []
    for round_ in range(ROUNDS + 1):
        window, torch = seconds(WINDOW, environment), seconds(PEER, environment)
        if round_:  # the first round fills the file cache
            ratios.append(window / torch)
            print(f"first frame {window:.2f} s, import torch {torch:.2f} s, ratio {ratios[-1]:.2f}")
    ratio = statistics.median(ratios)
    print(f"median ratio {ratio:.2f}, goal {GOAL}: {'met' if ratio <= GOAL else 'missed'}")
    return 0 if ratio <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
