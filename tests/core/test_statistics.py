"""Arrays in a few numbers: what NumPy says of the whole, for any size, shape and dtype."""

import tracemalloc

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from explorer.capture.record import Summary
from explorer.capture.statistics import BLOCK, MOST_BINS, statistics_of, summary

DTYPES = ("float32", "float64", "float16", "int8", "int64", "uint8", "bool")
any_array = st.sampled_from(DTYPES).flatmap(
    lambda name: arrays.arrays(name, arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5))
)


@settings(max_examples=150, deadline=None)
@given(any_array)
def test_the_numbers_are_those_of_numpy(array):
    found = summary(array)
    wide = array.astype(np.float64)
    finite = wide[np.isfinite(wide)]
    assert (found.shape, found.dtype) == (array.shape, array.dtype.name)
    assert (found.nans, found.infinities) == (np.isnan(wide).sum(), np.isinf(wide).sum())
    assert found.zeros == (wide == 0).sum()
    if not finite.size:
        assert np.isnan([found.minimum, found.maximum, found.mean, found.deviation]).all()
        assert found.histogram.counts.size == 0
        return
    assert (found.minimum, found.maximum) == (finite.min(), finite.max())
    scale = max(float(np.abs(finite).max()), 1e-300)
    assert found.mean / scale == pytest.approx((finite / scale).mean(), abs=1e-12)
    assert found.deviation / scale == pytest.approx((finite / scale).std(), abs=1e-7)
    assert found.norm / scale == pytest.approx(float(np.linalg.norm(finite / scale)), rel=1e-12)


@settings(max_examples=150, deadline=None)
@given(any_array)
def test_every_finite_number_is_in_one_bin_of_the_histogram(array):
    found = summary(array)
    finite = np.sort(array.astype(np.float64)[np.isfinite(array.astype(np.float64))])
    edges, counts = found.histogram.edges, found.histogram.counts
    assert counts.sum() == finite.size
    assert len(counts) <= MOST_BINS
    if finite.size:
        assert edges[0] <= finite[0]
        assert edges[-1] >= finite[-1]
        slack = 1e-12 * max(abs(edges[0]), abs(edges[-1]))  # a number on an edge belongs to either side of it
        for edge, below in zip(edges[1:-1], np.cumsum(counts)[:-1], strict=True):
            assert (finite < edge - slack).sum() <= below <= (finite <= edge + slack).sum()


def test_a_large_array_has_the_histogram_of_numpy():
    array = np.random.default_rng(0).standard_normal((300, 500)).astype(np.float32)
    assert array.size > 2 * BLOCK
    counts, edges = np.histogram(array.astype(np.float64), bins=MOST_BINS)
    found = summary(array)
    np.testing.assert_allclose(found.histogram.edges, edges)
    np.testing.assert_allclose(found.histogram.counts, counts, atol=1)
    assert found.deviation == pytest.approx(array.astype(np.float64).std(), rel=1e-12)


def test_few_whole_numbers_have_a_bin_each():
    found = summary(np.array([0, 1, 1, 3], np.int32)).histogram
    assert found.edges.tolist() == [-0.5, 0.5, 1.5, 2.5, 3.5]
    assert found.counts.tolist() == [1, 2, 0, 1]
    assert summary(np.array([True, False, True])).histogram.counts.tolist() == [1, 2]


def test_few_numbers_have_few_bins():
    assert len(summary(np.linspace(0, 1, 16)).histogram.counts) == 8
    assert len(summary(np.linspace(0, 1, 4096)).histogram.counts) == MOST_BINS


def test_neighbouring_floats_have_a_bin_each():
    array = np.nextafter(1.0, 2.0) * np.array([1.0] * 30) - np.array([0.0, 2.3e-16] * 15)
    found = summary(array).histogram
    assert found.counts.sum() == 30
    assert len(found.edges) == len(found.counts) + 1


def test_equal_numbers_are_one_bin_of_no_width():
    found = summary(np.full(9, 2.5))
    assert found.histogram.edges.tolist() == [2.5, 2.5]
    assert found.histogram.counts.tolist() == [9]
    assert found.deviation == 0


def test_squares_neither_overflow_nor_vanish():
    assert summary(np.array([3e200, 4e200])).norm == pytest.approx(5e200)
    assert summary(np.array([3e-200, 4e-200])).norm == pytest.approx(5e-200)
    largest = np.finfo(np.float64).max
    found = summary(np.array([-largest, largest]))
    assert found.mean == 0
    assert found.histogram.counts.sum() == 2


def test_bfloat16_and_complex_numbers_count_too():
    half = summary(np.array([1.5, -2.0], ml_dtypes.bfloat16))
    assert (half.dtype, half.minimum, half.mean) == ("bfloat16", -2.0, -0.25)
    assert summary(np.array([3 + 4j, 0j])).maximum == 5  # of a complex number, its magnitude


def test_the_picture_takes_every_kth_row_and_column_of_the_stacked_matrix():
    array = np.arange(100 * 3 * 50, dtype=np.float32).reshape(100, 3, 50)
    stacked = array.reshape(300, 50)
    np.testing.assert_array_equal(summary(array).thumbnail, stacked[::7, ::2])
    assert max(summary(array, side=16).thumbnail.shape) <= 16


def test_what_is_known_of_a_summary_is_the_summary():
    large = summary(np.ones(3))
    assert statistics_of(large) is large
    assert isinstance(statistics_of(np.ones(3)), Summary)


def test_statistics_take_no_second_array():
    array = np.ones(1 << 22, np.float32)
    tracemalloc.start()
    summary(array)
    assert tracemalloc.get_traced_memory()[1] < array.nbytes // 4
    tracemalloc.stop()
