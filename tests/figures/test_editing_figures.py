"""Figures of edits: what they tell whoever does not see them."""

import torch

from fewbits import figures
from fewbits.palette import LIGHT

PHOTOS = torch.zeros(2, 3, 16, 16, dtype=torch.uint8)


def test_what_each_picture_is_called_is_told_and_a_wrong_name_is_red():
    drawing = figures.called(
        {"plain": PHOTOS, "marked": PHOTOS},
        {"plain": ["car", "bee"], "marked": ["car", "car"]},
        ["car", "bee"],
    )
    assert "plain: car called car, bee called bee; marked: car called car, bee called car" in (
        drawing.alt
    )
    shades = [axes.xaxis.label.get_color() for axes in drawing.axes]
    assert shades == [LIGHT["ink"]] * 3 + [LIGHT["wrong"]]


def test_shares_are_told_for_every_number_of_codes():
    drawing = figures.struck_out(
        {
            "usual": {"suspects first": [1.0, 0.7], "others first": [1.0, 0.9]},
            "plain": {"x": [0.0, 0.25]},
        }
    )
    assert "usual: suspects first 100, 70 %, others first 100, 90 %; plain: x 0, 25 %" in (
        drawing.alt
    )
    assert [len(axes.lines) for axes in drawing.axes] == [2, 1]
