"""Figures of scores and heads: what they tell whoever does not see them."""

import torch

from fewbits import figures


def test_one_logit_is_told_head_by_head_without_zeros():
    photo = torch.zeros(3, 8, 8, dtype=torch.uint8)
    parts = {
        "whole": torch.tensor([0.5, 0.0, 2.0, 1.0]),
        "short": torch.tensor([0.0, 0.0, 3.0, 0.0]),
    }
    drawing = figures.one_logit(photo, parts, "bus")
    assert "whole: 3 codes, together 3.5, the largest 2.00" in drawing.alt
    assert "short: 1 codes, together 3.0, the largest 3.00" in drawing.alt
    heights = [bar.get_height() for bar in drawing.axes[0].patches]
    assert heights == [2.0, 1.0, 0.5]
    assert drawing.axes[0].get_ylim() == drawing.axes[1].get_ylim()


def test_weights_are_told_before_and_after_the_price():
    lines = {"projection": [9, 4, 7, 8], "ReLU": [9, 3, 3, 3]}
    drawing = figures.weights_alive(lines, until=2, of=1024)
    assert "Weights above 0, of 1,024" in drawing.alt
    assert "projection: 9 after one epoch, 4 after 2, 8 at the end" in drawing.alt
    assert "ReLU: 9 after one epoch, 3 after 2, 3 at the end" in drawing.alt


def test_accuracy_is_told_beside_both_sizes():
    one, other = [(40.2, 64, 0.98), (5.0, 31, 0.9)], [(39.0, 64, 0.99), (5.0, 30, 0.8)]
    drawing = figures.accuracy_over_size({"codes": [one, other]}, {"chance": 0.0625})
    assert "98 % with 40 a decision and 64 in all, 90 % with 5 a decision and 31" in drawing.alt
    assert "chance: 6 %" in drawing.alt
    left, right = drawing.axes
    assert [line.get_xdata()[-1] for line in left.lines[:2]] == [5.0, 5.0]
    assert [line.get_xdata()[-1] for line in right.lines[:2]] == [31, 30]
