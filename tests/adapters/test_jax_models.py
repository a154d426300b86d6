"""Texts of Python in JAX: functions over trees of parameters, wrappers, flax modules, loops and branches."""

from __future__ import annotations

import os
import platform

import numpy as np
import pytest

jax = pytest.importorskip("jax")
pytest.importorskip("flax")
pytest.importorskip("optax")

from explorer.capture.ops import describe  # noqa: E402
from explorer.capture.record import Source  # noqa: E402
from explorer.errors import ProgramError, UsageError  # noqa: E402
from explorer.flow.finite_difference import differences  # noqa: E402
from explorer.graph import places, roles  # noqa: E402
from explorer.graph.ir import INPUT_OP  # noqa: E402
from explorer.graph.verify import verify  # noqa: E402
from explorer.training.config import RunConfig, Schedule  # noqa: E402
from explorer.training.typed import TextTrainer  # noqa: E402
from tests.adapters.common import Subject  # noqa: E402

STAGES = ("jaxpr", "gradient", "stablehlo", "hlo", "optimized_hlo")
MODELS = ("10-jax-mlp", "11-flax-step", "12-jax-scan-cond")
MLP, FLAX, LOOP = MODELS
RELEASE = f"JAX {jax.__version__}"
# What XLA's compiler does depends on the machine too.
COMPILED_BY = f"{RELEASE} on {platform.machine()} with {os.cpu_count()} cores"
subject = Subject("jax")
adapter = subject.adapter


@pytest.fixture(scope="module")
def programs():
    return {name: subject.load_model(name) for name in MODELS}


def load(text, entry=None, /, **inputs):
    return adapter.load(Source(text, "jax", inputs, entry))


def graph_of(program, stage="jaxpr"):
    graph = adapter.capture(program, stage).graph
    verify(graph)
    return graph


def nodes_by_span(graph):
    return {str(node.span): node for _, node, _ in places.walk(graph) if node.span}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("name", MODELS)
def test_model_samples_look_as_they_did(programs, name, stage):
    release = COMPILED_BY if stage == "optimized_hlo" else RELEASE
    subject.assert_looks(programs[name], name, stage, release, printed=stage in ("jaxpr", "gradient", "stablehlo"))


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("name", MODELS)
def test_every_operation_of_every_stage_stands_in_its_line_and_has_words(programs, name, stage):
    captured = adapter.capture(programs[name], stage)
    verify(captured.graph)
    printed = captured.text.splitlines()
    assert set(captured.lines) == {place for place, _, _ in places.walk(captured.graph)}
    for place, node, _ in places.walk(captured.graph):
        assert describe("jax", node).word, node.op
        line = printed[captured.lines[place] - 1]
        if stage in ("jaxpr", "gradient") and node.op not in (INPUT_OP, "literal"):
            assert f" = {node.op}" in line, place


@pytest.mark.parametrize("name", MODELS)
def test_gradients_of_parameters_and_inputs_agree_with_finite_differences(programs, name):
    program = programs[name]
    start = {**program.parameters, **program.inputs}
    value, gradients = program.value_and_gradients({})
    assert set(gradients) == set(start)
    expected = differences(program, start)
    for key, difference in expected.items():
        gradient = gradients[key]
        assert gradient is not None, key
        assert gradient.shape == start[key].shape
        np.testing.assert_allclose(gradient, difference, rtol=2e-4, atol=2e-5, err_msg=key)
    np.testing.assert_allclose(program.value({}), value)


@pytest.mark.parametrize("name", MODELS)
def test_numbers_of_linked_values_are_equal(programs, name):
    """Of the first stage's cotangents and of what the gradient stage computes."""
    program = programs[name]
    first = {column.key: column for column in adapter.evaluate(program, "jaxpr", program.inputs)}
    (second,) = adapter.evaluate(program, "gradient", program.inputs)
    links = adapter.provenance(program, "gradient").links
    assert {link.evidence for link in links} == {"exact"}
    compared = 0
    for link in links:
        column = first.get({"cotangent": "cotangent", "share": "share"}.get(link.relation, ""))
        if column is not None and link.source[0] in column.cells:
            np.testing.assert_allclose(column.cells[link.source[0]], second.cells[link.target[0]], rtol=1e-5, atol=1e-6)
            compared += 1
    assert compared > 10
    _, gradients = program.value_and_gradients({})
    for key, gradient in gradients.items():
        if key in first["cotangent"].cells:
            np.testing.assert_allclose(first["cotangent"].cells[key], gradient, rtol=1e-5, atol=1e-6)


