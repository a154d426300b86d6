"""The command line as its contract says it, with real workers. Needs all three frameworks."""

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import networkx as nx
import numpy as np
import pytest

from explorer.adapters import FRAMEWORK_KEYS, FRAMEWORKS
from explorer.capture.inputs import example

for package in ("torch", "tensorflow", "jax"):
    pytest.importorskip(package)

# Blocks Qt the way a machine without it does: the commands must not notice.
WITHOUT_QT = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("PySide6", "shiboken6", "pyqtgraph"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Blocked())
from explorer.cli import main
sys.exit(main(sys.argv[1:]))
"""


def backflow(*arguments: str, stdin: str = "", qt: bool = True) -> subprocess.CompletedProcess[str]:
    start = ["-m", "explorer"] if qt else ["-c", WITHOUT_QT]
    command = [sys.executable, *start, *arguments]
    return subprocess.run(command, capture_output=True, text=True, input=stdin, timeout=170, check=False)


def sentence_only(done: subprocess.CompletedProcess[str]) -> bool:
    return "Traceback" not in done.stderr and done.stderr.startswith("backflow")


def test_the_gradient_of_a_square_in_all_three():
    done = backflow("grad", "x**2", "--input", "x=3.0", "--framework", "all", "--check", "--json", qt=False)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert [result["framework"] for result in document["results"]] == list(FRAMEWORK_KEYS)
    for result in document["results"]:
        assert result["value"] == 9.0
        assert result["gradients"] == {"x": 6.0}
        assert abs(result["check"]["x"]["finite_difference"] - 6.0) < 1e-3
        assert result["check"]["x"]["relative_error"] < 1e-3
    assert document["agreement"]["x"] <= 1e-6


def test_product_of_sum_in_all_three_with_shares():
    done = backflow("grad", "a*(a+b)", "--input", "a=2", "--input", "b=3", "--framework", "all", "--shares", "--json")
    assert done.returncode == 0, done.stderr
    for result in json.loads(done.stdout)["results"]:
        assert result["value"] == 10.0
        assert result["gradients"] == {"a": 7.0, "b": 2.0}
        of_a = [share for share in result["shares"] if share["value"] == "a"]
        assert sorted(share["share"] for share in of_a) == [2.0, 5.0]
        assert all(list(share) == ["value", "user", "operand", "share"] for share in result["shares"])


def test_readable_output_says_value_and_gradients():
    done = backflow("grad", "a*(a+b)", "--input", "a=2", "--input", "b=3", "--framework", "pytorch", "--check")
    assert "value 10" in done.stdout
    assert "∂/∂a = 7" in done.stdout
    assert "finite difference 7" in done.stdout


def test_an_expression_may_begin_with_a_minus():
    done = backflow("grad", "-x**2", "--input", "x=3", "--framework", "pytorch", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["results"][0]["gradients"] == {"x": -6.0}


def test_stages_lists_every_stage_of_every_framework():
    done = backflow("stages", "a*(a+b)", "--json", qt=False)
    assert done.returncode == 0, done.stderr
    programs = json.loads(done.stdout)["programs"]
    for program, framework in zip(programs, FRAMEWORKS, strict=True):
        assert (program["framework"], program["kind"]) == (framework.key, "expression")
        assert [stage["key"] for stage in program["stages"]] == [stage.key for stage in framework.stages]
        assert all(stage["nodes"] >= 4 and stage["seconds"] > 0 for stage in program["stages"])


def test_a_stage_that_is_not_there_says_why():
    done = backflow("stages", "n*2", "--input", "n=3:int32", "--framework", "pytorch", "--json")
    assert done.returncode == 0, done.stderr
    fx, aten, joint = json.loads(done.stdout)["programs"][0]["stages"]
    assert fx["nodes"] == aten["nodes"] == 3
    assert joint == {"key": "joint", "why": "There is nothing to differentiate: no input is a floating-point number."}


def test_forward_only_leaves_the_gradient_stage_out():
    done = backflow("stages", "a*2", "--framework", "jax", "--forward-only", "--json")
    jaxpr, *others = json.loads(done.stdout)["programs"][0]["stages"]
    assert "nodes" in jaxpr
    assert [stage["key"] for stage in others] == ["gradient", "stablehlo", "hlo", "optimized_hlo"]
    assert all("forward pass" in stage["why"] for stage in others)


def written(folder, key, stage, *suffixes):
    """The stage of a*(a+b) in the forms that `suffixes` ask for; its document, and the ids of its nodes."""
    arguments = ("capture", "a*(a+b)", "--framework", key, "--stage", stage, "--input", "a=2", "--input", "b=3")
    for suffix in suffixes:
        done = backflow(*arguments, "-o", str(folder / f"g.{suffix}"), qt=False)
        assert done.returncode == 0, done.stderr
    document = json.loads((folder / "g.json").read_text())
    return document, [node["id"] for node in document["graph"]["nodes"]]


@pytest.mark.parametrize("framework", FRAMEWORKS, ids=FRAMEWORK_KEYS)
def test_capture_writes_the_graph_of_each_framework(framework, tmp_path):
    gradient = next(stage.key for stage in framework.stages if stage.gradient)
    document, ids = written(tmp_path, framework.key, gradient, "json")
    assert (document["format"], document["stage"]) == ("backflow-graph", gradient)
    assert len(ids) == len(set(ids)) >= 7


def test_capture_writes_every_form(tmp_path):
    """What a form looks like does not depend on the framework: the quickest to start stands for all."""
    document, ids = written(tmp_path, "jax", "gradient", "json", "txt", "svg", "dot", "graphml", "html")
    assert (tmp_path / "g.txt").read_text().startswith("graph ")
    assert (tmp_path / "g.dot").read_text().lstrip().startswith(("digraph", "strict digraph"))
    svg = ElementTree.parse(tmp_path / "g.svg").getroot()
    cards = [element for element in svg.iter() if element.get("class") == "node"]
    assert sorted(card.get("data-id") for card in cards) == sorted(ids)
    assert any(element.get("class") == "wire" for element in svg.iter())
    assert {card.get("data-role") for card in cards} >= {"input", "primal"}
    read = nx.read_graphml(tmp_path / "g.graphml", force_multigraph=True)
    assert sorted(read.nodes) == sorted(ids)
    assert read.number_of_edges() == sum(len(node["inputs"]) for node in document["graph"]["nodes"])
    page = (tmp_path / "g.html").read_text("utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert sorted(re.findall(r'<g class="node" data-id="([^"]*)"', page)) == sorted(ids)
    assert "<title>a*(a+b) · " in page


def test_capture_paints_a_picture_and_a_part_of_it(tmp_path):
    """PNG and PDF are painted by Qt in a process of its own; without Qt that is one sentence."""
    arguments = (
        "capture",
        "a*(a+b)",
        "--framework",
        "jax",
        "--stage",
        "jaxpr",
        "--input",
        "a=2",
        "--input",
        "b=3",
        "-o",
    )
    png, pdf = tmp_path / "g.png", tmp_path / "g.pdf"
    done = backflow(*arguments, str(png), "--theme", "dark", "--scale", "1")
    assert done.returncode == 0, done.stderr
    data = png.read_bytes()
    assert data.startswith(b"\x89PNG")
    width, height = int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    assert f"{width} x {height} pixels" in done.stdout
    assert width > 200
    assert height > 300
    done = backflow(*arguments, str(pdf), "--only", "op:mul")
    assert done.returncode == 0, done.stderr
    box = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf.read_bytes())
    assert float(box[2]) < height / 2, "one card"
    without = backflow(*arguments, str(pdf), qt=False)
    assert without.returncode == 3
    assert "pip install PySide6-Essentials" in without.stderr
    assert sentence_only(without)


def test_capture_prints_text_without_a_file():
    done = backflow("capture", "-", "--framework", "jax", "--stage", "jaxpr", "--input", "x=1", stdin="sin(x)")
    assert done.returncode == 0, done.stderr
    assert "sin: f32[] = sin(x)" in done.stdout


def test_devices_names_the_cpu_of_each():
    document = json.loads(backflow("devices", "--json", qt=False).stdout)
    assert {device["framework"] for device in document["devices"] if device["kind"] == "cpu"} == set(FRAMEWORK_KEYS)
    assert list(document["devices"][0]) == ["framework", "id", "kind", "name", "memory_total", "memory_free"]


def test_doctor_says_what_is_there():
    done = backflow("doctor", "--json")
    document = json.loads(done.stdout)
    assert document["ok"] is True
    assert done.returncode == 0
    assert all(list(item) == ["name", "version", "ok", "hint"] for item in document["items"])
    assert {"Python", "PyTorch", "TensorFlow", "JAX", "Qt"} <= {item["name"] for item in document["items"]}


def test_doctor_without_qt_gives_the_command():
    document = json.loads(backflow("doctor", "--json", qt=False).stdout)
    assert document["ok"] is True


@pytest.mark.parametrize("framework", FRAMEWORK_KEYS)
def test_seven_parameters_pass_through_five_points(framework, tmp_path):
    path = tmp_path / "run.json"
    done = backflow("train", "five-points", "--model", "mlp7", "--framework", framework, "-o", str(path), qt=False)
    assert done.returncode == 0, done.stderr
    run = json.loads(path.read_text())
    assert {"config", "epochs", "best_epoch", "diagnosis", "steps_per_second"} <= set(run)
    assert len(run["epochs"]) == 6001
    assert run["epochs"][-1]["train_loss"] < 0.01
    assert 19.5 <= run["epochs"][-1]["validation_loss"] <= 20.5
    assert "verfitting since step" in run["diagnosis"]


@pytest.mark.parametrize("framework", FRAMEWORK_KEYS)
def test_a_line_stays_a_line(framework, tmp_path):
    path = tmp_path / "run.json"
    done = backflow("train", "five-points", "--model", "linear", "--framework", framework, "-o", str(path))
    assert done.returncode == 0, done.stderr
    last = json.loads(path.read_text())["epochs"][-1]
    assert last["train_loss"] == pytest.approx(5.31, abs=0.02)
    assert last["validation_loss"] == pytest.approx(5.10, abs=0.02)


def test_curves_as_csv_and_png(tmp_path):
    for name in ("run.csv", "run.png"):
        arguments = ("--framework", "pytorch", "--epochs", "50", "-o", str(tmp_path / name))
        done = backflow("train", "five-points", *arguments)
        assert done.returncode == 0, done.stderr
    assert len((tmp_path / "run.csv").read_text().splitlines()) == 51
    assert (tmp_path / "run.png").read_bytes().startswith(b"\x89PNG")


def test_digits_with_wrong_labels_train_are_written_and_go_on(tmp_path):
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    options = ("--points", "100", "--label-noise", "0.2", "--dropout", "0.2", "--batch", "16", "--widths", "8,8")
    done = backflow("train", "digits", *options, "--framework", "pytorch", "--epochs", "4", "-o", str(first), qt=False)
    assert done.returncode == 0, done.stderr
    assert "MLP 64-8-8-10" in done.stdout
    assert "20% of the training labels are wrong on purpose" in done.stdout
    again = ("train", "digits", "--resume", str(first), "--epochs", "7", "--json", "-o", str(second))
    done = backflow(*again, qt=False)
    assert done.returncode == 0, done.stderr
    before, run = json.loads(first.read_text()), json.loads(done.stdout)
    assert run == json.loads(second.read_text())
    assert {"config", "epochs", "best_epoch", "diagnosis", "steps_per_second"} <= set(run)
    assert run["epochs"][:4] == before["epochs"]
    assert [row["epoch"] for row in run["epochs"]] == list(range(7))
    assert set(run["epochs"][6]) == {"epoch", "train_loss", "validation_loss", "train_accuracy", "validation_accuracy"}
    assert run["config"]["label_noise"] == 0.2
    assert run["config"]["framework"] == "pytorch"


def test_an_expression_is_trained_like_a_loss(tmp_path):
    text = "sum((w*x + b - y)**2)"
    values = ("--input", "w=0.0", "--input", "b=0.0", "--input", "x=[1.0,2.0,3.0]", "--input", "y=[3.0,5.0,7.0]")
    options = ("--framework", "pytorch", "--optimizer", "momentum", "--lr", "0.01", "--epochs", "400", "--json")
    done = backflow("train", text, *values, *options, qt=False)
    assert done.returncode == 0, done.stderr
    run = json.loads(done.stdout)
    assert run["names"] == ["w", "b"]
    assert run["epochs"][0] == {"epoch": 0, "train_loss": 83.0, "validation_loss": None}
    assert run["epochs"][-1]["train_loss"] < 1e-6
    assert run["source"] == text


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("grad", "missing.py"), 2, "no file missing.py"),
        (("grad", "x", "--bogus"), 2, "--bogus"),
        (("grad", "x", "--framework", "theano"), 2, "theano"),
        (("capture", "x", "--framework", "jax", "--stage", "hlo9"), 2, "jaxpr, gradient"),
        (("capture", "x", "--framework", "jax", "--stage", "jaxpr", "-o", "g.xyz"), 2, ".xyz"),
        (
            ("capture", "x", "--framework", "jax", "--stage", "jaxpr", "-o", "g.dot", "--only", "x"),
            2,
            "Pictures are .png",
        ),
        (("grad", "x", "--input", "y=1"), 2, "y is not a free name"),
        (("grad", "x", "--input", "x=abc"), 2, "x=abc"),
        (("grad", "x", "--input", "x"), 2, "no value"),
        (("train", "six-points", "--framework", "pytorch"), 2, "six-points"),
        (("train", "moons", "--optimizer", "lion"), 2, "sgd, momentum, adam"),
        (("train", "moons", "--loss", "hinge"), 2, "bce, cross-entropy"),
        (("train", "moons", "--activation", "swish"), 2, "tanh, relu"),
        (("train", "moons", "--mode", "turbo", "--framework", "jax"), 2, "compiled, eager"),
        (("train", "moons", "--optimizer", "keras-adam", "--framework", "jax"), 2, "tensorflow"),
        (("train", "moons", "--widths", "8,x"), 2, "8,x"),
        (("train", "moons", "--function", "x"), 2, "--function"),
        (("train", "five-points", "--points", "9"), 2, "--points"),
        (("train", "function", "--function", "a*b"), 2, "a, b"),
        (("train", "function", "--function", "sin(x"), 1, "never closed"),
        (("train", "moons", "--resume", "none.json"), 2, "none.json"),
        (("train", "typed"), 2, "typed"),
        (("train", "nothing.py"), 2, "nothing.py"),
        (("train", "w*w", "--dropout", "0.5", "--framework", "pytorch"), 2, "--dropout"),
        (("train", "w*w", "--optimizer", "lion", "--framework", "pytorch"), 2, "lion"),
        (("train", "five-points", "--model", "mlp9", "--framework", "pytorch"), 2, "mlp9"),
        (("train", "five-points", "--epochs", "0", "--framework", "pytorch"), 2, "0"),
        (("grad", "a*(a+"), 1, "1:3:"),
        (("grad", "a*qqq(b)"), 1, "1:3: There is no function qqq."),
        (("grad", "log('x')"), 1, "1:5:"),
        (
            ("grad", "a @ b", "--input", "a=normal(2,3)", "--input", "b=normal(2,3)", "--framework", "pytorch"),
            1,
            "1:1:",
        ),
        (("grad", "x", "--device", "cuda:7", "--framework", "pytorch", "--input", "x=1"), 3, "cuda:7"),
    ],
)
def test_every_mistake_is_one_sentence_with_its_exit_code(arguments, code, words):
    done = backflow(*arguments)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert sentence_only(done), done.stderr
    assert not done.stdout


def test_an_absent_framework_is_exit_three_and_how_to_get_it(tmp_path):
    # A package of that name whose import fails, in front of the real one, is what an absent framework looks like.
    (tmp_path / "jax.py").write_text("raise ModuleNotFoundError(\"No module named 'jax'\", name='jax')")
    code = "import sys; from explorer.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "grad", "x", "--input", "x=1", "--framework", "jax"]
    import os

    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=100, check=False)
    assert done.returncode == 3, done.stderr
    assert 'pip install "backflow[jax]"' in done.stderr
    assert sentence_only(done)


def test_the_python_calls():
    import explorer

    graph = explorer.capture("a*(a+b)", framework="jax", stage="jaxpr")
    assert [node.op for node in graph.nodes] == ["input", "input", "add", "mul"]
    assert graph.to_networkx().number_of_edges() == 4
    assert graph._repr_svg_().lstrip().startswith(("<svg", "<?xml"))
    result = explorer.run("a*(a+b)", framework="pytorch", inputs={"a": 2, "b": 3})
    assert [stage.key for stage in result.stages] == ["fx", "joint"]
    assert float(result.column("fx", "cotangent").cells["a"]) == 7.0
    assert result.versions["pytorch"]


def test_the_window_without_a_display_says_what_to_run():
    import os

    environment = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    environment.pop("QT_QPA_PLATFORM", None)
    command = [sys.executable, "-m", "explorer", "a*(a+b)"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)
    assert done.returncode == 2
    assert "backflow demo -o out" in done.stderr


def test_the_numbers_of_a_value_and_of_its_adjoint_are_a_numpy_file(tmp_path):
    inputs = {"x": "normal(100, 60)", "w": "normal(60, 80)"}
    given = [part for name, value in inputs.items() for part in ("--input", f"{name}={value}")]
    place = tmp_path / "adjoint.npy"
    done = backflow(
        "capture", "tanh(x @ w)", *given, "--framework", "pytorch", "--stage", "fx",
        "--value", "w", "--adjoint", "-o", str(place), qt=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{place}: adjoint of w, float32[60, 80]\n"
    x, w = (example(name, value) for name, value in inputs.items())
    adjoint = x.T @ (1 - np.tanh(x @ w) ** 2)
    np.testing.assert_allclose(np.load(place, allow_pickle=False), adjoint, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--value", "w", "-o", "graph.svg"), "-o numbers.npy"),
        (("--adjoint",), "-o numbers.npy"),
    ],
)
def test_value_and_adjoint_are_for_numpy_files(options, words):
    done = backflow("capture", "a*b", "--framework", "jax", "--stage", "jaxpr", *options)
    assert done.returncode == 2
    assert sentence_only(done)
    assert words in done.stderr
