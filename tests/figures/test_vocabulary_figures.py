"""Figures of codebooks: what they tell whoever does not see them."""

import numpy as np
import torch

from fewbits import figures
from fewbits.figures.vocabulary import _paints

PHOTOS = torch.zeros(2, 3, 16, 16, dtype=torch.uint8)
CELLS = torch.tensor([[[0, 1], [1, 1]], [[2, 0], [0, 0]]])


def test_the_marked_code_is_counted_picture_by_picture():
    drawing = figures.told_in_codes(
        PHOTOS, {"end": CELLS, "middle": 2 - CELLS}, {"end": 1, "middle": 0}, "stripes"
    )
    assert "end: 3, 0 cells; middle: 0, 1 cells" in drawing.alt


def test_only_the_marked_code_has_a_colour():
    paints = _paints(5, 3)
    grey = np.ptp(paints[:, :3], axis=1) == 0
    assert grey.tolist() == [True, True, True, False, True]
    assert len(np.unique(paints[grey][:, 0])) == 4


def test_accuracies_are_told_for_every_number_of_codes():
    drawing = figures.accuracy_over_codes(
        [4, 8], {"k-means": [0.5, 0.75], "random": [0.25, 0.3]}, {"chance": 0.1}
    )
    assert "k-means: 50 % with 4, 75 % with 8; random: 25 % with 4, 30 % with 8" in drawing.alt
    assert "chance: 10 %" in drawing.alt


def test_parts_and_things_are_told_at_both_ends_and_at_the_marked_size():
    points = {"middle": [(0.1, 0.2), (0.3, 0.4), (0.5, 0.6)]}
    drawing = figures.parts_or_things(
        [8, 16, 32],
        points,
        {"middle": [(0.1, 0.1), (0.15, 0.05), (0.1, 0.1)]},
        {"parts": (0.3, 1.0)},
        marked=16,
    )
    assert "middle: things 0.10, 0.30 and 0.50, parts 0.20, 0.40 and 0.60" in drawing.alt
    assert "with 8, 16 and 32 codes" in drawing.alt
    assert "Shuffled: things at most 0.15, parts 0.10" in drawing.alt
