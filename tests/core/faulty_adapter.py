"""An adapter for tests of the worker: its "programs" are names of faults, run in the worker process when loaded."""

import ctypes
import hashlib
import importlib
import os
import re
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np

from explorer.adapters.base import Device, Probe
from explorer.capture.cells import cells
from explorer.capture.inputs import example
from explorer.capture.record import EXPRESSION_ENTRY, Column, Stage
from explorer.errors import ProgramError
from explorer.graph.ir import Graph, Node, Span, TensorType, Value


def _stubbornly(action):
    """Go on whatever is raised, so that an interrupt between two native calls changes nothing."""

    def run():
        while True:
            try:
                print("begun")
                action()
            except BaseException:
                pass

    return run


def _spin_natively():
    """Native code that lets the GIL go and never looks at signals, as XLA's loops do."""
    hashlib.pbkdf2_hmac("sha256", b"", b"", 2**31 - 1)


def _bomb():
    kept = []
    while True:
        kept.append(np.ones(1 << 22))
        time.sleep(0.005)


def _print_much():
    line = "x" * 999 + "\n"
    for _ in range(100_000):
        sys.stdout.write(line)


def _print_natively():
    print("from print")
    os.write(1, b"from the descriptor\n")
    libc = ctypes.CDLL(None)
    libc.printf(b"from printf\n")
    libc.fflush(None)


def _import_slowly():
    importlib.import_module("tests.core.slow_module")
    time.sleep(1000)


def _is_whole():
    if not sys.modules["tests.core.slow_module"].WHOLE:
        raise RuntimeError("half a module")


def _start_another():
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)", "left-behind"])
    _spin_natively()


FAULTS = {
    "loop": lambda: exec("while True: pass"),
    "swallow": _stubbornly(lambda: exec("while True: pass")),
    "native": _stubbornly(_spin_natively),
    "regex": lambda: re.match("(a+)+b", "a" * 64),
    "hold": _stubbornly(lambda: sum(range(10**12))),
    "exit": lambda: sys.exit(3),
    "os_exit": lambda: os._exit(5),
    "segfault": lambda: ctypes.string_at(0),
    "abort": lambda: os.abort(),
    "bomb": _bomb,
    "print": _print_much,
    "print_natively": _print_natively,
    "input": lambda: input("your name? "),
    "sleep": lambda: time.sleep(1000),
    "bug": lambda: {}["nothing here"],
    "recursion": lambda: _recurse(),
    "child": _start_another,
    "import": _import_slowly,
    "is whole": _is_whole,
    "forge": lambda: [os.write(descriptor, b"garbage that is no frame") for descriptor in _private_descriptors()],
}


def _recurse():
    return _recurse()


def _private_descriptors():
    pipes = []
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, b"")
            pipes.append(descriptor)
        except OSError:
            pass
    return pipes


FLOAT = TensorType("float32")


def small_graph(name="ok", count=1):
    nodes = [Node("x", "input", (), (Value("x", FLOAT),), role="input")]
    for k in range(count):
        outputs = (Value(f"mul_{k}", FLOAT),)
        nodes.append(Node(f"mul_{k}", "mul", (nodes[-1].id, "x"), outputs, {"k": k}, span=Span(1, 1, 1, 4)))
    return Graph(name, ("x",), (nodes[-1].id,), tuple(nodes))


class FaultyAdapter:
    """For the key `jax`. A text is a fault's name, `ok`, `ok N` (with N nodes), or names what fails: `bad second`."""

    def probe(self):
        return Probe("0.test", (Device("cpu:0", "cpu", "test", None, None),))

    def load(self, source):
        if source.entry == "announced" and source.text not in ("swallow", "native", "hold"):
            print("begun")
        if source.text in FAULTS:
            FAULTS[source.text]()
        if source.text == "bad load":
            raise ProgramError("unknown_function", span=Span(1, 1, 1, 4), name="bad")
        inputs = {name: example(name, text, source.seed) for name, text in (source.inputs or {"x": "2.0"}).items()}
        return SimpleNamespace(
            source=source,
            inputs=inputs,
            parameters={},
            entry=EXPRESSION_ENTRY,
            entries=(EXPRESSION_ENTRY,),
            device="cpu:0",
            notices=[],
            value=lambda inputs: np.asarray(inputs["x"] ** 2),
            value_and_gradients=lambda inputs: (np.asarray(inputs["x"] ** 2), {"x": np.asarray(2 * inputs["x"])}),
        )

    def capture(self, program, stage):
        text = program.source.text
        words = text.split()
        if (text, stage) in {("bad first", "jaxpr"), ("bad second", "gradient")}:
            partial = small_graph("partial")
            raise ProgramError("operation_failed", partial=partial, op="mul", shapes="f32[2]", reason="no")
        if (text, stage) == ("bug second", "gradient"):
            raise RuntimeError("a mistake of ours")
        if (text, stage) == ("slow second", "gradient"):
            time.sleep(1000)
        count = int(words[1]) if words[0] == "ok" and len(words) == 2 else 1
        return Stage(stage, small_graph(stage, count), "text of " + stage, {"x": 1}, 0.001)

    def provenance(self, program, stage):
        return None

    def evaluate(self, program, stage, inputs):
        words = program.source.text.split()
        if words[0] == "array":  # so many megabytes
            yield Column("much", stage, "value", {"x": np.zeros(int(words[1]) << 17)})
        if program.source.text == "slow evaluate" and stage == "jaxpr":
            time.sleep(0.2)
        noise = np.random.default_rng().random() if words[0] == "random" else 0
        yield Column("value", stage, "value", cells({"x": inputs["x"], "mul_0": inputs["x"] ** 2 + noise}, np.asarray))
        if stage == "jaxpr":
            shares = {"mul_0#0": inputs["x"], "mul_0#1": inputs["x"]}
            yield Column("share", stage, "use", cells(shares, np.asarray))


def adapter():
    return FaultyAdapter()


def absent():
    raise ModuleNotFoundError("No module named 'jax'", name="jax")
