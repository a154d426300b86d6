"""PyTorch: models. Their graphs at every stage, parameters by name, gradients against finite differences."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from explorer.capture.ops import table  # noqa: E402
from explorer.capture.record import Source  # noqa: E402
from explorer.errors import ProgramError, UsageError  # noqa: E402
from explorer.graph import roles  # noqa: E402
from explorer.graph.ir import INPUT_OP, Span  # noqa: E402
from explorer.graph.verify import verify  # noqa: E402
from explorer.messages import sentence  # noqa: E402
from explorer.training.config import RunConfig, Schedule  # noqa: E402
from explorer.training.typed import TextTrainer  # noqa: E402
from tests.adapters.common import Subject, model_text  # noqa: E402
from tests.adapters.test_pytorch_links import Both, check_links, same  # noqa: E402

STAGES = ("fx", "aten", "joint")
MODELS = ("01-linear", "02-mlp", "03-cnn", "04-lstm-cell", "05-attention-block")
subject = Subject("pytorch")
adapter = subject.adapter
HEAD = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\ntorch.manual_seed(0)\n"


@cache
def sample(name):
    """A sample model captured in both stages, once for all tests."""
    return Both(model_text(name), {})


def load(text, entry=None, /, **inputs):
    return adapter.load(Source(HEAD + text.lstrip(), "pytorch", inputs, entry))


def graph_of(program, stage="fx"):
    graph = adapter.capture(program, stage).graph
    verify(graph)
    return graph


def columns(program, stage, inputs=None):
    return {column.key: column for column in adapter.evaluate(program, stage, inputs or program.inputs)}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("name", MODELS)
def test_model_samples_look_as_they_did(name, stage):
    subject.assert_looks(sample(name).program, name, stage, f"PyTorch {torch.__version__.split('+')[0]}")


@pytest.mark.parametrize("name", MODELS)
def test_links_of_models_are_exact_and_their_numbers_agree(name):
    check_links(sample(name))


@pytest.mark.parametrize("name", MODELS)
def test_every_operation_has_words_and_core_aten_has_the_numbers_of_the_fx_graph(name):
    both = sample(name)
    fx, aten = both.fx, graph_of(both.program, "aten")
    before, after = both.columns["value"].cells, columns(both.program, "aten")["value"].cells
    links = adapter.provenance(both.program, "aten").links
    assert {link.source[0] for link in links} == set(fx.node_by_id)
    for link in links:
        one, other = fx.node_by_id[link.source[0]].outputs, aten.node_by_id[link.target[-1]].outputs
        for value, its in zip(one[:1], other[:1], strict=True):
            same(before[value.id], after[its.id])
    rows = table("pytorch")
    everything = [*fx.nodes, *aten.nodes, *both.joint.nodes]
    assert {node.op for node in everything if node.op not in rows} <= {INPUT_OP, "output"}


@pytest.mark.parametrize("name", MODELS)
def test_gradients_of_parameters_and_inputs_agree_with_finite_differences(name):
    program = sample(name).program
    wide = {key: np.asarray(array, np.float64) for key, array in {**program.parameters, **program.inputs}.items()}
    value, gradients = program.value_and_gradients(wide)
    assert value.dtype == np.float64
    assert list(gradients) == [*program.parameters, *program.inputs]
    generator = np.random.default_rng(0)
    for key, array in wide.items():
        direction = generator.standard_normal(array.shape)
        ends = [program.value({**wide, key: array + sign * 1e-6 * direction}).sum() for sign in (1, -1)]
        expected = (ends[0] - ends[1]) / 2e-6
        np.testing.assert_allclose((gradients[key] * direction).sum(), expected, rtol=1e-6, atol=1e-8, err_msg=key)


def test_parameters_have_their_names_roles_and_scopes():
    program = sample("03-cnn").program
    assert list(program.parameters) == ["features.0.weight", "features.0.bias", "head.weight", "head.bias"]
    for stage in STAGES:
        graph = graph_of(program, stage)
        found = [node for node in graph.nodes if node.role == roles.PARAMETER]
        assert [node.outputs[0].name for node in found] == list(program.parameters), stage
        assert [node.scope for node in found] == [("features", "0")] * 2 + [("head",)] * 2
        (image,) = [node for node in graph.nodes if node.role == roles.INPUT]
        assert image.outputs[0].name == "images"
    gradients = [node.params.get("gradient") for node in graph.nodes if node.role == roles.OUTPUT]
    assert gradients == [None, *program.parameters, "images"]


def test_a_function_finds_its_model_by_the_name_of_its_variable():
    program = sample("02-mlp").program
    assert (program.entry.name, program.entry.kind) == ("loss", "function")
    assert [(entry.name, entry.kind, entry.line) for entry in program.entries] == [
        ("model", "module", 19), ("loss", "function", 24),
    ]  # fmt: skip
    assert next(iter(program.parameters)) == "model.hidden.weight"
    alone = subject.load_model("02-mlp", "model")
    assert next(iter(alone.parameters)) == "hidden.weight"
    assert list(alone.inputs) == ["x"]
    with pytest.raises(UsageError, match="nothing"):
        subject.load_model("02-mlp", "nothing")


def test_places_go_through_the_code_of_the_users_layers():
    graph = sample("02-mlp").fx
    hidden, out = (node for node in graph.nodes if node.op == "torch.nn.functional.linear")
    assert (hidden.span, hidden.scope) == (Span(15, 24, 15, 38), ("model", "hidden"))
    assert (out.span, out.scope) == (Span(16, 16, 16, 27), ("model", "out"))
    tanh = graph.node_by_id["tanh"]
    assert (tanh.span, tanh.scope) == (Span(15, 13, 15, 39), ("model",))
    slope = next(node for node in sample("02-mlp").joint.nodes if node.op == "aten.tanh_backward.default")
    assert (slope.span, slope.scope) == (tanh.span, tanh.scope)


def test_a_layer_of_torch_alone_has_the_place_of_its_definition():
    assert sample("01-linear").fx.node_by_id["linear"].span == Span(6, 1, 6, 24)


def test_the_printout_has_a_line_for_each_node():
    for stage in STAGES:
        captured = adapter.capture(sample("04-lstm-cell").program, stage)
        lines = captured.text.splitlines()
        assert set(captured.lines) == {node.id for node in captured.graph.nodes}
        for node in captured.graph.nodes:
            line = lines[captured.lines[node.id] - 1].strip()
            assert line.startswith(("def forward(", "return", f"{node.id}: ", f"{node.id} = "))


def test_of_several_results_one_is_differentiated_and_it_is_said_which():
    program = sample("04-lstm-cell").program
    assert sample("04-lstm-cell").fx.outputs == ("mul_2", "add_1")
    program.value_and_gradients(program.inputs)
    (notice,) = [notice for notice in program.notices if notice.code == "output_chosen"]
    assert "2" in sentence(notice.code, notice.params)
    scalar = load("w = nn.Parameter(torch.ones(3))\nx = torch.arange(3.)\ndef f(x):\n    return x * w, (x * w).sum()\n")
    assert scalar.value(scalar.inputs) == 3
    assert graph_of(scalar).outputs[0] == "sum_1"


PLAIN = """
w = torch.tensor([1., 2.], requires_grad=True)
x = torch.tensor([3., 4.])
scale = torch.tensor(5.)
def loss(x):
    return (w * x).sum() * scale + (w ** 2).sum()
