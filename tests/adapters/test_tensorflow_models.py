"""Models in TensorFlow: the samples through every stage, their numbers checked, their names, scopes and mistakes."""

from __future__ import annotations

import os
import re

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

from explorer.adapters.tensorflow.nested import function_graph, functions_of, plain_name  # noqa: E402
from explorer.capture.ops import describe  # noqa: E402
from explorer.capture.record import Source  # noqa: E402
from explorer.errors import ProgramError, UsageError  # noqa: E402
from explorer.flow.finite_difference import differences, relative_error  # noqa: E402
from explorer.graph import places, roles  # noqa: E402
from explorer.graph.ir import INPUT_OP, use_key  # noqa: E402
from explorer.graph.text import graph_text  # noqa: E402
from explorer.graph.verify import verify  # noqa: E402
from explorer.paths import samples  # noqa: E402
from explorer.training.config import RunConfig, Schedule  # noqa: E402
from explorer.training.typed import TextTrainer  # noqa: E402
from tests.adapters.common import GOLDEN, Subject  # noqa: E402

SAMPLES = ("06-keras-sequential", "07-keras-two-inputs", "08-keras-subclass", "09-tf-function")
STAGES = ("funcgraph", "gradient", "grappler", "hlo", "optimized_hlo")
subject = Subject("tensorflow")
adapter = subject.adapter


def load(text, **options):
    return adapter.load(Source(text, "tensorflow", options.pop("inputs", {}), **options))


def columns(program, stage="funcgraph", inputs=None):
    return {column.key: column for column in adapter.evaluate(program, stage, inputs or program.inputs)}


@pytest.fixture(scope="module")
def programs():
    return {name: load((samples() / "models" / f"{name}.py").read_text("utf-8")) for name in SAMPLES}


@pytest.fixture(scope="module")
def captured(programs):
    return {(name, key): adapter.capture(program, key) for name, program in programs.items() for key in STAGES}


@pytest.mark.parametrize("stage", STAGES[:4])  # what XLA's compiler makes of one depends on the processor
@pytest.mark.parametrize("name", SAMPLES)
def test_samples_look_as_they_did(captured, name, stage):
    """Golden texts, written anew with BACKFLOW_GOLDEN=1; the diff is to be read."""
    stage = captured[name, stage]
    release = f"TensorFlow {tf.__version__}"
    seen = f"{release}\n\n{graph_text(stage.graph)}\n"
    file = GOLDEN / "tensorflow" / f"{name}.{stage.key}.txt"
    if os.environ.get("BACKFLOW_GOLDEN") == "1":
        file.write_text(seen, "utf-8")
    expected = file.read_text("utf-8")
    if expected.splitlines()[0] != release:
        pytest.skip(f"the golden text was made with {expected.splitlines()[0]}")
    assert seen == expected


def test_every_stage_is_well_formed_and_explained(captured):
    for (name, key), stage in captured.items():
        verify(stage.graph)
        assert stage.text, (name, key)
        for _, node, _ in places.walk(stage.graph):
            assert describe("tensorflow", node).word, (name, key, node.op)


def test_gradients_are_those_of_finite_differences(programs):
    for name, program in programs.items():
        value, gradients = program.value_and_gradients(program.inputs)
        np.testing.assert_allclose(value, program.value(program.inputs), rtol=1e-6)
        assert set(gradients) == {*program.inputs, *program.parameters}
        for key, difference in differences(program, {**program.parameters, **program.inputs}).items():
            assert relative_error(gradients[key], difference) < 1e-5, (name, key)


def test_gradients_in_float64_are_those_of_finite_differences_in_all_digits(programs):
    for name, program in programs.items():
        wide = {key: np.asarray(array, np.float64) for key, array in program.inputs.items() if array.dtype.kind == "f"}
        _, gradients = program.value_and_gradients(wide)
        for key, difference in differences(program, {**program.parameters, **program.inputs}).items():
            assert gradients[key].dtype == np.float64
            assert relative_error(gradients[key], difference) < 1e-8, (name, key)


def test_parameters_have_the_paths_that_keras_gives_them(programs, captured):
    assert list(programs["06-keras-sequential"].parameters) == [
        "sequential/hidden/kernel", "sequential/hidden/bias",
        "sequential/probabilities/kernel", "sequential/probabilities/bias",
    ]  # fmt: skip
    assert "tower/block_1/norm/gamma" in programs["08-keras-subclass"].parameters
    for (name, key), stage in captured.items():
        found = {
            stage.graph.value_by_id[value].name
            for value in stage.graph.inputs
            if stage.graph.producer[value].role == roles.PARAMETER
        }
        assert found == set(programs[name].parameters), (name, key)


