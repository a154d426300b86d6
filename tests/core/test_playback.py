"""The order of the steps, and what is there at each of them."""

from hypothesis import given

from explorer.flow.playback import first_stage, gradient_stage
from explorer.graph.ir import use_key
from tests.core.graphs_for_tests import graphs, product_of_sum, product_of_sum_gradient


def test_the_first_stage_goes_forward_in_execution_order_then_back_from_the_output():
    played = first_stage(product_of_sum())
    assert [(step.phase, step.value) for step in played.steps] == [
        ("forward", "add"),
        ("forward", "mul"),
        ("backward", "mul"),
        ("backward", "add"),
        ("backward", "b"),
        ("backward", "a"),
    ]


def test_at_the_start_there_are_the_inputs_and_nothing_else():
    state = first_stage(product_of_sum()).at(0)
    assert set(state.values) == {"a", "b"}
    assert set(state.adjoints) == set()
    assert (state.node, state.k, state.n, state.phase) == (None, 0, 2, "forward")


def test_an_adjoint_arrives_over_every_use_of_its_value():
    played = first_stage(product_of_sum())
    state = played.at(None)
    assert (state.value, state.wires) == ("a", (use_key("add", 0), use_key("mul", 0)))
    assert (state.phase, state.k, state.n) == ("backward", 4, 4)
    assert set(state.adjoints) == {"a", "b", "add", "mul"}
    before = played.at(state.index - 1)
    assert "a" not in before.adjoints
    assert "b" in before.adjoints


def test_a_gradient_graph_goes_forward_then_back_beginning_with_the_seed():
    played = gradient_stage(product_of_sum_gradient())
    order = [(step.phase, step.node) for step in played.steps]
    assert order == [
        ("forward", "add"),
        ("forward", "mul"),
        ("backward", "seed"),
        ("backward", "mul_1"),
        ("backward", "mul_2"),
        ("backward", "add_1"),
    ]
    assert "seed" not in played.at(2).values
    assert {"seed", "mul_1"} <= set(played.at(4).values)
    assert "mul_2" not in played.at(4).values


def test_any_index_outside_is_the_nearest_one():
    played = first_stage(product_of_sum())
    assert played.at(-5).index == 0
    assert played.at(99).index == played.at(None).index == 6


def test_a_value_without_a_way_to_the_output_has_no_adjoint_step():
    graph = product_of_sum()
    dead_end = type(graph.nodes[2])(
        "log", "log", ("b",), (type(graph.nodes[2].outputs[0])("log", graph.nodes[2].outputs[0].type),)
    )
    longer = type(graph)("f", graph.inputs, graph.outputs, (*graph.nodes, dead_end))
    played = first_stage(longer)
    assert "log" in played.value_step
    assert "log" not in played.adjoint_step
    assert use_key("log", 0) not in played.steps[-2].wires


@given(graphs())
def test_every_step_finds_its_operands_there(graph):
    played = first_stage(graph)
    for index, step in enumerate(played.steps, 1):
        before, after = played.at(index - 1), played.at(index)
        if step.phase == "forward":
            assert all(operand in before.values for operand in graph.node_by_id[step.node].inputs)
            assert step.value in after.values
        else:
            assert step.value in after.adjoints
            assert step.value not in before.adjoints
            users = {wire.rpartition("#")[0] for wire in step.wires}
            reached = {made.id for user in users for made in graph.node_by_id[user].outputs}
            assert reached & set(before.adjoints) or not users


@given(graphs())
def test_the_phases_do_not_mix_and_all_is_reached_at_the_end(graph):
    played = first_stage(graph)
    phases = [step.phase for step in played.steps]
    assert phases == sorted(phases, reverse=True)  # "forward" comes after "backward" in the alphabet
    end = played.at(None)
    assert set(end.values) == set(graph.value_by_id)
    assert len(end.values) == len(set(end.values))
    floats = {name for name, value in graph.value_by_id.items() if value.type.is_float}
    assert set(end.adjoints) <= floats
    assert {name for name in graph.outputs if name in floats} <= set(end.adjoints)


@given(graphs())
def test_scrubbing_to_an_index_gives_what_playing_to_it_gives(graph):
    played = first_stage(graph)
    values, adjoints = set(played.at(0).values), set()
    for index, step in enumerate(played.steps, 1):
        if step.phase == "forward":
            values |= {value.id for value in graph.node_by_id[step.node].outputs}
        else:
            adjoints.add(step.value)
        state = played.at(index)
        assert (set(state.values), set(state.adjoints)) == (values, adjoints)