def test_leaves_of_a_tree_are_parameters_with_the_names_of_jax(programs):
    program = programs[MLP]
    assert list(program.parameters) == [
        "params['hidden']['b']", "params['hidden']['w']", "params['out']['b']", "params['out']['w']",
    ]  # fmt: skip
    assert list(program.inputs) == ["x", "y"]
    for stage in STAGES:
        graph = graph_of(program, stage)
        given = [graph.producer[value] for value in graph.inputs]
        assert [node.outputs[0].name for node in given] == [*program.parameters, *program.inputs], stage
        assert [node.role for node in given] == [roles.PARAMETER] * 4 + [roles.INPUT] * 2, stage


def test_what_a_wrapper_differentiates_is_shown_itself(programs):
    program = programs[MLP]
    assert (program.entry.name, program.entry.kind) == ("loss_and_gradients", "value_and_grad")
    (notice,) = [notice for notice in program.notices if notice.code == "jax_unwrapped"]
    assert notice.params == {"name": "loss_and_gradients", "function": "loss"}
    assert len(graph_of(program).outputs) == 1
    backward = [node for node in graph_of(program, "gradient").nodes if roles.is_backward(node.role)]
    assert len(backward) > 10
    for made in ("jax.grad(f)", "jax.jit(jax.grad(f))", "jax.jit(jax.value_and_grad(f, argnums=(0, 1)))"):
        wrapped = load(f"import jax\ndef f(x, y):\n    return x * y\ng = {made}\nx = 2.0\ny = 3.0\n")
        assert wrapped.entry.name == "g"
        value, gradients = wrapped.value_and_gradients({})
        assert (value, gradients["x"], gradients["y"]) == (6, 3, 2)


def test_values_and_lines_are_those_of_the_users_functions(programs):
    graph = graph_of(programs[MLP])
    tanh = graph.node_by_id["tanh"]
    assert (str(tanh.span), tanh.outputs[0].name) == ("6:9", "h")
    assert graph.node_by_id["integer_pow"].span.line == 11


def test_modules_are_scopes_and_layers_stand_in_the_users_line(programs):
    graph = graph_of(programs[FLAX])
    by_scope = {}
    for node in graph.nodes:
        by_scope.setdefault(node.scope, []).append(node)
    assert {("step", "MLP", "hidden"), ("step", "MLP", "out"), ("step", "MLP", "relu"), ("step",)} <= set(by_scope)
    product = next(node for node in by_scope["step", "MLP", "hidden"] if node.op == "dot_general")
    assert product.span.line == 10, "in the class, not in flax"
    for stage in ("gradient", "stablehlo", "hlo"):
        scopes = {node.scope[-1:] for _, node, _ in places.walk(graph_of(programs[FLAX], stage))}
        assert {("hidden",), ("out",)} <= scopes, stage


def test_a_step_returns_all_its_results_and_is_differentiated_by_the_loss(programs):
    program = programs[FLAX]
    graph_of(program)
    notice = next(notice for notice in program.notices if notice.code == "jax_output_chosen")
    assert (notice.params["count"], notice.params["number"], notice.params["type"]) == (9, 9, "f32[]")
    assert len(graph_of(program).outputs) == 9
    assert graph_of(program).producer[graph_of(program).outputs[0]].op == "div", "the loss comes first"
    updates = [node for _, node, _ in places.walk(graph_of(program, "stablehlo")) if node.span and node.span.line == 30]
    assert updates
    assert roles.RESIDUAL not in {node.role for node in updates}, "they are results, not steps of a derivative"
    graph = graph_of(program, "gradient")
    assert len(graph.outputs) == 9 + len(program.parameters) + len(program.inputs)
    update = next(node for node in graph.nodes if node.op == "add" and node.span and node.span.line == 30)
    assert update.role == roles.PRIMAL, "the step's own way back is part of what runs forward here"