def test_inputs_are_called_as_the_model_calls_them(programs):
    assert {name: list(program.inputs) for name, program in programs.items()} == {
        "06-keras-sequential": ["x"], "07-keras-two-inputs": ["image", "words"], "08-keras-subclass": ["x"],
        "09-tf-function": ["x", "steps"],
    }  # fmt: skip


def test_layers_are_the_scopes_of_both_halves_without_numbers_of_their_own(captured):
    scopes = {node.scope for node in captured["08-keras-subclass", "gradient"].graph.nodes}
    for layer in ("dense", "norm"):
        assert ("tower", "block_0", layer) in scopes
    assert not [scope for scope in scopes for part in scope if re.search(r"bwd|_grad|_\d+_\d+$|tower_1", part)]
    backward = [node for node in captured["06-keras-sequential", "gradient"].graph.nodes if node.op == "ReluGrad"]
    assert [node.scope for node in backward] == [("sequential", "hidden")]


def test_what_a_users_layer_computes_is_found_in_its_text(captured):
    graph = captured["08-keras-subclass", "funcgraph"].graph
    text = (samples() / "models" / "08-keras-subclass.py").read_text("utf-8").splitlines()
    relu = graph.node_by_id["tower_1/block_0_1/Relu"].span
    assert text[relu.line - 1][relu.column - 1 : relu.end_column - 1] == "x + tf.nn.relu(self.dense(self.norm(x)))"
    loop = places.find(captured["09-tf-function", "funcgraph"].graph, "while@1>while/add")[0].span
    assert (loop.line, loop.column) == (13, 13)


def test_cotangents_and_shares_add_up_and_links_hold_their_numbers(programs, captured):
    for name, program in programs.items():
        graph, found = captured[name, "funcgraph"].graph, columns(program)
        values = columns(program, "gradient")["value"].cells
        links = adapter.provenance(program, "gradient").links
        assert {link.evidence for link in links if link.relation != "same"} == {"exact"}, name
        for link in links:
            if link.relation != "same":
                cell = found[link.relation].cells[link.source[0]]
                np.testing.assert_allclose(values[link.target[0]], cell, rtol=1e-5, atol=1e-6)
        _, gradients = program.value_and_gradients(program.inputs)
        for value in graph.inputs:
            gradient = gradients[graph.value_by_id[value].name]
            if gradient is not None:
                np.testing.assert_allclose(found["cotangent"].cells[value], gradient, rtol=1e-5, atol=1e-6)
                uses = [use_key(user.id, operand) for user, operand in graph.users[value]]
                shares = [found["share"].cells[use] for use in uses if use in found["share"].cells]
                np.testing.assert_allclose(sum(shares), gradient, rtol=1e-5, atol=1e-6)


def test_branches_and_loops_are_entered_and_their_numbers_said_to_be_absent(programs, captured):
    graph = captured["09-tf-function", "funcgraph"].graph
    branch, loop = graph.node_by_id["cond"], graph.node_by_id["while"]
    assert (branch.op, branch.calls) == ("StatelessIf", ("cond_true", "cond_false"))
    assert (loop.op, loop.calls) == ("StatelessWhile", ("while_cond", "while_body"))
    inner = places.called(graph, branch, 0)
    assert places.operands_of(branch, 0, inner) == (1,)
    assert places.results_of(branch, 0, inner) == (0,)
    assert places.operands_of(loop, 1, places.called(graph, loop, 1)) == (0, 1, 2, 3, 4, 5)
    found = columns(programs["09-tf-function"])["value"]
    assert found.absent["cond@1>cond/Tanh"] == "tensorflow_inside"
    assert found.cells["cond"].shape == (3,)
    backward = captured["09-tf-function", "gradient"].graph
    calls = {node.op: node.calls for node in backward.nodes if node.calls and roles.is_backward(node.role)}
    assert set(calls) == {"StatelessWhile", "StatelessIf"}
    linked = {link.source: link.target for link in adapter.provenance(programs["09-tf-function"], "hlo").links}
    assert any("cond_true" in target or "@" in target for target in linked["cond@0>cond/mul",])


def test_a_loop_of_unknown_length_has_no_compiled_way_back_and_says_so(programs, captured):
    notices = {notice.code for notice in programs["09-tf-function"].notices}
    assert "xla_forward_only" in notices
    assert roles.COTANGENT not in {node.role for node in captured["09-tf-function", "hlo"].graph.nodes}


