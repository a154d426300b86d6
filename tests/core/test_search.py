"""The find language, term by term."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.errors import UsageError
from explorer.graph import roles, search
from explorer.graph.ir import Node, TensorType, Value


def node(name: str, op: str, *shape: int | str, dtype: str = "float32", role: str = "primal", scope: str = "") -> Node:
    kind = TensorType(dtype, shape)
    return Node(name, op, (), (Value(name, kind, "loss" if name == "mean" else ""),), {}, role, tuple(scope.split()))


NODES = (
    node("x", "input", 8, 4, role=roles.INPUT),
    node("W", "input", 4, 3, role=roles.PARAMETER, scope="net layer1"),
    node("dot_general", "dot_general", 8, 3, scope="net layer1"),
    node("tanh", "tanh", 8, 3, scope="net layer1"),
    node("add:0", "AddV2", "n", 3, dtype="bfloat16", scope="net layer2"),
    node("mean", "reduce_sum"),
    node("mul_1", "aten.mul.Tensor", 8, 3, role=roles.COTANGENT),
    node("argmax", "argmax", 8, dtype="int32"),
)
WORDS = {"dot_general": "matrix product"}


def find(text: str) -> list[str]:
    return search.parse(text, lambda node: WORDS.get(node.op, "")).find(NODES)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("tanh", ["tanh"]),
        ("TANH", ["tanh"]),
        ("matrix", ["dot_general"]),
        ('"matrix product"', ["dot_general"]),
        ("loss", ["mean"]),
        ("add:0", ["add:0"]),
        ("/^mul_[0-9]+$/", ["mul_1"]),
        ("/matrix p/", ["dot_general"]),
        ("op:mul", ["mul_1"]),
        ("op:input role:parameter", ["W"]),
        ("scope:layer1", ["W", "dot_general", "tanh"]),
        ("scope:net/layer2", ["add:0"]),
        ("dtype:bf16", ["add:0"]),
        ("dtype:int32", ["argmax"]),
        ("shape:8,3", ["dot_general", "tanh", "mul_1"]),
        ("shape:[8, 3] role:cotangent", ["mul_1"]),
        ("shape:[*,3] op:add", ["add:0"]),
        ("shape:n,3", ["add:0"]),
        ("shape:[]", ["mean"]),
        ("shape:[8,...] dtype:int", ["argmax"]),
        ("shape:[...,3] scope:layer1", ["W", "dot_general", "tanh"]),
        ("tanh scope:layer2", []),
        ("", []),
        ("   ", []),
    ],
)
def test_a_line_finds(text: str, found: list[str]) -> None:
    assert find(text) == found


LINES = ("lambda ; a b. let", "  c = dot_general a b", "  d = tanh c", "  in (d,)")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a b", [1, 2]),
        ("DOT", [2]),
        ('"a b"', [1, 2]),
        ("/^  [cd] = /", [2, 3]),
        ("op:tanh", [3]),
        ("c op:tanh", [3]),
        ("lambda op:tanh", []),
        ("shape:[8,3]", [2, 3]),
        ("", []),
    ],
)
def test_in_a_text_words_are_of_the_line_and_keys_of_its_node(text: str, found: list[int]) -> None:
    nodes = {line: node for node in NODES for line, name in ((2, "dot_general"), (3, "tanh")) if node.id == name}
    assert list(search.parse(text).find_lines(LINES, nodes)) == found


def test_a_bad_regular_expression_is_one_sentence() -> None:
    with pytest.raises(UsageError, match="no regular expression"):
        find("/(/")


@given(st.text(max_size=40))
def test_any_line_can_be_typed(text: str) -> None:
    with contextlib.suppress(UsageError):  # a bad regular expression
        assert set(find(text)) <= {node.id for node in NODES}
