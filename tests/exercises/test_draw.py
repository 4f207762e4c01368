"""The usual wrong answers to *Draw a digit*, each told what is wrong with it."""

import math

import pytest
import torch
from solutions import expect, solutions, verdict

from fewbits.exercises import drawing as check
from fewbits.saliency.guided import lowest_mask

KL = 0.5 * math.log(2) + 0.5 * math.log(2 / 3)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((..., ...), "Not answered"),
        ((392, 4), "Right"),
        ((14, 4), "half of the *pixels*"),
        ((50, 4), "half of the *pixels*"),
        ((784, 4), "is not 784"),
        ((392, 5), "even neighbour"),
        ((392, 4.5), "half a pixel"),
        ((392, 9), "is not 9"),
    ],
)
def test_replaced(answer, told):
    expect(check.replaced(*answer), told)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((..., ...), "Not answered"),
        ((KL, 0), "Right"),
        ((0.25 * math.log(0.5) + 0.75 * math.log(1.5), 0), "from the masked copy"),
        ((KL / math.log(2), 0), "that is in bits"),
        ((-KL, 0), "never below 0"),
        ((1, 0), "it is not 1"),
        ((KL, 1), "log 1 is 0"),
    ],
)
def test_divergence(answer, told):
    expect(check.divergence(*answer), told)


def shuffled(pixels, count, generator):
    mask = torch.zeros(pixels, dtype=torch.bool)
    mask[torch.randperm(pixels, generator=generator)[:count]] = True
    return mask


def with_replacement(pixels, count, generator):
    mask = torch.zeros(pixels, dtype=torch.bool)
    mask[torch.randint(pixels, (count,), generator=generator)] = True
    return mask


def lopsided(pixels, count, generator):
    ranking = torch.rand(1, pixels, generator=generator) + torch.linspace(0, 2, pixels)
    return lowest_mask(ranking, count)[0]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda n, k, g: ..., "Not answered"),
        (shuffled, "Right"),
        (lambda n, k, g: lowest_mask(torch.rand(1, n, generator=g), k)[0], "Right"),
        (lambda n, k, g: torch.rand(n, generator=g) < k / n, "a matter of chance"),
        (with_replacement, "drawn twice"),
        (lambda n, k, g: torch.arange(n) < k, "the same mask"),
        (lopsided, "far more often"),
        (lambda n, k, g: torch.rand(n, generator=g), "a bool tensor"),
    ],
)
def test_random_mask(answer, told):
    expect(check.random_mask(answer), told)


def shifted(image, down, right):
    padded = torch.nn.functional.pad(image, (28, 28, 28, 28))
    return padded[28 - down : 56 - down, 28 - right : 56 - right]


def by_mass(image, sign=1):
    places = torch.arange(28.0)
    row = (image.sum(1) * places).sum() / image.sum()
    column = (image.sum(0) * places).sum() / image.sum()
    return shifted(image, sign * round(13.5 - row.item()), sign * round(13.5 - column.item()))


def in_place(image):
    image.copy_(by_mass(image))
    return image


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda image: ..., "Not answered"),
        (by_mass, "Right"),
        (lambda image: shifted(image, 6, 4), "centres the box"),
        (lambda image: image.clone(), "not near 13.5"),
        (lambda image: shifted(image, -8, -6), "ink was lost"),
        (lambda image: shifted(image, 12, 11), "the wrong way"),
        (in_place, "itself was changed"),
        (lambda image: image[:5], "28 x 28"),
    ],
)
def test_centred(answer, told):
    expect(check.centred(answer), told)


def test_the_solutions_that_fold_out_are_right():
    given = {"torch": torch, "lowest_mask": lowest_mask, "check": check}
    found = [verdict(source, dict(given)) for source in solutions("pact/draw_a_digit")]
    assert len(found) == 4
    assert all(found), found