def test_other_values_of_inputs_and_parameters_leave_no_trace(programs):
    program = programs["06-keras-sequential"]
    first = program.value(program.inputs)
    zeros = {name: np.zeros_like(array) for name, array in program.parameters.items()}
    np.testing.assert_allclose(program.value({**program.inputs, **zeros}), 1 / 3, rtol=1e-6)
    np.testing.assert_allclose(columns(program, inputs=zeros)["value"].cells["Identity"], 1 / 3, rtol=1e-6)
    np.testing.assert_array_equal(program.value(program.inputs), first)


NESTED = """
import tensorflow as tf

v = tf.Variable([1.0, 2.0])

@tf.function
def inner(x):
    return tf.sin(x) * v

@tf.function
def outer(x):
    return inner(inner(x)), tf.reduce_sum(inner(x))

x = tf.constant([0.5, 1.0])
"""


def test_a_called_function_is_entered_and_differentiated():
    program = load(NESTED)
    graph = adapter.capture(program, "funcgraph").graph
    calls = [node for node in graph.nodes if node.calls]
    assert {node.op for node in calls} == {"PartitionedCall", "StatefulPartitionedCall"} & {node.op for node in calls}
    assert {name for node in calls for name in node.calls} == {"inner"}
    assert [notice.code for notice in program.notices] == ["tensorflow_output_chosen"]
    value, gradients = program.value_and_gradients(program.inputs)
    np.testing.assert_allclose(value, np.sin(0.5) + 2 * np.sin(1.0), rtol=1e-6)
    np.testing.assert_allclose(gradients["v"], np.sin([0.5, 1.0]), rtol=1e-6)
    np.testing.assert_allclose(columns(program)["cotangent"].cells["v"], np.sin([0.5, 1.0]), rtol=1e-6)
    verify(adapter.capture(program, "gradient").graph)


def test_one_of_several_entries_is_asked_for_by_its_name():
    program = load(NESTED, entry="inner")
    assert (program.entry.name, program.entry.kind, program.entry.line) == ("inner", "tf.function", 7)
    assert [entry.name for entry in program.entries] == ["inner", "outer"]
    with pytest.raises(UsageError):
        load(NESTED, entry="nobody")


KERAS = "import keras\nimport tensorflow as tf\n\n"


def test_a_derivative_written_by_hand_gives_cotangents_and_says_that_shares_are_unknown():
    program = load(KERAS + 'dense = keras.layers.Dense(2, activation="silu")\nx = tf.constant([[1.0, 2.0]])')
    found = columns(program)
    _, gradients = program.value_and_gradients(program.inputs)
    assert found["share"].cells == {}
    assert set(found["share"].absent.values()) == {"tensorflow_no_shares"}
    np.testing.assert_allclose(found["cotangent"].cells["x"], gradients["x"], rtol=1e-6)


def test_dropout_is_off_unless_the_text_turns_it_on_and_then_follows_the_seed():
    text = KERAS + "drop = keras.layers.Dropout(0.5, seed=1)\nx = tf.ones((4, 4))\n"
    np.testing.assert_array_equal(load(text).value({}), np.ones((4, 4)))
    text += "\ndef noisy(x):\n    return tf.reduce_sum(x * drop(x, training=True))\n"
    program = load(text)
    values = {float(program.value({})) for _ in range(3)}
    assert len(values) == 1
    assert float(program.value({"x": np.ones((4, 4))})) in values, "the same random numbers in float64"


HELD = """
import tensorflow as tf

class Scaled(tf.Module):
    def __init__(self):
        super().__init__()
        self.w = tf.Variable(3.0, name="w")
        self.table = tf.ones((300,))

    def __call__(self, state, times):
        return times * tf.reduce_sum(state["h"] * state["pair"][0]) + tf.reduce_sum(self.table) * self.w

big = tf.fill((200,), 2.0)
scaled = Scaled()

def entry(state, times):
    return scaled(state, times) + tf.reduce_sum(big)

state = {"h": tf.constant([1.0, 2.0]), "pair": (tf.constant([3.0, 4.0]), tf.constant(7))}
times = 2
"""


def test_what_a_text_holds_is_captured_and_nested_arguments_have_names():
    program = load(HELD, entry="entry")
    assert list(program.inputs) == ["state['h']", "state['pair'][0]", "state['pair'][1]"]
    for stage in STAGES:
        graph = adapter.capture(program, stage).graph
        verify(graph)
        given = {graph.value_by_id[value].name: graph.producer[value].role for value in graph.inputs}
        assert (given["w"], given["big"]) == (roles.PARAMETER, roles.CONSTANT), stage
        assert len(given) == 6, "the module's own tensor too"
    value, gradients = program.value_and_gradients(program.inputs)
    assert float(value) == 2 * 11 + 300 * 3 + 400
    assert gradients["w"] == 300
    assert gradients["state['h']"].tolist() == [6, 8]
    assert gradients["state['pair'][1]"] is None


