"""Which part of a tensor is drawn, and where its entries stand in the whole."""

import numpy as np
import pytest

from explorer.capture.statistics import summary
from explorer.picture.planes import plane_of

TENSOR = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)


def test_a_slice_is_named_and_its_entries_know_their_index():
    plane = plane_of(TENSOR, (1, 2))
    assert plane.text == "[1, 2, :, :]"
    np.testing.assert_array_equal(plane.matrix, TENSOR[1, 2])
    assert plane.index(3, 4) == (1, 2, 3, 4)


@pytest.mark.parametrize(("place", "text"), [((), "[0, 0, :, :]"), ((9, -1), "[1, 0, :, :]"), ((1,), "[1, 0, :, :]")])
def test_a_place_of_another_tensor_is_cut_to_fit(place, text):
    assert plane_of(TENSOR, place).text == text


def test_a_vector_is_one_row_and_a_matrix_whole():
    vector = plane_of(np.arange(5))
    assert (vector.matrix.shape, vector.text, vector.index(0, 3)) == ((1, 5), "[:]", (3,))
    assert plane_of(np.ones((2, 3)), (7,)).text == "[:, :]"


def test_nothing_to_draw_of_a_scalar_or_of_nothing():
    assert plane_of(np.array(1.0)) is None
    assert plane_of(np.ones((3, 0))) is None


def test_the_picture_of_a_summary_knows_the_index_of_what_it_kept():
    array = np.arange(100 * 3 * 50, dtype=np.float32).reshape(100, 3, 50)
    plane = plane_of(summary(array))
    for row, column in [(0, 0), (5, 7), (plane.matrix.shape[0] - 1, plane.matrix.shape[1] - 1)]:
        assert plane.matrix[row, column] == array[plane.index(row, column)]


def test_complex_numbers_are_drawn_by_magnitude():
    assert plane_of(np.array([[3 + 4j, 0]])).matrix.tolist() == [[5, 0]]
