"""Steps in numbers."""

from dataclasses import replace

import numpy as np

from explorer.flow.formulas import Numbers, formula, shares_sum, step_formula
from explorer.flow.playback import first_stage
from explorer.graph.ir import Graph, use_key
from explorer.picture.labels import number_text
from tests.core.graphs_for_tests import given, node, product_of_sum

NUMBERS = Numbers(
    value={name: np.array(number, np.float32) for name, number in {"a": 2, "b": 3, "add": 5, "mul": 10}.items()},
    cotangent={name: np.array(number, np.float32) for name, number in {"a": 7, "b": 2, "add": 2, "mul": 1}.items()},
    share={
        use_key("mul", 0): np.array(5, np.float32),
        use_key("mul", 1): np.array(2, np.float32),
        use_key("add", 0): np.array(2, np.float32),
        use_key("add", 1): np.array(2, np.float32),
    },
)


def test_forward_puts_the_operands_in_and_the_result_behind():
    graph = product_of_sum()
    text = formula(graph, "jax", graph.node_by_id["mul"], NUMBERS, number_text)
    assert text.startswith("2.0")
    assert text.endswith("5.0 = 10.0")


def test_what_is_not_reached_stands_by_name():
    graph = product_of_sum()
    state = first_stage(graph).at(0)
    text = formula(graph, "jax", graph.node_by_id["mul"], NUMBERS, number_text, state)
    assert "add" in text
    assert "5.0" not in text
    assert "10.0" not in text


def test_shares_add_up_in_the_order_of_the_uses():
    assert shares_sum(product_of_sum(), "a", NUMBERS, number_text) == "2.0 + 5.0 = 7.0"
    assert shares_sum(product_of_sum(), "b", NUMBERS, number_text) == "2.0"


def test_a_negative_share_is_taken_away():
    numbers = replace(NUMBERS, share={**NUMBERS.share, use_key("mul", 0): np.array(-5, np.float32)})
    numbers = replace(numbers, cotangent={"a": np.array(-3, np.float32)})
    assert shares_sum(product_of_sum(), "a", numbers, number_text) == "2.0 − 5.0 = −3.0"


def test_the_last_step_back_says_what_arrives_at_a():
    graph = product_of_sum()
    state = first_stage(graph).at(None)
    assert step_formula(graph, "jax", state, NUMBERS, number_text) == "∂/∂a = 2.0 + 5.0 = 7.0"


def test_an_output_that_is_used_again_has_the_seed_among_its_shares():
    nodes = (given("x"), node("y", "sin", ["x"]), node("z", "cos", ["y"]))
    graph = Graph("f", ("x",), ("y", "z"), nodes)
    numbers = Numbers(cotangent={"y": np.array(1.5, np.float32)}, share={use_key("z", 0): np.array(0.5, np.float32)})
    assert shares_sum(graph, "y", numbers, number_text) == "1.0 + 0.5 = 1.5"


def test_a_literal_stands_in_its_place():
    power = node("p", "mul", ["x"], params={"literals": {"0": -2.0}})
    graph = Graph("f", ("x",), ("p",), (given("x"), power))
    numbers = Numbers(value={"x": np.array(3, np.float32), "p": np.array(-6, np.float32)})
    text = formula(graph, "jax", power, numbers, number_text)
    assert text.startswith("(−2.0)")
    assert text.endswith("3.0 = −6.0")


def test_tensors_stand_by_name():
    graph = product_of_sum()
    numbers = Numbers(value={"a": np.ones(3, np.float32), "add": np.ones(3, np.float32), "mul": np.ones(3, np.float32)})
    text = formula(graph, "jax", graph.node_by_id["mul"], numbers, number_text)
    assert "a" in text
    assert "=" not in text