def test_a_model_is_trained_as_it_was_typed(programs):
    program = programs["08-keras-subclass"]
    schedule = Schedule(0.01, 0.01, 0)
    trainer = TextTrainer(program, RunConfig("typed", "text", "tensorflow", optimizer="sgd", schedule=schedule))
    assert trainer.names == tuple(program.parameters)
    losses = [trainer.step()[0] for _ in range(3)]
    assert losses[0] > losses[1] > losses[2]
    np.testing.assert_allclose(np.sum(program.value({})), losses[0], rtol=1e-6)


def test_random_numbers_of_the_text_are_the_same_in_every_stage():
    body = "def f(x):\n    return tf.reduce_sum(x * tf.random.normal(x.shape))\n"
    text = f"import tensorflow as tf\n\n{body}\nx = tf.ones(3)\n"
    program = load(text)
    value = program.value({})
    assert program.value({}) == value
    assert load(text, seed=1).value({}) != value
    for stage in ("funcgraph", "gradient", "grappler"):
        adapter.capture(program, stage)
        assert columns(program, stage)["value"].cells["Identity"] == value


def mistake(body, call="model = Model()\nx = tf.ones((2, 3))"):
    text = f"{KERAS}class Model(keras.Model):\n    def call(self, x):\n{body}\n\n{call}\n"
    with pytest.raises(ProgramError) as caught:
        load(text)
    return caught.value, text.splitlines()


def test_a_mistake_in_a_layer_is_placed_and_keeps_the_graph_up_to_it():
    error, lines = mistake("        h = tf.tanh(x)\n        return tf.matmul(h, tf.ones((7, 7)))")
    assert lines[error.span.line - 1][error.span.column - 1 :] == "tf.matmul(h, tf.ones((7, 7)))"
    assert str(error) == ("Running the text raised ValueError: Dimensions must be equal, but are 3 and 7.")
    verify(error.partial)
    assert "Tanh" in {node.op for node in error.partial.nodes}


def test_a_branch_on_a_tensor_in_a_layer_is_a_mistake_in_that_line():
    error, _ = mistake("        if tf.reduce_sum(x) > 0:\n            return x\n        return -x")
    assert error.span.line == 6
    assert "Using a symbolic" in str(error)


def test_a_mistake_in_a_converted_function_is_placed():
    body = "def f(x):\n    if tf.reduce_sum(x) > 0:\n        x = x + tf.ones(5)\n    return x\n"
    text = f"import tensorflow as tf\n\n{body}\nx = tf.ones(3)\n"
    with pytest.raises(ProgramError) as caught:
        load(text)
    assert caught.value.span.line == 5
    assert str(caught.value).startswith("Running the text raised ValueError: Dimensions must be equal, but are 3 and 5")


def test_a_branch_on_a_tensor_becomes_an_op():
    """`model_text._converted` uses a context that TensorFlow does not document. If this fails, it has moved."""
    text = (
        "import tensorflow as tf\n\ndef f(x):\n    if x > 0:\n        return x\n    return -x\n\nx = tf.constant(3.0)\n"
    )
    assert "StatelessIf" in {node.op for node in adapter.capture(load(text), "funcgraph").graph.nodes}


def test_called_functions_have_graphs():
    """`nested.function_graph` asks a graph for a function, which TensorFlow does not document."""
    graph = load(NESTED)._traced.graph
    (operation, *_) = [op for op in graph.get_operations() if functions_of(op)]
    (name,) = functions_of(operation)
    assert "Sin" in {op.type for op in function_graph(graph, name).get_operations()}


def test_captured_variables_have_their_names():
    """`tracing.capture` names a placeholder by `FuncGraph.capture`, which TensorFlow does not document."""
    graph = adapter.capture(load(NESTED), "funcgraph").graph
    assert "v" in graph.node_by_id
    assert graph.node_by_id["v"].op == INPUT_OP


NAMES = [
    ("__inference_layer_2_345", "layer_2"),
    ("__backward_inner_12", "backward_inner"),
    ("while_body_342", "while_body"),
    ("while_cond_7_rewritten_grad", "while_cond_grad"),
    ("cond_true_3_again12", "cond_true"),
    ("cond_true_grad_459_tfg_region_specialized_bwd_cond_grad_StatelessIf", "cond_true_grad"),
]


@pytest.mark.parametrize(("name", "plain"), NAMES)
def test_numbers_that_go_up_through_a_process_are_left_out(name, plain):
    assert plain_name(name) == plain