def test_a_module_without_its_variables_is_initialised_by_the_seed():
    text = "import jax.numpy as jnp\nfrom flax import linen as nn\nmodel = nn.Dense(2)\nx = jnp.ones((3, 4))\n"
    program = load(text)
    assert (program.entry.kind, list(program.inputs)) == ("flax module", ["inputs"])
    assert list(program.parameters) == ["variables['params']['bias']", "variables['params']['kernel']"]
    assert program.value({}).shape == (3, 2)
    again = adapter.load(Source(text, "jax", {}, seed=1))
    kernel = "variables['params']['kernel']"
    assert not np.array_equal(program.parameters[kernel], again.parameters[kernel])


def test_a_scan_is_entered_and_its_values_say_why_they_are_absent(programs):
    program = programs[LOOP]
    graph = graph_of(program)
    (scan,) = [node for node in graph.nodes if node.op == "scan"]
    (body,) = graph.graphs
    assert (body.name, scan.calls) == ("move", ("move",))
    assert places.operands_of(scan, 0, body) == (0, 1, 2)
    assert places.results_of(scan, 0, body) == (0, 1, 2)
    assert nodes_by_span(graph)["11:49"].op == "mul", "0.5 * v"
    columns = {column.key: column for column in adapter.evaluate(program, "jaxpr", program.inputs)}
    inside = places.inside(scan.id, 0, "mul")
    assert columns["value"].absent[inside] == columns["cotangent"].absent[inside] == "jax_inside"
    assert set(columns["value"].cells) == set(graph.value_by_id)


CONTROL = """
import jax
import jax.numpy as jnp
from jax import lax


def f(x, y):
    y = lax.cond(x > 0, lambda v: jnp.sin(v) * x, lambda v: v - 1, y)
    return lax.while_loop(lambda s: s < 10.0, lambda s: 2 * s + x, y)


@jax.jit
def g(x, y):
    with jax.named_scope("chosen"):
        y = lax.switch(1, [jnp.sin, jnp.cos], y) + jax.checkpoint(jnp.tanh)(x)
    return lax.fori_loop(0, 3, lambda k, v: v * y, x)


x = 0.5
y = 2.0
"""


def test_branches_and_loops_are_entered_with_what_they_are_given():
    graph = graph_of(load(CONTROL, "f"))
    inner = {each.name: each for each in graph.graphs}
    cond, loop = (graph.node_by_id[op] for op in ("cond", "while"))
    assert cond.calls == ("cond.branch_0", "cond.branch_1")
    assert loop.calls == ("while.cond", "while.body")
    body = inner["while.body"]
    given = [loop.inputs[operand] for operand in places.operands_of(loop, 1, body)]
    assert given == ["x", "cond"]
    assert places.results_of(loop, 0, inner["while.cond"]) == (places.NOT_GIVEN,)
    assert places.results_of(loop, 1, body) == (0,)
    sine = next(node for node in inner["cond.branch_1"].nodes if node.op == "sin")
    assert str(sine.span) == "8:35"


def test_a_while_loop_has_no_way_back_and_the_forward_stages_are_there():
    program = load(CONTROL, "f")
    with pytest.raises(ProgramError) as raised:
        adapter.capture(program, "gradient")
    assert raised.value.code == "jax_while"
    columns = [column.key for column in adapter.evaluate(program, "jaxpr", program.inputs)]
    assert columns == ["value"]
    with pytest.raises(ProgramError):
        program.value_and_gradients({})
    for stage, before in (("stablehlo", "jaxpr"), ("hlo", "stablehlo")):
        assert {node.role for node in graph_of(program, stage).nodes}.isdisjoint(roles.BACKWARD_ROLES)
        assert adapter.provenance(program, stage).from_stage == before