"""


def test_tensors_of_the_module_level_that_ask_for_a_gradient_are_parameters():
    program = load(PLAIN)
    assert {name: array.tolist() for name, array in program.parameters.items()} == {"w": [1, 2]}
    graph = graph_of(program)
    assert {node.outputs[0].name: node.role for node in graph.nodes if node.op == INPUT_OP} == {
        "x": roles.INPUT, "w": roles.PARAMETER, "scale": roles.CONSTANT,
    }  # fmt: skip
    _, gradients = program.value_and_gradients({"w": np.array([0.0, 1.0])})
    assert gradients["w"].tolist() == [15, 22]
    moved = columns(program, "fx", {**program.inputs, "w": np.float32([0, 1])})
    assert moved["cotangent"].cells["w"].tolist() == [15, 22]


CLASS = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 1)
    def forward(self, x):
        return self.layer(x).sum()
"""


def test_a_class_that_needs_no_arguments_is_made():
    program = load(CLASS, x="[1.0, 2.0]")
    assert (program.entry.name, program.entry.kind) == ("Net", "class")
    assert program.value(program.inputs) == program.value(program.inputs)
    assert list(program.parameters) == ["layer.weight", "layer.bias"]


NORMS = """
net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(inplace=True), nn.Dropout(0.5), nn.Flatten(1))
x = torch.randn(3, 1, 6, 6)
def loss(x):
    return (net(x) ** 2).mean()
"""


def test_chance_and_running_means_are_the_same_in_every_stage_and_every_time():
    program = load(NORMS)
    graphs = {stage: graph_of(program, stage) for stage in STAGES}
    first = program.value(program.inputs)
    for _ in range(2):
        for stage, graph in graphs.items():
            same(columns(program, stage)["value"].cells[graph.outputs[0]], first)
    assert program.value(program.inputs) == first
    update = graphs["joint"].node_by_id["update_net_1_running_mean"]
    assert update.params == {"update": "net.1.running_mean"}


