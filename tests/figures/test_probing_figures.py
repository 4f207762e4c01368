"""Figures of perturbation: what they tell whoever does not see them."""

import math

import torch

from fewbits import figures
from fewbits.palette import LIGHT

PHOTO = torch.zeros(3, 16, 16, dtype=torch.uint8)


def test_maps_tell_how_many_places_change_a_score_and_where_most():
    changes = torch.zeros(4, 4)
    changes[1, 2], changes[3, 3] = -0.5, 0.02
    drawing = figures.change_maps(
        PHOTO, {"near": changes, "still": torch.zeros(4, 4)}, {"near": 6, "still": 0}
    )
    assert "near: 2 of 16 places change the score by 0.01 or more, at most by -0.50" in drawing.alt
    assert "in row 2, column 3; still: 0 of 16 places" in drawing.alt
    frames = [axes.patches[0] for axes in drawing.axes[1:]]
    assert [frame.get_xy() for frame in frames] == [(7.5, 3.5), (-0.5, -0.5)]
    assert [len(axes.images) for axes in drawing.axes] == [1, 2, 2]


def test_lines_are_told_number_by_number():
    drawing = figures.change_by_distance(
        {"a": [0.5, 0.25, math.nan], "b": [1.0, 0.0, 0.0]}, "change"
    )
    assert drawing.alt == (
        "change, by distance in cells from 0. a: 0.50, 0.25, none; b: 1.00, 0.00, 0.00."
    )
    (axes,) = drawing.axes
    assert [line.get_label() for line in axes.lines] == ["a", "b"]
    assert axes.lines[0].get_color() == LIGHT["protoquant"]
