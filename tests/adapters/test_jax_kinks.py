"""What JAX answers where there is no derivative, as docs/expressions.md says it."""

import pytest

pytest.importorskip("jax")

from explorer.adapters.base import load_adapter
from tests.adapters.kinks import IDS, KINKS, assert_kink


@pytest.fixture(scope="module")
def adapter():
    return load_adapter("jax")


@pytest.mark.parametrize("kink", KINKS, ids=IDS)
def test_a_kink_is_as_documented(adapter, kink):
    assert_kink(adapter, "jax", kink)