def test_what_is_overwritten_in_place_is_said_and_no_wrong_number_is_shown():
    both = Both(HEAD + NORMS, {})
    relu = next(node for node in both.fx.nodes if node.op == "torch.nn.functional.relu")
    (before,) = relu.inputs
    assert relu.params["overwrites"] == [before]
    values, cotangents = both.columns["value"].cells, both.columns["cotangent"]
    assert values[before].min() < 0, "the value as it was"
    assert values[relu.outputs[0].id].min() == 0
    assert cotangents.absent[before] == both.columns["share"].absent[f"{relu.id}#0"] == "pytorch_overwritten"
    assert {link.evidence for link in both.links} == {"exact"}
    linked = both.linked("cotangent")
    for value, cell in cotangents.cells.items():
        same(cell, both.values[linked[value]])


SETS_ENTRIES = """
x = torch.arange(6.).reshape(2, 3)
w = torch.ones(3, requires_grad=True)
def f(x):
    y = x * w
    y[0] = 2 * y[1]
    return (y * y).sum()
"""


def test_entries_may_be_set_and_what_was_read_before_has_no_share_of_its_own():
    both = Both(HEAD + SETS_ENTRIES.lstrip(), {})
    value, gradients = both.program.value_and_gradients(both.program.inputs)
    assert value == 5 * (9 + 16 + 25)
    setting = both.fx.node_by_id["setitem"]
    assert setting.params["overwrites"] == ["mul", "getitem"]
    assert both.columns["value"].cells["mul"].tolist() == [[0, 1, 2], [3, 4, 5]]
    shares = both.columns["share"]
    assert {key for key, why in shares.absent.items() if why == "pytorch_overwritten"} == {
        "getitem#0", "mul_1#0", "setitem#0",
    }  # fmt: skip
    assert "pytorch_no_path" not in shares.absent.values()
    same(both.columns["cotangent"].cells["w"], gradients["w"])
    same(both.values[both.linked("cotangent")["w"]], gradients["w"])


def test_an_input_may_be_overwritten():
    program = load("x = torch.ones(2)\ndef f(x):\n    x.mul_(3)\n    return (x * x).sum()\n")
    assert program.value_and_gradients(program.inputs)[1]["x"].tolist() == [18, 18]
    found = columns(program, "fx")
    assert found["value"].cells["x"].tolist() == [1, 1]
    assert found["cotangent"].absent["x"] == "pytorch_overwritten"
    for stage in ("aten", "joint"):
        graph = graph_of(program, stage)
        assert columns(program, stage)["value"].cells[graph.outputs[0]] == 18
    (gradient,) = [node for node in graph.nodes if node.params.get("gradient") == "x"]
    assert columns(program, "joint")["value"].cells[gradient.inputs[0]].tolist() == [18, 18]


LAYERS = {
    "attention": "model = nn.MultiheadAttention(8, 2, batch_first=True)\nquery = key = value = torch.randn(2, 5, 8)\n",
    "lstm": "model = nn.LSTM(3, 4, batch_first=True)\nx = torch.randn(2, 2, 3)\n",
    "lstm cell": "cell = nn.LSTMCell(3, 4)\nx = torch.randn(2, 3)\nhx = (torch.randn(2, 4), torch.randn(2, 4))\n",
    "encoder": "layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)\nsrc = torch.randn(1, 4, 8)\n",
    "embedding": "emb = nn.Embedding(5, 3)\nx = torch.tensor([1, 4])\ndef f(x):\n    return emb(x).pow(2).sum()\n",
}  # fmt: skip


@pytest.mark.parametrize("name", LAYERS)
def test_layers_of_torch_pass_with_the_numbers_of_a_plain_run(name):
    both = Both(HEAD + LAYERS[name], {})
    value, gradients = both.program.value_and_gradients(both.program.inputs)
    same(both.columns["value"].cells[both.fx.outputs[0]], value)
    same(both.values[both.joint.outputs[0]], value)
    for node in both.joint.nodes:
        if "gradient" in node.params:
            same(both.values[node.inputs[0]], gradients[node.params["gradient"]])
    linked = both.linked("cotangent")
    for value, cell in both.columns["cotangent"].cells.items():
        same(cell, both.values[linked[value]])


def mistake(text, stage="fx"):
    with pytest.raises(ProgramError) as raised:
        adapter.capture(load(text), stage)
    assert str(raised.value)
    if raised.value.partial is not None:
        verify(raised.value.partial)
    return raised.value


WRONG_WIDTH = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Linear(2, 3)
        self.two = nn.Linear(4, 1)
    def forward(self, x):
        h = torch.tanh(self.one(x))
        return self.two(h)
