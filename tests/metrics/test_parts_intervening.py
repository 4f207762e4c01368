"""Parts taken out one at a time, and boxes that hold parts by their pixels: by hand."""

import re

import pytest
import torch

from fewbits.errors import UsageError
from fewbits.metrics.parts import (
    consistency,
    consistent,
    exact_vectors,
    intervened,
    patch_boxes,
    unchanged,
)

# Three parts, two pictures, two codes.
FELL = torch.tensor(
    [
        [[0.5, 0.1], [0.3, 0.0]],  # without part 0
        [[0.2, 0.1], [0.4, -0.2]],  # without part 1
        [[0.0, 0.6], [0.9, 0.9]],  # without part 2
    ]
)
GONE = torch.tensor([[True, True], [True, True], [True, False]])  # the second has no part 2
ALL = torch.ones(2, 2, dtype=torch.bool)


def test_interventions_by_hand():
    found = intervened(FELL, GONE, torch.tensor([0, 2]), ALL)
    # Code 0 on part 0: fell .5 and .3. Others: .2, .0 and .4; what the second picture would lose
    # without part 2, which it has not, counts nowhere.
    # Code 1 on part 2, in the first picture only. Others: .1, .1, .0 and -.2.
    torch.testing.assert_close(found.own, torch.tensor([0.4, 0.6]))
    torch.testing.assert_close(found.other, torch.tensor([0.2, 0.1]))
    # Code 0: .5 > .2, .5 > 0, .3 < .4. Code 1: .6 > .1 twice.
    torch.testing.assert_close(found.told, torch.tensor([2 / 3, 1.0]))


def test_equal_falls_count_half_and_a_code_of_no_part_nothing():
    found = intervened(torch.zeros(3, 2, 2), GONE, torch.tensor([1, -1]), ALL)
    assert found.told[0] == 0.5
    assert found.own[1].isnan() and found.other[1].isnan() and found.told[1].isnan()


def test_pictures_that_are_not_asked_do_not_count():
    asked = torch.tensor([[True, False], [False, False]])
    found = intervened(FELL, GONE, torch.tensor([0, 2]), asked)
    torch.testing.assert_close(found.own[0], torch.tensor(0.5))
    torch.testing.assert_close(found.told[0], torch.tensor(1.0))
    assert found.told[1].isnan()


def test_codes_that_know_nothing_are_told_half_of_the_time():
    draw = torch.Generator().manual_seed(0)
    fell = torch.randn(5, 400, 6, generator=draw)
    gone = torch.rand(5, 400, generator=draw) < 0.6
    found = intervened(fell, gone, torch.arange(6) % 5, torch.ones(400, 6, dtype=torch.bool))
    assert (found.told - 0.5).abs().max() < 0.06


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ((FELL, GONE[:2], torch.tensor([0, 2]), ALL), "expected gone (3, 2)"),
        ((FELL, GONE, torch.tensor([0]), ALL), "expected gone (3, 2), part (2,)"),
        ((FELL, GONE, torch.tensor([0, 3]), ALL), "part must be from 0 to 2, or -1 for none"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_what_does_not_belong_together_is_refused(given, told):
    with pytest.raises(UsageError, match=re.escape(told)):
        intervened(*given)


# Boxes

MAPS = torch.zeros(2, 8, 8, dtype=torch.uint8)
MAPS[0, :4, :4] = 1  # part 0 fills the upper left quarter
MAPS[1, 6:, 6:] = 2  # part 1 four pixels, lower right


def test_a_box_holds_what_covers_enough_of_it():
    cells = torch.tensor([[0, 3], [3, 0]])  # of 2 x 2: upper left and lower right
    held = exact_vectors(cells, (2, 2), MAPS, 2, box=4, least=0.25)
    assert held.tolist() == [[[True, False], [False] * 2], [[False, True], [False] * 2]]
    strict = exact_vectors(cells, (2, 2), MAPS, 2, box=4, least=0.26)
    assert strict.tolist() == [[[True, False], [False] * 2], [[False] * 2, [False] * 2]]


def test_boxes_as_counted_one_by_one():
    draw = torch.Generator().manual_seed(0)
    maps = torch.randint(0, 4, (5, 12, 12), generator=draw).to(torch.uint8)
    cells = torch.randint(0, 9, (5, 4), generator=draw)
    held = exact_vectors(cells, (3, 3), maps, 3, box=5, least=0.28)
    for image in range(5):
        for code in range(4):
            x0, y0, x1, y1 = patch_boxes(cells[image, code], (3, 3), 12, 5).tolist()
            square = maps[image, y0:y1, x0:x1]
            slow = [((square == part).sum() / 25 >= 0.28).item() for part in (1, 2, 3)]
            assert held[image, code].tolist() == slow
    assert held.any() and not held.all()


def test_consistency_and_stability_by_hand():
    held = torch.tensor([[[1, 0]], [[1, 0]], [[0, 0]], [[0, 1]]]).bool()  # one code, four pictures
    visible = torch.tensor([[1, 0], [1, 1], [1, 1], [0, 1]]).bool()
    asked = torch.ones(4, 1, dtype=torch.bool)
    # Part 0 in two of the three pictures that show it, part 1 in one of three.
    assert consistent(held, visible, asked, 0.66).tolist() == [True]
    assert consistent(held, visible, asked, 0.67).tolist() == [False]
    after = held.clone()
    after[0, 0, 0] = False
    assert unchanged(held, after, asked).tolist() == [0.75]
    asked[0] = False
    assert unchanged(held, after, asked).tolist() == [1.0]


def test_pixels_and_points_agree_where_parts_are_points():
    draw = torch.Generator().manual_seed(1)
    at = torch.randint(0, 16, (30, 1, 2), generator=draw)
    maps = torch.zeros(30, 16, 16, dtype=torch.uint8)
    maps[torch.arange(30), at[:, 0, 1], at[:, 0, 0]] = 1
    cells = torch.randint(5, 7, (30, 8), generator=draw)  # inner cells: no box is moved
    seen, asked = torch.ones(30, 1, dtype=torch.bool), torch.ones(30, 8, dtype=torch.bool)
    held = exact_vectors(cells, (4, 4), maps, 1, box=8, least=1 / 64)
    found = []
    for least in (0.1, 0.2, 0.25, 0.3, 0.4):
        points = consistency(cells, (4, 4), 16, at + 0.5, seen, asked, box=8, least=least)
        assert points.tolist() == consistent(held, seen, asked, least).tolist()
        found += points.tolist()
    assert 5 < sum(found) < 35


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"part_count": 1}, "expected maps of 1 parts for 2 pictures, got parts up to 2 for 2"),
        ({"part_maps": MAPS[:1]}, "expected maps of 2 parts for 2 pictures, got parts up to 1 for"),
        ({"least": 0.0}, "least must be"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_bad_maps_are_refused(change, told):
    given = {"cells": torch.zeros(2, 1, dtype=torch.long), "grid": (2, 2), "part_maps": MAPS}
    with pytest.raises(UsageError, match=told):
        exact_vectors(**(given | {"part_count": 2, "box": 4} | change))
