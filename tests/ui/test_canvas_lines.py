"""Wires drawn as short lines look like the curves they are."""

from __future__ import annotations

import numpy as np
import pytest

from tests.ui.canvas_scenes import chain, gradient_scene, scene
from widgets.canvas.index import flatten
from widgets.canvas.wires import TOLERANCE, lines_needed, short_lines


def away(points: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """From each point to the nearest of the lines (k, 4)."""
    start, along = lines[:, :2], lines[:, 2:] - lines[:, :2]
    square = np.maximum((along**2).sum(axis=1), 1e-12)
    t = np.clip(((points[:, None] - start) * along).sum(axis=2) / square, 0, 1)[..., None]
    return np.hypot(*np.moveaxis(start + t * along - points[:, None], 2, 0)).min(axis=1)


@pytest.mark.parametrize("pixels", [0.4, 1.0, 2.0, 4.0])
def test_no_point_of_a_wire_is_further_than_a_fraction_of_a_pixel_from_its_lines(pixels: float) -> None:
    for shown in (gradient_scene(), scene(chain(40))):
        lines, curve_of = short_lines(shown.curves, pixels, 0.0)
        for curve in range(len(shown.curves)):
            points = flatten(shown.curves[curve : curve + 1], 200)[0]
            assert away(points, lines[curve_of == curve]).max() * pixels <= TOLERANCE + 1e-6


def test_a_straight_wire_is_one_line_and_a_larger_picture_has_more() -> None:
    straight = np.array([[[0, 0], [0, 10], [0, 60], [0, 90]]], float)
    bent = np.array([[[0, 0], [0, 60], [80, 40], [80, 100]]], float)
    assert lines_needed(straight, 4.0).tolist() == [1]
    assert lines_needed(bent, 0.3) < lines_needed(bent, 1.0) < lines_needed(bent, 4.0)


def test_lines_join_without_a_gap() -> None:
    curves = gradient_scene().curves
    lines, curve_of = short_lines(curves, 1.0, 0.7)
    for curve in range(len(curves)):
        here = lines[curve_of == curve]
        gap = np.hypot(*(here[1:, :2] - here[:-1, 2:]).T)
        assert (gap <= 0.7 + 1e-6).all()  # each reaches into the next, and no further
        assert here[0, :2] == pytest.approx(curves[curve, 0])


def test_no_wires_are_no_lines() -> None:
    lines, curve_of = short_lines(np.zeros((0, 4, 2)), 1.0, 0.7)
    assert lines.shape == (0, 4)
    assert curve_of.shape == (0,)