net = Net()
x = torch.randn(5, 2)
"""


def test_a_mistake_in_a_layer_has_its_place_and_the_graph_up_to_it():
    error = mistake(WRONG_WIDTH)
    assert error.code == "operation_failed"
    assert error.span == Span(12, 16, 12, 27)
    assert error.params["shapes"] == "f32[5, 3], f32[1, 4] and f32[1]"
    assert [node.id for node in error.partial.nodes if node.role == roles.PRIMAL] == ["linear", "tanh", "linear_1"]


def test_the_sentence_about_a_mistake_names_operands_not_settings():
    error = mistake("net = nn.Conv2d(1, 2, 3)\nx = torch.randn(2, 3, 8, 8)\n")
    assert error.params["shapes"] == "f32[2, 3, 8, 8], f32[2, 1, 3, 3] and f32[2]"


def test_a_mistake_of_plain_python_is_said_in_pythons_words():
    error = mistake("x = torch.ones(2)\ndef f(x):\n    y = x * 2\n    return y.nothing + missing\n")
    assert error.code == "module_failed"
    assert error.span.line == 8
    assert [node.id for node in error.partial.nodes if node.role == roles.PRIMAL] == ["mul"]


def test_a_decision_by_a_value_is_refused_with_its_place():
    error = mistake("x = torch.ones(2)\ndef f(x):\n    if x.sum() > 0:\n        return x\n    return -x\n")
    assert error.code == "pytorch_decides_by_value"
    assert error.span.line == 7


BY_SHAPE = """
x = torch.ones(2, 3)
def f(x, times: int = 2):
    rows, columns = x.shape
    for row in x:
        if len(row) == columns and x.dim() == rows:
            x = x * times
    return x.sum()
"""


def test_what_runs_but_cannot_be_traced_is_told_apart_and_has_its_gradients_all_the_same():
    text = "net = nn.Linear(2, 2)\nx = torch.ones(3, 2)\ndef f(x):\n    return torch.func.vmap(net)(x).sum()\n"
    error = mistake(text)
    assert error.code == "pytorch_not_traced"
    assert error.span.line == 8
    program = load(text)
    assert program.value_and_gradients(program.inputs)[1]["net.bias"].tolist() == [3, 3]


@pytest.mark.parametrize("number", ["float(x.sum())", "int(x[0])", "range(x.sum())", "x.sum().item() > 0 and 1"])
def test_a_number_of_python_taken_out_of_a_tensor_is_refused_too(number):
    assert mistake(f"x = torch.ones(2)\ndef f(x):\n    return x * {number}\n").code == "pytorch_decides_by_value"


def test_decisions_by_shapes_and_settings_are_followed():
    program = load(BY_SHAPE)
    assert [node.op for node in graph_of(program).nodes if node.op == "operator.mul"] == ["operator.mul"] * 2
    assert program.value(program.inputs) == 24


KEPT_BACK = """
net = nn.Linear(2, 2)
x = torch.ones(2)
def f(x):
    with torch.no_grad():
        aim = net(x)
    return ((net(2 * x) - aim) ** 2).sum()
"""


def test_what_the_text_keeps_from_the_gradient_has_none():
    program = load(KEPT_BACK)
    _, gradients = program.value_and_gradients(program.inputs)
    graph = graph_of(program, "joint")
    values = columns(program, "joint")["value"].cells
    for node in graph.nodes:
        if "gradient" in node.params:
            same(values[node.inputs[0]], gradients[node.params["gradient"]])
    assert columns(program, "fx")["cotangent"].absent["linear"] == "pytorch_no_path"
    same(columns(program, "fx")["cotangent"].cells["net_weight"], gradients["net.weight"])


REMEMBERS = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.calls = 0
        self.w = nn.Parameter(torch.ones(2))
    def forward(self, x):
        self.calls += 1
        self.kept = x * self.w
        return self.kept.sum() * self.calls
net = Net()
x = torch.ones(2)
"""


def test_capturing_leaves_the_model_as_it_was():
    program = load(REMEMBERS)
    for stage in STAGES:
        adapter.capture(program, stage)
    assert program.value(program.inputs) == 2
    assert program.root.calls == 0
    assert not hasattr(program.root, "kept")


def test_an_input_of_the_text_can_be_given_another_value():
    program = subject.load_model("02-mlp", None, x="normal(3, 2)", y="zeros(3, 1)")
    assert program.inputs["x"].shape == (3, 2)
    assert graph_of(program).value_by_id["linear"].type.shape == (3, 8)


def test_the_typed_model_trains():
    program = subject.load_model("02-mlp")
    config = RunConfig(task="typed", framework="pytorch", optimizer="adam", schedule=Schedule(0.1))
    trainer = TextTrainer(program, config)
    assert trainer.names == tuple(program.parameters)
    losses = [trainer.step()[0] for _ in range(60)]
    assert losses[-1] < 0.5 * losses[0]
