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
        (86, "both step by 8"),
        (2916, "the number of pixels in the square"),
        ("wide", "expected a number of pixels"),
    ],
)
def test_field(answer, told):
    expect(check.field(answer), told)


def test_a_cell_of_the_small_network_sees_at_most_54_pixels_and_no_fewer():
    """Pixels that a cell's gradient reaches, over many pictures of noise."""
    torch.manual_seed(0)
    network = build("tiny").eval().requires_grad_(False)
    noise = torch.rand(24, 3, 96, 96, requires_grad=True)
    (slope,) = torch.autograd.grad(network(noise)[:, :, 6, 6].sum(), noise)
    reached = (slope != 0).any(0).any(0).nonzero()
    assert (reached.amax(0) - reached.amin(0) + 1).tolist() == [54, 54]


def nearest(unit_of_prototypes=True, unit_of_patches=True, largest=True):
    def answer(prototypes, patches):
        a = normalize(prototypes, dim=1) if unit_of_prototypes else prototypes
        b = normalize(patches, dim=1) if unit_of_patches else patches
        products = a @ b.T if largest else -(a @ b.T)
        return patches[products.argmax(1)]

    return answer


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda p, x: ..., "Not answered yet"),
        (nearest(), "Right"),
        (nearest(unit_of_prototypes=False), "Right"),
        (nearest(unit_of_patches=False), "favours loud patches"),
        (nearest(largest=False), "the most unlike"),
        (lambda p, x: normalize(nearest()(p, x), dim=1), "of length one"),
        (lambda p, x: x[torch.cdist(p, x).argmin(1)], "nearest by distance"),
        (lambda p, x: (normalize(p) @ normalize(x).T).argmax(1), "patches' numbers"),
        (lambda p, x: x[:9], "not the patch of largest cosine"),
        (lambda p, x: x, "one patch for each of 9"),
    ],
)
def test_put_on_patches(answer, told):
    expect(check.put_on_patches(answer), told)


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
