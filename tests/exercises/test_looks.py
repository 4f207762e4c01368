"""The usual wrong answers to *This looks like that*, each told what is wrong with it."""

import pytest
import torch
from solutions import expect, solutions, verdict
from torch.nn.functional import normalize

from fewbits.backbones import build
from fewbits.exercises import looks as check
from fewbits.protoquant.codebook import Codebook
from fewbits.protoquant.mapping import Mapping

prototype = torch.tensor([0.0, 2.0])
three_cells = torch.tensor([[0.0, 5.0], [3.0, 4.0], [1.0, 0.0]])
cosines = torch.tensor([1.0, 0.8, 0.0])


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (..., "Not answered yet"),
        (cosines, "Right"),
        (three_cells @ prototype, "plain products"),
        (three_cells @ normalize(prototype, dim=0), "the cell has one as well"),
        (normalize(three_cells, dim=1) @ prototype, "the prototype has one as well"),
        (1 - cosines, "a distance"),
        (1.0, "give all three"),
        ("near", "expected three numbers"),
    ],
)
def test_three_cosines(answer, told):
    expect(check.three_cosines(answer), told)


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ((..., ...), "Not answered yet"),
        (("stay", ...), "Not answered yet"),
        (("Stay", "change"), "Right"),
        (("rise", "change"), "points the same way"),
        (("change", "stay"), "points the same way"),
        (("stay", "rise"), "some rise and some fall"),
        (("stay", "stay"), "look at p - 3m"),
        (("up", "down"), "write two words"),
    ],
)
def test_three_times(answers, told):
    expect(check.three_times(*answers), told)


def test_what_exercise_2_claims_is_so():
    generator = torch.Generator().manual_seed(0)
    maps, codes = torch.rand(4, 6, 3, 3, generator=generator), torch.rand(5, 6, generator=generator)
    mean = maps.mean((0, 2, 3))
    scores = {
        (kind, times): Codebook(codes, Mapping(kind, times * mean * (kind == "centred")))
        .cosines(times * maps)
        .amax((2, 3))
        for kind in ("none", "centred")
        for times in (1.0, 3.0)
    }
    torch.testing.assert_close(scores["none", 1.0], scores["none", 3.0])
    moved = scores["centred", 3.0] - scores["centred", 1.0]
    assert (moved > 0.01).any() and (moved < -0.01).any()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (..., "Not answered yet"),
        (54, "Right"),
        (47, "the poolings see, too"),
        (11, "two pixels, then four, then eight"),
        (8, "how far apart cells are"),
        (70, "both step by 8"),
        (63, "and poolings see, too"),
        (78, "after the fourth convolution comes none"),
        (16, "the poolings come early"),
        (2916, "the number of pixels in the square"),
        ("wide", "expected a number of pixels"),
    ],
)
def test_field(answer, told):
    expect(check.field(answer), told)


def reach(pooled, pooling_sees=True):
    wide, step = 1, 1
    for follows in pooled:
        wide, after = wide + 2 * step, 2 * step if follows else step
        wide, step = wide + step * (follows and pooling_sees), after
    return wide


def test_the_wrong_widths_are_those_of_the_mistakes_they_are_told_for():
    assert reach((1, 1, 1, 0, 0)) == 54
    assert reach((1, 1, 1, 0, 0), pooling_sees=False) == 47
    assert reach((1, 1, 1, 1, 0)) == 78
    assert reach((1, 1, 1, 1, 0)) - 8 == 70  # a doubled step, but no fourth pooling to see
    assert reach((1, 1, 1, 1, 0), pooling_sees=False) == 63
    assert reach((0, 0, 0, 1, 1)) == 16


def test_a_cell_of_the_small_network_sees_at_most_54_pixels_and_no_fewer():
    """Pixels that a cell's gradient reaches, over many pictures of noise."""
    torch.manual_seed(0)
    network = build("tiny").eval().requires_grad_(False)
    noise = torch.rand(24, 3, 96, 96, requires_grad=True)
    (slope,) = torch.autograd.grad(network(noise)[:, :, 6, 6].sum(), noise)
    reached = (slope != 0).any(0).any(0).nonzero()
    assert (reached.amax(0) - reached.amin(0) + 1).tolist() == [54, 54]


def nearest(unit_of_prototypes=True, unit_of_cells=True, largest=True):
    def answer(prototypes, cells):
        a = normalize(prototypes, dim=1) if unit_of_prototypes else prototypes
        b = normalize(cells, dim=1) if unit_of_cells else cells
        products = a @ b.T if largest else -(a @ b.T)
        return cells[products.argmax(1)]

    return answer


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda p, x: ..., "Not answered yet"),
        (nearest(), "Right"),
        (nearest(unit_of_prototypes=False), "Right"),
        (nearest(unit_of_cells=False), "favours loud cells"),
        (nearest(largest=False), "the most unlike"),
        (lambda p, x: normalize(nearest()(p, x), dim=1), "of length one"),
        (lambda p, x: x[torch.cdist(p, x).argmin(1)], "nearest by distance"),
        (lambda p, x: (normalize(p) @ normalize(x).T).argmax(1), "which cells"),
        (lambda p, x: x[:9], "not the cell of largest cosine"),
        (lambda p, x: x, "one vector for each of 9"),
        (lambda p, x: x[(p @ x).argmax(1)], "it stops with an error: "),
        (lambda p, x: x[40], "it stops with an error: index 40"),
    ],
)
def test_put_back(answer, told):
    expect(check.put_back(answer), told)


def test_solutions_fold_out_right():
    given = {
        "check": check,
        "torch": torch,
        "prototype": prototype,
        "three_cells": three_cells,
    }
    found = [
        verdict(source, dict(given)) for source in solutions("protoquant/this_looks_like_that")
    ]
    assert len(found) == 4
    assert all(found), found
