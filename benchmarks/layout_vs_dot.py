"""Our layout against Graphviz `dot` on graphs of up to 100 cards: time and crossings.

Run: python benchmarks/layout_vs_dot.py

Goal: at most twice the time of the `dot` program on the same graph in the same run (ours in process and warm, as it
runs in the layout worker; dot as a program, as anybody would call it), and at most 1.2 times its crossings, summed.
The folded drawing is another picture than dot's: its crossings are printed, and do not count.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
from layout_graphs import Case, small_cases

from explorer.layout import layout
from explorer.layout.options import LayoutOptions

ROUNDS = 9
TIME_GOAL, CROSSING_GOAL = 2.0, 1.2
FLAT, FOLDED = LayoutOptions(fold=False), LayoutOptions(fold=True)


def dot_source(case: Case) -> str:
    lines = ["digraph g {", "graph [nodesep=0.44, ranksep=0.9];", 'node [shape=box, fixedsize=true, label=""];']
    lines += [f"{i} [width={w / 72:.3f}, height={h / 72:.3f}];" for i, (w, h) in enumerate(case.size)]
    lines += [f"{a} -> {b};" for a, b in case.edges]
    return "\n".join([*lines, "}"])


def run_dot(source: str) -> str:
    return subprocess.run(["dot", "-Tplain"], input=source, capture_output=True, text=True, check=True).stdout


def dot_wires(plain: str) -> list[tuple[int, int, np.ndarray]]:
    """(source, target, curves) of each wire in dot's plain output."""
    wires = []
    for line in plain.splitlines():
        words = line.split()
        if words[0] == "edge":
            count = int(words[3])
            points = np.array(words[4 : 4 + 2 * count], dtype=float).reshape(-1, 2) * 72
            curves = np.stack([points[i : i + 4] for i in range(0, count - 1, 3)])
            wires.append((int(words[1]), int(words[2]), curves))
    return wires


def our_wires(case: Case, options: LayoutOptions) -> list[tuple[int, int, np.ndarray]]:
    placement = layout(case.size, case.edges, backward=case.backward, options=options)
    return [(int(a), int(b), placement.curves[placement.curve_wire == wire]) for wire, (a, b) in enumerate(case.edges)]


def crossings(wires: list[tuple[int, int, np.ndarray]]) -> int:
    """Points where two wires cross that share neither source nor target."""
    t = np.linspace(0, 1, 17)[:, None]
    basis = np.concatenate([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3], axis=1)
    lines = [np.einsum("ti,cid->ctd", basis, curves).reshape(-1, 2) for *_, curves in wires]
    low, high = np.array([p.min(axis=0) for p in lines]), np.array([p.max(axis=0) for p in lines])
    total = 0
    for i, (source, target, _) in enumerate(wires):
        for j in range(i + 1, len(wires)):
            if wires[j][0] == source or wires[j][1] == target:
                continue
            if (low[i] < high[j]).all() and (low[j] < high[i]).all():
                total += _intersections(lines[i], lines[j])
    return total


def _intersections(first: np.ndarray, second: np.ndarray) -> int:
    a, b, c, d = first[:-1, None], first[1:, None], second[None, :-1], second[None, 1:]

    def turn(p: np.ndarray, q: np.ndarray, r: np.ndarray) -> np.ndarray:
        return (q[..., 0] - p[..., 0]) * (r[..., 1] - p[..., 1]) - (q[..., 1] - p[..., 1]) * (r[..., 0] - p[..., 0])

    return int(((turn(a, b, c) * turn(a, b, d) < 0) & (turn(c, d, a) * turn(c, d, b) < 0)).sum())


def cpu_seconds() -> float:
    """Processor time of this process and of the programs it has run."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def interleaved(runs: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Least processor seconds of each, in turns: a busy machine changes them far less than the time on the clock."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            start = cpu_seconds()
            run()
            seconds[name].append(cpu_seconds() - start)
    return {name: min(times) for name, times in seconds.items()}


def main() -> int:
    if shutil.which("dot") is None:
        print("dot is not installed; get it with `apt-get install graphviz` or `brew install graphviz`")
        return 2
    layout(np.ones((2, 2)), np.array([[0, 1]]))
    worst, ours_total, dot_total = 0.0, 0, 0
    print(f"{'graph':36} nodes wires  ours ms  dot ms  ratio   folded  crossings ours/dot/folded")
    for case in small_cases():
        source = dot_source(case)
        seconds = interleaved({
            "ours": lambda case=case: layout(case.size, case.edges, backward=case.backward, options=FLAT),
            "folded": lambda case=case: layout(case.size, case.edges, backward=case.backward, options=FOLDED),
            "dot": lambda source=source: run_dot(source),
        })  # fmt: skip
        flat = crossings(our_wires(case, FLAT))
        folded = crossings(our_wires(case, FOLDED)) if case.backward.any() else None
        theirs = crossings(dot_wires(run_dot(source)))
        ratios = [seconds["ours"] / seconds["dot"], seconds["folded"] / seconds["dot"]]
        worst, ours_total, dot_total = max(worst, *ratios), ours_total + flat, dot_total + theirs
        print(
            f"{case.name:36} {len(case.size):5} {len(case.edges):5} {seconds['ours'] * 1e3:8.1f} "
            f"{seconds['dot'] * 1e3:7.1f} {ratios[0]:6.2f} {ratios[1]:8.2f}  {flat}/{theirs}/{folded}"
        )
    crossing_ratio = ours_total / max(1, dot_total)
    passed = worst <= TIME_GOAL and crossing_ratio <= CROSSING_GOAL
    print(f"worst time ratio {worst:.2f} (goal {TIME_GOAL})")
    print(f"crossings ratio {crossing_ratio:.2f} (goal {CROSSING_GOAL})")
    print("PASS" if passed else "FAIL")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
