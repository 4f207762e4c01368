"""The usual wrong answers to *A vocabulary of parts*, each told what is wrong with it."""

import pytest
import torch
from solutions import expect, solutions, verdict

from fewbits.exercises import vocabulary as check
from fewbits.metrics.parts import main_share
from fewbits.protoquant.codebook import Codebook
from fewbits.protoquant.head import Linear
from fewbits.protoquant.learning import losses_of
from fewbits.protoquant.mapping import Mapping


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((..., ...), "Not answered yet"),
        ((384, 131_072), "Right"),
        ((64 * 64, 131_072), "log2"),
        ((64 * 7, 131_072), "six bits are enough"),
        ((7, 131_072), "64 cells times"),
        ((384, 64 * 128 * 2), "those are bytes"),
        ((384, 128), "64 vectors of 128 numbers"),
    ],
)
def test_spelled(answer, told):
    expect(check.spelled(*answer), told)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((1, ..., 2), "Not answered yet"),
        ((1, 2, 2), "Right"),
        ((2, 2, 2), "seen from 0"),
        ((1, 1, 2), "by distance"),
        ((1, 2, 1), "points back"),
        ((1, 2, 0), "points upwards most"),
    ],
)
def test_three_ways(answer, told):
    expect(check.three_ways(*answer), told)


def gradient(code, own, cells):
    return 2 * (code - own).sum(0) / (cells * len(code))


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda code, own, cells: ..., "Not answered yet"),
        (gradient, "Right"),
        (lambda code, own, cells: -gradient(code, own, cells), "sign"),
        (lambda code, own, cells: 2 * (code - own).sum(0), "gradient of the sum"),
        (lambda code, own, cells: 2 * (code - own).sum(0) / cells, "mean is over features"),
        (lambda code, own, cells: 2 * (code - own).mean(0) / 3, "over all cells"),
        (lambda code, own, cells: gradient(code, own, cells) / 2, "brings a 2"),
        (lambda code, own, cells: code, "it is another"),
        (lambda code, own, cells: code @ own, "stops with an error"),
        (lambda code: code, "stops with an error"),
    ],
)
def test_pull(answer, told):
    expect(check.pull(answer), told)


def test_exercise_3_is_what_the_package_does():
    def learned(code, own, cells):
        elsewhere = torch.tensor([[-5.0, 3.0, -1.0]])
        far = elsewhere.expand(cells - len(own), -1)
        book = Codebook(torch.stack([code, elsewhere[0]]), Mapping("none", torch.zeros(3)))
        picture = torch.cat([own, far]).T[None, :, None]
        layer = Linear(torch.zeros(2, 3), torch.zeros(2), torch.ones(3))
        losses_of(book, layer, picture, torch.tensor([0]))[1].backward()
        return book.codes.grad[0]

    # Both of its own cells must be nearest to the code, as the exercise says they are.
    assert torch.cosine_similarity(check.CODE, check.OWN).min() > 0
    expect(check.pull(learned), "Right")


def mean_share(codes, truth, draws=40):
    generator = torch.Generator().manual_seed(0)
    shuffles = [torch.randperm(len(codes), generator=generator) for _ in range(draws)]
    return sum(main_share(codes[order], truth) for order in shuffles) / draws


def gained(codes, truth):
    chance = mean_share(codes, truth)
    return 0.0 if chance > 1 - 1e-6 else (main_share(codes, truth) - chance) / (1 - chance)


def undefined(codes, truth):
    chance = torch.tensor(mean_share(codes, truth))
    return (main_share(codes, truth) - chance) / (1 - chance)


def divided(codes, truth):
    chance = mean_share(codes, truth)
    return (main_share(codes, truth) - chance) / (1 - chance)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda codes, truth: ..., "Not answered yet"),
        (gained, "Right"),
        (main_share, "by counting alone"),
        (lambda codes, truth: main_share(codes, truth) - mean_share(codes, truth), "to gain"),
        (undefined, "0 / 0 is NaN"),
        (divided, "no error"),
        (lambda codes, truth: 0.0, "must get 1, they got 0.00"),
        (lambda codes, truth: [1, 2], "expected one number"),
        (lambda codes, truth: 1 - 2 * (codes[1] != truth[1]) * 1.0, "come near 0"),
        (lambda codes: 0, "stops with an error"),
    ],
)
def test_above_chance(answer, told):
    expect(check.above_chance(answer), told)


@pytest.mark.parametrize("number", range(4))
def test_the_solutions_that_fold_out_are_right(number):
    given = {"torch": torch, "check": check, "main_share": main_share}
    expect(verdict(solutions("protoquant/vocabulary_of_parts")[number], given), "Right")