def test_checkpoints_scopes_and_counted_loops_are_differentiated():
    program = load(CONTROL, "g")
    graph = graph_of(program)
    assert {node.scope for node in graph.nodes if node.op in ("cond", "remat2", "checkpoint")} == {("g", "chosen")}
    graph_of(program, "gradient")
    _, gradients = program.value_and_gradients({})
    for key, difference in differences(program, program.inputs).items():
        np.testing.assert_allclose(gradients[key], difference, rtol=1e-4)
    assert {link.evidence for link in adapter.provenance(program, "gradient").links} == {"exact"}


@pytest.mark.parametrize(
    ("body", "code", "place"),
    [
        ("if x.sum() > 0:\n        x = -x\n    return x", "jax_asks_truth", "4:8"),
        ("return np.sin(x)", "jax_asks_numpy", "4:12"),
        ("return [x] * int(x[0])", "jax_asks_number", "4:18"),
        ("return x[x > 0]", "jax_asks_shape", "4:12"),
        ("return x @ jnp.ones((3, 3))", "jax_call_failed", "4:12"),
        ("return None", "jax_no_result", "None"),
    ],
)
def test_mistakes_are_one_sentence_with_their_place(body, code, place):
    program = load(f"import jax.numpy as jnp\nimport numpy as np\ndef f(x):\n    {body}\nx = jnp.ones(2)\n")
    with pytest.raises(ProgramError) as raised:
        adapter.capture(program, "jaxpr")
    assert (raised.value.code, str(raised.value.span)) == (code, place)
    assert str(raised.value)


def test_a_mistake_comes_with_the_graph_up_to_it():
    text = "import jax.numpy as jnp\ndef f(x):\n    h = jnp.sin(x)\n    return h @ jnp.ones((3, 3))\nx = jnp.ones(2)\n"
    with pytest.raises(ProgramError) as raised:
        adapter.capture(load(text), "jaxpr")
    verify(raised.value.partial)
    assert "sin" in raised.value.partial.node_by_id


def test_what_is_no_array_is_held_fixed_and_keys_of_random_numbers_too():
    program = load(
        "import jax\nimport jax.numpy as jnp\n"
        "def f(params, key, train, x):\n"
        "    noise = jax.random.normal(key, x.shape) if train else 0.0\n"
        "    return jnp.sum((x + noise) * params['w']) * params['count']\n"
        "params = {'w': jnp.ones(3), 'count': 2}\nkey = jax.random.key(0)\ntrain = True\nx = jnp.zeros(3)\n"
    )
    assert (list(program.parameters), list(program.inputs)) == (["params['w']"], ["params['count']", "x"])
    graph_of(program)
    columns = {column.key: column for column in adapter.evaluate(program, "jaxpr", program.inputs)}
    assert columns["value"].cells["x"].shape == (3,)


def test_a_value_from_outside_takes_the_place_of_a_variable(programs):
    program = subject.load_model(MLP, None, x="normal(3, 2)", y="zeros(3, 1)")
    assert program.inputs["x"].shape == (3, 2)
    with pytest.raises(UsageError):
        subject.load_model(MLP, "nothing")
    assert subject.load_model(MLP, "predict").value({}).shape == (16, 1)


def test_a_text_with_64_bits_keeps_them_to_itself():
    text = 'import jax\njax.config.update("jax_enable_x64", True)\nimport jax.numpy as jnp\n'
    text += "def f(x):\n    return x * x\nx = jnp.ones(2)\n"
    program = load(text)
    assert program.value({}).dtype == np.float64
    assert graph_of(program).node_by_id["mul"].outputs[0].type.dtype == "float64"
    assert not jax.config.jax_enable_x64


@pytest.mark.parametrize("name", [MLP, FLAX])
def test_a_models_own_loss_is_trained(name):
    program = subject.load_model(name)
    config = RunConfig(framework="jax", task="typed", optimizer="sgd", schedule=Schedule(initial=0.05))
    trainer = TextTrainer(program, config)
    assert set(trainer.names) == set(program.parameters)
    losses = [trainer.step()[0] for _ in range(20)]
    assert losses[-1] < 0.9 * losses[0]
